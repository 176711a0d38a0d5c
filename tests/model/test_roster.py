"""A list of members says who is added, changed, moved or has left; once carried out it has nothing to say."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model.duties import departed, secretaries
from handbook.model.people import Action, Duty, DutyKind, Member, Unit, UnitKind, can, may_manage
from handbook.model.roster import (
    RosterChange,
    RosterPlan,
    RosterRow,
    Ward,
    account_for,
    plan,
    proper_name,
)
from handbook.model.roster_sheet import read_sheet

TODAY = date(2026, 11, 23)
ONE, TWO = "tinh/phuong/khu-pho-1", "tinh/phuong/khu-pho-2"
UNITS = (
    Unit("tinh/phuong", "Đảng uỷ phường", UnitKind.COMMUNE),
    Unit(ONE, "Chi bộ Khu phố 1", UnitKind.CELL),
    Unit(TWO, "Chi bộ Khu phố 2", UnitKind.CELL),
)
DAY = date(1994, 5, 19)


def member(
    account: str, name: str, cell: str = ONE, *kinds: DutyKind, on: date | None = DAY, active: bool = True
) -> Member:
    duties = tuple(Duty(kind, cell) for kind in sorted({DutyKind.MEMBER, *kinds}))
    return Member(account=account, name=name, unit=cell, duties=duties, admitted_on=on, active=active)


def row(line: int, name: str, cell: str = "Chi bộ Khu phố 1", **said: object) -> RosterRow:
    return RosterRow(line=line, name=name, cell=cell, **said)


def planned(
    rows: list[RosterRow], *members: Member, complete: bool = False, by: Member | None = None
) -> RosterPlan:
    ward = Ward(members=members, units=UNITS, accounts=frozenset(each.account for each in members))
    may = (lambda of: may_manage(by, of)) if by else (lambda _: True)
    return plan(rows, ward, complete=complete, actor=by.account if by else "", may_change=may)


def told(done: RosterPlan) -> list[tuple[str, str]]:
    return [(entry.change.value, entry.after.name) for entry in done.entries]


def test_each_member_of_the_list_is_added_changed_moved_or_the_same() -> None:
    done = planned(
        [
            row(2, "Lê Văn Mới", admitted_on=date(2026, 2, 3), probationary=True),
            row(3, "Trần Thị Hạnh", duty=DutyKind.CELL_SECRETARY),
            row(4, "NGUYỄN VĂN AN", "Khu phố 2", admitted_on=DAY),
            row(5, "Phạm Thị Lan"),
        ],
        member("kp1.hanh", "Trần Thị Hạnh"),
        member("kp1.an", "Nguyễn Văn An"),
        member("kp1.lan", "Phạm Thị Lan"),
    )
    assert told(done) == [
        ("added", "Lê Văn Mới"),
        ("changed", "Trần Thị Hạnh"),
        ("moved", "Nguyễn Văn An"),
        ("same", "Phạm Thị Lan"),
    ]
    new, hanh, an, _ = done.entries
    assert (new.after.account, new.after.probationary) == ("kp1.moi", True)
    assert hanh.said == ("nhận nhiệm vụ Bí thư chi bộ",)
    assert an.said == ("chuyển từ Chi bộ Khu phố 1 sang Chi bộ Khu phố 2",)
    assert {Duty(DutyKind.MEMBER, ONE), Duty(DutyKind.MEMBER, TWO)} <= set(an.after.duties)
    assert done.problems == ()


def test_only_a_complete_list_says_who_has_left_and_only_of_cells_it_names() -> None:
    here = [
        member("kp1.an", "Nguyễn Văn An"),
        member("kp1.lan", "Phạm Thị Lan"),
        member("kp2.a", "Hồ A", TWO),
    ]
    assert told(planned([row(2, "Nguyễn Văn An")], *here)) == [("same", "Nguyễn Văn An")]
    done = planned([row(2, "Nguyễn Văn An")], *here, complete=True)
    assert told(done) == [("same", "Nguyễn Văn An"), ("left", "Phạm Thị Lan")]
    assert done.entries[1].after == departed(here[1])
    unclear = planned([row(2, "Nguyễn Văn An"), row(3, "Ai Đó", "Khu phố 9")], *here, complete=True)
    assert told(unclear) == [("same", "Nguyễn Văn An")]


def test_a_new_secretary_relieves_the_former_one_also_when_the_list_does_not_name_them() -> None:
    former = member("kp1.hanh", "Trần Thị Hạnh", ONE, DutyKind.CELL_SECRETARY)
    done = planned(
        [row(2, "Phạm Thị Lan", duty=DutyKind.CELL_SECRETARY)], former, member("kp1.lan", "Phạm Thị Lan")
    )
    assert [entry.said for entry in done.entries] == [
        ("nhận nhiệm vụ Bí thư chi bộ",),
        ("thôi nhiệm vụ Bí thư chi bộ",),
    ]
    assert not can(done.entries[1].after, Action.READ_CELL, ONE)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(2, "Ai Đó", "Khu phố 9")], "Không có chi bộ nào tên “Khu phố 9”"),
        ([row(2, "Ai Đó", "")], "Chưa ghi chi bộ"),
        ([row(2, "Ai Đó"), row(3, "ai đó")], "Trùng với dòng 2"),
        ([row(2, "Trần Hai")], "nhiều đồng chí cùng tên"),
        ([row(2, "Nguyễn Văn An", "Khu phố 2")], "có đồng chí cùng tên"),
        ([row(2, "Ai Đó", account="khong.co")], "Không có tài khoản “khong.co”"),
        (
            [
                row(2, "Trần Một", duty=DutyKind.CELL_SECRETARY),
                row(3, "Trần Ba", duty=DutyKind.CELL_SECRETARY),
            ],
            "đã có bí thư ở dòng 2",
        ),
    ],
)
def test_a_row_that_cannot_be_carried_out_says_why_and_changes_nobody(
    rows: list[RosterRow], said: str
) -> None:
    done = planned(
        rows,
        member("kp1.an", "Nguyễn Văn An"),
        member("kp1.h1", "Trần Hai", on=date(1990, 1, 1)),
        member("kp1.h2", "Trần Hai", on=date(1991, 1, 1)),
    )
    assert said in done.problems[0].text
    assert done.problems[0].line not in {entry.line for entry in done.entries}


def test_a_former_secretary_who_comes_back_does_not_stand_beside_the_new_one() -> None:
    gone = member("kp1.an", "Nguyễn Văn An", ONE, DutyKind.CELL_SECRETARY, active=False)
    listed = [row(2, "Nguyễn Văn An"), row(3, "Người Mới", duty=DutyKind.CELL_SECRETARY)]
    done = planned(listed, gone)
    back, new = (entry.after for entry in done.entries)
    assert back.active and secretaries([back, new], ONE) == (new,)


def test_a_secretary_answers_for_the_own_cell_and_for_nobody_with_a_wider_duty() -> None:
    secretary = member("kp1.hanh", "Trần Thị Hạnh", ONE, DutyKind.CELL_SECRETARY)
    administrator = replace(
        member("kp1.quan", "Quản Trị"),
        duties=(Duty(DutyKind.ADMINISTRATOR, "tinh/phuong"), Duty(DutyKind.MEMBER, ONE)),
    )
    elsewhere = member("kp2.b", "Lê Thị Bình", TWO)
    done = planned(
        [
            row(2, "Người Mới"),
            row(3, "Người Khác", "Khu phố 2"),
            row(4, "Lê Thị Bình", admitted_on=DAY),
            row(5, "Quản Trị", probationary=True),
        ],
        secretary,
        administrator,
        elsewhere,
        complete=True,
        by=secretary,
    )
    assert [problem.line for problem in done.problems] == [3, 4, 5]
    assert told(done) == [("added", "Người Mới")]


def test_whoever_makes_the_list_never_leaves_by_it() -> None:
    secretary = member("kp1.hanh", "Trần Thị Hạnh", ONE, DutyKind.CELL_SECRETARY)
    done = planned([row(2, "Người Mới")], secretary, complete=True, by=secretary)
    assert told(done) == [("added", "Người Mới")]


def test_accounts_follow_the_habit_of_the_cell_and_are_never_taken_twice() -> None:
    assert account_for("Nguyễn Thị Đào", ONE, (), ()) == "kp1.dao"
    assert account_for("Nguyễn Thị Đào", ONE, {"khu1.dao", "khu1.dao2"}, ["khu1.dao"]) == "khu1.dao3"
    assert account_for("Nguyễn An", "tinh/phuong/c-o-n", (), ()) == "cbcon.an"


def test_a_name_in_capitals_is_written_as_names_are() -> None:
    assert proper_name("  NGUYỄN  THỊ HOÀ ") == "Nguyễn Thị Hoà"
    assert proper_name("Nguyễn Thị Hòa") == "Nguyễn Thị Hòa"


NAMES = st.sampled_from(["Nguyễn Văn An", "Lê Thị Hoa", "Trần Bình", "PHẠM LAN"])
CELLS = st.sampled_from(["Khu phố 1", "Chi bộ Khu phố 2", "Khu phố 9", ""])
DAYS = st.sampled_from([None, DAY, date(2001, 2, 3)])
DUTIES = st.sampled_from([None, DutyKind.MEMBER, DutyKind.CELL_SECRETARY, DutyKind.CELL_DEPUTY])
ROWS = st.lists(
    st.builds(
        RosterRow,
        line=st.just(0),
        name=NAMES,
        cell=CELLS,
        admitted_on=DAYS,
        probationary=st.sampled_from([None, True, False]),
        duty=DUTIES,
    ),
    max_size=6,
).map(lambda rows: [replace(each, line=number) for number, each in enumerate(rows, start=2)])
MEMBERS = st.lists(
    st.builds(
        lambda name, cell, on, kinds, active: member("", name, cell, *kinds, on=on, active=active),
        NAMES.map(proper_name),
        st.sampled_from([ONE, TWO]),
        DAYS,
        st.sampled_from([(), (DutyKind.CELL_SECRETARY,)]),
        st.booleans(),
    ),
    max_size=4,
).map(lambda held: [replace(each, account=f"kp{n}.x") for n, each in enumerate(held)])


@given(ROWS, MEMBERS, st.booleans())
def test_a_list_carried_out_has_nothing_left_to_say(
    rows: list[RosterRow], members: list[Member], complete: bool
) -> None:
    first = planned(rows, *members, complete=complete)
    after = {each.account: each for each in members} | {e.after.account: e.after for e in first.entries}
    again = planned([r for r in rows if r.line in {e.line for e in first.entries}], *after.values())
    assert again.changes == ()


@given(ROWS, MEMBERS, st.booleans())
def test_every_row_is_carried_out_or_explained_and_no_member_is_changed_twice(
    rows: list[RosterRow], members: list[Member], complete: bool
) -> None:
    done = planned(rows, *members, complete=complete)
    entered = [entry.line for entry in done.entries if entry.line]
    assert sorted([*entered, *(problem.line for problem in done.problems)]) == [each.line for each in rows]
    accounts = [entry.after.account for entry in done.entries]
    assert len(accounts) == len(set(accounts))
    for entry in done.entries:
        assert (entry.before is None) == (entry.change is RosterChange.ADDED)
        if entry.change is RosterChange.LEFT:
            assert not entry.after.active


# -- the table as people keep it


def test_columns_in_any_order_below_a_title_are_found_and_private_ones_are_not_taken() -> None:
    table = [
        ("ĐẢNG UỶ PHƯỜNG AN BÌNH", None, None),
        ("DANH SÁCH ĐẢNG VIÊN", None, None),
        (),
        (
            "STT",
            "Ngày sinh",
            "Chức vụ",
            "HỌ VÀ TÊN",
            "Số CCCD",
            "Ngày vào Đảng",
            "Đảng viên chính thức/dự bị",
            "Ghi chú",
        ),
        (1, "19/5/1970", "Bí thư", "Trần Thị Hạnh", "0123", datetime(1999, 9, 2), "Chính thức", "x"),
        (2, "", "Phó BT", "Lê  Minh", "", "2.2.2006", "DB", ""),
        (None, None, None, "Người lập bảng", None, None, None, None),
    ]
    sheet = read_sheet(table, TODAY, ONE)
    assert sheet.refused == ("Ngày sinh", "Số CCCD")
    assert sheet.unused == ("Ghi chú",)
    assert [(r.line, r.name, r.cell, r.admitted_on, r.probationary, r.duty) for r in sheet.rows] == [
        (5, "Trần Thị Hạnh", ONE, date(1999, 9, 2), False, DutyKind.CELL_SECRETARY),
        (6, "Lê Minh", ONE, date(2006, 2, 2), True, DutyKind.CELL_DEPUTY),
    ]
    assert [(problem.line, "Người lập bảng" in problem.text) for problem in sheet.problems] == [(7, True)]
    assert "0123" not in repr(sheet) and "1970" not in repr(sheet)


def test_cells_named_in_rows_of_their_own_hold_for_the_members_below() -> None:
    table = [
        ("TT", "Họ tên đệm", "Tên", "Ngày kết nạp"),
        ("I. Chi bộ Khu phố 1",),
        (1, "Nguyễn Văn", "An", None),
        ("II. Chi bộ Khu phố 2: 1 đồng chí",),
        (1, "Lê Thị", "Bình", None),
        ("Tổng cộng: 2 đồng chí",),
    ]
    sheet = read_sheet(table, TODAY)
    assert [(each.name, each.cell) for each in sheet.rows] == [
        ("Nguyễn Văn An", "Chi bộ Khu phố 1"),
        ("Lê Thị Bình", "Chi bộ Khu phố 2"),
    ]
    assert sheet.problems == ()


@pytest.mark.parametrize(
    "written",
    [
        "19/5/1994",
        "19-05-1994",
        "19.5.1994",
        "19/5/94",
        " 19 / 05 / 1994 ",
        "ngày 19 tháng 5 năm 1994",
        "Ngày 19 tháng 05 năm 1994",
        "1994-05-19",
        "34473",
        34473,
        34473.0,
        date(1994, 5, 19),
        datetime(1994, 5, 19, 7, 0),
    ],
)
def test_a_day_is_read_in_every_habit(written: object) -> None:
    sheet = read_sheet([("Họ và tên", "Vào Đảng"), ("Nguyễn Văn An", written)], TODAY, ONE)
    assert [each.admitted_on for each in sheet.rows] == [date(1994, 5, 19)]


@pytest.mark.parametrize(
    "written",
    ["1994", "05/19/1994", "5/1994", "31/2/1994", "19/5/1994 và 19/5/1995", "19/5/2027", "x", "1/1/1900"],
)
def test_a_day_that_is_not_clear_is_said_and_not_guessed(written: str) -> None:
    sheet = read_sheet([("Họ và tên", "Ngày vào Đảng"), ("Nguyễn Văn An", written)], TODAY, ONE)
    assert sheet.rows == ()
    assert [problem.line for problem in sheet.problems] == [2]


@pytest.mark.parametrize(
    ("written", "duty"),
    [
        ("Bí thư", DutyKind.CELL_SECRETARY),
        ("Đảng uỷ viên, Bí thư chi bộ", DutyKind.CELL_SECRETARY),
        ("phó bí thư CB", DutyKind.CELL_DEPUTY),
        ("PBT", DutyKind.CELL_DEPUTY),
        ("Phó Bí thư Đảng uỷ", DutyKind.MEMBER),
        ("Bí thư Đoàn phường", DutyKind.MEMBER),
        ("Đảng viên", DutyKind.MEMBER),
        ("", None),
    ],
)
def test_the_duty_is_that_of_the_cell(written: str, duty: DutyKind | None) -> None:
    sheet = read_sheet([("Họ và tên", "Chức vụ"), ("Nguyễn Văn An", written)], TODAY, ONE)
    assert [each.duty for each in sheet.rows] == [duty]


def test_a_table_without_names_is_no_list() -> None:
    assert read_sheet([("Số hiệu", "Trích yếu"), ("15-NQ/TW", "x")], TODAY) is None
