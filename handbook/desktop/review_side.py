"""Beside a reflection under review: whose it is, how it stands, and what was said and handed in before."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from handbook.desktop.reflection_side import comments_card
from handbook.desktop.states import STATE_TONES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Card, FlowLayout, Label, LinkButton, Pill, Role, Tone
from handbook.model.reflection import STATE_NAMES, PassageComment, Verdict, written_words
from handbook.model.vietnamese import date_text, moment_text, number_text

if TYPE_CHECKING:
    from handbook.client.cell import ReviewView
    from handbook.client.lineages import SubmittedRevision


_DECIDED = {Verdict.RETURNED: "trả lại bài này", Verdict.ACCEPTED: "đánh giá Đạt"}


def _tr(text: str) -> str:
    return QCoreApplication.translate("ReviewSide", text)


def about_card(view: "ReviewView") -> Card:
    """The author and how the latest revision stands."""
    card = Card(view.author.name, "user", _tr("Bản {}").format(view.revision))
    card.setObjectName("review.about")
    pills = FlowLayout(current_theme().px(6))
    holder = QWidget()
    holder.setLayout(pills)
    pills.addWidget(Pill(STATE_NAMES[view.state], STATE_TONES[view.state]))
    pills.addWidget(Pill(_tr("Đúng hạn"), Tone.OK) if view.on_time else Pill(_tr("Nộp muộn"), Tone.WARN))
    card.add(holder)
    words = number_text(written_words(view.answers))
    asked = view.assignment.min_words
    facts = (
        _tr("Máy chủ nhận lúc {}").format(moment_text(view.received_at)),
        _tr("hạn {}").format(date_text(view.assignment.due_on)),
        _tr("{} chữ, yêu cầu {}").format(words, number_text(asked)) if asked else _tr("{} chữ").format(words),
    )
    card.add(Label(" · ".join(facts), Role.MUTED))
    return card


def overlap_text(view: "ReviewView") -> str:
    """Others' decisions on the same text, and which one counts; '' when nobody else has decided."""
    if not view.also_decided:
        return ""
    said = "; ".join(
        _tr("{} đã {} lúc {}").format(note.by, _DECIDED[note.verdict], moment_text(note.at))
        for note in reversed(view.also_decided)
    )
    decided = [note for note in view.reviews if note.revision == view.revision]
    if len(decided) > len(view.also_decided):
        counts = _tr("Cả hai kết luận đều được giữ; tính theo kết luận sau: {}.")
        return f"{said}. {counts.format(STATE_NAMES[view.state])}"
    if view.can_decide:
        return f"{said}. " + _tr("Nếu đồng chí nhận xét nữa thì tính theo kết luận sau.")
    return ""


def history_cards(
    view: "ReviewView",
    show: "Callable[[SubmittedRevision | None], object]",
    shown: int,
    find: Callable[[int, PassageComment], object],
) -> list[QWidget]:
    """Earlier reviews and revisions; `show` is called with the revision to read, None for the latest.

    `find(revision, passage)` is called for a passage to look at, of the revision that is shown.
    """
    cards: list[QWidget] = []
    if view.reviews:
        comments = comments_card(view.reviews, shown, find)
        comments.set_title(_tr("Đã góp ý"))
        comments.setObjectName("review.earlier")
        cards.append(comments)
    if view.earlier:
        cards.append(_revisions(view, show, shown))
    return cards


def _revisions(view: "ReviewView", show: "Callable[[SubmittedRevision | None], object]", shown: int) -> Card:
    card = Card(_tr("Các bản đã nộp"), "versions")
    rows = QVBoxLayout()
    rows.setSpacing(current_theme().px(4))
    entries: list[tuple[int, SubmittedRevision | None]] = [(view.revision, None)]
    entries += [(revision.revision, revision) for revision in view.earlier]
    for number, revision in entries:
        if number == shown:
            rows.addWidget(Label(_tr("Bản {}, đang xem").format(number), Role.STRONG))
            continue
        link = LinkButton(_tr("Xem bản {}").format(number), "eye")
        link.setObjectName(f"review.revision.{number}")
        link.clicked.connect(lambda _, revision=revision: show(revision))
        rows.addWidget(link)
    card.add(rows)
    return card
