"""Reads a list of members out of a table as kept in Excel: columns in any order, dates in any habit.

Only what a roster may hold is taken. Columns with birth dates, identity numbers and the like are named only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from handbook.model.people import DutyKind
from handbook.model.roster import RosterRow, RowProblem
from handbook.model.text import fold, nfc

Cell = str | int | float | bool | date | None
Table = Sequence[Sequence[Cell]]

HEADINGS: Final = ("STT", "Họ và tên", "Chi bộ", "Ngày vào Đảng", "Chính thức/Dự bị", "Chức vụ", "Tài khoản")
"""The columns of the template, all of which are understood here."""

MAX_NAME_CHARACTERS = 100
HEADER_WITHIN = 30  # rows: letterhead and title stand above it
EARLIEST: Final = date(1930, 2, 3)
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_EXCEL_DAYS: Final = range(10_000, 80_000)

_PRIVATE: Final = re.compile(
    r"\b(ngay|nam|thang) sinh|\bsinh (ngay|nam)|^sinh$|cccd|cmnd|can cuoc|chung minh|dinh danh|dien thoai|"
    r"\bsdt\b|dia chi|e ?mail|que quan|thuong tru|cho o|dan toc|ton giao|luong|thu nhap|dang phi|the dang"
    r"|suc khoe"
)
_COLUMNS: Final = (
    ("account", re.compile(r"^(ten )?tai khoan")),
    ("standing", re.compile(r"chinh thuc du bi|du bi chinh thuc|(loai|dien|tinh trang|tu cach) dang vien")),
    ("official", re.compile(r"chinh thuc")),
    ("admitted", re.compile(r"vao dang|ket nap|^ngay vao$")),
    ("duty", re.compile(r"chuc vu|chuc danh")),
    ("family", re.compile(r"^ho( va)?( ten| chu)?( dem| lot)$|^ho$")),
    ("name", re.compile(r"^ho( va)? ten|^(ho )?ten dang vien|^dang vien$|^ten dong chi|^hoten")),
    ("given", re.compile(r"^ten$")),
    ("cell", re.compile(r"chi bo|to chuc dang|don vi|noi sinh hoat|sinh hoat tai")),
    ("number", re.compile(r"^(so )?(stt|tt|thu tu)$")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSheet:
    """`refused` are headings of private columns, `unused` of others that a roster has no place for."""

    rows: tuple[RosterRow, ...]
    problems: tuple[RowProblem, ...]
    refused: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every row was read: else nobody may be taken to have left for not being named."""
        return not self.problems


class _NotReadable(Exception):
    """What a cell holds cannot be understood, and why."""


def read_sheet(table: Table, today: date, cell: str = "") -> RosterSheet | None:
    """The rows of the table, None when it has no heading such as *Họ và tên*.

    `cell` is whom a list without a column *Chi bộ* is about.
    """
    for number, header in enumerate(table[:HEADER_WITHIN]):
        columns, refused, unused = _columns(header)
        if "name" in columns or {"family", "given"} <= columns.keys():
            reading = _Reading(columns, today, cell)
            for line, row in enumerate(table[number + 1 :], start=number + 2):
                reading.read(line, row)
            return RosterSheet(
                rows=tuple(reading.rows),
                problems=tuple(reading.problems),
                refused=tuple(refused),
                unused=tuple(unused),
            )
    return None


def _columns(header: Sequence[Cell]) -> tuple[dict[str, int], list[str], list[str]]:
    """Where each known column stands; the headings of private and of other columns."""
    columns: dict[str, int] = {}
    refused, unused = [], []
    for place, held in enumerate(header):
        heading = _text(held)
        if not heading:
            continue
        words = " ".join(re.findall(r"[a-z0-9]+", fold(heading)))
        if _PRIVATE.search(words):
            refused.append(heading)
            continue
        kind = next((kind for kind, known in _COLUMNS if known.search(words) and kind not in columns), None)
        if kind is None:
            unused.append(heading)
        else:
            columns[kind] = place
    return columns, refused, unused


