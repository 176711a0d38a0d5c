"""A profile comes to be whole or not at all, and opens for its member only."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handbook.client import activation, disk
from handbook.client.handbook import Handbook, activate, begin_anew, open_handbook, sign_in
from handbook.client.profiles import profile_dir, profiles
from handbook.client.settings import read_settings
from handbook.client.vault import Cost
from handbook.errors import (
    BadInput,
    DiskProblem,
    Locked,
    NotFound,
    Offline,
    ProfileInUse,
    ServerBroken,
    SignInFailed,
)
from handbook.server.accounts import issue_codes_on_server
from tests.client.conftest import PocketKeyring
from tests.client.samples import NOW
from tests.client.simulated_server import Fault, SimulatedServer, Ward, account_of

PASSWORD = "Mùa thu năm ấy"
DEVICE = "PC khu phố"


@pytest.fixture(autouse=True)
def _cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at a fraction of its work; what a new key really costs is tested with the vault."""
    monkeypatch.setattr("handbook.client.vault.Cost", lambda *cost: Cost(*cost or (1, 64, 1)))


@pytest.fixture
def account(ward: Ward) -> str:
    """A member of the ward who has not activated yet."""
    return account_of("an", ward.new_cell({"An": []}))


@pytest.fixture
def line(ward: Ward) -> Iterator[SimulatedServer]:
    ward.now = NOW
    server = SimulatedServer(ward.url)
    yield server
    server.close()


@pytest.fixture
def code(ward: Ward, account: str) -> Callable[[], str]:
    """Gives the member a new activation code."""
    return lambda: issue_codes_on_server(ward.database, ward._house.keys, [account], NOW)[0].code


@pytest.fixture
def active(tmp_path: Path, ward: Ward, account: str, code: Callable[[], str]) -> str:
    """The member, activated on this PC."""
    return activate(tmp_path, ward.url, code(), PASSWORD, DEVICE, now=NOW)


def opened(data_dir: Path, account: str, passphrase: str | None = PASSWORD) -> Handbook:
    return open_handbook(data_dir, account, passphrase)


def traces(data_dir: Path) -> list[str]:
    """What an installation left, apart from its lock."""
    return sorted(file.name for file in (data_dir / "profiles").iterdir() if file.name != ".installing")


def test_an_activated_profile_opens_without_a_network(tmp_path: Path, active: str, account: str) -> None:
    assert active == account
    down = SimulatedServer("http://127.0.0.1:9")
    down.is_down = True
    handbook = open_handbook(tmp_path, account, PASSWORD, transport=down)
    assert handbook.account.member().account == account
    assert handbook.account.duty_text() == "Đảng viên"
    assert handbook.account.token
    assert handbook.library.documents() == ()
    assert handbook.study.assignments(NOW) == ()
    assert handbook.outbox.owed() == ()
    handbook.close()


def test_the_pc_remembers_who_and_which_server(tmp_path: Path, active: str, ward: Ward) -> None:
    (card,) = profiles(tmp_path)
    assert (card.account, card.name, card.server) == (active, "An", ward.url)
    assert card.unit_name.startswith("Đơn vị hongson/anbinh/cell-")
    assert (read_settings(tmp_path).server, read_settings(tmp_path).last_account) == (ward.url, active)


def test_a_closed_profile_can_be_opened_again(tmp_path: Path, active: str) -> None:
    for _ in range(2):
        opened(tmp_path, active).close()


def test_a_wrong_password_opens_nothing_and_blocks_nothing(tmp_path: Path, active: str) -> None:
    with pytest.raises(SignInFailed, match="Mật khẩu không đúng"):
        opened(tmp_path, active, "sai")
    with pytest.raises(Locked):
        opened(tmp_path, active, None)
    opened(tmp_path, active).close()


def test_a_keyring_opens_the_profile_without_a_password(
    tmp_path: Path, pocket_keyring: PocketKeyring, active: str
) -> None:
    opened(tmp_path, active, None).close()


def test_an_unknown_account_is_told_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        opened(tmp_path, "kp1.an")
    assert "Hãy kích hoạt bằng mã" in caught.value.advice


def test_a_second_window_on_one_profile_is_refused(tmp_path: Path, active: str) -> None:
    handbook = opened(tmp_path, active)
    with pytest.raises(ProfileInUse):
        opened(tmp_path, active)
    handbook.close()


def test_two_members_of_one_pc_have_profiles_of_their_own(tmp_path: Path, ward: Ward, active: str) -> None:
    other = account_of("hanh", ward.new_cell({"Hanh": []}))
    (code,) = issue_codes_on_server(ward.database, ward._house.keys, [other], NOW)
    activate(tmp_path, ward.url, code.code, "mật khẩu khác", DEVICE, now=NOW)
    assert {card.account for card in profiles(tmp_path)} == {active, other}
    with pytest.raises(SignInFailed):
        opened(tmp_path, other, PASSWORD)
    first, second = opened(tmp_path, active), opened(tmp_path, other, "mật khẩu khác")
    first.close()
    second.close()


