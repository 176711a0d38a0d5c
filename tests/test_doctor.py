"""`handbook doctor`: each thing that can be wrong with a PC is found, said and followed by what to do."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from handbook import doctor
from handbook.client.installed import STAMP
from handbook.client.profiles import ProfileCard, write_card
from handbook.client.settings import change_settings
from handbook.doctor import Finding, examine, run_doctor
from tests.client.http_server import Reply, serving
from tests.client.simulated_server import Ward, running_ward


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_ward(tmp_path_factory.mktemp("server")) as running:
        running.new_cell({"An": ()})
        yield running


@pytest.fixture(autouse=True)
def _known_pc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A PC with a display and without a keyring, wherever the tests run."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def pc(tmp_path: Path, ward: Ward) -> Path:
    """A data dir with everything in order."""
    data_dir = tmp_path / "pc"
    (data_dir / "trust").mkdir(parents=True)
    (data_dir / "trust" / "root.json").write_text("{}", "utf-8")
    change_settings(data_dir, server=ward.url)
    return data_dir


def now() -> datetime:
    return datetime.now(UTC)


def bad(data_dir: Path, clock: object = now) -> list[Finding]:
    """What is wrong; every one of them says what to do."""
    found = [finding for finding in examine(data_dir, clock) if not finding.ok]
    assert all(finding.says and finding.advice for finding in found)
    return found


def test_a_pc_in_order_is_said_to_be_so(pc: Path, ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_doctor(pc, now) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok   ") for line in lines)
    subjects = [line.split(":")[0].removeprefix("ok   ") for line in lines]
    assert subjects == [
        *("Chương trình", "Màn hình", "Giao diện", "Kho khoá của máy", "Thư mục dữ liệu", "Ổ đĩa"),
        *("Tệp khoá gốc", "Máy chủ", "Đồng hồ"),
    ]


def test_what_is_wrong_is_marked_with_advice_below_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_doctor(tmp_path, now) == 1
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("LỖI  Tệp khoá gốc: "))
    assert lines[at + 1].startswith("     Hãy chép root.json")


@pytest.fixture
def installed_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program that was built on 22 November 2026, without content."""
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / STAMP).write_text("2026-11-22T18:00:00+00:00\n", "ascii")
    monkeypatch.setattr(sys, "_MEIPASS", str(folder), raising=False)
    return folder


def said(data_dir: Path, clock: object = now) -> dict[str, str]:
    return {finding.subject: finding.says for finding in examine(data_dir, clock)}


def test_an_installed_program_says_when_it_was_made(pc: Path, installed_program: Path) -> None:
    assert said(pc)["Chương trình"].endswith("đóng gói ngày 23/11/2026")
    assert said(pc)["Nội dung kèm chương trình"].startswith("không có")


def test_content_inside_the_program_gives_a_new_pc_its_root_and_says_how_long_it_is_good(
    pc: Path, installed_program: Path
) -> None:
    (pc / "trust" / "root.json").unlink()
    metadata = installed_program / "base-content" / "metadata"
    metadata.mkdir(parents=True)
    (metadata / "timestamp.json").write_text('{"signed": {"expires": "2026-12-06T00:00:00Z"}}', "utf-8")
    assert all(finding.subject != "Tệp khoá gốc" for finding in bad(pc))
    until = datetime(2026, 12, 6, tzinfo=UTC) + timedelta(days=60)
    assert "đến hết ngày 04/02/2027" in said(pc, lambda: until)["Nội dung kèm chương trình"]
    late = said(pc, lambda: until + timedelta(days=1))["Nội dung kèm chương trình"]
    assert "quá hạn từ ngày 04/02/2027" in late


def test_content_inside_the_program_that_is_broken_is_found_and_the_rest_is_examined(
    pc: Path, installed_program: Path
) -> None:
    metadata = installed_program / "base-content" / "metadata"
    for text in (None, "{}", "no JSON", '{"signed": {"expires": "hôm nay"}}'):
        if text is not None:
            metadata.mkdir(parents=True, exist_ok=True)
            (metadata / "timestamp.json").write_text(text, "utf-8")
        else:
            metadata.parent.mkdir()
        assert [finding.subject for finding in bad(pc)] == ["Nội dung kèm chương trình"]


