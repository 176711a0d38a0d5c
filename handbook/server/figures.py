"""Figures of cells, kept as rows: what nothing has changed is read, the rest is counted from the submissions.

Nobody who hands in anything writes here. `counted_feeds` has the position up to which each feed was looked
through for changes; whoever reports looks at the entries after it, drops the figures of the cells and
assignments that they tell of, and counts those that are missing. So figures follow from what is committed and
from nothing else, and those who submit never wait for one another because of them.

Two who count at once: dropping takes the commune's `edition` on, and what was counted under an older one is
given out but not kept. Times decide nothing here: what is late follows from when it was received.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from handbook.model.people import commune_of
from handbook.model.report import Figures, figures_of
from handbook.model.study import Assignment
from handbook.protocol import codec
from handbook.protocol.api import EntryKind
from handbook.protocol.submissions import SubmissionKind
from handbook.server.completion import progress_of
from handbook.server.database import Database, insert_new, upsert
from handbook.server.tables import (
    cell_figures,
    counted_communes,
    counted_feeds,
    entries,
    feeds,
    members,
    submissions,
)

ASKED_AT_ONCE = 2_000
"""Members times assignments of one question to the database: it looks for each of them."""
ASSIGNMENTS_AT_ONCE = 25
NAMED_AT_ONCE = 500

Pair = tuple[str, str]
"""A cell and an assignment."""

_FIGURES = tuple(field.name for field in fields(Figures))
_figures = [cell_figures.c[name] for name in _FIGURES]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What entries tell of: cells whose members came or went, and cells and assignments by account.

    Of `ticked`, cells where a document was marked, pairs are those of known assignments only.
    """

    cells: frozenset[str]
    pairs: frozenset[Pair]
    ticked: frozenset[str]


def figures_below(
    database: Database, unit: str, asked: Mapping[str, Sequence[Assignment]]
) -> dict[Pair, Figures]:
    """By cell and assignment the figures of cells below the unit, those in `asked` with their assignments."""
    known = {each.id: each for assignments in asked.values() for each in assignments}
    bases = {each: _basis(assignment) for each, assignment in known.items()}
    _look_through(database, unit, known.values())
    with database.read() as connection:
        found = _kept(connection, unit, bases)
    lacking: dict[str, dict[str, list[Assignment]]] = defaultdict(dict)
    for cell, assignments in asked.items():
        if missing := [each for each in assignments if (cell, each.id) not in found]:
            lacking[commune_of(cell)][cell] = missing
    if lacking:
        with database.read() as connection:
            editions = _editions(connection)
        for commune, cells in lacking.items():
            for counted in _counted(database, cells):
                _keep(database, commune, editions.get(commune), counted, bases)
                found |= counted
    return found


def differing(
    database: Database, assignments: Collection[Assignment]
) -> Iterator[tuple[Pair, Figures, Figures]]:
    """Kept figures that are not those of the submissions: the pair, what is kept, what is right.

    What changes while this runs is passed over: it is counted anew when next asked for.
    """
    known = {each.id: each for each in assignments}
    bases = {each: _basis(assignment) for each, assignment in known.items()}
    with database.read() as connection:
        communes = sorted(_editions(connection))
    for commune in communes:
        _look_through(database, commune, known.values())
        with database.read() as connection:
            kept = _kept(connection, commune, bases)
        cells: dict[str, list[Assignment]] = defaultdict(list)
        for cell, assignment in sorted(kept):
            cells[cell].append(known[assignment])
        for counted in _counted(database, cells):
            wrong = {pair for pair, figures in counted.items() if figures != kept[pair]}
            _look_through(database, commune, known.values())
            with database.read() as connection:
                still = _kept(connection, commune, bases) if wrong else {}
            for pair in sorted(wrong):
                if still.get(pair) == kept[pair]:
                    yield pair, kept[pair], counted[pair]


