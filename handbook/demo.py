"""A sample ward on this PC: its keys, its published content, a server process, and members who may sign in.

Everything lies below one folder: `server/` (database, receipt key), `content/` (what the server hands out),
`keys/` (publishing keys), `desktop/` (the handbook's own data dir). Deleting the folder forgets the ward.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import uuid_utils

from handbook.authoring.keys import create_authority
from handbook.authoring.publish import publish
from handbook.authoring.repository import trusted_root
from handbook.authoring.source import publisher_folders, publisher_path
from handbook.client.handbook import Handbook, activate, open_handbook, sign_in
from handbook.client.profiles import read_profile
from handbook.client.settings import change_settings
from handbook.client.transport import Answer as HttpAnswer
from handbook.client.transport import HttpTransport
from handbook.errors import ServerBroken
from handbook.model.people import Member, commune_of
from handbook.model.reflection import Answer, Reflection
from handbook.model.study import EXEMPTION_REASONS, VIETNAM, Tick
from handbook.protocol import codec
from handbook.protocol.api import MAX_ANSWER_BYTES, Activation
from handbook.protocol.api import Session as ServerSession
from handbook.protocol.submissions import Submission, SubmissionKind, pack_content
from handbook.server.keys import published_receipt_key
from handbook.server.run import issue_codes, load_ward_into
from handbook.server.settings import Settings, settings_from

PROJECT = Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parents[1]))
"""Where `data/` and `resources/` lie: the source tree, or the folder of the built program."""

SAMPLE = PROJECT / "data"
EARLIER = SAMPLE / "earlier"
PASSWORD = "an-binh-2026"
DEVICE = "Máy dùng thử"
MEMBER = "kp1.an"
SECRETARY = "kp1.hanh"
OFFICER = "kp1.phuc"
COLLEAGUES = ("kp1.lan", "kp1.thang", "kp1.mai", "kp1.hung", "kp1.nga", "kp1.cuong", "kp1.ha")
EXEMPT, ON_PAPER = "kp1.son", "kp1.nghia"
ASSIGNMENT = "hongson/anbinh/chuyen-doi-so-o-phuong"
DOCUMENT = "central/57-nq-tw-2024"
SAMPLE_DAY = date(2026, 11, 22)
"""The day for which the days in the sample's assignments were chosen."""
STOP_SECONDS = 20
_DAY = re.compile(r"(?m)^((?:opens_on|due_on) = )(\d{4}-\d\d-\d\d)$")


class ServerProcess:
    """The real server in its own process. Starting again uses the same port, so that profiles find it."""

    def __init__(self, arguments: list[str], *, environment: dict[str, str] | None = None) -> None:
        self._arguments = arguments
        self.environment = environment if environment is not None else os.environ.copy()
        self._process: subprocess.Popen[str] | None = None
        self._log: list[str] = []
        self._reader: threading.Thread | None = None
        self._port = 0
        self.url = ""

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """The address, once the server answers; ServerBroken, with its last words, if it never does."""
        command = [*program(), "server", *self._arguments, "--port", str(self._port), "--with-parent"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # never written to: its end tells the server that we are gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env=self.environment,
        )
        self._log.clear()
        for line in self._process.stdout:
            self._log.append(line)
            if line.startswith("listening on "):
                self.url = line.removeprefix("listening on ").strip()
                self._port = int(self.url.rsplit(":", 1)[1])
                self._reader = threading.Thread(target=self._keep_reading, args=(self._process,), daemon=True)
                self._reader.start()
                return self.url
        self._forget()
        raise ServerBroken("Máy chủ của bản dùng thử không khởi động được.", "".join(self._log[-5:]).strip())

    def stop(self) -> None:
        """Ends the server as an administrator would; kills it when it does not end in time."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._forget()

    def kill(self) -> None:
        """A power cut."""
        if self._process is not None:
            self._process.kill()
            self._forget()

    def _forget(self) -> None:
        """Once the process is ending: until it is gone, and its output closed."""
        self._process.wait()
        if self._reader:
            self._reader.join()
            self._reader = None
        self._process.stdout.close()
        self._process.stdin.close()
        self._process = None

    def _keep_reading(self, process: subprocess.Popen[str]) -> None:
        # An unread pipe would block the server once it is full.
        for line in process.stdout:
            self._log.append(line)
            del self._log[:-200]


def program() -> list[str]:
    """The command that starts this same program again: the built one, or Python with this package."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "handbook"]


