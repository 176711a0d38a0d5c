"""What a committee's officer asks for: the figures of every cell of a ward for every assignment at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice

from sqlalchemy import insert, select, text

from benchmarks.postgres import postgresql
from benchmarks.report import Row, median
from handbook.model.people import commune_of
from handbook.model.reflection import Answer, Reflection, Review, Verdict
from handbook.model.study import Assignment, Part, Tick
from handbook.protocol import codec
from handbook.protocol.api import Counts, EntryKind
from handbook.protocol.submissions import Content, SubmissionKind, pack_content
from handbook.server import feed, tables
from handbook.server.counts import counts_below
from handbook.server.database import Database, open_database

PROVINCE = "tinh"
WARD = f"{PROVINCE}/phuong"
CELLS_OF_WARD = 600
MEMBERS_OF_CELL = 25
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TEXT = "Qua học tập nghị quyết, tôi nhận thức sâu sắc trách nhiệm của người đảng viên. " * 20
DOCUMENTS = 2
AT_ONCE = 5000


class _Given:
    """In the place of published content: these assignments and no others."""

    def __init__(self, assignments: tuple[Assignment, ...]) -> None:
        self._assignments = assignments

    def assignments_for(self, unit_path: str) -> tuple[Assignment, ...]:
        return tuple(each for each in self._assignments if each.is_for(unit_path))


def measure(
    cells: int = 89,
    members: int = 28,
    assignments: int = 50,
    submissions: Sequence[int] = (10_000, 100_000, 1_000_000),
    rounds: int = 5,
) -> list[Row]:
    """A ward for many assignments, counted the first time and again; then one assignment, many cells.

    On PostgreSQL, each on a fresh database. In the ward everybody has read everything, handed in everything,
    and nearly all of it was accepted; of the many cells everybody has read the one document and handed in.
    """
    rows = []
    with postgresql() as create:
        database = open_database(create())
        given = tuple(_assignment(number) for number in range(assignments))
        _fill(database, cells, members, given)
        rows += _measured(
            database, given, f"{cells} cells x {members} members x {assignments}", (WARD,), rounds
        )
        database.close()
        for count in submissions:
            database = open_database(create())
            asked = replace(_assignment(0), documents=("central/van-ban-0-0",), units=(PROVINCE,))
            cells_there = fill_province(database, count)
            units = (f"{PROVINCE}/phuong-0/chi-bo-0", f"{PROVINCE}/phuong-0", PROVINCE)
            rows += _measured(
                database, (asked,), f"{count:,} submissions, {cells_there:,} cells", units, rounds
            )
            database.close()
    return rows


def _measured(
    database: Database, given: tuple[Assignment, ...], of: str, units: Sequence[str], rounds: int
) -> list[Row]:
    """The first count of all, and reports of these units afterwards, with and without changes meanwhile."""
    published = _Given(given)
    counts, first, first_cpu = _timed(lambda: counts_below(database, published, units[-1], NOW))
    rows = [
        Row(f"first count, {of}", first, "ms"),
        Row("its CPU time in this process", first_cpu, "ms"),
    ]
    for unit in units:
        told = [_timed(lambda unit=unit: counts_below(database, published, unit, NOW)) for _ in range(rounds)]
        cells = len(told[0][0].cells) // len(given)
        rows += [
            Row(f"report of {cells:,} cells, {of}", median([clock for _, clock, _ in told]), "ms"),
            Row("its CPU time in this process", median([cpu for _, _, cpu in told]), "ms"),
        ]
    paths = sorted({each.unit for each in counts.cells})
    changed = paths[:: max(1, len(paths) // 10)]
    after = []
    for _ in range(rounds):
        _touch(database, changed, given[0])
        after.append(_timed(lambda: counts_below(database, published, units[-1], NOW)))
    rows += [
        Row(
            f"the same after hand-ins in {len(changed)} cells", median([clock for _, clock, _ in after]), "ms"
        ),
        Row("the answer", len(codec.encode(counts)) / 1024, "KB"),
    ]
    return rows


def _timed(work: Callable[[], Counts]) -> tuple[Counts, float, float]:
    """The result, and milliseconds by the clock and of this process' computing."""
    clock, cpu = time.perf_counter(), time.process_time()
    told = work()
    return told, (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000


def _touch(database: Database, cells: Sequence[str], asked: Assignment) -> None:
    """Somebody of each cell hands in one more revision."""
    with database.write() as connection:
        for cell in cells:
            row = connection.execute(
                select(tables.submissions)
                .where(
                    tables.submissions.c.commune == commune_of(cell),
                    tables.submissions.c.unit == cell,
                    tables.submissions.c.subject == asked.id,
                )
                .order_by(tables.submissions.c.revision.desc())
                .limit(1)
            ).one()
            again = dict(row._mapping) | {"revision": row.revision + 1}
            connection.execute(insert(tables.submissions), [again])
            position = feed.lock_positions(connection, [cell])[cell] + 1
            entry = {
                "commune": row.commune,
                "unit": cell,
                "position": position,
                "kind": EntryKind.SUBMISSION.value,
                "owner": row.author,
                "author": row.author,
                "lineage": row.lineage,
                "revision": row.revision + 1,
                "size": 0,
            }
            feed.append(connection, [entry])


def fill_province(database: Database, submissions: int) -> int:
    """How many cells it makes, 600 to a ward, of 25 members each, who have read a document and handed in."""
    cells = submissions // (2 * MEMBERS_OF_CELL)
    tick = pack_content(Tick(document="central/van-ban-0-0", edition=1, read=True, ticked_at=NOW))
    reflection = pack_content(Reflection(f"{WARD}/bai-0", (Answer("nhan-thuc", "Đã học."),)))
    path = f"'{PROVINCE}/phuong-' || cell / {CELLS_OF_WARD} || '/chi-bo-' || cell"
    ward = f"'{PROVINCE}/phuong-' || cell / {CELLS_OF_WARD}"
    every_cell = f"generate_series(0, {cells - 1}) AS cell"
    everybody = f"{every_cell}, generate_series(1, {MEMBERS_OF_CELL}) AS number"
    insert_submissions = (
        "INSERT INTO submissions (commune, lineage, revision, kind, author, unit, subject, written_at, "
        "content, sha256, received_at, server, key, signature) "
        f"SELECT {ward}, :kind || cell || '-' || number, 1, :kind, 'm' || cell || '-' || number, {path}, "
        f":subject, :now, :content, '', :now, '', '', '' FROM {everybody}"
    )
    with database.write() as connection:
        connection.execute(
            text(
                f"INSERT INTO units SELECT DISTINCT {ward}, 'Phường', 'commune' FROM {every_cell} "
                f"UNION SELECT '{PROVINCE}', 'Tỉnh', 'province' UNION SELECT {path}, 'Chi bộ', 'cell' "
                f"FROM {every_cell}"
            )
        )
        connection.execute(text("INSERT INTO feeds SELECT path, 0 FROM units"))
        connection.execute(
            text(
                "INSERT INTO members (account, name, unit, probationary, active) "
                f"SELECT 'm' || cell || '-' || number, 'Đảng viên', {path}, false, true FROM {everybody}"
            )
        )
        for kind, subject, content in (
            ("tick", "central/van-ban-0-0", tick),
            ("reflection", f"{WARD}/bai-0", reflection),
        ):
            connection.execute(
                text(insert_submissions), {"kind": kind, "subject": subject, "content": content, "now": NOW}
            )
    with database.read() as connection:
        connection.execute(text("ANALYZE"))
    return cells


def _assignment(number: int) -> Assignment:
    return Assignment(
        id=f"{WARD}/bai-{number}",
        edition=1,
        title=f"Học tập chuyên đề {number}",
        documents=tuple(f"central/van-ban-{number}-{at}" for at in range(DOCUMENTS)),
        question="Đồng chí làm gì?",
        parts=(Part("nhan-thuc", "I. Nhận thức"),),
        min_words=1,
        opens_on=date(2026, 1, 1),
        due_on=date(2026, 12, 1),
        grace_days=3,
        units=(WARD,),
    )


def _fill(database: Database, cells: int, members: int, given: tuple[Assignment, ...]) -> None:
    paths = [f"{WARD}/chi-bo-{number}" for number in range(cells)]
    people = [(f"cb{at}.dv{number}", path) for at, path in enumerate(paths) for number in range(members)]
    with database.write() as connection:
        connection.execute(
            insert(tables.units),
            [
                {"path": "tinh", "name": "Tỉnh uỷ", "kind": "province"},
                {"path": WARD, "name": "Đảng uỷ phường", "kind": "commune"},
                *({"path": path, "name": path, "kind": "cell"} for path in paths),
            ],
        )
        connection.execute(
            insert(tables.members),
            [
                {"account": account, "name": account, "unit": path, "probationary": False, "active": True}
                for account, path in people
            ],
        )
        connection.execute(
            insert(tables.feeds), [{"unit": path, "position": 0} for path in ("tinh", WARD, *paths)]
        )
        rows = _rows(people, given)
        while some := list(islice(rows, AT_ONCE)):
            connection.execute(insert(tables.submissions), some)


def _rows(people: list[tuple[str, str]], given: tuple[Assignment, ...]) -> Iterator[dict[str, object]]:
    number = 0

    def row(
        kind: SubmissionKind, author: str, unit: str, subject: str, content: Content
    ) -> dict[str, object]:
        nonlocal number
        number += 1
        return {
            "commune": WARD,
            "lineage": f"{number:036d}",
            "revision": 1,
            "kind": kind.value,
            "author": author,
            "unit": unit,
            "subject": subject,
            "written_at": NOW,
            "content": pack_content(content),
            "sha256": "",
            "received_at": NOW,
            "server": "",
            "key": "",
            "signature": "",
        }

    for account, unit in people:
        for asked in given:
            for document in asked.documents:
                tick = Tick(document=document, edition=1, read=True, ticked_at=NOW)
                yield row(SubmissionKind.TICK, account, unit, document, tick)
            text = Reflection(asked.id, (Answer("nhan-thuc", TEXT),))
            handed_in = row(SubmissionKind.REFLECTION, account, unit, asked.id, text)
            yield handed_in
            if number % 10:
                accepted = Review(
                    lineage=str(handed_in["lineage"]),
                    revision=1,
                    verdict=Verdict.ACCEPTED,
                    comment="",
                    reviewed_at=NOW,
                )
                yield row(SubmissionKind.REVIEW, "bithu", unit, str(handed_in["lineage"]), accepted)
