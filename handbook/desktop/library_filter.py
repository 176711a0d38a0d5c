"""What of the library is listed and in which order: collections as chips, the other conditions in menus."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QMenu, QVBoxLayout, QWidget

from handbook.desktop.buttons import THEME_CHANGES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Chip, FlowLayout, SecondaryButton
from handbook.model.library import COLLECTION_NAMES, KIND_NAMES, STATUS_NAMES, Collection

if TYPE_CHECKING:
    from handbook.client.library import Facets

CHIP_ROWS = 2
"""With more rows of chips than this, a list to choose from takes their place."""
UNFILTERED: Final[Mapping[str, Any]] = {
    "kind": None, "issuer": "", "year": None, "topic": "", "status": None,
    "saved_only": False, "new_only": False, "begun_only": False, "unread_only": False,
}  # fmt: skip
"""Fields of `client.library.Filter` that are set here, as they are when nothing is asked."""
AT_HAND: Final = ("saved_only", "new_only", "begun_only")
"""Conditions that always have a chip; the others get one when they are asked."""


class CollectionChoice(QWidget):
    """One collection or all of them. `chosen(collection or None)` when the person chose another."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips = QWidget()
        self._flow = FlowLayout(parent=self._chips)
        self._group = QButtonGroup(self)
        self._box = QComboBox()
        self._box.setAccessibleName(self.tr("Nhóm văn bản"))
        self._values: list[Collection | None] = []
        self._current: Collection | None = None
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._chips)
        rows.addWidget(self._box)
        self._box.hide()
        self._box.activated.connect(lambda place: self.choose(self._values[place]))

    def show_counts(self, counts: Mapping[Collection, int]) -> None:
        """Offer the collections that hold something, with how much."""
        values = [None, *(collection for collection in Collection if counts[collection])]
        names = [self.tr("Tất cả"), *(COLLECTION_NAMES[value] for value in values[1:])]
        if values != self._values:
            self._build(values, names)
        for place, value in enumerate(values):
            total = sum(counts.values()) if value is None else counts[value]
            self._box.setItemText(place, f"{names[place]} ({total})")
        self._show_current()
        self._fold()

    def choose(self, collection: Collection | None) -> None:
        changed = collection != self._current
        self._current = collection
        self._show_current()
        if changed:
            self.chosen.emit(collection)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in THEME_CHANGES:
            self._fold()

    def _build(self, values: list[Collection | None], names: list[str]) -> None:
        for chip in self._group.buttons():
            self._group.removeButton(chip)
            self._flow.removeWidget(chip)
            chip.deleteLater()
        self._box.clear()
        self._values = values
        for place, (value, name) in enumerate(zip(values, names, strict=True)):
            chip = Chip(name)
            chip.setObjectName(f"library.collection.{value or 'all'}")
            chip.clicked.connect(lambda _, value=value: self.choose(value))
            self._group.addButton(chip, place)
            self._flow.addWidget(chip)
            self._box.addItem(name)
        for former, following in pairwise((self._box, *self._group.buttons())):
            self.setTabOrder(former, following)

    def _show_current(self) -> None:
        if self._current in self._values:
            place = self._values.index(self._current)
            self._box.setCurrentIndex(place)
            self._group.button(place).setChecked(True)

    def _fold(self) -> None:
        self._flow.setSpacing(current_theme().px(8))
        chips = self._group.buttons()
        if not chips:
            return
        most = CHIP_ROWS * chips[0].sizeHint().height() + (CHIP_ROWS - 1) * self._flow.spacing()
        folded = self._flow.heightForWidth(self.width()) > most
        self._box.setVisible(folded)
        self._chips.setVisible(not folded)


