"""Plain text, such as laws as they are passed around, imported as authored Markdown with an outline.

Nothing is dropped but rulers made of dashes or stars: every word of the text is in the document, in order.
What the text does not state is filled in sensibly and named in the report, for a person to look at.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from handbook.authoring.outline import anchor_of
from handbook.authoring.source import PUBLISHER_FILE
from handbook.errors import BadInput, DiskProblem
from handbook.model.library import KIND_NAMES, Collection, Kind, Status

UNKNOWN_DATE = date(1945, 9, 2)
MAX_HEADING_CHARACTERS = 160
HEAD_LINES = 40  # where number, date, issuer and title are looked for
MAX_SUMMARY_CHARACTERS = 300

# Outermost first.
_LEVELS = (
    re.compile(r"phần\s+(?:thứ\s+\w+(?:\s+(?:mươi|một|hai|ba|tư|lăm))?|[IVXLC]+|\d+)(?P<rest>.*)", re.I),
    re.compile(r"chương\s+(?:[IVXLC]+|\d+)(?P<rest>\W.*|)", re.I),
    re.compile(r"mục\s+(?:[IVXLC]+|\d+|[A-Z])(?P<rest>\W.*|)", re.I),
    re.compile(r"tiểu\s+mục\s+(?:[IVXLC]+|\d+|[A-Z])(?P<rest>\W.*|)", re.I),
)
_ARTICLE = re.compile(r"điều\s+(?P<number>\d+)[a-zđ]?\s*(?P<mark>[.:]?)(?P<rest>.*)", re.I)
_ARTICLE_LEVEL = len(_LEVELS)
_RULER = re.compile(r"[-–—_=*~.\s]{3,}")
_NUMBER = re.compile(r"\bsố\s*:*\s*(\d[\w./-]*(?: ?\d+)?)", re.I)
_DATE = re.compile(r"ngày\s+(\d{1,2})(?:\s+tháng\s+|[-/.])(\d{1,2})(?:\s+năm\s+|[-/.])(\d{4})", re.I)
_ENACTED = re.compile(
    r"ban hành\s+((?:bộ luật|luật|pháp lệnh|nghị quyết)\s[^.;:\n]{3,200}?)[.,;]*$", re.I | re.M
)
_ABOUT = re.compile(
    r"^(?:Bộ luật|Luật|Pháp lệnh|Nghị quyết|Quy định|Hướng dẫn) này (?:quy định|hướng dẫn) .+", re.M
)
# Old titles repeat the letterhead: "của Quốc hội … số 32/2004/QH11 ngày 03 tháng 12 năm 2004".
_STAMP = re.compile(
    r"(?:của\s+quốc hội.{0,60}?\s+)?\bsố\s+\d\S*(?:\s+ngày\s+.{5,30}?\d{4})?(?:\s+của\s+quốc hội)?", re.I
)

_KIND_WORDS = {name.upper(): kind for kind, name in KIND_NAMES.items()} | {
    "BỘ LUẬT": Kind.LAW,
    "HIẾN PHÁP": Kind.LAW,
    "PHÁP LỆNH": Kind.LAW,
    "CHƯƠNG TRÌNH": Kind.PROGRAMME,
    "CƯƠNG LĨNH": Kind.PROGRAMME,
}
_COLLECTIONS = {
    Kind.RESOLUTION: Collection.RESOLUTIONS,
    Kind.DIRECTIVE: Collection.DIRECTIVES,
    Kind.CONCLUSION: Collection.DIRECTIVES,
    Kind.GUIDANCE: Collection.GUIDANCE,
    Kind.PLAN: Collection.GUIDANCE,
    Kind.NOTICE: Collection.GUIDANCE,
    Kind.PROGRAMME: Collection.THEORY,
    Kind.ARTICLE: Collection.THEORY,
    Kind.PUBLICATION: Collection.HISTORY,
}
_ISSUERS = (
    "Quốc hội",
    "Ủy ban thường vụ Quốc hội",
    "Chủ tịch nước",
    "Chính phủ",
    "Ban Chấp hành Trung ương",
    "Bộ Chính trị",
    "Ban Bí thư",
)
_NAMES = ("Việt Nam", "Quốc hội", "Chính phủ", "Hội đồng nhân dân", "Ủy ban nhân dân", "Uỷ ban nhân dân")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedText:
    """A text and the Markdown file it became. `assumed` says, in Vietnamese, what the text did not state."""

    source: Path
    file: Path
    title: str
    articles: int
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """`existing` are files that were there already: they may have been edited, so they were left alone."""

    imported: tuple[ImportedText, ...]
    existing: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    kind: Kind
    number: str
    title: str
    issuer: str
    issued_on: date
    summary: str
    assumed: tuple[str, ...]


def import_texts(
    folder: Path,
    publisher_folder: Path,
    *,
    collection: Collection | None = None,
    status: Status = Status.IN_FORCE,
) -> ImportReport:
    """Turns every .txt file of `folder` into a document of the publisher.

    It goes to `collection`, or without one to that of its kind. `status` is given to all: no text says it.
    Raises BadInput when a folder is not what it should be or a file is not UTF-8, DiskProblem.
    """
    if not (publisher_folder / PUBLISHER_FILE).exists():
        raise BadInput(f"{publisher_folder} không phải thư mục của nơi phát hành (thiếu {PUBLISHER_FILE}).")
    sources = sorted(folder.glob("*.txt"))
    if not sources:
        raise BadInput(f"{folder} không có tệp .txt nào.")
    imported: list[ImportedText] = []
    existing: list[Path] = []
    taken: set[Path] = set()
    for source in sources:
        lines = _lines(source)
        facts = _facts(lines, source.stem)
        slug = anchor_of(source.stem)
        inner = publisher_folder / (collection or _COLLECTIONS.get(facts.kind, Collection.REGULATIONS))
        file = inner / f"{slug}.md"
        if file in taken:
            raise BadInput(f"{source} trùng tên với một tệp khác sau khi bỏ dấu; hãy đổi tên.")
        taken.add(file)
        if file.exists():
            existing.append(file)
            continue
        body, articles = markdown_of(lines)
        try:
            inner.mkdir(parents=True, exist_ok=True)
            file.write_text(_front_matter(facts, source, status) + body, encoding="utf-8")
        except OSError as error:
            raise DiskProblem(f"Không ghi được {file} ({error.strerror}).") from error
        imported.append(
            ImportedText(
                source=source, file=file, title=facts.title, articles=articles, assumed=facts.assumed
            )
        )
    return ImportReport(imported=tuple(imported), existing=tuple(existing))


def markdown_of(lines: Sequence[str]) -> tuple[str, int]:
    """The Markdown of the lines (stripped, none of them empty), and how many articles it has."""
    written: list[str] = []
    open_levels: list[int] = []
    article = articles = position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        level = _level_of(line)
        if level is None and (number := _article_number(line, article)):
            level, article, articles = _ARTICLE_LEVEL, number, articles + 1
        if level is None:
            written.append(_escaped(line))
            continue
        heading, rest = _article_heading(line) if level == _ARTICLE_LEVEL else (line, "")
        if level != _ARTICLE_LEVEL:
            while position < len(lines) and _is_title(lines, position):
                heading = f"{heading}{' ' if heading[-1] in '.:-' else '. '}{lines[position]}"
                position += 1
        while open_levels and open_levels[-1] >= level:
            open_levels.pop()
        open_levels.append(level)
        written.append(f"{'#' * (len(open_levels) + 1)} {_escaped_inside(heading)}")
        if rest:
            written.append(_escaped(rest))
    return "\n\n".join(written) + "\n", articles


def _lines(source: Path) -> list[str]:
    """The lines that have words, NFC, stripped."""
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{source} không phải mã Unicode (UTF-8); hãy lưu lại bằng UTF-8.") from error
    except OSError as error:
        raise DiskProblem(f"Không đọc được {source} ({error.strerror}).") from error
    stripped = (line.strip() for line in unicodedata.normalize("NFC", text).splitlines())
    return [line for line in stripped if line and not _RULER.fullmatch(line)]


def _level_of(line: str) -> int | None:
    """How deep a heading above the articles this line is; None for other lines."""
    for level, pattern in enumerate(_LEVELS):
        if match := pattern.fullmatch(line):
            rest = match["rest"].strip()
            if not rest or rest[0] in ".:-–" or (rest.isupper() and len(line) <= MAX_HEADING_CHARACTERS):
                return level
    return None


def _article_number(line: str, previous: int) -> int:
    """The number of the article this line begins, 0 when it begins none."""
    match = _ARTICLE.fullmatch(line)
    if match is None:
        return 0
    number, rest = int(match["number"]), match["rest"].strip()
    if match["mark"] or not rest:
        return number
    # Without a full stop it is an article only where the next one is due; elsewhere a sentence names one.
    return number if number == previous + 1 and rest[0].isupper() else 0


def _article_heading(line: str) -> tuple[str, str]:
    """The heading of an article, and what of its line belongs to the text."""
    if len(line) <= MAX_HEADING_CHARACTERS:
        return line, ""
    match = _ARTICLE.fullmatch(line)
    assert match is not None
    return line[: match.start("rest")].strip(), match["rest"].strip()


def _is_title(lines: Sequence[str], position: int) -> bool:
    """Whether this line names the part or chapter opened just before it."""
    line = lines[position]
    if _level_of(line) is not None or _ARTICLE.match(line) or len(line) > MAX_HEADING_CHARACTERS:
        return False
    if line.isupper():
        return True
    following = lines[position + 1] if position + 1 < len(lines) else ""
    opens = _level_of(following) is not None or _article_number(following, 0) > 0
    return opens and line[0].isupper() and line[-1] not in ".;:,"


def _escaped(line: str) -> str:
    """The line as Markdown that shows the same characters; one that begins with a hyphen is a list item."""
    bullet = "- " if line.startswith("- ") else ""
    text = _escaped_inside(line[len(bullet) :])
    text = re.sub(r"^(\d+)([.)])", r"\1\\\2", text)
    return bullet + re.sub(r"^([#>+-])", r"\\\1", text)


def _escaped_inside(text: str) -> str:
    text = re.sub(r"([\\`*_\[\]])", r"\\\1", text)
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _facts(lines: Sequence[str], name: str) -> _Facts:
    assumed: list[str] = []
    head = lines[:HEAD_LINES]
    opening = next((at for at, line in enumerate(head) if _begins_body(line)), len(head))
    letterhead = head[:opening]
    at, kind = next(
        ((at, kind) for at, line in enumerate(letterhead) if (kind := _kind_of(line))), (-1, None)
    )
    if kind is None:
        assumed.append("loại văn bản")
    number = next((_clean_number(match[1]) for line in letterhead if (match := _NUMBER.search(line))), "")
    if not number:
        assumed.append("số hiệu")
    issued_on = _first_date(letterhead) or _first_date(reversed(lines[-HEAD_LINES:]))
    if issued_on is None:
        assumed.append("ngày ban hành")
    issuer = next((known for line in letterhead for known in _ISSUERS if known.upper() in line.upper()), "")
    if not issuer:
        assumed.append("cơ quan ban hành")
    title = _title(letterhead, at, lines) or name.replace("-", " ").capitalize()
    about = _ABOUT.search("\n".join(lines[: HEAD_LINES * 2]))
    assumed.append("hiệu lực")
    return _Facts(
        kind=kind or Kind.ARTICLE,
        number=number,
        title=title,
        issuer=issuer or "Chưa rõ",
        issued_on=issued_on or UNKNOWN_DATE,
        summary=_shortened(about[0]) if about else title,
        assumed=tuple(assumed),
    )


def _begins_body(line: str) -> bool:
    return _level_of(line) is not None or _article_number(line, 0) > 0 or line.startswith(("Căn cứ", "Để "))


def _kind_of(line: str) -> Kind | None:
    """The kind that a line in capitals names, alone or before the title."""
    for word in sorted(_KIND_WORDS, key=len, reverse=True):
        if line == word or line.startswith(word + " "):
            return _KIND_WORDS[word]
    return None


def _title(letterhead: Sequence[str], at: int, lines: Sequence[str]) -> str:
    """The title in natural case: as the text itself cites it, or from the capitals of the letterhead."""
    if cited := _ENACTED.search("\n".join(lines[:HEAD_LINES])):
        return _capitalised(cited[1])
    if at < 0:
        return ""
    capitals = []
    for line in letterhead[at:]:
        follows = bool(capitals)
        is_other = line.startswith((*(issuer.upper() for issuer in _ISSUERS), "LỜI NÓI ĐẦU"))
        if not line.isupper() or (follows and is_other) or (len(capitals) > 1 and _kind_of(line)):
            break
        capitals.append(line)
    natural = _natural_case(" ".join(_STAMP.sub(" ", " ".join(capitals)).split()))
    return re.sub(r"^(Bộ luật|Luật|Pháp lệnh) về (?:luật )?", r"\1 ", natural)


def _natural_case(capitals: str) -> str:
    text = capitals.lower()
    for name in _NAMES:
        text = re.sub(rf"\b{name}\b", name, text, flags=re.I)
    return _capitalised(text)


def _capitalised(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _clean_number(text: str) -> str:
    return text.replace(" ", "").rstrip(".,;")


def _first_date(lines: Iterable[str]) -> date | None:
    for line in lines:
        for match in _DATE.finditer(line):
            try:
                return date(int(match[3]), int(match[2]), int(match[1]))
            except ValueError:
                continue
    return None


def _shortened(text: str) -> str:
    if len(text) <= MAX_SUMMARY_CHARACTERS:
        return text
    return text[:MAX_SUMMARY_CHARACTERS].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _front_matter(facts: _Facts, source: Path, status: Status) -> str:
    fields = {
        "kind": _toml(facts.kind),
        "number": _toml(facts.number),
        "title": _toml(facts.title),
        "issuer": _toml(facts.issuer),
        "issued_on": facts.issued_on.isoformat(),
        "status": _toml(status),
        "topics": "[]",
        "summary": _toml(facts.summary),
        "sources": f"[{_toml(f'Tệp {source.name}')}]",
    }
    lines = [f"{name} = {value}" for name, value in fields.items()]
    return "\n".join(["+++", *lines, "+++", "", ""])


def _toml(text: str) -> str:
    """A TOML basic string; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
