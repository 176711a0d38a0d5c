"""Members come, change, move and leave: one at a time or by a list, in one transaction, told to the cells."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update

from handbook.errors import BadInput, Conflict, NotAllowed, NotFound
from handbook.model.duties import (
    commune_duties,
    departed,
    placed,
    relieved,
    secretaries,
    with_commune_duties,
)
from handbook.model.people import (
    CELL_DUTIES,
    COMMUNE_DUTIES,
    DUTY_NAMES,
    DutyKind,
    Member,
    UnitKind,
    commune_of,
    lies_within,
    may_manage,
)
from handbook.model.roster import (
    RosterPlan,
    Ward,
    account_for,
    plan,
    proper_name,
)
from handbook.model.roster_sheet import MAX_NAME_CHARACTERS
from handbook.model.vietnamese import VIETNAM
from handbook.protocol import codec
from handbook.protocol.api import MemberEdit, MembersPage, MemberState, RosterAnswer, RosterRequest
from handbook.server import feed
from handbook.server.database import Database, upsert
from handbook.server.duties import keep_an_administrator, note_changes
from handbook.server.people import find_members, members_in, members_where
from handbook.server.tables import codes, credentials, duties, feeds, members, tokens, units
from handbook.server.units import units_below

MAX_ROSTER_ROWS = 5_000


def list_members(database: Database, reader: Member, unit: str, now: datetime) -> MembersPage:
    """Everybody in the unit whom the reader answers for, those who left last; the cells among them."""
    with database.read() as connection:
        below = units_below(connection, unit)
        found = _members_below(connection, unit)
        accounts = {row.account: row for row in connection.execute(_account_states(unit, now))}
    states = tuple(
        MemberState(
            member=member,
            activated=accounts[member.account].changed_at is not None,
            code_until=accounts[member.account].expires_at,
            seen_on=accounts[member.account].seen_on,
            manageable=may_manage(reader, member),
        )
        for member in found
    )
    return MembersPage(units=tuple(u for u in below if u.kind is UnitKind.CELL), members=states)


def _account_states(unit: str, now: datetime) -> Select:
    """For each member below the unit: when the password was set and until when a code may be used."""
    is_open = (codes.c.account == members.c.account) & codes.c.used_at.is_(None) & (codes.c.expires_at > now)
    return (
        select(members.c.account, members.c.seen_on, credentials.c.changed_at, codes.c.expires_at)
        .outerjoin(credentials, credentials.c.account == members.c.account)
        .outerjoin(codes, is_open)
        .where(_below(unit))
    )


def change_member(
    database: Database, actor: Member, account: str, edit: MemberEdit, now: datetime
) -> tuple[Member, ...]:
    """The member as edited, and whom that relieved of the secretary's duty. An empty account makes a new one.

    Raises Conflict when the member was changed since they were read, NotAllowed, NotFound, BadInput.
    """
    name = _checked_name(edit.name)
    if edit.duty is not None and edit.duty not in CELL_DUTIES:
        raise BadInput("Ở đây chỉ phân công được bí thư và phó bí thư chi bộ.")
    if not COMMUNE_DUTIES.issuperset(edit.commune_duties or ()):
        raise BadInput("Nhiệm vụ của đảng uỷ không gồm nhiệm vụ trong chi bộ.")
    with database.write() as connection:
        positions = feed.lock_positions(connection, _feeds_of(connection, edit.unit))
        known = {member.account: member for member in _members_below(connection, commune_of(edit.unit))}
        _check_cell(connection, edit.unit)
        before = known.get(account)
        if account and before is None:
            raise NotFound("Không có đảng viên này trong đảng bộ.", "Hãy mở lại danh sách.")
        if before != edit.before:
            raise Conflict(
                "Có người khác vừa sửa thông tin của đồng chí này.", "Hãy mở lại danh sách rồi làm lại."
            )
        after = _edited(before, edit, name, known, _all_accounts(connection))
        for member in (before, after):
            if member is not None and not may_manage(actor, member):
                raise _not_theirs()
        changed = [after] if after != before else []
        if edit.active and edit.duty is DutyKind.CELL_SECRETARY:
            others = [each for each in secretaries(known.values(), after.unit) if each.account != account]
            changed += [relieved(each, after.unit) for each in others]
        keep_an_administrator(changed, known, commune_of(edit.unit))
        keep_members(connection, changed, known, positions, now, actor=actor.account)
    return (after, *changed[1:]) if changed else (after,)


def change_duty(database: Database, account: str, kind: DutyKind, held: bool, now: datetime) -> Member | None:
    """Gives a duty for the commune, or ends it, by whoever runs the server; None when it was so already.

    Raises NotFound, BadInput for a cell's duty and for who has left, Conflict for the last administrator.
    """
    if kind not in COMMUNE_DUTIES:
        raise BadInput(
            f"{DUTY_NAMES[kind]} là nhiệm vụ trong chi bộ.", "Nhiệm vụ này giao trên màn hình Đảng viên."
        )
    with database.write() as connection:
        found = find_members(connection, [account])
        if not found:
            raise NotFound(f"Không có tài khoản {account}.", "Hãy xem lại danh sách: handbook roster --help")
        commune = commune_of(found[0].unit)
        positions = feed.lock_positions(connection, _feeds_of(connection, commune))
        known = {member.account: member for member in _members_below(connection, commune)}
        before = known[account]
        if held and not before.active:
            raise BadInput(f"{before.name} đã thôi sinh hoạt.", "Hãy cho sinh hoạt trở lại trước.")
        kinds = commune_duties(before)
        after = with_commune_duties(before, kinds | {kind} if held else kinds - {kind})
        if after == before:
            return None
        keep_an_administrator([after], known, commune)
        keep_members(connection, [after], known, positions, now, actor="")
    return after


def _edited(
    before: Member | None,
    edit: MemberEdit,
    name: str,
    known: Mapping[str, Member],
    taken: Collection[str],
) -> Member:
    if before is None:
        in_cell = [each.account for each in known.values() if each.unit == edit.unit]
        before = Member(
            account=account_for(name, edit.unit, taken, in_cell), name=name, unit=edit.unit, duties=()
        )
    # Where no duty is asked for, one that is held is given back.
    without = replace(before, duties=tuple(duty for duty in before.duties if duty.kind not in CELL_DUTIES))
    after = replace(
        placed(without, edit.unit, edit.duty),
        name=name,
        admitted_on=edit.admitted_on,
        probationary=edit.probationary,
        active=edit.active,
    )
    if edit.commune_duties is not None:
        after = with_commune_duties(after, edit.commune_duties)
    return after if edit.active else departed(after)


def apply_roster(
    database: Database, actor: Member | None, unit: str, request: RosterRequest, now: datetime
) -> RosterAnswer:
    """What the list changes; with `confirmed`, the fingerprint of that answer, it is carried out.

    Rows with problems are left as they are. The list is compared with the whole commune of `unit`. `actor` is
    None for whoever runs the server. Raises Conflict when something changed since the confirmed answer.
    """
    if not 1 <= len(request.rows) <= MAX_ROSTER_ROWS:
        raise BadInput(f"Một danh sách có từ 1 đến {MAX_ROSTER_ROWS} dòng.")
    for row in request.rows:
        _checked_name(row.name)
    with database.write() as connection:
        commune = commune_of(unit)
        positions = feed.lock_positions(connection, _feeds_of(connection, commune))
        found = _members_below(connection, commune)
        known = {member.account: member for member in found}
        ward = Ward(members=found, units=units_below(connection, commune), accounts=_all_accounts(connection))
        planned = plan(
            request.rows,
            ward,
            complete=request.complete,
            actor=actor.account if actor else "",
            may_change=lambda member: actor is None or may_manage(actor, member),
        )
        fingerprint = _fingerprint(planned)
        applied = bool(request.confirmed)
        if applied and request.confirmed != fingerprint:
            raise Conflict(
                "Danh sách đảng viên trên máy chủ đã thay đổi sau khi xem trước.", "Hãy xem trước lại."
            )
        if applied:
            changed = [entry.after for entry in planned.changes]
            keep_an_administrator(changed, known, commune)
            keep_members(connection, changed, known, positions, now, actor=actor.account if actor else "")
    return RosterAnswer(plan=planned, fingerprint=fingerprint, applied=applied)


def keep_members(
    connection: Connection,
    changed: Sequence[Member],
    known: Mapping[str, Member],
    positions: Mapping[str, int],
    now: datetime,
    *,
    actor: str,
) -> None:
    """Writes members as they are from now on and tells their cells, the former ones too.

    `actor` is the account of who changes them, empty for whoever runs the server. `known` has them as they
    were, `positions` the locked feeds of every cell concerned. Who left is signed out everywhere, and their
    open code is void.
    """
    if not changed:
        return
    ordered = sorted(changed, key=lambda member: member.account)
    accounts = [member.account for member in ordered]
    upsert(connection, members, [_member_row(member) for member in ordered])
    connection.execute(delete(duties).where(duties.c.account.in_(accounts)))
    rows = [
        {"account": member.account, "kind": duty.kind.value, "unit": duty.unit}
        for member in ordered
        for duty in member.duties
    ]
    if rows:
        connection.execute(insert(duties), rows)
    note_changes(connection, ordered, known, actor, now)
    _let_go(connection, ordered, known, now.astimezone(VIETNAM).date())
    _tell(connection, ordered, known, dict(positions))


def _let_go(
    connection: Connection, ordered: Sequence[Member], known: Mapping[str, Member], today: date
) -> None:
    """Sessions and codes of those who left end; the day counts from which their data is kept."""
    was_active = {account for account, member in known.items() if member.active}
    left = [
        m.account for m in ordered if not m.active and (m.account in was_active or m.account not in known)
    ]
    back = [m.account for m in ordered if m.active and m.account in known and m.account not in was_active]
    if left:
        connection.execute(delete(tokens).where(tokens.c.account.in_(left)))
        connection.execute(delete(codes).where(codes.c.account.in_(left), codes.c.used_at.is_(None)))
        connection.execute(update(members).where(members.c.account.in_(left)).values(left_on=today))
    if back:
        connection.execute(update(members).where(members.c.account.in_(back)).values(left_on=None))


def _tell(
    connection: Connection,
    ordered: Sequence[Member],
    known: Mapping[str, Member],
    positions: dict[str, int],
) -> None:
    concerned = {(member.unit, member.account) for member in ordered}
    concerned |= {(known[m.account].unit, m.account) for m in ordered if m.account in known}
    by_account = {member.account: member for member in ordered}
    rows = []
    for unit, account in sorted(concerned):
        positions[unit] += 1
        rows.append(feed.member_row(by_account[account], unit, positions[unit]))
    feed.append(connection, rows)


def _feeds_of(connection: Connection, unit: str) -> Collection[str]:
    """Every feed of the unit's commune: whoever changes members there waits for one another."""
    commune = commune_of(unit)
    paths = connection.scalars(select(feeds.c.unit)).all()
    return [path for path in paths if lies_within(path, commune)]


