"""A report on studying as a Word document."""

from handbook.exports.reflection_word import page_as_word
from handbook.exports.report_page import ReportPaper, report_lines


def to_word(paper: ReportPaper) -> bytes:
    """The report as a .docx."""
    title = f"Báo cáo: {paper.title}, {paper.report.unit.name}"
    return page_as_word(report_lines(paper), title, paper.author, paper.made_at)
