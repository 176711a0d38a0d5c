"""How long a server keeps what, and until which day a thing of a given day is kept.

An age is a number of whole months by the calendar of Vietnam. What came on a day is kept through the day of
the same number so many months later, or the last day of that month where it has no such day; from the next
day on it may be erased.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from handbook.model.text import nfc
from handbook.model.vietnamese import VIETNAM, date_text

LONGEST_MONTHS: Final = 100 * 12
KEPT: Final = "kept"
"""What a ward's file says instead of an age where nothing is to be erased."""

SHORTEST_MONTHS: Final = {
    "reflections": 12,
    "exemption_reasons": 12,
    "left_members": 6,
    "opening_log": 6,
    "activation_codes": 1,
}
"""What a slip of the pen may not go below: a year's work is still asked for when that year is assessed."""

RULES_IN_WORDS: Final = {
    "reflections": "bài thu hoạch, tệp kèm theo, lời nhận xét",
    "exemption_reasons": "lý do miễn học tập",
    "left_members": "tên, tài khoản và bài của người đã thôi",
    "opening_log": "sổ ghi ai nhận, ai mở bài",
    "activation_codes": "mã kích hoạt đã dùng hoặc hết hạn",
}

_AGE = re.compile(r"(\d{1,4}) *(year|years|month|months|năm|tháng)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Ages in months; None where it is kept until an age is stated.

    `reflections`: texts, their files, and what the cell said of them, from the day on which the latest text
    was received. `exemption_reasons`: from the day on which the cell's entry was received. `left_members`:
    name and account of who left, and their texts, from the day of leaving. `opening_log`: who was given whose
    text. `activation_codes`: codes that were used or have run out.

    How long the texts are kept is decided by the archive rules of the Party organisation, which differ: there
    is no age that would be right everywhere. The other two that nobody would miss have one.
    """

    reflections: int | None = None
    exemption_reasons: int | None = None
    left_members: int | None = None
    opening_log: int | None = 24
    activation_codes: int | None = 1


NAMES: Final = tuple(field.name for field in fields(Rules))


class BadAge(ValueError):
    """What a ward's file says of one rule cannot be followed; `rule` names it, the text says why."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule


def rules_from(stated: Mapping[str, object]) -> Rules:
    """The rules that a ward's file states, defaults for the others. Raises BadAge."""
    return Rules(**{rule: _months(rule, said) for rule, said in stated.items()})


def _months(rule: str, said: object) -> int | None:
    if rule not in SHORTEST_MONTHS:
        raise BadAge(rule, f"không có quy tắc “{rule}”; có: {', '.join(NAMES)}")
    if said == KEPT:
        return None
    match = _AGE.fullmatch(nfc(said).strip()) if isinstance(said, str) else None
    if match is None:
        raise BadAge(rule, f'“{said}” không phải một thời hạn; viết như "5 years", "18 months" hoặc "{KEPT}"')
    number, unit = int(match[1]), match[2]
    months = number * (12 if unit in ("year", "years", "năm") else 1)
    if not SHORTEST_MONTHS[rule] <= months <= LONGEST_MONTHS:
        least, most = age_text(SHORTEST_MONTHS[rule]), age_text(LONGEST_MONTHS)
        raise BadAge(rule, f"“{said}” phải từ {least} đến {most}")
    return months


def age_text(months: int) -> str:
    """5 năm, 18 tháng"""
    return f"{months // 12} năm" if months % 12 == 0 else f"{months} tháng"


def erased_text(erased_at: datetime) -> str:
    """What whoever opens a text is told when its words are gone."""
    return f"Bài đã được xoá theo thời hạn lưu trữ ngày {date_text(erased_at)}."


def first_kept(today: date, months: int) -> date:
    """The earliest day of which something is still kept today."""
    years, month = divmod(today.month - 1 - months, 12)
    year, month = today.year + years, month + 1
    last = monthrange(year, month)[1]
    if today.day <= last:
        return date(year, month, today.day)
    return date(year, month, last) + timedelta(days=1)


def kept_since(now: datetime, months: int) -> datetime:
    """The first moment, UTC, of which something is still kept; `now` must be aware."""
    day = first_kept(now.astimezone(VIETNAM).date(), months)
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)
