"""Files that go with reflections: kept encrypted here, sent before the text, fetched for its readers."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy import Connection, Row, Select, and_, delete, exists, select, union, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client.answers import record_in
from handbook.client.tables.personal import (
    attached_files,
    draft_versions,
    drafts,
    file_pieces,
    outbox,
    receipts,
)
from handbook.errors import BadInput, Expected, NotAllowed, NotFound, ServerBroken
from handbook.model.attached import (
    MAX_FILES,
    MAX_FILES_BYTES,
    PIECE_BYTES,
    files_problem,
    kept_name,
    piece_length,
    pieces_of,
)
from handbook.model.changes import Change, Changes
from handbook.model.library import MediaType
from handbook.model.reflection import AttachedFile
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES
from handbook.protocol.assets import SUFFIXES, is_whole, media_type_of
from handbook.protocol.submissions import (
    FilePiece,
    Submission,
    SubmissionKind,
    file_lineage,
    pack_content,
    unpack_content,
)

if TYPE_CHECKING:
    from handbook.client.store import Store
    from handbook.client.transport import Transport

__all__ = ["AttachedFiles", "FetchReport", "judged"]

ALLOWED = frozenset({MediaType.PNG, MediaType.JPEG, MediaType.PDF, MediaType.DOCX})


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """`error` is the last failure; what came before it is kept."""

    bytes_down: int
    error: Expected | None
    changes: Changes


class AttachedFiles:
    """The bytes behind the files that reflections and drafts name."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    def read(self, file: AttachedFile) -> bytes:
        """Raises NotFound while the file has not arrived here in whole."""
        with self._store.personal.read() as connection:
            data = _joined(connection, file.sha256)
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise NotFound(
                f"Tệp “{file.name}” chưa về máy này.", "Tệp sẽ có sau lần đồng bộ kế tiếp khi có mạng."
            )
        return data

    def fetch(
        self, transport: "Transport", token: str, cancelled: Callable[[], bool] = lambda: False
    ) -> FetchReport:
        """Brings what reflections on this PC name and is not here, piece by piece: what has come stays.

        A file that the server does not give, or gives wrongly, does not keep the others away.
        """
        bytes_down, error, changes = 0, None, frozenset()
        with self._store.personal.read() as connection:
            wanted = connection.execute(
                select(attached_files)
                .where(attached_files.c.whole.is_(False))
                .order_by(attached_files.c.size, attached_files.c.sha256)
            ).all()
        for row in wanted:
            if cancelled():
                break
            try:
                bytes_down += self._fetch(row, transport, token, cancelled)
            except NotFound:
                continue  # taken back, or another's by now: the feed tells
            except (NotAllowed, BadInput, ServerBroken) as problem:
                error = problem
            except Expected as problem:
                error = problem
                break
            else:
                changes = frozenset({Change.CELL, Change.REFLECTION})
        return FetchReport(bytes_down=bytes_down, error=error, changes=self._store.announce(changes))

    def _fetch(self, row: Row, transport: "Transport", token: str, cancelled: Callable[[], bool]) -> int:
        """How many bytes came. Raises what the server answers, ServerBroken for another file than asked."""
        came = 0
        with self._store.personal.read() as connection:
            here = set(
                connection.execute(
                    select(file_pieces.c.number).where(file_pieces.c.sha256 == row.sha256)
                ).scalars()
            )
        for number in range(1, pieces_of(row.size) + 1):
            if number in here:
                continue
            if cancelled():
                return came
            path = f"/v1/files/{row.lineage}/{row.revision}/{row.sha256}/{number}"
            query = urlencode({"unit": row.unit})
            answer = transport.send("GET", f"{path}?{query}", token=token, limit=MAX_ANSWER_BYTES)
            piece = record_in(answer, FilePiece)
            came += len(answer.body)
            if (piece.sha256, len(piece.data)) != (row.sha256, piece_length(row.size, number)):
                raise _wrong_file()
            with self._store.personal.write() as connection:
                _keep_piece(connection, row.sha256, number, piece.data)
        with self._store.personal.write() as connection:
            if hashlib.sha256(_joined(connection, row.sha256)).hexdigest() == row.sha256:
                same = attached_files.c.sha256 == row.sha256
                connection.execute(update(attached_files).where(same).values(whole=True))
                return came
            connection.execute(delete(file_pieces).where(file_pieces.c.sha256 == row.sha256))
        raise _wrong_file()


