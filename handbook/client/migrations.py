"""Brings a profile's databases to the shape this program knows: ordered steps, each in its own transaction.

The record of what was done is SQLite's `user_version`, written in the same transaction as the step: a kill
leaves a database at one version or the next, never between. A new file starts at the current version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData

from handbook.client.tables.library import library
from handbook.client.tables.personal import personal
from handbook.errors import NewerData

if TYPE_CHECKING:
    from handbook.client.store import Database

Step = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables as they are now, and how to get there: `steps[0]` turns version 1 into version 2."""

    metadata: MetaData
    steps: tuple[Step, ...] = ()

    @property
    def version(self) -> int:
        return len(self.steps) + 1


LIBRARY = Schema(library)
PERSONAL = Schema(personal)


def bring_up_to_date(database: Database, schema: Schema) -> None:
    """Makes or migrates the tables; keeps a copy of an older file as `<name>.v<version>.bak`.

    Only the newest copy is kept. Raises NewerData when a later version of the program wrote the file.
    """
    with database.read() as connection:
        held = _version(connection)
    if held > schema.version:
        raise NewerData(
            f"Dữ liệu trong {database.path.name} do phiên bản mới hơn của sổ tay ghi.",
            "Hãy cài bản sổ tay mới nhất rồi mở lại. Dữ liệu không bị thay đổi.",
        )
    if held == 0:
        with database.write() as connection:
            schema.metadata.create_all(connection)
            _record(connection, schema.version)
        return
    if held == schema.version:
        return
    copy = database.path.with_name(f"{database.path.name}.v{held}.bak")
    database.copy_to(copy)
    for version in range(held, schema.version):
        with database.write() as connection:
            schema.steps[version - 1](connection)
            _record(connection, version + 1)
    for older in database.path.parent.glob(f"{database.path.name}.v*.bak"):
        if older != copy:
            older.unlink()


def _version(connection: Connection) -> int:
    return connection.exec_driver_sql("PRAGMA user_version").scalar_one()


def _record(connection: Connection, version: int) -> None:
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
