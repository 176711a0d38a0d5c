"""`handbook keys ...`: the publishing keys, from their making to their end. docs/keys.md is the runbook."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.errors import BadInput

if TYPE_CHECKING:
    from tuf.api.metadata import Metadata, Root

    from handbook.authoring.key_status import RoleStatus
    from handbook.authoring.keys import Unlock

PASSPHRASE_VARIABLE = "HANDBOOK_KEY_PASSPHRASE"
RENEW_AHEAD_DAYS = 30

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
"""Adds a command: its name, what it runs, what it does in a line."""


def add_commands(add: Command) -> None:
    command = add("create", _create, "make the missing keys of a service with these publishers")
    command.add_argument("keys", type=Path, metavar="KEYS_DIR")
    command.add_argument(
        "publishers", nargs="+", metavar="PUBLISHER", help="such as central hongson hongson/anbinh"
    )
    add_passphrase(command)

    command = add("new", _new, "make another pair of one name, to replace the one in use")
    command.add_argument("name", help="root-1, root-2, root-3, targets, snapshot, timestamp or a publisher")
    _folders(command, content=False)
    add_passphrase(command)

    command = add("list", _list, "say which key signs what, until when, and what must be renewed; 1 if any")
    _folders(command)
    command.add_argument(
        "--days", type=int, default=RENEW_AHEAD_DAYS, help=f"look ahead so far (default: {RENEW_AHEAD_DAYS})"
    )

    command = add("rotate", _rotate, "replace a publisher's key in peace: both are valid meanwhile")
    command.add_argument("publisher")
    command.add_argument("--public", type=Path, metavar="FILE", help="new .pub of a publisher elsewhere")
    _folders(command)
    add_passphrase(command)

    command = add(
        "revoke", _revoke, "a publisher's key was stolen or lost: nothing it signed counts any more"
    )
    command.add_argument("publisher")
    command.add_argument("--public", type=Path, metavar="FILE", help="the .pub that takes its place at once")
    _folders(command)
    add_passphrase(command)

    command = add("root-draft", _root_draft, "draft the next root of trust, to be signed by two of three")
    command.add_argument("draft", type=Path, metavar="FILE", help="where to write it")
    command.add_argument(
        "--replace",
        nargs=2,
        action="append",
        default=[],
        metavar=("OLD", "NEW.pub"),
        help="a key in use, by its .pub or the start of its id, and the one that takes its place",
    )
    _folders(command, keys=False)

    command = add("root-sign", _root_sign, "add one signature to a drafted root, on the signer's own PC")
    command.add_argument("draft", type=Path, metavar="FILE")
    command.add_argument("key", type=Path, metavar="ROOT_KEY.pem")
    add_passphrase(command)

    command = add("root-finish", _root_finish, "put a root that two of three have signed in place")
    command.add_argument("drafts", nargs="+", type=Path, metavar="FILE", help="signed copies of one draft")
    _folders(command)
    add_passphrase(command)


def _folders(command: argparse.ArgumentParser, *, content: bool = True, keys: bool = True) -> None:
    if content:
        command.add_argument("--content", type=Path, required=True, help="folder of published content")
    if keys:
        command.add_argument("--keys", type=Path, required=True, help="folder of publishing keys")


def add_passphrase(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--key-passphrase-file",
        type=Path,
        metavar="FILE",
        help=f"first line is the passphrase of the keys; else {PASSPHRASE_VARIABLE}, or a question",
    )


def unlocking(options: argparse.Namespace) -> "Unlock":
    """Gives the passphrase of each locked key, asking for each once at most."""
    given = _given(options)
    known: dict[Path, str] = {}

    def unlock(file: Path) -> str:
        if given:
            return given
        if file not in known:
            known[file] = getpass.getpass(f"Mật khẩu của khoá {file.name}: ") if sys.stdin.isatty() else ""
        return known[file]

    return unlock


def _given(options: argparse.Namespace) -> str:
    file: Path | None = options.key_passphrase_file
    if file is None:
        return os.environ.get(PASSPHRASE_VARIABLE, "")
    try:
        first = file.read_text("utf-8-sig").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"Không đọc được {file}.", "Dòng đầu của tệp phải là mật khẩu, lưu bằng UTF-8."
        ) from error
    if not first:
        raise BadInput(f"Dòng đầu của {file} trống.", "Dòng đầu của tệp phải là mật khẩu.")
    return first


def _new_passphrase(options: argparse.Namespace) -> str:
    """For keys that are about to be made; '' leaves them unlocked, which a person must choose twice."""
    given = _given(options)
    if given or not sys.stdin.isatty():
        return given
    chosen = getpass.getpass("Đặt mật khẩu cho khoá mới (để trống: không khoá bằng mật khẩu): ")
    if getpass.getpass("Gõ lại mật khẩu: ") != chosen:
        raise BadInput("Hai lần gõ không giống nhau.", "Chưa tạo khoá nào; hãy làm lại.")
    return chosen


def _create(options: argparse.Namespace) -> int:
    from handbook.authoring.keys import create_authority

    made = create_authority(options.keys, options.publishers, _new_passphrase(options))
    print(f"{options.keys}: {'đã tạo ' + ', '.join(made) if made else 'đã đủ khoá, không tạo thêm'}.")
    print("Hãy cất bản sao ở nơi an toàn; mỗi khoá gốc giao một người giữ trên một thẻ nhớ riêng.")
    return 0


def _new(options: argparse.Namespace) -> int:
    from handbook.authoring import keys
    from handbook.protocol import trust

    name: str = options.name
    fixed = (*keys.ROOT_NAMES, "targets", *keys.ONLINE_NAMES)
    if name not in fixed and not trust.is_publisher_path(name):
        raise BadInput(
            f"“{name}” không phải tên một khoá.", f"Hãy chọn {', '.join(fixed)} hoặc một nơi phát hành."
        )
    passphrase = "" if name in keys.ONLINE_NAMES else _new_passphrase(options)
    made = keys.create_next(options.keys, name if name in fixed else trust.role_of(name), passphrase)
    print(f"{made.public} (mã {_short(made.key.keyid)}): khoá mới, chưa dùng cho đến khi được thừa nhận.")
    return 0


def _list(options: argparse.Namespace) -> int:
    from handbook.authoring.key_status import key_status, signs_what

    now, ahead = datetime.now(UTC), timedelta(days=options.days)
    status = key_status(options.content, options.keys)
    due = [role for role in status.roles if role.needs_renewal(now, ahead)]
    for role in status.roles:
        print(f"{role.role}: {signs_what(role.role)}")
        print(f"    khoá {_named(role)}; {_until(role, now)}{'  ← CẦN LÀM' if role in due else ''}")
    for file in status.unused:
        print(f"{file}: không còn hoặc chưa được thừa nhận; nếu đã bỏ, hãy huỷ tệp này")
    if due:
        names = ", ".join(role.role for role in due)
        print(f"Trong {options.days} ngày tới cần ký lại: {names}; xem docs/keys.md")
    return 1 if due else 0


def _named(role: "RoleStatus") -> str:
    shown = [f"{_short(keyid)}{' (ở đây)' if keyid in role.here else ''}" for keyid in role.keyids]
    needed = f", cần {role.threshold} trong {len(role.keyids)}" if role.threshold > 1 else ""
    return (", ".join(shown) or "không có") + needed


def _until(role: "RoleStatus", now: datetime) -> str:
    if role.revoked:
        return "khoá cũ đã bị thu hồi; nơi này phải phát hành lại bằng khoá mới"
    if role.expires is None:
        return "chưa ký gì"
    days = (role.expires - now).days
    return f"chữ ký có giá trị đến {role.expires:%d/%m/%Y} " + (
        f"(còn {days} ngày)" if days >= 0 else "(ĐÃ HẾT HẠN)"
    )


def _rotate(options: argparse.Namespace) -> int:
    from handbook.authoring.rotation import rotate

    done = rotate(
        options.content,
        options.keys,
        options.publisher,
        datetime.now(UTC),
        public=options.public,
        passphrase="" if options.public else _new_passphrase(options),
        unlock=unlocking(options),
    )
    print(f"{done.key.public}: khoá mới của {options.publisher}, mã {_short(done.key.key.keyid)}.")
    if not done.named:
        print(f"Hãy gửi {done.key.public.name} cho cấp trên; trong khi chờ cứ phát hành bằng khoá cũ.")
    elif not done.settled:
        print("Đã thừa nhận cả hai khoá. Khoá cũ tự hết giá trị sau lần phát hành đầu bằng khoá mới.")
    else:
        print("Khoá cũ không còn giá trị; hãy huỷ tệp của nó.")
    _say_sealed(done.visible or not done.named)
    return 0


def _revoke(options: argparse.Namespace) -> int:
    from handbook.authoring.rotation import revoke

    visible = revoke(
        options.content,
        options.keys,
        options.publisher,
        datetime.now(UTC),
        public=options.public,
        unlock=unlocking(options),
    )
    print(f"{options.publisher}: khoá cũ đã bị thu hồi; những gì nó ký không còn được nhận.")
    if options.public:
        print("Tiếp theo: nơi này phát hành lại bằng khoá mới, với --receipt-key của mọi máy chủ của mình.")
    else:
        print("Tiếp theo: nơi này tạo khoá mới (keys new), gửi tệp .pub; rồi keys rotate ... --public FILE.")
    _say_sealed(visible)
    return 0


def _root_draft(options: argparse.Namespace) -> int:
    from handbook.authoring.root_change import draft_root, write_draft

    replacements = [(old, Path(new)) for old, new in options.replace]
    draft = draft_root(options.content, replacements, datetime.now(UTC))
    write_draft(options.draft, draft)
    _show_root(draft)
    print(
        f"Chép {options.draft} sang máy của hai người giữ khoá gốc: handbook keys root-sign FILE ROOT_KEY.pem"
    )
    return 0


def _root_sign(options: argparse.Namespace) -> int:
    from handbook.authoring.root_change import read_draft, sign_draft

    _show_root(read_draft(options.draft))
    draft = sign_draft(options.draft, options.key, unlocking(options))
    print(f"Đã ký ({len(draft.signatures)} chữ ký). Hãy gửi {options.draft} về người lập bản thảo.")
    return 0


def _root_finish(options: argparse.Namespace) -> int:
    from handbook.authoring.root_change import finish_root

    version, visible = finish_root(
        options.content, options.keys, options.drafts, datetime.now(UTC), unlocking(options)
    )
    print(f"Gốc tin cậy số {version} đã có hiệu lực; máy đọc tự theo khi đồng bộ.")
    _say_sealed(visible)
    return 0


def _show_root(draft: "Metadata[Root]") -> None:
    """What a signer compares, by phone with the others, before signing."""
    root = draft.signed
    print(f"Gốc tin cậy số {root.version}, có giá trị đến {root.expires:%d/%m/%Y}")
    for name, role in root.roles.items():
        print(f"    {name}: khoá {', '.join(map(_short, role.keyids))} (cần {role.threshold})")


def _say_sealed(visible: bool) -> None:
    if not visible:
        print("Máy chủ cần niêm phong (handbook seal) thì máy đọc mới biết.")


def _short(keyid: str) -> str:
    from handbook.authoring.key_status import SHORT_ID

    return keyid[:SHORT_ID]