class FilterBar(QWidget):
    """The conditions besides the collection, and the order; `changed()` when the person set another.

    What is at hand, new or begun is a click away; what else is asked for stands as chips beside the buttons,
    and a click takes it back.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted: dict[str, Any] = dict(UNFILTERED)
        self.order = "newest"
        self._orders = {
            "newest": self.tr("Mới nhất"),
            "title": self.tr("Tên A–Z"),
            "number": self.tr("Số hiệu"),
        }
        self._flow = FlowLayout(align_right=True, parent=self)
        self._asked: list[Chip] = []
        self._folded = False
        self._at_hand = {
            "saved_only": Chip(self.tr("Đã lưu")),
            "new_only": Chip(self.tr("Mới về")),
            "begun_only": Chip(self.tr("Đang đọc")),
        }
        self._at_hand["saved_only"].setToolTip(self.tr("Chỉ văn bản đã lưu"))
        self._at_hand["new_only"].setToolTip(self.tr("Về máy trong lần đồng bộ gần nhất, chưa mở đọc"))
        self._at_hand["begun_only"].setToolTip(self.tr("Đã mở đọc, chưa đánh dấu là đã đọc"))
        for field, chip in self._at_hand.items():
            chip.setObjectName(f"library.{field}")
            chip.setAccessibleDescription(chip.toolTip())
            chip.clicked.connect(lambda on, field=field: self._want(field, on))
            self._flow.addWidget(chip)
        self._filter = SecondaryButton(self.tr("Lọc"), "filter")
        self._filter.setObjectName("library.filter")
        self._filter.setMenu(QMenu(self._filter))
        self._order = SecondaryButton(self._orders[self.order], "list")
        self._order.setObjectName("library.order")
        self._order.setToolTip(self.tr("Thứ tự"))
        self._order.setMenu(QMenu(self._order))
        for button in (self._filter, self._order):
            button.setProperty("menu", True)
        self._flow.addWidget(self._filter)
        self._flow.addWidget(self._order)
        self._choice(self._order.menu(), self._orders.items(), self.order, self.choose_order)

    @property
    def asks(self) -> bool:
        """Whether any condition is set."""
        return self.wanted != UNFILTERED

    def show_ranked(self, ranked: bool) -> None:
        """While the list is ranked by a search, there is no order to choose."""
        self._order.setHidden(ranked)

    def fold(self, folded: bool) -> None:
        """Where height is scarce, what is at hand has a chip only while it is asked; the menu has it too."""
        self._folded = folded
        self._show_at_hand()

    def clear(self) -> None:
        self.wanted = dict(UNFILTERED)
        self._tell()

    def show_facets(self, facets: "Facets") -> None:
        """Offer what the documents of the library can be told apart by."""
        menu = self._filter.menu()
        menu.clear()
        every = self.tr("Tất cả")
        groups = (
            ("kind", self.tr("Loại văn bản"), [(kind, KIND_NAMES[kind]) for kind in facets.kinds]),
            ("issuer", self.tr("Nơi ban hành"), [(issuer, issuer) for issuer in facets.issuers]),
            ("year", self.tr("Năm ban hành"), [(year, str(year)) for year in facets.years]),
            ("topic", self.tr("Chủ đề"), [(topic, topic) for topic in facets.topics]),
            ("status", self.tr("Hiệu lực"), list(STATUS_NAMES.items())),
        )
        for field, title, values in groups:
            offered = [(UNFILTERED[field], every), *values]
            self._choice(
                menu.addMenu(title),
                offered,
                self.wanted[field],
                lambda value, field=field: self._want(field, value),
            )
        menu.addSeparator()
        for field, title in (
            ("saved_only", self.tr("Chỉ văn bản đã lưu")),
            ("new_only", self.tr("Chỉ văn bản mới về")),
            ("begun_only", self.tr("Chỉ văn bản đang đọc")),
            ("unread_only", self.tr("Chỉ văn bản chưa đọc")),
        ):
            switch = menu.addAction(title)
            switch.setCheckable(True)
            switch.setChecked(self.wanted[field])
            switch.triggered.connect(lambda on, field=field: self._want(field, on))
        menu.addSeparator()
        clear = menu.addAction(self.tr("Bỏ mọi điều kiện lọc"))
        clear.setEnabled(self.asks)
        clear.triggered.connect(self.clear)
        self._show_asked()

    def _show_at_hand(self) -> None:
        for field, chip in self._at_hand.items():
            chip.setChecked(self.wanted[field])
            chip.setHidden(self._folded and not self.wanted[field])
        self._flow.invalidate()

    def _want(self, field: str, value: object) -> None:
        self.wanted[field] = value
        self._tell()

    def choose_order(self, order: str) -> None:
        self.order = order
        self._order.setText(self._orders[order])
        self.changed.emit()

    def _tell(self) -> None:
        self._show_asked()
        self.changed.emit()

    def _choice(self, menu: QMenu, values: Iterable[tuple[Any, str]], current: Any, choose: Any) -> None:
        """Fill the menu with values of which one holds."""
        group = QActionGroup(menu)
        for value, name in values:
            action = QAction(name.replace("&", "&&"), group)
            action.setCheckable(True)
            action.setChecked(value == current)
            action.triggered.connect(lambda _, value=value: choose(value))
            menu.addAction(action)

    def _show_asked(self) -> None:
        for chip in self._asked:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._asked = []
        names = {
            "kind": lambda value: KIND_NAMES[value],
            "issuer": str,
            "year": lambda value: self.tr("Năm {}").format(value),
            "topic": str,
            "status": lambda value: STATUS_NAMES[value],
            "unread_only": lambda _: self.tr("Chưa đọc"),
        }
        self._show_at_hand()
        for field, value in self.wanted.items():
            if field in AT_HAND or value == UNFILTERED[field]:
                continue
            chip = Chip(f"{names[field](value)}  ✕")
            chip.setObjectName(f"library.asked.{field}")
            chip.setChecked(True)
            chip.setToolTip(self.tr("Bỏ điều kiện này"))
            chip.setAccessibleDescription(chip.toolTip())
            chip.clicked.connect(lambda _, field=field: self._want(field, UNFILTERED[field]))
            self._asked.append(chip)
            self._flow.addWidget(chip)
        self._flow.invalidate()
