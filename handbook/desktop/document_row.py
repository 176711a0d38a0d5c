"""How a row of the library's list is painted: a document as a card, found passages as its lower part."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QTextLayout,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from handbook.desktop import icons
from handbook.desktop.marked_text import in_lines, marked_line, marked_lines
from handbook.desktop.session import Route
from handbook.desktop.theme import Theme, current_theme
from handbook.model.library import KIND_NAMES, STATUS_NAMES, Status
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from handbook.client.library import DocumentCard
    from handbook.client.search import Span
    from handbook.model.notes import Colour

TITLE_LINES = 2
STATUS_TONES = {Status.PARTLY_AMENDED: "warn", Status.REPLACED: "warn", Status.EXPIRED: "danger"}
"""What a reader must know before relying on the text; a document in force says nothing."""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document; `title` with what a search found in it, () for none; `ends` when no passage follows."""

    card: "DocumentCard"
    title: "tuple[Span, ...]" = ()
    ends: bool = True


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage that a search found in the document above it; `ends` for the last one of the document."""

    document: str
    anchor: str
    heading: "tuple[Span, ...]"
    snippet: "tuple[Span, ...]"
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow:
    """A note or a reflection of the member's own that a search found, told in words; `route` leads to it.

    `tone` is that of the pill, `colour` that of the mark; a reflection has none.
    """

    route: Route
    pill: str
    tone: str
    title: str
    facts: str
    snippet: "tuple[Span, ...]"
    colour: "Colour | None"

    @property
    def ends(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The name of the group whose rows follow; nobody goes there."""

    name: str


Card = DocumentRow | PassageRow | OwnRow
Row = Card | GroupRow
Index = QModelIndex | QPersistentModelIndex


