"""Writing a reflection: the draft that survives anything, its submission, what became of each revision."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import uuid_utils
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client import receipts
from handbook.client.assignments import decoded, encoded
from handbook.client.attached import (
    disown,
    drop_unnamed,
    forget_named,
    forget_sent,
    is_here,
    judged,
    keep_data,
    keep_named,
    packed_files,
    pieces_to_owe,
    unpacked_files,
    with_file,
)
from handbook.client.choices import choose_again
from handbook.client.drafts import Draft, is_revision, lineage_of, on_template, standing_of
from handbook.client.lineages import (
    KeptText,
    ReviewNote,
    SubmittedRevision,
    answers_in,
    files_in,
    kept_texts,
    notes_of,
    submitted,
)
from handbook.client.outbox import compose
from handbook.client.tables import personal
from handbook.client.tables.library import sections
from handbook.client.tables.personal import clashes, drafts, outbox, revisions
from handbook.client.versions import (
    FormerText,
    former_text,
    former_texts,
    keep,
    keep_at_pause,
    unpacked,
)
from handbook.client.withdrawals import forget_owed, reopen
from handbook.errors import BadInput, NotFound, Untrusted
from handbook.model.assignment_changes import changes_between
from handbook.model.changes import Change, Changes
from handbook.model.prose import parse, plain
from handbook.model.reflection import (
    Answer,
    AttachedFile,
    Problem,
    Reflection,
    State,
    Withdrawal,
    problems,
    written_words,
)
from handbook.model.repeats import Repeats, repeats
from handbook.model.study import Assignment
from handbook.model.text import nfc
from handbook.model.two_texts import merged, merged_files
from handbook.model.vietnamese import date_text
from handbook.protocol import codec
from handbook.protocol.receipt_files import ReceiptFile
from handbook.protocol.receipts import Receipt

if TYPE_CHECKING:
    from handbook.client.account import Account
    from handbook.client.assignments import Assignments
    from handbook.client.outbox import Outbox
    from handbook.client.store import Store

__all__ = ["Draft", "FormerText", "KeptText", "Reflections", "ReviewNote", "SubmittedRevision"]

CHANGED = frozenset({Change.REFLECTION, Change.STUDY})


class Reflections:
    """The member's own reflections. `new_id` makes the UUIDv7 that names a new lineage."""

    def __init__(
        self,
        store: "Store",
        account: "Account",
        assignments: "Assignments",
        outbox: "Outbox",
        new_id: Callable[[], str] = lambda: str(uuid_utils.uuid7()),
    ) -> None:
        self._store = store
        self._account = account
        self._assignments = assignments
        self._outbox = outbox
        self._new_id = new_id

    # Queries

    def draft(self, assignment_id: str, now: datetime) -> Draft:
        """What there is to write or to see; creates nothing. Raises NotFound."""
        asked, recalled = self._asked(assignment_id)
        view = self._assignments.view_of(asked, now)
        assignment, cell_name = view.assignment, self._account.cell_unit().name
        with self._store.personal.read() as connection:
            standing = standing_of(connection, assignment)
            kept = kept_texts(connection, assignment_id)
            lineage = lineage_of(standing)
            comments = notes_of(connection, {lineage}, cell_name)[lineage]
        draft, latest = standing.draft, standing.latest
        if draft is not None:
            written, files, state = unpacked(draft.answers), unpacked_files(draft.files), State.DRAFT
        elif latest:
            written, files, state = latest.answers, latest.files, latest.state
        else:
            written, files, state = (), (), State.DRAFT
        base = draft.base_revision if draft is not None else 0
        answers = on_template(assignment, written)
        found = _problems(assignment, answers, now) if standing.can_write else ()
        if recalled:
            found += (Problem("", "Đảng uỷ đã rút nhiệm vụ này nên không nộp được; bài vẫn được giữ."),)
        seen = decoded(draft.asked) if draft is not None and draft.asked else assignment
        return Draft(
            assignment=view,
            lineage=lineage,
            base_revision=base,
            answers=answers,
            files=files,
            state=state,
            words=written_words(answers),
            problems=found,
            can_write=standing.can_write,
            can_submit=draft is not None and not found and not standing.accepted,
            can_revise=standing.can_revise,
            can_withdraw=standing.can_withdraw,
            withdrawing=standing.withdrawal is not None and not standing.withdrawal.set_aside,
            not_withdrawn=standing.not_withdrawn,
            refused=view.reflection.refused if view.reflection else "",
            comments=comments,
            saved_at=draft.saved_at if draft is not None else None,
            newer=latest if draft is not None and latest and latest.revision > base else None,
            kept=kept,
            versions=standing.texts,
            recalled=recalled,
            changed=changes_between(seen, assignment),
        )

    def former_texts(self, assignment_id: str) -> tuple[FormerText, ...]:
        """Every text of the assignment that is kept on this PC, newest first."""
        with self._store.personal.read() as connection:
            return former_texts(connection, assignment_id)

    def repeated(self, assignment_id: str, answers: tuple[Answer, ...]) -> Repeats:
        """How much of the answers is taken word for word from the assignment's documents.

        Quotations that say where they are from do not count. For the author alone: it is kept nowhere.
        """
        own = "\n".join(plain(parse(answer.text), quoted=False) for answer in answers)
        asked, _ = self._asked(assignment_id)
        with self._store.library.read() as connection:
            texts = connection.execute(
                select(sections.c.text).where(sections.c.document.in_(asked.documents))
            ).scalars()
            return repeats(own, texts)

    def submitted(self, assignment_id: str) -> tuple[SubmittedRevision, ...]:
        """Every submitted revision, newest first. Raises NotFound."""
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.read() as connection:
            return submitted(connection, [assignment])[assignment_id]

    def verify(self, lineage: str, revision: int) -> Receipt:
        """The receipt of a submission, checked anew against the published keys and the text kept here.

        Raises NotFound when no receipt is held, Untrusted when it does not hold.
        """
        key = (lineage, revision)
        with self._store.personal.read() as connection:
            row = connection.execute(
                select(personal.receipts).where(*is_revision(personal.receipts, key))
            ).one_or_none()
            content = connection.execute(
                select(revisions.c.content).where(*is_revision(revisions, key))
            ).scalar_one_or_none()
        if row is None or content is None:
            raise NotFound("Bài này chưa có biên nhận.", "Biên nhận có sau khi máy chủ nhận bài.")
        receipt = receipts.from_row(row)
        receipts.check_text(receipt, content, receipts.published_keys(self._store))
        if receipt.author != self._account.member().account:
            raise Untrusted("Biên nhận này là của một tài khoản khác.", "Hãy báo quản trị máy chủ.")
        return receipt

    def receipt_file(self, lineage: str, revision: int) -> ReceiptFile:
        """What proves, wherever it is shown, that the server holds this text. Raises NotFound, Untrusted."""
        return receipts.receipt_file(self._store, lineage, revision)

    # Commands

    def save(self, assignment_id: str, answers: tuple[Answer, ...], now: datetime) -> Changes:
        """Keeps the text as typed; it is on the disk when this returns.

        Announces only when the draft is new: an editor that saves each second makes nobody read again. Raises
        BadInput when the text was submitted and not returned, NotFound for a new draft of an unknown
        assignment; a draft goes on being kept when its assignment is withdrawn meanwhile.
        """
        packed = _pack(answers)
        values: dict[str, object] = {"answers": packed, "saved_at": now}
        with self._store.personal.write() as connection:
            mine = drafts.c.assignment == assignment_id
            draft = connection.execute(select(drafts).where(mine)).one_or_none()
            is_new = draft is None
            if draft is not None:
                values["kept_at"] = keep_at_pause(connection, draft, packed, now)
                connection.execute(update(drafts).where(mine).values(values))
            else:
                connection.execute(insert(drafts).values(values | self._begun(connection, assignment_id)))
        return self._store.announce(CHANGED) if is_new else frozenset()

    def attach(self, assignment_id: str, name: str, data: bytes, now: datetime) -> Changes:
        """Adds a file to the draft; its bytes are on the disk, encrypted, when this returns.

        Raises BadInput for what may not go with a reflection, by its bytes, its name or the room that is
        left; else as `save`.
        """
        file = judged(name, data)
        with self._store.personal.write() as connection:
            keep_data(connection, file.sha256, data)
            self._change_files(connection, assignment_id, lambda files: with_file(files, file), now)
        return self._store.announce(CHANGED)

    def detach(self, assignment_id: str, file: AttachedFile, now: datetime) -> Changes:
        """Takes a file out of the draft; until a draft is submitted `attach_again` brings it back."""
        with self._store.personal.write() as connection:
            self._change_files(
                connection, assignment_id, lambda files: tuple(each for each in files if each != file), now
            )
        return self._store.announce(CHANGED)

    def attach_again(self, assignment_id: str, file: AttachedFile, now: datetime) -> Changes:
        """Undoes `detach`. Raises NotFound when the bytes are no longer here; else as `attach`."""
        with self._store.personal.write() as connection:
            if not is_here(connection, file):
                raise NotFound(f"Tệp “{file.name}” không còn trên máy này.", "Hãy chọn lại tệp.")
            self._change_files(connection, assignment_id, lambda files: with_file(files, file), now)
        return self._store.announce(CHANGED)

    def bring_back(self, assignment_id: str, id: str, now: datetime) -> Changes:
        """Makes a former text the draft's; the draft's present text is kept as a version before.

        Raises NotFound when that text is no longer kept, BadInput when nothing is being written.
        """
        with self._store.personal.write() as connection:
            mine = drafts.c.assignment == assignment_id
            draft = connection.execute(select(drafts).where(mine)).one_or_none()
            if draft is None:
                raise _cannot_write()
            text = former_text(connection, assignment_id, id)
            keep(connection, assignment_id, draft.answers, draft.saved_at, now)
            values = {"answers": _pack(text.answers), "saved_at": now, "kept_at": now}
            connection.execute(update(drafts).where(mine).values(values))
        return self._store.announce(CHANGED)

    def note_changes(self, assignment_id: str) -> Changes:
        """The member has seen what the publisher changed of the assignment. Raises NotFound."""
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            connection.execute(
                update(drafts).where(drafts.c.assignment == assignment_id).values(asked=encoded(assignment))
            )
        return self._store.announce(CHANGED)

    def submit(self, assignment_id: str, now: datetime) -> Changes:
        """Makes the draft the next revision and owes it to the server, in one transaction.

        Raises BadInput with the first problem; `draft().problems` has them all.
        """
        assignment = self._assignments.find(assignment_id)
        author = self._account.member()
        with self._store.personal.write() as connection:
            standing = standing_of(connection, assignment)
            draft = standing.draft
            if draft is None:
                raise BadInput("Chưa có bài viết để nộp.", "Hãy viết bài rồi nộp.")
            if standing.accepted:
                raise BadInput(
                    "Bài nộp từ máy khác đã được đánh giá Đạt nên không nộp lại.",
                    "Bản viết trên máy này vẫn được giữ.",
                )
            answers = tuple(
                answer for answer in on_template(assignment, unpacked(draft.answers)) if answer.text.strip()
            )
            if found := _problems(assignment, answers, now):
                raise BadInput(found[0].message, "Hãy sửa rồi nộp lại; bản nháp vẫn được giữ.")
            files = unpacked_files(draft.files)
            for lineage, number, piece in pieces_to_owe(connection, files, author.unit, author.account):
                self._outbox.owe(
                    connection,
                    compose(
                        piece,
                        author=author,
                        lineage=lineage,
                        revision=number,
                        subject=piece.sha256,
                        now=now,
                    ),
                )
            submission = compose(
                Reflection(assignment_id, answers, files),
                author=author,
                lineage=lineage_of(standing),
                revision=standing.latest.revision + 1 if standing.latest else 1,
                subject=assignment_id,
                now=now,
            )
            connection.execute(
                insert(revisions).values(
                    lineage=submission.lineage,
                    revision=submission.revision,
                    assignment=assignment_id,
                    submitted_at=submission.written_at,
                    content=submission.content,
                )
            )
            keep_named(connection, submission)
            self._outbox.owe(connection, submission)
            connection.execute(delete(drafts).where(drafts.c.assignment == assignment_id))
            drop_unnamed(connection)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def revise(self, assignment_id: str, now: datetime, *, merging: bool = False) -> Changes:
        """Opens a draft with the text to go on with; a draft that is there already stays as it is.

        That text is the returned revision, or this PC's text after a clash (`merging`: both in one), or one
        that the server refused (which is then owed no longer). Raises BadInput when nothing may be revised.
        """
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            standing = standing_of(connection, assignment)
            if standing.draft is not None:
                return frozenset()
            if not standing.can_revise:
                raise _cannot_write()
            latest = standing.latest
            if clash := standing.clash:
                text, files, base = answers_in(clash.content), files_in(clash.content), latest.revision
                if merging:
                    text, files = merged(latest.answers, text), merged_files(latest.files, files)
                self._settle_clash(connection, clash, now)
            elif refused := standing.refused:
                key = (refused.lineage, refused.revision)
                text, files, base = latest.answers, latest.files, latest.revision - 1
                author = self._account.member()
                forget_sent(connection, files, author.unit, author.account)
                forget_named(connection, [refused.lineage], refused.revision)
                connection.execute(delete(outbox).where(*is_revision(outbox, key)))
                connection.execute(delete(revisions).where(*is_revision(revisions, key)))
                disown(connection, author.account)
            else:
                text, files, base = latest.answers, latest.files, latest.revision
            forget_owed(connection, latest.lineage)
            connection.execute(
                insert(drafts).values(
                    assignment=assignment_id,
                    lineage=latest.lineage,
                    base_revision=base,
                    answers=_pack(text),
                    files=packed_files(files),
                    saved_at=now,
                    asked=encoded(assignment),
                )
            )
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def withdraw(self, assignment_id: str, now: datetime) -> Changes:
        """Takes the latest text back while the cell has not opened it.

        One that has not left this PC is a draft again at once; of any other the server decides, and its words
        are a draft once it has. Raises BadInput when nothing may be taken back.
        """
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            standing = standing_of(connection, assignment)
            if not standing.can_withdraw:
                raise BadInput(
                    "Bài này không rút lại được.", "Chỉ rút lại được bài đã nộp mà chi bộ chưa mở."
                )
            lineage, revision = standing.latest.lineage, standing.latest.revision
            owed = self._outbox.owed_row(connection, lineage, revision)
            if owed is not None and not owed.sent:
                reopen(connection, lineage, revision, revision - 1, now)
                connection.execute(delete(outbox).where(*is_revision(outbox, (lineage, revision))))
                connection.execute(delete(revisions).where(*is_revision(revisions, (lineage, revision))))
                forget_named(connection, [lineage], revision)
                disown(connection, self._account.member().account)
            else:
                withdrawal = compose(
                    Withdrawal(lineage=lineage, revision=revision, withdrawn_at=now),
                    author=self._account.member(),
                    lineage=self._new_id(),
                    revision=1,
                    subject=lineage,
                    now=now,
                )
                self._outbox.owe(connection, withdrawal)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def forget_refused_withdrawal(self, assignment_id: str) -> Changes:
        """The member has seen that the server would not let them take the text back."""
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            withdrawal = standing_of(connection, assignment).withdrawal
            if withdrawal is None or not withdrawal.set_aside:
                return frozenset()
            forget_owed(connection, withdrawal.subject)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def accept_held(self, assignment_id: str, now: datetime) -> Changes:
        """Settles a clash with the text of the other PC; this PC's stays readable in `Draft.kept`."""
        assignment = self._assignments.find(assignment_id)
        with self._store.personal.write() as connection:
            clash = standing_of(connection, assignment).clash
            if clash is None:
                raise BadInput("Không có hai bản nào đang chờ chọn.")
            self._settle_clash(connection, clash, now)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def _begun(self, connection: Connection, assignment_id: str) -> dict[str, object]:
        """The values of a first draft. Raises BadInput when nothing may be written, NotFound."""
        assignment = self._assignments.find(assignment_id)
        if not standing_of(connection, assignment).can_write:
            raise _cannot_write()
        first = {"assignment": assignment_id, "lineage": self._new_id(), "base_revision": 0}
        return first | {"asked": encoded(assignment)}

    def _change_files(
        self,
        connection: Connection,
        assignment_id: str,
        change: Callable[[tuple[AttachedFile, ...]], tuple[AttachedFile, ...]],
        now: datetime,
    ) -> None:
        mine = drafts.c.assignment == assignment_id
        packed = connection.execute(select(drafts.c.files).where(mine)).scalar_one_or_none()
        values = {"files": packed_files(change(unpacked_files(packed or "[]"))), "saved_at": now}
        if packed is None:
            first = {"answers": _pack(())} | self._begun(connection, assignment_id)
            connection.execute(insert(drafts).values(values | first))
        else:
            connection.execute(update(drafts).where(mine).values(values))

    def choose_again(self, assignment_id: str, now: datetime) -> Changes:
        """Undoes the latest choice between two texts, as choices.py does."""
        with self._store.personal.write() as connection:
            choose_again(connection, assignment_id, now)
        return self._store.announce(CHANGED)

    def _asked(self, assignment_id: str) -> tuple[Assignment, bool]:
        """The assignment, and whether only a draft still knows it. Raises NotFound."""
        try:
            return self._assignments.find(assignment_id), False
        except NotFound:
            query = select(drafts.c.asked).where(drafts.c.assignment == assignment_id)
            with self._store.personal.read() as connection:
                asked = connection.execute(query).scalar_one_or_none()
            if asked is None:
                raise
            return decoded(asked), True

    def _settle_clash(self, connection: Connection, clash: Row, now: datetime) -> None:
        key = (clash.lineage, clash.revision)
        connection.execute(update(clashes).where(*is_revision(clashes, key)).values(settled_at=now))
        connection.execute(delete(outbox).where(*is_revision(outbox, key)))
        forget_owed(connection, clash.lineage)


def _problems(assignment: Assignment, answers: tuple[Answer, ...], now: datetime) -> tuple[Problem, ...]:
    found = problems(assignment, answers)
    if not assignment.is_open(now):
        found += (Problem("", f"Nhiệm vụ mở từ ngày {date_text(assignment.opens_on)}, chưa nộp được."),)
    return found


def _cannot_write() -> BadInput:
    return BadInput(
        "Bài đã nộp nên không sửa được nữa.",
        "Chỉ sửa được khi chi bộ trả lại; bản đã nộp xem ở mục Các bản đã nộp.",
    )


def _pack(answers: tuple[Answer, ...]) -> str:
    return codec.encode(tuple(Answer(answer.part, nfc(answer.text)) for answer in answers)).decode()
