"""One picture as large as the window, until Esc is pressed."""

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES, SecondaryButton
from handbook.desktop.images import Pictures, missing_text
from handbook.desktop.labels import Label
from handbook.desktop.theme import current_theme

LARGEST = 2.0
"""Times its own pixels at 100 % text; beyond that a picture only blurs."""


class PictureView(QWidget):
    """Covers `window`; Esc, Enter, the button or a click closes it and gives the keyboard back."""

    def __init__(
        self, window: QWidget, pictures: Pictures, sha256: str, natural: QSize, description: str
    ) -> None:
        super().__init__(window)
        self.setObjectName("picture")
        self.setAccessibleName(self.tr("Hình phóng to: {}").format(description))
        self._pictures, self._sha256, self._natural = pictures, sha256, natural
        pictures.setParent(self)
        pictures.came.connect(self.update)
        self._before = window.focusWidget()
        self._words = Label(description)
        self._words.setWordWrap(True)
        self._close = SecondaryButton(self.tr("Đóng (Esc)"), "close")
        self._close.setObjectName("picture.close")
        self._close.clicked.connect(self.leave)
        self._row = QHBoxLayout()
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._rows = QVBoxLayout(self)
        self._rows.addStretch(1)
        self._rows.addLayout(self._row)
        self._measure()
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self._close.setFocus()

    def leave(self) -> None:
        """Close."""
        self.parentWidget().removeEventFilter(self)
        self.hide()
        if self._before and self._before.isVisible():
            self._before.setFocus()
        self.deleteLater()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = current_theme()
        painter.fillRect(self.rect(), theme.colour("window"))
        place = self._place()
        ratio = self.devicePixelRatioF()
        picture = self._pictures.picture(self._sha256, (place.size() * ratio).toSize())
        if isinstance(picture, QImage):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, picture)
        else:
            painter.setPen(theme.colour("muted"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, missing_text(picture))
        painter.end()

    def _place(self) -> QRectF:
        """As large as fits above the words, and in the middle there."""
        gap = current_theme().px(16)
        room = QRectF(self.rect()).adjusted(gap, gap, -gap, -gap)
        room.setBottom(min(self._words.geometry().top(), self._close.geometry().top()) - gap)
        size = QSizeF(self._natural).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        largest = QSizeF(self._natural) * current_theme().px(1000) / 1000 * LARGEST
        if size.width() > largest.width():
            size = largest
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(room.center())
        return QRectF(place.toRect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Nothing below hears a key."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.leave()

    def focusNextPrevChild(self, _: bool) -> bool:
        """Tab stays here: what lies below is covered."""
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self.parentWidget().rect())
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._measure()

    def _measure(self) -> None:
        px = current_theme().px
        self._rows.setContentsMargins(px(16), px(16), px(16), px(16))
        self._row.setSpacing(px(16))
