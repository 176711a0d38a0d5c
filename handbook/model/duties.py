"""How duties are given and end: what a member is after each of these acts."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from handbook.model.people import (
    CELL_DUTIES,
    COMMUNE_DUTIES,
    Action,
    Duty,
    DutyKind,
    Member,
    can,
    commune_of,
)


def placed(before: Member, cell: str, duty: DutyKind | None) -> Member:
    """The member in that cell with that cell duty; None keeps the duty they have there.

    The member's duty stays for cells they belonged to: what they wrote there stays theirs to read.
    """
    kept = {held for held in before.duties if held.kind not in CELL_DUTIES}
    if duty is None:
        kept |= {held for held in before.duties if held.kind in CELL_DUTIES and held.unit == cell}
    elif duty in CELL_DUTIES:
        kept.add(Duty(duty, cell))
    kept.add(Duty(DutyKind.MEMBER, cell))
    return replace(before, unit=cell, duties=in_order(kept))


def departed(member: Member) -> Member:
    """The member after leaving: no sign-in, no duty but to what they wrote."""
    own = {held for held in member.duties if held.kind is DutyKind.MEMBER}
    return replace(member, active=False, duties=in_order(own))


def relieved(member: Member, cell: str) -> Member:
    """The member without the secretary's duty of that cell."""
    kept = set(member.duties) - {Duty(DutyKind.CELL_SECRETARY, cell)}
    return replace(member, duties=in_order(kept))


def secretaries(members: Iterable[Member], cell: str) -> tuple[Member, ...]:
    duty = Duty(DutyKind.CELL_SECRETARY, cell)
    return tuple(member for member in members if member.active and duty in member.duties)


def in_order(duties: Collection[Duty]) -> tuple[Duty, ...]:
    """Duties as the server gives them."""
    return tuple(sorted(set(duties), key=lambda duty: (duty.kind, duty.unit)))


def commune_duties(member: Member) -> frozenset[DutyKind]:
    """The kinds of duties the member has for their commune."""
    commune = commune_of(member.unit)
    return frozenset(
        held.kind for held in member.duties if held.kind in COMMUNE_DUTIES and held.unit == commune
    )


def with_commune_duties(member: Member, kinds: Iterable[DutyKind]) -> Member:
    """The member with these duties for their commune, and no other of the kind for it."""
    commune = commune_of(member.unit)
    others = {held for held in member.duties if held.kind not in COMMUNE_DUTIES or held.unit != commune}
    return replace(member, duties=in_order(others | {Duty(kind, commune) for kind in kinds}))


def brought_up_to_date(before: Member, named: Member, last_named: Collection[Duty]) -> Member:
    """`named` as a ward's file has them; of its duties only what changed in it since it was last loaded.

    What the file names now and did not, is given; what it names no more ends; everything else is as `before`,
    given or ended by others. The member's duty stays for former cells, as in `placed`; other duties hold for
    the cell and the commune they are in now, and for no other.
    """
    ended = {duty for duty in last_named if duty.kind is not DutyKind.MEMBER} - set(named.duties)
    given = set(named.duties) - set(last_named)
    place = {DutyKind.MEMBER: None} | dict.fromkeys(CELL_DUTIES, named.unit)
    place |= dict.fromkeys(COMMUNE_DUTIES, commune_of(named.unit))
    held = (set(before.duties) - ended) | given
    return replace(named, duties=in_order([duty for duty in held if place[duty.kind] in (None, duty.unit)]))


def administers(member: Member, commune: str) -> bool:
    return can(member, Action.ADMINISTER, commune)
