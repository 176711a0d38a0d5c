"""Units, members, duties, and the one rule that decides who may do what where."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class UnitKind(StrEnum):
    CENTRAL = "central"
    PROVINCE = "province"
    COMMUNE = "commune"
    BRANCH = "branch"
    CELL = "cell"
    GROUP = "group"


class DutyKind(StrEnum):
    __hash__ = str.__hash__  # that of Enum is slow, and every access check looks one up

    MEMBER = "member"
    CELL_SECRETARY = "cell_secretary"
    CELL_DEPUTY = "cell_deputy"
    COMMITTEE_OFFICER = "committee_officer"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What a route or a screen may ask for. Every server route declares one of these or says it is public."""

    __hash__ = str.__hash__

    SUBMIT_OWN = "submit_own"
    READ_OWN = "read_own"
    READ_CELL = "read_cell"  # names, ticks, reflections of a cell
    REVIEW = "review"
    ISSUE_CODES = "issue_codes"
    READ_COUNTS = "read_counts"  # completion without any text
    CARRY = "carry"  # bring others' sealed bundles to the server
    PUBLISH = "publish"
    ADMINISTER = "administer"


DUTY_NAMES = {
    DutyKind.MEMBER: "Đảng viên",
    DutyKind.CELL_SECRETARY: "Bí thư chi bộ",
    DutyKind.CELL_DEPUTY: "Phó bí thư chi bộ",
    DutyKind.COMMITTEE_OFFICER: "Cán bộ văn phòng đảng uỷ",
    DutyKind.PUBLISHER: "Cán bộ xuất bản",
    DutyKind.ADMINISTRATOR: "Quản trị",
}

CELL_DUTIES = frozenset({DutyKind.CELL_SECRETARY, DutyKind.CELL_DEPUTY})
COMMUNE_DUTIES = frozenset({DutyKind.COMMITTEE_OFFICER, DutyKind.PUBLISHER, DutyKind.ADMINISTRATOR})
"""These hold for the commune of the member's cell."""

_PERMITTED = {
    DutyKind.MEMBER: frozenset({Action.SUBMIT_OWN, Action.READ_OWN}),
    DutyKind.CELL_SECRETARY: frozenset(
        {Action.READ_CELL, Action.REVIEW, Action.ISSUE_CODES, Action.READ_COUNTS, Action.CARRY}
    ),
    DutyKind.CELL_DEPUTY: frozenset({Action.READ_CELL, Action.REVIEW, Action.READ_COUNTS, Action.CARRY}),
    DutyKind.COMMITTEE_OFFICER: frozenset({Action.READ_COUNTS, Action.CARRY}),
    DutyKind.PUBLISHER: frozenset({Action.PUBLISH}),
    DutyKind.ADMINISTRATOR: frozenset({Action.ADMINISTER, Action.ISSUE_CODES}),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A Party organisation. `path` names the units above: `hongson/anbinh/kp1` is in `hongson/anbinh`."""

    path: str
    name: str
    kind: UnitKind


@dataclass(frozen=True, slots=True)
class Duty:
    kind: DutyKind
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as the handbook knows them: no birth date, no identity number. `unit` is the cell's path."""

    account: str
    name: str
    unit: str
    duties: tuple[Duty, ...]
    admitted_on: date | None = None
    probationary: bool = False
    active: bool = True


def lies_within(path: str, unit: str) -> bool:
    """Whether `path` is `unit` or below it."""
    return path == unit or path.startswith(unit + "/")


def can(actor: Member, action: Action, unit: str) -> bool:
    """Whether one of the actor's duties permits `action` on `unit`.

    A member's own duty reaches their own cell path only; the caller checks that the thing is their own.
    """
    return actor.active and any(
        action in _PERMITTED[duty.kind] and lies_within(unit, duty.unit) for duty in actor.duties
    )


def may_manage(actor: Member, member: Member) -> bool:
    """Whether the actor answers for the member's record and codes: for their cell and each of their duties.

    So nobody gains a duty beyond their own by changing, or signing in for, one who has it.
    """
    held = {member.unit} | {duty.unit for duty in member.duties if duty.kind is not DutyKind.MEMBER}
    return any(
        all(can(actor, action, unit) for unit in held) for action in (Action.ADMINISTER, Action.ISSUE_CODES)
    )


def cells_where(actor: Member, action: Action, units: Iterable[Unit]) -> tuple[Unit, ...]:
    """The cells among the units on which the actor may do `action`."""
    return tuple(unit for unit in units if unit.kind is UnitKind.CELL and can(actor, action, unit.path))


def commune_of(unit_path: str) -> str:
    """The commune a unit belongs to: the second level of its path, the shard key of all submissions."""
    return "/".join(unit_path.split("/")[:2])
