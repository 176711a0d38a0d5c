"""The rows that show what a search found, in groups: documents, the member's own notes and reflections."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from handbook.desktop.document_row import DocumentRow, GroupRow, OwnRow, PassageRow, Row
from handbook.desktop.session import Place, Route
from handbook.model.notes import EntryKind
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from handbook.client.library import DocumentCard
    from handbook.client.search import Hit, NoteHit, ReflectionHit, Results


class Group(StrEnum):
    """What is shown of a search."""

    ALL = "all"
    DOCUMENTS = "documents"
    NOTES = "notes"
    REFLECTIONS = "reflections"


def _tr(text: str) -> str:
    return QCoreApplication.translate("FoundRows", text)


def group_name(group: Group) -> str:
    return {
        Group.ALL: _tr("Mọi kết quả"),
        Group.DOCUMENTS: _tr("Văn bản"),
        Group.NOTES: _tr("Ghi chú của tôi"),
        Group.REFLECTIONS: _tr("Bài thu hoạch của tôi"),
    }[group]


def rows_of(documents: Sequence[Row], results: "Results", group: Group) -> tuple[Row, ...]:
    """The group's rows; all groups below their names where more than one has found something."""
    groups = {
        Group.DOCUMENTS: documents,
        Group.NOTES: [_note(hit) for hit in results.notes],
        Group.REFLECTIONS: [_reflection(hit) for hit in results.reflections],
    }
    if group is not Group.ALL:
        return tuple(groups[group])
    named = bool(results.notes or results.reflections)
    return tuple(row for each, rows in groups.items() for row in _under_name(each, rows, named))


def grouped(cards: Iterable["DocumentCard"], hits: Sequence["Hit"]) -> tuple[Row, ...]:
    """Each document once, in the order of its best hit, with its passages below it."""
    known = {card.id: card for card in cards}
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.document_id in known:
            found.setdefault(hit.document_id, []).append(hit)
    rows: list[Row] = []
    for document, passages in found.items():
        rows.append(DocumentRow(known[document], passages[0].marked_title, ends=False))
        rows += [
            PassageRow(document, hit.anchor, hit.marked_heading, hit.snippet, ends=hit is passages[-1])
            for hit in passages
        ]
    return tuple(rows)


def _under_name(group: Group, rows: Sequence[Row], named: bool) -> Iterator[Row]:
    if rows and named:
        yield GroupRow(group_name(group))
    yield from rows


def _note(hit: "NoteHit") -> OwnRow:
    entry = hit.entry
    facts = [entry.heading, date_text(entry.changed_at)]
    if entry.orphaned:
        facts.append(_tr("không còn trong bản hiện hành"))
    return OwnRow(
        route=Route(place=Place.READER, document=entry.document, anchor=entry.section, note=entry.id),
        pill=_tr("Ghi chú") if entry.kind is EntryKind.NOTE else _tr("Tô màu"),
        tone="info",
        title=entry.source,
        facts=" · ".join(filter(None, facts)),
        snippet=hit.snippet,
        colour=entry.colour,
    )


def _reflection(hit: "ReflectionHit") -> OwnRow:
    return OwnRow(
        route=Route(place=Place.EDITOR, assignment=hit.assignment),
        pill=_tr("Bản nháp") if hit.is_draft else _tr("Đã nộp"),
        tone="warn" if hit.is_draft else "ok",
        title=hit.title or _tr("Nhiệm vụ đã được thu hồi"),
        facts=" · ".join(filter(None, (hit.part, date_text(hit.written_at)))),
        snippet=hit.snippet,
        colour=None,
    )
