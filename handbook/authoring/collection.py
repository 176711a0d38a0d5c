"""Removing what no reader can still ask for from the published folder.

A PC may believe a timestamp for as long as it lives, be it from a cache on the way, and fetches what that
leads to: snapshot, roles, catalogues, packs. So a file goes when nothing has named it for the life of a
timestamp. Roots stay for ever, because a PC that was away for years follows their chain; so does what was
signed but not sealed yet.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Snapshot, Targets

from handbook.authoring.durable import DRAFT_SUFFIX
from handbook.authoring.signed_folder import SignedFolder
from handbook.errors import Untrusted
from handbook.protocol import trust

GRACE = trust.TIMESTAMP_LIFETIME


def collect(folder: SignedFolder, now: datetime) -> int:
    """Removes what readers have not been led to for GRACE; returns how many files that were.

    The caller holds the folder's lock. Files younger than GRACE stay, whatever names them: they may be on
    their way here from a publisher elsewhere.
    """
    kept = set(_led_to(folder, now))
    gone = [
        file
        for file in _removable(folder.path)
        if file not in kept and datetime.fromtimestamp(file.stat().st_mtime, UTC) < now - GRACE
    ]
    for file in gone:
        file.unlink()
    return len(gone)


def _removable(path: Path) -> Iterator[Path]:
    for file in (path / trust.METADATA).glob("*.json"):
        if file.name != "timestamp.json" and not file.name.endswith(".root.json"):
            yield file
    yield from (path / trust.TARGETS).rglob("*.json")
    yield from (path / trust.PACKS).glob("*.pack")
    yield from (path / trust.DICTIONARIES).glob("*.dict")
    yield from path.rglob(f".*{DRAFT_SUFFIX}")


def _led_to(folder: SignedFolder, now: datetime) -> Iterator[Path]:
    """The files that readers come to from any snapshot they may still hold, and what waits to be sealed."""
    wanted: dict[str, set[int]] = {}
    visible = folder.visible_versions()
    for version, snapshot in _living_snapshots(folder, now):
        yield folder.metadata_file(Snapshot.type, version)
        for name, file in snapshot.meta.items():
            wanted.setdefault(name.removesuffix(".json"), set()).add(file.version)
    for role in wanted:
        wanted[role] |= {each for each in folder.versions(role) if each > visible.get(role, 0)}
    for role in folder.roles():
        wanted.setdefault(role, set(folder.versions(role)))
    for role, versions in wanted.items():
        for version in versions:
            file = folder.metadata_file(role, version)
            yield file
            yield from _named_by(folder, role, file)


def _living_snapshots(folder: SignedFolder, now: datetime) -> Iterator[tuple[int, Snapshot]]:
    found = []
    for version in sorted(folder.versions(Snapshot.type)):
        try:
            metadata = Metadata[Snapshot].from_file(str(folder.metadata_file(Snapshot.type, version)))
        except (RepositoryError, ValueError):
            continue
        found.append((version, metadata.signed))
    for (version, snapshot), (_, successor) in pairwise(found):
        if successor.expires - trust.SNAPSHOT_LIFETIME > now - GRACE:
            yield version, snapshot
    yield from found[-1:]


def _named_by(folder: SignedFolder, role: str, file: Path) -> Iterator[Path]:
    """The catalogue that a state of a role names, and its packs and dictionaries."""
    try:
        targets = Metadata[Targets].from_file(str(file)).signed.targets
        for target in targets.values():
            catalogue_file = folder.target_file(target)
            yield catalogue_file
            catalogue = trust.read_catalogue(catalogue_file.read_bytes(), trust.publisher_of_role(role))
            yield from (folder.path / trust.pack_path(ref.sha256) for ref in catalogue.packs)
            yield from (folder.path / trust.dictionary_path(ref.sha256) for ref in catalogue.dictionaries)
    except (RepositoryError, ValueError, Untrusted, FileNotFoundError):
        return  # a state that nobody can follow keeps nothing
