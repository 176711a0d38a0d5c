"""Requests and answers of the server's API, version 1. Field meanings are the contract for both sides.

| method and path | asks | answers |
|---|---|---|
| GET /v1/hello | | Hello (public) |
| POST /v1/activate | Activation | Session; the code is used up (public) |
| POST /v1/sign-in | SignIn | Session (public) |
| POST /v1/sign-out | | 204; the token is worthless from then on |
| GET /v1/me | | Session without a token ("") |
| PUT /v1/submissions/{lineage}/{revision} | Submission | Receipt: 201 when new, 200 when held already |
| PUT /v1/acknowledged/{lineage}/{revision} | SubmissionEntry | Receipt: as above, but as once received |
| POST /v1/bundles | Bundle (protocol/bundles.py) | BundleReply; carried for somebody else |
| GET /v1/feed?unit=U&after=N&mark=M&limit=K&seen_since=DAY&rules=1 | | FeedPage |
| GET /v1/files/{lineage}/{revision}/{sha256}/{number}?unit=U | | FilePiece |
| GET /v1/cells/{unit}/completion?assignment=A | | Completion |
| GET /v1/counts?below=U | | Counts |
| POST /v1/codes | CodeRequest | Codes |
| GET /v1/members?below=U | | MembersPage |
| POST /v1/members?unit=U | MemberEdit | tuple of Member: the new one, then those relieved of a duty |
| PUT /v1/members/{account}?unit=U | MemberEdit | tuple of Member: the same; 409 when changed meanwhile |
| GET /v1/openings?lineage=L | | tuple of Opening, of one's own reflection only |
| POST /v1/roster?unit=U | RosterRequest | RosterAnswer |
| GET /v1/units?below=U | | tuple of Unit |
| GET /content/... | | static TUF metadata, catalogues, packs (public, ETag, Range) |

Errors are an ErrorBody with the HTTP status: 400 bad-input, 401 sign-in-failed, 403 not-allowed,
404 not-found, 409 conflict (body `Clash` where another text is held), 413 bad-input, 422 bad-input,
429/503 too-busy with Retry-After.
The token travels as `Authorization: Bearer`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from handbook.model.people import DutyKind, Member, Unit
from handbook.model.report import Figures
from handbook.model.retention import Rules
from handbook.model.roster import RosterPlan, RosterRow
from handbook.model.study import Assignment, MemberProgress
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import Submission

MAX_REQUEST_BYTES = 1024 * 1024
MAX_ANSWER_BYTES = 8 * 1024 * 1024
FEED_PAGE = 200
MIN_PASSWORD_CHARACTERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    server: str
    commune: str
    commune_name: str
    api_version: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """`code` as printed on the activation sheet, dashes and case do not matter. `device` names the PC."""

    code: str
    password: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    account: str
    password: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in. `units` are the cell, those above it, outermost first, and any a duty is for."""

    token: str
    member: Member
    units: tuple[Unit, ...]
    expires_at: datetime


class EntryKind(StrEnum):
    MEMBER = "member"  # record is a Member
    SUBMISSION = "submission"  # record is a SubmissionEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionEntry:
    """A submission of any kind as the server holds it, with its author and receipt.

    Since `erased_at` the words are gone from its content, as the rules of retention have it. What says how it
    stands is left; the receipt is that of the text that was received.
    """

    author: str
    submission: Submission
    receipt: Receipt
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One committed fact of a cell. `position` grows by commit order within the cell, from 1.

    A submission whose words were erased comes once more.

    A reader with READ_CELL gets every entry of the cell; a member gets those about themselves: their own
    member record, their own submissions, and reviews of their reflections.
    """

    position: int
    kind: EntryKind
    member: Member | None = None
    entry: SubmissionEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """The last day, in Vietnam, on which a member's handbook reached the server; no finer time is kept."""

    account: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """`next` is the position to ask after, `mark` the mark of the entry there; `more` says that another page
    waits. `restored` tells, on an empty page, that this server does not have the entry that was asked after:
    a backup was restored, and the reader starts again from 0.

    `seen` stands on the last page for a reader with READ_CELL: the active members of the cell who were seen
    on the day asked for (`seen_since`) or later. `retention` stands on the last page if it was asked for.
    """

    entries: tuple[Entry, ...]
    next: int
    more: bool
    seen: tuple[LastSeen, ...] = ()
    mark: str = ""
    restored: bool = False
    retention: Rules | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Progress of each active member of one cell with one assignment, ordered by account, and their names."""

    unit: str
    assignment: str
    members: tuple[MemberProgress, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellCount:
    """The figures of one cell for one assignment that is given to it."""

    unit: str
    assignment: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Figures of every cell below a unit for every open assignment, in the order of cells and due days.

    `units` are the unit itself and everything below it.
    """

    unit: str
    counted_at: datetime
    units: tuple[Unit, ...]
    assignments: tuple[Assignment, ...]
    cells: tuple[CellCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """Activation codes for these accounts; an older unused code of the same account is void."""

    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    account: str
    name: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberState:
    """A member and their account. `code_until` is the last moment of a code that was not used yet.

    `manageable` says whether the reader may change the member and issue codes for them.
    """

    member: Member
    activated: bool
    code_until: datetime | None
    seen_on: date | None
    manageable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersPage:
    """All members of the cells `units`, those who left too, ordered by account."""

    units: tuple[Unit, ...]
    members: tuple[MemberState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEdit:
    """A member as they are to be. `before` is the record that was edited, None for a new member.

    `duty` is the cell's secretary or deputy, None for neither. A new secretary relieves the former one.
    `commune_duties` are those for the commune, which an administrator gives; None leaves them.
    """

    before: Member | None
    name: str
    unit: str
    admitted_on: date | None
    probationary: bool
    duty: DutyKind | None
    active: bool = True
    commune_duties: tuple[DutyKind, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRequest:
    """A list of members. `complete` says that its cells have no others.

    `confirmed` is the fingerprint of the answer that a person has seen; "" asks what would change.
    """

    rows: tuple[RosterRow, ...]
    complete: bool
    confirmed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterAnswer:
    plan: RosterPlan
    fingerprint: str
    applied: bool


class OpeningKind(StrEnum):
    COPIED = "copied"  # the reader's program was given the text with the feed of the cell
    OPENED = "opened"  # the reader opened, returned or accepted it
    FILE = "file"  # the reader's program was given a file that goes with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """That somebody was given a revision of one's reflection, and when first. `reader` is their name."""

    reader: str
    revision: int
    kind: OpeningKind
    first_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """`code` is that of the Expected error it becomes on the client, which shows message and advice."""

    code: str
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """409: the server holds another text. `held` is its latest revision for this author and subject."""

    code: str
    message: str
    held: SubmissionEntry
    advice: str = ""
