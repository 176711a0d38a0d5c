"""The commands for people and scripts. They print for a reader and raise what goes wrong as Expected."""

import argparse
import getpass
import json
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.errors import BadInput, Locked, NotFound
from handbook.model.roster import ROSTER_CHANGES
from handbook.model.vietnamese import VIETNAM

if TYPE_CHECKING:
    from handbook.client.handbook import Handbook
    from handbook.client.search import Hit, NoteHit, ReflectionHit, Span
    from handbook.protocol.receipts import ReceiptKey
    from handbook.server.settings import Settings

MAX_RECEIPT_KEY_BYTES = 4096
GIVE_PASSWORD = "Hãy cho mật khẩu bằng --passphrase-file hoặc biến môi trường HANDBOOK_PASSPHRASE."


def server(folder: Path, options: argparse.Namespace) -> int:
    """Serve until told to stop; the address is printed once connections are accepted."""
    from handbook.server.run import load_ward_into, serve

    settings = server_settings(
        folder, options, host=options.host, port=options.port, content_dir=options.content
    )
    with folder_problems():
        if options.ward:
            loaded = load_ward_into(settings, options.ward)
            print(
                f"{options.ward}: {loaded.units} đơn vị, {loaded.members} đảng viên, "
                f"{loaded.changed} mới hoặc thay đổi",
                flush=True,
            )
        if options.with_parent:
            threading.Thread(target=_stop_when_input_ends, daemon=True).start()
        serve(settings, lambda url: print(f"listening on {url}", flush=True))
    return 0


def _stop_when_input_ends() -> None:
    """A pipe on standard input ends with the process that holds its other end, however that one ended."""
    # Not through sys.stdin: its lock, held by this thread, would break the interpreter's shutdown.
    while os.read(0, 4096):
        pass
    signal.raise_signal(signal.SIGTERM)


def seal(content: Path, keys_dir: Path) -> int:
    """Daily on the server's PC: what publishers have signed becomes visible under a fresh timestamp."""
    from handbook.authoring.publish import refresh_timestamp

    refresh_timestamp(content, keys_dir, datetime.now(UTC))
    print(f"{content}: đã niêm phong.")
    return 0


def codes(folder: Path, options: argparse.Namespace) -> int:
    from handbook.server.run import issue_codes

    require_server(folder)
    with folder_problems():
        issued = issue_codes(server_settings(folder, options), options.accounts)
    for code in issued:
        print(f"{code.code}  {code.account}  {code.name}  (đến {code.expires_at:%d/%m/%Y})")
    return 0


def roster(folder: Path, options: argparse.Namespace) -> int:
    """What a list of members changes on the server; --apply writes it. Exit code 1 for rows with problems."""
    from handbook.exports.roster import read_tables, template
    from handbook.model.roster_sheet import read_sheet
    from handbook.protocol.api import RosterRequest
    from handbook.server.run import apply_roster, commune_path

    if options.template:
        with folder_problems():
            options.file.write_bytes(template())
        print(f"{options.file}: tệp mẫu. Tiếp theo: điền danh sách, rồi handbook roster {options.file}")
        return 0
    require_server(folder)
    today = datetime.now(UTC).astimezone(VIETNAM).date()
    sheets = (read_sheet(table, today) for table in read_tables(options.file))
    sheet = next((sheet for sheet in sheets if sheet), None)
    if sheet is None or not (sheet.rows or sheet.problems):
        raise BadInput(
            f"Trong {options.file} không có danh sách nào.",
            "Danh sách cần một dòng tiêu đề có cột Họ và tên.",
        )
    problems = sheet.problems
    for heading in sheet.refused:
        print(f"cột “{heading}”: không lấy, sổ tay không giữ loại thông tin này")
    for heading in sheet.unused:
        print(f"cột “{heading}”: không dùng đến")
    if sheet.rows:
        with folder_problems():
            settings = server_settings(folder, options)
            unit = commune_path(settings)
            asked = RosterRequest(rows=sheet.rows, complete=options.complete and sheet.is_whole)
            answer = apply_roster(settings, unit, asked)
            if options.apply:
                answer = apply_roster(settings, unit, replace(asked, confirmed=answer.fingerprint))
        problems += answer.plan.problems
        for entry in answer.plan.changes:
            said = "; ".join(entry.said)
            print(
                f"{ROSTER_CHANGES[entry.change]}: {entry.after.account}  {entry.after.name}  {said}".rstrip()
            )
        if options.complete and problems:
            print("Còn dòng chưa đọc được nên chưa coi ai là đã rời chi bộ.")
        done = "Đã ghi" if answer.applied else "Chưa ghi gì; thêm --apply để ghi"
        print(f"{len(answer.plan.entries)} đồng chí, {len(answer.plan.changes)} thay đổi. {done}.")
    for problem in sorted(problems, key=lambda problem: problem.line):
        print(f"dòng {problem.line}: {problem.text}", file=sys.stderr)
    return 1 if problems else 0


