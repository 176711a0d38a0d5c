"""What lies on a reviewer's desk: comments being written, and phrases to use again. Never leaves this PC."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, Select, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client.lineages import is_refused_decision, review_in
from handbook.client.tables.personal import cell_submissions, outbox, phrases, review_drafts, reviews
from handbook.errors import BadInput
from handbook.model.changes import Changes
from handbook.model.people import Action, cells_where
from handbook.model.reflection import MAX_PASSAGE_COMMENT_CHARACTERS, PassageComment, Review, Verdict
from handbook.protocol import codec
from handbook.protocol.submissions import MAX_CONTENT_BYTES

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.store import Store

SUGGESTED = 8
EARLIER_REVIEWS = 200
SHORTEST_PHRASE, LONGEST_PHRASE = 12, 200  # characters
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """What is being written of a reflection."""

    comment: str = ""
    passages: tuple[PassageComment, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrases:
    """`kept` by the reviewer, newest first; `suggested` from their earlier comments, most used first."""

    kept: tuple[str, ...]
    suggested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedDecision:
    """A decision of this PC that the server did not take, and why."""

    review: Review
    reason: str


class ReviewDesk:
    def __init__(self, store: "Store", account: "Account") -> None:
        self._store = store
        self._account = account

    def draft(self, lineage: str) -> ReviewDraft:
        """What was being written of this reflection, or else what the server did not take."""
        with self._store.personal.read() as connection:
            row = connection.execute(
                select(review_drafts).where(review_drafts.c.lineage == lineage)
            ).one_or_none()
            if row is None:
                refused = refused_decision(connection, lineage)
                return (
                    ReviewDraft(refused.review.comment, refused.review.passages) if refused else ReviewDraft()
                )
        passages = codec.decode(row.passages.encode(), tuple[PassageComment, ...], limit=MAX_CONTENT_BYTES)
        return ReviewDraft(row.comment, passages)

    def keep_draft(self, lineage: str, draft: ReviewDraft) -> Changes:
        """Keeps what is being written; an empty one is forgotten. No screen needs to read again."""
        with self._store.personal.write() as connection:
            if draft == ReviewDraft():
                forget_draft(connection, lineage)
            else:
                values = {"comment": draft.comment, "passages": codec.encode(draft.passages).decode()}
                connection.execute(
                    insert(review_drafts)
                    .values(lineage=lineage, **values)
                    .on_conflict_do_update(index_elements=["lineage"], set_=values)
                )
        return frozenset()

    def left_over(self) -> tuple[str, ...]:
        """What was being written of reflections that cannot be read here any more; own words alone."""
        readable = [
            unit.path for unit in cells_where(self._account.member(), Action.READ_CELL, self._account.units())
        ]
        known = select(cell_submissions.c.lineage).where(
            cell_submissions.c.feed.in_(readable), cell_submissions.c.erased_at.is_(None)
        )
        with self._store.personal.read() as connection:
            rows = connection.execute(
                select(review_drafts)
                .where(review_drafts.c.lineage.not_in(known))
                .order_by(review_drafts.c.lineage)
            )
            return tuple(words for row in rows if (words := _own_words(row)))

    def phrases(self) -> Phrases:
        with self._store.personal.read() as connection:
            kept = tuple(
                connection.execute(select(phrases.c.text).order_by(phrases.c.kept_at.desc())).scalars()
            )
            comments = (
                connection.execute(
                    select(reviews.c.comment)
                    .where(reviews.c.author == self._account.member().account, reviews.c.comment != "")
                    .order_by(reviews.c.reviewed_at.desc())
                    .limit(EARLIER_REVIEWS)
                )
                .scalars()
                .all()
            )
        return Phrases(kept, tuple(each for each in _sentences(comments) if each not in kept)[:SUGGESTED])

    def keep_phrase(self, text: str, now: datetime) -> Changes:
        """Keeps a phrase to use again. Raises BadInput for an empty or too long one."""
        text = text.strip()
        if not text:
            raise BadInput("Chưa có câu nào để giữ.", "Hãy viết góp ý trước, rồi giữ lại thành câu mẫu.")
        if len(text) > MAX_PASSAGE_COMMENT_CHARACTERS:
            raise BadInput("Câu mẫu dài quá 2.000 ký tự.", "Hãy giữ câu ngắn hơn.")
        with self._store.personal.write() as connection:
            connection.execute(
                insert(phrases)
                .values(text=text, kept_at=now)
                .on_conflict_do_update(index_elements=["text"], set_={"kept_at": now})
            )
        return frozenset()

    def drop_phrase(self, text: str) -> Changes:
        with self._store.personal.write() as connection:
            connection.execute(delete(phrases).where(phrases.c.text == text))
        return frozenset()


def refused_decision(connection: Connection, lineage: str) -> RefusedDecision | None:
    """The latest decision on this reflection, when the server refused it."""
    latest = connection.execute(
        select(reviews, outbox.c.last_error, is_refused_decision().label("refused"))
        .join(outbox, outbox.c.lineage == reviews.c.id, isouter=True)
        .where(reviews.c.lineage == lineage, reviews.c.verdict != Verdict.OPENED.value)
        .order_by(reviews.c.reviewed_at.desc())
        .limit(1)
    ).one_or_none()
    return RefusedDecision(review_in(latest), latest.last_error) if latest and latest.refused else None


def keep_own_words(connection: Connection, lineages: Select | Sequence[str]) -> None:
    """Of drafts about these reflections only what the reviewer wrote stays, not what was quoted."""
    for row in connection.execute(select(review_drafts).where(review_drafts.c.lineage.in_(lineages))).all():
        connection.execute(
            update(review_drafts)
            .where(review_drafts.c.lineage == row.lineage)
            .values(comment=_own_words(row), passages="[]")
        )


def _own_words(row: Row) -> str:
    passages = codec.decode(row.passages.encode(), tuple[PassageComment, ...], limit=MAX_CONTENT_BYTES)
    said = (row.comment, *(passage.comment for passage in passages))
    return "\n".join(words for each in said if (words := each.strip()))


def own_words(connection: Connection, lineage: str) -> str:
    """What is being written of this reflection, without what is quoted from it."""
    row = connection.execute(select(review_drafts).where(review_drafts.c.lineage == lineage)).one_or_none()
    return _own_words(row) if row is not None else ""


def forget_draft(connection: Connection, lineage: str) -> None:
    """Drops what was being written, inside the transaction of the decision that it became."""
    connection.execute(delete(review_drafts).where(review_drafts.c.lineage == lineage))


def _sentences(comments: Iterable[str]) -> tuple[str, ...]:
    """The sentences of the comments, newest first among those used equally often."""
    counted = Counter(
        sentence
        for comment in comments
        for sentence in (" ".join(found.split()) for found in _SENTENCE.findall(comment))
        if SHORTEST_PHRASE <= len(sentence) <= LONGEST_PHRASE
    )
    return tuple(sentence for sentence, _ in counted.most_common())
