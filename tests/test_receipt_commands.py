"""`handbook verify-receipt` as a script or an officer uses it: words, JSON, exit codes, without a network."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from handbook.__main__ import main
from handbook.authoring.keys import create_authority
from handbook.authoring.publish import publish
from handbook.client.store import Store
from handbook.client.tables.library import receipt_keys
from handbook.model.reflection import AttachedFile
from handbook.protocol.receipt_files import ReceiptFile, to_bytes
from tests.protocol.test_receipt_files import GENUINE, KEY, receipt_file

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A PC on which a member's profile has synced the commune's key."""
    folder = tmp_path / "data" / "profiles" / "an"
    folder.mkdir(parents=True)
    store = Store(folder, bytes(32))
    with store.library.write() as connection:
        connection.execute(insert(receipt_keys).values(id=KEY.id, public=KEY.public, publisher="tinh/phuong"))
    store.close()
    return tmp_path / "data"


def saved(tmp_path: Path, file: ReceiptFile) -> str:
    path = tmp_path / "bai.hbreceipt"
    path.write_bytes(to_bytes(file))
    return str(path)


def test_a_genuine_receipt_is_told_in_words(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify-receipt", saved(tmp_path, GENUINE), "--data-dir", str(data_dir)]) == 0
    words = capsys.readouterr().out
    assert words.startswith("HỢP LỆ")
    for said in (GENUINE.receipt.code, "an, bản 2", "15:00:01 ngày 23/11/2026", GENUINE.receipt.sha256):
        assert said in words


def test_files_that_went_with_the_text_are_named_with_their_hash(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = receipt_file((AttachedFile(sha256="ab" * 32, name="Sổ ghi.pdf", size=900),))
    assert main(["verify-receipt", saved(tmp_path, file), "--data-dir", str(data_dir)]) == 0
    assert f"Tệp kèm theo Sổ ghi.pdf (SHA-256): {'ab' * 32}" in capsys.readouterr().out


ALTERED_TEXT = replace(GENUINE, content=GENUINE.content.replace("nhận thức", "nhận định"))
ALTERED_RECEIPT = replace(GENUINE, receipt=replace(GENUINE.receipt, author="binh"))
BROKEN_SIGNATURE = replace(GENUINE, receipt=replace(GENUINE.receipt, signature="không phải chữ ký"))


@pytest.mark.parametrize(
    ("file", "code", "result"),
    [
        (GENUINE, 0, "valid"),
        (ALTERED_TEXT, 3, "altered-text"),
        (ALTERED_RECEIPT, 4, "altered-receipt"),
        (BROKEN_SIGNATURE, 4, "altered-receipt"),
    ],
)
def test_a_script_is_told_by_exit_code_and_json(
    tmp_path: Path,
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    file: ReceiptFile,
    code: int,
    result: str,
) -> None:
    arguments = ["verify-receipt", saved(tmp_path, file), "--json", "--data-dir", str(data_dir)]
    assert main(arguments) == code
    said = json.loads(capsys.readouterr().out)
    assert (said["result"], said["author"]) == (result, file.receipt.author)


def test_a_pc_that_never_synced_knows_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-receipt", saved(tmp_path, GENUINE), "--data-dir", str(tmp_path / "none")]) == 5
    assert "--content" in capsys.readouterr().out


def test_a_content_folder_is_enough_where_nobody_has_a_profile(tmp_path: Path) -> None:
    source, content, keys = tmp_path / "source", tmp_path / "content", tmp_path / "keys"
    (source / "tinh" / "phuong").mkdir(parents=True)
    (source / "tinh" / "publisher.toml").write_text('path = "tinh"\nname = "Tỉnh"\n', "utf-8")
    (source / "tinh/phuong/publisher.toml").write_text('path = "tinh/phuong"\nname = "Phường"\n', "utf-8")
    create_authority(keys, ["tinh", "tinh/phuong"])
    publish(source, content, keys, NOW, [KEY])
    asked = ["verify-receipt", saved(tmp_path, GENUINE), "--data-dir", str(tmp_path / "none")]
    assert main([*asked, "--content", str(content)]) == 0
    (file,) = content.glob("metadata/*phuong*")
    file.write_bytes(file.read_bytes().replace(b'"sig":"', b'"sig":"00', 1))
    assert main([*asked, "--content", str(content)]) == 5


@pytest.mark.parametrize("bytes_in_file", [None, b"", b"%PDF-1.7", to_bytes(GENUINE)[:100]])
def test_what_is_no_receipt_is_said_plainly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bytes_in_file: bytes | None
) -> None:
    path = tmp_path / "tep.hbreceipt"
    if bytes_in_file is not None:
        path.write_bytes(bytes_in_file)
    assert main(["verify-receipt", str(path), "--data-dir", str(tmp_path)]) == 1
    assert "biên nhận" in (said := capsys.readouterr().err) or "Không đọc được" in said
