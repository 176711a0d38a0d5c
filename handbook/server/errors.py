"""The one place that turns an error into an HTTP answer: status, ErrorBody or Clash, and headers."""

from http import HTTPStatus

from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from handbook.errors import (
    BadInput,
    Conflict,
    Expected,
    NotAllowed,
    NotFound,
    ServerBroken,
    SignInFailed,
    TooBusy,
)
from handbook.protocol import codec
from handbook.protocol.api import Clash, ErrorBody, SubmissionEntry

JSON = "application/json"
DATABASE_RETRY_SECONDS = 5.0


class Malformed(BadInput):
    """400: the request is not of the form the protocol promises. Other BadInput is 422."""


class TooLarge(BadInput):
    """413: the request body is longer than MAX_REQUEST_BYTES."""


class RateLimited(TooBusy):
    """429: this account or address asked too often. Other TooBusy is 503: the server has too much to do."""


class Clashed(Conflict):
    """409: the server holds another text; `held` is the latest revision it has."""

    def __init__(self, message: str, advice: str, held: SubmissionEntry) -> None:
        super().__init__(message, advice)
        self.held = held


_STATUSES: tuple[tuple[type[Expected], HTTPStatus], ...] = (
    (Malformed, HTTPStatus.BAD_REQUEST),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SignInFailed, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (RateLimited, HTTPStatus.TOO_MANY_REQUESTS),
    (TooBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (ServerBroken, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def answer_to(error: Exception) -> Response | None:
    """The answer that an error deserves; None when it is a bug (`bug_answer` is for those)."""
    if isinstance(error, OperationalError | PoolTimeout):
        error = TooBusy(
            "Máy chủ tạm thời chưa truy cập được cơ sở dữ liệu.",
            "Bài viết vẫn được giữ trên máy và sẽ tự gửi lại sau.",
            DATABASE_RETRY_SECONDS,
        )
    elif isinstance(error, DataError):
        error = BadInput("Dữ liệu gửi lên có giá trị mà máy chủ không lưu được.")
    elif isinstance(error, HTTPException):
        return _answer_to_http(error)
    if not isinstance(error, Expected):
        return None
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return _answer(status, error)
    return None


def bug_answer() -> Response:
    body = ErrorBody(
        code="server-broken",
        message="Máy chủ gặp lỗi khi xử lý yêu cầu này.",
        advice="Bài viết vẫn được giữ trên máy và sẽ tự gửi lại; nếu kéo dài, hãy báo quản trị máy chủ.",
    )
    return Response(codec.encode(body), HTTPStatus.INTERNAL_SERVER_ERROR, media_type=JSON)


def _answer(status: HTTPStatus, error: Expected) -> Response:
    headers = {}
    if isinstance(error, TooBusy):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, SignInFailed):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooLarge):
        headers["Connection"] = "close"
    body: ErrorBody | Clash
    if isinstance(error, Clashed):
        body = Clash(code=error.code, message=error.message, advice=error.advice, held=error.held)
    else:
        body = ErrorBody(code=error.code, message=error.message, advice=error.advice)
    return Response(codec.encode(body), status, headers, JSON)


def _answer_to_http(error: HTTPException) -> Response:
    """What the router and the static files say: no such path, no such method, an unreadable file."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        body = ErrorBody(code=NotFound.code, message="Máy chủ không có địa chỉ này.")
    else:
        body = ErrorBody(code=BadInput.code, message="Máy chủ không nhận yêu cầu kiểu này ở địa chỉ này.")
    return Response(codec.encode(body), error.status_code, dict(error.headers or {}), JSON)
