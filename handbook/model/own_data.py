"""Everything that a handbook and its server hold of one member, to be taken away by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
"""A row in plain values that JSON knows; moments are ISO 8601 in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnText:
    """One text of a reflection; `parts` are the titles of the template and the Markdown under each."""

    assignment: str
    title: str
    standing: str
    written_at: datetime
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFile:
    sha256: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOpening:
    """That `reader` was given revision `revision` of a text; `how` in words."""

    assignment: str
    revision: int
    reader: str
    how: str
    first_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPart:
    """What the server told: `held` are its entries about the member, as the feed gives them."""

    held: tuple[Row, ...]
    openings: tuple[OwnOpening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """`tables` is by the name of the table; `missing` are names of attached files that are not on this PC.

    Without `server_part`, `server_problem` says why.
    """

    account: str
    name: str
    unit: str
    server: str
    taken_at: datetime
    tables: Mapping[str, tuple[Row, ...]]
    texts: tuple[OwnText, ...]
    files: tuple[OwnFile, ...]
    missing: tuple[str, ...]
    server_part: ServerPart | None
    server_problem: str
