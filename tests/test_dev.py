"""dev.py: what it finds missing, when it makes the environment anew, what it says where it cannot go on."""

import ast
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import psutil
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev

ROOT = Path(__file__).parent.parent
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
}


def load(name: str, path: Path):
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


lock = load("requirements_lock", ROOT / "requirements" / "lock.py")


# --- System packages ---------------------------------------------------------------------------------------


def test_only_the_packages_that_bring_something_missing_are_named_each_once() -> None:
    needs = (
        dev.Need("library", "libxcb-cursor.so.0", "libxcb-cursor0"),
        dev.Need("program", "Xvfb", "xvfb"),
        dev.Need("program", "fc-list", "fontconfig"),
        dev.Need("program", "fc-match", "fontconfig"),
    )
    assert dev.missing_packages(needs, lambda need: need.name == "Xvfb") == ["libxcb-cursor0", "fontconfig"]
    assert dev.missing_packages(needs, lambda need: True) == []


def test_a_library_or_program_is_looked_up_on_the_system_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert dev.present(dev.Need("library", "libc.so.6", "libc6"))
    assert not dev.present(dev.Need("library", "libnever-there.so.7", "libnever"))
    assert dev.present(dev.Need("letters", "vi", "fonts-noto-core"))
    assert not dev.present(dev.Need("letters", "tlh", "fonts-klingon"))
    monkeypatch.setenv("PATH", str(tmp_path))
    program = dev.Need("program", "Xvfb", "xvfb")
    assert not dev.present(program)
    (tmp_path / "Xvfb").touch(0o755)
    assert dev.present(program)
    assert not dev.present(dev.Need("letters", "vi", "fonts-noto-core")), "nothing to ask for fonts with"


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A Debian whose apt-get is ours: it writes down how it is called and does what the test says."""
    log = tmp_path / "log"

    def with_apt(script: str, user: int = 0) -> Path:
        program = tmp_path / "apt-get"
        program.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> {log}\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(os, "geteuid", lambda: user)
        return log

    return with_apt


INSTALL = "noninteractive install --yes --no-install-recommends xvfb libegl1"


def test_root_on_debian_gets_missing_packages_installed(debian) -> None:
    log = debian("exit 0")
    dev.install_packages(["xvfb", "libegl1"])
    assert log.read_text().splitlines() == [INSTALL]


def test_package_lists_are_fetched_only_when_installing_fails_without(debian) -> None:
    log = debian(r'case "$1" in update) touch "$0.lists";; install) test -e "$0.lists";; esac')
    dev.install_packages(["xvfb", "libegl1"])
    assert log.read_text().splitlines() == [INSTALL, "noninteractive update", INSTALL]


def test_a_failing_apt_get_is_quoted(debian) -> None:
    debian("echo E: Unable to locate package; exit 100")
    with pytest.raises(dev.Stop, match=r"could not install xvfb.*\n(.*\n)*E: Unable to locate"):
        dev.install_packages(["xvfb"])


def test_everyone_else_reads_the_exact_command(debian) -> None:
    log = debian("exit 0", user=1000)
    with pytest.raises(dev.Stop, match=r"sudo apt-get install --yes --no-install-recommends xvfb libegl1$"):
        dev.install_packages(["xvfb", "libegl1"])
    assert not log.exists()


def test_without_apt_get_the_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(dev.Stop, match=r"lacks xvfb, libegl1 \(these are Debian's names\)"):
        dev.install_packages(["xvfb", "libegl1"])


def test_a_package_that_does_not_bring_what_it_should_is_not_believed(
    debian, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian("exit 0")
    monkeypatch.setattr(dev, "LINUX", True)
    with pytest.raises(dev.Stop, match="what they should bring cannot be found"):
        dev.provide([dev.Need("library", "libnever-there.so.7", "libnever")])


def test_other_systems_than_linux_need_no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "LINUX", False)
    dev.provide([dev.Need("library", "libnever-there.so.7", "libnever")])


# --- Python and .venv --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_the_pythons_that_the_packages_run_on_are_taken(version: tuple[int, int]) -> None:
    dev.check_python(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_refused_and_a_better_one_named(version: tuple[int, int]) -> None:
    with pytest.raises(dev.Stop, match=r"This computer has one: python3\.12 dev\.py"):
        dev.check_python(version, {"python3.12": "/usr/bin/python3.12"}.get)
    with pytest.raises(dev.Stop, match="Install one of these"):
        dev.check_python(version, lambda name: None)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A finished environment as dev.py leaves it."""
    folder = tmp_path / ".venv"
    dev.venv_python(folder).parent.mkdir(parents=True)
    dev.venv_python(folder).touch()
    (folder / dev.STAMP_NAME).write_text(dev.stamp("3.11.7", b"pins"), encoding="utf-8")
    return folder


