"""Gathers all that this PC and the server hold of the member, and nothing of what others wrote for others.

Left out are the session's token, what is derived, a secretary's copies of the cell, and what a reviewer wrote
about others: it quotes their texts.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from handbook.client.account import read_member, read_server
from handbook.client.answers import record_in
from handbook.client.assignments import decoded
from handbook.client.attached import unpacked_files
from handbook.client.lineages import answers_in, files_in
from handbook.client.tables import library
from handbook.client.tables import personal as tables
from handbook.client.versions import unpacked
from handbook.errors import Expected, ServerBroken, SignInFailed
from handbook.model.own_data import OwnData, OwnFile, OwnOpening, OwnText, ServerPart
from handbook.model.people import DutyKind, Member
from handbook.model.reflection import Answer, AttachedFile
from handbook.model.study import Assignment
from handbook.protocol import codec
from handbook.protocol.api import FEED_PAGE, MAX_ANSWER_BYTES, Entry, FeedPage, OpeningKind
from handbook.protocol.submissions import SubmissionKind, unpack_content

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.openings import Openings
    from handbook.client.store import Store
    from handbook.client.transport import Transport

WHOLE: Final = (
    tables.saved,
    tables.positions,
    tables.opened,
    tables.ticks,
    tables.drafts,
    tables.draft_versions,
    tables.revisions,
    tables.clashes,
    tables.receipts,
    tables.phrases,
    tables.passed_words,
    tables.notes,
    tables.bookmarks,
    tables.sync_log,
)
OF_OWN_TEXTS: Final = (tables.withdrawals, tables.reviews, tables.attached_files)
OF_OWN_KINDS: Final = (tables.outbox, tables.acknowledged)
PICKED: Final = (tables.account, tables.cell_marks, tables.file_pieces)
"""Some columns, the marks about the member, and the pieces as whole files."""
LEFT_OUT: Final = (
    tables.review_drafts,
    tables.feed_cursors,
    tables.sync_state,
    tables.glance,
    tables.cell_members,
    tables.cell_submissions,
    tables.kept_answers,
)
OWN_KINDS: Final = frozenset({SubmissionKind.REFLECTION, SubmissionKind.WITHDRAWAL, SubmissionKind.TICK})
"""Files come as files; reviews and marks are about others."""
_OF_ACCOUNT: Final = ("member", "units", "server", "device", "signed_in_at")
_JSON: Final = frozenset({"member", "units", "answers", "files", "passages", "asked"})
_HOW: Final = {
    OpeningKind.COPIED: "được đưa tới máy",
    OpeningKind.OPENED: "đã mở",
    OpeningKind.FILE: "được đưa tệp kèm theo",
}


def ask_server(
    store: "Store", account: "Account", openings: "Openings", transport: "Transport"
) -> ServerPart | str:
    """What the server holds of the member, or in words why it did not tell. Raises DiskProblem."""
    with store.personal.read() as connection:
        member = read_member(connection)
        sent = connection.execute(select(tables.revisions.c.lineage, tables.revisions.c.assignment)).all()
    lineages = {row.lineage: row.assignment for row in sent}
    try:
        held = _held(transport, account.token, member)
        told = [
            OwnOpening(
                assignment=assignment,
                revision=opening.revision,
                reader=opening.reader,
                how=_HOW[opening.kind],
                first_at=opening.first_at,
            )
            for lineage, assignment in lineages.items()
            for opening in openings.of(lineage)
        ]
    except SignInFailed as error:
        account.mark_expired()
        return f"{error.message} {error.advice}"
    except Expected as error:
        return error.message  # the advice is about what waits to be sent
    return ServerPart(held=held, openings=tuple(told))


def gather(store: "Store", account: "Account", server_part: ServerPart | str, now: datetime) -> OwnData:
    """All that this PC holds of the member, with what `ask_server` told. Raises DiskProblem, Locked."""
    with store.library.read() as connection:
        payloads = connection.execute(select(library.assignments.c.payload)).scalars()
        asked = {each.id: each for each in map(decoded, payloads)}
    with store.personal.read() as connection:
        member = read_member(connection)
        files, missing = _files(connection)
        return OwnData(
            account=member.account,
            name=member.name,
            unit=account.cell_unit().name,
            server=read_server(connection),
            taken_at=now,
            tables=_tables(connection, member),
            texts=_texts(connection, asked),
            files=files,
            missing=missing,
            server_part=server_part if isinstance(server_part, ServerPart) else None,
            server_problem=server_part if isinstance(server_part, str) else "",
        )


# What the server holds ---------------------------------------------------------------------------------


def _held(transport: "Transport", token: str, member: Member) -> tuple[Mapping[str, Any], ...]:
    """Own entries of the feeds of own cells, present and former; a secretary is given others' too."""
    units = {member.unit} | {duty.unit for duty in member.duties if duty.kind is DutyKind.MEMBER}
    held, own_lineages = [], set()
    for unit in sorted(units):
        after, more = 0, True
        while more:
            query = urlencode({"unit": unit, "after": after, "limit": FEED_PAGE})
            answer = transport.send("GET", f"/v1/feed?{query}", token=token, limit=MAX_ANSWER_BYTES)
            page = record_in(answer, FeedPage)
            if page.more and page.next <= after:
                raise ServerBroken("Máy chủ trả lời lặp lại cùng một trang.", "Hãy báo quản trị máy chủ.")
            for entry in page.entries:
                if _is_about(entry, member.account, own_lineages):
                    held.append(json.loads(codec.encode(entry)))
            after, more = page.next, page.more
    return tuple(held)


