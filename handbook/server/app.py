"""Puts the server together: routes over one database; one place for headers, counters and log lines."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from handbook import __version__
from handbook.server.access import PUBLIC, require_declared
from handbook.server.assignments import Published
from handbook.server.calls import House, Route
from handbook.server.content import PublishedFiles
from handbook.server.database import POOL_SIZE, open_database
from handbook.server.endpoints import Clock, Direct, Endpoint, in_batches, in_lane
from handbook.server.errors import JSON, answer_to, bug_answer
from handbook.server.keys import load_keys
from handbook.server.lanes import Lane
from handbook.server.metrics import Metrics
from handbook.server.observed import Observed
from handbook.server.openapi import describe, document
from handbook.server.routes import ROUTES
from handbook.server.settings import Settings
from handbook.server.submissions import Intake

# Two hashes at a time take 128 MB and both cores of a small server; a quarter of the pool stays for the rest.
PASSWORD_THREADS = 2
PASSWORDS_WAITING = 50
REQUESTS_WAITING = 1_000
LARGEST_BATCH = 100
BUSY_SECONDS = 2.0


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
    others = Lane(
        threads=POOL_SIZE - PASSWORD_THREADS - 1, waiting=REQUESTS_WAITING, retry_after=BUSY_SECONDS
    )
    direct: list[tuple[Route, Endpoint]] = []
    for route in ROUTES:
        if route.together is not None:
            do = in_batches(
                route, house, largest=LARGEST_BATCH, waiting=REQUESTS_WAITING, retry_after=BUSY_SECONDS
            )
        else:
            do = in_lane(passwords if route.slow else others, route, house)
        endpoint = Endpoint(route, do, clock)
        if route.together is not None:
            direct.append((route, endpoint))
        app.add_api_route(
            route.path,
            endpoint,
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
    app.add_middleware(Direct, endpoints=direct)
    app.add_middleware(Observed, metrics=house.metrics)
    return app


def _openapi(app: FastAPI) -> Callable:
    async def endpoint() -> Response:
        return Response(document(app), media_type=JSON)

    endpoint.access = PUBLIC
    return endpoint


async def _answer_http_exception(_request: Request, error: Exception) -> Response:
    return answer_to(error) or bug_answer()
