"""Beside a reflection: the question with its documents, what the cell said, and what was handed in before."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from handbook.desktop.session import Place, Route
from handbook.desktop.states import STATE_TONES
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Card, ElidedLabel, Label, LinkButton, Pill, Role, Tone
from handbook.model.prose import parse, readable
from handbook.model.reflection import STATE_NAMES, Answer, PassageComment, Verdict
from handbook.model.study import Assignment
from handbook.model.vietnamese import moment_text

if TYPE_CHECKING:
    from handbook.client.assignments import AssignmentView
    from handbook.client.lineages import ReviewNote, SubmittedRevision

Go = Callable[[Route], object]


def _tr(text: str) -> str:
    return QCoreApplication.translate("ReflectionSide", text)


def clear(layout: QLayout) -> None:
    """Take out and drop everything the layout holds."""
    while item := layout.takeAt(0):
        if widget := item.widget():
            widget.hide()
            widget.deleteLater()


def question_card(view: "AssignmentView", go: Go) -> Card:
    """What is asked, and a link to each document that is to be read for it."""
    card = Card(_tr("Câu hỏi"), "study")
    if view.assignment.question:
        card.add(Label(view.assignment.question))
    for number, document in enumerate(view.documents):
        title = getattr(document, "title", "")
        if not title:
            card.add(Label(_tr("Một tài liệu chưa có trên máy này; hãy đồng bộ."), Role.NOTE))
            continue
        name = f"{document.number} {title}".strip()
        card.add(Label(name, Role.NOTE))
        link = LinkButton(_tr("Mở tài liệu"), "document")
        link.setObjectName(f"editor.document.{number}")
        link.setAccessibleName(_tr("Mở tài liệu {}").format(name))
        route = Route(place=Place.READER, document=document.id, assignment=view.assignment.id)
        link.clicked.connect(lambda _, route=route: go(route))
        card.add(_at_left(link))
    return card


def comments_card(
    notes: "Sequence[ReviewNote]", shown: int = 0, find: Callable[[int, PassageComment], object] | None = None
) -> Card:
    """Everything the cell said of this reflection, newest first.

    With `find`, a passage of the revision `shown` leads to its place in the text: `find(revision, passage)`.
    """
    card = Card(_tr("Góp ý của chi bộ"), "comment")
    card.setObjectName("editor.comments")
    tones = {Verdict.RETURNED: (_tr("Trả lại"), Tone.WARN), Verdict.ACCEPTED: (_tr("Đạt"), Tone.OK)}
    for note in notes:
        head = QHBoxLayout()
        head.setSpacing(current_theme().px(8))
        head.addWidget(Label(note.by, Role.STRONG), 1)
        head.addWidget(Pill(*tones[note.verdict]))
        card.add(head)
        if note.comment:
            card.add(Label(note.comment))
        for number, passage in enumerate(note.passages):
            card.add(*_passage(note, number, passage, find if note.revision == shown else None))
        said = _tr("Về bản {}, lúc {}").format(note.revision, moment_text(note.at))
        card.add(Label(said, Role.NOTE))
    return card


def _passage(
    note: "ReviewNote",
    number: int,
    passage: PassageComment,
    find: Callable[[int, PassageComment], object] | None,
) -> list[QWidget | QLayout]:
    """What was said of a passage, below its words."""
    quote = " ".join(passage.quote.split())
    parts: list[QWidget | QLayout] = [Label(f"“{quote}”", Role.NOTE), Label(passage.comment)]
    if find:
        link = LinkButton(_tr("Xem trong bài"), "highlight")
        link.setObjectName(f"comments.passage.{number}")
        link.setAccessibleName(_tr("Xem trong bài: {}").format(quote))
        link.clicked.connect(lambda: find(note.revision, passage))
        parts.append(_at_left(link))
    return parts


def revisions_card(revisions: "Sequence[SubmittedRevision]", assignment: str, go: Go) -> Card:
    """Every text handed in, newest first, with its state and the way to its receipt."""
    card = Card(_tr("Các bản đã nộp"), "versions")
    for revision in revisions:
        head = QHBoxLayout()
        head.setSpacing(current_theme().px(8))
        head.addWidget(Label(_tr("Bản {}").format(revision.revision), Role.STRONG), 1)
        head.addWidget(Pill(STATE_NAMES[revision.state], STATE_TONES[revision.state]))
        card.add(head)
        card.add(Label(_tr("Nộp lúc {}").format(moment_text(revision.submitted_at)), Role.NOTE))
        if revision.receipt:
            link = LinkButton(_tr("Xem biên nhận"), "receipt")
            link.setObjectName(f"editor.receipt.{revision.revision}")
            link.setAccessibleName(_tr("Xem biên nhận của bản {}").format(revision.revision))
            route = Route(
                place=Place.RECEIPT,
                assignment=assignment,
                lineage=revision.lineage,
                revision=revision.revision,
            )
            link.clicked.connect(lambda _, route=route: go(route))
            card.add(_at_left(link))
    return card


def text_card(
    title: str, subtitle: str, answers: Sequence[Answer], assignment: Assignment, *, unfolded: bool = False
) -> Card:
    """A whole text that is kept beside the one being worked on."""
    card = Card(title, "versions", subtitle)
    titles = {part.id: part.title for part in assignment.parts}
    folded = QWidget()
    rows = QVBoxLayout(folded)
    rows.setContentsMargins(0, 0, 0, 0)
    for answer in answers:
        if answer.text.strip():
            rows.addWidget(ElidedLabel(titles.get(answer.part, answer.part), Role.SECTION))
            rows.addWidget(Label(readable(parse(answer.text))))
    link = LinkButton("", "chevron-down")
    link.setAccessibleDescription(title)
    card.add(_at_left(link), folded)

    def show(shown: bool) -> None:
        folded.setVisible(shown)
        link.setText(_tr("Thu lại") if shown else _tr("Xem bản này"))
        link.set_icon("chevron-up" if shown else "chevron-down")

    link.clicked.connect(lambda: show(folded.isHidden()))
    show(unfolded)
    return card


def _at_left(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(widget)
    row.addStretch(1)
    return row
