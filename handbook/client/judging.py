"""python-tuf, which judges what publishers have signed, and its verdicts in words.

It is imported when there is something to judge: mostly a sync finds nothing new, and the handbook stays that
much smaller.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.fetcher import FetcherInterface

from handbook.client.answers import refusal
from handbook.client.downloads import ADVICE
from handbook.client.transport import Answer
from handbook.errors import Altered, Expected, Outdated, ServerBroken, Untrusted
from handbook.protocol import trust

__all__ = ["UnsignedMetadataError", "in_words", "trusted", "updater"]

AnswerFor = Callable[[str], Answer]
"""The server's answer to a GET of this path."""


def updater(folder: Path, metadata: str, targets: str, root: bytes, answer_for: AnswerFor) -> Updater:
    """Keeps what it accepts in `folder`; `metadata` and `targets` are where the server has them."""
    return Updater(
        str(folder / "metadata"),
        metadata,
        str(folder / "targets"),
        targets,
        fetcher=_Fetcher(answer_for),
        config=UpdaterConfig(
            max_root_rotations=trust.MAX_ROOT_ROTATIONS,
            max_delegations=trust.MAX_DELEGATIONS,
            root_max_length=trust.MAX_ROOT_BYTES,
            timestamp_max_length=trust.MAX_TIMESTAMP_BYTES,
            snapshot_max_length=trust.MAX_SNAPSHOT_BYTES,
            targets_max_length=trust.MAX_TARGETS_BYTES,
        ),
        bootstrap=root,
    )


def trusted(updater: Updater) -> TrustedMetadataSet:
    # Nothing public takes the time to judge expiry by, or tells what was verified; tests watch this name.
    return updater._trusted_set


@contextmanager
def in_words(expired: Callable[[], Expected]) -> Iterator[None]:
    """Raises python-tuf's verdicts as Expected; `expired` says what an end of signatures means here."""
    try:
        yield
    except ExpiredMetadataError as error:
        raise expired() from error
    except DownloadHTTPError as error:
        raise ServerBroken(
            f"Máy chủ thiếu một tệp chữ ký mà chính nó nêu tên (mã HTTP {error.status_code}).",
            "Hãy thử lại sau; nếu vẫn vậy, báo cho quản trị máy chủ.",
        ) from error
    except BadVersionNumberError as error:
        raise Outdated(
            "Chữ ký máy chủ đưa về cũ hơn bản máy này đã nhận nên không có gì được nhận.", ADVICE
        ) from error
    except LengthOrHashMismatchError as error:
        raise Altered(
            "Chữ ký không khớp với tệp đi kèm (tệp bị sửa, bị cắt, hoặc ghép từ hai lần phát hành) nên "
            "không có gì được nhận.",
            ADVICE,
        ) from error
    except DownloadLengthMismatchError as error:
        raise Untrusted("Máy chủ gửi về tệp chữ ký dài hơn mức cho phép nên đã bỏ.", ADVICE) from error
    except (RepositoryError, DownloadError) as error:
        raise Untrusted(
            "Chữ ký trên nội dung máy chủ đưa về không đúng nên không có gì được nhận.", ADVICE
        ) from error


class _Fetcher(FetcherInterface):
    """Metadata and catalogues for python-tuf, over our transport."""

    def __init__(self, answer_for: AnswerFor) -> None:
        self._answer_for = answer_for

    def _fetch(self, url: str) -> Iterator[bytes]:
        # Whole, not in pieces: python-tuf may leave an iterator half way, and the connection open with it.
        answer = self._answer_for(url)
        if answer.status in (403, 404):
            raise DownloadHTTPError(url, answer.status)
        if answer.status != 200:
            raise refusal(answer)
        yield answer.body
