"""The exchange in short plain lines: to be read out by phone, or pasted into a message to who helps."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import QCoreApplication

from handbook import __version__
from handbook.model.vietnamese import moment_text, number_text

if TYPE_CHECKING:
    from handbook.client.outbox import OwedRow
    from handbook.client.sync import LogLine, SyncProgress
    from handbook.client.sync_state import SyncStatus

KIB, MIB = 1024, 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)


def tr(text: str) -> str:
    return QCoreApplication.translate("SyncLog", text)


def size_text(count: float) -> str:
    """`1,2 MB`, `340 KB`, `12 byte`."""
    if count >= MIB:
        return f"{number_text(count / MIB, 1)} MB"
    if count >= KIB:
        return f"{number_text(count / KIB)} KB"
    return f"{number_text(count)} byte"


def progress_text(progress: "SyncProgress") -> str:
    """`Đang tải nội dung mới: 1,2 MB trong 4,7 MB · 85 KB mỗi giây · còn khoảng 42 giây`."""
    if not progress.total:
        return progress.stage
    parts = [f"{progress.stage}: {size_text(progress.done)} {tr('trong')} {size_text(progress.total)}"]
    if progress.rate >= 1:
        parts.append(tr("{} mỗi giây").format(size_text(progress.rate)))
        left = (progress.total - progress.done) / progress.rate
        if left >= 90:
            parts.append(tr("còn khoảng {} phút").format(number_text(left / 60)))
        elif left >= 1:
            parts.append(tr("còn khoảng {} giây").format(number_text(left)))
    return " · ".join(parts)


def moved_text(line: "LogLine") -> str:
    """What one sync moved, and that it brought back what the server had lost; what a folder brought."""
    if line.source:
        return _carried_text(line)
    moved = tr("gửi {}, nhận {}, {} văn bản, tải {}").format(
        number_text(line.sent),
        number_text(line.received),
        number_text(line.documents_changed),
        size_text(line.bytes_down),
    )
    if not line.offered_again:
        return moved
    again = tr("máy chủ mới khôi phục từ bản sao lưu, gửi lại {} mục bị thiếu")
    return f"{moved}; {again.format(number_text(line.offered_again))}"


def _carried_text(line: "LogLine") -> str:
    if line.sent:
        brought = tr("biên nhận cho {} mục").format(number_text(line.sent))
    else:
        brought = tr("{} văn bản, đọc {}").format(
            number_text(line.documents_changed), size_text(line.bytes_down)
        )
    return tr("nhập từ USB {}: {}").format(line.source, brought)


def clock_text(status: "SyncStatus", now: datetime) -> str:
    """That this PC's clock is wrong, with both times; empty when it is right."""
    skew = status.clock_skew
    if skew is None or abs(skew) <= CLOCK_TOLERANCE:
        return ""
    return tr("Đồng hồ máy này chỉ {}, máy chủ chỉ {}. Hãy chỉnh lại ngày giờ của máy.").format(
        moment_text(now), moment_text(now + skew)
    )


def lines(
    log: "Sequence[LogLine]",
    owed: "Sequence[OwedRow]",
    status: "SyncStatus",
    server: str,
    now: datetime,
) -> Iterator[str]:
    """What a helper asks for first, then the latest syncs, newest first; one fact a line."""
    yield tr("Sổ tay {} · {}").format(__version__, moment_text(now))
    yield tr("Máy chủ: {}").format(urlsplit(server).netloc or server)
    aside = sum(row.set_aside for row in owed)
    yield tr("Chờ gửi: {} · cần xem: {}").format(len(owed) - aside, aside)
    if clock := clock_text(status, now):
        yield clock
    for line in log:
        said = f"{tr('LỖI')} {line.code} · {line.error}" if line.error else tr("XONG")
        yield f"{moment_text(line.finished_at)} · {said} · {moved_text(line)}"
