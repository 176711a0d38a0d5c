"""The commands as people and scripts run them: what they print, how they end, what they say of bad input."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring
import platformdirs
import pytest
from keyring.backends import fail

from handbook import __version__
from handbook.__main__ import main
from handbook.authoring.repository import trusted_root
from handbook.client.handbook import open_handbook
from handbook.client.notes import Span as NoteSpan
from handbook.demo import ServerProcess
from handbook.model.notes import Colour
from handbook.protocol import codec
from handbook.protocol.receipts import ReceiptKey
from handbook.server.settings import DEFAULT_PORT
from tests.published_ward import COMMUNE, MEMBER, PASSWORD, SECRETARY, WARD

PUBLISHERS = ("central", "hongson", COMMUNE)
SECONDS = 60
FRONT = """+++
kind = "resolution"
number = "{number}-NQ/TW"
title = "{title}"
issuer = "Bộ Chính trị"
issued_on = 2024-01-09
status = "in_force"
topics = []
summary = "Tóm tắt."
+++
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    def is_refusal(self) -> bool:
        """Exit code 1, nothing on standard output, what happened and what to do on standard error."""
        lines = self.err.splitlines()
        return self.code == 1 and not self.out and len(lines) >= 2 and "Traceback" not in self.err


def run(*arguments: object) -> Said:
    """The command in this process, its output as bytes would carry it."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "ascii", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as ended:
            code = ended.code
    return Said(code, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err)))


def start(*arguments: object, **environment: str) -> Said:
    """The command in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "handbook", *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
        timeout=SECONDS,
    )
    return Said(ended.returncode, ended.stdout.decode("utf-8"), ended.stderr.decode("utf-8"))


@dataclass(frozen=True, slots=True)
class Office:
    """Where one ward keeps things, on the server's PC and on a member's; `password` is a file."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def server(self) -> Path:
        return self.folder / "server"

    @property
    def receipt_key(self) -> Path:
        return self.folder / "receipt-key.json"

    @property
    def password(self) -> Path:
        return self.folder / "password.txt"

    def write(self, name: str, number: int, text: str, publisher: str = "central") -> Path:
        file = self.source / publisher / "resolutions" / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        title = f"Về công tác kiểm tra, giám sát số {number}"
        file.write_text(FRONT.format(number=number, title=title) + f"\n## Một\n\n{text}\n", "utf-8")
        return file

    def publish(self) -> Said:
        return run("publish", self.source, "--content", self.content, "--keys", self.keys)


def new_office(folder: Path) -> Office:
    """Two documents and an assignment that nobody has published yet."""
    office = Office(folder)
    for path in PUBLISHERS:
        (office.source / path).mkdir(parents=True)
        (office.source / path / "publisher.toml").write_text(f'path = "{path}"\nname = "{path}"\n', "utf-8")
    office.write("nq-1", 1, "Kiểm tra là chức năng lãnh đạo.")
    office.write("nq-2", 2, "Giám sát thường xuyên.")
    today = datetime.now(UTC).date()
    tasks = office.source / COMMUNE / "assignments"
    tasks.mkdir()
    (tasks / "hoc-nq-1.toml").write_text(
        f'title = "Học nghị quyết"\ndocuments = ["central/nq-1"]\nmin_words = 0\nopens_on = {today}\n'
        f'due_on = {today + timedelta(days=9)}\ngrace_days = 0\nunits = ["{COMMUNE}"]\n',
        "utf-8",
    )
    (folder / "ward.toml").write_text(WARD, "utf-8")
    office.password.write_text(f"{PASSWORD}\n", "utf-8")
    return office


@pytest.fixture(scope="module", autouse=True)
def _no_keyring() -> Iterator[None]:
    """Neither this process nor one it starts touches the keyring of the person who runs the tests."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        patch.delenv("HANDBOOK_PASSPHRASE", raising=False)
        yield
    keyring.set_keyring(before)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = new_office(tmp_path)
    assert run("keys", "create", made.keys, *PUBLISHERS).code == 0
    return made


