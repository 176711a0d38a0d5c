"""What a restored server is told and takes, on both databases: rows are put back as by a backup."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from handbook.model.reflection import Verdict
from handbook.protocol import codec
from handbook.protocol.api import FeedPage, SubmissionEntry
from handbook.protocol.receipts import Receipt
from handbook.protocol.submissions import Submission
from handbook.server.tables import metadata
from tests.server.harness import CELL, Client, RunningServer, read, reflection, review, revised, tick


def dump(server: RunningServer) -> dict[str, Sequence]:
    with server.house.database.read() as connection:
        return {
            table.name: connection.execute(select(table)).mappings().all() for table in metadata.sorted_tables
        }


def put_back(server: RunningServer, rows: dict[str, Sequence]) -> None:
    with server.house.database.write() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))
            if rows[table.name]:
                connection.execute(insert(table), [dict(row) for row in rows[table.name]])


def feed(client: Client, after: int, mark: str) -> FeedPage:
    return read(client.get("/v1/feed", unit=CELL, after=after, limit=200, mark=mark), FeedPage)


def offer(client: Client, submission: Submission, receipt: Receipt) -> tuple[int, Receipt]:
    entry = SubmissionEntry(author=client.account, submission=submission, receipt=receipt)
    path = f"/v1/acknowledged/{submission.lineage}/{submission.revision}"
    answer = client.http.put(client.url + path, data=codec.encode(entry), timeout=30)
    return answer.status_code, read(answer, Receipt)


def test_a_reader_of_what_is_lost_is_told_to_start_again_and_others_are_not(server: RunningServer) -> None:
    an, bithu = server.as_("an"), server.as_("bithu")
    an.hand_in(tick("central/a"))
    kept = feed(bithu, 0, "")
    yesterday = dump(server)
    an.hand_in(tick("central/b"))
    lost = feed(bithu, kept.next, kept.mark)
    assert not lost.restored
    put_back(server, yesterday)
    assert feed(bithu, lost.next, lost.mark).restored, "the position is not reached yet"
    an.hand_in(tick("central/c"))
    told = feed(bithu, lost.next, lost.mark)
    assert (told.restored, told.entries, told.next) == (True, (), 0), "another entry has the position"
    assert not feed(bithu, kept.next, kept.mark).restored


def test_lost_revisions_and_reviews_come_back_under_their_receipts(server: RunningServer) -> None:
    an, bithu = server.as_("an"), server.as_("bithu")
    an.feed(), bithu.feed()
    yesterday = dump(server)
    first = reflection()
    second = revised(first, "Bản hai")
    returned = review(first, Verdict.RETURNED, comment="Viết thêm.")
    handed_in = [(an, first), (bithu, returned), (an, second)]
    receipts = [client.hand_in(submission) for client, submission in handed_in]
    put_back(server, yesterday)
    offered = [(*one, receipt) for one, receipt in zip(handed_in, receipts, strict=True)]
    assert [offer(*one) for one in offered] == [(201, receipt) for receipt in receipts]
    assert [offer(*one) for one in offered] == [(200, receipt) for receipt in receipts]
    entries = [entry.entry for entry in bithu.feed().entries if entry.entry]
    assert [(entry.submission, entry.receipt) for entry in entries] == [
        (submission, receipt) for (_, submission), receipt in zip(handed_in, receipts, strict=True)
    ]


def test_a_receipt_of_another_author_or_text_proves_nothing(server: RunningServer) -> None:
    an = server.as_("an")
    text = reflection()
    receipt = an.hand_in(text)
    other = reflection(text="Bài khác", subject="tinh/phuong/nhiem-vu-khac")
    status, new = offer(an, other, receipt)
    assert (status, new.sha256) == (201, other.sha256)
    assert new.received_at > receipt.received_at
