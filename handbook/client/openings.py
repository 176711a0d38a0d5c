"""Who was given the member's own reflections: asked of the server, not kept."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from handbook.client.account import Account
from handbook.client.answers import record_in
from handbook.errors import SignInFailed
from handbook.protocol.api import MAX_ANSWER_BYTES, Opening

if TYPE_CHECKING:
    from handbook.client.transport import Transport


class Openings:
    def __init__(self, account: Account, transport: "Transport") -> None:
        self._account = account
        self._transport = transport

    def of(self, lineage: str) -> tuple[Opening, ...]:
        """In the order of time. Raises Offline, TooBusy, ServerBroken, SignInFailed."""
        path = f"/v1/openings?{urlencode({'lineage': lineage})}"
        answer = self._transport.send("GET", path, token=self._account.token, limit=MAX_ANSWER_BYTES)
        try:
            return record_in(answer, tuple[Opening, ...])
        except SignInFailed:
            self._account.mark_expired()
            raise