def test_a_finished_environment_is_used_as_it_is(venv: Path) -> None:
    assert dev.environment_fault(venv, dev.stamp("3.11.7", b"pins")) is None


def test_an_environment_is_made_anew_when_anything_about_it_differs(venv: Path, tmp_path: Path) -> None:
    wanted = dev.stamp("3.11.7", b"pins")
    assert dev.environment_fault(tmp_path / "none", wanted) == "there is none yet"
    assert dev.environment_fault(venv, dev.stamp("3.11.7", b"other pins")) == "the pinned packages changed"
    assert dev.environment_fault(venv, dev.stamp("3.12.1", b"pins")) == "another Python made it"
    dev.venv_python(venv).unlink()
    assert dev.environment_fault(venv, wanted) == "its Python is gone"
    (venv / dev.STAMP_NAME).unlink()
    assert dev.environment_fault(venv, wanted) == "it is half made"


def test_a_failed_installation_leaves_an_environment_that_is_not_taken_for_finished(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = tmp_path / "dev.txt"
    pins.write_text("never-published==1.0\n")
    monkeypatch.setattr(dev, "VENV", venv)
    monkeypatch.setattr(dev, "LOCK", pins)
    monkeypatch.setattr(dev, "ROOT", tmp_path)

    def pip_is_killed(command: list[str], **_: object) -> subprocess.CompletedProcess:
        dev.venv_python(venv).parent.mkdir(parents=True, exist_ok=True)
        return subprocess.CompletedProcess(command, 0 if "venv" in command else -signal.SIGKILL)

    monkeypatch.setattr(dev.subprocess, "run", pip_is_killed)
    with pytest.raises(dev.Stop, match="packages could not be installed"):
        dev.make_environment()
    assert "half made" in dev.environment_fault(venv, "anything")


def test_an_environment_that_belongs_to_somebody_else_is_said_to(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "VENV", venv)

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(dev.shutil, "rmtree", refuse)
    with pytest.raises(dev.Stop, match=r"cannot be made: .*Permission denied(.*\n)*.*root"):
        dev.make_environment()


def test_two_that_start_at_once_make_the_environment_once(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second finds it finished when the first lets it in."""
    faults = iter(["it is half made", None])
    monkeypatch.setattr(dev, "environment_fault", lambda *_: next(faults))
    monkeypatch.setattr(dev, "make_anew", lambda *_: pytest.fail("made a second time"))
    released = threading.Event()
    with dev.LOCK.open("rb") as first:
        dev.fcntl.flock(first, dev.fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: (dev.make_environment(), released.set()))
        second.start()
        while "waiting for it" not in capsys.readouterr().out:
            assert second.is_alive()
        assert not released.is_set()
    second.join(20)
    assert released.is_set()


# --- Programs and screens ----------------------------------------------------------------------------------


def test_run_without_a_display_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "LINUX", True)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert dev.main(["run"]) == 2
    message = capsys.readouterr().err
    assert "no display" in message and "python3 dev.py run --tour DIR" in message


def test_a_display_that_does_not_answer_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "LINUX", True)
    assert not dev.has_display({})
    assert not dev.has_display({"DISPLAY": ":98765"})
    assert not dev.has_display({"DISPLAY": "localhost:65.0"})
    assert not dev.has_display({"DISPLAY": "nonsense"})
    assert not dev.has_display({"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)})


def test_a_display_that_answers_is_one_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "LINUX", True)
    with dev.virtual_screens(1) as (display,):
        assert dev.has_display({"DISPLAY": display})
        assert dev.has_display({"DISPLAY": f"{display}.0", "WAYLAND_DISPLAY": "gone"})
    with socket.socket(socket.AF_UNIX) as wayland:
        wayland.bind(str(tmp_path / "wayland-0"))
        wayland.listen()
        assert dev.has_display({"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)})
    with socket.create_server(("127.0.0.1", 0)) as forwarded:
        monkeypatch.setattr(dev, "X11_PORT", forwarded.getsockname()[1] - 10)
        assert dev.has_display({"DISPLAY": "localhost:10.0"})


def test_the_exit_code_of_a_program_is_handed_on() -> None:
    environment = dict(os.environ)
    assert dev.outcome([sys.executable, "-c", "raise SystemExit(5)"], environment) == 5
    killed = dev.outcome([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], environment)
    assert killed == 128 + signal.SIGKILL


ON_A_SCREEN = """
import sys
sys.path.insert(0, {root!r})
import dev
with dev.virtual_screens(2) as displays:
    print(*displays, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("ending", ["leaves", "is killed"])
def test_virtual_screens_end_with_the_program_that_started_them(ending: str) -> None:
    code = ON_A_SCREEN.format(root=str(ROOT))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        first, second = program.stdout.readline().split()
        assert first != second
        servers = psutil.Process(program.pid).children()
        assert len(servers) == 2
        if ending == "is killed":
            program.kill()
        else:
            program.stdin.close()
        _, still_there = psutil.wait_procs(servers, timeout=20)
        assert still_there == []


# --- Pinned packages and notices ---------------------------------------------------------------------------


def test_every_pin_has_the_hashes_of_its_files_and_no_lock_says_where_packages_come_from() -> None:
    for part in lock.PARTS:
        text = (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text and "@" not in text
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


def test_desktop_and_server_run_on_the_versions_that_are_tested() -> None:
    tested = {pin.name: pin.version for pin in lock.read_pins("dev")}
    for part in ("desktop", "server"):
        pinned = lock.read_pins(part)
        assert {pin.name: tested[pin.name] for pin in pinned} == {pin.name: pin.version for pin in pinned}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_package_that_a_package_asks_for_is_pinned_on_every_system(platform: str, python: str) -> None:
    environment = {**PLATFORMS[platform], "python_version": python, "python_full_version": f"{python}.5"}
    environment |= {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }

    def applies(marker: str) -> bool:
        return not marker or Requirement(f"x; {marker}").marker.evaluate(environment)

    pinned = {pin.name for pin in lock.read_pins("dev") if applies(pin.marker)}
    for name in sorted(pinned):
        try:
            wanted = [Requirement(line) for line in requires(name) or []]
        except PackageNotFoundError:
            continue  # only installed on another system
        for requirement in wanted:
            if not requirement.marker or requirement.marker.evaluate(environment):
                assert canonicalize_name(requirement.name) in pinned, (
                    f"{name} needs {requirement} on {platform}"
                )


def test_the_product_imports_only_packages_that_are_pinned_for_it() -> None:
    imported = set()
    for file in (ROOT / "handbook").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.partition(".")[0])
    pinned = {pin.name for part in ("desktop", "server") for pin in lock.read_pins(part)}
    brought_by = packages_distributions()
    for name in imported - sys.stdlib_module_names - {"handbook"}:
        packages = {canonicalize_name(package) for package in brought_by.get(name, [])}
        assert packages & pinned, f"{name} is imported, but no package pinned for the product brings it"


def test_the_notices_list_every_package_of_the_product_with_its_version() -> None:
    text = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
    for part in ("desktop", "server"):
        for pin in lock.read_pins(part):
            row = re.search(
                rf"^\| {re.escape(pin.name)} \| {re.escape(pin.version)} \| (.+?) \| (.+?) \|$", text, re.M
            )
            assert row, f"{pin.name} {pin.version} is not listed: run `python3 dev.py lock`"
            assert part in row[2]
            assert not lock.needs_gpl(row[1]), pin.name


@pytest.mark.parametrize(
    ("expression", "only_gpl"),
    [
        ("MIT", False),
        ("LGPL-3.0-only", False),
        ("LGPL-3.0-only OR GPL-2.0-only", False),
        ("GPL-3.0-only", True),
        ("GPL-2.0-only OR AGPL-3.0-only", True),
        ("MIT AND GPL-3.0-or-later", True),
    ],
)
def test_a_package_that_leaves_only_the_gpl_is_recognised(expression: str, only_gpl: bool) -> None:
    assert lock.needs_gpl(expression) is only_gpl