class _Print:
    """Fonts and lengths of the rows in one theme."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.small = theme.font(12.5)
        self.small_bold = theme.font(12.5, QFont.Weight.DemiBold)
        self.title = theme.font(14.5, QFont.Weight.DemiBold)
        self.body = theme.font(13.5)
        self.small_metrics = QFontMetricsF(self.small)
        self.small_bold_metrics = QFontMetricsF(self.small_bold)
        self.title_metrics = QFontMetricsF(self.title)
        self.body_metrics = QFontMetricsF(self.body)
        px = theme.px
        self.gap, self.pad, self.radius = px(3), px(14), px(9)
        self.icon = px(17)
        self.top_line = self.small_metrics.height() + px(4)
        self.document_height = (
            2 * self.gap
            + px(9)
            + self.top_line
            + px(5)
            + TITLE_LINES * self.title_metrics.height()
            + px(8)
            + px(3)
            + px(9)
        )


class RowPainter(QStyledItemDelegate):
    """Paints a document as a card, the passages found in it as the lower part of that card, and own texts."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        self._print_now = _Print(current_theme())

    @property
    def _print(self) -> _Print:
        if self._print_now.theme != current_theme():
            self._print_now = _Print(current_theme())
        return self._print_now

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row, ink = index.data(Qt.ItemDataRole.UserRole), self._print
        if isinstance(row, DocumentRow):
            height = ink.document_height if row.ends else ink.document_height - ink.gap
            return QSize(100, round(height))
        px = ink.theme.px
        if isinstance(row, GroupRow):
            return QSize(100, round(ink.small_bold_metrics.height() + px(20)))
        width = self._view.viewport().width() - 2 * ink.gap
        if isinstance(row, OwnRow):
            above = px(9) + ink.top_line + px(5) + ink.title_metrics.height() + px(3)
            lines = self._snippet(row, width - 2 * ink.pad).boundingRect().height()
            return QSize(100, round(2 * ink.gap + above + lines + px(10)))
        height = self._snippet(row, width - 3 * ink.pad).boundingRect().height() + px(8)
        if row.heading:
            height += ink.small_bold_metrics.height() + ink.theme.px(2)
        return QSize(100, round(height + (ink.gap + px(8) if row.ends else 0)))

    def star_place(self, place: QRectF) -> QRectF:
        """Where a click meets the star of the document row painted at `place`."""
        ink = self._print
        side = ink.icon + ink.theme.px(12)
        return QRectF(
            place.right() - ink.gap - side - ink.theme.px(4),
            place.top() + ink.gap + ink.theme.px(9) + (ink.top_line - side) / 2,
            side,
            side,
        )

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, GroupRow):
            self._group(painter, QRectF(option.rect), row)
        else:
            area = self._ground(painter, option, row)
            if isinstance(row, DocumentRow):
                self._document(painter, area, row, option)
            elif isinstance(row, OwnRow):
                self._own(painter, area, row, bool(option.state & QStyle.StateFlag.State_Selected))
            else:
                self._passage(painter, area, row)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, row: Card) -> QRectF:
        """Paint the card below the row; the place for its content comes back."""
        ink = self._print
        colour = ink.theme.colour
        first, last = not isinstance(row, PassageRow), row.ends
        card = QRectF(option.rect).adjusted(
            ink.gap, ink.gap if first else 0, -ink.gap, -ink.gap if last else 0
        )
        beyond = 2 * ink.radius  # the part of the card that other rows paint
        whole = card.adjusted(0, 0 if first else -beyond, 0, 0 if last else beyond)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ground = "accent_soft" if current else "hover" if hovered else "card"
        path = QPainterPath()
        path.addRoundedRect(whole.adjusted(0.5, 0.5, -0.5, -0.5), ink.radius, ink.radius)
        painter.setClipRect(option.rect)
        painter.fillPath(path, colour(ground))
        painter.setPen(QPen(colour("line"), 1))
        painter.drawPath(path)
        if current:
            px = ink.theme.px
            bar = QRectF(card.left(), card.top() + px(10), px(4), card.height() - px(20))
            painter.fillRect(bar, colour("accent"))
        if current and self._view.hasFocus():
            ring = QPainterPath()
            ring.addRoundedRect(card.adjusted(1, 1, -1, -1), ink.radius, ink.radius)
            painter.setPen(QPen(colour("focus"), 2))
            painter.drawPath(ring)
        return card

    def _document(
        self, painter: QPainter, card: QRectF, row: DocumentRow, option: QStyleOptionViewItem
    ) -> None:
        ink, document = self._print, row.card
        px, colour = ink.theme.px, ink.theme.colour
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        left, width = card.left() + ink.pad, card.width() - 2 * ink.pad
        line = QRectF(left, card.top() + px(9), width, ink.top_line)
        right = self._marks(painter, line, card, document)
        x = line.left()
        x = self._pill(painter, x, line, KIND_NAMES[document.kind], "accent", "card" if current else "") + px(
            8
        )
        if document.number:
            painter.setFont(ink.small_bold)
            painter.setPen(colour("text"))
            number_width = ink.small_bold_metrics.horizontalAdvance(document.number)
            painter.drawText(QRectF(x, line.top(), number_width + 1, line.height()), _MIDDLE, document.number)
            x += number_width + px(8)
        painter.setFont(ink.small)
        painter.setPen(colour("muted"))
        facts = f"{date_text(document.issued_on)} · {document.issuer}"
        room = QRectF(x, line.top(), max(0.0, right - x - px(8)), line.height())
        painter.drawText(room, _MIDDLE, ink.small_metrics.elidedText(facts, _ELIDE, room.width()))
        y = line.bottom() + px(5)
        painter.setFont(ink.title)
        painter.setPen(colour("text"))
        title = "".join(span.text for span in row.title) or document.title
        lines = wrapped(ink.title_metrics, title, width, TITLE_LINES)
        height = ink.title_metrics.height()
        for text, spans in zip(lines, in_lines(row.title, lines), strict=True):
            if any(span.marked for span in spans):
                marked_line(spans, ink.title, width, ink.theme).draw(painter, QPointF(left, y))
            else:
                painter.drawText(QRectF(left, y, width, height), _MIDDLE, text)
            y += height
        if len(lines) < TITLE_LINES and document.summary:
            painter.setFont(ink.body)
            painter.setPen(colour("muted"))
            summary = ink.body_metrics.elidedText(document.summary, _ELIDE, width)
            painter.drawText(QRectF(left, y, width, height), _MIDDLE, summary)
        self._progress(painter, QRectF(left, card.bottom() - px(12), width, px(3)), document)

    def _marks(self, painter: QPainter, line: QRectF, card: QRectF, document: "DocumentCard") -> float:
        """Paint star, tick and pills from the right; returns where they begin."""
        ink = self._print
        px, colour = ink.theme.px, ink.theme.colour
        star = self.star_place(card.adjusted(-ink.gap, -ink.gap, ink.gap, ink.gap))
        self._star(painter, star, document.saved)
        right = star.left() - px(2)
        if document.read:
            self._icon(painter, "check-circle", "ok", right - ink.icon, line)
            right -= ink.icon + px(8)
        if document.is_new:
            said = self.tr("Bản mới") if document.is_revised else self.tr("Mới")
            right = self._pill_before(painter, right, line, said, "info")
        if tone := STATUS_TONES.get(document.status):
            right = self._pill_before(painter, right, line, STATUS_NAMES[document.status], tone)
        painter.setPen(colour("text"))
        return right

    def _star(self, painter: QPainter, place: QRectF, saved: bool) -> None:
        ink = self._print
        name, colour = ("star-filled", "gold") if saved else ("star", "muted")
        side = ink.icon
        picture = icons.pixmap(name, ink.theme.colour(colour), side, self._view.devicePixelRatioF())
        at = place.center()
        painter.drawPixmap(round(at.x() - side / 2), round(at.y() - side / 2), picture)

    def _icon(self, painter: QPainter, name: str, colour: str, x: float, line: QRectF) -> None:
        side = self._print.icon
        picture = icons.pixmap(name, self._print.theme.colour(colour), side, self._view.devicePixelRatioF())
        painter.drawPixmap(round(x), round(line.center().y() - side / 2), picture)

    def _pill(
        self, painter: QPainter, x: float, line: QRectF, text: str, tone: str, ground: str = ""
    ) -> float:
        """Paint a lozenge that begins at x; returns where it ends."""
        ink = self._print
        px, colour = ink.theme.px, ink.theme.colour
        width = ink.small_bold_metrics.horizontalAdvance(text) + px(14)
        place = QRectF(x, line.top(), width, line.height())
        path = QPainterPath()
        path.addRoundedRect(place, px(5), px(5))
        painter.fillPath(path, colour(ground or f"{tone}_soft"))
        painter.setFont(ink.small_bold)
        painter.setPen(colour(tone))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        return place.right()

    def _pill_before(self, painter: QPainter, right: float, line: QRectF, text: str, tone: str) -> float:
        px = self._print.theme.px
        width = self._print.small_bold_metrics.horizontalAdvance(text) + px(14)
        self._pill(painter, right - width, line, text, tone)
        return right - width - px(6)

    def _progress(self, painter: QPainter, bar: QRectF, document: "DocumentCard") -> None:
        """How much was read; of what nobody began there is nothing to show."""
        done = 1.0 if document.read else document.progress
        if done <= 0:
            return
        colour = self._print.theme.colour
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("line"))
        painter.drawRoundedRect(bar, bar.height() / 2, bar.height() / 2)
        bar.setWidth(max(bar.height(), bar.width() * done))
        painter.setBrush(colour("ok" if document.read else "gold"))
        painter.drawRoundedRect(bar, bar.height() / 2, bar.height() / 2)

    def _passage(self, painter: QPainter, card: QRectF, row: PassageRow) -> None:
        ink = self._print
        px, colour = ink.theme.px, ink.theme.colour
        left, width = card.left() + 2 * ink.pad, card.width() - 3 * ink.pad
        y = card.top() + px(2)
        if row.heading:
            painter.setPen(colour("accent"))
            heading = marked_line(row.heading, ink.small_bold, width, ink.theme)
            heading.draw(painter, QPointF(left, y))
            y += ink.small_bold_metrics.height() + px(2)
        painter.setPen(colour("text"))
        layout = self._snippet(row, width)
        line = QRectF(card.left() + ink.pad + px(3), card.top() + px(4), px(2), card.height())
        line.setBottom(y + layout.boundingRect().height())
        painter.fillRect(line, colour("line"))
        layout.draw(painter, QPointF(left, y))

    def _own(self, painter: QPainter, card: QRectF, row: OwnRow, current: bool) -> None:
        ink = self._print
        px, colour = ink.theme.px, ink.theme.colour
        left, width = card.left() + ink.pad, card.width() - 2 * ink.pad
        line = QRectF(left, card.top() + px(9), width, ink.top_line)
        x = line.left()
        if row.colour:
            side = px(12)
            mark = QRectF(x, line.center().y() - side / 2, side, side)
            painter.setPen(QPen(colour("control_line"), 1))
            painter.setBrush(ink.theme.paper_colour(f"note_{row.colour}"))
            painter.drawRoundedRect(mark, px(3), px(3))
            x = mark.right() + px(8)
        x = self._pill(painter, x, line, row.pill, row.tone, "card" if current else "") + px(8)
        painter.setFont(ink.small)
        painter.setPen(colour("muted"))
        room = QRectF(x, line.top(), max(0.0, line.right() - x), line.height())
        painter.drawText(room, _MIDDLE, ink.small_metrics.elidedText(row.facts, _ELIDE, room.width()))
        y = line.bottom() + px(5)
        painter.setFont(ink.title)
        painter.setPen(colour("text"))
        height = ink.title_metrics.height()
        title = ink.title_metrics.elidedText(row.title, _ELIDE, width)
        painter.drawText(QRectF(left, y, width, height), _MIDDLE, title)
        self._snippet(row, width).draw(painter, QPointF(left, y + height + px(3)))

    def _group(self, painter: QPainter, area: QRectF, row: GroupRow) -> None:
        ink = self._print
        painter.setFont(ink.small_bold)
        painter.setPen(ink.theme.colour("muted"))
        text = area.adjusted(ink.gap + ink.theme.px(2), ink.theme.px(10), -ink.gap, -ink.theme.px(6))
        painter.drawText(text, _MIDDLE, row.name)

    def _snippet(self, row: PassageRow | OwnRow, width: float) -> QTextLayout:
        """The passage set in lines of that width, its marked words on the colour of a marker."""
        return marked_lines(row.snippet, self._print.body, width, self._print.theme)


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_ELIDE = Qt.TextElideMode.ElideRight


def wrapped(metrics: QFontMetricsF, text: str, width: float, most: int) -> list[str]:
    """The text in at most `most` lines of that width, the last one ending in … where it does not fit."""
    lines, line = [], ""
    words = text.split()
    for place, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if not line or metrics.horizontalAdvance(longer) <= width:
            line = longer
            continue
        if len(lines) == most - 1:
            return [*lines, metrics.elidedText(" ".join((line, *words[place:])), _ELIDE, width)]
        lines.append(line)
        line = word
    return [*lines, metrics.elidedText(line, _ELIDE, width)] if line else lines
