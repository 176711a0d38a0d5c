"""Đồng bộ, the card for places without a network: a stick is written on one PC and read on another."""

import re
import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from handbook.client.content import ContentReport
from handbook.client.folder_transport import FOLDER_NAME
from handbook.client.profiles import profile_dir
from handbook.client.sync import SyncProgress
from handbook.desktop.session import Place
from handbook.desktop.theme import Mode, Theme
from handbook.desktop.usb import UsbCard
from handbook.desktop.widgets import Column
from tests.desktop.conftest import Person
from tests.desktop.ward import CAPITAL, MEMBER, SECRETARY

pytestmark = pytest.mark.gui


def card(person: Person) -> UsbCard:
    (found,) = person.go(place=Place.SYNC).findChildren(UsbCard)
    return found


def choose(person: Person, button: str, folder: Path) -> None:
    """Press the button and decide on that folder in the dialog that opens."""
    QTest.mouseClick(person.find(button), Qt.MouseButton.LeftButton)
    person.wait(lambda: person.window.findChildren(QFileDialog))
    (dialog,) = person.window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(folder))
    dialog.done(0)
    person.settle()


def is_whole_in_every_look(person: Person, part: str, picture: str, qapp: QApplication) -> None:
    for name, theme, size in (
        ("light", Theme(), (1440, 900)),
        ("dark", Theme(Mode.DARK), (1440, 900)),
        ("150", Theme(Mode.LIGHT, 1.5), (1440, 900)),
        ("small-200", Theme(Mode.DARK, 2.0), (1024, 640)),
    ):
        theme.apply(qapp)
        person.window.resize(*size)
        person.settle()
        column = person.window.current.findChild(Column)
        column.ensureWidgetVisible(person.find(part))
        person.settle()
        person.picture(f"{picture}-{name}")
        assert column.horizontalScrollBar().maximum() == 0


def test_what_one_pc_wrote_another_without_a_network_reads(
    person: Person, prepared_offline_home: Path, tmp_path: Path, qapp: QApplication
) -> None:
    usb = tmp_path / "usb"
    person.open()
    card(person)
    choose(person, "usb.write", usb)
    assert f"vào {usb / FOLDER_NAME}. Có thể rút USB" in person.find("usb.outcome").text()
    person.picture("usb-written")

    far = shutil.copytree(prepared_offline_home, tmp_path / "far")
    profile = profile_dir(far, MEMBER)
    for name in ("content", "index"):
        shutil.rmtree(profile / name, ignore_errors=True)
    for file in profile.glob("library.db*"):
        file.unlink()
    other = Person(person.qtbot, far).open()
    try:
        card(other)
        choose(other, "usb.read", usb)
        assert other.find("usb.outcome").text().startswith("Đã nhập xong: ")
        assert other.desktop.session.handbook.library.open(CAPITAL)
        choose(other, "usb.read", usb)
        assert other.find("usb.outcome").text() == "USB không có gì mới hơn máy này."
        model = other.find("sync.log").model()
        latest = (model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(2))
        lines = [row.note for row in latest]
        assert f"nhập từ USB {usb}: 0 văn bản, đọc" in lines[0]
        assert re.fullmatch(rf"nhập từ USB {usb}: \d+ văn bản, đọc \d+(,\d)? [KM]B", lines[1])
        is_whole_in_every_look(other, "usb.read", "usb", qapp)
    finally:
        Theme().apply(qapp)
        other.close()


def test_without_a_network_writing_says_so_and_a_wrong_folder_is_told(alone: Person, tmp_path: Path) -> None:
    card(alone)
    choose(alone, "usb.write", tmp_path / "usb")
    assert "Không kết nối được" in alone.find("usb.outcome").text()
    choose(alone, "usb.read", tmp_path)
    assert "không có nội dung của sổ tay" in alone.find("usb.outcome").text()
    assert alone.find("usb.read").isEnabled()


def test_reading_shows_how_far_it_is_and_can_be_stopped(alone: Person, tmp_path: Path) -> None:
    at_work, seen = card(alone), threading.Event()

    def slowly(folder: Path, now: object, told: object, stopped: object) -> ContentReport:
        told(SyncProgress("Đang tải nội dung mới", 1024, 4096))
        while not stopped():
            seen.wait(0.01)
        return ContentReport(cancelled=True)

    sync = alone.desktop.session.handbook.sync
    sync.take_in = slowly
    at_work.read(tmp_path)
    alone.wait(lambda: alone.find("usb.progress").text() == "Đang tải nội dung mới: 1 KB trong 4 KB")
    alone.picture("usb-reading")
    assert not alone.sees("usb.read")
    QTest.mouseClick(alone.find("usb.stop"), Qt.MouseButton.LeftButton)
    alone.settle()
    assert alone.find("usb.outcome").text().startswith("Đã dừng")
    assert alone.sees("usb.read")


def test_a_text_goes_out_on_a_stick_the_secretary_carries_it_and_the_receipt_comes_back(
    person: Person, prepared_offline_home: Path, tmp_path: Path, qapp: QApplication
) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    far = Person(person.qtbot, shutil.copytree(prepared_offline_home, tmp_path / "far")).open()
    try:
        library = far.desktop.session.handbook.library
        library.tick(CAPITAL, True, far.desktop.session.now())
        far.go(place=Place.SYNC)
        assert not far.sees("bundles.carry")
        choose(far, "bundles.write", usb)
        assert far.find("bundles.outcome").text().startswith("Đã ghi 1 mục vào ")
        assert "Chờ gửi: 1" in far.words()
        far.picture("bundles-written")

        person.open(SECRETARY)
        person.go(place=Place.SYNC)
        choose(person, "bundles.carry", usb)
        assert person.find("bundles.outcome").text().startswith("Đã chuyển 1 gói")
        is_whole_in_every_look(person, "bundles.carry", "bundles", qapp)
        Theme().apply(qapp)

        choose(far, "bundles.hear", usb)
        assert far.find("bundles.outcome").text() == "Đã nhận biên nhận cho 1 mục."
        assert "Chờ gửi: 0" in far.words()
    finally:
        Theme().apply(qapp)
        far.close()


def test_without_anything_to_write_or_to_hear_the_card_says_so(alone: Person, tmp_path: Path) -> None:
    alone.go(place=Place.SYNC)
    choose(alone, "bundles.write", tmp_path)
    assert "Không còn gì chờ gửi" in alone.find("bundles.outcome").text()
    choose(alone, "bundles.hear", tmp_path)
    assert "không có gói bài của sổ tay" in alone.find("bundles.outcome").text()
    assert alone.find("bundles.write").isEnabled()
