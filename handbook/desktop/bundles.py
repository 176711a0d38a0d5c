"""The card of Đồng bộ for what travels by hand: bundles out, receipts in, and bundles brought for others."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from handbook.desktop.saving import ask_for_folder
from handbook.desktop.session import Session
from handbook.desktop.widgets import Action, Card, Label, Role, SecondaryButton, announce
from handbook.desktop.work import Lane
from handbook.errors import Expected
from handbook.model.vietnamese import number_text

if TYPE_CHECKING:
    from handbook.client.bundles import Bundles, Carried, Heard, Written

T = TypeVar("T")


class BundlesCard(Card):
    """Whoever may carry for others has a third button; `let_carry` says so."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            self.tr("Gửi bài bằng USB"),
            "send",
            self.tr(
                "Gói bài được niêm phong: chỉ máy chủ mở được. Bài vẫn chờ gửi cho tới khi có biên nhận; "
                "có mạng lại thì cứ đồng bộ như thường, không bài nào bị nộp hai lần."
            ),
        )
        self._session = session
        self._outcome = Label("", Role.BODY)
        self._outcome.setObjectName("bundles.outcome")
        self.add(self._outcome)
        self._write = self._button("bundles.write", self.tr("Ghi gói bài ra USB…"), "export", self._ask_write)
        self._hear = self._button("bundles.hear", self.tr("Nhập biên nhận…"), "receipt", self._ask_hear)
        self._carry = self._button("bundles.carry", self.tr("Chuyển gói bài…"), "send", self._ask_carry)
        self._carry.setToolTip(self.tr("Đưa gói của đảng viên khác lên máy chủ rồi ghi biên nhận ra USB"))
        self._carry.hide()
        self._outcome.hide()

    def let_carry(self, may: bool) -> None:
        self._carry.setVisible(may)

    def write(self, folder: Path) -> None:
        """Seal what waits into bundles on the stick."""
        now = self._session.now()
        self._run(lambda: self._bundles().write(folder, now), self._said_of_writing, Lane.STORE)

    def hear(self, folder: Path) -> None:
        """Take the receipts for own bundles from the stick."""
        now = self._session.now()
        self._run(lambda: self._bundles().hear(folder, now), self._said_of_hearing, Lane.STORE)

    def carry(self, folder: Path) -> None:
        """Bring others' bundles to the server."""
        handbook = self._session.handbook

        def act() -> "Carried":
            from handbook.client.bundles import carry

            return carry(handbook.transport, handbook.account.token, folder)

        self._run(act, self._said_of_carrying, Lane.NET)

    def _bundles(self) -> "Bundles":
        from handbook.client.bundles import Bundles

        handbook = self._session.handbook
        return Bundles(handbook.store, handbook.account, handbook.outbox, secrets.token_bytes)

    def _run(self, act: Callable[[], T], said: Callable[[T], str], lane: Lane) -> None:
        self._let_press(False)
        self._outcome.setText(self.tr("Đang làm…"))
        self._outcome.show()
        self._session.work.run(act, lambda done: self._ended(said(done)), self._failed, self, lane)

    def _failed(self, error: Expected) -> None:
        self._ended(str(error))

    def _ended(self, words: str) -> None:
        self._let_press(True)
        self._outcome.setText(words)
        announce(self, words)

    def _let_press(self, may: bool) -> None:
        for button in (self._write, self._hear, self._carry):
            button.setEnabled(may)

    def _said_of_writing(self, written: "Written") -> str:
        words = self.tr("Đã ghi {} mục vào {}. Hãy đưa USB cho bí thư hoặc văn phòng đảng uỷ để chuyển.")
        words = words.format(number_text(written.submissions), written.folder)
        if written.too_large:
            more = self.tr("{} mục quá lớn, chỉ gửi được khi có mạng.").format(number_text(written.too_large))
            words = f"{words} {more}"
        return words

    def _said_of_hearing(self, heard: "Heard") -> str:
        words = [self.tr("Đã nhận biên nhận cho {} mục.").format(number_text(heard.received))]
        if heard.refused:
            words.append(
                self.tr("{} mục máy chủ không nhận, xem lý do ở trên.").format(number_text(heard.refused))
            )
        words += dict.fromkeys(str(report.error) for report in heard.reports if report.error)
        if heard.others:
            left = self.tr("{} gói biên nhận của người khác (hoặc của phiên đăng nhập cũ) được để nguyên.")
            words.append(left.format(number_text(heard.others)))
        return " ".join(words)

    def _said_of_carrying(self, carried: "Carried") -> str:
        words = [
            self.tr(
                "Đã chuyển {} gói; biên nhận nằm cạnh gói trên USB, hãy đưa USB lại cho đảng viên."
            ).format(number_text(carried.taken))
        ]
        if carried.refused:
            count = number_text(len(carried.refused))
            words.append(self.tr("{} gói không chuyển được:").format(count))
            words += dict.fromkeys(map(str, carried.refused))
        return " ".join(words)

    def _ask_write(self) -> None:
        ask_for_folder(self, self.tr("Chọn USB để ghi gói bài"), self.write)

    def _ask_hear(self) -> None:
        ask_for_folder(self, self.tr("Chọn USB có biên nhận"), self.hear)

    def _ask_carry(self) -> None:
        ask_for_folder(self, self.tr("Chọn USB có gói bài của đảng viên"), self.carry)

    def _button(self, name: str, words: str, icon: str, act: Callable[[], object]) -> SecondaryButton:
        button = self.add_action(Action(words, act, icon), SecondaryButton)
        button.setObjectName(name)
        return button