def test_a_pc_without_a_display_is_told_how_to_get_one(pc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    (finding,) = bad(pc)
    assert finding.subject == "Màn hình"
    monkeypatch.setenv("DISPLAY", ":1")
    assert not bad(pc)


def test_a_system_library_that_windows_need_is_missed(pc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("PySide6.QtCore.QLibraryInfo.path", lambda _: str(pc))
    (finding,) = bad(pc)
    assert finding.subject == "Giao diện"
    assert "libqxcb.so" in finding.says


class OpenKeyring(KeyringBackend):
    """A keyring that is there and empty."""

    priority = 1

    def get_password(self, service: str, username: str) -> None:
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.PasswordSetError


def test_the_keyring_is_reported_but_a_pc_without_one_is_well(pc: Path) -> None:
    def says() -> str:
        return next(each.says for each in examine(pc, now) if each.subject == "Kho khoá của máy")

    without = says()
    keyring.set_keyring(OpenKeyring())
    assert says() != without
    assert "gõ mật khẩu" in without


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "tệp"
    in_the_way.write_text("không phải thư mục", "utf-8")
    found = {finding.subject: finding for finding in bad(in_the_way / "sổ tay")}
    assert str(in_the_way / "sổ tay") in found["Thư mục dữ liệu"].says


def test_a_disk_that_is_nearly_full_is_named(pc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 2**80)
    (finding,) = bad(pc)
    assert finding.subject == "Ổ đĩa"
    assert finding.says.startswith("chỉ còn ")


def test_a_missing_trust_file_is_named(pc: Path) -> None:
    (pc / "trust" / "root.json").unlink()
    (finding,) = bad(pc)
    assert finding.subject == "Tệp khoá gốc"
    assert str(pc / "trust" / "root.json") in finding.says


def test_each_server_that_the_pc_knows_is_asked(pc: Path, ward: Ward) -> None:
    nobody = "http://127.0.0.1:9"
    folder = pc / "profiles" / "kp1.an"
    folder.mkdir(parents=True)
    write_card(folder, ProfileCard(account="kp1.an", name="An", unit_name="Khu phố 1", server=nobody))
    (finding,) = bad(pc)
    assert finding.subject == "Máy chủ"
    assert finding.says.startswith("127.0.0.1:9: ")
    well = [each.says for each in examine(pc, now) if each.subject == "Máy chủ" and each.ok]
    assert len(well) == 1


def test_before_an_activation_no_server_is_missed(pc: Path) -> None:
    change_settings(pc, server="")
    assert not bad(pc)


@pytest.mark.parametrize("address", ["không phải địa chỉ", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_named(pc: Path, address: str) -> None:
    change_settings(pc, server=address)
    assert [finding.subject for finding in bad(pc)] == ["Máy chủ"]


def test_a_page_in_place_of_the_server_is_no_server(pc: Path, tmp_path: Path) -> None:
    with serving(tmp_path) as portal:
        portal.misbehave = lambda _, __: Reply(200, {}, "<html>Đăng nhập Wi-Fi</html>".encode())
        change_settings(pc, server=portal.url)
        (finding,) = bad(pc)
    assert finding.subject == "Máy chủ"


@pytest.mark.parametrize(
    ("wrong_by", "said"),
    [
        (timedelta(minutes=42), "nhanh 42 phút"),
        (timedelta(hours=-7), "chậm 7 giờ"),
        (timedelta(days=400), "nhanh 400 ngày"),
    ],
)
def test_a_wrong_clock_is_measured_against_the_server(pc: Path, wrong_by: timedelta, said: str) -> None:
    # A little more, so that the second which the exchange takes changes no number.
    (finding,) = bad(pc, lambda: now() + wrong_by + wrong_by / abs(wrong_by) * timedelta(seconds=20))
    assert finding.subject == "Đồng hồ"
    assert finding.says.startswith(said)


def test_a_clock_that_is_nearly_right_is_right(pc: Path) -> None:
    assert not bad(pc, lambda: now() + timedelta(minutes=4))
