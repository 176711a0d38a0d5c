"""`handbook retention`: what the server keeps no longer, counted with --dry-run and erased without it."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.commands import folder_problems, require_server, server_settings
from handbook.model.retention import RULES_IN_WORDS, age_text
from handbook.model.vietnamese import date_text, moment_text, number_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handbook.model.retention import Rules
    from handbook.server.retention import LastRun
    from handbook.server.retention_due import Due, What


def retention(folder: Path, options: argparse.Namespace) -> int:
    """Erase what is kept no longer, or say with --dry-run what that would be: counts, no names, no texts."""
    from handbook.server.database import open_database
    from handbook.server.retention import compact, erase, last_run
    from handbook.server.retention_due import due, rules_of

    require_server(folder)
    now = datetime.now(UTC)
    with folder_problems():
        database = open_database(server_settings(folder, options).database_url)
        try:
            with database.read() as connection:
                _say_rules(rules_of(connection), last_run(connection))
            if options.dry_run:
                _say_due(due(database, now))
            else:
                _say_erased(erase(database, now))
                if options.compact:
                    compact(database)
                    print("Đã ghi lại các bảng, trả chỗ trống cho đĩa.")
        finally:
            database.close()
    return 0


def _say_rules(rules: "Rules", last: "LastRun | None") -> None:
    print("Thời hạn lưu trữ:")
    for rule, name in RULES_IN_WORDS.items():
        months = getattr(rules, rule)
        print(f"  {name}: {age_text(months) if months is not None else 'giữ, chưa có thời hạn'}")
    if last is None:
        print("Chưa chạy lần nào.")
    elif last.finished_at is None:
        print(f"Lần chạy lúc {moment_text(last.started_at)} bị dừng giữa chừng.")
    else:
        print(f"Lần chạy gần nhất: {moment_text(last.finished_at)}.")


def _say_due(found: "tuple[Due, ...]") -> None:
    print("Nếu chạy bây giờ sẽ xoá:" if found else "Nếu chạy bây giờ không có gì phải xoá.")
    for each in found:
        where = each.unit or "toàn máy chủ"
        print(
            f"  {where}  {_names()[each.what]}: {number_text(each.count)}, cũ nhất {date_text(each.oldest)}"
        )
    print("Chưa xoá gì.")


def _say_erased(erased: "Mapping[What, int]") -> None:
    print("Đã xoá:" if erased else "Không có gì phải xoá.")
    names = _names()
    for what in names:
        if erased.get(what):
            print(f"  {names[what]}: {number_text(erased[what])}")


def _names() -> "Mapping[What, str]":
    from handbook.server.retention_due import What

    return {
        What.TEXTS: "lời trong bài thu hoạch (bản nộp)",
        What.REVIEWS: "lời nhận xét",
        What.FILES: "tệp kèm theo",
        What.EXEMPTION_REASONS: "lý do miễn",
        What.MEMBERS: "người đã thôi (tên, tài khoản)",
        What.OPENINGS: "dòng trong sổ ghi ai nhận, ai mở bài",
        What.CODES: "mã kích hoạt đã dùng hoặc hết hạn",
        What.SESSIONS: "phiên đăng nhập đã hết hạn",
    }
