"""Cài đặt: changes take effect at once and last; the page on privacy leaves out nothing that is sent."""

import pytest
from PySide6.QtWidgets import QApplication

from handbook.client.network import ProxyCredentials, proxy_credentials
from handbook.client.settings import read_settings
from handbook.desktop.session import Place
from handbook.desktop.settings import SettingsScreen, notice_path
from handbook.desktop.theme import Mode, current_theme
from handbook.errors import DiskProblem
from tests.desktop.conftest import Person
from tests.desktop.ward import MEMBER

pytestmark = pytest.mark.gui


def settings(person: Person) -> SettingsScreen:
    return person.go(place=Place.SETTINGS)


def test_the_text_grows_at_once_and_stays_so_after_a_restart(alone: Person) -> None:
    screen = settings(alone)
    before = QApplication.font().pointSizeF()
    alone.find("settings.size").setValue(15)
    alone.wait(lambda: current_theme().scale == 1.5)
    assert QApplication.font().pointSizeF() == pytest.approx(before * 1.5, abs=0.1)
    assert alone.find("settings.size.value").text() == "150 %"
    assert read_settings(alone.home).text_scale == 1.5
    assert screen.isVisible()


def test_a_size_chosen_just_before_leaving_is_not_lost(alone: Person) -> None:
    settings(alone)
    alone.find("settings.size").setValue(12)
    alone.go(place=Place.TODAY)
    assert read_settings(alone.home).text_scale == 1.2


def test_dark_is_dark_at_once(alone: Person) -> None:
    settings(alone)
    alone.find("settings.theme.dark").click()
    assert current_theme().mode is Mode.DARK
    assert read_settings(alone.home).theme == "dark"
    alone.picture("settings-dark")


def test_account_server_and_folder_are_told(alone: Person) -> None:
    settings(alone)
    assert alone.find("settings.account").text() == f"Nguyễn Văn An ({MEMBER})"
    assert alone.find("settings.server").text() == alone.desktop.session.handbook.account.server
    assert alone.find("settings.folder").text() == str(alone.home)


def test_settings_that_cannot_be_kept_are_said_and_the_choice_goes_back(alone: Person, monkeypatch) -> None:
    screen = settings(alone)
    former = screen._settings.theme

    def refuse(**_: object) -> None:
        raise DiskProblem("Ổ đĩa đã đầy.", "Hãy dọn bớt.")

    monkeypatch.setattr(screen, "_change_settings", refuse)
    alone.find("settings.theme.dark").click()
    alone.settle()
    assert "Ổ đĩa đã đầy." in alone.words()
    assert alone.find(f"settings.theme.{former}").isChecked()


def test_the_licences_can_be_read_here(alone: Person) -> None:
    settings(alone)
    assert notice_path("THIRD_PARTY_NOTICES.md").is_file()
    alone.find("settings.notice.THIRD_PARTY_NOTICES.md").click()
    alone.settle()
    assert "PySide6" in alone.find("settings.notices").toPlainText()
    alone.find("settings.notice.LICENSE").click()
    alone.settle()
    assert "Apache License" in alone.find("settings.notices").toPlainText()


# Network ---------------------------------------------------------------------------------------------


def test_a_limit_holds_at_once_and_after_a_restart(alone: Person) -> None:
    settings(alone)
    limit = alone.find("settings.bandwidth")
    assert limit.currentText() == "Không giới hạn"
    limit.setCurrentIndex(limit.findData(256))
    limit.activated.emit(limit.currentIndex())
    alone.settle()
    assert read_settings(alone.home).bandwidth_kbit == 256
    assert alone.desktop.session.handbook.transport._bandwidth.bytes_per_second == 32_000


def test_a_proxy_is_used_at_once_and_its_password_is_not_among_the_settings(person: Person) -> None:
    person.open()
    settings(person)
    assert not person.sees("settings.proxy.address")
    person.find("settings.network.try").click()
    person.settle()
    assert person.find("settings.network.outcome").text().startswith("Kết nối được tới máy chủ: ")
    person.find("settings.proxy.own").click()
    person.find("settings.proxy.address").setText("127.0.0.1:9")
    person.find("settings.proxy.user").setText("an")
    person.find("settings.proxy.password").setText("mật khẩu @:/")
    person.find("settings.proxy.use").click()
    person.settle()
    told = person.find("settings.network.outcome").text()
    assert told.startswith("Không kết nối được tới máy chủ trung gian (proxy) 127.0.0.1:9.")
    person.picture("settings-network")
    kept = (person.home / "settings.json").read_text("utf-8")
    assert "127.0.0.1:9" in kept
    assert "mật khẩu" not in kept
    handbook = person.desktop.session.handbook
    assert proxy_credentials(handbook.store) == ProxyCredentials("an", "mật khẩu @:/")
    person.find("settings.proxy.none").click()
    person.find("settings.network.try").click()
    person.settle()
    assert person.find("settings.network.outcome").text().startswith("Kết nối được")


def test_an_address_that_is_none_is_said_and_not_kept(alone: Person) -> None:
    settings(alone)
    alone.find("settings.proxy.own").click()
    alone.find("settings.proxy.address").setText("ở phòng bên")
    alone.find("settings.proxy.use").click()
    alone.settle()
    assert "Địa chỉ gồm tên máy và cổng" in alone.words()
    assert read_settings(alone.home).proxy == "system"
