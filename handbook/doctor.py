"""What is wrong with this PC: each finding says how it stands and, where it matters, what to do."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from handbook.errors import Expected, Offline

FREE_BYTES = 500 * 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` False means something will not work; `advice` then says what to do."""

    subject: str
    ok: bool
    says: str
    advice: str = ""


def run_doctor(data_dir: Path) -> int:
    """Prints every finding; exit code 1 when one of them is bad."""
    findings = list(examine(data_dir))
    for finding in findings:
        print(f"{'ok ' if finding.ok else 'LỖI'}  {finding.subject}: {finding.says}")
        if finding.advice:
            print(f"     {finding.advice}")
    return 0 if all(finding.ok for finding in findings) else 1


def examine(data_dir: Path) -> Iterator[Finding]:
    yield _display()
    yield _libraries()
    yield _keyring(data_dir)
    yield from _disk(data_dir)
    yield _trust(data_dir)
    yield from _server(data_dir)


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
    try:
        from PySide6.QtWidgets import QApplication  # noqa: F401
    except ImportError as error:
        return Finding(
            "Giao diện", False, str(error), "Hãy cài lại chương trình; trên Linux cài các gói mà README nêu."
        )
    from PySide6 import __version__

    return Finding("Giao diện", True, f"Qt cho Python {__version__}")


def _keyring(data_dir: Path) -> Finding:
    from handbook.client.vault import Vault

    if Vault(data_dir).has_keyring():
        return Finding("Kho khoá của máy", True, "có; mở sổ tay không cần gõ mật khẩu")
    return Finding("Kho khoá của máy", True, "không có; mỗi lần mở sổ tay cần gõ mật khẩu")


def _disk(data_dir: Path) -> Iterator[Finding]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir) as file:
            file.write(b"x")
    except OSError as error:
        yield Finding(
            "Thư mục dữ liệu",
            False,
            f"không ghi được vào {data_dir} ({error.strerror})",
            "Hãy xin quyền ghi vào thư mục này, hoặc chọn thư mục khác bằng --data-dir.",
        )
        return
    yield Finding("Thư mục dữ liệu", True, str(data_dir))
    free = shutil.disk_usage(data_dir).free
    gigabytes = f"{free / 1024**3:.1f}".replace(".", ",")
    if free < FREE_BYTES:
        yield Finding("Ổ đĩa", False, f"chỉ còn {gigabytes} GB", "Hãy xoá bớt tệp không dùng trên ổ này.")
    else:
        yield Finding("Ổ đĩa", True, f"còn {gigabytes} GB")


def _trust(data_dir: Path) -> Finding:
    file = data_dir / "trust" / "root.json"
    if file.exists():
        return Finding("Tệp tin cậy", True, str(file))
    return Finding(
        "Tệp tin cậy",
        False,
        f"chưa có {file}",
        "Hãy chép root.json do đảng uỷ cấp vào đó; thiếu tệp này sổ tay không nhận nội dung mới.",
    )


def _server(data_dir: Path) -> Iterator[Finding]:
    from handbook.client.profiles import profiles
    from handbook.client.settings import read_settings
    from handbook.client.transport import HttpTransport
    from handbook.protocol import codec
    from handbook.protocol.api import MAX_ANSWER_BYTES, Hello

    addresses = {card.server for card in profiles(data_dir)} | {read_settings(data_dir).server}
    addresses.discard("")
    if not addresses:
        yield Finding("Máy chủ", True, "chưa chọn; sẽ hỏi khi kích hoạt")
    for address in sorted(addresses):
        host = urlsplit(address).netloc or address
        try:
            transport = HttpTransport(address)
            answer = transport.send("GET", "/v1/hello", limit=MAX_ANSWER_BYTES)
            hello = codec.decode(answer.body, Hello, limit=MAX_ANSWER_BYTES)
        except Offline as error:
            yield Finding("Máy chủ", False, f"{host}: {error.message}", error.advice)
            continue
        except Expected as error:
            yield Finding("Máy chủ", False, f"{host}: {error.message}", "Hãy kiểm tra địa chỉ máy chủ.")
            continue
        yield Finding("Máy chủ", True, f"{host}: {hello.commune_name}")
        skew = transport.clock_skew or timedelta()
        if abs(skew) > CLOCK_TOLERANCE:
            side = "chậm" if skew > timedelta() else "nhanh"
            yield Finding(
                "Đồng hồ",
                False,
                f"{side} {abs(skew)} so với máy chủ",
                "Hãy chỉnh ngày giờ của máy cho đúng rồi mở lại sổ tay.",
            )
        else:
            yield Finding("Đồng hồ", True, "khớp với máy chủ")
