"""A passage that a member highlighted, as a quotation in what they write."""

from handbook.model.notes import Entry
from handbook.model.prose import Citation, Quotation, Run
from handbook.model.vietnamese import date_text


def quotation_of(entry: Entry) -> Quotation:
    """The words as they stand, and below them where they stand; `entry` is a highlight or a note."""
    lines = tuple((Run(text=line.strip()),) for line in entry.quote.split("\n") if line.strip())
    return Quotation(lines, Citation(cited_as(entry), entry.document, entry.section))


def cited_as(entry: Entry) -> str:
    """Điều 5, Nghị quyết số 15-NQ/TW, ngày 05/05/2022; less of what the library does not know."""
    issued = f"ngày {date_text(entry.issued_on)}" if entry.issued_on else ""
    return ", ".join(words for words in (entry.heading, entry.source, issued) if words)
