from dataclasses import replace
from datetime import UTC, date, datetime

from handbook.model.notes import Colour, Entry, EntryKind
from handbook.model.prose import parse, write
from handbook.model.quoting import cited_as, quotation_of

ENTRY = Entry(
    id="1",
    kind=EntryKind.HIGHLIGHT,
    document="central/15-nq-tw-2022",
    source="Nghị quyết số 15-NQ/TW",
    title="Phương hướng",
    issuer="Bộ Chính trị",
    issued_on=date(2022, 5, 5),
    section="dieu-5",
    heading="Điều 5",
    quote="Dân là gốc.\n\n Nước lấy *dân* làm gốc. ",
    text="",
    colour=Colour.YELLOW,
    orphaned=False,
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
    changed_at=datetime(2026, 11, 22, tzinfo=UTC),
)


def test_a_highlight_is_quoted_with_its_article_its_document_and_the_way_back():
    assert write((quotation_of(ENTRY),)) == (
        "> Dân là gốc.\n> Nước lấy \\*dân\\* làm gốc.\n"
        "> — [Điều 5, Nghị quyết số 15-NQ/TW, ngày 05/05/2022](handbook:central/15-nq-tw-2022#dieu-5)"
    )
    assert parse(write((quotation_of(ENTRY),))) == (quotation_of(ENTRY),)


def test_a_document_that_is_gone_is_cited_as_far_as_it_is_known():
    assert cited_as(replace(ENTRY, heading="", issued_on=None)) == "Nghị quyết số 15-NQ/TW"
