"""What this PC remembers for everyone who uses it: server, looks, network, last account.

Standard library only.
"""

import json
import math
import threading
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from handbook.client import disk

THEMES = ("system", "light", "dark")
PAPERS = ("theme", "light", "sepia", "dark")
READING_COLUMNS = ("narrow", "medium", "wide")
READING_FONTS = ("sans", "serif")
MIN_TEXT_SCALE, MAX_TEXT_SCALE = 1.0, 2.0
MIN_READING_PX, MAX_READING_PX = 12.0, 32.0
MIN_SPACING, MAX_SPACING = 1.0, 2.0
SYSTEM_PROXY, NO_PROXY = "system", "none"
MAX_BANDWIDTH_KBIT = 1_000_000
_FILE = "settings.json"
_changing = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`server` is the base URL offered to new accounts, `text_scale` a factor from 1 to 2.

    `reading_px` is the height of a document's text at 100 %, in pixels of a 96 dpi screen;
    `reading_spacing` a multiple of its line. The paper "theme" follows the program's own mode.
    `paper_place` stands before the date on a printed reflection; '' for the place the commune is named after.
    `proxy` is SYSTEM_PROXY, NO_PROXY or the address of one; `bandwidth_kbit` the kilobits a second that syncs
    may use, 0 for all. `spelling` marks in a reflection being written what can be no Vietnamese syllable.
    """

    server: str = ""
    theme: str = "system"
    paper: str = "theme"
    text_scale: float = 1.0
    reading_px: float = 16.0
    reading_column: str = "medium"
    reading_spacing: float = 1.25
    reading_font: str = "sans"
    last_account: str = ""
    paper_place: str = ""
    proxy: str = SYSTEM_PROXY
    bandwidth_kbit: int = 0
    spelling: bool = False

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            if not _is_usable(name, getattr(self, name)):
                raise ValueError(f"{name} cannot be {getattr(self, name)!r}")


def read_settings(data_dir: Path) -> Settings:
    """The settings on disk. What is missing or unusable has its default.

    A file that is no JSON object is kept aside as `settings.json.unreadable`. Raises DiskProblem.
    """
    path = data_dir / _FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise disk.from_os(error, path) from error
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        try:
            path.replace(path.with_name(f"{_FILE}.unreadable"))
        except OSError as error:
            raise disk.from_os(error, path) from error
        return Settings()
    names = {field.name for field in fields(Settings)}
    return Settings(
        **{name: value for name, value in held.items() if name in names and _is_usable(name, value)}
    )


def change_settings(data_dir: Path, **changes: Any) -> Settings:
    """Changes the named settings only. Raises DiskProblem; ValueError for unusable values."""
    with _changing:
        settings = replace(read_settings(data_dir), **changes)
        disk.make_folder(data_dir)
        data = json.dumps(asdict(settings), indent=2).encode()
        disk.write_whole(data_dir / _FILE, data)
    return settings


def _is_usable(name: str, value: object) -> bool:
    match name:
        case "theme":
            return value in THEMES
        case "paper":
            return value in PAPERS
        case "reading_column":
            return value in READING_COLUMNS
        case "reading_font":
            return value in READING_FONTS
        case "reading_spacing":
            return _is_within(value, MIN_SPACING, MAX_SPACING)
        case "text_scale":
            return _is_within(value, MIN_TEXT_SCALE, MAX_TEXT_SCALE)
        case "reading_px":
            return _is_within(value, MIN_READING_PX, MAX_READING_PX)
        case "proxy":
            return value in (SYSTEM_PROXY, NO_PROXY) or (isinstance(value, str) and "://" in value)
        case "bandwidth_kbit":
            return isinstance(value, int) and _is_within(value, 0, MAX_BANDWIDTH_KBIT)
        case "spelling":
            return isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _is_within(value: object, least: float, most: float) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and least <= value <= most
    )
