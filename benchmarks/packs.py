"""Content on the line over hundreds of publishings: a first sync beside its floor, and what readers fetch.

Signs and packs as `handbook publish` does, on generated documents of the size of office texts; readers are
counted by the files that they would be led to, as they lie on the server.
"""

import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from tuf.api.metadata import Metadata, Snapshot

from benchmarks.report import Row, median, percentile
from handbook.authoring.collection import collect
from handbook.authoring.keys import create_authority
from handbook.authoring.publish import publish_records
from handbook.authoring.repository import Repository
from handbook.authoring.shelf import Shelf
from handbook.model.library import Collection, Document, Kind, Section, Status
from handbook.protocol import packs, trust

CHANGED = 5  # documents of a publishing
PUBLISHER = "central"
READERS = {"daily": 1, "weekly": 7, "monthly": 30}
CHECKED_EVERY = 25  # publishings between two looks at the first sync
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = 6_000  # of the vocabulary
LETTERS = "abcdđeghiklmnopqrstuvxyăâêôơư"


def measure(documents: int, publishings: int) -> list[Row]:
    """Publishes so many times, five documents changed each time, and follows the readers."""
    with tempfile.TemporaryDirectory() as folder:
        return _Year(Path(folder), documents).run(publishings)


class _Year:
    def __init__(self, folder: Path, documents: int) -> None:
        self._content, self._keys = folder / "content", folder / "keys"
        create_authority(self._keys, [PUBLISHER])
        self._random = Random(2026)
        self._words = [
            "".join(self._random.choices(LETTERS, k=self._random.randint(2, 6))) for _ in range(WORDS)
        ]
        self._records = [self._document(number) for number in range(documents)]
        self._seconds: list[float] = []
        self._first: list[float] = []  # first syncs, beside their floors
        self._files: list[int] = []
        self._beyond: list[int] = []  # what a daily reader moves beyond the changed documents, bytes
        self._moved: dict[str, list[int]] = {name: [] for name in READERS}
        self._overhead: dict[str, list[float]] = {name: [] for name in READERS}
        self._held: dict[str, dict[str, int]] = {name: {} for name in READERS}  # files, by name and size
        self._known = dict.fromkeys(READERS, 0)
        self._changed_in: dict[str, int] = {}  # the publishing that last changed an id

    def run(self, publishings: int) -> list[Row]:
        self._publish(1, range(len(self._records)))
        for name in READERS:
            self._pull(name, 1)
        self._moved = {name: [] for name in READERS}
        self._overhead = {name: [] for name in READERS}
        self._beyond.clear()
        self._seconds.clear()
        for number in range(2, publishings + 2):
            self._publish(number, self._random.sample(range(len(self._records)), CHANGED))
            for name, every in READERS.items():
                if number % every == 0:
                    self._pull(name, number)
            if number % CHECKED_EVERY == 0:
                self._look_at_first_sync()
        return self._rows(publishings)

    def _publish(self, number: int, changed: Sequence[int]) -> None:
        for position in changed:
            self._records[position] = self._document(position)
            self._changed_in[self._records[position].id] = number
        now = BEGAN + timedelta(days=number)
        began = time.perf_counter()
        repository = Repository(self._content, self._keys)
        with repository.locked(new=True):
            shelf = repository.shelf(PUBLISHER)
            repository.create(now)
            repository.delegate(PUBLISHER)
            publish_records(
                repository, shelf, path=PUBLISHER, name="Trung ương", records=self._records, files={}
            )
            repository.commit(now)
            # By the simulated days; the files themselves are all of today.
            collect(repository, datetime.now(UTC) + timedelta(days=365) if number % 50 == 0 else now)
        self._seconds.append(time.perf_counter() - began)

    def _pull(self, reader: str, number: int) -> None:
        """The files a reader is led to that it does not have, but for packs of what it has taken in."""
        shelf = self._shelf()
        wanted = self._metadata() | {
            trust.pack_path(ref.sha256): ref.length
            for ref in shelf.catalogue.packs
            if ref.sequence > self._known[reader]
        }
        fetched = {name: size for name, size in wanted.items() if name not in self._held[reader]}
        fetched["timestamp"] = (self._content / "metadata/timestamp.json").stat().st_size
        news = sum(
            entry.length for entry in _current(shelf) if self._changed_in[entry.id] > self._known[reader]
        )
        self._moved[reader].append(sum(fetched.values()))
        self._overhead[reader].append(sum(fetched.values()) / max(1, news))
        if reader == "daily":
            self._beyond.append(sum(fetched.values()) - news)
        self._held[reader] |= wanted
        self._known[reader] = number

    def _look_at_first_sync(self) -> None:
        shelf = self._shelf()
        refs, dictionaries = shelf.catalogue.packs, shelf.catalogue.dictionaries
        small = sum(self._metadata().values())
        whole = small + sum(ref.length for ref in (*refs, *dictionaries))
        dictionary = next(iter(shelf.dictionaries.values()), b"")
        frames = [
            packs.Frame(entry.id, entry.kind, entry.edition, entry.raw_length, pack.stored(entry))
            for pack in shelf.packs
            for entry in pack.entries
            if shelf.items[entry.id].edition == entry.edition
        ]
        fresh = sum(len(data) for data, _ in packs.pack_frames(frames, dictionary))
        self._first.append(whole / (small + fresh + len(dictionary)))
        self._files.append(len(refs))

    def _shelf(self) -> Shelf:
        return Repository(self._content, self._keys).shelf(PUBLISHER)

    def _metadata(self) -> dict[str, int]:
        """The immutable small files that the present timestamp leads to, with their sizes."""
        repository = Repository(self._content, self._keys)
        versions = repository.visible_versions()
        newest = max(repository.versions(Snapshot.type))
        files = [repository.metadata_file(role, version) for role, version in versions.items()]
        files.append(repository.metadata_file(Snapshot.type, newest))
        for role in (PUBLISHER,):
            metadata = Metadata.from_file(str(repository.metadata_file(role, versions[role])))
            files += [repository.target_file(target) for target in metadata.signed.targets.values()]
        return {file.name: file.stat().st_size for file in files}

    def _document(self, number: int) -> Document:
        sections = tuple(
            Section(anchor=f"muc-{each}", level=1, heading=self._text(6), text=self._text(180))
            for each in range(3)
        )
        return Document(
            id=f"{PUBLISHER}/van-ban-{number}",
            edition=0,
            collection=Collection.GUIDANCE,
            kind=Kind.GUIDANCE,
            number=f"{number}-HD/TW",
            title=self._text(12),
            issuer="Ban Bí thư",
            issued_on=date(2026, 1, 1),
            status=Status.IN_FORCE,
            topics=("công tác",),
            summary=self._text(20),
            relations=(),
            sections=sections,
        )

    def _text(self, words: int) -> str:
        # A few words are said very often, as in any language.
        chosen = (self._words[int(WORDS * self._random.random() ** 3)] for _ in range(words))
        return " ".join(chosen)

    def _rows(self, publishings: int) -> list[Row]:
        rows = [
            Row("publishings, five of so many documents changed", publishings, f"of {len(self._records):,}"),
            Row(
                "first sync, mean",
                sum(self._first) / len(self._first),
                "x",
                None,
                "everything in fresh packs",
            ),
            Row("first sync, worst", max(self._first), "x", None, "everything in fresh packs"),
            Row("packs in the catalogue, most", max(self._files), "files"),
            Row("beyond the five, every day: median", median(self._beyond), "bytes"),
            Row("beyond the five, every day: most", max(self._beyond), "bytes"),
        ]
        for name, moved in self._moved.items():
            if moved:
                share = self._overhead[name]
                rows.append(Row(f"{name} reader, median", median(moved), "bytes", median(share), "its news"))
                rows.append(Row(f"{name} reader, worst", max(moved), "bytes", max(share), "its news"))
        in_folder = [file for file in self._content.rglob("*") if file.is_file()]
        rows += [
            Row("files in the folder at the end", len(in_folder), "files"),
            Row("a publishing, median", median(self._seconds), "s"),
            Row("a publishing, p95", percentile(self._seconds, 0.95), "s"),
        ]
        return rows


def _current(shelf: Shelf) -> list[packs.Entry]:
    return [
        entry
        for pack in shelf.packs
        for entry in pack.entries
        if shelf.items[entry.id].edition == entry.edition
    ]
