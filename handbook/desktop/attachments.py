"""The files that go with a document: listed in its title block, opened as a copy, kept where one wants."""

import atexit
import html
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from handbook.desktop.screen import Screen
from handbook.desktop.widgets import Action, Banner, Kind, Toast
from handbook.desktop.work import Lane
from handbook.errors import Expected
from handbook.model.library import MEDIA_NAMES, Attachment
from handbook.model.vietnamese import number_text

if TYPE_CHECKING:
    from handbook.client.library import DocumentView

SCHEME: Final = "attachment"
"""`attachment:open/0` opens the first of the document, `attachment:save/0` keeps it."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Attachments", text)


def listed(attachments: Sequence[Attachment], on_paper: bool = False) -> str:
    """As HTML for a title block, with what can be done with each; on paper only what there is."""
    if not attachments:
        return ""
    lines = [f"<b>{_tr('Tệp kèm theo')}</b>"]
    for at, one in enumerate(attachments):
        line = f"{html.escape(one.title)} ({MEDIA_NAMES[one.media_type]}, {size_text(one.length)})"
        if not on_paper:
            line += f' · <a href="{SCHEME}:open/{at}">{_tr("Mở")}</a>'
            line += f' · <a href="{SCHEME}:save/{at}">{_tr("Lưu…")}</a>'
        lines.append(line)
    return f"<p>{'<br>'.join(lines)}</p>"


def size_text(length: int) -> str:
    """A length in bytes for people: 24 KB, 1,2 MB."""
    return f"{number_text(length / 1e6, 1)} MB" if length >= 1e6 else f"{max(1, round(length / 1000))} KB"


class Attachments(QObject):
    """What a screen does with attachments. `opened` gives the document in front; None while there is none."""

    def __init__(self, screen: Screen, opened: "Callable[[], DocumentView | None]") -> None:
        super().__init__(screen)
        self._screen = screen
        self._opened = opened

    def follow(self, url: QUrl) -> None:
        """Do what a link of the list says."""
        view = self._opened()
        act, _, number = url.path().partition("/")
        if view is None or not number.isdecimal() or int(number) >= len(view.attachments):
            return
        attachment = view.attachments[int(number)]
        if act == "open":
            self.open(attachment)
        elif act == "save":
            self.ask_where(attachment)

    def open(self, attachment: Attachment) -> None:
        """In the program that this PC has for it, as a copy that cannot be written to."""
        assets = self._screen.session.handbook.assets
        self._screen.session.work.run(
            lambda: private_copy(attachment.sha256, attachment.name, assets.attachment(attachment)),
            lambda path: self._show(attachment, path),
            self._failed,
            self,
            lane=Lane.NET,
        )

    def ask_where(self, attachment: Attachment) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        suffix = Path(attachment.name).suffix
        dialog = QFileDialog(
            self._screen,
            self.tr("Lưu tệp kèm theo"),
            str(Path(folder) / attachment.name),
            f"{MEDIA_NAMES[attachment.media_type]} (*{suffix})",
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.fileSelected.connect(lambda file: self.save(attachment, Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save(self, attachment: Attachment, path: Path) -> None:
        """Write the file; a former one of that name stays whole until then."""
        assets = self._screen.session.handbook.assets

        def write() -> None:
            from handbook.client.disk import write_whole

            write_whole(path, assets.attachment(attachment), mode=0o666)

        said = self.tr("Đã lưu {}").format(path.name)
        self._screen.session.work.run(
            write,
            lambda _: Toast(self._screen.window(), said, seconds=6),
            self._failed,
            self,
            lane=Lane.NET,
        )

    def _show(self, attachment: Attachment, path: Path) -> None:
        if QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            return
        kind = MEDIA_NAMES[attachment.media_type]
        self._screen.show_banner(
            Banner(
                Kind.WARN,
                self.tr("Máy này chưa có chương trình mở tệp {}.").format(kind),
                self.tr("Có thể lưu tệp rồi mở trên máy khác."),
                Action(self.tr("Lưu…"), lambda: self.ask_where(attachment)),
            )
        )

    def _failed(self, error: Expected) -> None:
        self._screen.show_banner(Banner.of_error(error))


@cache
def opened_folder() -> Path:
    """Where this run's copies lie, for nobody else's eyes; removed when the program ends."""
    folder = Path(tempfile.mkdtemp(prefix="so-tay-"))
    atexit.register(_remove, folder)
    return folder


def _remove(folder: Path) -> None:
    for path in folder.rglob("*"):
        path.chmod(stat.S_IRWXU)  # Windows keeps a file that is read-only
    shutil.rmtree(folder, ignore_errors=True)  # and one that is still open elsewhere


def private_copy(sha256: str, name: str, data: bytes) -> Path:
    """The read-only copy to open elsewhere, made when it is not there yet."""
    from handbook.client import disk

    path = opened_folder() / sha256[:16] / name
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            disk.write_whole(path, data)
            os.chmod(path, stat.S_IREAD)
    except OSError as error:
        raise disk.from_os(error, path) from error
    return path
