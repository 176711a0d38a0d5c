"""Rules that hold for what is published, over everything a publisher has written at once."""

import re
from collections.abc import Collection as Ids
from collections.abc import Iterator

from handbook.authoring import outline
from handbook.authoring.fields import Problem
from handbook.authoring.source import PublisherSource, Written
from handbook.model.library import Document, Recall
from handbook.model.people import lies_within
from handbook.model.study import Assignment
from handbook.protocol.assets import is_asset_id
from handbook.protocol.trust import CENTRAL, MAX_ID_CHARACTERS

# Marks of secrecy as they are stamped on a page (Law 117/2025/QH15): these never enter the system.
_MARKS = frozenset({"mật", "tối mật", "tuyệt mật"})
_STATED = re.compile(r"\bđộ mật\s*:\s*(tuyệt mật|tối mật|mật)\b", re.IGNORECASE)
_AROUND = " \t*_[](){}<>\"'“”‘’.:;|-–—#"
_CELL = re.compile(r"\||\t| {3,}")


def check(source: PublisherSource, published: Ids[str]) -> tuple[Problem, ...]:
    """All problems of one publisher in order of file and line, those found in reading among them.

    `published` are the ids that others have published or are about to; relations and assignments may
    name them.
    """
    own = {written.record.id for written in (*source.documents, *source.assignments)}
    recalled = {written.record.id for written in source.recalls}
    named = frozenset(published) | recalled
    problems = [
        *source.problems,
        *_duplicates(source),
        *(problem for written in source.documents for problem in _document(written, source, own, named)),
        *(problem for written in source.recalls for problem in _recall(written, own, published)),
        *(
            problem
            for written in source.assignments
            for problem in _assignment(written, source, own, frozenset(published) - recalled)
        ),
    ]
    return tuple(sorted(problems))


def _duplicates(source: PublisherSource) -> Iterator[Problem]:
    ids: dict[str, Written[Document] | Written[Assignment] | Written[Recall]] = {}
    for written in (*source.documents, *source.assignments, *source.recalls):
        first = ids.setdefault(written.record.id, written)
        if first is not written:
            yield Problem(written.file, 0, f"trùng mã với {first.file}; hãy đổi tên một trong hai tệp")
    keys: dict[tuple[object, ...], Written[Document]] = {}
    for written in source.documents:
        record = written.record
        # Numbers restart with every term of a committee, and old laws are found that share one.
        key = (record.number, record.issuer, record.issued_on, record.title)
        earlier = keys.setdefault(key, written)
        if earlier is not written:
            line = written.fields.line("number")
            yield Problem(
                written.file, line, f"trùng số hiệu, nơi và ngày ban hành, tên gọi với {earlier.file}"
            )


def _document(
    written: Written[Document], source: PublisherSource, own: set[str], published: Ids[str]
) -> Iterator[Problem]:
    record, file = written.record, written.file
    yield from _foreign_units(written, source)
    if record.expires_on is not None and record.expires_on < record.issued_on:
        yield Problem(file, written.fields.line("expires_on"), "ngày hết hạn sớm hơn ngày ban hành")
    if len(record.id) > MAX_ID_CHARACTERS:
        yield Problem(file, 0, f"tên tệp quá dài (mã {record.id} quá {MAX_ID_CHARACTERS} ký tự)")
    if is_asset_id(record.id):
        yield Problem(file, 0, "tên tệp này có dạng dành cho hình và tệp kèm theo; hãy đặt tên khác")
    for relation in record.relations:
        if relation.target and relation.target not in own and relation.target not in published:
            line = written.fields.line("relations")
            yield Problem(file, line, f"không có văn bản “{relation.target}” mà mục relations nhắc tới")
    if not written.body.strip():
        yield Problem(file, written.body_line, "văn bản chưa có nội dung")
    yield from _secrecy(written)
    depth = None
    for line, hashes, heading in outline.headings(written.body):
        at = written.body_line + line - 1
        if not heading:
            yield Problem(file, at, "đề mục không có chữ")
        if depth is not None and hashes > depth + 1:
            yield Problem(file, at, f"đề mục “{heading}” nhảy từ cấp {depth} xuống cấp {hashes}")
        depth = hashes


def _foreign_units(
    written: Written[Document] | Written[Assignment], source: PublisherSource
) -> Iterator[Problem]:
    for unit in written.record.units:
        if source.path != CENTRAL and not lies_within(unit, source.path):
            line = written.fields.line("units")
            yield Problem(written.file, line, f"đơn vị “{unit}” không thuộc “{source.path}”")


def _recall(written: Written[Recall], own: set[str], published: Ids[str]) -> Iterator[Problem]:
    instead = written.record.replaced_by
    if instead and instead not in own and instead not in published:
        line = written.fields.line("replaced_by")
        yield Problem(written.file, line, f"không có văn bản “{instead}” để thay thế")


def _secrecy(written: Written[Document]) -> Iterator[Problem]:
    record = written.record
    stated = {"number": record.number, "title": record.title, "summary": record.summary}
    for name, text in stated.items():
        if _mark_in(text) or any(_mark_in(cell) for cell in re.split(r"[()]", text)):
            yield _secret(written, written.fields.line(name), text)
    for topic in record.topics:
        if _mark_in(topic):
            yield _secret(written, written.fields.line("topics"), topic)
    for one in written.files:
        stamps = (line for line in one.lines() if (line.isupper() and _mark_in(line)) or _STATED.search(line))
        found = one.said if _mark_in(one.said) else next(stamps, "")
        if found:
            yield _secret(written, one.line, f"{one.name}: {found}")
    in_letterhead = True
    for number, line in enumerate(written.body.split("\n"), written.body_line):
        in_letterhead = in_letterhead and not outline.HEADING.match(line)
        # A table or list further down may well explain the degrees of secrecy: only a stamp is refused.
        cells = _CELL.split(line) if in_letterhead else []
        stamp = next((cell for cell in cells if cell.isupper() and _mark_in(cell)), None)
        alone = "|" not in line and not line.lstrip().startswith(("-", "+", "* ")) and _mark_in(line)
        if stamp or alone or _STATED.search(line):
            yield _secret(written, number, stamp or line)


def _mark_in(text: str) -> bool:
    """Whether the text is nothing but a mark of secrecy."""
    return " ".join(text.strip(_AROUND).lower().split()) in _MARKS or bool(_STATED.fullmatch(text.strip()))


def _secret(written: Written[Document], line: int, found: str) -> Problem:
    found = " ".join(found.split())[:60]
    return Problem(
        written.file, line, f"có dấu độ mật (“{found}”): tài liệu mật không được đưa vào hệ thống này"
    )


def _assignment(
    written: Written[Assignment], source: PublisherSource, own: set[str], published: Ids[str]
) -> Iterator[Problem]:
    record, file = written.record, written.file
    if len(record.id) > MAX_ID_CHARACTERS:
        yield Problem(file, 0, f"tên tệp quá dài (mã {record.id} quá {MAX_ID_CHARACTERS} ký tự)")
    for document in record.documents:
        if document not in own and document not in published:
            yield Problem(file, written.fields.line("documents"), f"không có văn bản “{document}”")
    yield from _foreign_units(written, source)
    if record.due_on < record.opens_on:
        yield Problem(file, written.fields.line("due_on"), "hạn nộp sớm hơn ngày mở")
    ids = [part.id for part in record.parts]
    if len(set(ids)) != len(ids):
        yield Problem(file, written.fields.line("parts"), "hai phần của bài thu hoạch trùng “id”")