def forget(database: Database) -> None:
    """Drops all figures: each is counted anew when it is asked for."""
    with database.write() as connection:
        # In the order of communes, as whoever looks through one holds one.
        for commune in sorted(_editions(connection)):
            _take_on(connection, commune, counted_communes.c.edition)
        connection.execute(delete(cell_figures))


def _basis(assignment: Assignment) -> str:
    """Of no other assignment, and another one whenever something of it changes that decides its figures."""
    told = (
        assignment.id,
        assignment.documents,
        assignment.due_on,
        assignment.grace_days,
        assignment.wants_reflection,
    )
    return hashlib.sha256(codec.encode(told)).hexdigest()[:16]


def _is_below(column: ColumnElement[str], unit: str) -> ColumnElement[bool]:
    return (column == unit) | column.startswith(unit + "/", autoescape=True)


def _editions(connection: Connection) -> dict[str, int]:
    """By commune how often figures of it were dropped."""
    return dict(connection.execute(select(counted_communes.c.commune, counted_communes.c.edition)).all())


def _take_on(connection: Connection, commune: str, edition: ColumnElement[int] | int) -> bool:
    """Makes the commune's edition the next one; False when it is not `edition` any more."""
    taken = connection.execute(
        update(counted_communes)
        .where(counted_communes.c.commune == commune, counted_communes.c.edition == edition)
        .values(edition=counted_communes.c.edition + 1)
    )
    return taken.rowcount > 0


def _kept(connection: Connection, unit: str, bases: Mapping[str, str]) -> dict[Pair, Figures]:
    within = _is_below(cell_figures.c.unit, unit)
    if "/" in unit:
        within &= cell_figures.c.commune == commune_of(unit)
    rows = connection.execute(
        select(cell_figures.c.unit, cell_figures.c.assignment, cell_figures.c.basis, *_figures).where(within)
    )
    # A province has 20,000 cells, many of them with equal figures: one record does for all of these.
    records: dict[tuple[int, ...], Figures] = {}
    found: dict[Pair, Figures] = {}
    for cell, assignment, basis, *counts in rows.all():
        if bases.get(assignment) == basis:
            numbers = tuple(counts)
            if numbers not in records:
                records[numbers] = Figures(**dict(zip(_FIGURES, numbers, strict=True)))
            found[cell, assignment] = records[numbers]
    return found


def _look_through(database: Database, unit: str, known: Collection[Assignment]) -> None:
    """Drops the figures that entries tell of which nobody has looked through yet.

    Of all feeds of a commune: a cell's figures are of members who may have written in another one before.
    """
    lost = True
    while lost:
        with database.read() as connection:
            stale = _stale_feeds(connection, min(unit, commune_of(unit), key=len))
        # Who lost to another one looks again: the other may have begun earlier, with fewer entries.
        lost = [
            commune
            for commune, positions in sorted(stale.items())
            if not _drop_changed(database, commune, positions, known)
        ]


_has_gone_on = or_(counted_feeds.c.position.is_(None), counted_feeds.c.position != feeds.c.position)
_looked_through = feeds.outerjoin(counted_feeds, counted_feeds.c.unit == feeds.c.unit)


def _stale_feeds(connection: Connection, unit: str) -> dict[str, dict[str, int]]:
    """By commune the feeds that have gone on since they were looked through, and how far they are now."""
    rows = connection.execute(
        select(feeds.c.unit, feeds.c.position)
        .select_from(_looked_through)
        .where(_is_below(feeds.c.unit, unit), _has_gone_on)
    )
    stale: dict[str, dict[str, int]] = defaultdict(dict)
    for path, position in rows:
        stale[commune_of(path)][path] = position
    return stale


