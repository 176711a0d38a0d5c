"""What a route is, what its handler gets, and what it gives back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from handbook.server.access import Access
from handbook.server.assignments import Published
from handbook.server.database import Database
from handbook.server.errors import Malformed
from handbook.server.keys import Keys
from handbook.server.metrics import Metrics
from handbook.server.settings import Settings
from handbook.server.submissions import Intake
from handbook.server.tokens import SignedIn

MAX_POSITION = 2**62
MAX_PARAMETER_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class House:
    """What one server process holds."""

    settings: Settings
    database: Database
    keys: Keys
    intake: Intake
    published: Published
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `body` is the decoded record of a route that takes one."""

    house: House
    path: Mapping[str, str]
    query: Mapping[str, str]
    address: str
    now: datetime
    body: Any = None
    who: SignedIn | None = None

    @property
    def signed_in(self) -> SignedIn:
        """Who asks; only routes that need an action may use it."""
        if self.who is None:
            raise LookupError("a public route asked who is signed in")
        return self.who

    def with_body(self, body: object) -> "Call":
        return replace(self, body=body)

    def text(self, name: str) -> str:
        """A parameter of the path or the query. Raises Malformed when it is missing or no plain text."""
        value = self.path.get(name, self.query.get(name, ""))
        if not value or len(value) > MAX_PARAMETER_CHARACTERS or not value.isprintable():
            raise Malformed(f"Yêu cầu thiếu hoặc sai tham số “{name}”.")
        return value

    def number(self, name: str, default: int, *, smallest: int) -> int:
        """A whole number from the path or the query. Raises Malformed."""
        value = self.path.get(name, self.query.get(name, str(default)))
        if not (value.isascii() and value.isdigit()) or not smallest <= int(value[:20]) <= MAX_POSITION:
            raise Malformed(f"Tham số “{name}” phải là số nguyên từ {smallest} trở lên.")
        return int(value)

    def day(self, name: str) -> date | None:
        """A day of the query as 2026-11-23, None when it is not there. Raises Malformed."""
        value = self.query.get(name, "")
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise Malformed(f"Tham số “{name}” phải là ngày dạng 2026-11-23.") from error


@dataclass(frozen=True, slots=True)
class Answer:
    """A record and its status. Anything else than OK is rare: handlers return the bare record for that."""

    record: object
    status: HTTPStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`unit` tells which unit the request is about.

    `slow` work goes to the lane of password hashing. `together` takes batches of requests.
    """

    method: str
    path: str
    summary: str
    access: Access
    handle: Callable[[Call], object] | None = None
    together: Callable[[Sequence[Call]], Sequence[Answer | Exception]] | None = None
    takes: type | None = None
    gives: Any = None
    statuses: tuple[HTTPStatus, ...] = (HTTPStatus.OK,)
    query: tuple[str, ...] = ()
    unit: Callable[[Call], str] | None = None
    slow: bool = False
