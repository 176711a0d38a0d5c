"""Files that go with reflections: kept once, whole before the text that names them, read by its readers."""

import hashlib

import pytest
from sqlalchemy import func, select

from handbook.model.attached import PIECE_BYTES, pieces_of
from handbook.model.reflection import Answer, AttachedFile, Reflection
from handbook.protocol.api import EntryKind
from handbook.protocol.submissions import (
    FilePiece,
    Submission,
    SubmissionKind,
    file_lineage,
)
from handbook.server.tables import access_log, submissions
from tests.server.harness import (
    CELL,
    SUBJECT,
    RunningServer,
    envelope,
    problem,
    read,
    reflection,
    withdrawal,
)

PHOTO = bytes(range(256)) * 1500  # two pieces


def named(data: bytes = PHOTO, name: str = "Ảnh sổ ghi.jpg") -> AttachedFile:
    return AttachedFile(sha256=hashlib.sha256(data).hexdigest(), name=name, size=len(data))


def pieces(data: bytes = PHOTO, author: str = "an") -> list[Submission]:
    file = named(data)
    return [
        envelope(
            FilePiece(
                sha256=file.sha256,
                size=file.size,
                data=data[(number - 1) * PIECE_BYTES : number * PIECE_BYTES],
            ),
            SubmissionKind.FILE,
            file.sha256,
            file_lineage(CELL, author, file.sha256),
            number,
            CELL,
        )
        for number in range(1, pieces_of(file.size) + 1)
    ]


def text_with(*files: AttachedFile) -> Submission:
    content = Reflection(SUBJECT, (Answer("nhan-thuc", "Bài viết"),), files)
    return envelope(content, SubmissionKind.REFLECTION, SUBJECT, "", 1, CELL)


def address(text: Submission, file: AttachedFile, number: int = 1) -> str:
    return f"/v1/files/{text.lineage}/{text.revision}/{file.sha256}/{number}"


def handed_in(server: RunningServer) -> Submission:
    for piece in pieces():
        server.as_("an").hand_in(piece)
    text = text_with(named())
    server.as_("an").hand_in(text)
    return text


def test_the_author_and_the_secretary_read_the_file_and_the_reading_is_on_record(
    server: RunningServer,
) -> None:
    text = handed_in(server)
    for reader in ("an", "bithu"):
        got = [
            read(server.as_(reader).get(address(text, named(), number), unit=CELL), FilePiece).data
            for number in (1, 2)
        ]
        assert b"".join(got) == PHOTO
    with server.house.database.read() as connection:
        seen = connection.execute(select(access_log.c["reader", "owner", "how"])).all()
    assert [tuple(row) for row in seen] == [("bithu", "an", "file")]


def test_others_do_not_learn_whether_a_file_is_there(server: RunningServer) -> None:
    text = handed_in(server)
    refused = server.as_("binh").get(address(text, named()), unit=CELL)
    assert problem(refused) == (404, "not-found")
    assert refused.json() == server.as_("binh").get(address(text, named(), 9), unit=CELL).json()
    assert server.anybody().get(address(text, named()), unit=CELL).status_code == 401


def test_a_file_that_no_text_names_is_given_to_nobody(server: RunningServer) -> None:
    for piece in pieces():
        server.as_("an").hand_in(piece)
    text = reflection()
    server.as_("an").hand_in(text)
    for reader in ("an", "bithu"):
        assert problem(server.as_(reader).get(address(text, named()), unit=CELL)) == (404, "not-found")


def test_the_file_of_a_text_that_was_taken_back_is_its_authors_alone(server: RunningServer) -> None:
    text = handed_in(server)
    server.as_("an").hand_in(withdrawal(text))
    assert problem(server.as_("bithu").get(address(text, named()), unit=CELL)) == (404, "not-found")
    assert server.as_("an").get(address(text, named()), unit=CELL).status_code == 200


def test_a_text_is_refused_before_its_files_are_here_in_whole(server: RunningServer) -> None:
    first, second = pieces()
    an, text = server.as_("an"), text_with(named())
    assert problem(an.put(text)) == (422, "bad-input")
    an.hand_in(first)
    assert problem(an.put(text)) == (422, "bad-input")
    an.hand_in(second)
    assert an.put(text).status_code == 201


def test_sending_a_piece_again_keeps_it_once_and_out_of_the_feed(server: RunningServer) -> None:
    first, an = pieces()[0], server.as_("an")
    answers = [an.put(first) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    with server.house.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(submissions)).scalar_one() == 1
    told = [entry for entry in an.feed().entries if entry.kind is EntryKind.SUBMISSION]
    assert told == []


def test_nobody_sends_a_piece_in_anothers_name_or_out_of_its_order(server: RunningServer) -> None:
    first, second = pieces()
    assert problem(server.as_("binh").put(first)) == (422, "bad-input")
    assert problem(server.as_("an").put(second)) == (422, "bad-input")


@pytest.mark.parametrize(
    ("size", "sent"),
    [(3_000_000, b"x" * PIECE_BYTES), (PIECE_BYTES + 1, b"x"), (0, b""), (10, b"x" * 11), (-5, b"")],
)
def test_a_piece_that_is_too_large_or_not_as_long_as_it_says_is_refused(
    server: RunningServer, size: int, sent: bytes
) -> None:
    sha256 = named().sha256
    piece = FilePiece(sha256=sha256, size=size, data=sent)
    lineage = file_lineage(CELL, "an", sha256)
    sent_as = envelope(piece, SubmissionKind.FILE, sha256, lineage, 1, CELL)
    assert problem(server.as_("an").put(sent_as)) == (422, "bad-input")


@pytest.mark.parametrize(
    "files",
    [
        [named(b"1"), named(b"2"), named(b"3"), named(b"4")],
        [named(name="MẬT.pdf")],
        [named(name="../../an.pdf")],
        [named(name="chay.exe")],
        [named(), named()],
        [AttachedFile(sha256="0" * 64, name="lon.pdf", size=2_000_001)],
    ],
)
def test_a_text_names_only_few_small_well_named_files(
    server: RunningServer, files: list[AttachedFile]
) -> None:
    refused = server.as_("an").put(text_with(*files))
    assert problem(refused) == (422, "bad-input")
    assert "chưa có đủ" not in refused.json()["message"]
