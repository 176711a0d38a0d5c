"""The ward of the desktop's tests: documents with all that a reader can meet, published and served."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from handbook.client.handbook import activate, open_handbook
from handbook.client.settings import change_settings
from tests import published_ward
from tests.published_ward import (
    CELL,
    COMMUNE,
    MEMBER,
    PASSWORD,
    SECRETARY,
    PublishedWard,
    write_assignment,
    write_document,
)
from tests.server.harness import running

__all__ = ["CELL", "COMMUNE", "MEMBER", "PASSWORD", "SECRETARY"]

NEWCOMER = "kp1.lan"
ASSIGNMENT = f"{COMMUNE}/hoc-nghi-quyet"
CAPITAL, LONG, REPLACED = "central/15-nq-tw", "central/luat-dai", "central/66-qd-tw"
LONG_SECTIONS = 300

WARD = f"""{published_ward.WARD}
[[members]]
account = "{NEWCOMER}"
name = "Lê Thị Lan"
unit = "{CELL}"
duties = ["member"]
"""

CAPITAL_TEXT = """Bản ghi chép học tập, không thay cho văn bản gốc.

## I. Tình hình

Thủ đô là trung tâm chính trị.[^1] Xem thêm [Quy định cũ](handbook:central/66-qd-tw), [mục sau](#ii-muc-tieu)
và [cổng thông tin](https://example.org/nghi-quyet).

[^1]: Số liệu cuối năm 2021.

## II. Mục tiêu

| Chỉ tiêu | Năm 2030 |
|---|---|
| Chuyển đổi số | 100 % |

### 1. Đến năm 2030

Chuyển đổi số là động lực. Người dân là trung tâm của CHUYỂN ĐỔI SỐ.

## III. Tổ chức thực hiện

1. Các cấp uỷ phân công.
2. Báo cáo hằng năm.
"""

ASSIGNMENT_TEXT = f"""title = "Học Nghị quyết 15-NQ/TW"
documents = ["{CAPITAL}"]
question = "Đồng chí làm gì ở khu phố?"
min_words = 5
opens_on = 2026-01-01
due_on = 2030-11-30
grace_days = 3
units = ["{COMMUNE}"]

[[parts]]
id = "nhan-thuc"
title = "I. Nhận thức"
hint = "Viết bằng lời của mình."

[[parts]]
id = "lien-he"
title = "II. Liên hệ"
hint = "Kể một việc cụ thể."
"""


def write_content(source: Path) -> None:
    written = {"topic": "học tập", "more": 'sources = ["tự soạn"]\n'}
    write_document(
        source,
        "central",
        "15-nq-tw",
        CAPITAL_TEXT,
        "15-NQ/TW",
        title="Về phát triển Thủ đô Hà Nội",
        summary="Tóm tắt của Về phát triển Thủ đô Hà Nội.",
        **written,
    )
    write_document(
        source,
        "central",
        "66-qd-tw",
        "## Điều 1\n\nThể loại văn bản của Đảng.\n",
        "66-QĐ/TW",
        folder="regulations",
        kind="regulation",
        title="Về thể loại văn bản của Đảng",
        issued_on="2017-02-06",
        status="replaced",
        issuer="Ban Bí thư",
        **written,
    )
    write_document(
        source,
        "central",
        "bai-viet",
        "## Vì sao\n\nTập trung dân chủ ở chi bộ.\n",
        "",
        folder="theory",
        kind="article",
        title="Tập trung dân chủ ở chi bộ",
        issued_on="2026-10-01",
        issuer="Nhóm biên soạn",
        **written,
    )
    paragraph = "Cơ quan, tổ chức, cá nhân thực hiện theo quy định của pháp luật hiện hành. " * 12
    law = "".join(
        f"## Điều {number}. Quy định thứ {number}\n\n{paragraph}\n\n{paragraph}\n\n"
        for number in range(1, LONG_SECTIONS + 1)
    )
    write_document(
        source,
        "central",
        "luat-dai",
        law,
        "99/2025/QH15",
        folder="regulations",
        kind="law",
        title="Luật dài ba trăm điều",
        issued_on="2025-06-01",
        issuer="Quốc hội",
        **written,
    )
    write_assignment(source, COMMUNE, "hoc-nghi-quyet", ASSIGNMENT_TEXT)


class Ward(PublishedWard):
    """The published content, the server (while the block of `served_ward` lasts) and its members."""

    def __init__(self, folder: Path) -> None:
        self.url = ""
        super().__init__(folder, write_content, WARD)

    def trust(self, data_dir: Path) -> None:
        """What an installer leaves on a PC, and this ward's server."""
        super().trust(data_dir)
        change_settings(data_dir, server=self.url)

    def bring(self, data_dir: Path, account: str) -> None:
        """The account's profile, synced and with a search index."""
        activate(data_dir, self.url, self.code(account), PASSWORD, "PC thử", now=datetime.now(UTC))
        handbook = open_handbook(data_dir, account, PASSWORD)
        try:
            report = handbook.sync.run(lambda: datetime.now(UTC))
            assert report.error is None
            assert handbook.search.refresh()
        finally:
            handbook.close()


@contextmanager
def served_ward(folder: Path) -> Iterator[Ward]:
    ward = Ward(folder)
    with running(ward.settings, lambda: datetime.now(UTC)) as server:
        ward.url = server.url
        yield ward
