"""Content that a person carried here on a USB stick: judged as a server's, but for its freshness.

A stick is days or weeks on its way. So the timestamp (14 days) and the snapshot (60 days) are believed for
GRACE after they ended; the root and what publishers sign, a year each, are not. An older state than the one
this PC knows is refused, as from a server. What the grace gives away: who can keep all newer sticks and the
network from a PC can keep it from learning of news for that much longer, but never lead it back.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from handbook.client.content import ContentReport, Progress, pull
from handbook.client.folder_transport import FolderTransport, content_folder
from handbook.client.store import Store
from handbook.errors import Altered, Expected, Lapsed, NotFound, Offline, Outdated, Untrusted
from handbook.model.vietnamese import number_text
from handbook.protocol import trust

GRACE = timedelta(days=60)
_STILL_READABLE = "Nội dung đã cài vẫn đọc được."


def take_in(
    store: Store,
    chosen: Path,
    content_dir: Path,
    root: bytes,
    publishers: tuple[str, ...],
    now: datetime,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> ContentReport:
    """Brings library.db up to what lies in the chosen folder, or in the one of the usual name below it.

    Raises NotFound for a folder without content, an unfinished one, or one for other communes; DiskProblem
    when it is taken away; Outdated, Lapsed, Altered, Untrusted; WrongClock.
    """
    folder = content_folder(chosen)
    try:
        return pull(
            store,
            FolderTransport(folder),
            content_dir,
            root,
            publishers,
            now,
            progress,
            cancelled,
            GRACE,
        )
    except (NotFound, Untrusted, Offline) as error:
        raise _in_words(error, folder, root, publishers) from error


def _in_words(error: Expected, folder: Path, root: bytes, publishers: tuple[str, ...]) -> Expected:
    """What went wrong, said of a stick."""
    match error:
        case NotFound():
            return _missing(error, folder, publishers)
        case Outdated():
            return Outdated(
                "Nội dung trên USB cũ hơn nội dung máy này đã có nên không được nhận.",
                f"Không cần làm gì: {_lower(_STILL_READABLE)} Muốn có bản mới hơn, hãy ghi lại USB trên "
                "máy có mạng.",
            )
        case Lapsed():
            return Lapsed(
                f"Chữ ký trên USB đã quá hạn hơn {number_text(GRACE.days)} ngày, hoặc khoá phát hành đã hết "
                "hạn, nên không có gì được nhận.",
                f"Hãy ghi lại USB trên máy có mạng rồi nhập lần nữa. {_STILL_READABLE}",
            )
        case Altered() | Offline():  # a file that ends too early is what a broken line would be
            return Altered(
                "Có tệp trên USB khác với tệp đã được ký (bị sửa, hỏng hoặc chép dở) nên bị từ chối.",
                f"{_STILL_READABLE} Hãy ghi lại, tốt nhất là ra USB khác; nếu vẫn vậy, báo nơi phát hành.",
            )
    if _is_foreign(folder, root):
        return Untrusted(
            "USB này do hệ thống khác phát hành, không phải nơi mà máy này được cài để tin.",
            f"{_STILL_READABLE} Hãy hỏi người đưa USB xem có đúng nội dung của đảng bộ mình không.",
        )
    return error


def _missing(error: Expected, folder: Path, publishers: tuple[str, ...]) -> Expected:
    """An export for other communes lacks what their roles signed, not some file of them."""
    for role in map(trust.role_of, publishers):
        if f".{role}.json" in error.message and not any((folder / trust.METADATA).glob(f"*.{role}.json")):
            return NotFound(
                f"USB này được ghi cho nơi khác, không có nội dung của “{publishers[-1]}”.",
                "Hãy ghi USB trên máy của một đảng viên cùng xã, phường.",
            )
    return error


def _is_foreign(folder: Path, root: bytes) -> bool:
    """Whether the stick has a root of the same number as this PC's that is another one."""
    version = json.loads(root)["signed"]["version"]
    file = folder / trust.METADATA / f"{version}.root.json"
    return file.exists() and file.read_bytes() != root


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
