"""A ward made for one test: generated content, a real server process, members on PCs in temp folders."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handbook.authoring.keys import create_authority
from handbook.authoring.publish import publish
from handbook.authoring.repository import trusted_root
from handbook.client.handbook import activate
from handbook.demo import ServerProcess
from handbook.server.keys import published_receipt_key
from handbook.server.run import issue_codes, load_ward_into
from handbook.server.settings import Settings, settings_from

COMMUNE = "hongson/anbinh"
CELL = f"{COMMUNE}/khu-pho-1"
PASSWORD = "mat-khau-thu-nghiem"
MEMBER, SECRETARY = "kp1.an", "kp1.hanh"

WARD = f"""
name = "Đảng bộ thử nghiệm"
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
admitted_on = 1994-05-19
probationary = false
duties = ["member"]
[[members]]
account = "{SECRETARY}"
name = "Trần Thị Hạnh"
unit = "{CELL}"
admitted_on = 1990-02-03
probationary = false
duties = ["member", "cell_secretary"]
"""


class SmallWard:
    """`server.start()` and `.kill()` as the test wishes; `close` ends the process."""

    def __init__(self, folder: Path, *, documents: int = 3, assignments: int = 1, padding: int = 0) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.content = folder / "content"
        self.keys = folder / "keys"
        self._server_dir = folder / "server"
        self.server = ServerProcess(
            ["--data-dir", str(self._server_dir), "--content", str(self.content)],
            environment=os.environ | {"PYTHONUNBUFFERED": "1", "HANDBOOK_TEST": "1"},
        )
        self._write_publisher("central", "Trung ương")
        self._write_publisher(COMMUNE, "Phường An Bình")
        for number in range(1, documents + 1):
            self.write_document(number, padding=padding)
        for number in range(1, assignments + 1):
            self._write_assignment(number)
        create_authority(self.keys, ["central", "hongson", COMMUNE])
        self.publish()
        ward_file = folder / "ward.toml"
        ward_file.write_text(WARD, encoding="utf-8")
        load_ward_into(self.settings, ward_file)

    @property
    def settings(self) -> Settings:
        return settings_from({}, self._server_dir, content_dir=self.content)

    def publish(self, now: datetime | None = None) -> None:
        publish(
            self.source,
            self.content,
            self.keys,
            now or datetime.now(UTC),
            [published_receipt_key(self._server_dir)],
        )

    def write_document(self, number: int, *, text: str = "Nội dung học tập.", padding: int = 0) -> None:
        """A document of five sections; `padding` adds so many different words to each, to fill packs."""
        body = "\n\n".join(
            f"## {section}. Phần {section}\n\n{text} "
            + " ".join(f"chữ{number}x{section}x{word}" for word in range(padding))
            for section in range(1, 6)
        )
        front = (
            f'+++\nkind = "resolution"\nnumber = "{number}-NQ/TW"\ntitle = "Văn bản số {number}"\n'
            f'issuer = "Bộ Chính trị"\nissued_on = 2024-01-{number % 28 + 1:02}\nstatus = "in_force"\n'
            f'topics = ["học tập"]\nsummary = "Tóm tắt."\nsources = ["tự soạn"]\n+++\n'
        )
        folder = self.source / "central" / "resolutions"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"van-ban-{number}.md").write_text(front + body + "\n", encoding="utf-8")

    def activate(self, account: str, data_dir: Path | None = None) -> Path:
        """The account's profile on a PC of its own (or the given one); the server must be running."""
        data_dir = data_dir or self.folder / f"pc-{account}"
        root = data_dir / "trust" / "root.json"
        root.parent.mkdir(parents=True, exist_ok=True)
        root.write_bytes(trusted_root(self.content))
        (code,) = issue_codes(self.settings, [account])
        activate(data_dir, self.server.url, code.code, PASSWORD, "PC thử", now=datetime.now(UTC))
        return data_dir

    def close(self) -> None:
        self.server.stop()

    def _write_publisher(self, path: str, name: str) -> None:
        folder = self.source / path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "publisher.toml").write_text(f'path = "{path}"\nname = "{name}"\n', encoding="utf-8")

    def _write_assignment(self, number: int) -> None:
        today = datetime.now(UTC).date()
        folder = self.source / COMMUNE / "assignments"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"nhiem-vu-{number}.toml").write_text(
            f'title = "Nhiệm vụ {number}"\ndocuments = ["central/van-ban-1"]\n'
            f'question = "Đồng chí rút ra điều gì?"\nmin_words = 5\n'
            f"opens_on = {today - timedelta(days=10)}\ndue_on = {today + timedelta(days=20)}\n"
            f'grace_days = 3\nunits = ["{COMMUNE}"]\n'
            '[[parts]]\nid = "nhan-thuc"\ntitle = "I. Nhận thức"\nhint = "Gợi ý"\n',
            encoding="utf-8",
        )


def assignment_id(number: int) -> str:
    return f"{COMMUNE}/nhiem-vu-{number}"