def judged(name: str, data: bytes) -> AttachedFile:
    """What a file is to be called and known by. Raises BadInput when it may not go with a reflection."""
    if len(data) > MAX_FILES_BYTES:
        raise BadInput(
            f"Tệp “{name}” lớn hơn 2 MB.", "Hãy giảm dung lượng, hoặc chỉ kèm những trang cần thiết."
        )
    kind = media_type_of(data)
    if kind not in ALLOWED:
        raise BadInput(
            f"Không kèm được tệp “{name}”.",
            "Chỉ kèm được hình PNG, JPEG, tệp PDF và Word (.docx) không có macro.",
        )
    if not is_whole(data, kind):
        raise BadInput(f"Tệp “{name}” bị hỏng hoặc chưa chép xong.", "Hãy mở thử tệp rồi chọn lại.")
    file = AttachedFile(
        sha256=hashlib.sha256(data).hexdigest(), name=kept_name(name, SUFFIXES[kind][0]), size=len(data)
    )
    if problem := files_problem([file]):
        raise BadInput(problem, "Hãy kiểm tra nội dung tệp; nếu không mật thì đổi tên rồi kèm lại.")
    return file


def with_file(files: Sequence[AttachedFile], file: AttachedFile) -> tuple[AttachedFile, ...]:
    """The files with one more; once is enough. Raises BadInput when that is too much."""
    if any(each.sha256 == file.sha256 for each in files):
        return tuple(files)
    if problem := files_problem([*files, file]):
        raise BadInput(problem, f"Một bài kèm được nhiều nhất {MAX_FILES} tệp, cộng lại không quá 2 MB.")
    return (*files, file)


def with_again(files: Sequence[AttachedFile], file: AttachedFile) -> tuple[AttachedFile, ...]:
    """The files with one that was among them before, however many they are."""
    return tuple({each.sha256: each for each in (*files, file)}.values())


def packed_files(files: Iterable[AttachedFile]) -> str:
    """Files as the table `drafts` keeps them."""
    return codec.encode(tuple(files)).decode()


def unpacked_files(packed: str) -> tuple[AttachedFile, ...]:
    data = packed.encode()
    return codec.decode(data, tuple[AttachedFile, ...], limit=len(data))


def keep_data(connection: Connection, sha256: str, data: bytes) -> None:
    """Keeps a file's bytes; the same again changes nothing."""
    for number in range(1, pieces_of(len(data)) + 1):
        at = (number - 1) * PIECE_BYTES
        _keep_piece(connection, sha256, number, data[at : at + PIECE_BYTES])


def is_here(connection: Connection, file: AttachedFile) -> bool:
    return hashlib.sha256(_joined(connection, file.sha256)).hexdigest() == file.sha256


def keep_named(connection: Connection, submission: Submission) -> None:
    """Notes which files a reflection names, so that they are kept, or fetched when they are not here."""
    for file in unpack_content(SubmissionKind.REFLECTION, submission.content).files:
        connection.execute(
            insert(attached_files)
            .values(
                lineage=submission.lineage,
                revision=submission.revision,
                sha256=file.sha256,
                name=file.name,
                size=file.size,
                unit=submission.unit,
                whole=is_here(connection, file),
            )
            .on_conflict_do_nothing()
        )


def forget_named(
    connection: Connection, lineages: Select | Sequence[str], revision: int | None = None
) -> None:
    """The files of these texts are no longer needed for them; of one revision, or of all."""
    gone = delete(attached_files).where(attached_files.c.lineage.in_(lineages))
    connection.execute(gone if revision is None else gone.where(attached_files.c.revision == revision))


def drop_unnamed(connection: Connection) -> None:
    """Removes bytes that no text, no draft and no version of one names any more."""
    named = union(select(drafts.c.files), select(draft_versions.c.files))
    in_drafts = {file.sha256 for each in connection.execute(named).scalars() for file in unpacked_files(each)}
    connection.execute(
        delete(file_pieces).where(
            file_pieces.c.sha256.not_in(in_drafts),
            ~exists().where(attached_files.c.sha256 == file_pieces.c.sha256),
        )
    )


# What is owed