def _drop_changed(
    database: Database, commune: str, positions: Mapping[str, int], known: Collection[Assignment]
) -> bool:
    """False when somebody else has done so meanwhile."""
    with database.read() as connection:
        edition = _editions(connection).get(commune)
        # Before anything of a commune was counted nothing of it is to be dropped.
        changes = _changes(connection, commune, known) if edition is not None else None
    with database.write() as connection:
        if changes is None:
            if not insert_new(connection, counted_communes, [{"commune": commune, "edition": 1}]):
                return False
        elif not _take_on(connection, commune, edition):
            return False
        else:
            _drop(connection, commune, changes, {_basis(each) for each in known})
        rows = [{"unit": path, "position": at} for path, at in sorted(positions.items())]
        upsert(connection, counted_feeds, rows)
    return True


def _drop(connection: Connection, commune: str, changes: _Changes, known: Collection[str]) -> None:
    """`known` are the bases of which the changes say all."""
    of_commune = cell_figures.c.commune == commune
    if changes.cells:
        connection.execute(delete(cell_figures).where(of_commune, cell_figures.c.unit.in_(changes.cells)))
    cell_of_pair = cell_figures.c.unit == bindparam("cell")
    if changes.pairs:
        connection.execute(
            delete(cell_figures).where(
                of_commune, cell_of_pair, cell_figures.c.assignment == bindparam("asked")
            ),
            [{"cell": cell, "asked": asked} for cell, asked in sorted(changes.pairs)],
        )
    if changes.ticked:
        # What others counted of an assignment or edition that is not known here may ask for the document.
        counted_by_others = cell_figures.c.unit.in_(changes.ticked) & cell_figures.c.basis.not_in(known)
        connection.execute(delete(cell_figures).where(of_commune, counted_by_others))


def _changes(connection: Connection, commune: str, known: Collection[Assignment]) -> _Changes:
    """What the entries say that nobody has looked through yet."""
    here = and_(
        entries.c.commune == commune,
        entries.c.unit == feeds.c.unit,
        entries.c.position > func.coalesce(counted_feeds.c.position, 0),
    )
    same = and_(
        submissions.c.commune == entries.c.commune,
        submissions.c.lineage == entries.c.lineage,
        submissions.c.revision == entries.c.revision,
    )
    rows = connection.execute(
        select(
            entries.c.unit,
            entries.c.kind.label("entry_kind"),
            entries.c.owner,
            members.c.unit.label("cell"),
            submissions.c.kind,
            submissions.c.subject,
        )
        .select_from(
            _looked_through.join(entries, here)
            .outerjoin(submissions, same)
            .outerjoin(members, members.c.account == entries.c.owner)
        )
        .where(_is_below(feeds.c.unit, commune), _has_gone_on)
        .distinct()
    ).all()
    reflected = _subjects_of(connection, commune, rows)
    asking: dict[str, list[str]] = defaultdict(list)
    for assignment in known:
        for document in assignment.documents:
            asking[document].append(assignment.id)
    return _Changes(
        # Whoever moves is told of in both cells.
        cells=frozenset(row.unit for row in rows if row.entry_kind == EntryKind.MEMBER),
        pairs=frozenset(
            (row.cell, assignment)
            for row in rows
            if row.entry_kind == EntryKind.SUBMISSION
            for assignment in _assignments_of(row, asking, reflected)
        ),
        ticked=frozenset(row.cell for row in rows if row.kind == SubmissionKind.TICK),
    )


def _assignments_of(
    row: Row, asking: Mapping[str, Sequence[str]], reflected: Mapping[str, str]
) -> Sequence[str]:
    """The assignments whose figures a submission may change."""
    match row.kind:
        case SubmissionKind.TICK:
            return asking.get(row.subject, ())
        case SubmissionKind.REFLECTION:
            return (row.subject,)
        case SubmissionKind.CELL_MARK:
            return (row.subject.rpartition(" ")[0],)
        case SubmissionKind.REVIEW | SubmissionKind.WITHDRAWAL:
            return (reflected[row.subject],)
    return ()


