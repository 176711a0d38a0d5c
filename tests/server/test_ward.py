"""A ward's file makes units and members; loading it again brings them up to date and tells the cells."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from handbook.errors import BadInput, NotFound
from handbook.model.people import Action, Duty, DutyKind, Member, can
from handbook.server import tables
from handbook.server.database import Database, open_database
from handbook.server.people import find_cell, find_members
from handbook.server.units import units_below
from handbook.server.ward import Loaded, load_ward
from tests.server.harness import CELL, COMMUNE, NOW, OTHER_CELL, WARD

SAMPLE = Path(__file__).parents[2] / "data" / "ward.toml"


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    database = open_database(empty_url)
    yield database
    database.close()


@pytest.fixture
def changed(tmp_path: Path):
    """The ward's file with one text in it replaced by another."""

    def write(old: str, new: str) -> Path:
        text = WARD.read_text(encoding="utf-8")
        assert old in text
        file = tmp_path / "changed.toml"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return file

    return write


def member(database: Database, account: str) -> Member:
    with database.read() as connection:
        (found,) = find_members(connection, [account])
    return found


def told(database: Database, unit: str) -> list[str]:
    """Whom the unit's feed says to be new or changed, in order."""
    query = select(tables.entries.c.owner).where(tables.entries.c.unit == unit)
    with database.read() as connection:
        return list(connection.scalars(query.order_by(tables.entries.c.position)))


def test_duties_hold_for_the_commune_or_for_the_cell_by_their_kind(database: Database) -> None:
    assert load_ward(database, WARD, NOW) == Loaded(units=6, members=10, changed=10)
    duties = {
        "an": {Duty(DutyKind.MEMBER, CELL)},
        "bithu": {Duty(DutyKind.MEMBER, CELL), Duty(DutyKind.CELL_SECRETARY, CELL)},
        "canbo": {Duty(DutyKind.MEMBER, CELL), Duty(DutyKind.COMMITTEE_OFFICER, COMMUNE)},
        "xuatban": {Duty(DutyKind.MEMBER, CELL), Duty(DutyKind.PUBLISHER, COMMUNE)},
        "quantri": {Duty(DutyKind.MEMBER, CELL), Duty(DutyKind.ADMINISTRATOR, COMMUNE)},
    }
    assert {account: set(member(database, account).duties) for account in duties} == duties


def test_loading_the_same_again_changes_nothing(database: Database) -> None:
    load_ward(database, WARD, NOW)
    before = told(database, CELL)
    assert load_ward(database, WARD, NOW) == Loaded(units=6, members=10, changed=0)
    assert told(database, CELL) == before
    assert before == ["an", "binh", "bithu", "canbo", "pho", "quantri", "xuatban"]


def test_a_changed_name_or_duty_is_told_to_the_cell(database: Database, changed) -> None:
    load_ward(database, WARD, NOW)
    assert load_ward(database, changed("Nguyễn Văn An", "Nguyễn Thị An"), NOW).changed == 1
    assert member(database, "an").name == "Nguyễn Thị An"
    assert load_ward(database, changed('"cell_deputy"', '"cell_secretary"'), NOW).changed == 2
    assert told(database, CELL)[7:] == ["an", "an", "pho"]
    assert told(database, OTHER_CELL) == ["bithu2", "hoa"]


def test_a_member_who_moves_is_told_to_both_cells_and_keeps_what_is_theirs(
    database: Database, changed
) -> None:
    load_ward(database, WARD, NOW)
    move = changed(f'"Trần Thị Bình"\nunit = "{CELL}"', f'"Trần Thị Bình"\nunit = "{OTHER_CELL}"')
    load_ward(database, move, NOW)
    assert told(database, CELL)[-1] == told(database, OTHER_CELL)[-1] == "binh"
    moved = member(database, "binh")
    assert moved.unit == OTHER_CELL
    assert can(moved, Action.READ_OWN, CELL) and can(moved, Action.SUBMIT_OWN, OTHER_CELL)
    with database.read() as connection:
        assert "binh" in [m.account for m in find_cell(connection, OTHER_CELL)]
        assert "binh" not in [m.account for m in find_cell(connection, CELL)]
    assert load_ward(database, move, NOW).changed == 0


def test_a_secretary_who_moves_is_secretary_of_the_former_cell_no_more(database: Database, changed) -> None:
    load_ward(database, WARD, NOW)
    load_ward(database, changed(f'"Lê Bí Thư"\nunit = "{CELL}"', f'"Lê Bí Thư"\nunit = "{OTHER_CELL}"'), NOW)
    moved = member(database, "bithu")
    assert not can(moved, Action.READ_CELL, CELL)
    assert can(moved, Action.READ_CELL, OTHER_CELL)


def test_a_member_can_be_made_inactive_and_one_not_named_stays(database: Database, changed) -> None:
    load_ward(database, WARD, NOW)
    load_ward(database, changed('account = "an"\n', 'account = "an"\nactive = false\n'), NOW)
    assert not member(database, "an").active
    short = changed("", "").read_text(encoding="utf-8").partition('[[members]]\naccount = "hoa"')[0]
    file = changed("", "")
    file.write_text(short, encoding="utf-8")
    load_ward(database, file, NOW)
    assert member(database, "hoa").active


def test_units_are_listed_superior_first_and_by_whole_names(database: Database, changed) -> None:
    load_ward(database, changed("tinh/xa", "tinh/phuong-moi"), NOW)
    with database.read() as connection:
        assert [u.path for u in units_below(connection, COMMUNE)] == [COMMUNE, OTHER_CELL, CELL]
        assert units_below(connection, "tinh")[0].path == "tinh"
        assert len(units_below(connection, "tinh")) == 6
        with pytest.raises(NotFound):
            units_below(connection, "tin")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('account = "binh"', 'account = "an"', "“an” có hai lần"),
        ('account = "binh"', 'account = "Bình"', "“Bình” không hợp lệ"),
        (f'path = "{OTHER_CELL}"', f'path = "{CELL}"', f"“{CELL}” có hai lần"),
        ('path = "tinh/xa"', 'path = "tinh/Xã"', "chỉ được gồm"),
        ('path = "tinh/xa"', 'path = "khac/xa"', "thiếu cấp trên"),
        ('"cell_deputy"', '"pho_bi_thu"', "khuôn dạng"),
        ('kind = "commune"', 'kind = "huyện"', "khuôn dạng"),
        ("[[units]]", "[units", "khuôn dạng"),
    ],
)
def test_a_file_with_a_mistake_is_refused_in_words_and_changes_nothing(
    database: Database, changed, old: str, new: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        load_ward(database, changed(old, new), NOW)
    with database.read() as connection:
        assert connection.execute(select(tables.units)).all() == []


def test_a_file_that_is_not_there_is_told(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Không đọc được"):
        load_ward(database, tmp_path / "khong-co.toml", NOW)


def test_the_sample_ward_loads(database: Database) -> None:
    loaded = load_ward(database, SAMPLE, NOW)
    assert loaded.members == loaded.changed > 50
