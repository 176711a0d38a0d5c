"""Files that a person asks for: where to put them, and what to say when they cannot be written."""

import errno
import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from handbook.client import disk
from handbook.errors import DiskProblem

MAX_NAME_CHARACTERS = 100
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


def file_name(words: str) -> str:
    """The words as a name that every system takes, without a suffix."""
    return " ".join(_NOT_IN_NAMES.sub(" ", words).split())[:MAX_NAME_CHARACTERS].strip(" .")


def ask_for_file(
    parent: QWidget, title: str, name: str, kind: str, suffix: str, chosen: Callable[[Path], object]
) -> None:
    """The system's dialog, in the documents folder at first; `chosen` gets what the person decided on."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog = QFileDialog(parent, title, str(Path(folder) / f"{name}.{suffix}"), f"{kind} (*.{suffix})")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.fileSelected.connect(lambda file: chosen(Path(file)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def ask_for_folder(parent: QWidget, title: str, chosen: Callable[[Path], object]) -> None:
    """The system's dialog for a folder; `chosen` gets what the person decided on."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda folder: chosen(Path(folder)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def save_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Writes the whole file or leaves the former one; a `private` one only this person's account may read.

    Raises DiskProblem in words for who chose the place.
    """
    try:
        disk.write_whole(path, data, mode=0o600 if private else 0o644)
    except DiskProblem as problem:
        code = problem.__cause__.errno if isinstance(problem.__cause__, OSError) else None
        if code in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY):
            raise DiskProblem(
                _tr(
                    "Không ghi được tệp {}: tệp đang mở ở chương trình khác, hoặc thư mục chỉ cho đọc."
                ).format(path.name),
                _tr("Hãy đóng tệp ấy (trong Word, Excel) rồi lưu lại, hoặc chọn tên khác, thư mục khác."),
            ) from problem
        if code == errno.ENOENT:
            raise DiskProblem(
                _tr("Không còn thư mục {}.").format(path.parent),
                _tr("Nếu là ổ cắm ngoài, hãy cắm lại; hoặc chọn thư mục khác."),
            ) from problem
        raise


def _tr(text: str) -> str:
    return QCoreApplication.translate("Saving", text)
