"""Dates, numbers and alphabetical order as Vietnamese readers expect them."""

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

VIETNAM: Final = timezone(timedelta(hours=7), "ICT")
"""The country's one time zone, without daylight saving; what the PC says of its zone is not relied on."""

_WEEKDAYS: Final = ("Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật")
_ALPHABET: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES: Final = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
"""Ngang, huyền, hỏi, ngã, sắc, nặng: the order of dictionaries."""

_LETTER_KEYS: Final = {letter: chr(ord("A") + place) for place, letter in enumerate(_ALPHABET)}
_TONE_KEYS: Final = {tone: place for place, tone in enumerate(_TONES) if tone}
_TOKENS: Final = re.compile(r"\d+|[^\W\d_]+")


def date_text(day: date) -> str:
    """22/11/2026; of a datetime, which must be aware, the day it is in Vietnam."""
    return f"{_day(day):%d/%m/%Y}"


def weekday_text(day: date) -> str:
    """Chủ nhật, 22/11/2026"""
    day = _day(day)
    return f"{_WEEKDAYS[day.weekday()]}, {date_text(day)}"


def time_text(moment: datetime) -> str:
    """14:05 in Vietnam; `moment` must be aware."""
    return f"{_local(moment):%H:%M}"


def moment_text(moment: datetime) -> str:
    """14:05 ngày 22/11/2026"""
    return f"{time_text(moment)} ngày {date_text(moment)}"


def number_text(value: float, decimals: int = 0) -> str:
    """12.480 and, with one decimal, 86,5."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def since_text(then: datetime, now: datetime) -> str:
    """How long ago, in the words a person would use; both moments must be aware.

    A moment still to come, as a clock that was set back leaves behind, is given as day and time.
    """
    minutes = int((now - then).total_seconds() // 60)
    days = (_local(now).date() - _local(then).date()).days
    if minutes < -1 or days > 6:
        return moment_text(then)
    if minutes < 1:
        return "vừa xong"
    if minutes < 60:
        return f"{minutes} phút trước"
    if days == 0:
        return f"{minutes // 60} giờ trước"
    if days == 1:
        return f"hôm qua lúc {time_text(then)}"
    return f"{days} ngày trước"


def due_text(due: date, today: date) -> str:
    """còn 8 ngày, hạn ngày mai, hạn hôm nay, quá hạn 3 ngày"""
    days = (due - today).days
    if days < 0:
        return f"quá hạn {-days} ngày"
    return ("hạn hôm nay", "hạn ngày mai")[days] if days < 2 else f"còn {days} ngày"


def sort_key(text: str) -> str:
    """A string whose plain order is the Vietnamese alphabetical order of the texts.

    Syllable by syllable: first the letters (a ă â b c d đ ...), then the tone (ngang, huyền, hỏi, ngã, sắc,
    nặng). Numbers stand before letters and go by value; case, punctuation and the place of the tone mark do
    not count.
    """
    return " ".join(
        _number_key(token) if token.isdecimal() else _syllable_key(token)
        for token in _TOKENS.findall(unicodedata.normalize("NFC", text).lower())
    )


def name_key(name: str) -> str:
    """As `sort_key` for a person: by the given name, which comes last, then by family and middle names."""
    *before, given = name.split() or [""]
    return sort_key(" ".join((given, *before)))


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(VIETNAM)


def _day(day: date) -> date:
    return _local(day).date() if isinstance(day, datetime) else day


def _number_key(digits: str) -> str:
    """`#`, how many digits, the digits: shorter numbers are smaller."""
    number = str(int(digits))
    return f"#{chr(ord('0') + len(number))}{number}"


@lru_cache(maxsize=8192)
def _syllable_key(syllable: str) -> str:
    """Letters as characters from `A` on, `!`, the tone: `!` sorts before any letter, so ba is before bac."""
    tone, letters = 0, ""
    for character in syllable:
        bare, mark = _without_tone(character)
        tone = mark or tone
        letters += _LETTER_KEYS.get(bare) or _LETTER_KEYS.get(unicodedata.normalize("NFD", bare)[0], bare)
    return f"{letters}!{tone}"


def _without_tone(character: str) -> tuple[str, int]:
    parts = unicodedata.normalize("NFD", character)
    tone = next((_TONE_KEYS[part] for part in parts if part in _TONE_KEYS), 0)
    kept = "".join(part for part in parts if part not in _TONE_KEYS)
    return unicodedata.normalize("NFC", kept), tone
