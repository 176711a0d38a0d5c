"""References in an official text: to its own articles (khoản 2 Điều 5) and to other documents by number.

Offsets are those of the text as given, which is NFC.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from handbook.model.text import NumberKey, find_document_numbers, fold


@dataclass(frozen=True, slots=True)
class ArticleReference:
    """`article` is the article's number as in its heading: '5', '12a'.

    `document` is the other document that it belongs to; None for the one it stands in. `says_this` where the
    text says so (Điều 5 Luật này).
    """

    article: str
    start: int
    end: int
    document: "Citation | None" = None
    says_this: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A document named by its whole number; `issued_on` where its date follows the number."""

    key: NumberKey
    start: int
    end: int
    issued_on: date | None = None


_NUMBER = r"\d{1,4}[a-zđ]?(?![\w/])"
_POINT = r"(?:điểm\s+[a-zđ]{1,2},?\s+)?"
_CLAUSE = r"(?:khoản\s+\d+[a-zđ]?,?\s+)?"
_FIRST = rf"{_POINT}{_CLAUSE}điều\s+{_NUMBER}"
_NEXT = rf"\s*(?:,|;|\s+và|\s+hoặc|\s+đến)\s*(?:{_POINT}{_CLAUSE}điều\s+)?{_NUMBER}"
_ARTICLES = re.compile(rf"\b(?P<several>các\s+)?(?P<list>{_FIRST}(?:{_NEXT})*)", re.IGNORECASE)
_ONE = re.compile(rf"{_POINT}{_CLAUSE}điều\s+(?P<named>{_NUMBER})|(?P<bare>\b{_NUMBER})", re.IGNORECASE)
_KIND = (
    r"(?:bộ\s+luật|luật|pháp\s+lệnh|hiến\s+pháp|nghị\s+định|nghị\s+quyết|quyết\s+định|quy\s+chế"
    r"|thông\s+tư|điều\s+lệ|chỉ\s+thị|kết\s+luận|hướng\s+dẫn|công\s+ước|hiệp\s+định|văn\s+bản|quy\s+trình"
    # `Điều 5 quy định` is a verb.
    r"|(?-i:Quy\s+định)|(?<=của\s)quy\s+định|quy\s+định(?=\s+này))"
)
_OWNER = re.compile(rf"\s*,?\s*(?:của\s+)?{_KIND}\b(?P<this>\s+này\b)?", re.IGNORECASE)
_OTHER_OWNER = re.compile(r"\s+(?:của\s+)?(?:nói\s+trên|đó|kèm\s+theo)\b", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(
    r"\d{1,5}\s*[-–/]\s*(?:\d{4}\s*[-–/]\s*)?[A-ZĐa-zđ]{1,6}\d{0,3}(?:\s*[-–/]\s*[A-ZĐa-zđ]+)*"
)
_DATE = re.compile(
    r"[,\s]*(?:ngày\s+)?(?P<day>\d{1,2})(?:[/.-]|\s+tháng\s+)(?P<month>\d{1,2})(?:[/.-]|\s+năm\s+)(?P<year>\d{4})",
    re.IGNORECASE,
)
_HEADING = re.compile(r"dieu\s+(\d{1,4}[a-z]?)\b")
NUMBER_REACH = 24
"""Between the word for the kind of document and its number: `Nghị quyết số`, `Luật Đất đai số`."""


def article_of_heading(heading: str) -> str:
    """The number of the article that a heading opens; '' for another heading."""
    found = _HEADING.match(fold(heading).strip())
    return found[1] if found else ""


def article_references(text: str) -> Iterator[ArticleReference]:
    """Every article named in the text, in order; not those of a document that is named without its number."""
    for found in _ARTICLES.finditer(text):
        owner = _OWNER.match(text, found.end())
        other, says_this = None, bool(owner and owner["this"])
        if owner and not says_this:
            near = owner.end() + NUMBER_REACH
            other = next((one for one in citations(text, owner.end()) if one.start <= near), None)
            if other is None:
                continue
        elif _OTHER_OWNER.match(text, found.end()):
            continue
        for one in _ONE.finditer(text, found.start("list"), found.end()):
            if one["named"] or found["several"]:
                article = fold(one["named"] or one["bare"])
                yield ArticleReference(article, one.start(), one.end(), other, says_this)


def citations(text: str, start: int = 0) -> Iterator[Citation]:
    """The documents named by their whole number (15-NQ/TW, 10/2020/NĐ-CP), in order."""
    for seen in _WHOLE_NUMBER.finditer(text, start):
        named = next(find_document_numbers(seen[0]), None)
        if named is None or (len(named.key) < 3 and not any(part.isdigit() for part in named.key[1:])):
            continue
        yield Citation(
            named.key, seen.start() + named.start, seen.start() + named.end, _date(text, seen.end())
        )


def _date(text: str, start: int) -> date | None:
    found = _DATE.match(text, start)
    if not found:
        return None
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
