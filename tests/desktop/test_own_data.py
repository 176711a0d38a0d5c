"""All of one's own data, saved from Cài đặt with or without the server."""

import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QScrollArea

from handbook.desktop.banners import Banner
from handbook.desktop.own_data import OwnDataCard
from handbook.desktop.session import Place
from tests.client.simulated_server import Device, running_ward
from tests.desktop.conftest import Person
from tests.desktop.seat import Seat

pytestmark = pytest.mark.gui


def card(person: Person) -> OwnDataCard:
    screen = person.go(place=Place.SETTINGS)
    (found,) = screen.findChildren(OwnDataCard)
    return found


def page(file: Path) -> str:
    with zipfile.ZipFile(file) as archive:
        return archive.read("index.html").decode()


def test_with_the_server_the_file_is_whole_and_said_not_to_be_encrypted(
    tmp_path: Path, qapp: QApplication
) -> None:
    with running_ward(tmp_path / "server") as ward:
        an = Device(tmp_path / "An", ward, "An", ward.new_cell({"An": ()}))
        seat = Seat(an)
        try:
            own_data = OwnDataCard(seat.session)
            own_data.save(tmp_path / "toi.zip")
            seat.settle()
            (banner,) = own_data.findChildren(Banner)
            assert banner.accessibleName() == "Đã lưu toi.zip. Tệp không được mã hoá, hãy cất ở nơi riêng."
            own_data.deleteLater()
        finally:
            seat.close()
            an.close()
    assert "Những mục máy chủ đang giữ" in page(tmp_path / "toi.zip")
    assert [file.name for file in tmp_path.glob("toi*")] == ["toi.zip"]


def test_offline_the_rest_is_saved_and_the_missing_part_is_told(alone: Person, tmp_path: Path) -> None:
    card(alone).save(tmp_path / "toi.zip")
    alone.settle()
    assert "Đã lưu toi.zip. Tệp không được mã hoá" in alone.words()
    assert "Thiếu phần máy chủ đang giữ." in alone.words()
    assert "Nguyễn Văn An" in page(tmp_path / "toi.zip")
    button = alone.find("settings.own-data")
    for area in alone.window.findChildren(QScrollArea):
        if area.isAncestorOf(button):
            area.ensureWidgetVisible(button)
    alone.picture("settings-own-data")
    assert "Thiếu phần máy chủ đang giữ." in page(tmp_path / "toi.zip")


def test_a_place_that_cannot_be_written_is_told_and_another_may_be_chosen(
    alone: Person, tmp_path: Path
) -> None:
    card(alone).save(tmp_path / "gone" / "toi.zip")
    alone.settle()
    assert "Không còn thư mục" in alone.words()
    assert alone.find("settings.own-data").isEnabled()
