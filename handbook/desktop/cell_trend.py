"""How punctual the cell has been, assignment by assignment: bars with their numbers. It ranks nobody."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.reflection_side import clear
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Card, Label, PrimaryButton, Role
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handbook.client.cell_rows import TrendPoint

BAR_HEIGHT = 12


class CellTrend(Card):
    """The latest assignments, the newest first."""

    def __init__(self, back: "Callable[[], object]", parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Xu hướng đúng hạn"), "calendar", parent=parent)
        self.setObjectName("cell.trend")
        self.set_title(
            self.tr("Xu hướng đúng hạn"),
            self.tr("Theo danh sách đảng viên hiện nay, không tính người được miễn."),
        )
        legend = QHBoxLayout()
        for colour, words in (
            ("ok", self.tr("Đúng hạn")),
            ("warn", self.tr("Nộp muộn")),
            ("control_line", self.tr("Chưa xong")),
        ):
            legend.addWidget(_Bar(((colour, 1),), BAR_HEIGHT * 2))
            legend.addWidget(Label(words, Role.NOTE))
        legend.addStretch(1)
        self._points = QVBoxLayout()
        self.add(legend, self._points)
        action = self.add_action(Action(self.tr("Về bảng theo dõi"), back, "back"), PrimaryButton)
        action.setObjectName("cell.trend.back")
        self._back = action

    def show_points(self, points: "Sequence[TrendPoint]") -> None:
        clear(self._points)
        self._points.setSpacing(current_theme().px(10))
        for point in reversed(points):
            self._points.addWidget(_point(point))
        self._back.setFocus()


def _point(point: "TrendPoint") -> QWidget:
    holder = QWidget()
    rows = QVBoxLayout(holder)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(current_theme().px(3))
    assignment = point.assignment
    title = Label(assignment.title, Role.STRONG)
    words = Label(in_words(point), Role.NOTE)
    bar = _Bar((("ok", point.on_time), ("warn", point.late), ("control_line", point.missing)))
    bar.setAccessibleName(f"{assignment.title}: {words.text()}")
    for part in (title, bar, words):
        rows.addWidget(part)
    return holder


def in_words(point: "TrendPoint") -> str:
    """Đúng hạn 24/30 (80 %), muộn 3, chưa xong 3 · hạn 30/11/2026"""
    due = f"hạn {date_text(point.assignment.due_on)}"
    if not point.asked:
        return f"Cả chi bộ được miễn · {due}"
    share = round(100 * point.on_time / point.asked)
    name = "Đúng hạn" if point.assignment.wants_reflection else "Đã đọc đủ"
    said = f"{name} {point.on_time}/{point.asked} ({share} %)"
    if point.late:
        said += f", muộn {point.late}"
    if point.missing:
        said += f", chưa xong {point.missing}"
    return f"{said} · {due}"


class _Bar(QWidget):
    """Shares of a whole beside each other, in the theme's colours; `width` in pixels at 100 %, 0 for all."""

    def __init__(self, shares: tuple[tuple[str, int], ...], width: int = 0) -> None:
        super().__init__()
        self._shares = [(colour, share) for colour, share in shares if share]
        self._width = width
        fixed = QSizePolicy.Policy.Fixed
        self.setSizePolicy(fixed if width else QSizePolicy.Policy.Expanding, fixed)

    def sizeHint(self) -> QSize:
        px = current_theme().px
        return QSize(px(self._width or 200), px(BAR_HEIGHT))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), current_theme()
        painter.setPen(Qt.PenStyle.NoPen)
        whole, left = sum(share for _, share in self._shares), 0.0
        for colour, share in self._shares:
            width = self.width() * share / whole
            painter.fillRect(
                round(left),
                0,
                max(1, round(left + width) - round(left) - 1),
                self.height(),
                theme.colour(colour),
            )
            left += width
