"""Real legal texts all the way: imported, published, synced, then searched and opened in the real window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from handbook.authoring.plain_text import import_texts
from handbook.client.handbook import open_handbook
from handbook.client.library import Filter
from handbook.desktop.app import Desktop
from handbook.model.library import Collection
from tests.journeys.small_ward import SmallWard
from tests.journeys.victims import now
from tests.published_ward import MEMBER, PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.gui, pytest.mark.timeout(300)]

# Real laws, where they lie beside the project; our own stand for them everywhere else.
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "vlc"

OWN_LAW = """LUẬT
VỀ PHÒNG ĐỌC CỦA KHU PHỐ

Chương I
QUY ĐỊNH CHUNG

Điều 1. Phạm vi điều chỉnh
Luật này quy định việc mượn, đọc và giữ gìn sách báo.

Điều 2. Người thành niên
Người đủ mười tám tuổi tự mình mượn sách.

Chương II
NGHĨA VỤ

Điều 3. Trả sách
Sách được trả trong mười lăm ngày.
"""


def laws(folder: Path) -> tuple[Path, str, str]:
    """A folder of laws, a question without marks, and the words that its answer shows."""
    if CORPUS.is_dir():
        return CORPUS, "nguoi thanh nien la nguoi tu du muoi tam tuoi", "thành niên"
    folder.mkdir()
    (folder / "luat-phong-doc.txt").write_text(OWN_LAW, encoding="utf-8")
    return folder, "nguoi thanh nien muon sach", "thành niên"


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[SmallWard]:
    made = SmallWard(tmp_path / "ward")
    yield made
    made.close()


def test_laws_are_imported_published_synced_searched_and_read(
    ward: SmallWard, tmp_path: Path, qtbot: QtBot, qapp: QApplication
) -> None:
    folder, question, answer = laws(tmp_path / "laws")
    count = len(list(folder.glob("*.txt")))
    report = import_texts(folder, ward.source / "central", collection=Collection.REGULATIONS)
    assert len(report.imported) == count
    ward.publish()
    ward.server.start()
    data_dir = ward.activate(MEMBER)
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    assert handbook.sync.run(now).error is None
    assert len(handbook.library.documents(Filter(collection=Collection.REGULATIONS))) == count
    handbook.close()

    desktop = Desktop(data_dir)
    window = desktop.window
    try:
        desktop.start(MEMBER, PASSWORD)
        qtbot.waitUntil(lambda: desktop.session is not None and desktop.work.idle, timeout=120_000)
        qtbot.mouseClick(window.findChild(QWidget, "rail.library"), Qt.MouseButton.LeftButton)
        search = window.findChild(QWidget, "library.search")
        qtbot.waitUntil(search.isVisible, timeout=10_000)
        search.setText(question)
        hits = window.findChild(QWidget, "library.list")

        def first_rows() -> str:
            rows = (hits.model().index(row, 0) for row in range(min(3, hits.model().rowCount())))
            return " ".join(str(row.data(Qt.ItemDataRole.AccessibleTextRole)) for row in rows)

        qtbot.waitUntil(lambda: answer in first_rows(), timeout=60_000)
        qtbot.keyClick(search, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: window.findChild(QWidget, "reader.text") is not None, timeout=10_000)
        text = window.findChild(QWidget, "reader.text")
        qtbot.waitUntil(lambda: answer in text.toPlainText(), timeout=10_000)
        contents = window.findChild(QWidget, "reader.contents")
        qtbot.waitUntil(lambda: contents.model().rowCount() > 2, timeout=10_000)
    finally:
        window.close()
        desktop.close()
