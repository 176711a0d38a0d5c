"""The members' folders on this PC: which there are, and where each one lies. Standard library only."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from handbook.client import disk
from handbook.errors import BadInput

# No path can be made of such a name on any system, and it is one folder on those that ignore case.
_ACCOUNT = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.))*(?<!\.)")
MAX_ACCOUNT_CHARACTERS = 64
# Names that Windows gives to devices, also with anything after a dot.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCard:
    """What may be known of a profile before it is unlocked. `server` is empty when its card was lost."""

    account: str
    name: str
    unit_name: str
    server: str


def profiles(data_dir: Path) -> tuple[ProfileCard, ...]:
    """The profiles of this PC, last opened first. One whose card is unreadable is listed by its account."""
    found = []
    for folder in _folders(data_dir):
        card = folder / "profile.json"
        opened = (card if card.exists() else folder).stat().st_mtime_ns
        found.append((opened, _read_card(folder)))
    return tuple(card for _, card in sorted(found, key=lambda pair: pair[0], reverse=True))


def read_profile(data_dir: Path, account: str) -> ProfileCard | None:
    """The account's card, None when it has no profile on this PC. Raises BadInput for a bad account name."""
    folder = profile_dir(data_dir, account)
    return _read_card(folder) if folder.is_dir() else None


def profile_dir(data_dir: Path, account: str) -> Path:
    """Where the account's profile lies or would lie. Raises BadInput when it is no account name."""
    if not is_account_name(account):
        raise BadInput(
            f"“{account[:MAX_ACCOUNT_CHARACTERS]}” không phải tên tài khoản.",
            "Tên tài khoản chỉ gồm chữ thường không dấu, chữ số, dấu chấm và gạch ngang, như trên phiếu.",
        )
    return data_dir / "profiles" / account


def is_account_name(text: str) -> bool:
    return (
        0 < len(text) <= MAX_ACCOUNT_CHARACTERS
        and _ACCOUNT.fullmatch(text) is not None
        and text.split(".")[0] not in _DEVICES
    )


def write_card(folder: Path, card: ProfileCard) -> None:
    """Raises DiskProblem."""
    data = json.dumps(asdict(card), indent=2).encode()
    disk.write_whole(folder / "profile.json", data)


def note_opening(folder: Path) -> None:
    """Puts the profile first in the list from now on. Raises DiskProblem."""
    try:
        os.utime(folder / "profile.json")
    except OSError as error:
        raise disk.from_os(error, folder) from error


def _folders(data_dir: Path) -> list[Path]:
    """Raises DiskProblem when the folder of profiles is there but cannot be listed."""
    root = data_dir / "profiles"
    if not root.exists():
        return []
    try:
        return [folder for folder in root.iterdir() if is_account_name(folder.name) and folder.is_dir()]
    except OSError as error:
        raise disk.from_os(error, root) from error


def _read_card(folder: Path) -> ProfileCard:
    try:
        held = json.loads((folder / "profile.json").read_bytes())
        fields = {name: held[name] for name in ("name", "unit_name", "server")}
        if all(isinstance(value, str) for value in fields.values()):
            return ProfileCard(account=folder.name, **fields)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # the folder alone tells enough to open the profile, and opening writes a new card
    return ProfileCard(account=folder.name, name=folder.name, unit_name="", server="")