class _Reading:
    def __init__(self, columns: dict[str, int], today: date, cell: str) -> None:
        self.rows: list[RosterRow] = []
        self.problems: list[RowProblem] = []
        self._columns = columns
        self._today = today
        self._cell = cell

    def read(self, line: int, row: Sequence[Cell]) -> None:
        held = [text for each in row if (text := _text(each))]
        if not held:
            return
        if len(held) == 1 and self._is_heading(held[0]):
            return
        name = self._name(row)
        if not name or _is_total(held[0]) or _is_total(name):
            if self._at(row, "admitted") is not None and not _is_total(held[0]):
                self.problems.append(RowProblem(line, "Chưa ghi họ và tên."))
            return
        if self._is_unnumbered(row, held):
            self.problems.append(RowProblem(line, f"Bỏ qua “{held[0]}”: dòng không có số thứ tự."))
            return
        if name.isdigit():
            return  # columns numbered below their headings
        try:
            self.rows.append(self._row(line, row, name))
        except _NotReadable as problem:
            self.problems.append(RowProblem(line, str(problem)))

    def _row(self, line: int, row: Sequence[Cell], name: str) -> RosterRow:
        if len(name) > MAX_NAME_CHARACTERS or not re.search(r"[^\W\d_]", name):
            raise _NotReadable(f"“{name[:40]}” không phải họ tên.")
        return RosterRow(
            line=line,
            name=name,
            cell=_text(self._at(row, "cell")) or self._cell,
            admitted_on=_day(self._at(row, "admitted"), self._today),
            probationary=self._probationary(row),
            duty=_duty(_text(self._at(row, "duty"))),
            account=_text(self._at(row, "account")).lower(),
        )

    def _is_heading(self, text: str) -> bool:
        """`II. Chi bộ Khu phố 2` alone in a row: the members below are of that cell."""
        found = re.fullmatch(r"(?:[IVXivx\d]+\s*[.)/-]\s*)?(chi bộ\s.+)", text, re.IGNORECASE)
        if found and "cell" not in self._columns:
            self._cell = found[1].split(":")[0].strip()
        return found is not None

    def _is_unnumbered(self, row: Sequence[Cell], held: list[str]) -> bool:
        """A signature below the list, say."""
        return "number" in self._columns and len(held) == 1 and not _text(self._at(row, "number"))

    def _name(self, row: Sequence[Cell]) -> str:
        parts = [_text(self._at(row, kind)) for kind in ("family", "name", "given")]
        return " ".join(part for part in parts if part)

    def _probationary(self, row: Sequence[Cell]) -> bool | None:
        text = _text(self._at(row, "standing"))
        words = fold(text)
        if not words:
            # A day of becoming a full member says as much; without one nothing is known.
            day = _day(self._at(row, "official"), self._today, "Ngày chính thức")
            return False if day else None
        if re.search(r"\bdu bi\b|^db$", words):
            return True
        if re.search(r"\bchinh thuc\b|^ct$", words):
            return False
        raise _NotReadable(f"“{text}” không phải Chính thức hay Dự bị.")

    def _at(self, row: Sequence[Cell], kind: str) -> Cell:
        place = self._columns.get(kind)
        return row[place] if place is not None and place < len(row) else None


def _text(held: Cell) -> str:
    if held is None or isinstance(held, bool):
        return ""
    if isinstance(held, float) and held.is_integer():
        held = int(held)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in nfc(str(held))).split())


def _is_total(text: str) -> bool:
    return re.match(r"(tong (cong|so)|cong)\b", fold(text)) is not None


def _duty(text: str) -> DutyKind | None:
    """The duty in the cell; others (of the committee, of the youth union) are none that this list gives."""
    words = " ".join(re.findall(r"[a-z]+", fold(text)))
    if not words:
        return None
    words = re.sub(r"\bbt\b", "bi thu", re.sub(r"\bpbt\b", "pho bi thu", words))
    of_others = r"(?! (dang uy|dang bo|doan|chi doan|xa doan|phuong doan|tinh uy|thanh uy|quan uy|huyen uy))"
    if re.search(rf"\bpho bi thu\b{of_others}", words):
        return DutyKind.CELL_DEPUTY
    if re.search(rf"(?<!pho )\bbi thu\b{of_others}", words):
        return DutyKind.CELL_SECRETARY
    return DutyKind.MEMBER


_NAMED_DAY: Final = re.compile(r"ngay\s*(\d{1,2})\s*thang\s*(\d{1,2})\s*nam\s*(\d{4})")
_WRITTEN_DAY: Final = re.compile(r"(?<!\d)(\d{1,2})\s*[/.\-\s]\s*(\d{1,2})\s*[/.\-\s]\s*(\d{4}|\d{2})(?!\d)")
_ISO_DAY: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")


def _day(held: Cell, today: date, what: str = "Ngày vào Đảng") -> date | None:
    """The day a cell holds: a date, Excel's count of days, or text with day, month and year in that order."""
    if isinstance(held, datetime):
        held = held.date()
    text = date_as_held = held if isinstance(held, date) else _text(held)
    if not isinstance(date_as_held, date):
        if not text:
            return None
        date_as_held = _counted_day(text) or _written_day(text)
        if date_as_held is None:
            raise _NotReadable(f"{what} “{text}” chưa rõ; hãy ghi đủ ngày/tháng/năm, ví dụ 19/05/1994.")
    if not EARLIEST <= date_as_held <= today:
        raise _NotReadable(f"{what} {date_as_held:%d/%m/%Y} không thể đúng.")
    return date_as_held


def _counted_day(text: str) -> date | None:
    if text.isascii() and text.isdigit() and len(text) == 5 and int(text) in _EXCEL_DAYS:
        return _EXCEL_EPOCH + timedelta(days=int(text))
    return None


def _written_day(text: str) -> date | None:
    """None for text with no day, more than one, or one that the calendar does not have."""
    words = fold(text)
    iso = [(d, m, y) for y, m, d in _ISO_DAY.findall(words)]
    found = iso or _NAMED_DAY.findall(words) or _WRITTEN_DAY.findall(words)
    if len(found) != 1:
        return None
    day, month, year = (int(part) for part in found[0])
    if year < 100:
        # Nobody living was admitted before 1930.
        year += 1900 if year >= 30 else 2000
    try:
        return date(year, month, day)
    except ValueError:
        return None
