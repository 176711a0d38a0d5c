"""`handbook report`: a unit's report as Word, Excel or PDF, without a window; offline too."""

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.errors import BadInput, NotAllowed, NotFound, Offline, ServerBroken, TooBusy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handbook.client.handbook import Handbook
    from handbook.exports.report_page import ReportPaper
    from handbook.model.people import Unit
    from handbook.model.report import Period
    from handbook.model.study import Assignment

KINDS = ("docx", "xlsx", "pdf")


def day(text: str) -> date:
    """2026-11-23 or 23/11/2026, as an option of the command line."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise argparse.ArgumentTypeError(f"{text} is not a day such as 2026-11-23 or 23/11/2026")


def report(
    data_dir: Path,
    file: Path,
    *,
    account: str | None,
    passphrase_file: Path | None,
    unit: str | None,
    first: date | None,
    last: date | None,
    kind: str | None,
) -> int:
    """Writes the report on the assignments due from `first` to `last`, in this quarter when neither is given.

    A cell's numbers are those of this PC's last sync; a committee's are asked for now, and where the server
    does not answer, or not with figures, those of last time are taken and said so.

    Raises BadInput, NotAllowed, NotFound, DiskProblem, and what opening the profile raises.
    """
    from handbook.client import disk
    from handbook.commands import open_profile
    from handbook.model.vietnamese import number_text

    kind, now = _kind(file, kind), datetime.now(UTC)
    period = _period(first, last, now)
    handbook = open_profile(data_dir, account, passphrase_file)
    try:
        paper = _paper(handbook, data_dir, unit, period, now)
    finally:
        handbook.close()
    disk.write_whole(file, _bytes(paper, kind))
    total = paper.report.total
    print(
        f"{file}: {paper.title}, {paper.report.unit.name}. {len(paper.report.assignments)} nhiệm vụ; "
        f"{number_text(total.asked)} lượt phải thực hiện, {number_text(total.done)} đã xong, "
        f"{number_text(total.missing)} chưa xong. {paper.counted}"
    )
    return 0


def _kind(file: Path, kind: str | None) -> str:
    wanted = kind or file.suffix.lower().removeprefix(".")
    if wanted not in KINDS:
        raise BadInput(
            f"Chưa rõ {file.name} là loại tệp gì.",
            "Hãy đặt tên tệp đuôi .docx, .xlsx hoặc .pdf, hay chỉ rõ bằng --as.",
        )
    return wanted


def _period(first: date | None, last: date | None, now: datetime) -> "Period":
    from handbook.model.report import PeriodKind, period_between, period_of
    from handbook.model.vietnamese import VIETNAM

    if first is None and last is None:
        return period_of(PeriodKind.QUARTER, now.astimezone(VIETNAM).date())
    if first is None or last is None:
        raise BadInput("Kỳ báo cáo cần cả ngày đầu và ngày cuối.", "Hãy cho cả --from và --to.")
    if last < first:
        raise BadInput("Ngày cuối của kỳ báo cáo đứng trước ngày đầu.", "Hãy đổi lại --from và --to.")
    return period_between(first, last)


def _paper(
    handbook: "Handbook", data_dir: Path, path: str | None, period: "Period", now: datetime
) -> "ReportPaper":
    from handbook.client.reports import offered_for, report_on
    from handbook.desktop.letterhead import report_paper

    own = {each.path for each in handbook.cell.units()}
    if handbook.committee.unit() and (path not in own if path else not own):
        _ask_counts(handbook, now)
    unit = _unit(handbook, path)
    offered = offered_for(handbook, unit.path, now)
    due = [each for each in offered if period.holds(each)]
    if not due:
        raise NotFound(
            f"{unit.name} không có nhiệm vụ học tập nào đến hạn {_within(period)}.", _when_due(offered)
        )
    return report_paper(handbook, data_dir, report_on(handbook, unit.path, due, period.name, now), now)


def _unit(handbook: "Handbook", path: str | None) -> "Unit":
    """The unit of that path, or the first that the person may report on."""
    from handbook.client.reports import reported_units

    offered = reported_units(handbook)
    if not offered:
        raise NotAllowed(
            "Đồng chí không được phân công lập báo cáo của đơn vị nào.",
            "Báo cáo do bí thư, phó bí thư chi bộ hoặc cán bộ của đảng uỷ lập.",
        )
    found = next((each for each in offered if path in (None, each.path)), None)
    if found is None:
        named = ", ".join(f"{each.path} ({each.name})" for each in offered)
        raise NotAllowed(f"Đồng chí không lập được báo cáo của {path}.", f"Lập được báo cáo của: {named}.")
    return found


def _ask_counts(handbook: "Handbook", now: datetime) -> None:
    try:
        handbook.committee.ask_counts(now)
    except (Offline, TooBusy, ServerBroken) as error:
        if handbook.committee.counts() is None:
            raise
        print(f"{error.message} Báo cáo lập theo số liệu của lần trước.", file=sys.stderr)


def _within(period: "Period") -> str:
    from handbook.model.vietnamese import date_text

    return f"từ ngày {date_text(period.first)} đến ngày {date_text(period.last)}"


def _when_due(offered: "Sequence[Assignment]") -> str:
    from handbook.model.vietnamese import date_text

    if not offered:
        return "Chưa có nhiệm vụ nào đang mở; hãy đồng bộ trước: handbook sync"
    days = sorted({each.due_on for each in offered})
    return f"Hạn của các nhiệm vụ đã giao: {', '.join(map(date_text, days))}. Hãy chọn lại --from và --to."


def _bytes(paper: "ReportPaper", kind: str) -> bytes:
    if kind == "xlsx":
        from handbook.exports.report_excel import to_excel

        return to_excel(paper)
    if kind == "docx":
        from handbook.exports.report_word import to_word

        return to_word(paper)
    from handbook.desktop.unseen import pdf_unseen
    from handbook.exports.report_page import report_lines

    return pdf_unseen(report_lines(paper), f"Báo cáo: {paper.title}")