@dataclass(frozen=True, slots=True)
class Ward:
    """A published ward whose server runs, and the PC of a member who has synced. Nobody stops this server."""

    office: Office
    server: ServerProcess
    pc: Path
    activated: Said
    synced: Said

    def on_pc(self, command: str, *arguments: object) -> Said:
        return run(command, *arguments, "--data-dir", self.pc, "--passphrase-file", self.office.password)

    def new_code(self, account: str = SECRETARY) -> str:
        said = run("codes", account, "--data-dir", self.office.server)
        return said.out.split()[0]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    office = new_office(tmp_path_factory.mktemp("office"))
    run("keys", "create", office.keys, *PUBLISHERS)
    office.receipt_key.write_text(run("receipt-key", "--new", "--data-dir", office.server).out, "utf-8")
    run(
        *("publish", office.source, "--content", office.content, "--keys", office.keys),
        *("--receipt-key", office.receipt_key),
    )
    server = ServerProcess(
        [
            *("--data-dir", str(office.server), "--content", str(office.content)),
            *("--ward", str(office.folder / "ward.toml")),
        ]
    )
    pc = office.folder / "pc"
    (pc / "trust").mkdir(parents=True)
    (pc / "trust" / "root.json").write_bytes(trusted_root(office.content))
    url = server.start()
    code = run("codes", MEMBER, "--data-dir", office.server).out.split()[0]
    password = ("--passphrase-file", office.password)
    activated = run("activate", url, code, "--data-dir", pc, *password)
    yield Ward(office, server, pc, activated, run("sync", "--data-dir", pc, *password))
    server.stop()


# The program -----------------------------------------------------------------------------------------


def test_the_program_says_its_version() -> None:
    assert start("--version") == Said(0, f"handbook {__version__}\n", "")


def test_the_help_names_every_command_and_each_explains_itself() -> None:
    overview = run("--help")
    commands = re.findall(r"^    ([a-z-]+)", overview.out, re.M)
    assert {"demo", "server", "codes", "keys", "publish", "import", "activate", "sync", "search"} < {
        *commands
    }
    for command in commands:
        said = run(command, "--help")
        assert (said.code, said.err) == (0, "")
        assert "--data-dir" in said.out
        assert len(said.out.splitlines()) > 5


def test_vietnamese_leaves_the_program_as_utf_8_whatever_the_system_thinks_of_it(tmp_path: Path) -> None:
    said = start(
        *("search", "x", "--data-dir", tmp_path), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
    )
    assert said.is_refusal()
    assert "Chưa có ai dùng sổ tay" in said.err


def test_a_reader_who_has_seen_enough_is_no_fault(ward: Ward) -> None:
    gone, output = os.pipe()
    os.close(gone)
    ended = subprocess.run(
        [sys.executable, "-m", "handbook", "search", "kiểm tra", "--data-dir", str(ward.pc)],
        stdout=output,
        stderr=subprocess.PIPE,
        env=os.environ | {"HANDBOOK_PASSPHRASE": PASSWORD},
        timeout=SECONDS,
    )
    os.close(output)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_command_line_that_makes_no_sense_is_told_apart_from_bad_input() -> None:
    for arguments in (["nonsense"], ["server", "--port", "99999"], ["search", "x", "--limit", "0"]):
        said = run(*arguments)
        assert said.code == 2
        assert "usage: handbook" in said.err


# Publishing ------------------------------------------------------------------------------------------


def test_publishing_says_what_was_added_changed_and_withdrawn(office: Office) -> None:
    first = office.publish()
    assert first.code == 0
    assert re.search(r"^central: bản 1, thêm 2, sửa 0, thu hồi 0, \d+ byte$", first.out, re.M)
    assert re.search(rf"^{COMMUNE}: bản 1, thêm 1, ", first.out, re.M)

    again = office.publish()
    assert [line.split(": ")[1] for line in again.out.splitlines()] == ["không có gì thay đổi (bản 1)"] * 3

    office.write("nq-1", 1, "Kiểm tra thường xuyên.")
    office.write("nq-3", 3, "Văn bản mới.")
    (office.source / "central" / "resolutions" / "nq-2.md").unlink()
    assert re.search(r"^central: bản 2, thêm 1, sửa 1, thu hồi 1, ", office.publish().out, re.M)