def receipt_key(folder: Path, new: bool) -> int:
    """One line that `handbook publish --receipt-key` reads."""
    from handbook.protocol import codec
    from handbook.server.keys import published_receipt_key

    if not new:
        require_server(folder)
    with folder_problems():
        print(codec.encode(published_receipt_key(folder)).decode())
    return 0


def publish(options: argparse.Namespace) -> int:
    from handbook.authoring.publish import publish as publish_folder
    from handbook.key_commands import unlocking

    known = [_receipt_key_in(file) for file in options.receipt_key]
    now, unlock = datetime.now(UTC), unlocking(options)
    report = publish_folder(options.source, options.content, options.keys, now, known, unlock=unlock)
    for part in report.published:
        if part.is_unchanged:
            print(f"{part.publisher}: không có gì thay đổi (bản {part.version})")
        else:
            print(
                f"{part.publisher}: bản {part.version}, thêm {len(part.added)}, sửa {len(part.changed)}, "
                f"thu hồi {len(part.withdrawn)}, {part.pack_bytes} byte"
            )
    for publisher in report.without_key:
        print(f"{publisher}: bỏ qua, {options.keys} không có khoá của nơi này")
    if not report.visible:
        print("Đã ký. Máy chủ cần niêm phong (khoá snapshot, timestamp) thì người đọc mới nhận được.")
    return 0


def recall(source: Path, document: str, reason: str, replaced_by: str) -> int:
    from handbook.authoring.recall import recall as mark_recalled

    today = datetime.now(VIETNAM).date()
    file, asking = mark_recalled(source, document, reason, replaced_by, today)
    print(f"{file}: đã ghi thu hồi. Tiếp theo: handbook publish")
    for assignment in asking:
        print(f"{assignment}: nhiệm vụ này còn yêu cầu đọc văn bản bị thu hồi; hãy sửa trước khi phát hành")
    return 0


def import_texts(source: Path, target: Path, collection: str | None) -> int:
    """Names for each text what it did not state, for a person to fill in."""
    from handbook.authoring.plain_text import import_texts as import_folder
    from handbook.model.library import Collection

    report = import_folder(source, target, collection=Collection(collection) if collection else None)
    for text in report.imported:
        print(f"{text.file}: {text.articles} điều; cần xem lại: {', '.join(text.assumed)}")
    for file in report.existing:
        print(f"{file}: đã có, giữ nguyên")
    print(f"{len(report.imported)} văn bản mới trong {target}. Tiếp theo: sửa, rồi handbook publish")
    return 0


def activate(folder: Path, server_url: str, code: str, passphrase_file: Path | None) -> int:
    from handbook.client.handbook import activate as activate_profile

    password = _given_passphrase(passphrase_file) or _new_password()
    account = activate_profile(folder, server_url, code, password, platform.node(), now=datetime.now(UTC))
    print(f"Đã kích hoạt {account}. Tiếp theo: handbook sync --account {account}")
    return 0


def sync(folder: Path, account: str | None, passphrase_file: Path | None) -> int:
    """Exit code 1 when something could not be sent or fetched."""
    handbook = open_profile(folder, account, passphrase_file)
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


def export_data(folder: Path, file: Path, account: str | None, passphrase_file: Path | None) -> int:
    """All that this PC and the server hold of the member. Exit code 1 when the server's part is missing."""
    from handbook.client import disk
    from handbook.client.own_data import ask_server, gather
    from handbook.exports.own_data import to_zip

    handbook = open_profile(folder, account, passphrase_file)
    try:
        told = ask_server(handbook.store, handbook.account, handbook.openings, handbook.transport)
        own = gather(handbook.store, handbook.account, told, datetime.now(UTC))
    finally:
        handbook.close()
    disk.write_whole(file, to_zip(own))
    print(f"{file}: toàn bộ dữ liệu của {own.name}. Tệp không được mã hoá, hãy cất ở nơi riêng.")
    if own.server_problem:
        print(f"Thiếu phần máy chủ đang giữ: {own.server_problem}", file=sys.stderr)
        return 1
    return 0


def search(
    folder: Path, account: str | None, passphrase_file: Path | None, text: str, limit: int, as_json: bool
) -> int:
    """Exit code 1 when nothing was found, as grep does."""
    handbook = open_profile(folder, account, passphrase_file)
    try:
        handbook.search.refresh()
        results = handbook.search.find(text, limit=limit)
    finally:
        handbook.close()
    groups = {
        "Văn bản": [_of_document(hit) for hit in results.hits],
        "Ghi chú của tôi": [_of_note(hit) for hit in results.notes],
        "Bài thu hoạch của tôi": [_of_reflection(hit) for hit in results.reflections],
    }
    named = bool(results.notes or results.reflections)
    for group, found in groups.items():
        if found and named and not as_json:
            print(f"{group}:")
        for fields in found:
            print(json.dumps(fields, ensure_ascii=False) if as_json else _told(fields))
    if not any(groups.values()):
        print(f"Không tìm thấy “{text}”.", file=sys.stderr)
    return 0 if any(groups.values()) else 1


