"""`handbook keys ...` as the people who hold the keys type it."""

import getpass
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handbook.__main__ import main
from handbook.authoring.key_status import key_status
from tests.published_ward import write_document

PUBLISHERS = ("central", "hongson", "hongson/anbinh")
PASSPHRASE = "sen hồng"

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: what it printed, its exit code as expected."""

    def run(*words: object, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code
        said = capsys.readouterr()
        return said.out + said.err

    return run


@pytest.fixture
def office(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data/, content/ and keys/ under a passphrase, published once."""
    monkeypatch.setenv("HANDBOOK_KEY_PASSPHRASE", PASSPHRASE)
    monkeypatch.chdir(tmp_path)
    for path in PUBLISHERS:
        (tmp_path / "data" / path).mkdir(parents=True)
        (tmp_path / "data" / path / "publisher.toml").write_text(f'path = "{path}"\nname = "{path}"\n')
        write_document(tmp_path / "data", path, "nq-1", number=f"1-NQ/{path}")
    run("keys", "create", "keys", *PUBLISHERS)
    run("publish", "data", "--content", "content", "--keys", "keys")
    return tmp_path


FOLDERS = ("--content", "content", "--keys", "keys")


def test_the_list_says_which_key_signs_what_and_that_nothing_is_due(office: Path, run: Run) -> None:
    said = run("keys", "list", *FOLDERS)
    assert "root: gốc tin cậy" in said
    assert "cần 2 trong 3" in said
    assert "hongson.anbinh: nội dung của hongson/anbinh" in said
    assert "CẦN LÀM" not in said


def test_what_must_be_signed_before_long_is_told_in_time(office: Path) -> None:
    roles = {role.role: role for role in key_status(office / "content", office / "keys").roles}
    now, month = datetime.now(UTC), timedelta(days=30)

    def due(days: int) -> set[str]:
        return {name for name, role in roles.items() if role.needs_renewal(now + timedelta(days), month)}

    assert due(0) == set()
    assert due(8) == {"timestamp"}
    assert due(31) == {"timestamp", "snapshot"}
    assert due(340) == {*roles}


def test_a_stolen_key_is_revoked_replaced_and_listed_until_its_owner_has_published(
    office: Path, run: Run
) -> None:
    run("keys", "new", "hongson/anbinh", "--keys", "keys")
    said = run("keys", "revoke", "hongson/anbinh", *FOLDERS, "--public", "keys/hongson.anbinh@2.pub")
    assert "không còn được nhận" in said
    listed = run("keys", "list", *FOLDERS, code=1)
    assert "khoá cũ đã bị thu hồi" in listed
    assert f"{Path('keys/hongson.anbinh.pem')}: không còn hoặc chưa được thừa nhận" in listed
    refused = run("publish", "data", *FOLDERS, code=1)
    assert "--receipt-key" in refused
    (office / "receipt.json").write_text(run("receipt-key", "--new", "--data-dir", "server"))
    run("publish", "data", *FOLDERS, "--receipt-key", "receipt.json")
    run("keys", "list", *FOLDERS)


def test_a_commune_and_its_province_rotate_with_two_commands(office: Path, run: Run) -> None:
    (office / "commune").mkdir()
    for name in ("hongson.anbinh.pem", "hongson.anbinh.pub"):
        shutil.move(office / "keys" / name, office / "commune")
    said = run("keys", "rotate", "hongson/anbinh", "--content", "content", "--keys", "commune")
    assert "gửi hongson.anbinh@2.pub cho cấp trên" in said
    said = run("keys", "rotate", "hongson/anbinh", *FOLDERS, "--public", "commune/hongson.anbinh@2.pub")
    assert "thừa nhận cả hai khoá" in said
    said = run("keys", "rotate", "central", *FOLDERS)
    assert "Khoá cũ không còn giá trị" in said


