"""The members of a cell or a commune, for those whose duty it is: asked of the server and changed there.

The latest list is kept encrypted on this PC to be read offline. Changes are never owed: the server compares
each with what is there, and accounts, codes and hand-overs count from its answer on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

from handbook.client.account import Account
from handbook.client.answers import record_in
from handbook.client.kept_answers import KeptAnswers
from handbook.errors import SignInFailed
from handbook.model.changes import Change, Changes
from handbook.model.people import Action, Member, Unit, can
from handbook.model.roster import RosterRow
from handbook.protocol import codec
from handbook.protocol.api import (
    MAX_ANSWER_BYTES,
    Code,
    CodeRequest,
    Codes,
    MemberEdit,
    MembersPage,
    RosterAnswer,
    RosterRequest,
)

if TYPE_CHECKING:
    from handbook.client.store import Store
    from handbook.client.transport import Transport

T = TypeVar("T")
_ACTIONS = (Action.ADMINISTER, Action.ISSUE_CODES)


@dataclass(frozen=True, slots=True)
class KeptPage:
    """Everybody in a unit and the cells there, as the server told when it was asked."""

    page: MembersPage
    asked_at: datetime


class Members:
    """Every method but `unit` and `page` asks the server.

    Raises Offline, TooBusy, ServerBroken, SignInFailed, and NotAllowed, Conflict, BadInput or NotFound as the
    server refuses.
    """

    def __init__(self, store: "Store", account: Account, transport: "Transport") -> None:
        self._store = store
        self._account = account
        self._transport = transport
        self._kept = KeptAnswers(store, account, transport)

    def unit(self) -> Unit | None:
        """The widest unit whose members the person answers for; None for most people."""
        member = self._account.member()
        held = {
            duty.unit for duty in member.duties if any(can(member, action, duty.unit) for action in _ACTIONS)
        }
        managed = [unit for unit in self._account.units() if unit.path in held]
        return min(managed, key=lambda unit: unit.path.count("/"), default=None)

    def page(self, unit: str) -> KeptPage | None:
        """The list as it was last asked for; None before that."""
        found = self._kept.find(_page_path(unit), MembersPage)
        return KeptPage(*found) if found else None

    def ask_page(self, unit: str, now: datetime) -> Changes:
        """Keeps the server's present list of the unit."""
        self._kept.ask(_page_path(unit), MembersPage, now)
        return self._store.announce({Change.MEMBERS})

    def add(self, edit: MemberEdit) -> Member:
        """The new member with the account they were given."""
        path = f"/v1/members?{urlencode({'unit': edit.unit})}"
        return self._ask("POST", path, edit, tuple[Member, ...])[0]

    def change(self, edit: MemberEdit) -> tuple[Member, ...]:
        """The member as they are now, and whoever a new secretary relieved.

        The person's own duties are read again when they changed with it.
        """
        path = f"/v1/members/{quote(edit.before.account)}?{urlencode({'unit': edit.before.unit})}"
        changed = self._ask("PUT", path, edit, tuple[Member, ...])
        if self._account.member().account in {member.account for member in changed}:
            self._account.refresh()
        return changed

    def issue_codes(self, accounts: Sequence[str]) -> tuple[Code, ...]:
        """A new code for each; an older one is void."""
        return self._ask("POST", "/v1/codes", CodeRequest(accounts=tuple(accounts)), Codes).codes

    def compare(self, unit: str, rows: Sequence[RosterRow], *, complete: bool) -> RosterAnswer:
        """What the list would change."""
        return self._roster(unit, RosterRequest(rows=tuple(rows), complete=complete))

    def carry_out(
        self, unit: str, rows: Sequence[RosterRow], *, complete: bool, seen: RosterAnswer
    ) -> RosterAnswer:
        """Writes what `seen` says. Raises Conflict when members were changed since."""
        request = RosterRequest(rows=tuple(rows), complete=complete, confirmed=seen.fingerprint)
        answer = self._roster(unit, request)
        self._account.refresh()
        return answer

    def _roster(self, unit: str, request: RosterRequest) -> RosterAnswer:
        return self._ask("POST", f"/v1/roster?{urlencode({'unit': unit})}", request, RosterAnswer)

    def _ask(self, method: str, path: str, record: object, record_type: type[T]) -> T:
        answer = self._transport.send(
            method, path, body=codec.encode(record), token=self._account.token, limit=MAX_ANSWER_BYTES
        )
        try:
            return record_in(answer, record_type)
        except SignInFailed:
            self._account.mark_expired()
            raise


def _page_path(unit: str) -> str:
    return f"/v1/members?{urlencode({'below': unit})}"
