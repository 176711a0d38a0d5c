"""All that a publisher has published, as its packs hold it, and the packs of its next publishing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from handbook.authoring.repacking import ENTRY_BYTES, Weight, to_remake
from handbook.protocol import packs, trust
from handbook.protocol.packs import Entry, Frame, Item


@dataclass(frozen=True, slots=True)
class StoredPack:
    """A pack whose bytes were found to be those that the catalogue names."""

    ref: trust.PackRef
    data: bytes
    header: packs.Header
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, ref: trust.PackRef, data: bytes) -> "StoredPack":
        """Raises Untrusted when these are not the bytes of that pack."""
        return cls(ref, data, packs.checked_header(data, ref.sha256), packs.index_of(data))

    def stored(self, entry: Entry) -> bytes:
        start = self.header.items_start + entry.offset
        return self.data[start : start + entry.length]


@dataclass(slots=True)
class Shelf:
    """What was published last: `catalogue` is None before the first time. `dictionaries` by SHA-256."""

    catalogue: trust.Catalogue | None = None
    packs: Sequence[StoredPack] = ()
    dictionaries: Mapping[str, bytes] = field(default_factory=dict)
    items: dict[str, Item] = field(init=False)
    """The latest edition of every id, withdrawn ones included."""

    def __post_init__(self) -> None:
        newest: dict[str, tuple[StoredPack, Entry]] = {}
        for pack in self.packs:
            for entry in pack.entries:
                if entry.id not in newest or newest[entry.id][1].edition < entry.edition:
                    newest[entry.id] = (pack, entry)
        self.items = {id: self._item(pack, entry) for id, (pack, entry) in newest.items()}

    def _item(self, pack: StoredPack, entry: Entry) -> Item:
        return packs.read_item(entry, pack.stored(entry), self._dictionary_of(pack))

    def _dictionary_of(self, pack: StoredPack) -> bytes:
        return self.dictionaries.get(pack.header.dictionary, b"")

    def next_packs(
        self,
        fresh: Iterable[Item],
        version: int,
        dictionary: bytes,
        write: Callable[[bytes], str],
    ) -> tuple[tuple[trust.PackRef, ...], int]:
        """The packs that the catalogue of publishing `version` names, and how many bytes are new to all.

        `write` stores the bytes of a pack and returns their SHA-256. Packs are made anew as `repacking` says:
        their items keep their order, and each new pack brings a reader as far as the last one it is made of.
        """
        fresh = tuple(fresh)
        new = tuple(
            trust.PackRef(sha256=write(data), length=len(data), sequence=version, items=count)
            for data, count in packs.build_packs(fresh, dictionary)
        )
        current = {item.id: item.edition for item in (*self.items.values(), *fresh)}
        weights = [_weight(pack, current) for pack in self.packs]
        refs: list[trust.PackRef] = []
        position = 0
        for run in to_remake(weights, version):
            refs += (pack.ref for pack in self.packs[position : run.start])
            refs += self._remade(self.packs[run.start : run.stop], current, dictionary, write)
            position = run.stop
        refs += (pack.ref for pack in self.packs[position:])
        return (*refs, *new), sum(ref.length for ref in new)

    def _remade(
        self,
        old: Sequence[StoredPack],
        current: Mapping[str, int],
        dictionary: bytes,
        write: Callable[[bytes], str],
    ) -> Iterator[trust.PackRef]:
        """Packs of what is current in these, each with the sequence of the last pack that it takes from."""
        taken = [(pack, entry) for pack in old for entry in pack.entries if _is_current(entry, current)]
        name = packs.dictionary_name(dictionary)
        frames = (self._frame(pack, entry, dictionary, name) for pack, entry in taken)
        done = 0
        for data, count in packs.pack_frames(frames, dictionary):
            done += count
            sequence = taken[done - 1][0].ref.sequence
            yield trust.PackRef(sha256=write(data), length=len(data), sequence=sequence, items=count)

    def _frame(self, pack: StoredPack, entry: Entry, dictionary: bytes, name: str) -> Frame:
        if pack.header.dictionary == name:
            return Frame(entry.id, entry.kind, entry.edition, entry.raw_length, pack.stored(entry))
        [frame] = packs.compressed([self._item(pack, entry)], dictionary)
        return frame


def _is_current(entry: Entry, current: Mapping[str, int]) -> bool:
    return current[entry.id] == entry.edition


def _weight(pack: StoredPack, current: Mapping[str, int]) -> Weight:
    bytes_of = {True: 0, False: 0}
    for entry in pack.entries:
        bytes_of[_is_current(entry, current)] += entry.length + ENTRY_BYTES
    return Weight(sequence=pack.ref.sequence, current=bytes_of[True], dead=bytes_of[False])
