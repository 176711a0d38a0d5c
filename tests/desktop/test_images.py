"""Pictures in a document: seen in the column, larger on a click, on paper, never fetched from anywhere."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QSize, Qt, QUrl
from PySide6.QtGui import QColor, QImage, QTextCursor, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from handbook.desktop import images
from handbook.desktop.images import Missing, Pictures, PrintedPictures, TextPictures, decode
from handbook.desktop.picture_view import PictureView
from handbook.desktop.printing import Printed, save_pdf
from handbook.desktop.reader import ReaderScreen
from handbook.desktop.reading import DocumentText
from handbook.desktop.session import Place, Route
from handbook.desktop.theme import Mode, Theme
from handbook.model.library import Section
from handbook.protocol.assets import picture_of, sha256_of
from handbook.protocol.packs import document_item
from tests import asset_files
from tests.asset_files import png, png_that_claims
from tests.client.samples import NOW, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.client.test_assets import ATTACKS
from tests.client.test_rendering import _section
from tests.desktop.one_screen import OneScreen

pytestmark = pytest.mark.gui

WIDE = png(1600, 400, (20, 120, 60))
SMALL = png(80, 40, (200, 0, 150))
GONE = png(200, 100, (0, 0, 200))
GREEN, PINK, BLUE = QColor(20, 120, 60), QColor(200, 0, 150), QColor(0, 0, 200)
DOCUMENT = "central/15-nq-tw-2022"


def figure(data: bytes, said: str) -> str:
    return f"![{said}](asset:{sha256_of(data)})"


def illustrated(edition: int = 1) -> object:
    """A document with a wide picture, a small one and one that has not arrived."""
    text = "\n\n".join(
        (
            "Trước hình.",
            figure(WIDE, "Biểu đồ rộng"),
            figure(SMALL, "Hình nhỏ"),
            figure(GONE, "Hình chưa về"),
            "Hết.",
        )
    )
    known = (
        asset_files.image(WIDE, 1600, 400),
        asset_files.image(SMALL, 80, 40),
        asset_files.image(GONE, 200, 100),
    )
    section = Section(anchor="hinh", level=1, heading="Hình", text=text)
    return document(edition=edition, sections=(section,), images=known)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def device(ward: Ward, tmp_path: Path, qapp: QApplication) -> Iterator[Device]:
    ward.now = NOW
    items = (document_item(illustrated()), asset_files.item(WIDE), asset_files.item(SMALL))
    made = Device(tmp_path / "pc", ward, "An", ward.new_cell({"An": ()}), items)
    yield made
    made.close()
    Theme().apply(qapp)


@pytest.fixture
def shown(device: Device) -> Iterator[OneScreen]:
    """The reader with the document, every picture that is here painted."""
    one = OneScreen(device, ReaderScreen, Place.READER)
    one.screen.show_route(Route(place=Place.READER, document=DOCUMENT))
    settle(one)
    yield one
    one.close()


def settle(one: OneScreen) -> None:
    for _ in range(4):
        one.settle()
        one.screen.grab()  # paints what is in sight, which asks for what is missing


def colours(picture: QImage, colour: QColor) -> QRect:
    """The smallest rectangle that holds every pixel of this colour."""
    found = [
        QPoint(x, y)
        for y in range(0, picture.height(), 2)
        for x in range(0, picture.width(), 2)
        if picture.pixelColor(x, y) == colour
    ]
    if not found:
        return QRect()
    xs, ys = [point.x() for point in found], [point.y() for point in found]
    return QRect(QPoint(min(xs), min(ys)), QPoint(max(xs), max(ys)))


def seen(one: OneScreen) -> QImage:
    return one.screen.text.viewport().grab().toImage()


def test_a_wide_picture_fills_the_column_and_a_small_one_keeps_its_size(shown: OneScreen) -> None:
    text = shown.screen.text
    wide, small = colours(seen(shown), GREEN), colours(seen(shown), PINK)
    room = text.document().textWidth() - 2 * text.document().documentMargin()
    assert abs(wide.width() - room) <= 4
    assert abs(wide.width() / wide.height() - 4) < 0.2
    assert (abs(small.width() - 80) <= 3, abs(small.height() - 40) <= 3) == (True, True)
    assert not text.horizontalScrollBar().isVisible()


def test_a_picture_grows_with_the_print_and_shrinks_with_the_window(shown: OneScreen) -> None:
    shown.look(Theme(Mode.LIGHT, 2.0), (1024, 640))
    settle(shown)
    text = shown.screen.text
    text.go_to(0)
    settle(shown)
    wide = colours(seen(shown), GREEN)
    assert 0 < wide.width() <= text.viewport().width()
    assert not text.horizontalScrollBar().isVisible()


@pytest.mark.parametrize("mode", Mode)
def test_colours_of_a_picture_stay_in_every_look(shown: OneScreen, mode: Mode) -> None:
    shown.look(Theme(mode), (1000, 800))
    settle(shown)
    assert not colours(seen(shown), GREEN).isEmpty()


def test_what_a_picture_shows_is_text_that_is_read_found_and_marked(shown: OneScreen) -> None:
    text = shown.screen.text
    assert text.find_all("bieu do rong") == 1
    cursor = QTextCursor(text.document())
    cursor.select(QTextCursor.SelectionType.Document)
    text.setTextCursor(cursor)
    heading, chosen = text.chosen()
    assert heading.in_heading and not chosen.in_heading
    expected = "Trước hình.Biểu đồ rộngHình nhỏHình chưa vềHết.".replace(" ", "")
    assert chosen.stop - chosen.first == len(expected)  # a picture itself is no character


def test_a_picture_that_has_not_arrived_says_so_and_appears_when_it_comes(
    shown: OneScreen, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Missing] = []
    plain = images.missing_text
    monkeypatch.setattr(images, "missing_text", lambda why: said.append(why) or plain(why))
    settle(shown)
    assert said[-1] is Missing.ABSENT
    before = shown.screen.text.document().size()
    device.publish(asset_files.item(GONE))
    settle(shown)
    assert not colours(seen(shown), BLUE).isEmpty()
    assert shown.screen.text.document().size() == before  # the text has not moved


def test_a_click_shows_the_picture_larger_until_escape(shown: OneScreen) -> None:
    text = shown.screen.text
    small = colours(seen(shown), PINK)
    QTest.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=small.center())
    settle(shown)
    view = shown.find("picture")
    assert isinstance(view, PictureView)
    assert view.accessibleName() == "Hình phóng to: Hình nhỏ"
    assert colours(view.grab().toImage(), PINK).width() > 1.8 * small.width()
    assert shown.screen.focusWidget() is shown.find("picture.close")
    QTest.keyClick(shown.screen.focusWidget(), Qt.Key.Key_Tab)
    assert shown.screen.focusWidget() is shown.find("picture.close")  # what is covered is not reached
    QTest.keyClick(shown.find("picture.close"), Qt.Key.Key_Escape)
    shown.settle()
    assert shown.find("picture") is None
    assert shown.screen.focusWidget() is text


def test_a_picture_is_reached_and_opened_with_the_keyboard(shown: OneScreen) -> None:
    text = shown.screen.text
    text.setFocus()
    QTest.keyClick(text, Qt.Key.Key_Tab)
    QTest.keyClick(text, Qt.Key.Key_Return)
    settle(shown)
    assert shown.find("picture").accessibleName() == "Hình phóng to: Biểu đồ rộng"


def test_a_new_edition_without_pictures_shows_none(shown: OneScreen, device: Device) -> None:
    device.publish(document_item(document(edition=2)))
    settle(shown)
    assert colours(seen(shown), GREEN).isEmpty()


def test_decoded_pictures_do_not_pile_up(shown: OneScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "KEPT_BYTES", 1)
    pictures = Pictures(shown.work, shown.session.handbook.assets.data, shown.screen)
    for data, side in ((WIDE, 30), (SMALL, 30), (SMALL, 20)):
        for _ in range(3):  # as long as it is in sight
            pictures.picture(sha256_of(data), QSize(side, side))
            shown.settle()
    assert isinstance(pictures.picture(sha256_of(SMALL), QSize(20, 20)), QImage)
    assert pictures.picture(sha256_of(WIDE), QSize(30, 30)) is Missing.DECODING
    shown.settle()


def test_more_than_is_kept_may_be_in_sight_and_comes_to_rest(
    shown: OneScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "KEPT_BYTES", 1)
    shown.screen.resize(900, 800)
    settle(shown)
    assert not colours(seen(shown), GREEN).isEmpty()
    assert not colours(seen(shown), PINK).isEmpty()
    assert shown.work.idle


# --- what must not be shown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        png_that_claims(60_000, 60_000),
        png_that_claims(4_000, 4_000),
        png_that_claims(0, 10),
        png_that_claims(100, 100),
        png(40, 20)[:-30],
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
    ],
)
def test_a_picture_that_is_broken_or_too_large_is_not_decoded(data: bytes) -> None:
    assert decode(data) is None


def test_what_is_too_large_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(images, "QImageReader")
    assert decode(png_that_claims(5_000, 5_000)) is None


def photograph(orientation: int) -> bytes:
    """A real JPEG, 40 by 20, as a camera held that way writes it."""
    picture = QImage(40, 20, QImage.Format.Format_RGB32)
    picture.fill(GREEN)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert picture.save(buffer, "JPEG")
    data = bytes(buffer.data().data())
    turned = b"Exif\0\0" + asset_files.exif((0x0112, orientation))
    return data[:2] + b"\xff\xe1" + (len(turned) + 2).to_bytes(2, "big") + turned + data[2:]


@pytest.mark.parametrize(("orientation", "size"), [(1, QSize(40, 20)), (6, QSize(20, 40))])
def test_a_photograph_stands_upright_and_as_large_as_its_headers_say(orientation: int, size: QSize) -> None:
    data = photograph(orientation)
    picture, said = decode(data), picture_of(data)
    assert picture is not None and said is not None
    assert picture.size() == QSize(said.width, said.height) == size


def test_what_is_transparent_lies_on_white() -> None:
    picture = decode(png(10, 10, (0, 0, 0, 0)))
    assert picture is not None
    assert picture.pixelColor(5, 5) == QColor("white")


def test_text_is_never_asked_to_load_anything(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where hostile HTML came past the cleaning."""
    (tmp_path / "rieng.png").write_bytes(SMALL)
    monkeypatch.chdir(tmp_path)
    asked: list[QUrl] = []
    monkeypatch.setattr(
        DocumentText, "loadResource", lambda self, kind, url: asked.append(url), raising=False
    )
    text = DocumentText()
    qtbot.addWidget(text)
    text.resize(400, 400)
    text.show()
    text.setHtml("".join(f'<p><img src="{source}" width="80" height="40"></p>' for source in SOURCES))
    qtbot.waitExposed(text)
    picture = text.viewport().grab().toImage()
    assert asked == []
    assert colours(picture, PINK).isEmpty()


