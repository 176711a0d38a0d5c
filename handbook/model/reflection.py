"""A reflection (bài thu hoạch): its text, its states, and what must hold before it is submitted."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handbook.model.prose import plain_text
from handbook.model.study import Assignment
from handbook.model.text import nfc

MAX_ANSWER_CHARACTERS = 60_000
MAX_REFLECTION_BYTES = 480_000
"""Of all answers together, written as JSON: with names and files it stays below what one submission may hold
(protocol.submissions.MAX_CONTENT_BYTES)."""
MAX_COMMENT_CHARACTERS = 10_000
MAX_PASSAGES = 100
MAX_PASSAGE_COMMENT_CHARACTERS = 2_000
MAX_QUOTE_CHARACTERS = 4_000


class State(StrEnum):
    """What the member sees of a reflection, in the order it normally goes."""

    DRAFT = "draft"
    WAITING = "waiting"  # submitted on this PC, not yet receipted
    RECEIVED = "received"  # a verified receipt is held
    OPENED = "opened"  # the cell has opened it
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"  # the member took it back before the cell had opened it


STATE_NAMES = {
    State.DRAFT: "Nháp",
    State.WAITING: "Chờ gửi",
    State.RECEIVED: "Đã nhận",
    State.OPENED: "Chi bộ đã xem",
    State.RETURNED: "Trả lại",
    State.ACCEPTED: "Đạt",
    State.WITHDRAWN: "Đã rút lại",
}


class Verdict(StrEnum):
    OPENED = "opened"
    RETURNED = "returned"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Answer:
    """The Markdown written under one part of the template."""

    part: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that goes with a reflection; its bytes travel by themselves, `size` of them."""

    sha256: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Reflection:
    """What a member hands in for an assignment; the content of a submission of kind `reflection`."""

    assignment: str
    answers: tuple[Answer, ...]
    files: tuple[AttachedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageComment:
    """A comment on words of a part. `quote` is the passage as it is shown, without marks of formatting.

    `before` and `after` are the characters around it, fewer where the part begins or ends: by them it is
    found again among equal words, and after the author has changed the text.
    """

    part: str
    quote: str
    before: str
    after: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the cell says of one revision; the content of a submission of kind `review`."""

    lineage: str
    revision: int
    verdict: Verdict
    comment: str = ""
    passages: tuple[PassageComment, ...] = ()
    reviewed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The author takes a revision back; the content of a submission of kind `withdrawal`.

    It holds only while nobody of the cell has said anything of that revision, an opening included.
    """

    lineage: str
    revision: int
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason a reflection cannot be submitted yet; `part` is empty when it concerns the whole."""

    part: str
    message: str


_WORD = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_SECRET = re.compile(r"(?m)^[\W\d]*(TUYỆT MẬT|TỐI MẬT|MẬT)\W*$")


def count_words(text: str) -> int:
    """Syllables separated by space or punctuation, the way Vietnamese word processors count words."""
    return sum(1 for _ in _WORD.finditer(nfc(text)))


def written_words(answers: Iterable[Answer]) -> int:
    """How many words the answers have; their markup has none."""
    return sum(count_words(plain_text(answer.text)) for answer in answers)


def classified_marking(text: str) -> str:
    """The secrecy marking that stands alone on a line in capitals, as on a classified document; else ''."""
    text = nfc(text)
    found = _SECRET.search(text) if "MẬT" in text else None  # looking at each line costs ten times as much
    return found.group(1) if found else ""


def problems(assignment: Assignment, answers: tuple[Answer, ...]) -> tuple[Problem, ...]:
    """Why these answers cannot be submitted for the assignment; empty when they can."""
    texts = {answer.part: answer.text for answer in answers}
    found = [
        Problem(part.id, f"Phần “{part.title}” chưa viết.")
        for part in assignment.parts
        if not texts.get(part.id, "").strip()
    ]
    written = written_words(answers)
    if written < assignment.min_words:
        found.append(Problem("", f"Bài có {written} chữ, yêu cầu ít nhất {assignment.min_words} chữ."))
    for part, text in texts.items():
        if len(text) > MAX_ANSWER_CHARACTERS:
            found.append(Problem(part, "Phần này dài quá 60.000 ký tự."))
        if marking := classified_marking(plain_text(text)):
            found.append(
                Problem(part, f"Có dấu “{marking}”: nội dung bí mật nhà nước không được đưa vào sổ tay.")
            )
    if _bytes_as_json(texts.values()) > MAX_REFLECTION_BYTES:
        found.append(
            Problem("", "Cả bài dài quá giới hạn một lần nộp (480 KB, khoảng 340.000 ký tự); hãy rút ngắn.")
        )
    return tuple(found)


def _bytes_as_json(texts: Iterable[str]) -> int:
    return sum(len(json.dumps(text, ensure_ascii=False).encode()) for text in texts)


def review_problem(comment: str, passages: tuple[PassageComment, ...] = ()) -> str:
    """Why what was written of a reflection cannot be kept, for who wrote it; '' when it can."""
    if len(comment) > MAX_COMMENT_CHARACTERS:
        return "Góp ý dài quá 10.000 ký tự."
    if len(passages) > MAX_PASSAGES:
        return f"Có hơn {MAX_PASSAGES} góp ý theo đoạn trong một lần nhận xét."
    if any(len(each.comment) > MAX_PASSAGE_COMMENT_CHARACTERS for each in passages):
        return "Một góp ý theo đoạn dài quá 2.000 ký tự."
    if any(len(each.quote) > MAX_QUOTE_CHARACTERS for each in passages):
        return "Một đoạn được góp ý dài quá 4.000 ký tự; hãy chọn đoạn ngắn hơn."
    for words in (comment, *(each.comment for each in passages)):
        if marking := classified_marking(words):
            return f"Góp ý có dấu “{marking}”: nội dung bí mật nhà nước không được đưa vào sổ tay."
    return ""


def after_review(verdict: Verdict) -> State:
    """The state a review leaves the revision in."""
    return {
        Verdict.OPENED: State.OPENED,
        Verdict.RETURNED: State.RETURNED,
        Verdict.ACCEPTED: State.ACCEPTED,
    }[verdict]


def standing(
    receipted: bool, reviews: tuple[Review, ...], revision: int, withdrawn: Collection[int] = ()
) -> State:
    """The state of the latest submitted `revision` given every review known of its lineage.

    `withdrawn` are the revisions of the lineage that the author took back: of a review and a withdrawal the
    server takes the first only. A decision (returned, accepted) outlasts a later `opened`; of several
    decisions the latest counts, and of two at the same moment the acceptance: every reader comes to the same
    state.
    """
    if revision in withdrawn:
        return State.WITHDRAWN
    if not receipted:
        return State.WAITING
    mine = sorted(
        (review for review in reviews if review.revision == revision),
        key=lambda review: (review.reviewed_at, review.verdict is Verdict.ACCEPTED),
    )
    decisions = [r for r in mine if r.verdict is not Verdict.OPENED]
    if decisions:
        return after_review(decisions[-1].verdict)
    return State.OPENED if mine else State.RECEIVED
