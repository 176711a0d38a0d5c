"""Attachments: what is kept or opened is byte for byte what was published; a copy cannot be written to."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from handbook.desktop import attachments
from handbook.desktop.attachments import listed, opened_folder, size_text
from handbook.desktop.reader import ReaderScreen
from handbook.desktop.session import Place, Route
from handbook.model.library import Attachment, MediaType
from handbook.protocol.assets import sha256_of
from handbook.protocol.packs import document_item
from tests import asset_files
from tests.client.samples import NOW, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.one_screen import OneScreen

pytestmark = pytest.mark.gui

FORM, TABLE = asset_files.docx("Mẫu bài thu hoạch"), asset_files.xlsx("Bảng")
DOCUMENT = "central/15-nq-tw-2022"
CARRIED = (
    Attachment(
        name="mau-bai-thu-hoach.docx",
        title="Mẫu bài <thu hoạch>",
        media_type=MediaType.DOCX,
        sha256=sha256_of(FORM),
        length=len(FORM),
    ),
    Attachment(
        name="bang.xlsx",
        title="Bảng tổng hợp",
        media_type=MediaType.XLSX,
        sha256=sha256_of(TABLE),
        length=len(TABLE),
    ),
)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def shown(ward: Ward, tmp_path: Path, qapp: QApplication) -> Iterator[OneScreen]:
    """The reader with a document that carries a form, which is here, and a table, which is not."""
    ward.now = NOW
    items = (document_item(document(attachments=CARRIED)), asset_files.item(FORM))
    device = Device(tmp_path / "pc", ward, "An", ward.new_cell({"An": ()}), items)
    one = OneScreen(device, ReaderScreen, Place.READER)
    one.screen.show_route(Route(place=Place.READER, document=DOCUMENT))
    one.settle()
    yield one
    one.close()
    device.close()


class Programs(QObject):
    """What this PC opens files with."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Path] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def programs() -> Iterator[Programs]:
    some = Programs()
    QDesktopServices.setUrlHandler("file", some, "open")
    yield some
    QDesktopServices.unsetUrlHandler("file")


def press(one: OneScreen, link: str) -> None:
    """Come to a link of the title block with Tab, and press Enter."""
    text = one.screen.text
    text.setFocus()
    for _ in range(20):
        QTest.keyClick(text, Qt.Key.Key_Tab)
        if text.textCursor().charFormat().anchorHref() == link:
            QTest.keyClick(text, Qt.Key.Key_Return)
            one.settle()
            return
    pytest.fail(f"{link} is not reached with Tab")


def test_the_title_block_lists_what_goes_with_the_document(shown: OneScreen) -> None:
    lines = shown.screen.text.toPlainText().replace("\u2028", "\n").splitlines()
    at = lines.index("Tệp kèm theo")
    assert lines[at + 1 : at + 3] == [
        "Mẫu bài <thu hoạch> (Word, 1 KB) · Mở · Lưu…",
        "Bảng tổng hợp (Excel, 1 KB) · Mở · Lưu…",
    ]


def test_what_is_opened_is_a_copy_for_no_other_eyes_that_cannot_be_written_to(
    shown: OneScreen, programs: Programs
) -> None:
    press(shown, "attachment:open/0")
    press(shown, "attachment:open/0")
    path, again = programs.opened
    assert (path.name, path.read_bytes()) == ("mau-bai-thu-hoach.docx", FORM)
    assert again == path
    assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH)
    assert not opened_folder().stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_copies_are_removed_when_the_program_ends(tmp_path: Path) -> None:
    folder = tmp_path / "so-tay-1"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "mau.pdf").write_bytes(b"x")
    (folder / "a" / "mau.pdf").chmod(stat.S_IREAD)
    attachments._remove(folder)
    assert not folder.exists()


def test_what_is_kept_is_what_was_published(shown: OneScreen, tmp_path: Path) -> None:
    target = tmp_path / "của tôi.docx"
    target.write_bytes(b"before")
    shown.screen.links.attachments.save(CARRIED[0], target)
    shown.settle()
    assert target.read_bytes() == FORM
    assert "Đã lưu của tôi.docx" in shown.words()


def test_where_to_keep_it_is_asked_with_its_name(
    shown: OneScreen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogs: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialogs.append(dialog))
    press(shown, "attachment:save/0")
    [dialog] = dialogs
    assert dialog.windowTitle() == "Lưu tệp kèm theo"
    assert [Path(name).name for name in dialog.selectedFiles()] == ["mau-bai-thu-hoach.docx"]
    dialog.fileSelected.emit(str(tmp_path / "khac.docx"))
    shown.settle()
    assert (tmp_path / "khac.docx").read_bytes() == FORM
    dialog.close()


def test_one_that_has_not_arrived_is_explained(shown: OneScreen, programs: Programs) -> None:
    press(shown, "attachment:open/1")
    assert "“Bảng tổng hợp” chưa về máy này" in shown.banner()
    assert programs.opened == []


def test_a_folder_that_cannot_be_written_is_explained(shown: OneScreen, tmp_path: Path) -> None:
    shown.screen.links.attachments.save(CARRIED[0], tmp_path / "khong-co" / "a.docx")
    shown.settle()
    assert "khong-co" in shown.banner()


def test_a_pc_without_the_program_offers_to_keep_the_file(
    shown: OneScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    press(shown, "attachment:open/0")
    assert "chưa có chương trình mở tệp Word" in shown.banner()
    assert "Lưu…" in shown.buttons()


@pytest.mark.parametrize(
    "link", ["attachment:open/9", "attachment:open/x", "attachment:run/0", "attachment:"]
)
def test_a_link_that_names_no_attachment_does_nothing(
    shown: OneScreen, programs: Programs, link: str
) -> None:
    shown.screen.text.followed.emit(QUrl(link))
    shown.settle()
    assert programs.opened == [] and shown.banner() == ""


def test_on_paper_stands_what_there_is_and_nothing_to_press() -> None:
    assert "Bảng tổng hợp (Excel, 1 KB)" in listed(CARRIED, on_paper=True)
    assert "href" not in listed(CARRIED, on_paper=True)
    assert listed(()) == ""


@pytest.mark.parametrize(
    ("length", "said"), [(1, "1 KB"), (1_499, "1 KB"), (37_575, "38 KB"), (1_234_567, "1,2 MB")]
)
def test_sizes_are_said_as_people_say_them(length: int, said: str) -> None:
    assert size_text(length) == said
