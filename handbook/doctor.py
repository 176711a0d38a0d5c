"""What is wrong with this PC: each finding says how it stands and, where it matters, what to do."""

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from handbook import __version__
from handbook.errors import Expected
from handbook.model.vietnamese import date_text, number_text

FREE_BYTES = 500 * 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` False means something will not work; `advice` then says what to do."""

    subject: str
    ok: bool
    says: str
    advice: str = ""


def utc_now() -> datetime:
    return datetime.now(UTC)


def run_doctor(data_dir: Path, now: Callable[[], datetime] = utc_now) -> int:
    """Prints every finding as it is made; exit code 1 when one of them is bad."""
    well = True
    for finding in examine(data_dir, now):
        well = well and finding.ok
        print(f"{'ok ' if finding.ok else 'LỖI'}  {finding.subject}: {finding.says}", flush=True)
        if finding.advice:
            print(f"     {finding.advice}", flush=True)
    return 0 if well else 1


def examine(data_dir: Path, now: Callable[[], datetime] = utc_now) -> Iterator[Finding]:
    """`now` is this PC's clock, which is compared with that of each server."""
    yield from _program(now())
    yield _display()
    yield _libraries()
    yield _keyring(data_dir)
    yield from _disk(data_dir)
    yield _trust(data_dir)
    try:
        addresses = _servers(data_dir)
    except Expected as error:
        yield Finding("Tài khoản trên máy", False, error.message, error.advice)
        return
    if not addresses:
        yield Finding("Máy chủ", True, "chưa chọn; sẽ hỏi khi kích hoạt")
    for address in addresses:
        yield from _server(address, now)


def _program(now: datetime) -> Iterator[Finding]:
    from handbook.client import base_content, installed

    version = f"phiên bản {__version__}"
    if installed.folder() is None:
        yield Finding("Chương trình", True, f"{version}, chạy từ mã nguồn")
        return
    yield Finding("Chương trình", True, f"{version}, đóng gói ngày {date_text(installed.built_at())}")
    base = base_content.shipped()
    if base is None:
        yield Finding("Nội dung kèm chương trình", True, "không có; nội dung về khi đồng bộ lần đầu")
        return
    try:
        until = base_content.good_until(base)
    except (OSError, ValueError, LookupError, TypeError):
        yield Finding(
            "Nội dung kèm chương trình",
            False,
            "bị thiếu hoặc hỏng",
            "Hãy cài lại sổ tay từ bộ cài gốc của đảng uỷ; nội dung vẫn về khi đồng bộ qua mạng.",
        )
        return
    says = f"máy mới nhận được đến hết ngày {date_text(until)}"
    if now > until:
        says = f"đã quá hạn từ ngày {date_text(until)}; máy mới chỉ có nội dung khi đồng bộ qua mạng"
    yield Finding("Nội dung kèm chương trình", True, says)


def _display() -> Finding:
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform != "linux" or platform:
        return Finding("Màn hình", True, platform or "có")
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return Finding("Màn hình", True, f"{name}={os.environ[name]}")
    return Finding(
        "Màn hình", False, "không có", "Hãy mở trong phiên làm việc có màn hình, hoặc chạy dưới xvfb-run -a."
    )


def _libraries() -> Finding:
    """Whether Qt is whole, with the system libraries that its windows stand on."""
    try:
        from PySide6 import __version__
        from PySide6.QtCore import QLibraryInfo
        from PySide6.QtWidgets import QApplication  # noqa: F401

        plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath), "platforms")
        if sys.platform == "linux":
            ctypes.CDLL(str(plugins / "libqxcb.so"))
    except (ImportError, OSError) as error:
        return Finding(
            "Giao diện", False, str(error), "Hãy cài lại chương trình; trên Linux cài các gói mà README nêu."
        )
    return Finding("Giao diện", True, f"Qt cho Python {__version__}")


def _keyring(data_dir: Path) -> Finding:
    from handbook.client.vault import Vault

    if Vault(data_dir).has_keyring():
        return Finding("Kho khoá của máy", True, "có; mở sổ tay không cần gõ mật khẩu")
    return Finding("Kho khoá của máy", True, "không có; mỗi lần mở sổ tay cần gõ mật khẩu")


def _disk(data_dir: Path) -> Iterator[Finding]:
    from handbook.client import disk

    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir) as file:
            file.write(b"x")
    except OSError as error:
        problem = disk.from_os(error, data_dir)
        yield Finding("Thư mục dữ liệu", False, problem.message, problem.advice)
        return
    yield Finding("Thư mục dữ liệu", True, str(data_dir))
    free = shutil.disk_usage(data_dir).free
    gigabytes = number_text(free / 1024**3, 1)
    if free < FREE_BYTES:
        yield Finding("Ổ đĩa", False, f"chỉ còn {gigabytes} GB", "Hãy xoá bớt tệp không dùng trên ổ này.")
    else:
        yield Finding("Ổ đĩa", True, f"còn {gigabytes} GB")


def _trust(data_dir: Path) -> Finding:
    file = data_dir / "trust" / "root.json"
    if file.exists():
        return Finding("Tệp khoá gốc", True, str(file))
    from handbook.client.base_content import shipped

    if shipped():
        return Finding("Tệp khoá gốc", True, "chưa cần; lần đồng bộ đầu lấy từ nội dung kèm chương trình")
    return Finding(
        "Tệp khoá gốc",
        False,
        f"chưa có {file}",
        "Hãy chép root.json do đảng uỷ cấp vào đó; thiếu tệp này sổ tay không nhận nội dung mới.",
    )


def _servers(data_dir: Path) -> list[str]:
    """The addresses that this PC's profiles and settings name. Raises DiskProblem."""
    from handbook.client.profiles import profiles
    from handbook.client.settings import read_settings

    addresses = {card.server for card in profiles(data_dir)} | {read_settings(data_dir).server}
    return sorted(addresses - {""})


def _server(address: str, now: Callable[[], datetime]) -> Iterator[Finding]:
    from handbook.client.answers import record_in
    from handbook.client.transport import HttpTransport
    from handbook.protocol.api import MAX_ANSWER_BYTES, Hello

    host = urlsplit(address).netloc or address
    try:
        transport = HttpTransport(address, clock=now)
        try:
            hello = record_in(transport.send("GET", "/v1/hello", limit=MAX_ANSWER_BYTES), Hello)
        finally:
            transport.close()
    except Expected as error:
        advice = error.advice or "Hãy kiểm tra địa chỉ máy chủ."
        yield Finding("Máy chủ", False, f"{host}: {error.message}", advice)
        return
    yield Finding("Máy chủ", True, f"{host}: {hello.commune_name}")
    skew = transport.clock_skew or timedelta()
    if abs(skew) > CLOCK_TOLERANCE:
        side = "chậm" if skew > timedelta() else "nhanh"
        yield Finding(
            "Đồng hồ",
            False,
            f"{side} {_duration(abs(skew))} so với máy chủ {host}",
            "Hãy chỉnh ngày giờ của máy cho đúng rồi mở lại sổ tay.",
        )
    else:
        yield Finding("Đồng hồ", True, "khớp với máy chủ")


def _duration(time: timedelta) -> str:
    """In the largest unit that fills at least two: 90 phút, 30 giờ, 400 ngày."""
    minutes = round(time.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} phút"
    if minutes < 2 * 24 * 60:
        return f"{minutes // 60} giờ"
    return f"{number_text(minutes // (24 * 60))} ngày"