SOURCES = (
    "rieng.png",
    "file:rieng.png",
    "https://theo-doi.example/a.png",
    ":/qt-project.org/styles/commonstyle/images/file-32.png",
    "data:image/png;base64,iVBORw0KGgo=",
    "",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_puts_a_picture_on_the_page(qapp: QApplication, attack: str) -> None:
    from handbook.client.rendering import render_sections

    page = QTextDocument()
    (shown,) = render_sections((_section(f"Trước.\n\n{attack}\n\nSau."),))
    page.setHtml(shown.html)
    assert not any(form.isImageFormat() for form in page.allFormats())


# --- on paper


def test_pictures_are_printed_in_their_place_and_no_wider_than_the_page(
    device: Device, qapp: QApplication, tmp_path: Path
) -> None:
    sections = device.library.sections(DOCUMENT, 0, 1)
    assert images_of(save(tmp_path / "co.pdf", sections, {sha256_of(WIDE): WIDE}.get)) == 1
    assert images_of(save(tmp_path / "khong.pdf", sections, {}.get)) == 0


def save(path: Path, sections: object, read: Callable[[str], bytes | None]) -> bytes:
    save_pdf(Printed("15-NQ/TW", "", sections, read), path, lambda done, total: None)
    return path.read_bytes()


def images_of(pdf: bytes) -> int:
    return pdf.count(b"/Subtype /Image")


def test_a_tall_picture_leaves_room_for_its_words_on_the_page(qapp: QApplication) -> None:
    page = QTextDocument()
    placed = TextPictures(page, PrintedPictures({}.get))
    page.setPageSize(QSize(400, 500))
    page.setDocumentMargin(0)
    page.setHtml('<img src="asset:a" width="1000" height="5000">')
    form = next(form for form in page.allFormats() if form.isImageFormat())
    size = placed.intrinsicSize(page, 0, form)
    assert size.height() <= 0.75 * 500 + 1
    assert abs(size.height() / size.width() - 5) < 0.01
