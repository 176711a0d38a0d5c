"""The content that an installed program carries: a first start need not wait for the network to be read in.

It is a folder as `handbook pack` writes it, put into the program when that is built, and taken in as from a
stick. Whoever can change it can change the program, so that its root is what the PC trusts where the
installer put no other; one that belongs to another root than the PC's is left alone.
"""

import json
from datetime import datetime
from pathlib import Path

from handbook.client import disk, installed
from handbook.errors import NotFound
from handbook.protocol import trust

FOLDER_NAME = "base-content"


def shipped() -> Path | None:
    """The folder inside the installed program; None where it was built without one, or runs from source."""
    program = installed.folder()
    return program / FOLDER_NAME if program and (program / FOLDER_NAME).is_dir() else None


def given_root(file: Path, base: Path | None) -> bytes:
    """The TUF root in `file`, put there from the base content where an installer left none.

    Raises NotFound when there is neither, DiskProblem.
    """
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        roots = sorted((base / trust.METADATA).glob("*.root.json"), key=_version) if base else []
        if not roots:
            raise NotFound(
                "Máy này chưa có tệp khoá gốc để kiểm tra nội dung phát hành.",
                "Hãy cài lại sổ tay từ bộ cài của đảng uỷ; những gì đã tải vẫn đọc được.",
            ) from error
    data = roots[-1].read_bytes()
    disk.make_folder(file.parent)
    disk.write_whole(file, data, mode=0o644)
    return data


def brings_news(base: Path | None, content_dir: Path, root: bytes) -> bool:
    """Whether the base content is of this root and newer than what was taken in, as far as it says itself."""
    if base is None:
        return False
    own = base / trust.METADATA / f"{json.loads(root)['signed']['version']}.root.json"
    if not own.exists() or own.read_bytes() != root:
        return False
    names = (trust.METADATA, "timestamp.json")
    return _signed_version(base.joinpath(*names)) > _signed_version(content_dir / "metadata/timestamp.json")


def good_until(base: Path) -> datetime:
    """When the base content ends to be taken in, as far as it says itself.

    Raises OSError, ValueError, LookupError or TypeError when it does not say.
    """
    from handbook.client.usb_reading import GRACE

    timestamp = json.loads((base / trust.METADATA / "timestamp.json").read_bytes())
    return datetime.fromisoformat(timestamp["signed"]["expires"]) + GRACE


def _version(root: Path) -> int:
    return int(root.name.partition(".")[0])


def _signed_version(file: Path) -> int:
    """The version in metadata that nobody has judged yet; 0 when there is none."""
    try:
        return int(json.loads(file.read_bytes())["signed"]["version"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return 0
