"""The members of a cell or a commune, for those whose duty it is: asked of the server and changed there.

Nothing of it is kept on this PC beside the cell's copy; cells are told by their feeds.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

from handbook.client.account import Account
from handbook.client.answers import record_in
from handbook.errors import SignInFailed
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
    from handbook.client.transport import Transport

T = TypeVar("T")
_ACTIONS = (Action.ADMINISTER, Action.ISSUE_CODES)


class Members:
    """Every method but `unit` asks the server.

    Raises Offline, TooBusy, ServerBroken, SignInFailed, and NotAllowed, Conflict, BadInput or NotFound as the
    server refuses.
    """

    def __init__(self, account: Account, transport: "Transport") -> None:
        self._account = account
        self._transport = transport

    def unit(self) -> Unit | None:
        """The widest unit whose members the person answers for; None for most people."""
        member = self._account.member()
        held = {
            duty.unit for duty in member.duties if any(can(member, action, duty.unit) for action in _ACTIONS)
        }
        managed = [unit for unit in self._account.units() if unit.path in held]
        return min(managed, key=lambda unit: unit.path.count("/"), default=None)

    def page(self, unit: str) -> MembersPage:
        """Everybody in the unit, and the cells there."""
        return self._ask("GET", f"/v1/members?{urlencode({'below': unit})}", None, MembersPage)

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
        body = b"" if record is None else codec.encode(record)
        answer = self._transport.send(
            method, path, body=body, token=self._account.token, limit=MAX_ANSWER_BYTES
        )
        try:
            return record_in(answer, record_type)
        except SignInFailed:
            self._account.mark_expired()
            raise
