"""From an HTTP request to the record a route takes, and from what it gives to the answer.

The request is read on the event loop, everything else is done in a thread: alone in a lane, or with all that
came at the same moment.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from handbook.errors import Expected
from handbook.protocol import codec
from handbook.protocol.api import MAX_REQUEST_BYTES
from handbook.server import tokens
from handbook.server.access import Access, Needs, require
from handbook.server.calls import Answer, Call, House, Route
from handbook.server.errors import JSON, Malformed, TooLarge, answer_to
from handbook.server.lanes import Batches, Lane
from handbook.server.logs import LOGGER, exception_facts
from handbook.server.tokens import SignedIn

CLIENT_GONE = 499  # only in logs and counters: nobody is there to read it

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with its whole body, and when that had come in."""

    request: Request
    data: bytes
    now: datetime


class Endpoint:
    """What a route does with a request; `access` says who may ask."""

    access: Access

    def __init__(self, route: Route, do: Callable[[_Asked], Awaitable[Response]], clock: Clock) -> None:
        self.access = route.access
        self._do = do
        self._clock = clock

    async def __call__(self, request: Request) -> Response:
        try:
            data = await read_limited(request)
            return await self._do(_Asked(request, data, self._clock()))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except Exception as error:
            answer = answer_to(error)
            if answer is None:
                raise
            if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                LOGGER.error("unavailable", extra={"facts": exception_facts(error)})
            return answer


def in_lane(lane: Lane, route: Route, house: House) -> Callable[[_Asked], Awaitable[Response]]:
    """Each request by itself, in a thread of the lane."""

    async def do(asked: _Asked) -> Response:
        return await lane.run(partial(_answer, route, house, asked))

    return do


def in_batches(
    route: Route, house: House, *, largest: int, waiting: int, retry_after: float
) -> Callable[[_Asked], Awaitable[Response]]:
    """Requests that come while others are worked on are answered together."""
    together = partial(_answer_together, route, house)
    return Batches(together, largest=largest, waiting=waiting, retry_after=retry_after).do


class Direct:
    """ASGI middleware that takes requests of these routes past the framework, which costs more than the work.

    Everything around it (headers, counters, log lines) and the routes' own access checks stay as they are.
    """

    def __init__(self, app: ASGIApp, endpoints: Sequence[tuple[Route, Endpoint]]) -> None:
        self._app = app
        self._endpoints = [(route, compile_path(route.path)[0], endpoint) for route, endpoint in endpoints]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route, pattern, endpoint in self._endpoints:
                if scope["method"] == route.method and (found := pattern.match(scope["path"])):
                    scope["route"], scope["path_params"] = route, found.groupdict()
                    response = await endpoint(Request(scope, receive))
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _answer(route: Route, house: House, asked: _Asked) -> Response:
    who = None
    if isinstance(route.access, Needs):
        who = tokens.signed_in(house.database, _token_in(asked.request), asked.now)
    return _encoded(route.handle(_call(route, house, asked, who)))


def _answer_together(route: Route, house: House, all_asked: Sequence[_Asked]) -> list[Response | Exception]:
    """Answers for requests that came at the same moment; what is wrong with one does not touch the others."""
    answers: dict[int, Response | Exception] = {}
    given = [_token_in(asked.request) for asked in all_asked]
    known = tokens.all_signed_in(house.database, given, all_asked[0].now)
    calls: dict[int, Call] = {}
    for number, (asked, who) in enumerate(zip(all_asked, known, strict=True)):
        try:
            if who is None:
                raise tokens.session_over()
            calls[number] = _call(route, house, asked, who)
        except Exception as error:
            answers[number] = error
    if calls:
        for number, given_back in zip(calls, route.together(list(calls.values())), strict=True):
            answers[number] = given_back if isinstance(given_back, Exception) else _encoded(given_back)
    return [answers[number] for number in range(len(all_asked))]


def _call(route: Route, house: House, asked: _Asked, who: SignedIn | None) -> Call:
    """The request as its route takes it, after the access check. Raises NotAllowed, Malformed."""
    request = asked.request
    call = Call(
        house=house,
        path=request.path_params,
        query=request.query_params,
        address=request.client.host if request.client else "",
        now=asked.now,
        who=who,
    )
    if isinstance(route.access, Needs):
        require(call.signed_in.member, route.access, route.unit(call) if route.unit else None)
    return call if route.takes is None else call.with_body(_decoded(asked.data, route.takes))


def _encoded(given: object) -> Response:
    if isinstance(given, Response):
        return given
    answer = given if isinstance(given, Answer) else Answer(given, HTTPStatus.OK)
    if answer.record is None:
        return Response(status_code=answer.status)
    return Response(codec.encode(answer.record), answer.status, media_type=JSON)


async def read_limited(request: Request) -> bytes:
    """The body, given up as soon as it is longer than MAX_REQUEST_BYTES. Raises TooLarge."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced[:20]) > MAX_REQUEST_BYTES:
        raise _too_large()
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > MAX_REQUEST_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> TooLarge:
    return TooLarge(f"Dữ liệu gửi lên dài quá {MAX_REQUEST_BYTES // 1024} KB.", "Hãy rút ngắn bài viết.")


def _decoded(data: bytes, record_type: type) -> object:
    try:
        return codec.decode(data, record_type, limit=MAX_REQUEST_BYTES)
    except Expected as error:
        raise Malformed(error.message, error.advice) from error


def _token_in(request: Request) -> str:
    """The bearer token, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
