"""Pins every package the handbook stands on, for Linux, Windows and macOS at once, and lists their licences.

`python3 dev.py lock` keeps the versions already pinned unless pyproject.toml asks for others; `--upgrade`
takes the newest. dev.txt holds everything, and dev.py installs it; desktop.txt and server.txt are its parts
for the desktop program and for a server, in the same versions. Each pin carries the SHA-256 of every file of
that release, and no file says where packages come from. To install one of them by hand:
`pip install --require-hashes --no-deps -r requirements/server.txt`.
"""

import importlib.metadata
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"
RESOLVER = "uv==0.13.9"
COMPILE = ["compile", "pyproject.toml", "--quiet", "--universal", "--python-version=3.11"]
COMPILE += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
PARTS = {
    "dev": ["--extra", "desktop", "--extra", "server", "--group", "dev"],
    "desktop": ["--extra", "desktop", "--constraint", "requirements/dev.txt"],
    "server": ["--extra", "server", "--constraint", "requirements/dev.txt"],
}
# Packages whose metadata names no licence; read in the licence file they ship.
LICENCE_BY_READING = {"sqlcipher3": "Zlib"}

INTRODUCTION = """\
# Third-party notices

The handbook itself is under the Apache License 2.0 (LICENSE). It stands on the packages below, unmodified, in
the versions pinned in `requirements/`. The built desktop program carries the licence texts that the packages
ship, in its folder `licences/`. This file is written by `python3 dev.py lock`.

**Qt and PySide6** (`pyside6-essentials`, `shiboken6`) are used under the GNU Lesser General Public License,
version 3. How its terms are met: they are used as shared libraries, unchanged and never linked in statically;
in the built program they are files of their own in `_internal/PySide6`, which whoever has the program may
replace by a build of their own with the same interface, and may take the program apart to mend such a build;
the Qt Project publishes their sources under the same version number; the licence text is in `licences/`.

**psycopg** is under the LGPL as well; only a server uses it, as a package that can be replaced likewise.
Nothing is used under the GPL: `dev.py lock` refuses a package that leaves no other choice.

On Linux the built program also carries shared libraries of the system it was built on (X11, fontconfig, GLib
and the like), but not GNU readline and gdbm, which are under the GPL. Python is under the PSF licence.
"""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock; `marker` says on which systems and Pythons it is installed, "" for all."""

    name: str
    version: str
    marker: str


def pins(lock: str) -> list[Pin]:
    """The packages of a lock's text, in its order."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: *; *([^\\\n]*))?", lock, re.MULTILINE)
    return [Pin(name, version, marker.strip()) for name, version, marker in found]


def read_pins(part: str) -> list[Pin]:
    return pins((HERE / f"{part}.txt").read_text(encoding="utf-8"))


def licence(name: str, metadata: importlib.metadata.PackageMetadata) -> str:
    """SPDX expression or, from older metadata, the package's own name for it; LookupError without either."""
    for field in ("License-Expression", "License"):
        text = (metadata.get(field) or "").strip()
        if text and "\n" not in text:
            return text
    for classifier in metadata.get_all("Classifier") or []:
        if classifier.startswith("License :: OSI Approved :: "):
            return classifier.rpartition(" :: ")[2].removesuffix(" License")
    if name in LICENCE_BY_READING:
        return LICENCE_BY_READING[name]
    raise LookupError(f"{name} names no licence: read its licence file and add it to LICENCE_BY_READING")


def needs_gpl(expression: str) -> bool:
    """Whether every alternative that an SPDX expression offers contains the GPL or AGPL."""
    return all(
        re.search(r"(?<![A-Z])A?GPL", choice) for choice in re.split(r"\s+OR\s+", expression.strip("()"))
    )


def notices(desktop: list[Pin], server: list[Pin], licences: dict[str, str]) -> str:
    """The text of THIRD_PARTY_NOTICES.md."""
    used: dict[str, list[str]] = {}
    versions: dict[str, str] = {}
    for users, packages in (("desktop", desktop), ("server", server)):
        for pin in packages:
            used.setdefault(pin.name, []).append(users)
            versions[pin.name] = pin.version
    rows = [
        f"| {name} | {versions[name]} | {licences[name]} | {', '.join(used[name])} |" for name in sorted(used)
    ]
    return "\n".join(
        [INTRODUCTION, "| package | version | licence | used by |", "|---|---|---|---|", *rows, ""]
    )


def read_licences(folder: Path) -> dict[str, str]:
    """Licence of each package installed in `folder`, by its name as locks write it."""
    return {
        (name := re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()): licence(name, found.metadata)
        for found in importlib.metadata.distributions(path=[str(folder)])
    }


def main(arguments: list[str]) -> None:
    """Rewrites the three locks and the notices; leaves the notices alone if a package needs the GPL."""
    with tempfile.TemporaryDirectory(prefix="handbook-lock-") as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        programs = Path(scratch) / ("Scripts" if sys.platform == "win32" else "bin")
        # The resolver is needed only here, so it is no part of the environment that everyone installs.
        subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", RESOLVER], check=True)
        uv = [programs / "uv", "pip"]
        for part, choice in PARTS.items():
            lock = f"--output-file=requirements/{part}.txt"
            command = [*uv, *COMPILE, *choice, *arguments, lock]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        desktop, server = read_pins("desktop"), read_pins("server")
        versions = {pin.name: pin.version for pin in [*desktop, *server]}
        exactly = [f"{name}=={version}" for name, version in versions.items()]
        product = Path(scratch) / "product"
        subprocess.run([*uv, "install", "--quiet", "--no-deps", "--target", product, *exactly], check=True)
        licences = read_licences(product)
    only_gpl = [name for name in versions if needs_gpl(licences[name])]
    if only_gpl:
        sys.exit(f"lock.py: these can be had under the GPL only: {', '.join(only_gpl)}")
    NOTICES.write_text(notices(desktop, server, licences), encoding="utf-8")
    print(
        f"pinned {len(read_pins('dev'))} packages, {len(versions)} of them in the product; notices rewritten"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
