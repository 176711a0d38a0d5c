"""Files that go with a reflection: chosen, dropped or pasted, taken out and back, looked at by the reader."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication

from handbook.desktop import photographs
from handbook.desktop.attachments import opened_folder
from handbook.desktop.session import Place
from handbook.desktop.theme import Theme
from handbook.errors import BadInput
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.assets import picture_of
from handbook.protocol.packs import assignment_item, document_item
from tests import asset_files
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward, running_ward
from tests.desktop.seat import Seat, pictures

pytestmark = pytest.mark.gui

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
BOX = "editor.part.nhan-thuc"
SCAN = b"%PDF-1.4\n" + b"trang quet " * 100 + b"%%EOF"


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cell(ward: Ward) -> str:
    ward.now = NOW
    return ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def device(ward: Ward, tmp_path: Path, cell: str) -> Iterator[Callable[[str], Device]]:
    made: list[Device] = []

    def make(name: str) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell, ITEMS))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def an(device: Callable[[str], Device]) -> Device:
    return device("An")


@pytest.fixture
def writing(an: Device, qapp: QApplication) -> Iterator[Seat]:
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    seated = Seat(an)
    seated.go(Place.EDITOR, assignment=TASK)
    yield seated
    seated.close()


def photograph(side: int = 2400) -> QImage:
    image = QImage(side, side // 2, QImage.Format.Format_RGB32)
    image.fill(QColor("#7aa06a"))
    for x in range(0, side, 3):
        image.setPixelColor(x, x % (side // 2), QColor("#c24"))
    return image


def names(pc: Device) -> list[str]:
    return [file.name for file in pc.reflections.draft(TASK, NOW).files]


def files_of(*paths: Path) -> QMimeData:
    brought = QMimeData()
    brought.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return brought


def test_a_file_dropped_on_the_screen_and_one_on_the_text_go_with_the_draft(
    writing: Seat, an: Device, tmp_path: Path
) -> None:
    for name in ("so.pdf", "to trinh.pdf"):
        (tmp_path / name).write_bytes(SCAN + name.encode() + b"%%EOF")
    screen = writing.window.current
    brought = files_of(tmp_path / "so.pdf")
    held = (Qt.DropAction.CopyAction, brought, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(screen, QDragEnterEvent(QPoint(5, 5), *held))
    QApplication.sendEvent(screen, QDropEvent(QPointF(5, 5), *held))
    writing.settle()
    writing.find(BOX).insertFromMimeData(files_of(tmp_path / "to trinh.pdf"))
    writing.settle()
    assert names(an) == ["so.pdf", "to trinh.pdf"]
    assert "so.pdf" in writing.words() and "trang quet" not in writing.find(BOX).toPlainText()


def test_a_pasted_picture_goes_with_the_draft_and_not_into_the_text(writing: Seat, an: Device) -> None:
    brought = QMimeData()
    brought.setImageData(photograph(300))
    writing.find(BOX).insertFromMimeData(brought)
    writing.settle()
    (name,) = names(an)
    assert name.startswith("Hình dán lúc")
    assert writing.find(BOX).toPlainText() == TEXT


def test_the_files_stand_below_each_other_at_the_cards_edge_at_any_text_size(
    writing: Seat, an: Device, qapp: QApplication
) -> None:
    an.reflections.attach(TASK, "so.pdf", SCAN, NOW)
    writing.settle()
    for scale in (1.0, 2.0, 1.0):
        Theme(scale=scale).apply(qapp)
        writing.settle()
        card = writing.find("attached")
        row = writing.find("attached.open.0").parentWidget()
        edges = {one.mapTo(card, QPoint(0, 0)).x() for one in (row, writing.find("attached.add"))}
        assert edges == {card.contentsRect().left() + card.layout().contentsMargins().left()}
    pictures(writing, "attached")


def test_where_the_summary_is_higher_than_the_window_it_is_seen_from_its_first_line(
    writing: Seat, an: Device, qapp: QApplication
) -> None:
    an.reflections.attach(TASK, "so.pdf", SCAN, NOW)
    writing.window.resize(1024, 640)
    Theme(scale=2.0).apply(qapp)
    writing.settle()
    writing.click("editor.submit")
    panel = writing.find("editor.confirm").parentWidget()
    seen = panel.visibleRegion().boundingRect()
    assert seen.top() == 0 and 0 < seen.height() < panel.height()
    assert writing.find("editor.confirm").hasFocus()
    assert "Kèm theo: so.pdf." in writing.words()
    pictures(writing, "summary")


def test_a_file_taken_out_comes_back_with_undo(writing: Seat, an: Device) -> None:
    an.reflections.attach(TASK, "so.pdf", SCAN, NOW)
    writing.settle()
    offered: list[Callable[[], object]] = []
    writing.find("attached")._screen.undo_offered.connect(lambda _, undo: offered.append(undo))
    writing.click("attached.remove.0")
    writing.settle()
    assert names(an) == []
    offered[0]()
    writing.settle()
    assert names(an) == ["so.pdf"]


def test_what_may_not_go_is_said_and_the_draft_stays(writing: Seat, an: Device, tmp_path: Path) -> None:
    (tmp_path / "chay.pdf").write_bytes(b"MZ\0\0")
    writing.find(BOX).insertFromMimeData(files_of(tmp_path / "chay.pdf"))
    writing.settle()
    assert "chay.pdf" in writing.banner()
    assert names(an) == []


def test_a_large_photograph_is_made_small_and_forgets_where_it_was_taken() -> None:
    taken = asset_files.jpeg(exif=asset_files.exif((0x8825, 26), (0x0112, 1)))
    assert picture_of(taken).located
    with pytest.raises(BadInput):
        photographs.made_ready("rong.jpg", taken[:30])
    name, data = photographs.as_file("IMG_0001.jpg", photograph())
    seen = picture_of(data)
    assert (max(seen.width, seen.height), seen.located) == (photographs.LONGEST_SIDE, False)
    assert len(data) < 600_000
    from_disk = photographs._encoded(photograph(), "JPEG", 90)
    assert max(picture_of(photographs.made_ready("lon.jpg", from_disk)[1]).width, 0) == 1600
    assert b"Exif" not in data and name.startswith("IMG_0001.")


@pytest.mark.parametrize("of", ["picture", "paper"])
def test_the_secretary_looks_at_what_came_with_the_text(
    an: Device,
    device: Callable[[str], Device],
    qapp: QApplication,
    monkeypatch: pytest.MonkeyPatch,
    of: str,
) -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    name, data = ("so.pdf", SCAN) if of == "paper" else ("Ảnh sổ.png", asset_files.png())
    an.reflections.attach(TASK, name, data, NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    hanh = device("Hanh")
    hanh.synced()
    hanh.line.is_down = True
    (view,) = hanh.cell.to_review(hanh.cell_path)
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    seat = Seat(hanh)
    seat.go(Place.REVIEW, lineage=view.lineage)
    seat.click("attached.open.0")
    seat.settle()
    if of == "paper":
        assert [Path(path).read_bytes() for path in opened] == [SCAN]
        assert Path(opened[0]).is_relative_to(opened_folder())
    else:
        assert seat.find("picture").isVisible()
    assert seat.find("attached.remove.0") is None
    seat.close()


def test_the_receipt_names_the_file(an: Device, qapp: QApplication) -> None:
    an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    an.reflections.attach(TASK, "so.pdf", SCAN, NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    seat = Seat(an)
    seat.go(Place.RECEIPT, assignment=TASK)
    assert "so.pdf" in seat.words()
    seat.close()
