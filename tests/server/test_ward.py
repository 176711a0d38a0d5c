"""A ward's file makes units and members; loading it again brings them up to date and tells the cells."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from handbook.errors import BadInput, NotFound
from handbook.model.people import Action, Duty, DutyKind, Member, can
from handbook.protocol.api import MemberEdit
from handbook.server import tables
from handbook.server.database import Database, open_database
from handbook.server.duties import history
from handbook.server.people import find_cell, find_members
from handbook.server.roster import change_duty, change_member
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


def held(database: Database, account: str) -> set[tuple[DutyKind, str]]:
    """The member's duties besides the one that everybody has."""
    duties = member(database, account).duties
    return {(duty.kind, duty.unit) for duty in duties if duty.kind is not DutyKind.MEMBER}


def on_screen(database: Database, account: str, **changes: object) -> None:
    """An administrator edits the member; what is not named stays."""
    before = member(database, account)
    as_it_is = {
        "before": before,
        "name": before.name,
        "unit": before.unit,
        "admitted_on": before.admitted_on,
        "probationary": before.probationary,
        "active": before.active,
    }
    edit = MemberEdit(**(as_it_is | changes))
    change_member(database, member(database, "quantri"), account, edit, NOW)


def test_duties_given_and_ended_by_a_command_outlive_the_unchanged_file(database: Database) -> None:
    load_ward(database, WARD, NOW)
    change_duty(database, "an", DutyKind.PUBLISHER, True, NOW)
    change_duty(database, "canbo", DutyKind.COMMITTEE_OFFICER, False, NOW)
    recorded = history(database, 100)
    assert load_ward(database, WARD, NOW).changed == 0
    assert held(database, "an") == {(DutyKind.PUBLISHER, COMMUNE)}
    assert held(database, "canbo") == set()
    assert history(database, 100) == recorded


def test_a_secretary_chosen_on_the_screen_stays_the_only_one_at_the_next_start(database: Database) -> None:
    load_ward(database, WARD, NOW)
    on_screen(database, "binh", duty=DutyKind.CELL_SECRETARY)
    load_ward(database, WARD, NOW)
    assert held(database, "binh") == {(DutyKind.CELL_SECRETARY, CELL)}
    assert held(database, "bithu") == set()


def test_a_duty_newly_written_into_the_file_is_given_and_one_struck_out_ends(
    database: Database, changed
) -> None:
    load_ward(database, WARD, NOW)
    change_duty(database, "an", DutyKind.PUBLISHER, True, NOW)
    change_duty(database, "canbo", DutyKind.COMMITTEE_OFFICER, False, NOW)
    file = changed('duties = ["member", "cell_deputy"]', 'duties = ["member", "publisher"]')
    load_ward(database, file, NOW)
    assert held(database, "pho") == {(DutyKind.PUBLISHER, COMMUNE)}
    assert held(database, "an") == {(DutyKind.PUBLISHER, COMMUNE)}
    assert held(database, "canbo") == set()
    assert [(each.account, each.kind, each.given) for each in history(database, 2)] == [
        ("pho", DutyKind.PUBLISHER, True),
        ("pho", DutyKind.CELL_DEPUTY, False),
    ]


def test_a_duty_ended_on_record_comes_back_when_the_file_names_it_anew(database: Database, changed) -> None:
    load_ward(database, WARD, NOW)
    change_duty(database, "canbo", DutyKind.COMMITTEE_OFFICER, False, NOW)
    load_ward(database, changed('"member", "committee_officer"', '"member"'), NOW)
    load_ward(database, WARD, NOW)
    assert held(database, "canbo") == {(DutyKind.COMMITTEE_OFFICER, COMMUNE)}


def test_the_first_file_gives_its_duties_to_whom_a_list_brought_and_takes_none(
    database: Database, changed
) -> None:
    load_ward(database, changed('"member", "committee_officer"', '"member"'), NOW)
    change_duty(database, "an", DutyKind.PUBLISHER, True, NOW)
    with database.write() as connection:
        connection.execute(tables.named_members.delete())
    load_ward(database, WARD, NOW)
    assert held(database, "an") == {(DutyKind.PUBLISHER, COMMUNE)}
    assert held(database, "canbo") == {(DutyKind.COMMITTEE_OFFICER, COMMUNE)}


def test_what_was_changed_on_the_screen_outlives_the_unchanged_file(database: Database) -> None:
    load_ward(database, WARD, NOW)
    on_screen(database, "bithu", unit=OTHER_CELL, name="Lê Văn Thư", duty=DutyKind.CELL_SECRETARY)
    on_screen(database, "an", duty=None, probationary=True)
    before = [member(database, account) for account in ("bithu", "an")]
    assert load_ward(database, WARD, NOW).changed == 0
    assert [member(database, account) for account in ("bithu", "an")] == before


def test_a_name_changed_in_the_file_leaves_the_cell_that_was_chosen_on_the_screen(
    database: Database, changed
) -> None:
    load_ward(database, WARD, NOW)
    on_screen(database, "bithu", unit=OTHER_CELL, duty=DutyKind.CELL_SECRETARY)
    load_ward(database, changed("Lê Bí Thư", "Lê Văn Thư"), NOW)
    assert (member(database, "bithu").name, member(database, "bithu").unit) == ("Lê Văn Thư", OTHER_CELL)
    assert held(database, "bithu") == {(DutyKind.CELL_SECRETARY, OTHER_CELL)}


def test_who_is_moved_by_the_file_has_no_duty_left_in_the_cell_they_were_moved_to_on_the_screen(
    database: Database, changed
) -> None:
    load_ward(database, WARD, NOW)
    on_screen(database, "bithu", unit=OTHER_CELL, duty=DutyKind.CELL_SECRETARY)
    load_ward(database, changed(f'"Lê Bí Thư"\nunit = "{CELL}"', '"Lê Bí Thư"\nunit = "tinh/xa/ba"'), NOW)
    assert member(database, "bithu").unit == "tinh/xa/ba"
    assert (DutyKind.CELL_SECRETARY, OTHER_CELL) not in held(database, "bithu")


def test_who_was_let_go_stays_away_at_the_next_start_until_the_file_says_otherwise(
    database: Database, changed
) -> None:
    load_ward(database, WARD, NOW)
    on_screen(database, "canbo", duty=None, active=False)
    away = member(database, "canbo")
    assert load_ward(database, WARD, NOW).changed == 0
    assert load_ward(database, changed('"Hoàng Cán Bộ"', '"Hoàng Văn Cán Bộ"'), NOW).changed == 0
    assert member(database, "canbo") == away
    called_back = changed('account = "canbo"\n', 'account = "canbo"\nactive = true\n')
    load_ward(database, called_back, NOW)
    assert member(database, "canbo").active
    assert member(database, "canbo").name == "Hoàng Cán Bộ"
    on_screen(database, "canbo", duty=None, active=False)
    load_ward(database, called_back, NOW)
    assert not member(database, "canbo").active, "the file calls back once"


def test_a_duty_that_the_file_names_for_who_is_away_is_given_when_they_come_back(
    database: Database, changed
) -> None:
    load_ward(database, WARD, NOW)
    on_screen(database, "canbo", duty=None, active=False)
    duties = '"member", "committee_officer"', '"member", "committee_officer", "publisher"'
    file = changed(*duties)
    load_ward(database, file, NOW)
    assert held(database, "canbo") == set()
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('account = "canbo"\n', 'account = "canbo"\nactive = true\n'), "utf-8")
    load_ward(database, file, NOW)
    assert held(database, "canbo") == {(DutyKind.PUBLISHER, COMMUNE)}


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
