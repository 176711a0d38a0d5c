"""The blocks of an answer as HTML for a reading surface or the clipboard; every sign is escaped."""

import html
from collections.abc import Iterable

from handbook.model.prose import Block, Citation, Heading, Item, Paragraph, Quotation, Runs

CITED = "handbook:"
"""Begins the address of a cited place: `handbook:<document>#<anchor>`, as `cited_place` reads it."""


def html_of(blocks: Iterable[Block], *, highest_heading: int = 3) -> str:
    """Headings begin at `<h3>` unless told otherwise; empty lines are left out."""
    pieces: list[str] = []
    lists: list[str] = []

    def end_lists(level: int) -> None:
        while len(lists) > level:
            pieces.append(f"</{lists.pop()}>")

    for block in blocks:
        if isinstance(block, Item):
            tag = "ol" if block.ordered else "ul"
            end_lists(block.level)
            if lists[block.level - 1 :] not in ([tag], []):
                end_lists(block.level - 1)
            while len(lists) < block.level:
                pieces.append(f"<{tag}>")
                lists.append(tag)
            pieces.append(f"<li>{_inline(block.runs)}</li>")
            continue
        end_lists(0)
        match block:
            case Paragraph(runs) if runs:
                pieces.append(f"<p>{_inline(runs)}</p>")
            case Heading(runs, level):
                tag = f"h{highest_heading + level - 1}"
                pieces.append(f"<{tag}>{_inline(runs)}</{tag}>")
            case Quotation(lines, citation):
                quoted = "".join(f"<p>{_inline(runs)}</p>" for runs in lines)
                pieces.append(f"<blockquote>{quoted}{_cited(citation)}</blockquote>")
    end_lists(0)
    return "".join(pieces)


def cited_place(address: str) -> tuple[str, str] | None:
    """Document and anchor of the address of a cited place; None for another address."""
    if not address.startswith(CITED):
        return None
    document, _, anchor = address.removeprefix(CITED).partition("#")
    return document, anchor


def _cited(citation: Citation | None) -> str:
    if citation is None:
        return ""
    address = html.escape(f"{CITED}{citation.document}#{citation.anchor}")
    return f'<p>— <a href="{address}">{html.escape(citation.label)}</a></p>'


def _inline(runs: Runs) -> str:
    pieces = []
    for run in runs:
        text = html.escape(run.text)
        if run.italic:
            text = f"<i>{text}</i>"
        if run.bold:
            text = f"<b>{text}</b>"
        if run.link:
            text = f'<a href="{html.escape(run.link)}">{text}</a>'
        pieces.append(text)
    return "".join(pieces)
