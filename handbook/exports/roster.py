"""Lists of members as files: reads .xlsx and .csv into plain tables, and writes the empty template."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Final

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from handbook.errors import BadInput
from handbook.model.roster_sheet import HEADINGS, Cell

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ROWS = 10_000
MAX_COLUMNS = 60
_WIDTHS: Final = (6, 28, 30, 16, 18, 22, 16)
_EXAMPLE: Final = (1, "Nguyễn Văn A", "Chi bộ Khu phố 1", date(1994, 5, 19), "Chính thức", "Bí thư", None)
SAVE_AS = "Hãy mở tệp bằng Excel rồi lưu lại dạng .xlsx (Excel Workbook)."


def read_tables(file: Path) -> tuple[list[tuple[Cell, ...]], ...]:
    """The sheets of the file, row by row as they are counted in Excel. Raises BadInput."""
    try:
        data = file.read_bytes() if file.stat().st_size <= MAX_FILE_BYTES else None
    except OSError as error:
        raise BadInput(
            f"Không đọc được tệp {file.name}.", "Hãy kiểm tra đường dẫn; nếu tệp đang mở, hãy đóng lại."
        ) from error
    if data is None:
        raise BadInput(
            f"Tệp {file.name} lớn quá {MAX_FILE_BYTES // 1024 // 1024} MB.",
            "Hãy chỉ giữ bảng danh sách trong tệp.",
        )
    if file.suffix.lower() in (".csv", ".txt"):
        return (_csv_rows(file.name, data),)
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise BadInput(f"Tệp {file.name} không phải tệp Excel dạng .xlsx.", SAVE_AS)
    return _excel_tables(file.name, data)


def _excel_tables(name: str, data: bytes) -> tuple[list[tuple[Cell, ...]], ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED_BYTES:
                raise BadInput(f"Tệp {name} quá lớn sau khi giải nén.", "Hãy chỉ giữ bảng danh sách.")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return tuple(_excel_rows(sheet) for sheet in book.worksheets)
        finally:
            book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        raise BadInput(f"Tệp {name} bị hỏng hoặc không phải tệp Excel.", SAVE_AS) from error


def _excel_rows(sheet: object) -> list[tuple[Cell, ...]]:
    # What the file says of its own size is often wrong, and read-only reading believes it.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: object) -> Cell:
    return value if value is None or isinstance(value, str | int | float | bool | date) else str(value)


def _csv_rows(name: str, data: bytes) -> list[tuple[Cell, ...]]:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"Tệp {name} không phải mã Unicode nên chữ có dấu sẽ sai.",
            "Hãy lưu lại từ Excel dạng CSV UTF-8, hoặc dạng .xlsx.",
        ) from error
    sample = text[:4096]
    delimiter = max("\t;,", key=sample.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [tuple(row[:MAX_COLUMNS]) for _, row in zip(range(MAX_ROWS), rows, strict=False)]
    except csv.Error as error:
        raise BadInput(f"Tệp {name} không đọc được như một bảng.", SAVE_AS) from error


def template() -> bytes:
    """An .xlsx with the headings and, where there are few answers, a list of them; sheet 2 has an example."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Danh sách đảng viên"
    _write_headings(sheet)
    for letter, choices in (("E", "Chính thức,Dự bị"), ("F", "Bí thư,Phó bí thư,Đảng viên")):
        choice = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
        choice.add(f"{letter}2:{letter}{MAX_ROWS}")
        sheet.add_data_validation(choice)
    for row in range(2, 500):
        sheet.cell(row, 4).number_format = "DD/MM/YYYY"
    example = book.create_sheet("Ví dụ")
    _write_headings(example)
    example.append(_EXAMPLE)
    example.cell(2, 4).number_format = "DD/MM/YYYY"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _write_headings(sheet: Worksheet) -> None:
    sheet.append(HEADINGS)
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        heading = sheet.cell(1, column)
        heading.font = Font(bold=True)
        heading.fill = PatternFill("solid", fgColor="F3E3D3")
        heading.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "A2"
