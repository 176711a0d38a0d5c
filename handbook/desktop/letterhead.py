"""Whose paper it is: the units and the place that stand at the head of what a member prints."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook
    from handbook.exports.report_page import ReportPaper
    from handbook.model.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """`place` is what was set on this PC, else what the commune is named after; '' when neither is known."""

    superior: str
    unit: str
    place: str
    author: str
    duty: str


def letterhead_of(handbook: "Handbook", data_dir: Path) -> Letterhead:
    """Reads the profile and the settings: in a job."""
    from handbook.client.settings import read_settings
    from handbook.exports.reflection_page import place_in
    from handbook.model.people import commune_of

    member = handbook.account.member()
    names = {unit.path: unit.name for unit in handbook.account.units()}
    return Letterhead(
        superior=names.get(member.unit.rpartition("/")[0], ""),
        unit=handbook.account.cell_unit().name,
        place=read_settings(data_dir).paper_place or place_in(names.get(commune_of(member.unit), "")),
        author=member.name,
        duty=handbook.account.duty_text(),
    )


def report_paper(handbook: "Handbook", data_dir: Path, report: "Report", now: datetime) -> "ReportPaper":
    """The report as the paper of who makes it; reads the profile and the settings: in a job."""
    from handbook.exports.report_page import ReportPaper

    head = letterhead_of(handbook, data_dir)
    names = {unit.path: unit.name for unit in handbook.account.units()}
    return ReportPaper(
        report=report,
        superior=names.get(report.unit.path.rpartition("/")[0], ""),
        place=head.place,
        author=head.author,
        made_at=now,
    )