def test_the_root_changes_hands_by_a_file_that_travels(office: Path, run: Run) -> None:
    run("keys", "new", "root-2", "--keys", "keys")
    run(
        "keys",
        "root-draft",
        "draft.json",
        "--content",
        "content",
        "--replace",
        "keys/root-2.pub",
        "keys/root-2@2.pub",
    )
    said = run("keys", "root-sign", "draft.json", "keys/root-1.pem")
    assert "Gốc tin cậy số 2" in said
    assert "có 1 chữ ký gốc hợp lệ" in run("keys", "root-finish", "draft.json", *FOLDERS, code=1)
    run("keys", "root-sign", "draft.json", "keys/root-3.pem")
    assert "số 2 đã có hiệu lực" in run("keys", "root-finish", "draft.json", *FOLDERS)


def test_a_key_of_the_root_can_be_named_by_the_start_of_its_id(office: Path, run: Run) -> None:
    run("keys", "new", "timestamp", "--keys", "keys")
    listed = run("keys", "list", *FOLDERS).splitlines()
    line = listed[listed.index(next(one for one in listed if one.startswith("timestamp:"))) + 1]
    short = line.split("khoá ")[1][:8]
    run(
        "keys", "root-draft", "draft.json", "--content", "content", "--replace", short, "keys/timestamp@2.pub"
    )
    for number in (1, 2):
        run("keys", "root-sign", "draft.json", f"keys/root-{number}.pem")
    run("keys", "root-finish", "draft.json", *FOLDERS)
    run("seal", *FOLDERS)


def test_without_a_passphrase_locked_keys_stay_shut(
    office: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDBOOK_KEY_PASSPHRASE")
    assert "cần mật khẩu" in run("keys", "rotate", "central", *FOLDERS, code=1)
    (office / "passphrase.txt").write_text("sai\n", "utf-8")
    wrong = ("--key-passphrase-file", "passphrase.txt")
    assert "mật khẩu không đúng" in run("keys", "rotate", "hongson", *FOLDERS, *wrong, code=1)
    (office / "passphrase.txt").write_text("\n", "utf-8")
    assert "trống" in run("keys", "rotate", "central", *FOLDERS, *wrong, code=1)
    assert "Không đọc được" in run(
        "keys", "rotate", "central", *FOLDERS, "--key-passphrase-file", "none.txt", code=1
    )


def test_a_person_is_asked_for_each_passphrase_once_and_for_a_new_one_twice(
    office: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDBOOK_KEY_PASSPHRASE")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return PASSPHRASE

    monkeypatch.setattr(getpass, "getpass", answer)
    run("keys", "rotate", "central", *FOLDERS)
    assert asked[:2] == [
        "Đặt mật khẩu cho khoá mới (để trống: không khoá bằng mật khẩu): ",
        "Gõ lại mật khẩu: ",
    ]
    assert sorted(asked[2:]) == [
        "Mật khẩu của khoá central@2.pem: ",
        "Mật khẩu của khoá targets.pem: ",
    ]
    answers = iter(["một", "hai"])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(answers))
    assert "không giống nhau" in run("keys", "new", "central", "--keys", "keys", code=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("new", "../x", "--keys", "keys"), "không phải tên một khoá"),
        (("list", "--content", "none", "--keys", "keys"), "chưa có nội dung"),
        (("rotate", "hongson/khong-co", *FOLDERS), "chưa được uỷ quyền"),
        (("revoke", "..", *FOLDERS), "chưa được uỷ quyền"),
        (("root-sign", "data/central/publisher.toml", "keys/root-1.pem"), "không phải bản thảo"),
        (("rotate", "central", *FOLDERS, "--public", "none.pub"), "Không đọc được khoá"),
    ],
)
def test_what_makes_no_sense_is_said_in_words(
    office: Path, run: Run, words: tuple[str, ...], message: str
) -> None:
    said = run("keys", *words, code=1)
    assert message in said
    assert len(said.strip().splitlines()) >= 2


def test_a_document_is_recalled_by_a_command(office: Path, run: Run) -> None:
    said = run("recall", "central/nq-1", "data", "--reason", "In sai số liệu")
    assert "đã ghi thu hồi" in said
    assert "thu hồi 1" in run("publish", "data", *FOLDERS)
