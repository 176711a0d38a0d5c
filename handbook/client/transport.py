"""HTTP as the rest of the client sees it: an answer, a stream, or an error a person can act on.

This is the only file that knows `requests`, which is imported when the first request is made.
"""

import email.utils
import http.client
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Protocol
from urllib.parse import urljoin, urlsplit

from handbook import __version__
from handbook.errors import BadInput, Offline, ServerBroken

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0  # without one byte
CHUNK_BYTES = 64 * 1024
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

    `proxies` maps a scheme to a proxy's address; an empty one means none. `clock` tells this PC's time.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        proxies: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
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
        self._clock = clock
        self._session: requests.Session | None = None

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
        with self._request(method, path, body, token, dict(headers or {})) as response:
            data = b"".join(_Body(response, limit))
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
            yield _Body(response, limit)

    def close(self) -> None:
        """Closes the kept connections; the transport can still be used."""
        if self._session is not None:
            self._session.close()

    @contextmanager
    def _request(
        self, method: str, path: str, body: bytes, token: str, headers: dict[str, str]
    ) -> "Iterator[requests.Response]":
        import requests

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
                self._notice_clock(response.headers.get("Date", ""))
                if response.is_redirect:
                    _redirected(response.url, response.headers["Location"])
                yield response
                _drain(response)
        except requests.RequestException as error:
            _translate(error, self._host)

    def _opened_session(self) -> "requests.Session":
        if self._session is None:
            import requests
            from requests.cookies import RequestsCookieJar

            class NoCookies(RequestsCookieJar):
                """A session with cookies is neither private nor safe to share between threads."""

                def set_cookie(self, cookie: Any, *_: Any, **__: Any) -> None:
                    return None

            session = requests.Session()
            session.cookies = NoCookies()
            session.headers["User-Agent"] = f"handbook/{__version__}"
            if self._proxies is not None:
                session.trust_env = False
                session.proxies = dict(self._proxies)
            elif _is_this_pc(self._host):
                session.trust_env = False
            self._session = session
        return self._session

    def _notice_clock(self, date: str) -> None:
        try:
            told = email.utils.parsedate_to_datetime(date)
        except ValueError:
            return
        if told.tzinfo is not None:
            self.clock_skew = told - self._clock()


class _Body:
    """A response as a Stream: at most `limit` bytes, after any decoding."""

    def __init__(self, response: "requests.Response", limit: int) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._response.iter_content(CHUNK_BYTES):
            received += len(chunk)
            if received > self._limit:
                self._response.close()
                raise ServerBroken(
                    f"Máy chủ gửi về dài hơn {self._limit:,} byte cho phép.".replace(",", "."),
                    "Hãy thử lại sau; nếu vẫn vậy, báo cho quản trị máy chủ.",
                )
            yield chunk


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


def _translate(error: "requests.RequestException", host: str) -> NoReturn:
    """The Expected error that a failure of requests means."""
    from requests import exceptions

    if isinstance(error, exceptions.SSLError):
        raise ServerBroken(
            f"Không xác nhận được chứng chỉ an toàn của máy chủ {host}.",
            "Hãy xem đồng hồ của máy có đúng ngày giờ không; nếu đúng, báo cho quản trị máy chủ.",
        ) from error
    if isinstance(error, exceptions.ProxyError):
        raise Offline(
            "Không qua được máy chủ trung gian (proxy) của mạng này.",
            f"Hãy nhờ người quản trị mạng của cơ quan xem lại. {_KEEP_WORKING}",
        ) from error
    if isinstance(error, exceptions.Timeout):
        raise Offline(f"Máy chủ {host} không trả lời kịp.", _KEEP_WORKING) from error
    is_nonsense = isinstance(error, (exceptions.ContentDecodingError, exceptions.InvalidHeader)) or any(
        isinstance(cause, http.client.HTTPException)
        and not isinstance(cause, (http.client.RemoteDisconnected, http.client.IncompleteRead))
        for cause in _causes(error)
    )
    if is_nonsense:
        raise ServerBroken(
            f"Máy chủ {host} trả lời không đúng giao thức.",
            "Hãy kiểm tra địa chỉ máy chủ; nếu đúng, báo cho quản trị máy chủ.",
        ) from error
    if isinstance(error, (exceptions.ConnectionError, exceptions.ChunkedEncodingError)):
        raise Offline(f"Không kết nối được tới máy chủ {host}.", _KEEP_WORKING) from error
    raise ServerBroken(f"Không trao đổi được với máy chủ {host} ({type(error).__name__}).") from error


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
