"""Cài đặt, mục Dữ liệu của tôi: everything that is held of the member, saved as one file."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout

from handbook.desktop.banners import Banner, Kind, announce
from handbook.desktop.saving import ask_for_file, file_name, save_file
from handbook.desktop.session import Session
from handbook.desktop.widgets import Action, Card, Label
from handbook.desktop.work import Lane
from handbook.errors import Expected

if TYPE_CHECKING:
    from handbook.model.own_data import ServerPart


class OwnDataCard(Card):
    """How it went is told inside the card: it stands far below the banners of the screen."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            self.tr("Dữ liệu của tôi"),
            "export",
            self.tr(
                "Lưu thành một tệp .zip: bài viết, các bản trước, tệp kèm theo, biên nhận, nhận xét, "
                "ghi chú, dấu trên văn bản, và những gì máy chủ đang giữ về đồng chí."
            ),
        )
        self._session = session
        self._outcome = QVBoxLayout()
        self.add(
            Label(
                self.tr(
                    "Tệp này không được mã hoá: ai có tệp đều đọc được. Đừng lưu trên máy dùng chung hoặc "
                    "USB của người khác."
                )
            ),
            self._outcome,
        )
        self._button = self.add_action(Action(self.tr("Xuất toàn bộ dữ liệu của tôi…"), self._ask, "export"))
        self._button.setObjectName("settings.own-data")

    def _ask(self) -> None:
        name = file_name(self.tr("Dữ liệu của tôi {:%Y-%m-%d}").format(self._session.now()))
        ask_for_file(self, self.tr("Xuất toàn bộ dữ liệu"), name, self.tr("Tệp nén"), "zip", self.save)

    def save(self, path: Path) -> None:
        """Asks the server first, then gathers and writes; without it the file says what is missing."""
        from handbook.client.own_data import ask_server

        handbook = self._session.handbook
        self._button.setEnabled(False)
        self._clear()
        self._session.work.run(
            lambda: ask_server(handbook.store, handbook.account, handbook.openings, handbook.transport),
            lambda told: self._write(path, told),
            self._failed,
            self,
            Lane.NET,
        )

    def _write(self, path: Path, told: "ServerPart | str") -> None:
        handbook, now = self._session.handbook, self._session.now()

        def write() -> None:
            from handbook.client.own_data import gather
            from handbook.exports.own_data import to_zip

            save_file(path, to_zip(gather(handbook.store, handbook.account, told, now)), private=True)

        self._session.work.run(write, lambda _: self._saved(path, told), self._failed, self)

    def _saved(self, path: Path, told: "ServerPart | str") -> None:
        self._button.setEnabled(True)
        done = self.tr("Đã lưu {}. Tệp không được mã hoá, hãy cất ở nơi riêng.").format(path.name)
        if isinstance(told, str):
            advice = self.tr("Thiếu phần máy chủ đang giữ. {} Khi có mạng, hãy xuất lại.").format(told)
            self._tell(Banner(Kind.WARN, done, advice))
        else:
            self._tell(Banner(Kind.OK, done))

    def _failed(self, error: Expected) -> None:
        self._button.setEnabled(True)
        self._tell(Banner.of_error(error))

    def _tell(self, banner: Banner) -> None:
        self._clear()
        banner.dismissed.connect(self._clear)
        self._outcome.addWidget(banner)
        announce(banner, f"{banner.accessibleName()} {banner.accessibleDescription()}".strip())

    def _clear(self) -> None:
        while item := self._outcome.takeAt(0):
            item.widget().hide()
            item.widget().deleteLater()
