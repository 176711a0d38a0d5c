"""Writing a reflection: the draft that survives anything, its submission, what became of each revision."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import uuid_utils
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from handbook.client import receipts
from handbook.client.assignments import decoded, encoded
from handbook.client.attached import (
    is_here,
    judged,
    keep_data,
    packed_files,
    unpacked_files,
    with_again,
    with_file,
)
from handbook.client.choices import (
    choose_again,
    choose_over_newer,
    keep_held,
    open_again,
    put_back,
)
from handbook.client.drafts import Draft, cannot_write, is_revision, lineage_of, on_template, standing_of
from handbook.client.handing_in import hand_in, problems_now, take_back
from handbook.client.lineages import KeptText, ReviewNote, SubmittedRevision, kept_texts, notes_of, submitted
from handbook.client.recalled import asked
from handbook.client.tables import personal
from handbook.client.tables.library import sections
from handbook.client.tables.personal import drafts
from handbook.client.versions import (
    FormerText,
    former_text,
    former_texts,
    keep,
    keep_at_pause,
    packed,
    unpacked,
)
from handbook.client.withdrawals import forget_owed
from handbook.errors import NotFound, Untrusted
from handbook.model.assignment_changes import changes_between
from handbook.model.changes import Change, Changes
from handbook.model.prose import parse, plain
from handbook.model.reflection import Answer, AttachedFile, Problem, State, written_words
from handbook.model.repeats import Repeats, repeats
from handbook.model.two_texts import Choice
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
        asked_for, recalled = asked(self._store, self._assignments, assignment_id)
        view = self._assignments.view_of(asked_for, now)
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
        found = problems_now(assignment, answers, files, now) if standing.can_write else ()
        if recalled and standing.can_write:
            found += (Problem("", "Đảng uỷ đã rút nhiệm vụ này nên không nộp được; bài vẫn được giữ."),)
        seen = decoded(draft.asked) if draft is not None and draft.asked else assignment
        return Draft(
            assignment=view,
            lineage=lineage,
            base_revision=base,
            answers=answers,
            files=files,
            state=state,
            words=None if draft is None and latest and latest.erased_at else written_words(answers),
            problems=found,
            can_write=standing.can_write,
            can_submit=draft is not None and not (found or standing.accepted or standing.newer),
            can_revise=standing.can_revise and not (recalled and standing.clash is None),
            can_withdraw=standing.can_withdraw,
            withdrawing=standing.withdrawal is not None and not standing.withdrawal.set_aside,
            not_withdrawn=standing.not_withdrawn,
            refused=view.reflection.refused if view.reflection else "",
            comments=comments,
            saved_at=draft.saved_at if draft is not None else None,
            newer=standing.newer,
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
        wanted, _ = asked(self._store, self._assignments, assignment_id)
        with self._store.library.read() as connection:
            texts = connection.execute(
                select(sections.c.text).where(sections.c.document.in_(wanted.documents))
            ).scalars()
            return repeats(own, texts)

    def submitted(self, assignment_id: str) -> tuple[SubmittedRevision, ...]:
        """Every submitted revision, newest first. Raises NotFound."""
        assignment, _ = asked(self._store, self._assignments, assignment_id)
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
            content = receipts.text_of(connection, lineage, revision)
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
        written = packed(answers)
        values: dict[str, object] = {"answers": written, "saved_at": now}
        with self._store.personal.write() as connection:
            mine = drafts.c.assignment == assignment_id
            draft = connection.execute(select(drafts).where(mine)).one_or_none()
            is_new = draft is None
            if draft is not None:
                values["kept_at"] = keep_at_pause(connection, draft, written, draft.files, now)
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
        """Undoes `detach`, also where more files are than may go; what is too much is told before handing in.

        Raises NotFound when the bytes are no longer here; else as `save`.
        """
        with self._store.personal.write() as connection:
            if not is_here(connection, file):
                raise NotFound(f"Tệp “{file.name}” không còn trên máy này.", "Hãy chọn lại tệp.")
            self._change_files(connection, assignment_id, lambda files: with_again(files, file), now)
        return self._store.announce(CHANGED)

    def bring_back(self, assignment_id: str, id: str, now: datetime) -> Changes:
        """Makes a former text the draft's, with its files; the present ones are kept as a version before.

        Raises NotFound when that text is no longer kept, BadInput when nothing is being written.
        """
        with self._store.personal.write() as connection:
            mine = drafts.c.assignment == assignment_id
            draft = connection.execute(select(drafts).where(mine)).one_or_none()
            if draft is None:
                raise cannot_write()
            text = former_text(connection, assignment_id, id)
            keep(connection, assignment_id, draft.answers, draft.files, draft.saved_at, now)
            values = {
                "answers": packed(text.answers),
                "files": packed_files(text.files),
                "saved_at": now,
                "kept_at": now,
            }
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

        Raises BadInput with the first problem, `draft().problems` has them all; also while `draft().newer` is
        there: the member chooses first. NotFound when the assignment was recalled.
        """
        assignment, author = self._assignments.find(assignment_id), self._account.member()
        with self._store.personal.write() as connection:
            hand_in(connection, self._outbox, assignment, author, now)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def withdraw(self, assignment_id: str, now: datetime) -> Changes:
        """Takes the latest text back while the cell has not opened it.

        One that has not left this PC is a draft again at once; of any other the server decides, and its words
        are a draft once it has. Raises BadInput when nothing may be taken back.
        """
        assignment, _ = asked(self._store, self._assignments, assignment_id)
        with self._store.personal.write() as connection:
            take_back(connection, self._outbox, assignment, self._account.member(), self._new_id(), now)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def revise(self, assignment_id: str, now: datetime, *, merging: bool = False) -> Changes:
        """Opens a draft with the text to go on with; a draft that is there already stays as it is.

        That text is the returned revision, or this PC's text after a clash (`merging`: both in one), or one
        that the server refused (which is then owed no longer). Raises BadInput when nothing may be revised.
        """
        assignment, _ = asked(self._store, self._assignments, assignment_id)
        with self._store.personal.write() as connection:
            opened = open_again(connection, assignment, self._account.member(), now, merging=merging)
        return self._store.announce(CHANGED | {Change.OUTBOX}) if opened else frozenset()

    def forget_refused_withdrawal(self, assignment_id: str) -> Changes:
        """The member has seen that the server would not let them take the text back."""
        assignment, _ = asked(self._store, self._assignments, assignment_id)
        with self._store.personal.write() as connection:
            withdrawal = standing_of(connection, assignment).withdrawal
            if withdrawal is None or not withdrawal.set_aside:
                return frozenset()
            forget_owed(connection, withdrawal.subject)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def accept_held(self, assignment_id: str, now: datetime) -> Changes:
        """Settles a clash with the text of the other PC; this PC's stays readable in `Draft.kept`."""
        assignment, _ = asked(self._store, self._assignments, assignment_id)
        with self._store.personal.write() as connection:
            keep_held(connection, assignment, now)
        return self._store.announce(CHANGED | {Change.OUTBOX})

    def choose_again(self, assignment_id: str, now: datetime) -> Changes:
        """Undoes the latest choice after a clash; what was written since is kept as a version."""
        with self._store.personal.write() as connection:
            choose_again(connection, assignment_id, now)
        return self._store.announce(CHANGED)

    def choose(self, assignment_id: str, choice: Choice, now: datetime) -> Changes:
        """Settles what becomes of the draft beside `Draft.newer`; nothing of either is lost.

        OWN goes on with the draft, which may then be submitted over the other; BOTH makes one text of
        the two; OTHER leaves no draft. `put_back` undoes it. Raises BadInput when there is nothing to choose.
        """
        assignment, _ = asked(self._store, self._assignments, assignment_id)
        with self._store.personal.write() as connection:
            choose_over_newer(connection, assignment, choice, now)
        return self._store.announce(CHANGED)

    def put_back(self, former: Draft, now: datetime) -> Changes:
        """Makes the draft again what it was; what was written since is kept as a version."""
        assignment, _ = asked(self._store, self._assignments, former.assignment.assignment.id)
        with self._store.personal.write() as connection:
            put_back(connection, assignment, former, now)
        return self._store.announce(CHANGED)

    def _begun(self, connection: Connection, assignment_id: str) -> dict[str, object]:
        """The values of a first draft. Raises BadInput when nothing may be written, NotFound."""
        assignment = self._assignments.find(assignment_id)
        if not standing_of(connection, assignment).can_write:
            raise cannot_write()
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
        draft = connection.execute(select(drafts).where(mine)).one_or_none()
        files = packed_files(change(unpacked_files(draft.files if draft is not None else "[]")))
        values: dict[str, object] = {"files": files, "saved_at": now}
        if draft is None:
            first = {"answers": packed(())} | self._begun(connection, assignment_id)
            connection.execute(insert(drafts).values(values | first))
        else:
            values["kept_at"] = keep_at_pause(connection, draft, draft.answers, files, now)
            connection.execute(update(drafts).where(mine).values(values))
