"""Two texts compared, as one text to be read: what was added underlined, what was removed struck out.

What did not change is folded to a line that can be opened.
"""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QCoreApplication

from handbook.desktop.pieces import Piece, pieces_of
from handbook.desktop.title_block import name_of
from handbook.model.differences import Fate, PictureChange, Run, SectionDifference
from handbook.model.library import STATUS_NAMES, Document
from handbook.model.references import article_of_heading
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from handbook.client.editions import Comparison
    from handbook.client.library import OutlineEntry, SectionHtml

FOLDED_FROM: Final = 4
"""So many unchanged paragraphs in a row are folded; fewer are context."""
UNFOLD: Final = "unfold."
"""Before its number this is the address of a fold's link, and the name of the place where it was."""
PICTURE_PX: Final = 200
"""The longer side of each of two pictures beside each other: in large print both fit a small window."""
SAID: Final = 160
"""Characters of a change that are read out."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("DifferenceText", text)


class Step(NamedTuple):
    """A place where something changed: the shown section, its name there, and what a screen reader says."""

    section: int
    name: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceText:
    """`outline` names the sections that changed, by their place in `sections`; `pieces` are these cut up."""

    head: str
    summary: str
    sections: "tuple[SectionHtml, ...]"
    pieces: list[Piece]
    outline: "tuple[OutlineEntry, ...]"
    steps: tuple[Step, ...]


def difference_text(
    compared: "Comparison", unfolded: frozenset[str] = frozenset(), labelled: bool = False
) -> DifferenceText:
    """`unfolded` are the names of folds that the person opened. `labelled` writes *thêm* and *bỏ* beside the
    words, for who hears the text."""
    return _Writer(compared, unfolded, labelled).text()


def summary_of(compared: "Comparison") -> str:
    """3 điều sửa, 1 điều thêm, 1 điều bỏ, 2 mục trình bày đổi; '' when nothing changed."""
    changed = [one for one in compared.sections if one.fate is not Fate.KEPT]
    articles = all(article_of_heading(_heading(compared, one)) for one in changed)
    noun = _tr("điều") if articles else _tr("mục")
    verbs = ((Fate.CHANGED, _tr("sửa")), (Fate.ADDED, _tr("thêm")), (Fate.REMOVED, _tr("bỏ")))
    counted = [(sum(one.fate is fate for one in changed), noun, verb) for fate, verb in verbs]
    restyled = sum(one.restyled for one in compared.sections if one.fate is Fate.KEPT)
    counted.append((restyled, _tr("mục"), _tr("trình bày đổi")))
    return ", ".join(f"{count} {noun} {verb}" for count, noun, verb in counted if count)


def differing_facts(compared: "Comparison") -> list[tuple[str, str, str]]:
    """Name, former and present wording of what stands above the text of two editions of one document."""
    if compared.arrived_at is None:
        return []
    former, present = _facts(compared.former), _facts(compared.present)
    return [(name, former[name], present[name]) for name in present if former[name] != present[name]]


def _facts(document: Document) -> dict[str, str]:
    return {
        _tr("Tên văn bản"): document.title,
        _tr("Số hiệu"): document.number,
        _tr("Cơ quan ban hành"): document.issuer,
        _tr("Ngày ban hành"): date_text(document.issued_on),
        _tr("Hiệu lực"): STATUS_NAMES[document.status].lower(),
        _tr("Tóm tắt"): document.summary,
        _tr("Tệp kèm theo"): "; ".join(attachment.title for attachment in document.attachments),
    }


def _heading(compared: "Comparison", one: SectionDifference) -> str:
    """The present heading, of a removed section its former one."""
    if one.present is not None:
        return compared.present.sections[one.present].heading
    return compared.former.sections[one.former].heading if one.former is not None else ""


class _Writer:
    def __init__(self, compared: "Comparison", unfolded: frozenset[str], labelled: bool) -> None:
        self._compared = compared
        self._unfolded = unfolded
        self._labelled = labelled
        self._folds = 0
        self._sections: list[SectionHtml] = []
        self._outline: list[OutlineEntry] = []
        self._steps: list[Step] = []

    def text(self) -> DifferenceText:
        for kept, group in groupby(self._compared.sections, _is_same):
            if kept:
                self._unchanged(list(group))
            else:
                for one in group:
                    self._changed(one)
        summary = summary_of(self._compared)
        return DifferenceText(
            head=self._head(summary),
            summary=summary,
            sections=tuple(self._sections),
            pieces=pieces_of(self._sections),
            outline=tuple(self._outline),
            steps=tuple(self._steps),
        )

    def _head(self, summary: str) -> str:
        former, present = self._compared.former, self._compared.present
        if self._compared.arrived_at:
            day = date_text(self._compared.arrived_at)
            against = _tr("So với bản trước, có trên máy này từ ngày {}.").format(day)
        else:
            issued = date_text(former.issued_on)
            against = _tr("So với {} ngày {}: {}.").format(name_of(former), issued, former.title)
        about = _tr("Điểm mới") + (f" · {name_of(present)}" if present.number else "")
        parts = [
            f'<p class="muted"><b>{html.escape(about)}</b></p>',
            f"<h1>{html.escape(present.title)}</h1>",
            f'<p class="muted">{html.escape(against)}</p>',
            f"<p><b>{html.escape(summary or _tr('Phần chữ của văn bản không đổi'))}.</b></p>",
        ]
        for name, was, now in differing_facts(self._compared):
            runs = (Run(Fate.REMOVED, was, ""), Run(Fate.ADDED, "", now))
            shown = " ".join(self._run(run.fate, run.former or run.present) for run in runs if any(run[1:]))
            parts.append(f"<p>{html.escape(name)}: {shown}</p>")
        if any(one.fate is not Fate.KEPT for one in self._compared.sections):
            legend = _tr("Chữ {} là phần thêm, chữ {} là phần bỏ.").format(
                f"<ins>{_tr('gạch chân')}</ins>", f"<del>{_tr('gạch ngang')}</del>"
            )
            parts.append(f'<p class="muted">{legend}</p>')
        return "".join(parts)

    # -- sections

    def _unchanged(self, group: Sequence[SectionDifference]) -> None:
        fold = self._next_fold()
        if fold in self._unfolded:
            for place, one in enumerate(group):
                body = "\n".join(f"<p>{html.escape(line)}</p>" for line in _kept_lines(one.text))
                opened = "" if place else f'<a name="{fold}"></a>{"" if one.heading else _tr("Mở đầu")}'
                self._add(one, opened + self._title(one), body)
            return
        names = [_short(_heading(self._compared, one) or _tr("Mở đầu")) for one in group]
        if len(names) == 1:
            words = _tr("“{}” không đổi").format(names[0])
        else:
            words = _tr("{} mục không đổi, từ “{}” đến “{}”").format(len(names), names[0], names[-1])
        self._append(f"<p>{_fold_link(fold, words)}</p>")

    def _changed(self, one: SectionDifference) -> None:
        heading = _heading(self._compared, one)
        labels = {Fate.CHANGED: _tr("Sửa"), Fate.ADDED: _tr("Thêm"), Fate.REMOVED: _tr("Bỏ")}
        label = labels.get(one.fate, _tr("Trình bày đổi"))
        whole = one.fate in (Fate.ADDED, Fate.REMOVED)
        shown = heading or _tr("Mở đầu")
        self._outline.append(self._entry(f"{label}: {shown}"))
        title = f"<mark>&nbsp;{label}&nbsp;</mark>&nbsp; {self._title(one) or html.escape(shown)}"
        renamed = any(run.fate is not Fate.KEPT for run in one.heading)
        if whole or renamed or one.fate is Fate.KEPT:
            title = self._step(f"{label} {shown}") + title
        body = self._whole(one) if whole else self._paragraphs(one, shown)
        body += "".join(self._picture(change, shown) for change in one.pictures)
        if one.restyled:
            how = _tr("Trình bày đổi: cấp của mục, chữ đậm hoặc chữ nghiêng; lời văn ở đó vẫn như cũ.")
            body += f'\n<p class="muted"><i>{how}</i></p>'
        if one.present is not None:
            anchor = self._compared.present.sections[one.present].anchor
            address = html.escape(f"handbook:{self._compared.present.id}#{anchor}")
            body += f'\n<p class="muted"><a href="{address}">{_tr("Đọc mục này trong văn bản")}</a></p>'
        self._add(one, title, body)

    def _whole(self, one: SectionDifference) -> str:
        lines = [line for run in one.text for line in (run.former or run.present).split("\n") if line]
        return "\n".join(f"<p>{self._run(one.fate, line)}</p>" for line in lines)

    def _paragraphs(self, one: SectionDifference, heading: str) -> str:
        written = []
        groups = [
            (kept, list(group))
            for kept, group in groupby(_paragraphs(one.text), lambda p: all(f is Fate.KEPT for f, _ in p))
        ]
        for place, (kept, group) in enumerate(groups):
            if not kept:
                written += [self._changed_paragraph(paragraph, heading) for paragraph in group]
                continue
            plain = [f"<p>{html.escape(''.join(text for _, text in each))}</p>" for each in group]
            first, last = (1 if place else 0), (1 if place < len(groups) - 1 else 0)
            fold = self._next_fold()
            if len(plain) < FOLDED_FROM:
                written += plain
            elif fold in self._unfolded:
                written += [
                    *plain[:first],
                    f'<p><a name="{fold}"></a>{plain[first][3:]}',
                    *plain[first + 1 :],
                ]
            else:
                words = _tr("{} đoạn không đổi").format(len(plain) - first - last)
                link = f"<p>{_fold_link(fold, words)}</p>"
                written += [*plain[:first], link, *plain[len(plain) - last :]]
        return "\n".join(written)

    def _changed_paragraph(self, paragraph: "Paragraph", heading: str) -> str:
        said = "; ".join(
            (_tr("thêm: {}") if fate is Fate.ADDED else _tr("bỏ: {}")).format(text.strip())
            for fate, text in paragraph
            if fate is not Fate.KEPT
        )
        name = self._step(f"{heading}. {said}")
        return f"<p>{name}{''.join(self._run(fate, text) for fate, text in paragraph)}</p>"

    def _picture(self, change: PictureChange, heading: str) -> str:
        """The former picture at the left, the present one at the right."""
        said = _tr("hình thay đổi")
        if not change.former or not change.present:
            said = _tr("hình thêm") if change.present else _tr("hình bỏ")
        name = self._step(f"{heading}. {said}")
        cells = []
        for fate, sha256, label in (
            (Fate.REMOVED, change.former, _tr("Hình ở bản trước")),
            (Fate.ADDED, change.present, _tr("Hình ở bản này")),
        ):
            if sha256:
                cells.append(f"<td>{self._run(fate, label)}<br>{self._shown_picture(sha256)}</td>")
        return (
            f"\n<p>{name}{html.escape(said.capitalize())}:</p>"
            f'<table border="1" cellspacing="0" cellpadding="6"><tr>{"".join(cells)}</tr></table>'
        )

    def _shown_picture(self, sha256: str) -> str:
        if sha256 in self._compared.gone:
            return html.escape(_tr("Hình này không còn trên máy."))
        images = (*self._compared.former.images, *self._compared.present.images)
        image = next(one for one in images if one.sha256 == sha256)
        scale = min(1.0, PICTURE_PX / image.width, PICTURE_PX / image.height)
        width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        address = f"asset:{sha256}"
        return f'<a href="{address}"><img src="{address}" width="{width}" height="{height}"></a>'

    def _title(self, one: SectionDifference) -> str:
        return "".join(self._run(run.fate, run.present or run.former) for run in one.heading)

    def _run(self, fate: Fate, text: str) -> str:
        words = html.escape(text)
        if fate is Fate.KEPT:
            return words
        if self._labelled:
            words = f"({_tr('thêm') if fate is Fate.ADDED else _tr('bỏ')}: {words})"
        return f"<ins>{words}</ins>" if fate is Fate.ADDED else f"<del>{words}</del>"

    # -- what is collected

    def _add(self, one: SectionDifference, title: str, body: str) -> None:
        document = self._compared.present if one.present is not None else self._compared.former
        level = document.sections[one.present if one.present is not None else one.former or 0].level
        tag = f"h{min(max(level, 1), 3) + 1}"
        self._append(f"<{tag}>{title}</{tag}>{body}" if title else body or "<p>&nbsp;</p>")

    def _append(self, markup: str) -> None:
        from handbook.client.library import SectionHtml

        self._sections.append(SectionHtml("", 1, "", markup))

    def _entry(self, words: str) -> "OutlineEntry":
        from handbook.client.library import OutlineEntry

        return OutlineEntry("", 1, words, len(self._sections))

    def _step(self, said: str) -> str:
        name = f"change.{len(self._steps)}"
        self._steps.append(Step(len(self._sections), name, _short(said, SAID)))
        return f'<a name="{name}"></a>'

    def _next_fold(self) -> str:
        self._folds += 1
        return f"{UNFOLD}{self._folds}"


def _is_same(one: SectionDifference) -> bool:
    return one.fate is Fate.KEPT and not one.restyled


Paragraph = list[tuple[Fate, str]]


def _paragraphs(runs: Sequence[Run]) -> Iterator[Paragraph]:
    """The runs cut at the ends of paragraphs; a boundary that came or went is shown as ¶."""
    paragraph: Paragraph = []
    for run in runs:
        text = run.present or run.former
        if run.fate is not Fate.KEPT and not text.strip():
            paragraph.append((run.fate, "¶"))
            if run.fate is Fate.ADDED and "\n" in text:
                yield paragraph
                paragraph = []
            continue
        *lines, rest = text.split("\n")
        for line in lines:
            if line:
                paragraph.append((run.fate, line))
            if paragraph:
                yield paragraph
            paragraph = []
        if rest:
            paragraph.append((run.fate, rest))
        if paragraph and run.former.endswith("\n"):
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _kept_lines(runs: Sequence[Run]) -> list[str]:
    return [line for run in runs for line in run.present.split("\n") if line]


def _fold_link(fold: str, words: str) -> str:
    return f'<a name="{fold}"></a><a href="#{fold}">▸ {html.escape(words)}</a>'


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
