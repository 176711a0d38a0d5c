"""Activation codes as slips to cut out: eight on a sheet of A4, each folded and handed to one member."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from handbook.desktop.theme import FAMILIES
from handbook.model.vietnamese import date_text
from handbook.protocol.api import Code

ACROSS: Final = 2
DOWN: Final = 4
SHEET_MM: Final = (210.0, 297.0)
MARGIN_MM: Final = 10.0
PADDING_MM: Final = 5.0
DPI: Final = 300
"""Units to an inch in which a sheet is set; fonts have whole numbers of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    code: Code
    unit_name: str
    server: str


class Slips:
    """Pages of slips, painted as `Pages` are; pages count from 0."""

    def __init__(self, slips: Sequence[Slip]) -> None:
        self._slips = slips

    @property
    def count(self) -> int:
        return -(-len(self._slips) // (ACROSS * DOWN))

    def paint(self, painter: QPainter, page: int, dpi: float) -> None:
        """Draws a page with its upper left corner at the painter's origin, `dpi` of its units to an inch."""
        painter.save()
        painter.scale(dpi / DPI, dpi / DPI)
        left, width = _mm(MARGIN_MM), _mm(SHEET_MM[0] - 2 * MARGIN_MM) / ACROSS
        height = _mm(SHEET_MM[1] - 2 * MARGIN_MM) / DOWN
        padding = _mm(PADDING_MM)
        painter.setPen(QPen(Qt.GlobalColor.gray, _mm(0.3), Qt.PenStyle.DashLine))
        for column in range(1, ACROSS):
            x = left + column * width
            painter.drawLine(QLineF(x, left, x, left + DOWN * height))
        for row in range(1, DOWN):
            y = left + row * height
            painter.drawLine(QLineF(left, y, left + ACROSS * width, y))
        for place, slip in enumerate(self._slips[page * ACROSS * DOWN : (page + 1) * ACROSS * DOWN]):
            area = QRectF(left + place % ACROSS * width, left + place // ACROSS * height, width, height)
            _paint(painter, slip, area.adjusted(padding, padding, -padding, -padding))
        painter.restore()


def _paint(painter: QPainter, slip: Slip, area: QRectF) -> None:
    code = slip.code
    painter.setPen(QPen(Qt.GlobalColor.black, _mm(0.25)))
    y = area.top()
    for text, size, bold in (
        ("PHIẾU KÍCH HOẠT SỔ TAY ĐẢNG VIÊN", 3.3, True),
        (slip.unit_name, 3.3, False),
        (f"Đồng chí {code.name}", 4.6, True),
        (f"Tài khoản: {code.account}", 3.5, False),
        (f"Máy chủ: {slip.server}", 3.5, False),
    ):
        line = QRectF(area.left(), y, area.width(), _mm(size * 1.45))
        painter.setFont(_fitting(text, size, bold, area.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        y = line.bottom()
    box = QRectF(area.left(), y + _mm(1.5), area.width(), _mm(11))
    painter.drawRoundedRect(box, _mm(1.5), _mm(1.5))
    painter.setFont(_font(6.4, bold=True))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, code.code)
    said = (
        "Mở Sổ tay, chọn “Kích hoạt bằng mã”, gõ mã trong khung và tự đặt mật khẩu. Mã dùng được một lần, "
        f"đến ngày {date_text(code.expires_at)}. Không đưa mã cho người khác."
    )
    painter.setFont(_font(2.9))
    below = QRectF(area.left(), box.bottom() + _mm(1.5), area.width(), area.bottom() - box.bottom())
    painter.drawText(below, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft, said)


def _fitting(text: str, size: float, bold: bool, width: float) -> QFont:
    """The font, smaller where the line would be longer than the slip is wide."""
    font = _font(size, bold=bold)
    needed = QFontMetricsF(font).horizontalAdvance(text)
    return font if needed <= width else _font(size * width / needed * 0.98, bold=bold)


def _font(size_mm: float, *, bold: bool = False) -> QFont:
    font = QFont(list(FAMILIES))
    font.setPixelSize(round(_mm(size_mm)))
    font.setBold(bold)
    return font


def _mm(length: float) -> float:
    return length / 25.4 * DPI