class SampleWard:
    """The ward of `data/` with all that a ward has. `prepare` makes what is missing and starts the server."""

    def __init__(self, folder: Path) -> None:
        self.desktop_dir = folder / "desktop"
        self._folder = folder
        self._server_dir = folder / "server"
        self._content_dir = folder / "content"
        self._keys_dir = folder / "keys"
        self._ward = SAMPLE / "ward.toml"
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
        environment.pop("HANDBOOK_DATABASE_URL", None)  # the sample ward never writes into a real one
        self.server = ServerProcess(
            ["--data-dir", str(self._server_dir), "--content", str(self._content_dir)],
            environment=environment,
        )

    def prepare(self, accounts: tuple[str, ...] = (MEMBER, SECRETARY)) -> None:
        """Publishes the content, starts the server and makes the profiles of these members on this PC.

        What stands in `data/earlier` is published first in that edition, which these members hold then: the
        present one comes with their next sync, and they see what is new in it.
        """
        begins = not self._content_dir.exists()
        self._publish(earlier=begins)
        load_ward_into(self._settings(), self._ward)
        url = self.server.start()
        change_settings(self.desktop_dir, server=url)
        new = [name for name in accounts if read_profile(self.desktop_dir, name) is None]
        if new:
            self._bring_colleagues(url)
            for code in issue_codes(self._settings(), new):
                activate(self.desktop_dir, url, code.code, PASSWORD, DEVICE, now=datetime.now(UTC))
            self._first_sync(new)
        if begins:
            self._publish()
        for name in set(accounts) - set(new):
            # The sample server may listen on another port than last time.
            sign_in(self.desktop_dir, url, name, PASSWORD, DEVICE, now=datetime.now(UTC))

    def admit(self, account: str) -> Path:
        """A PC of this member's own, as new as can be: the code was used there, nothing was synced yet."""
        home = self._folder / "newcomer"
        shutil.rmtree(home, ignore_errors=True)
        code = issue_codes(self._settings(), [account])[0].code
        activate(home, self.server.url, code, PASSWORD, DEVICE, now=datetime.now(UTC))
        return home

    def publish_more(self, more: Mapping[str, str]) -> None:
        """Publishes these texts, by their paths below the source, with all the others."""
        self._publish(more=more)

    def close(self) -> None:
        self.server.stop()

    def _settings(self) -> Settings:
        return settings_from({}, self._server_dir, content_dir=self._content_dir)

    def _publish(self, *, earlier: bool = False, more: Mapping[str, str] = MappingProxyType({})) -> None:
        source = self._source()
        if earlier:
            shutil.copytree(EARLIER, source, dirs_exist_ok=True)
        for path, text in more.items():
            (source / path).write_text(text, encoding="utf-8")
        publishers = [publisher_path(folder) for folder in publisher_folders(source)]
        create_authority(self._keys_dir, publishers)
        now = datetime.now(UTC)
        key = published_receipt_key(self._server_dir)
        publish(source, self._content_dir, self._keys_dir, now, [key])
        trust_dir = self.desktop_dir / "trust"
        trust_dir.mkdir(parents=True, exist_ok=True)
        (trust_dir / "root.json").write_bytes(trusted_root(self._content_dir))

    def _source(self) -> Path:
        """The sample's content, its assignments moved in time: as urgent as on the day it was made."""
        began_file = self._folder / "began.txt"
        if not began_file.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            began_file.write_text(datetime.now(VIETNAM).date().isoformat(), encoding="utf-8")
        later = date.fromisoformat(began_file.read_text(encoding="utf-8")) - SAMPLE_DAY
        source = self._folder / "source"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(SAMPLE, source, ignore=shutil.ignore_patterns(EARLIER.name))
        for file in source.glob("**/assignments/*.toml"):
            text = file.read_text(encoding="utf-8")
            moved = _DAY.sub(lambda found: f"{found[1]}{date.fromisoformat(found[2]) + later}", text)
            file.write_text(moved, encoding="utf-8")
        return source

    def _first_sync(self, accounts: list[str]) -> None:
        """A PC that was set up in the office has the ward's content before the member first opens it."""
        for name in accounts:
            handbook = open_handbook(self.desktop_dir, name, PASSWORD)
            try:
                _sync(handbook)
                if name == SECRETARY:
                    now = datetime.now(UTC)
                    yesterday = now.astimezone(VIETNAM).date() - timedelta(days=1)
                    handbook.cell.exempt(EXEMPT, ASSIGNMENT, EXEMPTION_REASONS[0], now)
                    handbook.cell.take_paper(ON_PAPER, ASSIGNMENT, yesterday, now)
                    _sync(handbook)
            finally:
                handbook.close()

    def _bring_colleagues(self, url: str) -> None:
        """Some other members of the cell have been at work already: through the same API as everyone."""
        transport = HttpTransport(url)
        now = datetime.now(UTC)
        for number, code in enumerate(issue_codes(self._settings(), list(COLLEAGUES))):
            request = Activation(code=code.code, password=PASSWORD, device="Máy của chi bộ")
            session = codec.decode(
                _accepted(
                    transport.send("POST", "/v1/activate", body=codec.encode(request), limit=MAX_ANSWER_BYTES)
                ),
                ServerSession,
                limit=MAX_ANSWER_BYTES,
            )
            for content in _work_of(number, now):
                submission = _submission(session.member, content, now)
                path = f"/v1/submissions/{submission.lineage}/{submission.revision}"
                _accepted(
                    transport.send(
                        "PUT",
                        path,
                        body=codec.encode(submission),
                        token=session.token,
                        limit=MAX_ANSWER_BYTES,
                    )
                )


