#!/usr/bin/env python3
"""Everything a developer does with the handbook, from a fresh clone: `python3 dev.py run`, `test` and more.

Needs Python 3.11 to 3.13 and nothing else: it makes `.venv` from the packages pinned in requirements/dev.txt.
On Linux it finds the system packages that are missing, installs them when root on Debian, and otherwise names
the command that does.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

try:
    import fcntl
except ImportError:
    fcntl = None

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements" / "dev.txt"
STAMP_NAME = "handbook-environment"
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
LINUX = sys.platform.startswith("linux")
ENVIRONMENT_INCOMPLETE = 2


class Stop(Exception):
    """The command cannot go on; the message tells the person at the terminal why, and what to do."""


def say(line: str) -> None:
    print(f"dev.py: {line}", flush=True)


# --- System packages ---------------------------------------------------------------------------------------


class Need(NamedTuple):
    """Something the system has to bring: a shared library, a program, or letters in some font."""

    kind: str  # "library", "program" or "letters"
    name: str  # soname, file name of the program, or language code as fontconfig knows it
    package: str  # Debian's package that brings it


WINDOWS_NEED = (
    Need("library", "libEGL.so.1", "libegl1"),
    Need("library", "libGL.so.1", "libgl1"),
    Need("library", "libX11-xcb.so.1", "libx11-xcb1"),
    Need("library", "libdbus-1.so.3", "libdbus-1-3"),
    Need("library", "libfontconfig.so.1", "libfontconfig1"),
    Need("library", "libfreetype.so.6", "libfreetype6"),
    Need("library", "libgthread-2.0.so.0", "libglib2.0-0"),
    Need("library", "libgssapi_krb5.so.2", "libgssapi-krb5-2"),
    Need("library", "libxcb-cursor.so.0", "libxcb-cursor0"),
    Need("library", "libxcb-glx.so.0", "libxcb-glx0"),
    Need("library", "libxcb-icccm.so.4", "libxcb-icccm4"),
    Need("library", "libxcb-image.so.0", "libxcb-image0"),
    Need("library", "libxcb-keysyms.so.1", "libxcb-keysyms1"),
    Need("library", "libxcb-randr.so.0", "libxcb-randr0"),
    Need("library", "libxcb-render-util.so.0", "libxcb-render-util0"),
    Need("library", "libxcb-shape.so.0", "libxcb-shape0"),
    Need("library", "libxcb-shm.so.0", "libxcb-shm0"),
    Need("library", "libxcb-sync.so.1", "libxcb-sync1"),
    Need("library", "libxcb-xfixes.so.0", "libxcb-xfixes0"),
    Need("library", "libxcb-xkb.so.1", "libxcb-xkb1"),
    Need("library", "libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    Need("library", "libxkbcommon.so.0", "libxkbcommon0"),
    Need("program", "fc-list", "fontconfig"),
    Need("letters", "vi", "fonts-noto-core"),
)
SCREEN_NEED = (Need("program", "Xvfb", "xvfb"),)
BUILD_NEED = (Need("program", "objdump", "binutils"), Need("program", "strip", "binutils"))


def present(need: Need) -> bool:
    """Whether this Linux system has it, asked the way the program itself will ask."""
    if need.kind == "library":
        try:
            ctypes.CDLL(need.name)
        except OSError:
            return False
        return True
    if need.kind == "program":
        return shutil.which(need.name) is not None
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", f":lang={need.name}", "family"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


def missing_packages(needs: Iterable[Need], present: Callable[[Need], bool] = present) -> list[str]:
    """Debian's packages to install, each once, in the order of the needs."""
    return list(dict.fromkeys(need.package for need in needs if not present(need)))


