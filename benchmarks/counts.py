"""What a committee's officer asks for: the figures of every cell of a ward for every assignment at once."""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice

from sqlalchemy import insert

from benchmarks.report import Row, median
from handbook.model.reflection import Answer, Reflection, Review, Verdict
from handbook.model.study import Assignment, Part, Tick
from handbook.protocol import codec
from handbook.protocol.submissions import Content, SubmissionKind, pack_content
from handbook.server import tables
from handbook.server.counts import Counting
from handbook.server.database import Database, open_database

WARD = "tinh/phuong"
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


def measure(cells: int = 89, members: int = 28, assignments: int = 50, rounds: int = 3) -> list[Row]:
    """Everybody has read everything, handed in everything, and nearly all of it was accepted.

    On SQLite, or where HANDBOOK_DATABASE_URL leads (an empty database).
    """
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("HANDBOOK_DATABASE_URL") or f"sqlite:///{folder}/server.db"
        database = open_database(url)
        try:
            given = tuple(_assignment(number) for number in range(assignments))
            _fill(database, cells, members, given)
            published = _Given(given)
            first, again = [], []
            for _ in range(rounds):
                counting = Counting(database, published)
                for times in (first, again):
                    begun = time.process_time()
                    told = counting.below(WARD, NOW)
                    times.append(time.process_time() - begun)
            size = len(codec.encode(told))
        finally:
            database.close()
    of = f"{cells} cells x {members} members x {assignments} assignments, {url.partition(':')[0]}"
    return [
        Row(f"CPU time for the counts of all cells, first time, {of}", median(first) * 1000, "ms"),
        Row("again while nothing has changed", median(again) * 1000, "ms"),
        Row("the answer", size / 1024, "KB"),
    ]


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
