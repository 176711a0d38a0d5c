"""Assignments as published in the content folder, which this server hands out to everybody else too.

Readers verify signatures; the server checks hashes, against a half-copied or damaged folder. What is current
is what `timestamp.json` leads to: snapshot, the publisher's role, its catalogue, its packs.
"""

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec

from handbook.errors import NotFound, ServerBroken, Untrusted
from handbook.model.library import publisher_of
from handbook.model.people import commune_of, lies_within
from handbook.model.study import Assignment
from handbook.protocol import packs, trust
from handbook.protocol.packs import ItemKind

CENTRAL = "central"


class _File(msgspec.Struct):
    """How TUF metadata names other metadata (by version) or a target (by hashes)."""

    version: int = 0
    hashes: dict[str, str] = {}


class _Signed(msgspec.Struct):
    meta: dict[str, _File] = {}
    targets: dict[str, _File] = {}


class _Metadata(msgspec.Struct):
    signed: _Signed


@dataclass(frozen=True, slots=True)
class _Read:
    """One publisher's assignments, as of a timestamp file's identity."""

    stamp: tuple[int, int]
    assignments: dict[str, Assignment]


class Published:
    """The assignments of a content folder, read again when a publishing has changed it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[str, _Read] = {}

    def assignment(self, assignment_id: str) -> Assignment:
        """The current edition. Raises NotFound, and ServerBroken when the folder's files do not fit."""
        publisher = publisher_of(assignment_id)
        found = None
        if trust.is_publisher_path(publisher):
            with self._lock:
                found = self._of(publisher).get(assignment_id)
        if found is None:
            raise NotFound("Không có nhiệm vụ học tập này trong nội dung đã phát hành.", "Hãy đồng bộ lại.")
        return found

    def assignments_for(self, unit_path: str) -> tuple[Assignment, ...]:
        """What the centre and the levels down to the unit's commune give to the unit or to any below it.

        Raises ServerBroken when the folder's files do not fit.
        """
        names = commune_of(unit_path).split("/")
        levels = ("/".join(names[:depth]) for depth in range(1, len(names) + 1))
        with self._lock:
            known = [each for publisher in (CENTRAL, *levels) for each in self._of(publisher).values()]
        return tuple(
            each
            for each in known
            if each.is_for(unit_path) or any(lies_within(given, unit_path) for given in each.units)
        )

    def _of(self, publisher: str) -> dict[str, Assignment]:
        try:
            status = (self._folder / trust.METADATA / "timestamp.json").stat()
        except FileNotFoundError:
            return {}
        stamp = (status.st_mtime_ns, status.st_ino)
        if publisher not in self._read or self._read[publisher].stamp != stamp:
            self._read[publisher] = _Read(stamp, self._assignments(publisher))
        return self._read[publisher].assignments

    def _assignments(self, publisher: str) -> dict[str, Assignment]:
        try:
            catalogue = self._catalogue(publisher)
            return self._items(catalogue) if catalogue else {}
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, KeyError, Untrusted) as error:
            raise ServerBroken(
                "Nội dung phát hành trên máy chủ không đầy đủ.", "Hãy báo quản trị máy chủ."
            ) from error

    def _catalogue(self, publisher: str) -> trust.Catalogue | None:
        role = f"{trust.role_of(publisher)}.json"
        timestamp = self._metadata("timestamp.json")
        snapshot = self._metadata(f"{timestamp.meta['snapshot.json'].version}.snapshot.json")
        if role not in snapshot.meta:
            return None
        target = self._metadata(f"{snapshot.meta[role].version}.{role}").targets.get(
            trust.catalogue_path(publisher)
        )
        if target is None:
            return None
        sha256 = target.hashes["sha256"]
        data = self._checked(f"{trust.TARGETS}/{publisher}/{sha256}.catalogue.json", sha256)
        return trust.read_catalogue(data, publisher)

    def _checked(self, path: str, sha256: str) -> bytes:
        data = (self._folder / path).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Untrusted("Tệp phát hành trên máy chủ bị thay đổi.", "Hãy báo quản trị máy chủ.")
        return data

    def _metadata(self, name: str) -> _Signed:
        data = (self._folder / trust.METADATA / name).read_bytes()
        return msgspec.json.decode(data, type=_Metadata).signed

    def _items(self, catalogue: trust.Catalogue) -> dict[str, Assignment]:
        dictionaries = {
            ref.sha256: self._checked(trust.dictionary_path(ref.sha256), ref.sha256)
            for ref in catalogue.dictionaries
        }
        latest: dict[str, packs.Item] = {}
        for ref in catalogue.packs:
            data = self._checked(trust.pack_path(ref.sha256), ref.sha256)
            dictionary = dictionaries.get(packs.read_header(data).dictionary, b"")
            for item in packs.open_pack(data, ref.sha256, dictionary):
                if item.kind is not ItemKind.DOCUMENT and (
                    item.id not in latest or latest[item.id].edition < item.edition
                ):
                    latest[item.id] = item
        records = {item_id: packs.record_of(item) for item_id, item in latest.items()}
        return {item_id: record for item_id, record in records.items() if isinstance(record, Assignment)}
