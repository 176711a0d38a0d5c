"""Puts the server together: routes over one database; one place for headers, counters and log lines."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handbook import __version__
from handbook.errors import Expected
from handbook.protocol import codec
from handbook.protocol.api import MAX_REQUEST_BYTES
from handbook.server import tokens
from handbook.server.access import PUBLIC, Needs, require, require_declared
from handbook.server.assignments import Published
from handbook.server.content import PublishedFiles
from handbook.server.counts import Counting
from handbook.server.database import POOL_SIZE, open_database
from handbook.server.errors import JSON, Malformed, TooLarge, answer_to, bug_answer
from handbook.server.keys import load_keys
from handbook.server.lanes import Batches, Lane
from handbook.server.logs import LOGGER, exception_facts
from handbook.server.metrics import Metrics
from handbook.server.openapi import describe, document
from handbook.server.routes import ROUTES, Answer, Call, House, Route
from handbook.server.settings import Settings
from handbook.server.submissions import Intake
from handbook.server.tokens import SignedIn

# Two hashes at a time take 128 MB and both cores of a small server; a quarter of the pool stays for the rest.
PASSWORD_THREADS = 2
PASSWORDS_WAITING = 50
REQUESTS_WAITING = 1_000
LARGEST_BATCH = 100
CLIENT_GONE = 499  # only in logs and counters: nobody is there to read it

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(settings: Settings, clock: Clock = utc_now) -> FastAPI:
    """The whole server as an ASGI application, its database migrated.

    Raises UndeclaredAccess, NewerData and DiskProblem. Whoever does not run the application's lifespan closes
    `app.state.house.database`.
    """
    keys = load_keys(settings.data_dir)
    database = open_database(settings.database_url)
    published = Published(settings.content_dir)
    house = House(
        settings=settings,
        keys=keys,
        database=database,
        intake=Intake(database, keys, settings.server_name),
        published=published,
        counting=Counting(database, published),
        metrics=Metrics(),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        house.database.close()

    app = FastAPI(
        title="Handbook server",
        version=__version__,
        openapi_url=None,  # FastAPI's own page would say nothing of our records, nor who may take it
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.house = house
    passwords = Lane(threads=PASSWORD_THREADS, waiting=PASSWORDS_WAITING, retry_after=5.0)
    others = Lane(threads=POOL_SIZE - PASSWORD_THREADS - 1, waiting=REQUESTS_WAITING, retry_after=2.0)
    for route in ROUTES:
        if route.together is not None:
            together = partial(_answer_together, route, house)
            batches = Batches(together, largest=LARGEST_BATCH, waiting=REQUESTS_WAITING, retry_after=2.0)
            do = batches.do
        else:
            lane = passwords if route.slow else others
            do = partial(_in_lane, lane, route, house)
        app.add_api_route(
            route.path,
            _endpoint(route, do, clock),
            methods=[route.method],
            summary=route.summary,
            response_model=None,
            response_class=Response,
            openapi_extra=describe(route),
        )
    app.add_api_route("/openapi.json", _openapi(app), methods=["GET"], include_in_schema=False)
    app.mount("/content", PublishedFiles(settings.content_dir), name="content")
    try:
        require_declared(app.routes)
    except BaseException:
        house.database.close()
        raise
    app.add_exception_handler(HTTPException, _answer_http_exception)
    app.add_middleware(Observed, metrics=house.metrics)
    return app


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with its whole body, and when that had come in."""

    request: Request
    data: bytes
    now: datetime


def _endpoint(route: Route, do: Callable[[_Asked], Awaitable[Response]], clock: Clock) -> Callable:
    """Reads the request on the event loop, has the work done in a thread, and answers."""

    async def endpoint(request: Request) -> Response:
        try:
            data = await read_limited(request)
            return await do(_Asked(request, data, clock()))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except Exception as error:
            answer = answer_to(error)
            if answer is None:
                raise
            if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                LOGGER.error("unavailable", extra={"facts": exception_facts(error)})
            return answer

    endpoint.access = route.access
    return endpoint


async def _in_lane(lane: Lane, route: Route, house: House, asked: _Asked) -> Response:
    return await lane.run(partial(_answer, route, house, asked))


def _answer(route: Route, house: House, asked: _Asked) -> Response:
    who = None
    if isinstance(route.access, Needs):
        who = tokens.signed_in(house.database, _token_in(asked.request), asked.now)
    return _encoded(route.handle(_call(route, house, asked, who)))


def _answer_together(route: Route, house: House, all_asked: Sequence[_Asked]) -> list[Response | Exception]:
    """Answers for requests that came at the same moment; a refusal of one does not touch the others."""
    answers: dict[int, Response | Exception] = {}
    given = [_token_in(asked.request) for asked in all_asked]
    known = tokens.all_signed_in(house.database, given, all_asked[0].now)
    calls: dict[int, Call] = {}
    for number, (asked, who) in enumerate(zip(all_asked, known, strict=True)):
        try:
            if who is None:
                raise tokens.session_over()
            calls[number] = _call(route, house, asked, who)
        except Expected as refusal:
            answers[number] = refusal
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


def _openapi(app: FastAPI) -> Callable:
    async def endpoint() -> Response:
        return Response(document(app), media_type=JSON)

    endpoint.access = PUBLIC
    return endpoint


async def _answer_http_exception(_request: Request, error: Exception) -> Response:
    return answer_to(error) or bug_answer()


class Observed:
    """Around everything: security headers, a counter, a log line, and the answer when there is a bug."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_security_headers(MutableHeaders(raw=message["headers"]), scope)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            LOGGER.error("bug", extra={"facts": {"route": _template(scope), **exception_facts(error)}})
            if status:
                raise  # half an answer is out already: uvicorn ends the connection
            await bug_answer()(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            route = _template(scope)
            self._metrics.observe(scope["method"], route, status, seconds)
            facts = {"method": scope["method"], "route": route, "status": status}
            LOGGER.info("answered", extra={"facts": facts | {"ms": round(seconds * 1000, 1)}})


def _template(scope: Scope) -> str:
    """The route's path with nothing filled in; content files are one route, unknown paths another."""
    if scope["path"].startswith("/content/"):
        return "/content"
    return getattr(scope.get("route"), "path", "unknown")


def _add_security_headers(headers: MutableHeaders, scope: Scope) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    headers["Referrer-Policy"] = "no-referrer"
    headers.setdefault("Cache-Control", "no-store")
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
