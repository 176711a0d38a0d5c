"""Files with lists of members: what Excel and other programs write is read; the template is understood."""

import io
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from handbook.errors import BadInput
from handbook.exports.roster import read_tables, template
from handbook.model.roster_sheet import HEADINGS, read_sheet

TODAY = date(2026, 11, 23)


def test_an_excel_file_is_read_row_by_row_with_its_dates(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(("Danh sách",))
    second = book.create_sheet("Chi bộ")
    second.append(("Họ và tên", "Ngày vào Đảng"))
    second.append(("Nguyễn Văn An", datetime(1994, 5, 19)))
    file = tmp_path / "danh sách.xlsx"
    book.save(file)
    title, members = read_tables(file)
    assert title[0][0] == "Danh sách"
    assert members[1][:2] == ("Nguyễn Văn An", datetime(1994, 5, 19))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_is_read_in_the_ways_excel_writes_it(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    file = tmp_path / "ds.csv"
    lines = [delimiter.join(cells) for cells in (("Họ và tên", "Chi bộ"), ("Đỗ Thị Ơn", "Khu phố 1"))]
    file.write_text("\r\n".join(lines), encoding=encoding)
    assert read_tables(file) == ([("Họ và tên", "Chi bộ"), ("Đỗ Thị Ơn", "Khu phố 1")],)


def test_the_template_is_an_empty_list_with_every_column_understood(tmp_path: Path) -> None:
    file = tmp_path / "mẫu.xlsx"
    file.write_bytes(template())
    empty, example = read_tables(file)
    sheet = read_sheet(empty, TODAY)
    assert (sheet.rows, sheet.problems, sheet.refused, sheet.unused) == ((), (), (), ())
    (row,) = read_sheet(example, TODAY).rows
    assert (row.admitted_on, row.probationary, row.duty) == (date(1994, 5, 19), False, "cell_secretary")
    assert tuple(cell.value for cell in load_workbook(io.BytesIO(template())).worksheets[0][1]) == HEADINGS


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("cu.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "không phải tệp Excel dạng .xlsx"),
        ("hong.xlsx", b"PK\x05\x06" + bytes(18), "bị hỏng"),
        ("ansi.csv", "Họ và tên".encode("cp1258", errors="replace"), "không phải mã Unicode"),
    ],
)
def test_a_file_of_another_kind_is_said_with_what_to_do(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=said) as refused:
        read_tables(tmp_path / name)
    assert refused.value.advice


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Không đọc được tệp"):
        read_tables(tmp_path / "khong-co.xlsx")
