"""HTTP as the rest of the client sees it: an answer, a stream, or an error a person can act on.

This is the only file that knows `requests`, which is imported when the first request is made.
"""

import base64
import email.utils
import http.client
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Protocol
from urllib.parse import urljoin, urlsplit
from weakref import WeakSet

from handbook import __version__
from handbook.client.bandwidth import LARGEST_PIECE, Bandwidth
from handbook.errors import BadInput, Expected, Offline, ProxyProblem, ServerBroken, Unreachable

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0  # without one byte
CHUNK_BYTES = LARGEST_PIECE
# A body that brings less in this time is given up: a line that slow is as good as none, or somebody's trick.
SLOW_SECONDS = 60.0
SLOWEST_BYTES = 4096
LIMITED_BUFFER_BYTES = 16 * 1024  # what the system may hold of each connection under a limit
DRAIN_BYTES = 64 * 1024  # of an unwanted body, read so that the connection can be kept

_KEEP_WORKING = "Những gì đã lưu vẫn còn nguyên; sổ tay sẽ tự gửi và nhận khi có mạng."


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names match in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Stream(Protocol):
    """An answer whose body is read piece by piece; iterating raises Offline when the line breaks."""

    status: int
    headers: Mapping[str, str]

    def __iter__(self) -> Iterator[bytes]: ...


class Transport(Protocol):
    """One server. Safe to use from several threads."""

    clock_skew: timedelta | None
    """The server's clock minus this PC's by the latest answer's Date, to a second; None before the first."""

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        token: str = "",
        headers: Mapping[str, str] | None = None,
        limit: int,
    ) -> Answer:
        """One request and its answer, whatever its status.

        Raises Offline; ServerBroken when the body is longer than `limit` bytes or is not HTTP at all.
        """

    def stream(
        self, path: str, *, offset: int = 0, etag: str = "", limit: int
    ) -> AbstractContextManager[Stream]:
        """A GET from byte `offset` on, where `etag`, when given, is that of the part held already.

        The server may answer 206 with the rest, 200 with the whole, or 416. Raises as `send` does, the body
        being limited to `limit` bytes.
        """


