"""What a member sends is identified by its exact bytes."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.errors import BadInput
from handbook.model.reflection import (
    Answer,
    AttachedFile,
    PassageComment,
    Reflection,
    Review,
    Verdict,
    Withdrawal,
)
from handbook.model.study import CellMark, MarkKind, Tick
from handbook.protocol.submissions import (
    MAX_CONTENT_BYTES,
    FilePiece,
    Submission,
    SubmissionKind,
    pack_content,
    unpack_content,
)
from tests.protocol.samples import texts

moments = st.datetimes(timezones=st.just(UTC))
contents = {
    SubmissionKind.REFLECTION: st.builds(
        Reflection,
        assignment=texts,
        answers=st.lists(st.builds(Answer, texts, texts), max_size=3).map(tuple),
        files=st.lists(
            st.builds(AttachedFile, sha256=texts, name=texts, size=st.integers(0, 2**21)), max_size=2
        ).map(tuple),
    ),
    SubmissionKind.FILE: st.builds(
        FilePiece, sha256=texts, size=st.integers(0, 2**21), data=st.binary(max_size=200)
    ),
    SubmissionKind.TICK: st.builds(
        Tick, document=texts, edition=st.integers(1), read=st.booleans(), ticked_at=moments
    ),
    SubmissionKind.REVIEW: st.builds(
        Review,
        lineage=texts,
        revision=st.integers(1),
        verdict=st.sampled_from(Verdict),
        comment=texts,
        passages=st.lists(
            st.builds(PassageComment, part=texts, quote=texts, before=texts, after=texts, comment=texts),
            max_size=2,
        ).map(tuple),
        reviewed_at=moments,
    ),
    SubmissionKind.WITHDRAWAL: st.builds(
        Withdrawal, lineage=texts, revision=st.integers(1), withdrawn_at=moments
    ),
    SubmissionKind.CELL_MARK: st.builds(
        CellMark,
        member=texts,
        assignment=texts,
        kind=st.sampled_from(MarkKind),
        reason=texts,
        handed_in_on=st.none() | st.dates(),
        marked_at=moments,
    ),
}


@pytest.mark.parametrize("kind", SubmissionKind)
@given(data=st.data())
def test_content_comes_back_as_it_was_sent(kind: SubmissionKind, data: st.DataObject) -> None:
    content = data.draw(contents[kind])
    packed = pack_content(content)
    assert unpack_content(kind, packed) == content
    assert pack_content(unpack_content(kind, packed)) == packed


def test_content_of_another_kind_or_too_long_is_refused() -> None:
    tick = pack_content(Tick(document="central/x", edition=1, read=True, ticked_at=datetime.now(UTC)))
    with pytest.raises(BadInput):
        unpack_content(SubmissionKind.REFLECTION, tick)
    with pytest.raises(BadInput):
        unpack_content(SubmissionKind.TICK, tick + " " * MAX_CONTENT_BYTES)


@given(texts, texts)
def test_the_hash_covers_every_byte_of_the_content(content: str, other: str) -> None:
    def sha256(text: str) -> str:
        return Submission(
            kind=SubmissionKind.TICK,
            lineage="l",
            revision=1,
            commune="hongson/anbinh",
            unit="hongson/anbinh/khu-pho-1",
            subject="central/x",
            written_at=datetime(2026, 11, 22, tzinfo=UTC),
            content=text,
        ).sha256

    assert sha256(content) == hashlib.sha256(content.encode()).hexdigest()
    assert (sha256(content) == sha256(other)) == (content == other)