def test_a_lost_card_is_written_anew_from_the_profile(tmp_path: Path, active: str) -> None:
    (before,) = profiles(tmp_path)
    (profile_dir(tmp_path, active) / "profile.json").write_bytes(b"\x00")
    opened(tmp_path, active).close()
    assert profiles(tmp_path) == (before,)


def test_a_profile_that_cannot_be_opened_is_left_free(
    tmp_path: Path, active: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise disk.full(tmp_path / "profile.json")

    with monkeypatch.context() as broken:
        broken.setattr("handbook.client.handbook.note_opening", full)
        with pytest.raises(DiskProblem):
            opened(tmp_path, active)
    opened(tmp_path, active).close()


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.PORTAL, Fault.BROKEN, Fault.CUT])
def test_a_bad_line_leaves_nothing_behind(
    tmp_path: Path, ward: Ward, line: SimulatedServer, code: Callable[[], str], fault: Fault
) -> None:
    line.faults.append(fault)
    with pytest.raises((Offline, ServerBroken)):
        activate(tmp_path, ward.url, code(), PASSWORD, DEVICE, transport=line, now=NOW)
    assert traces(tmp_path) == []
    assert read_settings(tmp_path).server == ""


def test_a_wrong_code_leaves_nothing_behind(tmp_path: Path, ward: Ward, account: str) -> None:
    with pytest.raises(SignInFailed, match="Mã kích hoạt không đúng"):
        activate(tmp_path, ward.url, "AAAA-BBBB-CCCC", PASSWORD, DEVICE, now=NOW)
    assert traces(tmp_path) == []


def test_a_used_code_is_told_from_a_wrong_one(
    tmp_path: Path, ward: Ward, active: str, code: Callable[[], str]
) -> None:
    used = code()
    activate(tmp_path / "first", ward.url, used, PASSWORD, DEVICE, now=NOW)
    with pytest.raises(SignInFailed) as caught:
        activate(tmp_path / "second", ward.url, used, PASSWORD, DEVICE, now=NOW)
    assert "không đúng" not in caught.value.message
    assert traces(tmp_path / "second") == []


def test_a_short_password_does_not_use_the_code_up(
    tmp_path: Path, ward: Ward, code: Callable[[], str]
) -> None:
    paper = code()
    with pytest.raises(BadInput, match="ít nhất 8 ký tự"):
        activate(tmp_path, ward.url, paper, "ngắn", DEVICE, now=NOW)
    activate(tmp_path, ward.url, paper, PASSWORD, DEVICE, now=NOW)


def test_a_folder_that_cannot_be_written_does_not_use_the_code_up(
    tmp_path: Path, ward: Ward, code: Callable[[], str]
) -> None:
    paper = code()
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(DiskProblem, match="trùng tên"):
        activate(tmp_path / "data", ward.url, paper, PASSWORD, DEVICE, now=NOW)
    activate(tmp_path / "other", ward.url, paper, PASSWORD, DEVICE, now=NOW)


def test_a_disk_that_fills_up_leaves_nothing_and_says_how_to_go_on(
    tmp_path: Path, ward: Ward, account: str, code: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, _card: object) -> None:
        raise disk.full(folder)

    with monkeypatch.context() as broken:
        broken.setattr(activation, "write_card", full)
        with pytest.raises(DiskProblem, match="Ổ đĩa đã đầy") as caught:
            activate(tmp_path, ward.url, code(), PASSWORD, DEVICE, now=NOW)
    assert f"đăng nhập bằng tài khoản {account} và mật khẩu vừa đặt" in caught.value.advice
    assert traces(tmp_path) == []
    sign_in(tmp_path, ward.url, account, PASSWORD, DEVICE, now=NOW)
    opened(tmp_path, account).close()


def test_signing_in_on_another_pc_makes_a_profile_there(tmp_path: Path, ward: Ward, active: str) -> None:
    other = tmp_path / "home"
    assert sign_in(other, ward.url, active, PASSWORD, "PC nhà", now=NOW) == active
    handbook = opened(other, active)
    assert handbook.account.member().account == active
    handbook.close()


def test_a_wrong_password_on_another_pc_leaves_nothing_there(tmp_path: Path, ward: Ward, active: str) -> None:
    other = tmp_path / "home"
    with pytest.raises(SignInFailed):
        sign_in(other, ward.url, active, "không phải mật khẩu", "PC nhà", now=NOW)
    assert traces(other) == []


def test_an_account_name_that_is_a_path_is_refused_before_anything_is_sent(
    tmp_path: Path, line: SimulatedServer
) -> None:
    with pytest.raises(BadInput):
        sign_in(tmp_path, "http://x", "../../etc", PASSWORD, DEVICE, transport=line, now=NOW)
    assert line.requests == []


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Địa chỉ máy chủ"):
        sign_in(tmp_path, "  ", "kp1.an", PASSWORD, DEVICE, now=NOW)