def _told(fields: Mapping[str, object]) -> str:
    """A hit in up to three lines."""
    title = fields["title"]
    if fields["group"] == "document":
        title = f"{fields['number'] or fields['document']}  {title}"
    return "\n    ".join(str(line) for line in (title, fields["heading"], fields["snippet"]) if line)


def _of_document(hit: "Hit") -> dict[str, object]:
    return {
        "group": "document",
        "document": hit.document_id,
        "anchor": hit.anchor,
        "number": hit.number,
        "title": hit.title,
        "heading": hit.heading,
        "snippet": _bracketed(hit.snippet),
        "score": hit.score,
    }


def _of_note(hit: "NoteHit") -> dict[str, object]:
    return {
        "group": "note",
        "note": hit.entry.id,
        "document": hit.entry.document,
        "anchor": hit.entry.section,
        "title": hit.entry.source,
        "heading": hit.entry.heading,
        "snippet": _bracketed(hit.snippet),
        "score": hit.score,
    }


def _of_reflection(hit: "ReflectionHit") -> dict[str, object]:
    return {
        "group": "reflection",
        "assignment": hit.assignment,
        "draft": hit.is_draft,
        "title": hit.title or hit.assignment,
        "heading": hit.part,
        "snippet": _bracketed(hit.snippet),
        "score": hit.score,
    }


def _bracketed(snippet: "tuple[Span, ...]") -> str:
    return "".join(f"[{span.text}]" if span.marked else span.text for span in snippet)


def open_profile(folder: Path, account: str | None, passphrase_file: Path | None) -> "Handbook":
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
    except Locked as error:
        if passphrase is not None:
            raise
        if not sys.stdin.isatty():
            raise Locked(error.message, GIVE_PASSWORD) from error
        return open_handbook(folder, account, getpass.getpass(f"Mật khẩu của {account}: "))


def _given_passphrase(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("HANDBOOK_PASSPHRASE") or None
    try:
        text = _read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} không phải mã Unicode (UTF-8).", "Hãy lưu lại tệp bằng UTF-8.") from error
    password = text.partition("\n")[0].rstrip("\r")
    if not password:
        raise BadInput(f"Dòng đầu của {file} trống.", "Dòng đầu của tệp phải là mật khẩu.")
    return password


def _new_password() -> str:
    if not sys.stdin.isatty():
        raise BadInput("Chưa có mật khẩu.", GIVE_PASSWORD)
    password = getpass.getpass("Đặt mật khẩu: ")
    if getpass.getpass("Gõ lại mật khẩu: ") != password:
        raise BadInput("Hai lần gõ không giống nhau.", "Mã chưa được dùng; hãy làm lại.")
    return password


def _receipt_key_in(file: Path) -> "ReceiptKey":
    from handbook.protocol import codec
    from handbook.protocol.receipts import ReceiptKey

    data = _read(file)
    try:
        return codec.decode(data, ReceiptKey, limit=MAX_RECEIPT_KEY_BYTES)
    except BadInput as error:
        raise BadInput(
            f"{file} không phải khoá biên nhận.", "Hãy tạo lại tệp này trên máy chủ: handbook receipt-key"
        ) from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(
            f"Không đọc được {file} ({error.strerror}).", "Hãy kiểm tra đường dẫn và quyền đọc."
        ) from error


def require_server(folder: Path) -> None:
    """A mistyped folder must not become an empty server with keys of its own."""
    from handbook.server.keys import HASH_KEY_FILE

    if not (folder / HASH_KEY_FILE).exists():
        raise NotFound(
            f"Trong {folder} chưa có dữ liệu máy chủ.",
            "Hãy kiểm tra --data-dir, hoặc chạy handbook server với thư mục này trước.",
        )


@contextmanager
def folder_problems() -> Iterator[None]:
    """What the disk refuses to the server's folder is told in words."""
    from handbook.client import disk

    try:
        yield
    except OSError as error:
        if not error.filename:
            raise
        raise disk.from_os(error, Path(error.filename)) from error


def server_settings(folder: Path, options: argparse.Namespace, **chosen: object) -> "Settings":
    from handbook.server.settings import settings_from

    environment = os.environ | (
        {"HANDBOOK_DATABASE_URL": options.database_url} if options.database_url else {}
    )
    return settings_from(environment, folder, **chosen)
