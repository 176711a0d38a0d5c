"""`handbook pack` and `handbook sync --from`: content for a USB stick, and from one, without a network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.commands import open_profile
from handbook.errors import BadInput

if TYPE_CHECKING:
    from handbook.client.usb_writing import UsbReport


def pack(
    folder: Path,
    out: Path,
    content: Path | None,
    units: list[str],
    account: str | None,
    passphrase_file: Path | None,
) -> int:
    """Writes from the publisher's folder `content`, or else from the server of a profile of this PC."""
    if content is None:
        if units:
            raise BadInput("--unit chỉ dùng cùng --content.", "Hồ sơ trên máy này chỉ ghi cho xã của mình.")
        handbook = open_profile(folder, account, passphrase_file)
        try:
            _say(handbook.sync.write_out(out, datetime.now(UTC)))
        finally:
            handbook.close()
    else:
        _say(_from_folder(content, out, units))
    return 0


def take_in(folder: Path, source: Path, account: str | None, passphrase_file: Path | None) -> int:
    from handbook.model.vietnamese import date_text

    handbook = open_profile(folder, account, passphrase_file)
    try:
        report = handbook.sync.take_in(source, datetime.now(UTC))
    finally:
        handbook.close()
    print(f"{len(report.changed) + len(report.withdrawn)} văn bản mới hoặc sửa từ {source}")
    if report.lapsed_on:
        print(f"Chữ ký trên USB hết hạn ngày {date_text(report.lapsed_on)}; hãy đồng bộ khi có mạng.")
    return 0


def _from_folder(content: Path, out: Path, units: list[str]) -> "UsbReport":
    from handbook.authoring.repository import Repository, trusted_root
    from handbook.client.folder_transport import FolderTransport
    from handbook.client.usb_writing import write_out
    from handbook.protocol import trust

    root = trusted_root(content)
    published = [
        trust.publisher_of_role(role) for role in Repository(content, content).roles() if role != "targets"
    ]
    if unknown := [unit for unit in units if trust.publishers_for(unit)[-1] not in published]:
        raise BadInput(
            f"Không có nơi phát hành cho {', '.join(unknown)} trong {content}.",
            f"Các nơi đang phát hành: {', '.join(published)}.",
        )
    wanted = [path for unit in units for path in trust.publishers_for(unit)] or published
    return write_out(FolderTransport(content), root, tuple(dict.fromkeys(wanted)), out, datetime.now(UTC))


def _say(report: "UsbReport") -> None:
    print(
        f"{report.folder}: nội dung của {', '.join(report.publishers)}; "
        f"ghi mới {report.written} byte, giữ lại {report.kept} byte"
    )
