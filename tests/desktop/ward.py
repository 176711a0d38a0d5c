"""A small ward with a few documents that have everything a reader can meet, published and served for real."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from handbook.authoring.keys import create_authority
from handbook.authoring.publish import publish
from handbook.authoring.repository import trusted_root
from handbook.client.handbook import activate, open_handbook
from handbook.client.settings import change_settings
from handbook.server.keys import published_receipt_key
from handbook.server.run import issue_codes, load_ward_into
from handbook.server.settings import Settings, settings_from
from tests.server.harness import running

COMMUNE = "hongson/anbinh"
CELL = f"{COMMUNE}/khu-pho-1"
PASSWORD = "mat-khau-thu"
MEMBER, SECRETARY, NEWCOMER = "kp1.an", "kp1.hanh", "kp1.lan"
ASSIGNMENT = f"{COMMUNE}/hoc-nghi-quyet"
CAPITAL, LONG, REPLACED = "central/15-nq-tw", "central/luat-dai", "central/66-qd-tw"
LONG_SECTIONS = 300

WARD = f"""
name = "Đảng bộ thử"
[[units]]
path = "hongson"
name = "Tỉnh uỷ Hồng Sơn"
kind = "province"
[[units]]
path = "{COMMUNE}"
name = "Đảng uỷ phường An Bình"
kind = "commune"
[[units]]
path = "{CELL}"
name = "Chi bộ Khu phố 1"
kind = "cell"
[[members]]
account = "{MEMBER}"
name = "Nguyễn Văn An"
unit = "{CELL}"
duties = ["member"]
[[members]]
account = "{SECRETARY}"
name = "Trần Thị Hạnh"
unit = "{CELL}"
duties = ["member", "cell_secretary"]
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


def write_document(
    source: Path,
    name: str,
    body: str,
    *,
    folder: str = "resolutions",
    kind: str = "resolution",
    number: str = "",
    title: str,
    issued_on: str = "2022-05-05",
    status: str = "in_force",
    issuer: str = "Bộ Chính trị",
    more: str = "",
) -> None:
    file = source / "central" / folder / f"{name}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    front = (
        f'+++\nkind = "{kind}"\nnumber = "{number}"\ntitle = "{title}"\nissuer = "{issuer}"\n'
        f'issued_on = {issued_on}\nstatus = "{status}"\ntopics = ["học tập"]\n'
        f'summary = "Tóm tắt của {title}."\nsources = ["tự soạn"]\n{more}+++\n'
    )
    file.write_text(front + body, encoding="utf-8")


def write_content(source: Path) -> None:
    for path, name in (("central", "Trung ương"), (COMMUNE, "Phường An Bình")):
        (source / path).mkdir(parents=True)
        (source / path / "publisher.toml").write_text(f'path = "{path}"\nname = "{name}"\n', "utf-8")
    write_document(source, "15-nq-tw", CAPITAL_TEXT, number="15-NQ/TW", title="Về phát triển Thủ đô Hà Nội")
    write_document(
        source,
        "66-qd-tw",
        "## Điều 1\n\nThể loại văn bản của Đảng.\n",
        folder="regulations",
        kind="regulation",
        number="66-QĐ/TW",
        title="Về thể loại văn bản của Đảng",
        issued_on="2017-02-06",
        status="replaced",
        issuer="Ban Bí thư",
    )
    write_document(
        source,
        "bai-viet",
        "## Vì sao\n\nTập trung dân chủ ở chi bộ.\n",
        folder="theory",
        kind="article",
        title="Tập trung dân chủ ở chi bộ",
        issued_on="2026-10-01",
        issuer="Nhóm biên soạn",
    )
    paragraph = "Cơ quan, tổ chức, cá nhân thực hiện theo quy định của pháp luật hiện hành. " * 12
    law = "".join(
        f"## Điều {number}. Quy định thứ {number}\n\n{paragraph}\n\n{paragraph}\n\n"
        for number in range(1, LONG_SECTIONS + 1)
    )
    write_document(
        source,
        "luat-dai",
        law,
        folder="regulations",
        kind="law",
        number="99/2025/QH15",
        title="Luật dài ba trăm điều",
        issued_on="2025-06-01",
        issuer="Quốc hội",
    )
    (source / COMMUNE / "assignments").mkdir()
    (source / COMMUNE / "assignments" / "hoc-nghi-quyet.toml").write_text(ASSIGNMENT_TEXT, "utf-8")


class Ward:
    """The published content, the server (while the block of `served_ward` lasts) and its members."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.content = folder / "content"
        self.url = ""
        write_content(self.source)
        create_authority(folder / "keys", ["central", "hongson", COMMUNE])
        self.publish()
        ward_file = folder / "ward.toml"
        ward_file.write_text(WARD, encoding="utf-8")
        load_ward_into(self.settings, ward_file)

    @property
    def settings(self) -> Settings:
        return settings_from({}, self.folder / "server", content_dir=self.content, port=0)

    def publish(self) -> None:
        key = published_receipt_key(self.folder / "server")
        publish(self.source, self.content, self.folder / "keys", datetime.now(UTC), [key])

    def code(self, account: str) -> str:
        (code,) = issue_codes(self.settings, [account])
        return code.code

    def trust(self, data_dir: Path) -> None:
        """What an installer leaves on a PC."""
        root = data_dir / "trust" / "root.json"
        root.parent.mkdir(parents=True, exist_ok=True)
        root.write_bytes(trusted_root(self.content))
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