def install_packages(packages: list[str]) -> None:
    """Brings Debian packages onto the system when root may do so here; otherwise says the exact command."""
    if not packages:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        raise Stop(
            f"this system lacks {', '.join(packages)} (these are Debian's names).\n"
            "Install what brings them with your system's package tool, then start this command again."
        )
    if os.geteuid() != 0:
        raise Stop(
            f"system packages are missing. Install them, then start again:\n  sudo {' '.join(command)}"
        )
    say(f"installing system packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def apt(arguments: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments,
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    result = apt(command)
    if result.returncode != 0:
        # A fresh machine has no package lists yet, an old one lists versions that are gone.
        refreshed = apt(["apt-get", "update"])
        result = apt(command)
        if result.returncode != 0:
            last_lines = "\n".join((refreshed.stdout + result.stdout).splitlines()[-12:])
            raise Stop(f"apt-get could not install {' '.join(packages)}. Its last words:\n{last_lines}")


def provide(needs: Iterable[Need]) -> None:
    """Makes sure that a Linux system has all of `needs`; other systems bring their own."""
    if not LINUX:
        return
    needs = tuple(needs)
    install_packages(missing_packages(needs))
    still = missing_packages(needs)
    if still:
        raise Stop(
            f"the packages {' '.join(still)} are installed, but what they should bring cannot be found."
        )


# --- Python and .venv --------------------------------------------------------------------------------------


def check_python(version: tuple[int, int], which: Callable[[str], str | None] = shutil.which) -> None:
    """Refuses a Python that the pinned packages do not run on, naming a better one found on the path."""
    if OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return
    message = (
        f"Python {version[0]}.{version[1]} is running this; the handbook needs Python 3.11, 3.12 or 3.13."
    )
    for minor in range(NEWEST_PYTHON[1], OLDEST_PYTHON[1] - 1, -1):
        if which(f"python3.{minor}"):
            raise Stop(f"{message}\nThis computer has one: python3.{minor} dev.py {' '.join(sys.argv[1:])}")
    raise Stop(f"{message}\nInstall one of these, and start dev.py with it.")


def stamp(python: str, lock: bytes) -> str:
    """What a finished environment was made of: the Python, and the hash of the pinned packages."""
    return f"python {python}\npackages {hashlib.sha256(lock).hexdigest()}\n"


def environment_fault(venv: Path, wanted: str) -> str | None:
    """Why the environment cannot be used as it is, or None. The stamp is the last thing made in it."""
    if not venv.exists():
        return "there is none yet"
    try:
        found = (venv / STAMP_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return "it is half made"
    if found == wanted:
        return None if venv_python(venv).exists() else "its Python is gone"
    if found.splitlines()[:1] != wanted.splitlines()[:1]:
        return "another Python made it"
    return "the pinned packages changed"


def venv_python(venv: Path = VENV) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment() -> None:
    """Leaves a `.venv` with exactly the pinned packages, made anew whenever it is anything else."""
    python = ".".join(map(str, sys.version_info[:3]))
    wanted = stamp(python, LOCK.read_bytes())
    if environment_fault(VENV, wanted) is None:
        return
    try:
        with one_at_a_time():
            # Another terminal may have made it meanwhile.
            if fault := environment_fault(VENV, wanted):
                make_anew(python, wanted, fault)
    except OSError as error:
        raise Stop(
            f".venv cannot be made: {error}.\n"
            "Does it belong to root from an earlier start? Is the disk full, or only to be read?"
        ) from error


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Waits while another dev.py makes the environment: it would be taken away under its hands."""
    if fcntl is None:  # on Windows nobody waits
        yield
        return
    with LOCK.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another dev.py is making .venv; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def make_anew(python: str, wanted: str, fault: str) -> None:
    if Path(sys.prefix).resolve() == VENV:
        raise Stop(
            "start dev.py with the system's Python, not the one in .venv: that one is to be made anew."
        )
    if importlib.util.find_spec("ensurepip") is None:
        if not LINUX or not sys.executable.startswith("/usr/bin/"):
            raise Stop(
                f"{sys.executable} has no ensurepip, so it cannot make an environment. Use another Python."
            )
        install_packages([f"python3.{sys.version_info[1]}-venv"])
    say(f"making .venv with Python {python} ({fault}); the first time, packages of some 300 MB are fetched")
    if VENV.exists():
        # The stamp goes first: killed in the middle of removing, this must not look like a finished one.
        (VENV / STAMP_NAME).unlink(missing_ok=True)
        shutil.rmtree(VENV)
    must([sys.executable, "-m", "venv", str(VENV)], "the environment could not be made")
    must(
        [
            *(str(venv_python()), "-m", "pip", "install", "-qq", "--disable-pip-version-check"),
            *("--no-input", "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", str(LOCK)),
        ],
        "the packages could not be installed; is there a network, and room on the disk?",
    )
    (VENV / STAMP_NAME).write_text(wanted, encoding="utf-8")
    say(".venv is ready")


def must(command: list[str], complaint: str, environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise Stop(f"{complaint} (the lines above say what went wrong).")


# --- Starting programs -------------------------------------------------------------------------------------


def outcome(command: list[str], environment: dict[str, str]) -> int:
    """Exit code of a program, which is also waited for when Ctrl-C or a request to stop ends it."""
    child = subprocess.Popen(command, cwd=ROOT, env=environment)
    before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        while True:
            # The terminal has sent Ctrl-C to the program as well: it tidies up, and is not to be left behind.
            with contextlib.suppress(KeyboardInterrupt):
                code = child.wait()
                return code if code >= 0 else 128 - code
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def virtual_screens(count: int) -> Iterator[list[str]]:
    """That many X servers without a monitor; yields their names for DISPLAY. All are ended on leaving."""
    servers: list[subprocess.Popen[bytes]] = []
    try:
        yield [start_screen(servers) for _ in range(count)]
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait()


def start_screen(servers: list[subprocess.Popen[bytes]]) -> str:
    """Starts one X server on a number that it finds free itself, and adds it to `servers`."""
    libc = ctypes.CDLL(None)
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, encoding="ascii") as number:
        server = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(write_end),
                "-screen",
                "0",
                "1600x1000x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ],
            pass_fds=[write_end],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # The terminal's Ctrl-C is for the program on the screen, not for the screen.
            start_new_session=True,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
        )
        servers.append(server)
        os.close(write_end)
        display = number.readline().strip()
    if not display:
        raise Stop(f"the virtual screen (Xvfb) did not start; it ended with code {server.wait()}.")
    return f":{display}"


PR_SET_PDEATHSIG = 1  # prctl(2): the signal a process gets when its parent ends


@contextlib.contextmanager
def screens(count: int = 1) -> Iterator[dict[str, str]]:
    """Environment of programs whose windows nobody watches: on Linux they get virtual screens."""
    if not LINUX:
        yield dict(os.environ)
        return
    with virtual_screens(count) as displays:
        environment = {**os.environ, "DISPLAY": displays[0], "HANDBOOK_TEST_DISPLAYS": " ".join(displays)}
        environment.pop("WAYLAND_DISPLAY", None)
        environment["QT_QPA_PLATFORM"] = "xcb"
        yield environment


def has_display(environment: dict[str, str]) -> bool:
    """Whether something answers where the environment says that windows go."""
    if not LINUX:
        return True
    wayland, display = environment.get("WAYLAND_DISPLAY", ""), environment.get("DISPLAY", "")
    places: list[tuple[socket.AddressFamily, str | tuple[str, int]]] = []
    if wayland:
        places.append((socket.AF_UNIX, os.path.join(environment.get("XDG_RUNTIME_DIR", "/"), wayland)))
    if named := re.fullmatch(r"(?:unix)?(.*):(\d+)(?:\.\d+)?", display):
        host, number = named[1], int(named[2])
        local = f"/tmp/.X11-unix/X{number}"
        if host:
            places.append((socket.AF_INET, (host, X11_PORT + number)))
        else:
            places += [(socket.AF_UNIX, local), (socket.AF_UNIX, f"\0{local}")]
    return any(answers(*place) for place in places)


X11_PORT = 6000  # of display 0; `ssh -X` counts from 10


def answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    """Whether a program takes connections there, asked for two seconds at most."""
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        try:
            line.connect(address)
        except OSError:
            return False
    return True


NO_DISPLAY = """there is no display here to open a window on (DISPLAY is not set, or nothing answers there).
  - at a desktop, start this from a terminal window of that desktop;
  - over the network, log in with `ssh -X`;
  - with no display at all, let it show itself: python3 dev.py run --tour DIR
    goes through the whole program and saves a picture of each step in DIR."""


# --- The commands ------------------------------------------------------------------------------------------


def run(arguments: list[str]) -> int:
    """Opens the handbook on a sample ward."""
    tour = any(argument.split("=")[0] == "--tour" for argument in arguments)
    asks_help = "-h" in arguments or "--help" in arguments
    seen = has_display(dict(os.environ)) or "QT_QPA_PLATFORM" in os.environ
    if not (seen or tour or asks_help):
        raise Stop(NO_DISPLAY)
    provide(WINDOWS_NEED if seen else WINDOWS_NEED + SCREEN_NEED)
    make_environment()
    command = [str(venv_python()), "-m", "handbook", "demo", *arguments]
    if seen or asks_help:
        return outcome(command, dict(os.environ))
    with screens() as environment:
        return outcome(command, environment)


def style() -> int:
    """Lint and layout of all Python files; 0 when clean."""
    for check in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        code = outcome([str(venv_python()), "-m", "ruff", *check, "."], dict(os.environ))
        if code != 0:
            say("style: `.venv/bin/ruff check --fix` and `.venv/bin/ruff format` mend most of the above")
            return code
    return 0


def pytest(arguments: list[str]) -> int:
    """Runs the tests on all cores, with windows on virtual screens; the last line printed is pytest's."""
    workers = min(max(os.cpu_count() or 1, 2), 8)
    say(f"testing with {workers} processes")
    with screens(workers) as environment:
        environment["HANDBOOK_TEST"] = "1"
        return outcome(
            [str(venv_python()), "-m", "pytest", "-n", str(workers), "--dist", "worksteal", *arguments],
            environment,
        )


def test(arguments: list[str]) -> int:
    """Runs the style check and the whole test suite; arguments go to pytest."""
    provide(WINDOWS_NEED + SCREEN_NEED)
    make_environment()
    return style() or pytest(arguments)


def check(arguments: list[str]) -> int:
    """The part of `test` that takes a minute or so: all but windows, PostgreSQL and long stories."""
    return test(["-m", "not slow and not gui and not postgres", *arguments])


BASE_CONTENT = "HANDBOOK_BASE_CONTENT"
"""Names the folder with the content that the built program is to carry (docs/usb.md)."""


def build(arguments: list[str]) -> int:
    """Makes the installable program in dist/handbook and tries it out."""
    provide(WINDOWS_NEED + SCREEN_NEED + BUILD_NEED)
    make_environment()
    pyinstaller = [str(venv_python()), "-m", "PyInstaller", "--noconfirm", "--log-level=WARN", *arguments]
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="handbook-base-") as folder:
        if given := environment.get(BASE_CONTENT):
            # Verified by the way: what a handbook would refuse on its first start goes into no installer.
            content = str(Path(given).expanduser().resolve())
            command = [str(venv_python()), "-m", "handbook", "pack", folder, "--content", content]
            must(command, f"{BASE_CONTENT}: the content in {given} cannot be put into the program")
            environment[BASE_CONTENT] = folder
        say("building dist/handbook; this takes a minute or two")
        must([*pyinstaller, str(ROOT / "build.spec")], "the program could not be built", environment)
    built = ROOT / "dist" / "handbook"
    size = sum(file.stat().st_size for file in built.rglob("*") if file.is_file() and not file.is_symlink())
    say(f"built {built.relative_to(ROOT)}, {size / 1e6:.0f} MB; trying it out")
    with tempfile.TemporaryDirectory(prefix="handbook-built-") as scratch, screens() as environment:
        code = try_out(built, Path(scratch), environment)
    say("the built program works" if code == 0 else f"the built program failed with code {code}")
    return code


def try_out(built: Path, scratch: Path, environment: dict[str, str]) -> int:
    """Exit code of the first that fails: its tour of reading; writing the sample ward's content with it; and,
    with a copy of it that carries this content, what a new member finds where there is no network.
    """
    name = "handbook-cli.exe" if os.name == "nt" else "handbook"
    ward, copy = scratch / "ward", scratch / "copy"
    shutil.copytree(built, copy, symlinks=True)
    base = copy / "_internal" / "base-content"
    shutil.rmtree(base, ignore_errors=True)
    tour = ("demo", "--data-dir", str(ward), "--tour", str(scratch / "pictures"))
    for command in (
        [str(built / name), *tour, "--reading-only"],
        [
            str(built / name),
            "pack",
            str(base),
            "--content",
            str(ward / "content"),
            "--unit",
            "hongson/anbinh",
        ],
        [str(copy / name), *tour, "--first-start"],
    ):
        code = outcome(command, environment)
        if code != 0:
            return code
    return 0


def bench(arguments: list[str]) -> int:
    """Measures what the design asks for and compares; arguments go to `python -m benchmarks`."""
    provide(WINDOWS_NEED + SCREEN_NEED)
    make_environment()
    with screens() as environment:
        return outcome([str(venv_python()), "-m", "benchmarks", *arguments], environment)


def lock(arguments: list[str]) -> int:
    """Pins the packages in requirements/ and lists them in THIRD_PARTY_NOTICES.md; --upgrade renews."""
    return outcome([sys.executable, str(ROOT / "requirements" / "lock.py"), *arguments], dict(os.environ))


COMMANDS = {command.__name__: command for command in (run, test, check, build, bench, lock)}


def main(arguments: list[str]) -> int:
    described = "\n".join(
        f"  {name:6} {(command.__doc__ or '').strip()}" for name, command in COMMANDS.items()
    )
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description=(__doc__ or "").strip() + "\n\ncommands:\n" + described,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="What follows the command is handed on: dev.py run --help, dev.py test tests/model -k text.",
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on to what the command starts")
    chosen = parser.parse_args(arguments)
    try:
        check_python(sys.version_info[:2])
        return COMMANDS[chosen.command](chosen.arguments)
    except Stop as reason:
        print(f"dev.py: {reason}", file=sys.stderr, flush=True)
        return ENVIRONMENT_INCOMPLETE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    # Asked to stop while it makes something itself, it tidies up like on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