def _is_about(entry: Entry, account: str, own_lineages: set[str]) -> bool:
    """Whether the entry tells of the account; notes its lineages, which stand before their reviews."""
    if entry.member is not None:
        return entry.member.account == account
    if entry.entry is None:
        return False
    author, submission = entry.entry.author, entry.entry.submission
    if submission.kind is SubmissionKind.CELL_MARK:
        return unpack_content(SubmissionKind.CELL_MARK, submission.content).member == account
    if submission.kind is SubmissionKind.REVIEW:
        return submission.subject in own_lineages
    if author == account and submission.kind is SubmissionKind.REFLECTION:
        own_lineages.add(submission.lineage)
    return author == account and submission.kind in OWN_KINDS


# What this PC holds ------------------------------------------------------------------------------------


def _tables(connection: Connection, member: Member) -> dict[str, tuple[Mapping[str, Any], ...]]:
    own = set(connection.scalars(select(tables.revisions.c.lineage)))
    own |= set(connection.scalars(select(tables.clashes.c.lineage)))
    found = {"account": _rows(connection, tables.account, names=_OF_ACCOUNT)}
    found |= {table.name: _rows(connection, table) for table in WHOLE}
    found |= {table.name: _rows(connection, table, table.c.lineage.in_(own)) for table in OF_OWN_TEXTS}
    found |= {table.name: _rows(connection, table, table.c.kind.in_(OWN_KINDS)) for table in OF_OWN_KINDS}
    marks = tables.cell_marks
    found[marks.name] = _rows(connection, marks, marks.c.member == member.account)
    return found


def _rows(
    connection: Connection, table: Table, *where: ColumnElement[bool], names: tuple[str, ...] = ()
) -> tuple[Mapping[str, Any], ...]:
    columns = [column for column in table.c if not names or column.name in names]
    statement = select(*columns).where(*where).order_by(*table.primary_key.columns)
    return tuple(
        {name: _plain(name, value) for name, value in row.items()}
        for row in connection.execute(statement).mappings()
    )


def _plain(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return json.loads(value) if isinstance(value, str) and name in _JSON else value


def _texts(connection: Connection, asked: Mapping[str, Assignment]) -> tuple[OwnText, ...]:
    def text(row: Row, standing: str, written_at: datetime, answers: tuple[Answer, ...]) -> OwnText:
        assignment = asked.get(row.assignment)
        titles = {part.id: part.title for part in assignment.parts} if assignment else {}
        return OwnText(
            assignment=row.assignment,
            title=assignment.title if assignment else row.assignment,
            standing=standing,
            written_at=written_at,
            parts=tuple((titles.get(answer.part, answer.part), answer.text) for answer in answers),
        )

    drafts = connection.execute(select(tables.drafts)).all()
    sent = connection.execute(select(tables.revisions)).all()
    others = connection.execute(select(tables.clashes)).all()
    found = [text(row, "bản nháp", row.saved_at, unpacked(row.answers)) for row in drafts]
    found += [
        text(row, f"bản nộp lần {row.revision}", row.submitted_at, answers_in(row.content)) for row in sent
    ]
    found += [
        text(row, "bản máy chủ không nhận", row.submitted_at, answers_in(row.content)) for row in others
    ]
    return tuple(sorted(found, key=lambda each: (each.assignment, each.written_at, each.standing)))


def _files(connection: Connection) -> tuple[tuple[OwnFile, ...], tuple[str, ...]]:
    """Each attached file of own texts that is whole here; the names of the others."""
    named: dict[str, AttachedFile] = {}
    for written in (tables.draft_versions, tables.drafts):
        for packed in connection.scalars(select(written.c.files)):
            named |= {file.sha256: file for file in unpacked_files(packed)}
    for table in (tables.revisions, tables.clashes):
        for content in connection.scalars(select(table.c.content)):
            named |= {file.sha256: file for file in files_in(content)}
    whole, missing = [], []
    pieces = tables.file_pieces
    for sha256, file in sorted(named.items()):
        stored = connection.scalars(
            select(pieces.c.data).where(pieces.c.sha256 == sha256).order_by(pieces.c.number)
        )
        data = b"".join(stored)
        if hashlib.sha256(data).hexdigest() == sha256:
            whole.append(OwnFile(sha256=sha256, name=file.name, data=data))
        else:
            missing.append(file.name)
    return tuple(whole), tuple(missing)