def _sync(handbook: Handbook) -> None:
    """One whole sync; its error is raised."""
    report = handbook.sync.run(lambda: datetime.now(UTC))
    if report.error:
        raise report.error


def run_demo(folder: Path, *, account: str = "") -> int:
    """Open the handbook on the sample ward; everything ends with its window."""
    from handbook.desktop.start import run_desktop

    if reason := no_display():
        print(reason, file=sys.stderr)
        return 2
    ward = SampleWard(folder)
    try:
        print("Đang chuẩn bị đảng bộ mẫu…", flush=True)
        ward.prepare((MEMBER, SECRETARY, OFFICER))
        print(
            f"Máy chủ mẫu chạy tại {ward.server.url}. Mật khẩu của mọi tài khoản mẫu: {PASSWORD}\n"
            f"Đảng viên: {MEMBER}. Bí thư chi bộ: {SECRETARY}. Cán bộ tổng hợp của đảng uỷ: {OFFICER}.",
            flush=True,
        )
        return run_desktop(ward.desktop_dir, account=account or MEMBER, passphrase=PASSWORD)
    finally:
        ward.close()


def no_display() -> str:
    """Why no window can be shown here and how to get one; '' when nothing speaks against it."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return (
        "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).\n"
        "Run this in a desktop session, over `ssh -X`, or under `xvfb-run -a`.\n"
        "`handbook demo --tour DIR` needs no display."
    )


def _accepted(answer: HttpAnswer) -> bytes:
    if answer.status not in (200, 201):
        raise ServerBroken(f"Máy chủ mẫu trả lời {answer.status}.", answer.body.decode("utf-8", "replace"))
    return answer.body


def _work_of(number: int, now: datetime) -> list[Tick | Reflection]:
    """What the colleague of that number has done: all have read, every second has written."""
    publisher, _, slug = ASSIGNMENT.rpartition("/")
    file = SAMPLE / publisher / "assignments" / f"{slug}.toml"
    assignment = tomllib.loads(file.read_text(encoding="utf-8"))
    ticks: list[Tick | Reflection] = [
        Tick(document=document, edition=1, read=True, ticked_at=now) for document in assignment["documents"]
    ]
    if number % 2:
        return ticks
    texts = tomllib.loads((SAMPLE / "writing.toml").read_text(encoding="utf-8"))["colleagues"]
    text = texts[number // 2 % len(texts)]
    answers = tuple(Answer(part["id"], text) for part in assignment["parts"])
    return [*ticks, Reflection(ASSIGNMENT, answers)]


def _submission(member: Member, content: Tick | Reflection, now: datetime) -> Submission:
    return Submission(
        kind=SubmissionKind.TICK if isinstance(content, Tick) else SubmissionKind.REFLECTION,
        lineage=str(uuid_utils.uuid7()),
        revision=1,
        commune=commune_of(member.unit),
        unit=member.unit,
        subject=content.document if isinstance(content, Tick) else content.assignment,
        written_at=now,
        content=pack_content(content),
    )