def test_an_address_typed_without_scheme_is_meant_as_https() -> None:
    assert activation._url(" so-tay.example/ ") == "https://so-tay.example"
    assert activation._url("http://192.0.2.7:8000") == "http://192.0.2.7:8000"


def test_signing_in_again_on_the_same_pc_keeps_what_is_there(tmp_path: Path, ward: Ward, active: str) -> None:
    handbook = opened(tmp_path, active)
    token = handbook.account.token
    with handbook.store.personal.write() as connection:
        connection.exec_driver_sql("INSERT INTO saved VALUES ('central/a')")
    handbook.close()
    sign_in(tmp_path, ward.url, active, PASSWORD, DEVICE, now=NOW)
    handbook = opened(tmp_path, active)
    with handbook.store.personal.read() as connection:
        assert connection.exec_driver_sql("SELECT document FROM saved").scalars().all() == ["central/a"]
    assert handbook.account.token != token
    handbook.close()


def test_a_new_password_opens_the_profile_from_then_on(
    tmp_path: Path, active: str, code: Callable[[], str], ward: Ward
) -> None:
    # The secretary gave a new code on another PC: this PC still has the old password.
    activate(tmp_path / "elsewhere", ward.url, code(), "mật khẩu mới", "PC khác", now=NOW)
    handbook = opened(tmp_path, active)
    with pytest.raises(SignInFailed):
        handbook.account.refresh()
    handbook.account.sign_in_again("mật khẩu mới", NOW)
    handbook.close()
    opened(tmp_path, active, "mật khẩu mới").close()
    with pytest.raises(SignInFailed):
        opened(tmp_path, active, PASSWORD)


def test_data_locked_by_a_former_password_is_kept_and_the_way_out_is_told(
    tmp_path: Path, active: str, code: Callable[[], str], ward: Ward
) -> None:
    with pytest.raises(Locked) as caught:
        activate(tmp_path, ward.url, code(), "mật khẩu mới", DEVICE, now=NOW)
    assert "khoá bằng mật khẩu cũ" in caught.value.message
    assert "Hãy mở sổ tay bằng mật khẩu cũ" in caught.value.advice
    opened(tmp_path, active, PASSWORD).close()


def anew(folder: Path, ward: Ward, account: str, code: str) -> str:
    return begin_anew(folder, ward.url, account, code, "mật khẩu mới", DEVICE, now=NOW)


def put_away(folder: Path, account: str) -> list[Path]:
    return sorted((folder / "profiles").glob(f".{account}.old-*"))


def test_a_profile_nobody_can_open_begins_anew_and_nothing_of_it_is_deleted(
    tmp_path: Path, active: str, code: Callable[[], str], ward: Ward
) -> None:
    for _ in range(2):
        assert anew(tmp_path, ward, active, code()) == active
    assert len(put_away(tmp_path, active)) == 2
    assert all((folder / "personal.db").exists() for folder in put_away(tmp_path, active))
    assert [card.account for card in profiles(tmp_path)] == [active]
    opened(tmp_path, active, "mật khẩu mới").close()


def test_a_code_that_is_not_accepted_leaves_the_locked_profile_in_its_place(
    tmp_path: Path, active: str, ward: Ward
) -> None:
    with pytest.raises(SignInFailed):
        anew(tmp_path, ward, active, "AAAA-BBBB-CCCC")
    assert put_away(tmp_path, active) == []
    opened(tmp_path, active).close()


def test_an_open_profile_does_not_begin_anew_and_its_code_stays_good(
    tmp_path: Path, active: str, code: Callable[[], str], ward: Ward
) -> None:
    handbook, new = opened(tmp_path, active), code()
    with pytest.raises(ProfileInUse):
        anew(tmp_path, ward, active, new)
    handbook.close()
    assert anew(tmp_path, ward, active, new) == active


_CHILD = """
import sys
from pathlib import Path
from datetime import datetime
from handbook.client import activation

def wait(*_, **__):
    print("halfway", flush=True)
    sys.stdin.read()

setattr(activation, sys.argv[6], wait)
activation.sign_in(
    Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], "PC", now=datetime.fromisoformat(sys.argv[5])
)
"""


@pytest.mark.parametrize("moment", ["keep_session", "write_card"])
def test_an_installation_that_is_killed_leaves_no_half_profile(
    tmp_path: Path, ward: Ward, active: str, moment: str
) -> None:
    other = tmp_path / "home"
    given = [str(other), ward.url, active, PASSWORD, NOW.isoformat(), moment]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"halfway\n"
        child.kill()
        child.wait(timeout=30)
    assert profiles(other) == ()
    sign_in(other, ward.url, active, PASSWORD, DEVICE, now=NOW)
    assert traces(other) == [active]
    opened(other, active).close()
