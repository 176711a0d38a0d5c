"""Files that are there whole, on the disk, or not at all."""

import os
import secrets
from pathlib import Path

DRAFT_SUFFIX = ".tmp"


def write_durably(file: Path, data: bytes, mode: int = 0o644) -> None:
    """Makes or replaces the file; a kill leaves the old one, and at most a hidden draft beside it."""
    draft = file.with_name(f".{secrets.token_hex(8)}{DRAFT_SUFFIX}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