def _subjects_of(connection: Connection, commune: str, rows: Sequence[Row]) -> dict[str, str]:
    """The assignments of the reflections that reviews and withdrawals are about, by lineage."""
    about = (SubmissionKind.REVIEW, SubmissionKind.WITHDRAWAL)
    lineages = sorted({row.subject for row in rows if row.kind in about})
    found: dict[str, str] = {}
    for start in range(0, len(lineages), NAMED_AT_ONCE):
        some = connection.execute(
            select(submissions.c.lineage, submissions.c.subject).where(
                submissions.c.commune == commune,
                submissions.c.lineage.in_(lineages[start : start + NAMED_AT_ONCE]),
                submissions.c.revision == 1,
            )
        )
        found |= {row.lineage: row.subject for row in some}
    return found


def _counted(database: Database, cells: Mapping[str, Sequence[Assignment]]) -> Iterator[dict[Pair, Figures]]:
    """The figures of these cells of one commune as its submissions give them, some cells at a time."""
    with database.read() as connection:
        accounts = _accounts_of(connection, sorted(cells))
        asking: dict[tuple[str, ...], list[str]] = defaultdict(list)
        known = {each.id: each for assignments in cells.values() for each in assignments}
        for cell, assignments in cells.items():
            for start in range(0, len(assignments), ASSIGNMENTS_AT_ONCE):
                some = assignments[start : start + ASSIGNMENTS_AT_ONCE]
                asking[tuple(each.id for each in some)].append(cell)
        for ids, asked in asking.items():
            some = [known[each] for each in ids]
            for together in _portions(asked, accounts, ASKED_AT_ONCE // len(ids)):
                yield _count(connection, together, accounts, some)


def _portions(
    cells: Sequence[str], accounts: Mapping[str, Sequence[str]], most: int
) -> Iterator[Sequence[str]]:
    """The cells in portions of about so many members."""
    portion: list[str] = []
    size = 0
    for cell in cells:
        if portion and size + len(accounts[cell]) > most:
            yield portion
            portion, size = [], 0
        portion.append(cell)
        size += len(accounts[cell])
    yield portion


def _count(
    connection: Connection,
    cells: Sequence[str],
    accounts: Mapping[str, Sequence[str]],
    assignments: Sequence[Assignment],
) -> dict[Pair, Figures]:
    everybody = [account for cell in cells for account in accounts[cell]]
    known = progress_of(connection, cells[0], everybody, assignments)
    found: dict[Pair, Figures] = {}
    for assignment in assignments:
        told = iter(known[assignment.id])
        for cell in cells:
            found[cell, assignment.id] = figures_of(assignment, islice(told, len(accounts[cell])))
    return found


def _accounts_of(connection: Connection, cells: Sequence[str]) -> dict[str, list[str]]:
    """By cell the accounts of its active members."""
    found: dict[str, list[str]] = {cell: [] for cell in cells}
    for start in range(0, len(cells), NAMED_AT_ONCE):
        rows = connection.execute(
            select(members.c.unit, members.c.account).where(
                members.c.unit.in_(cells[start : start + NAMED_AT_ONCE]), members.c.active
            )
        )
        for row in rows:
            found[row.unit].append(row.account)
    return found


def _keep(
    database: Database,
    commune: str,
    edition: int | None,
    counted: Mapping[Pair, Figures],
    bases: Mapping[str, str],
) -> None:
    """Keeps what was counted, unless figures of the commune were dropped since `edition` was read."""
    rows = [
        {"commune": commune, "unit": cell, "assignment": assignment, "basis": bases[assignment]}
        | {name: getattr(figures, name) for name in _FIGURES}
        for (cell, assignment), figures in sorted(counted.items(), key=lambda each: each[0])
    ]
    with database.write() as connection:
        held = connection.scalar(
            select(counted_communes.c.edition).where(counted_communes.c.commune == commune).with_for_update()
        )
        if held is not None and held == edition:
            upsert(connection, cell_figures, rows)
