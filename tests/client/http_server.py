"""A real HTTP server in a thread that serves a folder, and misbehaves where a test tells it to.

It knows ETag and If-None-Match, Range and If-Range, as a plain web server does.
"""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Reply:
    """What goes back. `cut` drops the line after so many bytes of the body; `raw` replaces everything; with
    `drip` the body goes out in so many pieces, each by itself.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    length: int | None = None
    raw: bytes | None = None
    drip: int = 1


Misbehaviour = Callable[[Request, Reply], Reply]


class FolderServer:
    """Serves `folder` but for what begins with `hidden`; `misbehave`, when set, may change any reply.

    Requests are kept in order.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hidden = "/hidden/"
        self.misbehave: Misbehaviour | None = None
        self.requests: list[Request] = []
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._connections = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def setup(self) -> None:
                super().setup()
                server._connections += 1
                self.number = server._connections

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body, self.number)
                server.requests.append(request)
                reply = server.reply(request)
                if reply.raw is not None:
                    self.wfile.write(reply.raw)
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 304:
                    length = len(reply.body) if reply.length is None else reply.length
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                body = reply.body[: reply.cut]
                step = -(-len(body) // reply.drip) or 1
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                if reply.cut is not None:
                    self.close_connection = True

            do_POST = do_PUT = do_GET

            def log_message(self, *_: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def reply(self, request: Request) -> Reply:
        reply = self._file(request)
        reply.headers.setdefault("Date", format_datetime(self.now(), usegmt=True))
        return self.misbehave(request, reply) if self.misbehave else reply

    def whole(self, request: Request) -> Reply:
        """What the request gets from a server that knows no Range."""
        plain = {name: value for name, value in request.headers.items() if name != "range"}
        return self._file(replace(request, headers=plain))

    def paths(self) -> list[str]:
        """What was asked for since the last call."""
        asked = [request.path for request in self.requests]
        self.requests.clear()
        return asked

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _file(self, request: Request) -> Reply:
        file = self.folder / request.path.lstrip("/")
        if not file.is_file() or request.path.startswith(self.hidden):
            return Reply(404, body=b"nothing here")
        data = file.read_bytes()
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        if request.headers.get("if-none-match") == etag:
            return Reply(304, headers)
        wanted = request.headers.get("range", "")
        if wanted and request.headers.get("if-range", etag) == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                return Reply(416, {"Content-Range": f"bytes */{len(data)}"})
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return Reply(206, headers, data[start:])
        return Reply(200, headers, data)


@contextmanager
def serving(folder: Path) -> Iterator[FolderServer]:
    server = FolderServer(folder)
    try:
        yield server
    finally:
        server.close()
