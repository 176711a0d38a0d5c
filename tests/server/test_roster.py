"""Members are added, changed, moved and let go by those whose duty it is, and their cells are told."""

from dataclasses import replace
from datetime import date

import pytest

from handbook.errors import Conflict
from handbook.model.people import Action, Duty, DutyKind, Member, can
from handbook.model.roster import RosterRow
from handbook.protocol.api import (
    CodeRequest,
    Codes,
    MemberEdit,
    MembersPage,
    MemberState,
    RosterAnswer,
    RosterRequest,
    Session,
)
from handbook.server.duties import history, holders
from handbook.server.roster import change_duty
from tests.server.harness import CELL, COMMUNE, NOW, OTHER_CELL, RunningServer, problem, read, reflection

ADMINISTRATOR, SECRETARY = "quantri", "bithu"


def listed(server: RunningServer, by: str = ADMINISTRATOR, unit: str = COMMUNE) -> dict[str, MemberState]:
    answer = server.as_(by).get("/v1/members", below=unit)
    assert answer.status_code == 200, answer.text
    return {state.member.account: state for state in read(answer, MembersPage).members}


def editing(member: Member, **changes: object) -> MemberEdit:
    duty = next((held.kind for held in member.duties if held.kind.startswith("cell_")), None)
    edit = MemberEdit(
        before=member,
        name=member.name,
        unit=member.unit,
        admitted_on=member.admitted_on,
        probationary=member.probationary,
        duty=duty,
        active=member.active,
    )
    return replace(edit, **changes)


def put(server: RunningServer, by: str, edit: MemberEdit, unit: str = CELL):
    return server.as_(by).change(f"/v1/members/{edit.before.account}?unit={unit}", edit)


def changed(server: RunningServer, by: str, edit: MemberEdit, unit: str = CELL) -> tuple[Member, ...]:
    answer = put(server, by, edit, unit)
    assert answer.status_code == 200, answer.text
    return read(answer, tuple[Member, ...])


def imported(server: RunningServer, by: str, rows: list[RosterRow], confirmed: str = "") -> RosterAnswer:
    request = RosterRequest(rows=tuple(rows), complete=False, confirmed=confirmed)
    answer = server.as_(by).post(f"/v1/roster?unit={COMMUNE}", request)
    assert answer.status_code == 200, answer.text
    return read(answer, RosterAnswer)


ROWS = [
    RosterRow(line=2, name="Trần Thị Mới", cell=CELL, admitted_on=date(2026, 2, 3), probationary=True),
    RosterRow(line=3, name="Nguyễn Văn An", cell=OTHER_CELL, account="an"),
]


def test_a_list_is_shown_first_and_written_only_when_that_answer_is_confirmed(server: RunningServer) -> None:
    before = listed(server)
    shown = imported(server, ADMINISTRATOR, ROWS)
    assert [entry.change.value for entry in shown.plan.entries] == ["added", "moved"]
    assert not shown.applied
    assert listed(server) == before
    done = imported(server, ADMINISTRATOR, ROWS, confirmed=shown.fingerprint)
    assert done.applied
    after = listed(server)
    new = shown.plan.entries[0].after
    assert after[new.account].member == new
    assert after["an"].member.unit == OTHER_CELL
    again = imported(server, ADMINISTRATOR, ROWS)
    assert again.plan.changes == ()


def test_a_list_confirmed_after_somebody_else_changed_members_is_refused_whole(server: RunningServer) -> None:
    shown = imported(server, ADMINISTRATOR, ROWS)
    an = listed(server)["an"].member
    changed(server, ADMINISTRATOR, editing(an, name="Nguyễn Văn Ân"))
    request = RosterRequest(rows=tuple(ROWS), complete=False, confirmed=shown.fingerprint)
    answer = server.as_(ADMINISTRATOR).post(f"/v1/roster?unit={COMMUNE}", request)
    assert problem(answer) == (409, "conflict")
    assert "Trần Thị Mới" not in {state.member.name for state in listed(server).values()}


