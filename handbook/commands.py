"""The commands for people and scripts. They print for a reader and raise what goes wrong as Expected."""

import argparse
import getpass
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.errors import BadInput, Locked, NotFound

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook
    from handbook.server.settings import Settings


def server(folder: Path, options: argparse.Namespace) -> int:
    """Serve until told to stop; the address is printed once connections are accepted."""
    from handbook.server.run import load_ward_into, serve

    settings = _server_settings(
        folder, options, host=options.host, port=options.port, content_dir=options.content
    )
    if options.ward:
        loaded = load_ward_into(settings, options.ward)
        print(f"{options.ward}: {loaded}", flush=True)
    serve(settings, lambda url: print(f"listening on {url}", flush=True))
    return 0


def codes(folder: Path, options: argparse.Namespace) -> int:
    from handbook.server.run import issue_codes

    for code in issue_codes(_server_settings(folder, options), options.accounts):
        print(f"{code.code}  {code.account}  {code.name}  (đến {code.expires_at:%d/%m/%Y})")
    return 0


def receipt_key(folder: Path) -> int:
    """One line that `handbook publish --receipt-key` reads."""
    from handbook.protocol import codec
    from handbook.server.keys import published_receipt_key

    print(codec.encode(published_receipt_key(folder)).decode())
    return 0


def keys(keys_dir: Path, publishers: list[str]) -> int:
    from handbook.authoring.keys import create_authority

    create_authority(keys_dir, publishers)
    print(f"{keys_dir}: khoá của {', '.join(publishers)} và của gốc tin cậy. Hãy cất bản sao ở nơi an toàn.")
    return 0


def publish(source: Path, content: Path, keys_dir: Path, receipt_keys: list[Path]) -> int:
    from handbook.authoring.publish import publish as publish_folder
    from handbook.protocol import codec
    from handbook.protocol.receipts import ReceiptKey

    known = [codec.decode(_read(file), ReceiptKey, limit=4096) for file in receipt_keys]
    report = publish_folder(source, content, keys_dir, datetime.now(UTC), known)
    for part in report.published:
        if part.is_unchanged:
            print(f"{part.publisher}: không có gì thay đổi (bản {part.version})")
        else:
            print(
                f"{part.publisher}: bản {part.version}, thêm {len(part.added)}, sửa {len(part.changed)}, "
                f"thu hồi {len(part.withdrawn)}, {part.pack_bytes} byte"
            )
    for publisher in report.without_key:
        print(f"{publisher}: bỏ qua, {keys_dir} không có khoá của nơi này")
    if not report.visible:
        print("Đã ký. Máy chủ cần niêm phong (khoá snapshot, timestamp) thì người đọc mới nhận được.")
    return 0


def import_texts(source: Path, target: Path, collection: str) -> int:
    from handbook.authoring.plain_text import import_texts as import_folder

    report = import_folder(source, target, collection=collection)
    print(f"{target}: {report.documents} văn bản, {report.sections} mục")
    for warning in report.warnings:
        print(f"  {warning}")
    return 0


def activate(folder: Path, server_url: str, code: str, passphrase_file: Path | None) -> int:
    from handbook.client.handbook import activate as activate_profile

    password = _given_passphrase(passphrase_file) or getpass.getpass("Đặt mật khẩu: ")
    account = activate_profile(folder, server_url, code, password, platform.node(), now=datetime.now(UTC))
    print(f"Đã kích hoạt {account}. Tiếp theo: handbook sync --account {account}")
    return 0


def sync(folder: Path, account: str | None, passphrase_file: Path | None) -> int:
    """Exit code 1 when something could not be sent or fetched."""
    handbook = _open(folder, account, passphrase_file)
    try:
        report = handbook.sync.run(lambda: datetime.now(UTC))
        print(
            f"{report.documents_changed} văn bản mới hoặc sửa, gửi {report.sent}, nhận {report.received}, "
            f"tải {report.bytes_down} byte, còn chờ gửi {len(handbook.outbox.owed())}"
        )
        if report.error:
            raise report.error
    finally:
        handbook.close()
    return 0


def search(
    folder: Path, account: str | None, passphrase_file: Path | None, text: str, limit: int, as_json: bool
) -> int:
    """Exit code 1 when nothing was found, as grep does."""
    handbook = _open(folder, account, passphrase_file)
    try:
        handbook.search.refresh()
        results = handbook.search.find(text, limit=limit)
    finally:
        handbook.close()
    for hit in results.hits:
        snippet = "".join(f"[{span.text}]" if span.marked else span.text for span in hit.snippet)
        if as_json:
            fields = {
                "document": hit.document_id,
                "anchor": hit.anchor,
                "number": hit.number,
                "title": hit.title,
                "heading": hit.heading,
                "snippet": snippet,
                "score": hit.score,
            }
            print(json.dumps(fields, ensure_ascii=False))
        else:
            print(f"{hit.number or hit.document_id}  {hit.title}\n    {hit.heading}\n    {snippet}")
    return 0 if results.hits else 1


def _open(folder: Path, account: str | None, passphrase_file: Path | None) -> "Handbook":
    from handbook.client.handbook import open_handbook
    from handbook.client.profiles import profiles

    if account is None:
        known = profiles(folder)
        if not known:
            raise NotFound(
                f"Chưa có ai dùng sổ tay trong {folder}.", "Hãy kích hoạt trước: handbook activate --help"
            )
        account = known[0].account
    passphrase = _given_passphrase(passphrase_file)
    try:
        return open_handbook(folder, account, passphrase)
    except Locked:
        if passphrase is not None or not sys.stdin.isatty():
            raise
        return open_handbook(folder, account, getpass.getpass(f"Mật khẩu của {account}: "))


def _given_passphrase(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("HANDBOOK_PASSPHRASE")
    lines = _read(file).decode("utf-8").splitlines()
    if not lines:
        raise BadInput(f"{file} trống.", "Dòng đầu của tệp phải là mật khẩu.")
    return lines[0]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"Không đọc được {file} ({error.strerror}).") from error


def _server_settings(folder: Path, options: argparse.Namespace, **chosen: object) -> "Settings":
    from handbook.server.settings import settings_from

    environment = os.environ | (
        {"HANDBOOK_DATABASE_URL": options.database_url} if options.database_url else {}
    )
    return settings_from(environment, folder, **chosen)
