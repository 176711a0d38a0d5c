"""`handbook duties`: who has a duty for the commune, given and ended on the server's own PC, on record."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handbook.commands import folder_problems, require_server, server_settings
from handbook.model.people import COMMUNE_DUTIES, DUTY_NAMES, DutyKind
from handbook.model.vietnamese import moment_text
from handbook.options import count, folder

if TYPE_CHECKING:
    from handbook.server.database import Database

Adder = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def add_commands(add: Adder) -> None:
    """`add(name, run, summary)` makes the parser of a command below `handbook duties`."""
    command = add("list", _list, "say who has a duty for the commune")
    _database(command)
    for name, run, summary in (
        ("grant", _grant, "give a member a duty for the commune"),
        ("revoke", _revoke, "end a member's duty for the commune"),
    ):
        command = add(name, run, summary)
        command.add_argument("account", metavar="ACCOUNT")
        command.add_argument("duty", choices=sorted(COMMUNE_DUTIES), metavar="DUTY", help=", ".join(_kinds()))
        _database(command)
    command = add("log", _log, "say who gave and ended which duty, newest first")
    command.add_argument("--limit", type=count, default=50, help="lines at most (default: 50)")
    _database(command)


def _kinds() -> list[str]:
    return sorted(kind.value for kind in COMMUNE_DUTIES)


def _database(command: argparse.ArgumentParser) -> None:
    command.add_argument("--database-url", help="as for `handbook server`")


def _list(options: argparse.Namespace) -> int:
    from handbook.model.duties import commune_duties
    from handbook.server.duties import holders

    with _opened(options) as database:
        for member in holders(database):
            names = ", ".join(name for kind, name in DUTY_NAMES.items() if kind in commune_duties(member))
            print(f"{member.account}  {member.name}  {names}")
    return 0


def _grant(options: argparse.Namespace) -> int:
    return _change(options, held=True)


def _revoke(options: argparse.Namespace) -> int:
    return _change(options, held=False)


def _change(options: argparse.Namespace, *, held: bool) -> int:
    from handbook.server.roster import change_duty

    kind = DutyKind(options.duty)
    with _opened(options) as database:
        member = change_duty(database, options.account, kind, held, datetime.now(UTC))
    if member is None:
        before = "đã có" if held else "không có"
        print(f"{options.account}: {before} nhiệm vụ {DUTY_NAMES[kind]}, không đổi gì.")
    else:
        done = "được giao" if held else "thôi"
        print(f"{member.account}  {member.name}: {done} nhiệm vụ {DUTY_NAMES[kind]} từ lần đồng bộ tới.")
    return 0


def _log(options: argparse.Namespace) -> int:
    from handbook.server.duties import history

    with _opened(options) as database:
        for change in history(database, options.limit):
            actor = change.actor or "người vận hành máy chủ"
            said = "giao" if change.given else "thôi"
            print(
                f"{moment_text(change.at)}  {actor}  {said}  {change.account}  "
                f"{DUTY_NAMES[change.kind]} ({change.unit})"
            )
    return 0


@contextmanager
def _opened(options: argparse.Namespace) -> "Iterator[Database]":
    from handbook.server.database import open_database

    data_dir = folder(options, "server")
    require_server(data_dir)
    with folder_problems():
        database = open_database(server_settings(data_dir, options).database_url)
        try:
            yield database
        finally:
            database.close()
