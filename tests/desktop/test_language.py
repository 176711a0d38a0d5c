"""Qt's own words are Vietnamese: no button, menu or dialog falls back to English."""

import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import (
    QApplication,
    QCalendarWidget,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from handbook.desktop.language import QT_TEXTS, use_vietnamese

pytestmark = pytest.mark.gui

SOURCE = QT_TEXTS.with_suffix(".ts")


@pytest.fixture(autouse=True)
def _vietnamese(qapp: QApplication) -> Iterator[None]:
    locale = QLocale()
    use_vietnamese(qapp)
    yield
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.setParent(None)
    QLocale.setDefault(locale)


def texts() -> list[tuple[str, str, str]]:
    """Context, English source and Vietnamese text of every entry."""
    return [
        (context.findtext("name", ""), message.findtext("source", ""), message.findtext("translation", ""))
        for context in ElementTree.parse(SOURCE).getroot().iter("context")
        for message in context.iter("message")
    ]


def test_the_compiled_texts_are_those_of_the_source(tmp_path: Path) -> None:
    compiled = tmp_path / QT_TEXTS.name
    lrelease = Path(sysconfig.get_path("scripts")) / "pyside6-lrelease"
    subprocess.run([lrelease, "-silent", SOURCE, "-qm", compiled], check=True)
    assert compiled.read_bytes() == QT_TEXTS.read_bytes(), "run pyside6-lrelease on qtbase_vi.ts"


def test_every_text_is_translated_and_keeps_its_places_for_values() -> None:
    for context, source, text in texts():
        assert text, f"{context}: {source}"
        assert source.count("%1") == text.count("%1"), f"{context}: {source}"
        assert source.count("\n") == text.count("\n"), f"{context}: {source}"


def test_no_letter_is_underlined_that_the_source_does_not_underline() -> None:
    for context, source, text in texts():
        assert text.count("&") == source.count("&"), f"{context}: {source}"


def test_dialog_buttons_are_vietnamese(qtbot: QtBot) -> None:
    buttons = QDialogButtonBox.StandardButton
    expected = {
        buttons.Ok: "Đồng ý",
        buttons.Cancel: "Huỷ",
        buttons.Yes: "&Có",
        buttons.No: "&Không",
        buttons.Save: "Lưu",
        buttons.Discard: "Không lưu",
        buttons.Apply: "Áp dụng",
        buttons.Close: "Đóng",
        buttons.Reset: "Đặt lại",
        buttons.Retry: "Thử lại",
        buttons.Help: "Trợ giúp",
    }
    box = QDialogButtonBox()
    qtbot.addWidget(box)
    for button in expected:
        box.addButton(button)
    assert {button: box.button(button).text() for button in expected} == expected


def test_a_message_box_is_vietnamese(qtbot: QtBot) -> None:
    box = QMessageBox(
        QMessageBox.Icon.Question,
        "Bài thu hoạch",
        "Lưu bài trước khi đóng?",
        QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard,
    )
    qtbot.addWidget(box)
    assert [button.text() for button in box.buttons()] == ["Lưu", "Không lưu"]


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_the_context_menu_of_a_text_field_is_vietnamese(
    qtbot: QtBot, kind: type[QLineEdit | QPlainTextEdit]
) -> None:
    field = kind()
    qtbot.addWidget(field)
    menu = field.createStandardContextMenu()
    qtbot.addWidget(menu)
    words = [action.text().split("\t")[0] for action in menu.actions() if not action.isSeparator()]
    assert words[:7] == ["&Hoàn tác", "&Làm lại", "Cắ&t", "&Sao chép", "&Dán", "Xoá", "Chọn tất cả"]


def test_a_file_dialog_is_vietnamese(qtbot: QtBot) -> None:
    dialog = QFileDialog()
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptOpen)
    qtbot.addWidget(dialog)
    assert dialog.labelText(QFileDialog.DialogLabel.Accept) == "&Mở"
    assert dialog.labelText(QFileDialog.DialogLabel.FileName) == "Tê&n tệp:"
    assert dialog.labelText(QFileDialog.DialogLabel.FileType) == "&Loại tệp:"


def test_calendar_and_numbers_follow_vietnamese_custom(qtbot: QtBot) -> None:
    calendar, spin = QCalendarWidget(), QSpinBox()
    qtbot.addWidget(calendar)
    qtbot.addWidget(spin)
    spin.setGroupSeparatorShown(True)
    spin.setRange(0, 100_000)
    spin.setValue(12480)
    assert calendar.locale().dayName(7) == "Chủ Nhật"
    assert spin.text() == "12.480"


def test_choosing_vietnamese_twice_loads_it_once(qapp: QApplication) -> None:
    use_vietnamese(qapp)
    assert len(qapp.findChildren(QTranslator)) == 1


def test_a_program_installed_without_its_texts_says_so(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.modules[use_vietnamese.__module__], "QT_TEXTS", tmp_path / "missing.qm")
    with pytest.raises(FileNotFoundError):
        use_vietnamese(qapp)
