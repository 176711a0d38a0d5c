"""What can be done with the member whose row is chosen: read the text, exempt, take a paper, take it back."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QMenu, QWidget

from handbook.desktop.widgets import FlowLayout, Label, Role, SecondaryButton
from handbook.model.study import MarkKind

if TYPE_CHECKING:
    from handbook.client.cell_rows import MemberRow


class MemberActs(QWidget):
    """Signals ask for what their names say; the keys M, G and Delete do the same on `table`."""

    opened = Signal()
    exemption_asked = Signal()
    paper_asked = Signal()
    taken_back = Signal()

    def __init__(self, table: QAbstractItemView) -> None:
        super().__init__()
        row = FlowLayout()
        self.setLayout(row)
        self._who = Label("", Role.STRONG)
        self._who.setWordWrap(False)
        row.addWidget(self._who)
        self._open = self._act(self.tr("Xem bài"), "eye", "cell.open", "Enter", self.opened)
        self._exempt = self._act(self.tr("Miễn…"), "user", "cell.exempt", "M", self.exemption_asked)
        self._paper = self._act(self.tr("Đã nộp giấy…"), "document", "cell.paper", "G", self.paper_asked)
        self._unmark = self._act(self.tr("Bỏ miễn"), "undo", "cell.unmark", "Delete", self.taken_back)
        for key, signal in (("M", self.exemption_asked), ("G", self.paper_asked), ("Del", self.taken_back)):
            shortcut = QShortcut(QKeySequence(key), table)
            shortcut.activated.connect(signal)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        self._table = table

    def show_member(self, row: "MemberRow", *, is_me: bool, wants_reflection: bool) -> None:
        """Offer what fits this member; nobody exempts themselves."""
        self._who.setText(row.name)
        self._open.setVisible(wants_reflection)
        self._open.setEnabled(row.reflection is not None)
        for button in (self._exempt, self._paper, self._unmark):
            button.setEnabled(not is_me)
        self._paper.setVisible(wants_reflection)
        self._unmark.setVisible(row.mark is not None)
        exempt = row.mark is not None and row.mark.kind is MarkKind.EXEMPT
        self._unmark.setText(self.tr("Bỏ miễn") if exempt else self.tr("Bỏ bài giấy"))

    def _show_menu(self, at: QPoint) -> None:
        """The same on a right click, where the mouse is."""
        if not self.isVisibleTo(self.parentWidget()):
            return
        menu = QMenu(self)
        menu.setObjectName("cell.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button in (self._open, self._exempt, self._paper, self._unmark):
            if not button.isHidden():
                entry = menu.addAction(button.text())
                entry.setEnabled(button.isEnabled())
                entry.triggered.connect(button.click)
        menu.popup(self._table.viewport().mapToGlobal(at))

    def _act(self, words: str, icon: str, name: str, key: str, signal: Signal) -> SecondaryButton:
        button = SecondaryButton(words, icon)
        button.setObjectName(name)
        button.setToolTip(self.tr("Phím {}").format(key))
        button.clicked.connect(lambda: signal.emit())
        self.layout().addWidget(button)
        return button
