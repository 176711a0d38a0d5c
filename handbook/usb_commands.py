"""`handbook pack`, `sync --from` and `bundle`: content and submissions by USB where there is no network."""

import sys
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


def bundle(folder: Path, act: str, usb: Path, account: str | None, passphrase_file: Path | None) -> int:
    """`write` seals what waits, `carry` brings what lies on the stick to the server, `receive` settles.

    Exit code 1 when something was refused, told in words.
    """
    import secrets

    from handbook.client.bundles import Bundles, carry

    handbook = open_profile(folder, account, passphrase_file)
    try:
        own = Bundles(handbook.store, handbook.account, handbook.outbox, secrets.token_bytes)
        if act == "write":
            written = own.write(usb, datetime.now(UTC))
            print(f"{written.folder}: {written.submissions} mục trong {written.bundles} gói")
            problems = [f"{written.too_large} mục quá lớn cho một gói"] if written.too_large else []
        elif act == "carry":
            carried = carry(handbook.transport, handbook.account.token, usb)
            print(f"đã chuyển {carried.taken} gói, biên nhận nằm cạnh gói")
            problems = [str(error) for error in carried.refused]
        else:
            heard = own.hear(usb, datetime.now(UTC))
            print(f"biên nhận cho {heard.received} mục, còn chờ gửi {len(handbook.outbox.owed())}")
            problems = [str(report.error) for report in heard.reports if report.error]
            problems += [f"{heard.refused} mục bị từ chối; xem lý do ở mục Đồng bộ"] if heard.refused else []
    finally:
        handbook.close()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


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
