"""What is read, on paper: every page says what it is of, and nothing of a former file is lost."""

from pathlib import Path

import pytest
from PySide6.QtGui import QPainter, QTextDocument

from handbook.desktop import printing
from handbook.desktop.printing import Printed, save_pdf
from handbook.errors import DiskProblem
from tests.desktop.conftest import Person
from tests.desktop.test_reader import read
from tests.desktop.ward import LONG, LONG_SECTIONS


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written above and below the pages, in order; the texts between them."""
    said: list[str] = []

    class Painter(QPainter):
        def drawText(self, *words: object) -> None:
            said.append(str(words[-1]))
            super().drawText(*words)

    class Text(QTextDocument):
        def drawContents(self, *painted: object) -> None:
            said.append(self.toPlainText())
            super().drawContents(*painted)

    monkeypatch.setattr(printing, "QPainter", Painter)
    monkeypatch.setattr(printing, "QTextDocument", Text)
    return said


def test_every_page_has_number_title_and_its_own_number(
    alone: Person, tmp_path: Path, drawn: list[str]
) -> None:
    path = tmp_path / "luat.pdf"
    read(alone, LONG).printing.save_pdf(path)
    alone.settle()
    names, numbers, texts = drawn[::3], drawn[1::3], drawn[2::3]
    assert len(names) > 50
    assert set(names) == {"99/2025/QH15 · Luật dài ba trăm điều"}
    assert numbers == [f"{page}/{len(names)}" for page in range(1, len(names) + 1)]
    headings = [line for line in texts[0].splitlines() if line.startswith("Điều ")]
    assert headings == [f"Điều {n}. Quy định thứ {n}" for n in range(1, LONG_SECTIONS + 1)]
    assert path.read_bytes().startswith(b"%PDF")
    assert "Đã lưu luat.pdf" in alone.words()


def test_table_footnote_and_force_are_on_paper(alone: Person, tmp_path: Path, drawn: list[str]) -> None:
    read(alone).printing.save_pdf(tmp_path / "nghi-quyet.pdf")
    alone.settle()
    for expected in ("còn hiệu lực", "Chuyển đổi số", "100 %", "Số liệu cuối năm 2021.", "III. Tổ chức"):
        assert expected in drawn[2]


def test_a_print_that_is_stopped_leaves_the_former_file(qapp: object, tmp_path: Path) -> None:
    path = tmp_path / "cu.pdf"
    path.write_bytes(b"before")

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        save_pdf(Printed("15-NQ/TW", "<h1>Nghị quyết</h1>", ()), path, stop)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_explained(alone: Person, tmp_path: Path) -> None:
    read(alone).printing.save_pdf(tmp_path / "khong-co" / "a.pdf")
    alone.settle()
    assert "Không ghi được tệp a.pdf." in alone.words()
    with pytest.raises(DiskProblem):
        save_pdf(Printed("15-NQ/TW", "", ()), tmp_path / "khong-co" / "a.pdf", lambda done, total: None)
