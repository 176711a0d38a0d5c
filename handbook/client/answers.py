"""What the server's answers mean: the record that was asked for, or the Expected error that it tells of."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

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
from handbook.protocol.api import MAX_ANSWER_BYTES, Clash, ErrorBody, SubmissionEntry

if TYPE_CHECKING:
    from handbook.client.transport import Answer

T = TypeVar("T")

_KINDS: dict[int, type[Expected]] = {
    400: BadInput,
    401: SignInFailed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: BadInput,
    422: BadInput,
}
_BUSY = (429, 503)


class Clashed(Conflict):
    """The server holds another text; `held` is its latest revision for this author and subject."""

    def __init__(self, message: str, advice: str, held: SubmissionEntry) -> None:
        super().__init__(message, advice)
        self.held = held


def record_in(answer: "Answer", record_type: type[T]) -> T:
    """The record in a successful answer.

    Otherwise raises what the server refused with: BadInput, SignInFailed, NotAllowed, NotFound, Clashed,
    TooBusy. An answer that the protocol does not know, such as the sign-in page of a hotel's network or the
    error page of a proxy, is ServerBroken: it says nothing about what was asked.
    """
    if answer.status in (200, 201):
        try:
            return codec.decode(answer.body, record_type, limit=MAX_ANSWER_BYTES)
        except BadInput as error:
            raise _not_ours(answer) from error
    raise refusal(answer)


def refusal(answer: "Answer") -> Expected:
    """The error that an unsuccessful answer tells of."""
    if answer.status in _BUSY:
        return TooBusy(
            "Máy chủ đang bận.", "Sổ tay sẽ tự gửi lại sau ít phút.", retry_after=_retry_after(answer)
        )
    if answer.status == 409 and (clash := _body(answer, Clash)):
        return Clashed(clash.message, clash.advice, clash.held)
    body = _body(answer, ErrorBody)
    if body is None:
        return _not_ours(answer)
    return _KINDS.get(answer.status, ServerBroken)(body.message, body.advice)


def _body(answer: "Answer", record_type: type[T]) -> T | None:
    try:
        return codec.decode(answer.body, record_type, limit=MAX_ANSWER_BYTES)
    except BadInput:
        return None


def _not_ours(answer: "Answer") -> ServerBroken:
    return ServerBroken(
        f"Nơi trả lời không giống máy chủ sổ tay (mã HTTP {answer.status}).",
        "Nếu mạng này đòi đăng nhập trên trình duyệt, hãy đăng nhập rồi đồng bộ lại. Nội dung vẫn được giữ.",
    )


def _retry_after(answer: "Answer") -> float:
    """Seconds to wait, 0 when the server does not say; RFC 9110 allows seconds or a date."""
    asked = answer.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    until, sent = _date(asked), _date(answer.headers.get("Date", ""))
    return max(0.0, (until - sent).total_seconds()) if until and sent else 0.0


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