def _members_below(connection: Connection, unit: str) -> tuple[Member, ...]:
    return members_in(connection.execute(members_where(_below(unit))).mappings())


def _below(unit: str) -> ColumnElement[bool]:
    return (members.c.unit == unit) | members.c.unit.startswith(unit + "/", autoescape=True)


def _check_cell(connection: Connection, path: str) -> None:
    """Raises NotFound unless the path is a cell."""
    if connection.scalar(select(units.c.kind).where(units.c.path == path)) != UnitKind.CELL.value:
        raise NotFound("Không có chi bộ này.", "Hãy mở lại danh sách.")


def _checked_name(name: str) -> str:
    name = proper_name(name)
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise BadInput("Họ và tên còn trống hoặc không hợp lệ.")
    return name


def _all_accounts(connection: Connection) -> frozenset[str]:
    """An account is one member's on the whole server, of whichever commune."""
    return frozenset(connection.scalars(select(members.c.account)))


def _fingerprint(planned: RosterPlan) -> str:
    return hashlib.sha256(codec.encode(planned.changes)).hexdigest()


def _not_theirs() -> NotAllowed:
    return NotAllowed(
        "Đảng viên này, hoặc chi bộ được chọn, không thuộc phạm vi đồng chí phụ trách.",
        "Chuyển sinh hoạt giữa các chi bộ do quản trị của đảng uỷ làm.",
    )


def _member_row(member: Member) -> dict[str, object]:
    return {
        "account": member.account,
        "name": member.name,
        "unit": member.unit,
        "admitted_on": member.admitted_on,
        "probationary": member.probationary,
        "active": member.active,
    }
