"""Điểm mới: what changed in a document against its former edition, or against one it amends or replaces."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, QUrl
from PySide6.QtGui import QAccessible, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.contents import Contents
from handbook.desktop.difference_text import (
    UNFOLD,
    DifferenceText,
    difference_text,
    differing_facts,
    summary_of,
)
from handbook.desktop.images import SCHEME, Pictures
from handbook.desktop.picture_view import PictureView
from handbook.desktop.reader_look import ReaderLook
from handbook.desktop.reader_print import ReaderPrint, ToPrint
from handbook.desktop.reading import DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route, Session
from handbook.desktop.side_column import is_narrow, place_side
from handbook.desktop.theme import current_theme
from handbook.desktop.title_block import name_of
from handbook.desktop.widgets import Action, ElidedLabel, IconButton, Label, LinkButton, Role, announce
from handbook.errors import Expected, NotFound
from handbook.model.changes import Change

if TYPE_CHECKING:
    from handbook.client.editions import Comparison

LIST_FROM = 12
"""How far below the top of the page the list begins, in pixels at 100 %."""


class DifferencesScreen(Screen):
    """`route.document` beside its former edition, or beside `route.other`."""

    concerns = frozenset({Change.LIBRARY})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self._compared: Comparison | None = None
        self._shown: DifferenceText | None = None
        self._unfolded: frozenset[str] = frozenset()
        self._step = -1
        self.text = DocumentText()
        self.text.setObjectName("differences.text")
        self.text.setAccessibleName(self.tr("Điểm mới của văn bản"))
        self.text.followed.connect(self._follow)
        self.text.show_pictures(self._new_pictures())
        self.list = Contents()
        self.list.setObjectName("differences.list")
        self.list.setAccessibleName(self.tr("Các mục có thay đổi"))
        self.list.chosen.connect(self._choose)
        self.text.section_changed.connect(self._section_changed)
        self.look = ReaderLook(self, self.text)
        self.printing = ReaderPrint(self, self._to_print)
        self.header.hide()
        self.body.addWidget(self._build_bar())
        self._build_body()
        for keys, act in (
            ("Alt+Down", lambda: self._go(1)),
            ("Alt+Up", lambda: self._go(-1)),
            ("F3", lambda: self._go(1)),
            ("Shift+F3", lambda: self._go(-1)),
            ("Ctrl+P", self.printing.ask_for_printer),
            ("Esc", self._read_document),
        ):
            QShortcut(QKeySequence(keys), self, activated=act)

    def _build_bar(self) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        back = LinkButton(self.tr("Về văn bản"), "back")
        back.setObjectName("differences.back")
        back.setToolTip(self.tr("Về văn bản (Esc)"))
        back.clicked.connect(self._read_document)
        self._where = ElidedLabel("", Role.MUTED)
        self.count = Label("", Role.MUTED)
        self.count.setObjectName("differences.count")
        self.count.setWordWrap(False)
        self._before = IconButton("chevron-up", self.tr("Thay đổi trước (Alt+Mũi tên lên)"))
        self._before.setObjectName("differences.before")
        self._before.clicked.connect(lambda: self._go(-1))
        self._next = IconButton("chevron-down", self.tr("Thay đổi sau (Alt+Mũi tên xuống)"))
        self._next.setObjectName("differences.next")
        self._next.clicked.connect(lambda: self._go(1))
        self._list_button = IconButton("contents", self.tr("Các mục có thay đổi"))
        self._list_button.setCheckable(True)
        self._list_button.clicked.connect(self._toggle_list)
        printing = IconButton("print", self.tr("In, lưu thành PDF"))
        printing.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        printing.setMenu(QMenu(printing))
        self.printing.offer(printing.menu())
        row.addWidget(back)
        row.addWidget(self._where, 1)
        for part in (self.count, self._before, self._next, self._list_button, printing):
            row.addWidget(part)
        return bar

    def _build_body(self) -> None:
        page = QFrame()
        page.setProperty("card", True)
        columns = QHBoxLayout(page)
        columns.setContentsMargins(1, 1, 1, 1)
        columns.addWidget(self.text, 1)
        self._beside = QVBoxLayout()
        self._beside.addWidget(self.list)
        columns.addLayout(self._beside)
        self.body.addWidget(page, 1)

    # -- reading

    def show_route(self, route: Route) -> None:
        if (route.document, route.other) != (self.route.document, self.route.other):
            self._compared = None
            self._list_button.setChecked(False)
        super().show_route(route)
        self.look.read()
        self._fold()
        self.text.setFocus()

    def refresh(self) -> None:
        editions, document, other = self.session.handbook.editions, self.route.document, self.route.other
        if self._compared is None:
            self.show_loading(self.tr("Đang so sánh hai bản…"))

        def read() -> "tuple[Comparison, DifferenceText]":
            compared = editions.compare(document, other)
            return compared, difference_text(compared, labelled=QAccessible.isActive())

        self.load(read, self._show_compared)

    def _show_compared(self, read: "tuple[Comparison, DifferenceText]") -> None:
        compared, shown = read
        if self._compared and _editions(compared) == _editions(self._compared):
            return
        self._compared = compared
        self._unfolded = frozenset()
        self._look_at(compared)
        name = compared.present.number or compared.present.title
        self._where.setText(f"›  {name}  ›  {self.tr('Điểm mới')}")
        if not summary_of(compared) and not differing_facts(compared):
            self.show_empty(
                "check-circle",
                self.tr("Hai bản giống nhau từng chữ"),
                self.tr("Bản mới chỉ khác ở cách trình bày hoặc ở dữ liệu kèm theo."),
                Action(self.tr("Về văn bản"), self._read_document, "back"),
            )
            return
        self.show_ready()
        self._set(shown, 0)
        self.text.setFocus()
        announce(self.text, shown.summary)

    def _look_at(self, compared: "Comparison") -> None:
        """Who saw what is new is not told of the new edition any more."""
        if compared.former.id == compared.present.id:
            library, document = self.session.handbook.library, compared.present.id
            self.command(lambda: library.look_at(document))

    def _set(self, shown: DifferenceText, section: int) -> None:
        self._shown = shown
        self._step = -1
        self.text.show_document(shown.head, shown.pieces, section, 0.0)
        self.list.show_outline(shown.outline, "")
        self._show_count()

    def _cannot_load(self, error: Expected) -> None:
        self._compared = None
        if not isinstance(error, NotFound):
            super()._cannot_load(error)
            return
        action = Action(self.tr("Về văn bản"), self._read_document, "back")
        self.show_empty("document", error.message, error.advice, action)

    # -- moving

    def _go(self, by: int) -> None:
        """To the next change, or the one before, around the end."""
        if not self._shown or not self._shown.steps:
            return
        self._step = (self._step + by if self._step >= 0 or by > 0 else -1) % len(self._shown.steps)
        step = self._shown.steps[self._step]
        self.text.go_to_name_in(step.section, step.name)
        self._show_count()
        announce(self.text, f"{self.count.text()}. {step.said}")

    def _show_count(self) -> None:
        total = len(self._shown.steps) if self._shown else 0
        self._before.setEnabled(total > 0)
        self._next.setEnabled(total > 0)
        if self._step >= 0:
            self.count.setText(self.tr("{} trong {}").format(self._step + 1, total))
        else:
            self.count.setText(self.tr("{} chỗ thay đổi").format(total) if total else "")

    def _section_changed(self, section: int) -> None:
        self.list.show_section(section)

    def _choose(self, section: int) -> None:
        self._list_button.setChecked(False)
        self._fold()
        self.text.go_to(section)
        before = [at for at, step in enumerate(self._shown.steps) if step.section < section]
        self._step = len(before) - 1
        self._show_count()
        self.text.setFocus()

    def _follow(self, url: QUrl) -> None:
        name = url.fragment()
        if url.scheme() == "handbook":
            self.navigate.emit(Route(place=Place.READER, document=url.path(), anchor=name))
        elif url.scheme() == SCHEME:
            self._enlarge(url.path())
        elif name.startswith(UNFOLD):
            self._unfold(name)

    def _new_pictures(self) -> Pictures:
        session = self.session
        return Pictures(session.work, lambda sha256: session.handbook.assets.data(sha256), self)

    def _enlarge(self, sha256: str) -> None:
        images = (*self._compared.former.images, *self._compared.present.images)
        image = next(one for one in images if one.sha256 == sha256)
        size, name = QSize(image.width, image.height), name_of(self._compared.present)
        PictureView(self.window(), self._new_pictures(), sha256, size, name)

    def _unfold(self, fold: str) -> None:
        """Open a fold where it stands."""
        compared, section = self._compared, max(0, self.text.section)
        unfolded = self._unfolded = self._unfolded | {fold}

        def show(shown: DifferenceText) -> None:
            if self._compared is compared and self._unfolded == unfolded:
                self._set(shown, section)
                self.text.go_to_name_in(section, fold)

        self.session.work.run(
            lambda: difference_text(compared, unfolded, QAccessible.isActive()), show, self._cannot_do, self
        )

    def _read_document(self) -> None:
        self.navigate.emit(Route(place=Place.READER, document=self.route.document))

    # -- looks

    def _to_print(self) -> ToPrint | None:
        compared, shown = self._compared, self._shown
        if compared is None or shown is None:
            return None
        name = self.tr("Điểm mới của {}").format(name_of(compared.present))
        return ToPrint(name, name, shown.head, lambda: shown.sections)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _toggle_list(self) -> None:
        self._fold()
        if self._list_button.isChecked():
            self.list.setFocus()

    def _fold(self) -> None:
        self._list_button.setVisible(is_narrow(self.window()))
        px = current_theme().px
        self._where.setVisible(self.width() >= px(500))
        self._beside.setContentsMargins(0, px(LIST_FROM), 0, 0)
        place_side(self.text, self.list, self._list_button.isChecked())


def _editions(compared: "Comparison") -> tuple[object, ...]:
    former, present = compared.former, compared.present
    return former.id, former.edition, present.id, present.edition
