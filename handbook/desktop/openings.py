"""On the receipt: who has been given a copy of the text and who has opened it, asked of the server."""

from PySide6.QtWidgets import QWidget

from handbook.desktop.rows import Row, RowList
from handbook.desktop.screen import Screen
from handbook.desktop.widgets import Action, Banner, Card, Label, Role, Tone, announce
from handbook.desktop.work import Lane
from handbook.errors import Expected
from handbook.model.vietnamese import moment_text
from handbook.protocol.api import Opening, OpeningKind

_DONE = {
    OpeningKind.COPIED: ("Máy nhận bản sao", Tone.NEUTRAL),
    OpeningKind.OPENED: ("Đã mở bài", Tone.INFO),
    OpeningKind.FILE: ("Tải tệp kèm theo", Tone.INFO),
}


class OpeningsCard(Card):
    """Asked for by a button: it needs the network, the receipt does not."""

    def __init__(self, screen: Screen, lineage: str, parent: QWidget | None = None) -> None:
        super().__init__(screen.tr("Ai đã nhận, ai đã mở bài này"), "eye", parent=parent)
        self._screen = screen
        self._lineage = lineage
        self._said = Label(
            self.tr(
                "Máy chủ ghi lại mỗi lần người khác được nhận bài của đồng chí. Hỏi máy chủ để xem sổ ấy."
            ),
            Role.MUTED,
        )
        self._said.setObjectName("openings.said")
        self._list = RowList(self.tr("Ai đã nhận, ai đã mở bài này"), fits=True)
        self._list.setObjectName("openings.list")
        self._list.hide()
        self.add(self._said, self._list)
        self._ask = self.add_action(Action(self.tr("Hỏi máy chủ"), self._read, "sync"))
        self._ask.setObjectName("openings.ask")

    def _read(self) -> None:
        session, lineage = self._screen.session, self._lineage
        self._ask.setEnabled(False)
        self._screen.clear_banner()
        session.work.run(
            lambda: session.handbook.openings.of(lineage), self._show, self._failed, self, Lane.NET
        )

    def _show(self, openings: tuple[Opening, ...]) -> None:
        self._ask.setEnabled(True)
        self._list.setVisible(bool(openings))
        self._list.show_rows([_row(number, opening) for number, opening in enumerate(openings)])
        said = self.tr("Đến giờ đã ghi {} lần.").format(len(openings))
        self._said.setText(said if openings else self.tr("Đến giờ chưa ai khác được nhận bài này."))
        announce(self._said, self._said.text())

    def _failed(self, error: Expected) -> None:
        self._ask.setEnabled(True)
        self._screen.show_banner(Banner.of_error(error))


def _row(number: int, opening: Opening) -> Row:
    done, tone = _DONE[opening.kind]
    return Row(
        key=str(number),
        title=opening.reader,
        note=f"bản {opening.revision}, lần đầu lúc {moment_text(opening.first_at)}",
        badge=done,
        tone=tone,
    )
