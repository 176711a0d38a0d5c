"""A reflection and what is said of it: side by side where there is room, else one below the other."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop.attached_files import AttachedFilesCard
from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.passage_text import PassageText
from handbook.desktop.review_writing import ReviewWriting
from handbook.desktop.screen import Screen
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Column, Label

SIDE_FROM = 820
"""Width at 100 % text from which the review stands beside the text, not below it."""
SIDE_WIDTH = 350
PAGE_WIDTH = 1600


class ReviewPanes(QWidget):
    """`reflection` is the text with its `attached` files; `about` and `history` take cards; `overlap` tells
    what others decided; `decision` is what the reviewer writes."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen
        self.reflection = PassageText()
        self.reflection.setObjectName("review.text")
        self.reflection.setAccessibleName(self.tr("Bài thu hoạch"))
        self.attached = AttachedFilesCard(screen, framed=False)
        self._paper = QFrame()
        self._paper.setProperty("card", True)
        paper = QVBoxLayout(self._paper)
        paper.addWidget(self.reflection)
        paper.addWidget(self.attached)
        self._about_holder, self.about = _holder()
        self._history_holder, self.history = _holder()
        self.overlap = Label("")
        self.overlap.setObjectName("review.overlap")
        self.overlap.setProperty("role", "strong")
        self.decision = ReviewWriting()
        self.reflection.chosen.connect(self.decision.write_on)
        self._page = Column(PAGE_WIDTH)
        self._side = Column(SIDE_WIDTH)
        self._side.body.addStretch(1)
        self._below = QVBoxLayout()
        self._page.body.addLayout(self._below)
        self._page.body.addStretch(1)
        for box in (self.reflection, self.decision.comment):
            box.installEventFilter(self)
        self._panes = QHBoxLayout(self)
        self._panes.setContentsMargins(0, 0, 0, 0)
        self._panes.addWidget(self._paper, 1)
        self._panes.addWidget(self._side)
        self._panes.addWidget(self._page, 1)
        self._arrange()

    def go_to_passage(self, number: int) -> None:
        """The passage of that number comes into sight."""
        self.reflection.go_to(number)
        if self._page.isVisible():
            area = self.reflection.area_of(number, self._page.widget())
            self._page.ensureVisible(area.left(), area.center().y(), 0, self._page.height() // 3)

    def bring_into_sight(self, box: QWidget) -> None:
        """As soon as a box of the decision that has just been made has its place."""
        for column in (self._side, self._page):
            if column.isVisible():
                QTimer.singleShot(0, box, lambda column=column: column.ensureWidgetVisible(box))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The text boxes would take the keys that go from one reflection to the next for themselves."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = event.key() if event.modifiers() == Qt.KeyboardModifier.ControlModifier else None
            if keys in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                event.ignore()
                return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._arrange()

    def _arrange(self) -> None:
        px = current_theme().px
        beside = self.width() >= px(SIDE_FROM)
        keyboard, moves = QApplication.focusWidget(), beside != self._side.isVisibleTo(self)
        parts = [self._about_holder, self.overlap, self.decision, self._history_holder]
        if not beside:
            parts.insert(2, self._paper)
        home = self._side.body if beside else self._below
        for place, part in enumerate(parts):
            if home.indexOf(part) != place:
                home.insertWidget(place, part)
        if beside and self._panes.indexOf(self._paper) != 0:
            self._panes.insertWidget(0, self._paper, 1)
        self.reflection.grow(not beside)
        self._side.setVisible(beside)
        self._page.setVisible(not beside)
        self._side.setFixedWidth(px(SIDE_WIDTH))
        self._screen.scroll_head_with(None if beside else self._page)
        self._below.setSpacing(px(12))
        self._panes.setSpacing(px(14))
        self.about.setSpacing(px(12))
        self.history.setSpacing(px(12))
        self._paper.layout().setContentsMargins(px(2), px(2), px(2), px(2))
        if moves and keyboard and self.isAncestorOf(keyboard):
            QTimer.singleShot(0, keyboard, keyboard.setFocus)  # what has moved is not shown before


def _holder() -> tuple[QWidget, QVBoxLayout]:
    holder = QWidget()
    rows = QVBoxLayout(holder)
    rows.setContentsMargins(0, 0, 0, 0)
    return holder, rows
