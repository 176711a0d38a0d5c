"""Around everything: security headers, a counter, a log line, and the answer when there is a bug."""

import time
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handbook.server.errors import bug_answer
from handbook.server.logs import LOGGER, exception_facts
from handbook.server.metrics import Metrics

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


class Observed:
    """ASGI middleware; the metrics are those of the process."""

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
                message["headers"] = _with_security_headers(message["headers"], scope)
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


def _with_security_headers(headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
    added = [*headers, *SECURITY_HEADERS]
    if all(name != b"cache-control" for name, _ in added):
        added.append((b"cache-control", b"no-store"))
    if scope["scheme"] == "https":
        added.append((b"strict-transport-security", b"max-age=31536000"))
    return added