def test_publishing_without_the_key_of_one_publisher_leaves_that_one_alone(office: Office) -> None:
    office.publish()
    (office.keys / "central.pem").unlink()
    office.write("nq-9", 9, "Chưa ký được.")
    said = office.publish()
    assert said.code == 0
    assert f"central: bỏ qua, {office.keys} không có khoá của nơi này" in said.out


def test_what_was_signed_without_the_servers_keys_is_sealed_with_them(office: Office, tmp_path: Path) -> None:
    office.publish()
    at_home = tmp_path / "keys of the server"
    shutil.copytree(office.keys, at_home)
    for name in ("snapshot", "timestamp"):
        (office.keys / f"{name}.pem").unlink()
    office.write("nq-1", 1, "Bản sửa.")
    said = office.publish()
    assert said.code == 0
    assert "Máy chủ cần niêm phong" in said.out
    timestamp = office.content / "metadata" / "timestamp.json"
    before = timestamp.read_bytes()
    assert run("seal", "--content", office.content, "--keys", office.keys).is_refusal()
    assert timestamp.read_bytes() == before
    assert run("seal", "--content", office.content, "--keys", at_home).code == 0
    assert timestamp.read_bytes() != before


def test_every_problem_of_the_sources_is_named_with_file_and_line_and_nothing_is_published(
    office: Office,
) -> None:
    broken = office.write("nq-1", 1, "Nội dung.")
    broken.write_text(broken.read_text("utf-8").replace("2024-01-09", '"hôm qua"'), "utf-8")
    classified = office.write("nq-2", 2, "Độ mật: TUYỆT MẬT")
    said = office.publish()
    assert said.is_refusal()
    assert re.search(rf"^{re.escape(str(broken))}:\d+: ", said.err, re.M)
    line = classified.read_text("utf-8").splitlines().index("Độ mật: TUYỆT MẬT") + 1
    assert re.search(rf"^{re.escape(str(classified))}:{line}: ", said.err, re.M)
    assert said.err.splitlines()[-1].startswith("Chưa phát hành gì.")
    assert not list(office.content.rglob("*.json"))


def test_keys_are_made_once_and_kept_when_more_are_asked_for(office: Office) -> None:
    before = {file.name: file.read_bytes() for file in office.keys.iterdir()}
    said = run("keys", "create", office.keys, *PUBLISHERS, "hongson/binhan")
    assert said.code == 0
    after = {file.name: file.read_bytes() for file in office.keys.iterdir()}
    assert before.items() < after.items()


def test_the_receipt_key_is_printed_as_publishing_reads_it_and_stays_the_same(office: Office) -> None:
    said = run("receipt-key", "--new", "--data-dir", office.server)
    assert codec.decode(said.out.encode(), ReceiptKey, limit=4096).id
    assert run("receipt-key", "--data-dir", office.server) == said
    office.receipt_key.write_text(said.out, "utf-8")
    arguments = ("--content", office.content, "--keys", office.keys, "--receipt-key", office.receipt_key)
    assert run("publish", office.source, *arguments).code == 0


@pytest.mark.parametrize(
    "line",
    [
        "codes kp1.an --data-dir WRONG",
        "receipt-key --data-dir WRONG",
        "seal --content WRONG --keys KEYS",
        "keys rotate central --content WRONG --keys KEYS",
        "keys list --content WRONG --keys KEYS",
        "sync --data-dir WRONG",
        "search x --data-dir WRONG",
    ],
)
def test_a_mistyped_folder_is_named_and_not_made(office: Office, tmp_path: Path, line: str) -> None:
    wrong = tmp_path / "wrong"
    said = run(*line.replace("WRONG", str(wrong)).replace("KEYS", str(office.keys)).split())
    assert said.is_refusal()
    assert str(wrong) in said.err
    assert not wrong.exists()


