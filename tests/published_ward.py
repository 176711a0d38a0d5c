"""A ward of one cell, from written sources to signed content and members' activation codes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from handbook.authoring.keys import create_authority
from handbook.authoring.publish import publish
from handbook.authoring.repository import trusted_root
from handbook.server.keys import published_receipt_key
from handbook.server.run import issue_codes, load_ward_into
from handbook.server.settings import Settings, settings_from

COMMUNE = "hongson/anbinh"
CELL = f"{COMMUNE}/khu-pho-1"
PUBLISHERS = ("central", "hongson", COMMUNE)
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


def write_publisher(source: Path, path: str, name: str) -> None:
    folder = source / path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "publisher.toml").write_text(f'path = "{path}"\nname = "{name}"\n', encoding="utf-8")


def write_document(
    source: Path,
    publisher: str,
    slug: str,
    body: str = "## Một\n\nNội dung.",
    number: str = "1-NQ/TW",
    *,
    folder: str = "resolutions",
    kind: str = "resolution",
    title: str = "Về công tác năm",
    issuer: str = "Bộ Chính trị",
    issued_on: str = "2022-05-05",
    status: str = "in_force",
    topic: str = "công tác",
    summary: str = "Tóm tắt.",
    more: str = "",
) -> Path:
    """`more`: further lines of the front, each ended. The body begins on the eleventh line without them."""
    file = source / publisher / folder / f"{slug}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'+++\nkind = "{kind}"\nnumber = "{number}"\ntitle = "{title}"\nissuer = "{issuer}"\n'
        f'issued_on = {issued_on}\nstatus = "{status}"\ntopics = ["{topic}"]\nsummary = "{summary}"\n'
        f"{more}+++\n{body}\n",
        encoding="utf-8",
    )
    return file


def write_assignment(source: Path, publisher: str, slug: str, text: str) -> None:
    folder = source / publisher / "assignments"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{slug}.toml").write_text(text, encoding="utf-8")


class PublishedWard:
    """What lies in `folder`: sources (`write` puts the first ones there), keys, published content, and the
    data of the server, which is not running yet."""

    def __init__(self, folder: Path, write: Callable[[Path], None], members: str = WARD) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.content = folder / "content"
        self.keys = folder / "keys"
        self.server_dir = folder / "server"
        write_publisher(self.source, "central", "Trung ương")
        write_publisher(self.source, COMMUNE, "Phường An Bình")
        write(self.source)
        create_authority(self.keys, PUBLISHERS)
        self.publish()
        self.load(members)

    @property
    def settings(self) -> Settings:
        return settings_from({}, self.server_dir, content_dir=self.content, port=0)

    def load(self, members: str) -> None:
        """Takes a ward.toml of this text into the server's database."""
        file = self.folder / "ward.toml"
        file.write_text(members, encoding="utf-8")
        load_ward_into(self.settings, file)

    def publish(self, now: datetime | None = None) -> None:
        key = published_receipt_key(self.server_dir)
        publish(self.source, self.content, self.keys, now or datetime.now(UTC), [key])

    def code(self, account: str) -> str:
        (code,) = issue_codes(self.settings, [account])
        return code.code

    def trust(self, data_dir: Path) -> None:
        """The root of trust, as an installer leaves it on a PC."""
        root = data_dir / "trust" / "root.json"
        root.parent.mkdir(parents=True, exist_ok=True)
        root.write_bytes(trusted_root(self.content))
