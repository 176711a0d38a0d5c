"""Options that the desktop and the commands share. The first paint waits for this file: it knows no room."""

import argparse
import os
import sys
from pathlib import Path

# SUPPRESS: these may stand before or after the command; the later default must not undo the former.


def add_account(parser: argparse.ArgumentParser, summary: str) -> None:
    parser.add_argument("--account", default=argparse.SUPPRESS, help=summary)


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where everything is kept (default: this person's application data folder)",
    )


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="first line is the password; else HANDBOOK_PASSPHRASE, the keyring, or a question",
    )


def port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def chosen_account(options: argparse.Namespace) -> str | None:
    return getattr(options, "account", None)


def folder(options: argparse.Namespace, name: str = "") -> Path:
    """The data dir asked for, or the usual one; `name` keeps the sample ward and the server apart from it."""
    if hasattr(options, "data_dir"):
        return options.data_dir.expanduser().resolve()
    return _usual_folder() / (name or "desktop")


def _usual_folder() -> Path:
    """This person's application data, as `platformdirs` names it; it is asked only where the environment
    leaves the question open, because the first paint waits for no package."""
    named = {"win32": os.environ.get("LOCALAPPDATA"), "linux": os.environ.get("XDG_DATA_HOME")}
    if folder := named.get(sys.platform):
        return Path(folder) / "handbook"
    if sys.platform == "linux":
        return Path.home() / ".local" / "share" / "handbook"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "handbook"
    import platformdirs

    return Path(platformdirs.user_data_dir("handbook", appauthor=False))