def test_both_cells_are_told_of_a_move_and_the_former_cell_keeps_what_was_written_there(
    server: RunningServer,
) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    here, there = (
        server.as_(SECRETARY).feed(CELL).next,
        len(server.as_("bithu2").feed(OTHER_CELL).entries),
    )
    an = listed(server)["an"].member
    changed(server, ADMINISTRATOR, editing(an, unit=OTHER_CELL), COMMUNE)
    (told,) = server.as_(SECRETARY).feed(CELL, after=here).entries
    assert (told.member.account, told.member.unit) == ("an", OTHER_CELL)
    entries = server.as_("bithu2").feed(OTHER_CELL).entries[there:]
    assert [entry.member.account for entry in entries] == ["an"]
    assert text.lineage in {
        e.entry.submission.lineage for e in server.as_(SECRETARY).feed(CELL).entries if e.entry
    }
    assert text.lineage in {
        e.entry.submission.lineage for e in server.as_("an").feed(CELL).entries if e.entry
    }


def test_handing_over_gives_the_feed_to_the_new_secretary_and_takes_it_from_the_former(
    server: RunningServer,
) -> None:
    server.as_("an").hand_in(reflection())
    binh = listed(server)["binh"].member
    new, former = changed(server, SECRETARY, editing(binh, duty=DutyKind.CELL_SECRETARY))
    assert can(new, Action.READ_CELL, CELL)
    assert former.account == SECRETARY
    assert not can(former, Action.READ_CELL, CELL)
    assert len([e for e in server.as_("binh").feed(CELL).entries if e.entry]) == 1
    assert [e.entry for e in server.as_(SECRETARY).feed(CELL).entries if e.entry] == []
    me = read(server.as_(SECRETARY).get("/v1/me"), Session)
    assert Duty(DutyKind.CELL_SECRETARY, CELL) not in me.member.duties
    assert problem(put(server, SECRETARY, editing(new, duty=None))) == (403, "not-allowed")


def test_who_leaves_cannot_sign_in_any_more_and_comes_back_as_they_were(server: RunningServer) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    codes = server.as_(SECRETARY).post("/v1/codes", CodeRequest(accounts=("an",)))
    assert codes.status_code == 200
    an = listed(server)["an"].member
    (gone,) = changed(server, SECRETARY, editing(an, active=False))
    assert server.as_("an").get("/v1/me").status_code == 401
    state = listed(server)["an"]
    assert (state.member.active, state.code_until) == (False, None)
    assert problem(server.as_(SECRETARY).post("/v1/codes", CodeRequest(accounts=("an",)))) == (
        403,
        "not-allowed",
    )
    assert text.lineage in {
        e.entry.submission.lineage for e in server.as_(SECRETARY).feed(CELL).entries if e.entry
    }
    (back,) = changed(server, SECRETARY, editing(gone, active=True))
    assert back == an


def test_a_change_made_from_an_old_reading_is_refused(server: RunningServer) -> None:
    an = listed(server)["an"].member
    changed(server, ADMINISTRATOR, editing(an, probationary=True))
    assert problem(put(server, SECRETARY, editing(an, name="Tên Khác"))) == (409, "conflict")


def test_a_new_member_gets_a_free_account_and_a_code(server: RunningServer) -> None:
    edit = MemberEdit(
        before=None, name="LÊ THỊ MỚI", unit=CELL, admitted_on=None, probationary=True, duty=None
    )
    answer = server.as_(SECRETARY).post(f"/v1/members?unit={CELL}", edit)
    (new,) = read(answer, tuple[Member, ...])
    assert new.name == "Lê Thị Mới"
    issued = read(server.as_(SECRETARY).post("/v1/codes", CodeRequest(accounts=(new.account,))), Codes)
    state = listed(server)[new.account]
    assert (state.activated, state.code_until) == (False, issued.codes[0].expires_at)


@pytest.mark.parametrize("by", ["an", "pho", "canbo", "xuatban", "bithu2"])
def test_nobody_without_the_duty_sees_or_changes_the_members_of_a_cell(
    server: RunningServer, by: str
) -> None:
    an = listed(server)["an"].member
    rows = RosterRequest(rows=tuple(ROWS), complete=False)
    refused = [
        server.as_(by).get("/v1/members", below=CELL),
        put(server, by, editing(an, name="Tên Khác")),
        server.as_(by).post(f"/v1/members?unit={CELL}", editing(an, before=None)),
        server.as_(by).post(f"/v1/roster?unit={CELL}", rows),
    ]
    assert [problem(answer) for answer in refused] == [(403, "not-allowed")] * 4


