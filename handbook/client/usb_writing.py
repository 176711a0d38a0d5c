"""Published content written to a folder, such as a USB stick's, for PCs without a network.

The files and their layout are the server's own. All are verified before they are written, those there already
stay, and `timestamp.json`, without which nobody takes anything in, comes last: an export that was broken off
is either the former one or none. What is written comes from the server anew: a PC that has applied a pack
does not keep it, because a second copy of the library would cost every PC more than one person's download.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from handbook.client import disk
from handbook.client.content import CHECKING, Progress
from handbook.client.convoy import Convoy
from handbook.client.downloads import Cancelled, Downloads, Wanted
from handbook.client.folder_transport import FOLDER_NAME, README
from handbook.client.metadata import CONTENT, Metadata
from handbook.client.trusted_time import BUILT
from handbook.errors import BadInput, DiskProblem, NotFound, Untrusted
from handbook.model.vietnamese import date_text, number_text
from handbook.protocol import packs, trust

if TYPE_CHECKING:
    from handbook.client.transport import Transport

WRITING = "Đang ghi nội dung ra USB"
_FOLDERS = (trust.METADATA, trust.TARGETS, trust.PACKS, trust.DICTIONARIES)
_SPARE_BYTES = packs.MIB  # for what a file system needs besides the files


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbReport:
    """What one export did. `written` counts bytes of new packs, `kept` of those that were there already."""

    folder: Path
    publishers: tuple[str, ...] = ()
    written: int = 0
    kept: int = 0
    cancelled: bool = False


def write_out(
    transport: "Transport",
    root: bytes,
    publishers: tuple[str, ...],
    target: Path,
    now: datetime,
    progress: Progress = lambda stage, done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> UsbReport:
    """Writes what these publishers have signed into the folder `target`, which is made when missing.

    Raises BadInput for a folder that is somebody else's, NotFound when the publishers have signed nothing,
    DiskProblem, and what a sync raises.
    """
    _check_ours(target)
    try:
        with tempfile.TemporaryDirectory(prefix="handbook-") as drafts:
            return _Writing(transport, Path(drafts), root, target, now, progress, cancelled).run(publishers)
    except OSError as error:
        raise disk.from_os(error, target) from error


def usual_folder(chosen: Path) -> Path:
    """Where on a stick the export goes: its own folder, whichever of the two was chosen."""
    return chosen if chosen.name == FOLDER_NAME else chosen / FOLDER_NAME


class _Writing:
    def __init__(
        self,
        transport: "Transport",
        drafts: Path,
        root: bytes,
        target: Path,
        now: datetime,
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> None:
        self._transport, self._drafts, self._root = transport, drafts, root
        self._target, self._now = target, now
        self._progress, self._cancelled = progress, cancelled
        self._metadata = Metadata(transport, drafts, root, now, BUILT, lambda count: None)
        self._named: set[Path] = set()
        self._done = self._total = 0

    def run(self, publishers: tuple[str, ...]) -> UsbReport:
        self._progress(CHECKING, 0, 0)
        catalogues = self._catalogues(publishers)
        files = list(_files_of(catalogues))
        missing = [one for one in files if not self._holds(one)]
        self._total = sum(one.length for one in missing)
        kept = sum(one.length for one in files) - self._total
        self._make_room()
        self._put(README, _readme(catalogues, self._now))
        named = tuple(catalogue.name for catalogue in catalogues)
        try:
            self._fetch(missing)
        except Cancelled:
            return UsbReport(folder=self._target, publishers=named, cancelled=True)
        for name, data in self._signed_files():
            self._put(name, data)
        self._drop_unnamed()
        return UsbReport(folder=self._target, publishers=named, written=self._total, kept=kept)

    def _catalogues(self, publishers: tuple[str, ...]) -> list[trust.Catalogue]:
        timestamp, _ = self._metadata.ask("", publishers)
        if timestamp is None:
            raise RuntimeError("nothing was asked under a condition")
        self._metadata.accept(timestamp, publishers)
        problems: list[Untrusted] = []
        catalogues = list(self._metadata.catalogues(publishers, problems))
        if problems:
            raise problems[0]
        if not catalogues:
            raise NotFound("Chưa nơi nào phát hành nội dung cho đơn vị này.", "Chưa có gì để ghi ra USB.")
        return catalogues

    def _holds(self, wanted: Wanted) -> bool:
        """Whether the very file is there from an earlier export; it stays then."""
        file = self._target / wanted.path.removeprefix(CONTENT)
        held = file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == wanted.sha256
        if held:
            self._named.add(file)
        return held

    def _make_room(self) -> None:
        disk.make_folder(self._target)
        free = shutil.disk_usage(self._target).free
        if free < self._total + _SPARE_BYTES:
            needed = number_text((self._total + _SPARE_BYTES) / packs.MIB, 1)
            raise DiskProblem(
                f"{self._target} còn trống {number_text(free / packs.MIB, 1)} MB, cần {needed} MB.",
                "Hãy xoá bớt tệp trên USB hoặc dùng USB khác rồi ghi lại.",
            )

    def _fetch(self, missing: list[Wanted]) -> None:
        downloads = Downloads(
            self._transport, self._drafts / "partial", received=self._received, cancelled=self._cancelled
        )
        with Convoy(downloads, missing, self._cancelled) as convoy:
            for wanted in missing:
                if self._cancelled():
                    raise Cancelled
                self._put(wanted.path.removeprefix(CONTENT), convoy.take(wanted.sha256))
                downloads.forget(wanted.sha256)

    def _signed_files(self) -> Iterator[tuple[str, bytes]]:
        """Every root, then what was verified, by the server's names; the timestamp last."""
        first = int(json.loads(self._root)["signed"]["version"])
        for version in range(1, first):
            name = f"{trust.METADATA}/{version}.root.json"
            answer = self._transport.send("GET", CONTENT + name, limit=trust.MAX_ROOT_BYTES)
            if answer.status == 200:
                yield name, answer.body
        verified = self._drafts / "metadata"
        for file in (verified / "root_history").glob("*.root.json"):
            yield f"{trust.METADATA}/{file.name}", file.read_bytes()
        for file in (self._drafts / "targets").iterdir():
            data = file.read_bytes()
            folder, _, name = unquote(file.name).rpartition("/")
            yield f"{trust.TARGETS}/{folder}/{hashlib.sha256(data).hexdigest()}.{name}", data
        for file in verified.glob("*.json"):
            if file.name not in ("root.json", "timestamp.json"):
                data = file.read_bytes()
                version = json.loads(data)["signed"]["version"]
                yield f"{trust.METADATA}/{version}.{unquote(file.name)}", data
        yield f"{trust.METADATA}/timestamp.json", (verified / "timestamp.json").read_bytes()

    def _put(self, name: str, data: bytes) -> None:
        file = self._target / name
        disk.make_folder(file.parent)
        disk.write_whole(file, data, mode=0o644)
        self._named.add(file)

    def _drop_unnamed(self) -> None:
        """Takes away what an earlier export needed and nothing names any more."""
        for folder in _FOLDERS:
            for file in (self._target / folder).rglob("*"):
                if file.is_file() and file not in self._named:
                    # A file that a virus scanner holds open can go next time.
                    with suppress(PermissionError):
                        file.unlink()

    def _received(self, count: int) -> None:
        self._done += count
        self._progress(WRITING, min(self._done, self._total), self._total)