class HttpTransport:
    """A Transport over HTTP/1.1 with kept connections, through the system's proxy unless `proxies` are given.

    `proxies` maps a scheme to a proxy's address; an empty one means none. `clock` tells this PC's time,
    `elapsed` counts seconds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        proxies: Mapping[str, str] | None = None,
        bandwidth: Bandwidth | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(
                f"Địa chỉ máy chủ “{base_url}” không đúng.", "Địa chỉ cần bắt đầu bằng https:// hoặc http://."
            )
        self.clock_skew: timedelta | None = None
        self._base = base_url.rstrip("/")
        self._host = parts.hostname
        self._timeout = timeout
        self._proxies = proxies
        self._bandwidth = bandwidth or Bandwidth()
        self._clock, self._elapsed = clock, elapsed
        self._opening = threading.Lock()
        self._session: requests.Session | None = None
        self._connections = _Connections()

    def use(self, proxies: Mapping[str, str] | None, bytes_per_second: float) -> None:
        """From now on goes through these proxies (None: the system's) and keeps to this rate (0: any).

        Requests under way end as they began.
        """
        with self._opening:
            self._bandwidth.limit(bytes_per_second)
            self._proxies = proxies
            self._session = None

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        token: str = "",
        headers: Mapping[str, str] | None = None,
        limit: int,
    ) -> Answer:
        self._bandwidth.spend(len(body))
        with self._request(method, path, body, token, dict(headers or {})) as response:
            data = b"".join(_Body(response, limit, self._bandwidth, self._elapsed))
            return Answer(response.status_code, response.headers, data)

    @contextmanager
    def stream(self, path: str, *, offset: int = 0, etag: str = "", limit: int) -> Iterator[Stream]:
        # Offsets count stored bytes, so nothing on the way may compress them.
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if etag and not etag.startswith("W/"):
                headers["If-Range"] = etag
        with self._request("GET", path, b"", "", headers) as response:
            yield _Body(response, limit, self._bandwidth, self._elapsed)

    def interrupt(self) -> None:
        """Has every request under way end at once in Offline; later ones are made on new connections."""
        self._connections.break_off()

    def close(self) -> None:
        """Closes the kept connections; the transport can still be used."""
        if self._session is not None:
            self._session.close()

    @contextmanager
    def _request(
        self, method: str, path: str, body: bytes, token: str, headers: dict[str, str]
    ) -> "Iterator[requests.Response]":
        import requests
        from urllib3.exceptions import HTTPError

        def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
            # Given even without a token: otherwise requests would look for passwords in a .netrc file.
            if token:
                request.headers["Authorization"] = f"Bearer {token}"
            return request

        if body:
            headers.setdefault("Content-Type", "application/json")
        try:
            with self._opened_session().request(
                method,
                self._base + path,
                data=body or None,
                headers=headers,
                auth=authorise,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code == http.client.PROXY_AUTHENTICATION_REQUIRED:
                    raise self._proxy_wants_password()
                self._notice_clock(response.headers.get("Date", ""))
                if response.is_redirect:
                    _redirected(response.url, response.headers["Location"])
                yield response
                _drain(response)
        except (requests.RequestException, HTTPError) as error:
            raise self._expected(error) from error

    def _opened_session(self) -> "requests.Session":
        with self._opening:
            if self._session is None:
                self._session = self._new_session()
            return self._session

    def _new_session(self) -> "requests.Session":
        import requests
        from requests.cookies import RequestsCookieJar

        class NoCookies(RequestsCookieJar):
            """A session with cookies is neither private nor safe to share between threads."""

            def set_cookie(self, cookie: Any, *_: Any, **__: Any) -> None:
                return None

        session = requests.Session()
        session.cookies = NoCookies()
        # Nothing more: a question whether there is anything new should cost a packet, not a letter.
        session.headers.clear()
        session.headers.update({"User-Agent": f"handbook/{__version__}", "Accept-Encoding": "gzip"})
        if self._proxies is not None:
            session.trust_env = False
            session.proxies = dict(self._proxies)
        elif _is_this_pc(self._host):
            session.trust_env = False
        adapter = _adapter(self._connections, limited=self._bandwidth.bytes_per_second > 0)
        for scheme in ("http://", "https://"):
            session.mount(scheme, adapter)
        return session

    def _notice_clock(self, date: str) -> None:
        try:
            told = email.utils.parsedate_to_datetime(date)
        except ValueError:
            return
        if told.tzinfo is not None:
            self.clock_skew = told - self._clock()

    def _proxy_wants_password(self) -> ProxyProblem:
        return ProxyProblem(
            f"Máy chủ trung gian (proxy) {self._proxy_name()} đòi tên và mật khẩu, hoặc không nhận tên và "
            "mật khẩu đã đặt (mã 407).",
            f"Hãy gõ lại ở Cài đặt, mục Mạng. {_KEEP_WORKING}",
        )

    def _proxy_name(self) -> str:
        """The proxy that was set, without its password; else that it is the system's."""
        for address in (self._proxies or {}).values():
            parts = urlsplit(address)
            return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return "của máy này"

    def _expected(self, error: Exception) -> Expected:
        """The Expected error that a failure of requests, or of urllib3 below it, means."""
        import urllib3.exceptions as below
        from requests import exceptions

        host = self._host
        if isinstance(error, (exceptions.SSLError, below.SSLError)):
            return ServerBroken(
                f"Không xác nhận được chứng chỉ an toàn của máy chủ {host}.",
                "Hãy xem đồng hồ của máy có đúng ngày giờ không; nếu đúng, báo cho quản trị máy chủ.",
            )
        if isinstance(error, exceptions.InvalidProxyURL):
            return ProxyProblem(
                f"Địa chỉ máy chủ trung gian (proxy) {self._proxy_name()} không đúng.",
                f"Hãy sửa ở Cài đặt, mục Mạng. {_KEEP_WORKING}",
            )
        if isinstance(error, exceptions.ProxyError):
            # http.client has no type of its own for a refused tunnel; the status is in its words.
            if any("407" in str(cause) for cause in _causes(error) if type(cause) is OSError):
                return self._proxy_wants_password()
            return ProxyProblem(
                f"Không kết nối được tới máy chủ trung gian (proxy) {self._proxy_name()}.",
                f"Hãy xem lại ở Cài đặt, mục Mạng, hoặc hỏi người quản trị mạng của cơ quan. {_KEEP_WORKING}",
            )
        if isinstance(error, (exceptions.Timeout, below.TimeoutError)):
            unheard = isinstance(error, (exceptions.ConnectTimeout, below.ConnectTimeoutError))
            return (Unreachable if unheard else Offline)(f"Máy chủ {host} không trả lời kịp.", _KEEP_WORKING)
        is_nonsense = isinstance(error, (exceptions.InvalidHeader, below.DecodeError)) or any(
            isinstance(cause, http.client.HTTPException)
            and not isinstance(cause, (http.client.RemoteDisconnected, http.client.IncompleteRead))
            for cause in _causes(error)
        )
        if is_nonsense:
            return ServerBroken(
                f"Máy chủ {host} trả lời không đúng giao thức.",
                "Hãy kiểm tra địa chỉ máy chủ; nếu đúng, báo cho quản trị máy chủ.",
            )
        if isinstance(error, (exceptions.ConnectionError, below.HTTPError)):
            unheard = any(isinstance(cause, below.NewConnectionError) for cause in _causes(error))
            said = f"Không kết nối được tới máy chủ {host}."
            return (Unreachable if unheard else Offline)(said, _KEEP_WORKING)
        return ServerBroken(f"Không trao đổi được với máy chủ {host} ({type(error).__name__}).")


class _Body:
    """A response as a Stream: at most `limit` bytes after any decoding, at the pace of `bandwidth`."""

    def __init__(
        self,
        response: "requests.Response",
        limit: int,
        bandwidth: Bandwidth,
        elapsed: Callable[[], float],
    ) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._limit = limit
        self._bandwidth = bandwidth
        self._elapsed = elapsed

    def __iter__(self) -> Iterator[bytes]:
        received = in_stretch = 0
        waited = 0.0
        while True:
            began = self._elapsed()
            # What has come already, not a full piece: a drip would otherwise hold the reader for hours.
            chunk = self._response.raw.read1(self._bandwidth.piece(), decode_content=True)
            waited += self._elapsed() - began
            if not chunk:
                return
            received += len(chunk)
            in_stretch += len(chunk)
            if received > self._limit:
                self._response.close()
                raise ServerBroken(
                    f"Máy chủ gửi về dài hơn {self._limit:,} byte cho phép.".replace(",", "."),
                    "Hãy thử lại sau; nếu vẫn vậy, báo cho quản trị máy chủ.",
                )
            if waited >= SLOW_SECONDS:
                if in_stretch < SLOWEST_BYTES:
                    self._response.close()
                    raise Offline(
                        "Máy chủ gửi về chậm đến mức không dùng được, nên đã ngừng chờ.", _KEEP_WORKING
                    )
                waited, in_stretch = 0.0, 0
            yield chunk
            self._bandwidth.spend(len(chunk))


class _Connections:
    """The open connections of a transport."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: WeakSet[http.client.HTTPConnection] = WeakSet()

    def add(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._held.add(connection)

    def break_off(self) -> None:
        """Has whoever waits for one of them wait no longer."""
        with self._lock:
            held = [each.sock for each in self._held if each.sock is not None]
        for each in held:
            try:
                # The plain socket's: a TLS one would first want to say goodbye over a line that is silent.
                socket.socket.shutdown(each, socket.SHUT_RDWR)
            except OSError:
                continue  # it had ended by itself


def _adapter(connections: _Connections, *, limited: bool) -> Any:
    """An adapter of requests that notes its connections, so that they can be broken off.

    `limited` keeps the system from taking in much more than is read: the limit is one of the line.
    """
    from requests.adapters import HTTPAdapter
    from requests.utils import get_auth_from_url
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection

    def noting(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        class Connection(pool.ConnectionCls):
            def connect(self) -> None:
                super().connect()
                connections.add(self)

        return type("Pool", (pool,), {"ConnectionCls": Connection})

    pools = {"http": noting(HTTPConnectionPool), "https": noting(HTTPSConnectionPool)}
    options = [*HTTPConnection.default_socket_options]
    if limited:
        options.append((socket.SOL_SOCKET, socket.SO_RCVBUF, LIMITED_BUFFER_BYTES))

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *given: Any, **options_given: Any) -> None:
            super().init_poolmanager(*given, socket_options=options, **options_given)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: str, **options_given: Any) -> Any:
            manager = super().proxy_manager_for(proxy, socket_options=options, **options_given)
            manager.pool_classes_by_scheme = pools
            return manager

        def proxy_headers(self, proxy: str) -> dict[str, str]:
            # As requests does, but in UTF-8 (RFC 7617): it has no way to say a Vietnamese letter.
            user, password = get_auth_from_url(proxy)
            basic = base64.b64encode(f"{user}:{password}".encode()).decode()
            return {"Proxy-Authorization": f"Basic {basic}"} if user else {}

    return Adapter()


def _drain(response: "requests.Response") -> None:
    """Reads the rest of a body that nobody wanted, if it is short: then the connection can be used again."""
    from urllib3.exceptions import HTTPError

    try:
        response.raw.read(DRAIN_BYTES, decode_content=False)
    except HTTPError:
        response.close()


def _redirected(asked: str, location: str) -> NoReturn:
    target = urljoin(asked, location)
    if urlsplit(target).hostname != urlsplit(asked).hostname:
        raise Offline(
            "Mạng này chuyển sang một trang khác thay vì tới máy chủ, thường là trang đăng nhập Wi-Fi.",
            f"Hãy mở trình duyệt để đăng nhập mạng, rồi đồng bộ lại. {_KEEP_WORKING}",
        )
    raise ServerBroken(
        f"Máy chủ chuyển địa chỉ sang {target}.",
        "Hãy hỏi quản trị máy chủ địa chỉ đúng, rồi đăng nhập lại bằng địa chỉ ấy.",
    )


def _causes(error: BaseException) -> Iterator[object]:
    """The error and those it was made from; urllib3 hides some of them in its arguments."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _is_this_pc(host: str) -> bool:
    """No proxy leads back to the PC itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
