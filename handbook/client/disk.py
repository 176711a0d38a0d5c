"""What can go wrong with this PC's disk, in words for its owner, and whole-file writes that survive a kill.

Standard library only: the list of profiles is read before anything heavier is imported.
"""

import errno
import os
import shutil
from pathlib import Path

from handbook.errors import DiskProblem

# Below this many free bytes a failed write is explained by a full disk, whatever the system called it.
NEARLY_FULL_BYTES = 1024 * 1024

# Primary result codes of SQLite (https://sqlite.org/rescode.html).
_PERM, _BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, NOT_A_DATABASE = (
    3, 5, 6, 8, 10, 11, 13, 14, 26,
)  # fmt: skip


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replaces the file: after a kill or a power cut it holds the old bytes or the new ones.

    Raises DiskProblem.
    """
    draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise from_os(error, path) from error


def copy_whole(source: Path, target: Path) -> None:
    """Copies a file so that `target` is never seen half written. Raises DiskProblem."""
    draft = target.with_name(f"{target.name}.tmp")
    try:
        shutil.copyfile(source, draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise from_os(error, target) from error


def make_folder(path: Path) -> None:
    """Makes the folder and those above it when missing. Raises DiskProblem."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise from_os(error, path) from error


def sync_folder(folder: Path) -> None:
    """Makes a rename in the folder durable; Windows does so by itself and cannot open a folder."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def from_os(error: OSError, path: Path) -> DiskProblem:
    """The DiskProblem behind an error of the operating system about `path`."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return full(path)
        case errno.ENOTDIR | errno.EEXIST | errno.EISDIR:
            return DiskProblem(
                f"Không dùng được {path}: trên đường dẫn có một tệp trùng tên với thư mục dữ liệu.",
                "Hãy đổi tên tệp ấy hoặc chọn thư mục dữ liệu khác, rồi mở lại sổ tay.",
            )
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return unwritable(path)
        case _:
            return failing(path)


def from_sqlite(code: int, path: Path) -> DiskProblem | None:
    """The DiskProblem behind an SQLite result code (primary or extended); None when it tells of a bug."""
    primary = code & 0xFF
    if primary == _FULL or (primary in (_IOERR, _CANTOPEN) and _is_nearly_full(path)):
        return full(path)
    if primary in (_PERM, _READONLY, _CANTOPEN):
        return unwritable(path)
    if primary == _IOERR:
        return failing(path)
    if primary in (_CORRUPT, NOT_A_DATABASE):
        return damaged(path)
    if primary in (_BUSY, _LOCKED):
        return busy(path)
    return None


def full(path: Path) -> DiskProblem:
    return DiskProblem(
        f"Ổ đĩa đã đầy, không ghi thêm được vào {path.parent}.",
        "Những gì đã lưu vẫn còn. Hãy dọn thùng rác hoặc xoá bớt tệp không cần, rồi làm lại.",
    )


def unwritable(path: Path) -> DiskProblem:
    return DiskProblem(
        f"Không ghi được vào {path}: máy không cho phép.",
        "Hãy nhờ người quản trị máy cấp quyền ghi cho thư mục này, hoặc chọn thư mục dữ liệu khác.",
    )


def failing(path: Path) -> DiskProblem:
    return DiskProblem(
        f"Máy báo lỗi khi đọc hoặc ghi {path}.",
        "Nếu dữ liệu nằm trên ổ cắm ngoài hoặc ổ mạng, hãy kiểm tra kết nối rồi thử lại; "
        "nếu lỗi lặp lại, hãy nhờ người quản trị kiểm tra ổ đĩa.",
    )


def damaged(path: Path) -> DiskProblem:
    return DiskProblem(
        f"Tệp {path.name} đã hỏng, không đọc được.",
        f"Đừng xoá tệp này. Hãy báo người quản trị; tệp nằm trong {path.parent}.",
    )


def busy(path: Path) -> DiskProblem:
    return DiskProblem(
        f"Tệp {path.name} đang bị một chương trình khác giữ.",
        "Hãy chờ phần mềm sao lưu hoặc diệt vi-rút làm xong, rồi thử lại.",
    )


def _is_nearly_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < NEARLY_FULL_BYTES
    except OSError:
        return False
