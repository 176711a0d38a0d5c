"""The import law of docs/architecture.md: walls stand where the toolkit, the process or the wire changes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "handbook"

# Which rooms of the house a room may import, besides itself. errors is open to all.
ROOMS = {
    "errors": set(),
    "model": set(),
    "protocol": {"model"},
    "client": {"model", "protocol"},
    "desktop": {"model", "protocol", "client", "exports"},
    "server": {"model", "protocol"},
    "authoring": {"model", "protocol"},
    "exports": {"model", "protocol"},
}
# The composition roots that know several programs at once.
DOORS = {
    "__init__",
    "__main__",
    "command_line",
    "options",
    "demo",
    "commands",
    "duty_commands",
    "figures_commands",
    "key_commands",
    "receipt_commands",
    "report_commands",
    "retention_commands",
    "doctor",
    "tour",
    "first_start",
    "usb_commands",
}

# Foreign packages that only one place may know.
ONLY_IN = {
    "PySide6": ("desktop/", "tour.py", "doctor.py"),
    "fastapi": ("server/",),
    "uvicorn": ("server/",),
    "starlette": ("server/",),
    "alembic": ("server/",),
    "requests": ("client/transport.py",),
    "sqlalchemy": ("client/", "server/"),
    "sqlcipher3": ("client/",),
    "keyring": ("client/vault.py",),
    "tantivy": ("client/search",),
    "markdown": ("client/rendering.py", "client/figures.py", "client/footnotes.py"),
    "docx": ("exports/", "authoring/"),
}
IMPURE = {"os", "pathlib", "random", "secrets", "time", "socket", "subprocess", "sqlite3", "io", "uuid"}


def imports(source: str) -> Iterator[str]:
    """Every module a file imports, at the top or inside a function; names under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offences(path: str, source: str) -> list[str]:
    """Breaches of the law by the file at `path` (relative to handbook/)."""
    room = path.split("/")[0].removesuffix(".py")
    found = []
    for module in sorted(set(imports(source))):
        top, _, rest = module.partition(".")
        if top == "handbook" and rest and room not in DOORS:
            other = rest.split(".")[0]
            if other in ROOMS and other not in ROOMS[room] | {room, "errors"}:
                found.append(f"{path}: {room} may not know {module}")
            if other in DOORS - {"__init__"} and not other.startswith("__version"):
                found.append(f"{path}: nothing may know {module}")
        if top in ONLY_IN and room not in DOORS and not path.startswith(ONLY_IN[top]):
            found.append(f"{path}: {top} belongs in {' and '.join(ONLY_IN[top])}")
        if room == "model" and top in IMPURE:
            found.append(f"{path}: the model is pure, {top} is not")
    return found


def test_every_file_obeys_the_import_law() -> None:
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        found += offences(file.relative_to(PACKAGE).as_posix(), file.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("model/study.py", "import os"),
        ("model/study.py", "from handbook.client import store"),
        ("protocol/packs.py", "from handbook.client.store import Store"),
        ("client/study.py", "from PySide6.QtCore import QObject"),
        ("client/study.py", "import requests"),
        ("client/sync.py", "def late():\n    from handbook.server import app"),
        ("desktop/today.py", "import sqlalchemy"),
        ("server/app.py", "from handbook.client import outbox"),
        ("authoring/word.py", "from handbook.client import store"),
        ("exports/notes.py", "from handbook.client.notes import Notes"),
        ("desktop/notes.py", "import docx"),
        ("client/study.py", "from handbook import demo"),
    ],
)
def test_the_law_notices_a_breach(path: str, source: str) -> None:
    assert offences(path, source)


def test_screens_do_not_import_sibling_screens() -> None:
    """The window navigates; a screen that knew another could not be opened by itself."""
    screens = {
        "today",
        "library",
        "reader",
        "notes",
        "study",
        "editor",
        "receipt",
        "cell",
        "settings",
        "signin",
    }
    found = []
    for screen in screens:
        file = PACKAGE / "desktop" / f"{screen}.py"
        for module in imports(file.read_text(encoding="utf-8")) if file.exists() else ():
            parts = module.split(".")
            if parts[:2] == ["handbook", "desktop"] and len(parts) > 2 and parts[2] in screens - {screen}:
                found.append(f"{screen} imports {module}")
    assert not found


def test_client_features_do_not_import_each_other() -> None:
    """A feature shares its tables and outbox with others, not its code; search and sync compose."""
    features = {"library", "notes", "study", "reflection", "cell"}
    found = []
    for feature in features:
        file = PACKAGE / "client" / f"{feature}.py"
        for module in imports(file.read_text(encoding="utf-8")) if file.exists() else ():
            parts = module.split(".")
            if parts[:2] == ["handbook", "client"] and len(parts) > 2 and parts[2] in features - {feature}:
                found.append(f"{feature} imports {module}")
    assert not found