def _files_of(catalogues: list[trust.Catalogue]) -> Iterator[Wanted]:
    """The packs and dictionaries that the catalogues name, each once."""
    found: dict[str, Wanted] = {}
    for catalogue in catalogues:
        for ref in catalogue.dictionaries:
            path = CONTENT + trust.dictionary_path(ref.sha256)
            found[ref.sha256] = Wanted(path, ref.sha256, ref.length)
        for ref in catalogue.packs:
            found[ref.sha256] = Wanted(CONTENT + trust.pack_path(ref.sha256), ref.sha256, ref.length)
    yield from found.values()


def _check_ours(target: Path) -> None:
    """Raises BadInput where writing would mix with, or take away, files that no export wrote."""
    if any((target / name).exists() for name in _FOLDERS) and not (target / README).exists():
        raise BadInput(
            f"{target} đang chứa thư mục phát hành hoặc dữ liệu khác.",
            "Hãy chọn một thư mục trống, hoặc thư mục mà sổ tay đã ghi ra lần trước.",
        )


def _readme(catalogues: list[trust.Catalogue], now: datetime) -> bytes:
    """For who finds the stick; Windows' Notepad of old wants the mark of UTF-8 and both line ends."""
    names = "\n".join(f"  - {catalogue.name}" for catalogue in catalogues)
    text = f"""SỔ TAY ĐẢNG VIÊN ĐIỆN TỬ - NỘI DUNG PHÁT HÀNH

Thư mục này chứa văn bản đã phát hành, ghi ngày {date_text(now)}, của:
{names}

Cách dùng: cắm USB vào máy có cài Sổ tay, mở mục Đồng bộ, bấm "Nhập từ USB" rồi
chọn USB này. Sổ tay tự kiểm tra chữ ký; tệp bị sửa hoặc chép thiếu sẽ bị từ chối.

Ở đây không có bài viết, ghi chú hay thông tin riêng của đảng viên nào.
Xin đừng đổi tên, sửa hoặc xoá tệp trong thư mục này. Muốn có nội dung mới hơn,
hãy bấm "Xuất ra USB" lần nữa trên máy có mạng: chỉ phần mới được ghi thêm.
"""
    return text.replace("\n", "\r\n").encode("utf-8-sig")
