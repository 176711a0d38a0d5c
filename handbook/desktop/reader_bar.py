"""The bar above a document that is read: where one is, and what can be done with it."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from handbook.desktop.widgets import ElidedLabel, IconButton, LinkButton, Role, SecondaryButton
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from datetime import datetime

    from handbook.client.library import DocumentView


class TickButton(SecondaryButton):
    """Says whether the document was read, and when; pressing it marks it, pressing again takes it back."""

    def __init__(self) -> None:
        super().__init__("", "check")
        self.setCheckable(True)
        self._ticked_at: datetime | None = None
        self._compact = False

    def show_tick(self, view: "DocumentView") -> None:
        self._ticked_at = view.ticked_at
        read = view.ticked_at is not None
        self.setChecked(read)
        self.colour = "ok" if read else "text"
        self.set_icon("check-circle" if read else "check")
        self._show_words()

    def set_compact(self, compact: bool) -> None:
        """Where there is little room the tool tip has the whole words."""
        if compact != self._compact:
            self._compact = compact
            self._show_words()

    def _show_words(self) -> None:
        if self._ticked_at is None:
            words = self.tr("Đánh dấu đã đọc")
            said = self.tr("Đọc xong") if self._compact else words
        else:
            words = self.tr("Đã đọc ngày {}").format(date_text(self._ticked_at))
            said = self.tr("Đã đọc") if self._compact else words
        self.setText(said)
        self.setToolTip(words if said != words else "")
        self.setAccessibleName(words)


class ReaderBar(QWidget):
    """Its buttons do nothing by themselves; the screen fills the menus under `look` and `printing`."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.library = LinkButton(self.tr("Thư viện"), "back")
        self.library.setObjectName("reader.library")
        self.library.setAccessibleName(self.tr("Về thư viện"))
        self.library.setToolTip(self.library.accessibleName())
        self._where = ElidedLabel("", Role.MUTED)
        self._row.addWidget(self.library)
        self._row.addWidget(self._where, 1)
        self.contents = self._button("contents", self.tr("Mục lục, ghi chú"))
        self.contents.setCheckable(True)
        self.bookmark = self._button("bookmark", self.tr("Đánh dấu trang (Ctrl+D)"))
        self.bookmark.setObjectName("reader.bookmark")
        self.star = self._button("star", self.tr("Lưu văn bản (Ctrl+S)"))
        self.star.setObjectName("reader.star")
        self.search = self._button("search", self.tr("Tìm trong văn bản (Ctrl+F)"))
        self.smaller = self._button("minus", self.tr("Chữ nhỏ hơn (Ctrl+-)"))
        self.larger = self._button("plus", self.tr("Chữ to hơn (Ctrl++)"))
        self.differences = self._menu_button("versions", self.tr("Điểm mới (Ctrl+M)"))
        self.differences.setObjectName("reader.differences")
        self.differences.hide()
        self.look = self._menu_button("text-size", self.tr("Cỡ chữ, kiểu chữ, cột chữ và nền trang"))
        self.look.setObjectName("reader.look")
        self.printing = self._menu_button("print", self.tr("In, lưu thành PDF"))
        self.printing.setObjectName("reader.print")
        self.quote = self._button("quote", self.tr("Sao chép đoạn chọn kèm trích dẫn (Ctrl+Shift+C)"))
        self.tick = TickButton()
        self.tick.setObjectName("reader.tick")
        self._row.addWidget(self.tick)

    def _button(self, icon: str, name: str) -> IconButton:
        button = IconButton(icon, name)
        self._row.addWidget(button)
        return button

    def _menu_button(self, icon: str, name: str) -> IconButton:
        button = self._button(icon, name)
        button.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(QMenu(button))
        return button

    def show_where(self, collection: str, document: str) -> None:
        self._where.setText(f"›  {collection}  ›  {document}")

    def show_saved(self, saved: bool) -> None:
        name = self.tr("Bỏ lưu văn bản (Ctrl+S)") if saved else self.tr("Lưu văn bản (Ctrl+S)")
        self.star.set_icon(*(("star-filled", "gold") if saved else ("star", "muted")))
        self.star.setToolTip(name)
        self.star.setAccessibleName(name)

    def show_bookmarked(self, kept: bool) -> None:
        name = self.tr("Bỏ đánh dấu trang (Ctrl+D)") if kept else self.tr("Đánh dấu trang (Ctrl+D)")
        self.bookmark.set_icon("bookmark", "accent" if kept else "muted")
        self.bookmark.setToolTip(name)
        self.bookmark.setAccessibleName(name)

    def fold(self, folded: bool, compact: bool) -> None:
        """`folded`: the contents do not fit beside the text; `compact`: where one is does not fit either."""
        self.library.setText("" if compact else self.tr("Thư viện"))
        self._where.setVisible(not compact)
        self._row.setStretch(0, 0 if not compact else 1)
        self.contents.setVisible(folded)
        self.tick.set_compact(compact)
        self.quote.setVisible(not compact)  # the context menu has it
        for button in (self.smaller, self.larger):
            button.setVisible(not folded)  # the menu beside them has both