def test_plain_texts_become_documents_that_publishing_takes(office: Office, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "luat-thu-vien.txt").write_text(
        "QUỐC HỘI\nLuật số: 46/2019/QH14\nHà Nội, ngày 21 tháng 11 năm 2019\n\nLUẬT\nTHƯ VIỆN\n\n"
        "Điều 1. Phạm vi điều chỉnh\nLuật này quy định về thư viện.\n\nĐiều 2. Giải thích\nTừ ngữ.\n",
        "utf-8",
    )
    target = office.source / "central"
    said = run("import", texts, target)
    assert said.code == 0, said.err
    (file,) = target.rglob("luat-thu-vien.md")
    assert f"{file}: 2 điều; cần xem lại: " in said.out
    assert "1 văn bản mới" in said.out
    assert "central: bản 1, thêm 3," in office.publish().out

    file.write_text(file.read_text("utf-8").replace("Từ ngữ.", "Từ ngữ đã sửa."), "utf-8")
    again = run("import", texts, target)
    assert (again.code, f"{file}: đã có, giữ nguyên" in again.out) == (0, True)
    assert "Từ ngữ đã sửa." in file.read_text("utf-8")

    run("import", texts, target, "--collection", "theory")
    assert (target / "theory" / "luat-thu-vien.md").exists()


# The server's PC -------------------------------------------------------------------------------------