def pieces_to_owe(
    connection: Connection, files: Sequence[AttachedFile], unit: str, author: str
) -> Iterable[tuple[str, int, FilePiece]]:
    """(lineage, number, piece) of what the server has not receipted and is not owed already, in order.

    Raises NotFound when the bytes of a file are not here.
    """
    for file in files:
        if not is_here(connection, file):
            raise NotFound(
                f"Tệp “{file.name}” chưa về máy này nên chưa nộp được.",
                "Hãy đồng bộ, hoặc bỏ tệp ấy và kèm lại.",
            )
        lineage = file_lineage(unit, author, file.sha256)
        done = {
            number
            for table in (receipts, outbox)
            for number in connection.execute(
                select(table.c.revision).where(table.c.lineage == lineage)
            ).scalars()
        }
        rows = connection.execute(
            select(file_pieces).where(file_pieces.c.sha256 == file.sha256).order_by(file_pieces.c.number)
        ).all()
        for row in rows:
            if row.number not in done:
                piece = FilePiece(sha256=file.sha256, size=file.size, data=row.data)
                yield lineage, row.number, piece


def owe_again(connection: Connection, reflection: Row) -> None:
    """Queues all pieces of a text's files once more, for a server that was restored without them.

    `reflection` has the columns of an owed row. A file that is not here in whole is another PC's to offer.
    """
    author = connection.execute(
        select(receipts.c.author).where(
            receipts.c.lineage == reflection.lineage, receipts.c.revision == reflection.revision
        )
    ).scalar_one()
    for file in unpack_content(SubmissionKind.REFLECTION, reflection.content).files:
        if not is_here(connection, file):
            continue
        lineage = file_lineage(reflection.unit, author, file.sha256)
        receipted = and_(receipts.c.lineage == lineage, receipts.c.revision == file_pieces.c.number)
        rows = connection.execute(
            select(file_pieces)
            .join(receipts, receipted)
            .where(file_pieces.c.sha256 == file.sha256)
            .order_by(file_pieces.c.number)
        ).all()
        for row in rows:
            content = pack_content(FilePiece(sha256=file.sha256, size=file.size, data=row.data))
            connection.execute(
                insert(outbox)
                .values(
                    kind=SubmissionKind.FILE.value,
                    lineage=lineage,
                    revision=row.number,
                    commune=reflection.commune,
                    unit=reflection.unit,
                    subject=file.sha256,
                    written_at=reflection.written_at,
                    content=content,
                    again=True,
                    sent=True,
                )
                .on_conflict_do_nothing()
            )


def disown(connection: Connection, author: str) -> None:
    """Drops owed pieces that no owed reflection needs: their text was taken back before it was sent."""
    needed: set[str] = set()
    texts = connection.execute(select(outbox).where(outbox.c.kind == SubmissionKind.REFLECTION.value)).all()
    for row in texts:
        needed |= needed_lineages(row, author)
    connection.execute(
        delete(outbox).where(outbox.c.kind == SubmissionKind.FILE.value, outbox.c.lineage.not_in(needed))
    )


def needed_lineages(row: Row, author: str) -> set[str]:
    """The lineages of the files that an owed reflection names; none for other rows of the outbox."""
    if row.kind != SubmissionKind.REFLECTION.value:
        return set()
    files = unpack_content(SubmissionKind.REFLECTION, row.content).files
    return {file_lineage(row.unit, author, file.sha256) for file in files}


def forget_sent(connection: Connection, files: Sequence[AttachedFile], unit: str, author: str) -> None:
    """A server that says it has not got these files is sent them again, whatever it once receipted."""
    lineages = [file_lineage(unit, author, file.sha256) for file in files]
    connection.execute(
        delete(receipts).where(receipts.c.kind == SubmissionKind.FILE.value, receipts.c.lineage.in_(lineages))
    )


def titles_of(connection: Connection, rows: Iterable[Row]) -> dict[str, str]:
    """For each file of which a piece is among the owed rows, by its SHA-256, what to call it."""
    wanted = {row.subject for row in rows if row.kind == SubmissionKind.FILE.value}
    if not wanted:
        return {}
    named = connection.execute(
        select(attached_files.c.sha256, attached_files.c.name).where(attached_files.c.sha256.in_(wanted))
    )
    return {row.sha256: f"Tệp kèm theo: {row.name}" for row in named}


def _joined(connection: Connection, sha256: str) -> bytes:
    """What there is of a file, in the order of its pieces."""
    pieces = connection.execute(
        select(file_pieces.c.data).where(file_pieces.c.sha256 == sha256).order_by(file_pieces.c.number)
    ).scalars()
    return b"".join(pieces)


def _keep_piece(connection: Connection, sha256: str, number: int, data: bytes) -> None:
    connection.execute(
        insert(file_pieces).values(sha256=sha256, number=number, data=data).on_conflict_do_nothing()
    )


def _wrong_file() -> ServerBroken:
    return ServerBroken("Máy chủ đưa ra một tệp kèm theo không đúng tệp đã nộp.", "Hãy báo quản trị máy chủ.")