def test_a_secretary_neither_moves_members_nor_touches_one_with_a_wider_duty(server: RunningServer) -> None:
    members = listed(server)
    an, administrator = members["an"].member, members[ADMINISTRATOR].member
    assert problem(put(server, SECRETARY, editing(an, unit=OTHER_CELL))) == (403, "not-allowed")
    assert problem(put(server, SECRETARY, editing(administrator, active=False))) == (403, "not-allowed")
    codes = server.as_(SECRETARY).post("/v1/codes", CodeRequest(accounts=(ADMINISTRATOR,)))
    assert problem(codes) == (403, "not-allowed")
    assert not listed(server, SECRETARY, CELL)[ADMINISTRATOR].manageable
    # Nor by naming a unit they answer for while editing another.
    bithu2 = members["bithu2"].member
    assert problem(put(server, SECRETARY, editing(bithu2, name="Tên Khác"), CELL)) == (403, "not-allowed")


def test_an_administrator_gives_and_ends_duties_for_the_commune_and_it_is_on_record(
    server: RunningServer,
) -> None:
    an = listed(server)["an"].member
    officer = (DutyKind.COMMITTEE_OFFICER,)
    given = changed(server, ADMINISTRATOR, editing(an, commune_duties=officer))[0]
    assert can(given, Action.READ_COUNTS, COMMUNE)
    assert read(server.as_("an").get("/v1/me"), Session).member == given
    ended = changed(server, ADMINISTRATOR, editing(given, commune_duties=()))[0]
    assert ended == an
    told = [(one.actor, one.account, one.kind, one.given) for one in history(server.house.database, 2)]
    assert told == [
        (ADMINISTRATOR, "an", DutyKind.COMMITTEE_OFFICER, False),
        (ADMINISTRATOR, "an", DutyKind.COMMITTEE_OFFICER, True),
    ]


def test_a_secretary_gives_no_duty_for_the_commune(server: RunningServer) -> None:
    an = listed(server, SECRETARY, CELL)["an"].member
    edit = editing(an, commune_duties=(DutyKind.ADMINISTRATOR,))
    assert problem(put(server, SECRETARY, edit)) == (403, "not-allowed")
    edit = editing(an, commune_duties=(DutyKind.CELL_SECRETARY,))
    assert problem(put(server, ADMINISTRATOR, edit)) == (422, "bad-input")


def test_the_last_administrator_stays_one_however_it_is_tried(server: RunningServer) -> None:
    me = listed(server)[ADMINISTRATOR].member
    cell = me.unit
    for edit in (editing(me, commune_duties=()), editing(me, active=False)):
        assert problem(put(server, ADMINISTRATOR, edit, cell)) == (409, "conflict")
    with pytest.raises(Conflict):
        change_duty(server.house.database, ADMINISTRATOR, DutyKind.ADMINISTRATOR, False, NOW)
    an = change_duty(server.house.database, "an", DutyKind.ADMINISTRATOR, True, NOW)
    assert change_duty(server.house.database, "an", DutyKind.ADMINISTRATOR, True, NOW) is None
    assert {member.account for member in holders(server.house.database)} >= {"an", ADMINISTRATOR}
    changed(server, ADMINISTRATOR, editing(me, commune_duties=()), cell)
    with pytest.raises(Conflict):
        change_duty(server.house.database, an.account, DutyKind.ADMINISTRATOR, False, NOW)


def test_no_wider_duty_is_given_and_no_list_is_without_end(server: RunningServer) -> None:
    an = listed(server)["an"].member
    wider = editing(an, duty=DutyKind.ADMINISTRATOR)
    assert problem(put(server, ADMINISTRATOR, wider)) == (422, "bad-input")
    none = server.as_(ADMINISTRATOR).post(f"/v1/roster?unit={COMMUNE}", RosterRequest(rows=(), complete=True))
    assert problem(none) == (422, "bad-input")
    assert problem(put(server, ADMINISTRATOR, editing(an, unit=COMMUNE))) == (404, "not-found")