def test_the_server_says_where_it_listens_loads_a_ward_and_ends_with_a_term_signal(office: Office) -> None:
    command = ["server", "--port", "0", "--data-dir", office.server, "--ward", office.folder / "ward.toml"]
    server = subprocess.Popen(
        [sys.executable, "-m", "handbook", *map(str, command)], stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        ward_line, url_line = server.stdout.readline(), server.stdout.readline()
        assert ward_line.strip().endswith("ward.toml: 3 đơn vị, 2 đảng viên, 2 mới hoặc thay đổi")
        assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+\n", url_line)
        server.send_signal(signal.SIGTERM)
        assert server.wait(SECONDS) == 0
        assert server.stdout.read() == ""
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_a_port_that_is_taken_is_named(ward: Ward, tmp_path: Path) -> None:
    port = ward.server.url.rpartition(":")[2]
    said = start("server", "--data-dir", tmp_path, HANDBOOK_PORT=port)
    assert said.is_refusal()
    assert port in said.err


def test_the_help_names_the_port_that_is_taken_by_default() -> None:
    assert f"else {DEFAULT_PORT}" in " ".join(run("server", "--help").out.split())


def test_codes_are_printed_with_name_and_last_day(ward: Ward) -> None:
    said = run("codes", MEMBER, SECRETARY, "--data-dir", ward.office.server)
    assert said.code == 0
    lines = said.out.splitlines()
    assert re.fullmatch(
        rf"\w{{4}}-\w{{4}}-\w{{4}}  {MEMBER}  Nguyễn Văn An  \(đến \d\d/\d\d/\d{{4}}\)", lines[0]
    )
    assert SECRETARY in lines[1]


# A member's PC ---------------------------------------------------------------------------------------


def test_a_member_is_activated_and_synced_by_commands_alone(ward: Ward) -> None:
    assert ward.activated == Said(
        0, f"Đã kích hoạt {MEMBER}. Tiếp theo: handbook sync --account {MEMBER}\n", ""
    )
    assert ward.synced.code == 0, ward.synced.err
    assert re.match(r"3 văn bản mới hoặc sửa, gửi 0, .* còn chờ gửi 0\n", ward.synced.out)
    assert re.match(r"0 văn bản mới hoặc sửa, ", ward.on_pc("sync").out)


def test_content_travels_from_a_publishers_folder_to_a_pc_on_a_stick(ward: Ward, tmp_path: Path) -> None:
    usb = tmp_path / "usb"
    packed = run("pack", usb, "--content", ward.office.content, "--unit", f"{COMMUNE}/kp1")
    assert packed.code == 0
    assert re.search(
        rf"nội dung của central, hongson, {COMMUNE}; ghi mới \d+ byte, giữ lại 0 byte", packed.out
    )
    again = ward.on_pc("pack", usb)  # the same from the server: nothing is written twice
    assert re.search(r"ghi mới 0 byte, giữ lại [1-9]\d* byte", again.out)
    taken = ward.on_pc("sync", "--from", usb)
    assert taken.out == f"0 văn bản mới hoặc sửa từ {usb}\n"
    assert ward.on_pc("sync", "--from", tmp_path / "nowhere").is_refusal()
    stranger = run("pack", tmp_path / "other", "--content", ward.office.content, "--unit", "haivan/xa-1")
    assert stranger.is_refusal()
    assert f"Các nơi đang phát hành: central, hongson, {COMMUNE}." in stranger.err
    assert ward.on_pc("pack", tmp_path / "other", "--unit", COMMUNE).is_refusal()


def test_what_waits_travels_on_a_stick_by_commands(ward: Ward, tmp_path: Path) -> None:
    assert ward.on_pc("bundle", "write", tmp_path).is_refusal()  # nothing waits
    code = ward.new_code()
    far, near = shutil.copytree(ward.pc, tmp_path / "far"), shutil.copytree(ward.pc, tmp_path / "near")
    password = ("--passphrase-file", ward.office.password)
    secretary = run("activate", ward.server.url, code, "--data-dir", near, *password)
    assert secretary.code == 0, secretary.err
    handbook = open_handbook(far, MEMBER, PASSWORD)
    handbook.library.tick("central/nq-2", True, datetime.now(UTC))
    handbook.close()
    written = run("bundle", "write", tmp_path / "usb", "--data-dir", far, "--account", MEMBER, *password)
    assert written.out.endswith("1 mục trong 1 gói\n"), written.err
    carried = run("bundle", "carry", tmp_path / "usb", "--data-dir", near, "--account", SECRETARY, *password)
    assert carried == Said(0, "đã chuyển 1 gói, biên nhận nằm cạnh gói\n", "")
    heard = run("bundle", "receive", tmp_path / "usb", "--data-dir", far, "--account", MEMBER, *password)
    assert heard == Said(0, "biên nhận cho 1 mục, còn chờ gửi 0\n", "")


def test_all_own_data_is_saved_with_what_the_server_holds(ward: Ward, tmp_path: Path) -> None:
    file = tmp_path / "toi.zip"
    said = ward.on_pc("export-data", file)
    assert (said.code, said.err) == (0, "")
    assert "Tệp không được mã hoá" in said.out
    with zipfile.ZipFile(file) as archive:
        assert {"index.html", "json/may-chu.json", "json/ticks.json"} < set(archive.namelist())


def test_search_prints_for_a_reader(ward: Ward) -> None:
    said = ward.on_pc("search", "chuc nang lanh dao")
    assert said.code == 0
    assert said.out.splitlines()[:3] == [
        "1-NQ/TW  Về công tác kiểm tra, giám sát số 1",
        "    Một",
        "    Kiểm tra là [chức năng lãnh đạo].",
    ]


def test_search_prints_json_for_a_script(ward: Ward) -> None:
    said = ward.on_pc("search", "giám sát", "--json", "--limit", 1)
    assert said.code == 0
    (line,) = said.out.splitlines()
    hit = json.loads(line)
    assert hit.keys() == {"group", "document", "anchor", "number", "title", "heading", "snippet", "score"}
    assert hit["group"] == "document"
    assert hit["document"].startswith("central/nq-")


def test_search_prints_own_notes_and_reflections_in_groups(ward: Ward) -> None:
    now = datetime.now(UTC)
    handbook = open_handbook(ward.pc, MEMBER, PASSWORD)
    (made,) = handbook.notes.mark(
        "central/nq-1", 1, (NoteSpan("mot", 0, 6),), Colour.GREEN, now, "Hỏi bác Tư về hoà giải"
    )
    handbook.close()
    found = ward.on_pc("search", "hoa giai").out.splitlines()
    assert found[-4:] == [
        "Ghi chú của tôi:",
        "Nghị quyết số 1-NQ/TW",
        "    Một",
        "    Hỏi bác Tư về [hoà giải]",
    ]
    lines = ward.on_pc("search", "hoa giai", "--json").out.splitlines()
    (note,) = (hit for hit in map(json.loads, lines) if hit["group"] == "note")
    assert (note["note"], note["document"], note["anchor"]) == (made, "central/nq-1", "mot")
    handbook = open_handbook(ward.pc, MEMBER, PASSWORD)
    handbook.notes.remove([made], now)
    handbook.close()
    assert "Ghi chú của tôi:" not in ward.on_pc("search", "hoa giai").out


def test_finding_nothing_ends_as_grep_does(ward: Ward) -> None:
    assert ward.on_pc("search", "tàu vũ trụ") == Said(1, "", "Không tìm thấy “tàu vũ trụ”.\n")


@pytest.mark.parametrize("variable", [None, "XDG_DATA_HOME"])
def test_the_usual_folder_is_the_one_that_this_system_gives_to_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    usual = Path(platformdirs.user_data_dir("handbook", appauthor=False)) / "desktop"
    refused = run("search", "x")
    assert refused.is_refusal()
    assert str(usual) in refused.err


def test_folder_and_account_may_stand_before_the_command(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDBOOK_PASSPHRASE", PASSWORD)
    before = run("--data-dir", ward.pc, "--account", MEMBER, "search", "giám sát")
    after = run("search", "giám sát", "--data-dir", ward.pc, "--account", MEMBER)
    assert before.code == 0
    assert before == after
    for arguments in (("--account", "nobody", "search", "x"), ("search", "x", "--account", "nobody")):
        said = run("--data-dir", ward.pc, *arguments)
        assert said.is_refusal()
        assert "nobody" in said.err


def test_without_a_server_a_sync_says_so_and_reading_goes_on(ward: Ward, tmp_path: Path) -> None:
    # A second server of the same ward that is gone after the activation.
    office, pc = ward.office, tmp_path / "pc"
    server = ServerProcess(["--data-dir", str(office.server), "--content", str(office.content)])
    url = server.start()
    try:
        (pc / "trust").mkdir(parents=True)
        (pc / "trust" / "root.json").write_bytes(trusted_root(office.content))
        password = ("--passphrase-file", office.password)
        assert run("activate", url, ward.new_code(), "--data-dir", pc, *password).code == 0
        assert run("sync", "--data-dir", pc, *password).code == 0
    finally:
        server.stop()
    said = run("sync", "--data-dir", pc, *password)
    assert said.code == 1
    assert len(said.err.splitlines()) == 2
    assert "0 văn bản mới hoặc sửa" in said.out
    assert run("search", "giám sát", "--data-dir", pc, *password).code == 0


def test_a_password_file_of_a_windows_editor_is_read(ward: Ward, tmp_path: Path) -> None:
    file = tmp_path / "mật khẩu.txt"
    file.write_bytes(b"\xef\xbb\xbf" + PASSWORD.encode() + b"\r\nghi ch\xc3\xba\r\n")
    assert run("search", "giám sát", "--data-dir", ward.pc, "--passphrase-file", file).code == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_new_password_is_asked_for_twice(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["mot-mat-khau-moi", "mot-mat-khau-mio", "mot-mat-khau-moi", "mot-mat-khau-moi"]
    asked: list[str] = []

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return typed.pop(0)

    monkeypatch.setattr("getpass.getpass", getpass)
    monkeypatch.setattr("sys.stdin", Terminal())
    code = ward.new_code()
    assert run("activate", ward.server.url, code, "--data-dir", tmp_path).is_refusal()
    assert run("activate", ward.server.url, code, "--data-dir", tmp_path).code == 0
    assert asked == ["Đặt mật khẩu: ", "Gõ lại mật khẩu: "] * 2


# Scripts ---------------------------------------------------------------------------------------------

FORBIDDEN = "PySide6 fastapi uvicorn"
SAY_MODULES = f"""
import sys
import zipfile
print("loaded", [name for name in {FORBIDDEN.split()} if name in sys.modules])
"""


def test_searching_loads_neither_the_toolkit_nor_the_server(ward: Ward) -> None:
    said = script(
        "import sys\nfrom handbook.__main__ import main\n"
        f"code = main(['search', 'giám sát', '--data-dir', {str(ward.pc)!r}])\n"
        f"{SAY_MODULES}\nsys.exit(code)"
    )
    assert (said.code, said.out.splitlines()[-1]) == (0, "loaded []"), said.err


@pytest.mark.parametrize("file", ["README.md", "docs/scripting.md"])
def test_the_script_in_the_documentation_works_and_needs_no_toolkit(ward: Ward, file: str) -> None:
    page = (Path(__file__).parents[1] / file).read_text("utf-8")
    (text,) = re.findall(r"```python\n(.*?)```", page, re.S)
    said = script(text + SAY_MODULES, ward.pc, MEMBER, "chuc nang lanh dao")
    assert said.code == 0, said.err
    assert said.out.splitlines() == ["1-NQ/TW | Về công tác kiểm tra, giám sát số 1 | Một", "loaded []"]


def script(text: str, *arguments: object) -> Said:
    ended = subprocess.run(
        [sys.executable, "-c", text, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"HANDBOOK_PASSPHRASE": PASSWORD, "PYTHONUTF8": "1"},
        timeout=SECONDS,
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


# Bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "keys create FILE central",
        "keys create NEW 'Tên xấu'",
        "receipt-key --data-dir FILE",
        "receipt-key --data-dir FILE/below",
        "publish MISSING --content NEW --keys KEYS",
        "publish SOURCE --content FILE --keys KEYS",
        "publish SOURCE --content NEW --keys MISSING",
        "publish SOURCE --content NEW --keys KEYS --receipt-key MISSING",
        "publish SOURCE --content NEW --keys KEYS --receipt-key FILE",
        "seal --content MISSING --keys KEYS",
        "import MISSING SOURCE/central",
        "import SOURCE NEW",
        "server --port 0 --data-dir FILE",
        "server --port 0 --data-dir NEW --ward MISSING",
        "server --port 0 --data-dir NEW --ward FILE",
        "codes kp1.an --data-dir FILE",
        "codes nobody --data-dir SERVER",
        "activate URL ABCD-EFGH-JKLM --data-dir NEW --passphrase-file PASSWORD",
        "activate nonsense ABCD-EFGH-JKLM --data-dir NEW --passphrase-file PASSWORD",
        "activate http://127.0.0.1:9 ABCD-EFGH-JKLM --data-dir NEW --passphrase-file PASSWORD",
        "activate URL ABCD-EFGH-JKLM --data-dir NEW --passphrase-file MISSING",
        "activate URL ABCD-EFGH-JKLM --data-dir NEW --passphrase-file EMPTY",
        "activate URL ABCD-EFGH-JKLM --data-dir NEW --passphrase-file LATIN",
        "activate URL ABCD-EFGH-JKLM --data-dir NEW",
        "sync --data-dir NEW",
        "sync --data-dir PC",
        "sync --data-dir PC --passphrase-file WRONG",
        "sync --data-dir PC --account 'Tên xấu'",
        "search x --data-dir FILE",
        "search x --data-dir PC --passphrase-file WRONG",
        "search x --data-dir PC --account nobody",
    ],
)
def test_bad_input_ends_with_words_and_advice(ward: Ward, tmp_path: Path, line: str) -> None:
    office = ward.office
    files = {"FILE": b"x", "EMPTY": b"\n", "LATIN": "mật khẩu".encode("utf-16"), "WRONG": b"sai-mat-khau"}
    places = {name: tmp_path / name.lower() for name in (*files, "MISSING", "NEW")} | {
        "KEYS": office.keys,
        "SOURCE": office.source,
        "SERVER": office.server,
        "PASSWORD": office.password,
        "PC": ward.pc,
        "URL": ward.server.url,
    }
    for name, data in files.items():
        places[name].write_bytes(data)
    words = [part[0] or part[1] for part in re.findall(r"'([^']*)'|(\S+)", line)]
    filled = [re.sub(r"^[A-Z]+", lambda m: str(places.get(m[0], m[0])), word) for word in words]
    # Standard input is no terminal here: nobody is asked for a password.
    said = run(*filled)
    assert said.is_refusal(), said
