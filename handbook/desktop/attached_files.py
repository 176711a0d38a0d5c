"""Tệp kèm theo: the files that go with a reflection, added while one writes, looked at by its readers."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QMimeData, QObject, QSize, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDropEvent, QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop import photographs
from handbook.desktop.attachments import private_copy, size_text
from handbook.desktop.images import Pictures
from handbook.desktop.picture_view import PictureView
from handbook.desktop.prose_box import has_files
from handbook.desktop.reflection_side import clear
from handbook.desktop.screen import Screen
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import (
    Banner,
    Card,
    Icon,
    IconButton,
    Kind,
    Label,
    LinkButton,
    SecondaryButton,
    Toast,
)
from handbook.errors import BadInput, DiskProblem, NotFound
from handbook.model.attached import MAX_FILES
from handbook.model.changes import Changes
from handbook.model.reflection import AttachedFile
from handbook.model.vietnamese import VIETNAM
from handbook.protocol.assets import picture_of

if TYPE_CHECKING:
    from handbook.client.reflection import Draft

PICTURES: Final = frozenset({".png", ".jpg", ".jpeg"})


class AttachedFilesCard(Card):
    """The files of one reflection, `framed` where it does not stand in a frame already.

    `removing(file)` asks to take one out, `adding()` for one more.
    """

    removing = Signal(object)
    adding = Signal()

    def __init__(self, screen: Screen, framed: bool = True) -> None:
        super().__init__("", "attach")
        self.setProperty("card", framed)
        self.set_title(self.tr("Tệp kèm theo"))
        self.setObjectName("attached")
        self._screen = screen
        self._shown: tuple[object, ...] = ()
        files = QWidget()
        self._listed = QVBoxLayout(files)
        self._listed.setContentsMargins(0, 0, 0, 0)
        self._listed.setSpacing(0)
        self.add(files)
        self._hint = Label(
            self.tr(
                "Kèm được {} tệp, cộng lại không quá 2 MB: hình PNG, JPEG, tệp PDF, Word. Có thể kéo tệp vào "
                "đây, hoặc dán hình. Ảnh chụp được thu nhỏ và bỏ vị trí nơi chụp."
            ).format(MAX_FILES)
        )
        self._hint.setProperty("role", "muted")
        self.add(self._hint)
        self._add = SecondaryButton(self.tr("Kèm tệp…"), "attach")
        self._add.setObjectName("attached.add")
        self._add.clicked.connect(self.adding)
        self._adding = QWidget()
        line = QHBoxLayout(self._adding)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._add)
        line.addStretch(1)
        self.add(self._adding)
        self.hide()

    def show_files(self, files: Sequence[AttachedFile], can_change: bool) -> None:
        """A card without files is there for who may add some only."""
        self.setVisible(bool(files) or can_change)
        self._hint.setVisible(can_change)
        self._adding.setVisible(can_change and len(files) < MAX_FILES)
        if self._shown == (tuple(files), can_change):
            return
        self._shown = (tuple(files), can_change)
        clear(self._listed)
        self._listed.parentWidget().setVisible(bool(files))
        for number, file in enumerate(files):
            self._listed.addWidget(self._row(number, file, can_change))

    def _row(self, number: int, file: AttachedFile, can_change: bool) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(current_theme().px(10))
        is_picture = Path(file.name).suffix in PICTURES
        line.addWidget(Icon("image" if is_picture else "document", "muted", 20))
        line.addWidget(Label(f"{file.name} ({size_text(file.size)})"), 1)
        look = LinkButton(self.tr("Xem") if is_picture else self.tr("Mở"), "eye")
        look.setObjectName(f"attached.open.{number}")
        look.setAccessibleName(self.tr("Xem tệp {}").format(file.name))
        look.clicked.connect(partial(self._open, file))
        line.addWidget(look)
        if can_change:
            remove = IconButton("close", self.tr("Bỏ tệp {}").format(file.name))
            remove.setObjectName(f"attached.remove.{number}")
            remove.clicked.connect(partial(self.removing.emit, file))
            line.addWidget(remove)
        return row

    # -- looking

    def _open(self, file: AttachedFile) -> None:
        read = self._screen.session.handbook.attached.read
        if Path(file.name).suffix in PICTURES:
            self._work(lambda: read(file), lambda data: self._show_picture(file, data))
        else:
            self._work(lambda: private_copy(file.sha256, file.name, read(file)), self._show_copy)

    def _work(self, job, done) -> None:
        self._screen.session.work.run(
            job, done, lambda error: self._screen.show_banner(Banner.of_error(error)), self
        )

    def _show_picture(self, file: AttachedFile, data: bytes) -> None:
        seen = picture_of(data)
        if seen is None:
            self._screen.show_banner(Banner(Kind.WARN, self.tr("Hình này không mở được.")))
            return
        pictures = Pictures(self._screen.session.work, lambda _: data)
        size = QSize(seen.width, seen.height)
        PictureView(self._screen.window(), pictures, file.sha256, size, file.name)

    def _show_copy(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            said = self.tr("Máy này chưa có chương trình mở tệp {}.").format(path.suffix)
            self._screen.show_banner(Banner(Kind.WARN, said))


class Attaching(QObject):
    """Adds files to the draft that `card` shows: chosen, dropped on the screen, or pasted."""

    def __init__(self, screen: Screen, card: AttachedFilesCard) -> None:
        super().__init__(screen)
        self._screen, self._card = screen, card
        self._assignment = ""
        screen.setAcceptDrops(True)
        screen.installEventFilter(self)
        card.adding.connect(self.ask)
        card.removing.connect(self.remove)

    def show(self, draft: "Draft") -> None:
        self._assignment = draft.assignment.assignment.id if draft.can_write else ""
        self._card.show_files(draft.files, draft.can_write)

    def ask(self) -> None:
        dialog = QFileDialog(self._screen, self.tr("Chọn tệp kèm theo"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Hình, PDF, Word (*.png *.jpg *.jpeg *.pdf *.docx)")])
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def add(self, paths: Sequence[Path]) -> None:
        """Put these files of the PC into the draft, one after the other; the first that may not go stops."""
        assignment, session = self._assignment, self._screen.session
        if not assignment or not paths:
            return
        reflections, now = session.handbook.reflections, session.now()

        def attach() -> Changes:
            changes: Changes = frozenset()
            for path in paths:
                name, data = path.name, _read(path)
                if photographs.is_picture(data):
                    name, data = photographs.made_ready(name, data)
                changes |= reflections.attach(assignment, name, data, now)
            return changes

        self._screen.clear_banner()
        self._screen.command(attach)

    def take(self, source: QMimeData) -> None:
        """Put in what was dropped or pasted: files of the PC, or else a picture."""
        if paths := [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]:
            self.add(paths)
        elif source.hasImage():
            self.add_picture(QImage(source.imageData()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Files may be dropped anywhere on the screen."""
        if not self._assignment or not isinstance(event, QDropEvent) or not has_files(event.mimeData()):
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self.take(event.mimeData())
        return True

    def add_picture(self, image: QImage) -> None:
        """Put in a picture that was pasted."""
        assignment, session = self._assignment, self._screen.session
        if not assignment or image.isNull():
            return
        reflections, now = session.handbook.reflections, session.now()
        called = self.tr("Hình dán lúc {}.png").format(now.astimezone(VIETNAM).strftime("%Hh%M'%S"))

        def attach() -> Changes:
            return reflections.attach(assignment, *photographs.as_file(called, image), now)

        said = self.tr("Đã kèm hình vừa dán vào bài.")
        self._screen.command(attach, lambda _: Toast(self._screen.window(), said, seconds=4))

    def remove(self, file: AttachedFile) -> None:
        assignment, session = self._assignment, self._screen.session
        if not assignment:
            return
        reflections, now = session.handbook.reflections, session.now()

        def undo() -> None:
            self._screen.command(lambda: reflections.attach_again(assignment, file, now))

        said = self.tr("Đã bỏ tệp {}.").format(file.name)
        self._screen.command(
            lambda: reflections.detach(assignment, file, now),
            lambda _: self._screen.undo_offered.emit(said, undo),
        )


def _read(path: Path) -> bytes:
    """The file's bytes, never more than a picture may have. Raises BadInput, NotFound, DiskProblem."""
    try:
        with path.open("rb") as opened:
            data = opened.read(photographs.MAX_PICTURE_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"Không thấy tệp “{path.name}”.", "Hãy chọn lại tệp.") from error
    except OSError as error:
        raise DiskProblem(
            f"Không đọc được tệp “{path.name}”.", "Hãy kiểm tra tệp có mở được không rồi thử lại."
        ) from error
    if len(data) > photographs.MAX_PICTURE_FILE_BYTES:
        raise BadInput(f"Tệp “{path.name}” quá lớn.", "Hãy chọn tệp nhỏ hơn.")
    return data
