"""The API on one screen: each route, who may take it, what it takes and what it gives."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import Response

from handbook.model.people import Action, Member, Unit
from handbook.protocol import api
from handbook.protocol.bundles import Bundle, BundleReply
from handbook.protocol.codec import API_VERSION
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import FilePiece, Submission
from handbook.server import (
    accounts,
    bundles,
    completion,
    counts,
    feed,
    files,
    openings,
    retention,
    roster,
    tokens,
    units,
)
from handbook.server.access import PUBLIC, needs
from handbook.server.calls import Answer, Call, Route
from handbook.server.errors import Malformed
from handbook.server.judging import Outcome
from handbook.server.metrics import CONTENT_TYPE
from handbook.server.submissions import HandedIn


def _hello(call: Call) -> api.Hello:
    settings = call.house.settings
    commune, name = settings.commune, settings.commune_name
    if not (commune and name):
        with call.house.database.read() as connection:
            only = units.only_commune(connection)
        commune, name = commune or (only.path if only else ""), name or (only.name if only else "")
    return api.Hello(
        server=settings.server_name,
        commune=commune,
        commune_name=name,
        api_version=API_VERSION,
        now=call.now,
    )


def _activate(call: Call) -> api.Session:
    house = call.house
    return accounts.activate(house.database, house.keys, call.body, call.address, call.now)


def _sign_in(call: Call) -> api.Session:
    house = call.house
    return accounts.sign_in(house.database, house.keys, call.body, call.address, call.now)


def _sign_out(call: Call) -> Answer:
    tokens.sign_out(call.house.database, call.signed_in)
    return Answer(None, HTTPStatus.NO_CONTENT)


def _me(call: Call) -> api.Session:
    return tokens.current_session(call.house.database, call.signed_in)


def _submit(calls: Sequence[Call]) -> list[Answer | Exception]:
    return _take_in({id(call): HandedIn(call.signed_in.member, call.body) for call in calls}, calls)


def _submit_again(calls: Sequence[Call]) -> list[Answer | Exception]:
    offered = {
        id(call): HandedIn(call.signed_in.member, call.body.submission, call.body.receipt) for call in calls
    }
    return _take_in(offered, calls)


def _take_in(handed_in: Mapping[int, HandedIn], calls: Sequence[Call]) -> list[Answer | Exception]:
    """The answer to each call; `handed_in` has by its id what it brings."""
    named = [call for call in calls if _is_named(call, handed_in[id(call)].submission)]
    outcomes = (
        named[0].house.intake.accept([handed_in[id(call)] for call in named], named[0].now) if named else []
    )
    answers = {id(call): _receipt(outcome) for call, outcome in zip(named, outcomes, strict=True)}
    misnamed = Malformed("Địa chỉ và nội dung gửi lên nói về hai bài khác nhau.")
    return [answers.get(id(call), misnamed) for call in calls]


def _is_named(call: Call, submission: Submission) -> bool:
    return (call.path["lineage"], call.path["revision"]) == (submission.lineage, str(submission.revision))


def _receipt(outcome: Outcome) -> Answer | Exception:
    if isinstance(outcome, Exception):
        return outcome
    return Answer(outcome.receipt, HTTPStatus.CREATED if outcome.new else HTTPStatus.OK)


def _bundle(call: Call) -> BundleReply:
    house = call.house
    return bundles.take(house.database, house.keys, house.intake, call.body, call.now)


def _feed(call: Call) -> api.FeedPage:
    return feed.read_page(
        call.house.database,
        call.signed_in.member,
        call.text("unit"),
        call.number("after", 0, smallest=0),
        call.number("limit", api.FEED_PAGE, smallest=1),
        call.now,
        call.day("seen_since"),
        call.text("mark") if call.query.get("mark") else "",
        bool(call.query.get("rules")),
    )


def _piece(call: Call) -> FilePiece:
    return files.read_piece(
        call.house.database,
        call.signed_in.member,
        call.text("unit"),
        call.text("lineage"),
        call.number("revision", 1, smallest=1),
        call.text("sha256"),
        call.number("number", 1, smallest=1),
        call.now,
    )


def _completion(call: Call) -> api.Completion:
    assignment = call.house.published.assignment(call.text("assignment"))
    return completion.cell_completion(call.house.database, call.text("unit"), assignment)


def _counts(call: Call) -> api.Counts:
    house = call.house
    return counts.counts_below(house.database, house.published, call.text("below"), call.now)


def _codes(call: Call) -> api.Codes:
    house, request = call.house, call.body
    issued = accounts.issue_codes(
        house.database, house.keys, call.signed_in.member, request.accounts, call.now
    )
    return api.Codes(codes=issued)


def _members(call: Call) -> api.MembersPage:
    return roster.list_members(call.house.database, call.signed_in.member, call.text("below"), call.now)


def _change_member(call: Call) -> tuple[Member, ...]:
    account = call.path.get("account", "")
    if call.body.before and call.body.before.account != account:
        raise Malformed("Địa chỉ và nội dung gửi lên nói về hai người khác nhau.")
    return roster.change_member(call.house.database, call.signed_in.member, account, call.body, call.now)


def _roster(call: Call) -> api.RosterAnswer:
    actor, unit = call.signed_in.member, call.text("unit")
    return roster.apply_roster(call.house.database, actor, unit, call.body, call.now)


def _openings(call: Call) -> tuple[api.Opening, ...]:
    return openings.openings_of(call.house.database, call.signed_in.member, call.text("lineage"))


def _units(call: Call) -> tuple[Unit, ...]:
    with call.house.database.read() as connection:
        return units.units_below(connection, call.text("below"))


def _health(call: Call) -> dict[str, bool]:
    return {"database": call.house.database.answers()}


def _metrics(call: Call) -> Response:
    try:
        with call.house.database.read() as connection:
            runs = retention.metrics_text(connection)
    except (OperationalError, PoolTimeout):
        runs = ""  # while the database does not answer the counters are wanted most
    return Response(call.house.metrics.text() + runs, media_type=CONTENT_TYPE)


def unit_parameter(name: str) -> Callable[[Call], str]:
    return lambda call: call.text(name)


OWN = needs(Action.READ_OWN)
MEMBERS = needs(Action.ADMINISTER, Action.ISSUE_CODES)

ROUTES = (
    Route(
        method="GET",
        path="/v1/hello",
        summary="Which server and commune this is",
        access=PUBLIC,
        handle=_hello,
        gives=api.Hello,
    ),
    Route(
        method="POST",
        path="/v1/activate",
        summary="Use up an activation code and set the password",
        access=PUBLIC,
        handle=_activate,
        takes=api.Activation,
        gives=api.Session,
        slow=True,
    ),
    Route(
        method="POST",
        path="/v1/sign-in",
        summary="Open a session",
        access=PUBLIC,
        handle=_sign_in,
        takes=api.SignIn,
        gives=api.Session,
        slow=True,
    ),
    Route(
        method="POST",
        path="/v1/sign-out",
        summary="End the session",
        access=OWN,
        handle=_sign_out,
        statuses=(HTTPStatus.NO_CONTENT,),
    ),
    Route(method="GET", path="/v1/me", summary="Who is signed in", access=OWN, handle=_me, gives=api.Session),
    Route(
        method="PUT",
        path="/v1/submissions/{lineage}/{revision}",
        summary="Hand in one revision; repeating it changes nothing",
        access=needs(Action.SUBMIT_OWN),
        together=_submit,
        takes=Submission,
        gives=Receipt,
        statuses=(HTTPStatus.CREATED, HTTPStatus.OK),
    ),
    Route(
        method="PUT",
        path="/v1/acknowledged/{lineage}/{revision}",
        summary="Offer again, with its receipt, what a restored server has lost",
        access=needs(Action.SUBMIT_OWN),
        together=_submit_again,
        takes=api.SubmissionEntry,
        gives=Receipt,
        statuses=(HTTPStatus.CREATED, HTTPStatus.OK),
    ),
    Route(
        method="POST",
        path="/v1/bundles",
        summary="Hand in what somebody else sealed; the answers are sealed for them",
        access=needs(Action.CARRY),
        handle=_bundle,
        takes=Bundle,
        gives=BundleReply,
    ),
    Route(
        method="GET",
        path="/v1/feed",
        summary="What was committed about a cell, as far as the reader may see it",
        access=needs(Action.READ_OWN, Action.READ_CELL),
        handle=_feed,
        gives=api.FeedPage,
        query=("unit", "after", "limit", "seen_since", "mark", "rules"),
        unit=unit_parameter("unit"),
    ),
    Route(
        method="GET",
        path="/v1/files/{lineage}/{revision}/{sha256}/{number}",
        summary="A piece of a file that a reflection names, for whoever may read the reflection",
        access=needs(Action.READ_OWN, Action.READ_CELL),
        handle=_piece,
        gives=FilePiece,
        query=("unit",),
        unit=unit_parameter("unit"),
    ),
    Route(
        method="GET",
        path="/v1/cells/{unit:path}/completion",
        summary="How far each member of a cell is with an assignment",
        access=needs(Action.READ_COUNTS),
        handle=_completion,
        gives=api.Completion,
        query=("assignment",),
        unit=unit_parameter("unit"),
    ),
    Route(
        method="GET",
        path="/v1/counts",
        summary="Figures of every cell below a unit, for every open assignment",
        access=needs(Action.READ_COUNTS),
        handle=_counts,
        gives=api.Counts,
        query=("below",),
        unit=unit_parameter("below"),
    ),
    Route(
        method="POST",
        path="/v1/codes",
        summary="Issue activation codes",
        access=needs(Action.ISSUE_CODES),
        handle=_codes,
        takes=api.CodeRequest,
        gives=api.Codes,
    ),
    Route(
        method="GET",
        path="/v1/members",
        summary="The members of a unit with the state of their accounts",
        access=MEMBERS,
        handle=_members,
        gives=api.MembersPage,
        query=("below",),
        unit=unit_parameter("below"),
    ),
    Route(
        method="POST",
        path="/v1/members",
        summary="Add a member",
        access=MEMBERS,
        handle=_change_member,
        takes=api.MemberEdit,
        gives=tuple[Member, ...],
        query=("unit",),
        unit=unit_parameter("unit"),
    ),
    Route(
        method="PUT",
        path="/v1/members/{account}",
        summary="Change, move or let go a member, or give them a duty of their cell",
        access=MEMBERS,
        handle=_change_member,
        takes=api.MemberEdit,
        gives=tuple[Member, ...],
        query=("unit",),
        unit=unit_parameter("unit"),
    ),
    Route(
        method="POST",
        path="/v1/roster",
        summary="What a list of members would change; carried out when confirmed",
        access=MEMBERS,
        handle=_roster,
        takes=api.RosterRequest,
        gives=api.RosterAnswer,
        query=("unit",),
        unit=unit_parameter("unit"),
    ),
    Route(
        method="GET",
        path="/v1/openings",
        summary="Who was given one's own reflection, and when first",
        access=OWN,
        handle=_openings,
        gives=tuple[api.Opening, ...],
        query=("lineage",),
    ),
    Route(
        method="GET",
        path="/v1/units",
        summary="A unit and everything below it",
        access=needs(Action.READ_OWN, Action.READ_COUNTS, Action.PUBLISH, Action.ADMINISTER),
        handle=_units,
        gives=tuple[Unit, ...],
        query=("below",),
        unit=unit_parameter("below"),
    ),
    Route(
        method="GET",
        path="/health",
        summary="Whether the server reaches its database (503 when not)",
        access=PUBLIC,
        handle=_health,
        gives=dict[str, bool],
    ),
    Route(
        method="GET",
        path="/metrics",
        summary="Counters of this process for Prometheus",
        access=PUBLIC,
        handle=_metrics,
    ),
)
