"""Packs are made anew so that a first sync stays small, and nobody who is up to date fetches any of them."""

import hashlib
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.authoring.repacking import DEAD_BYTES, DEAD_SHARE, FULL_BYTES, GATHERED, Weight, to_remake
from handbook.authoring.shelf import Shelf, StoredPack
from handbook.protocol import trust
from handbook.protocol.packs import Item, ItemKind, open_pack

State = dict[str, tuple[int, bytes]]

# One publishing: which ids change, and what they say then (nothing: they are withdrawn).
publishings = st.lists(
    st.dictionaries(st.sampled_from([f"central/d-{n}" for n in range(12)]), st.binary(max_size=40)),
    min_size=1,
    max_size=90,
)


class Publisher:
    """Publishes one state after the other, as `handbook publish` does, and keeps every pack it ever wrote."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.refs: tuple[trust.PackRef, ...] = ()
        self.version = 0
        self.editions: dict[str, int] = {}

    def publish(self, changes: dict[str, bytes]) -> None:
        self.version += 1
        fresh = []
        for id, payload in changes.items():
            self.editions[id] = self.editions.get(id, 0) + 1
            kind = ItemKind.DOCUMENT if payload else ItemKind.WITHDRAWAL
            fresh.append(Item(id=id, kind=kind, edition=self.editions[id], payload=payload))
        stored = tuple(StoredPack.of(ref, self.files[ref.sha256]) for ref in self.refs)
        self.refs, _ = Shelf(None, stored).next_packs(fresh, self.version, b"", self._write)

    def _write(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.files[sha256] = data
        return sha256


class Reader:
    """Takes in what a catalogue names, as `handbook.client.content` does."""

    def __init__(self) -> None:
        self.state: State = {}
        self.known = 0

    def pull(self, publisher: Publisher) -> list[trust.PackRef]:
        needed = [ref for ref in publisher.refs if ref.sequence > self.known]
        for ref in needed:
            for item in open_pack(publisher.files[ref.sha256], ref.sha256):
                if item.edition > self.state.get(item.id, (0, b""))[0]:
                    self.state[item.id] = (item.edition, item.payload)
        self.known = publisher.version
        return needed


@settings(max_examples=40, deadline=None)
@given(publishings, st.sets(st.integers(0, 89), max_size=6))
def test_a_reader_of_any_publishing_comes_to_the_same_state_and_fetches_only_news(
    made: list[dict[str, bytes]], left_at: Iterable[int]
) -> None:
    publisher, daily, truth = Publisher(), Reader(), State()
    away = {moment: Reader() for moment in left_at}
    for moment, changes in enumerate(made):
        publisher.publish(changes)
        truth |= {id: (publisher.editions[id], payload) for id, payload in changes.items()}
        fetched = daily.pull(publisher)
        assert all(ref.sequence == publisher.version for ref in fetched)
        assert sum(ref.items for ref in fetched) == len(changes)
        assert daily.pull(publisher) == []
        if moment in away:
            away[moment].pull(publisher)
    for reader in (*away.values(), Reader(), daily):
        reader.pull(publisher)
        assert reader.state == truth
    sequences = [ref.sequence for ref in publisher.refs]
    assert sequences == sorted(sequences)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2**20), st.integers(0, 2**20)), max_size=200),
)
def test_what_is_left_is_few_packs_and_little_that_nobody_needs(packs: list[tuple[int, int, int]]) -> None:
    weights, sequence = [], 1
    for step, current, dead in packs:
        sequence += step
        weights.append(Weight(sequence=sequence, current=current, dead=dead))
    newest = sequence + 1
    runs = to_remake(weights, newest)
    touched = [position for run in runs for position in run]
    assert touched == sorted(set(touched))
    left = sum(each.dead for position, each in enumerate(weights) if position not in touched)
    assert left <= max(DEAD_SHARE * sum(each.current for each in weights), DEAD_BYTES)


def test_a_year_of_small_publishings_is_some_thirty_packs() -> None:
    weights: list[Weight] = []
    most = 0
    for day in range(1, 501):
        weights.append(Weight(sequence=day, current=1_000, dead=0))
        for run in reversed(to_remake(weights, day)):
            gathered = weights[run.start : run.stop]
            weights[run.start : run.stop] = [
                Weight(sequence=gathered[-1].sequence, current=sum(each.current for each in gathered), dead=0)
            ]
        most = max(most, len(weights))
        newest = [each.sequence for each in weights[-GATHERED:]]
        assert newest == list(range(max(1, day - GATHERED + 1), day + 1))
    assert most <= 3 * 2 * GATHERED


def test_large_packs_and_the_newest_publishing_are_left_alone() -> None:
    large = [Weight(sequence=each, current=FULL_BYTES, dead=0) for each in range(1, 40)]
    assert to_remake(large, 40) == ()
    newest = [Weight(sequence=7, current=10, dead=10**6) for _ in range(40)]
    assert to_remake(newest, 7) == ()


def test_the_pieces_of_a_large_publishing_stay_with_those_who_have_it() -> None:
    """Joined with later news they would be fetched again by everybody who has them."""
    weights = [Weight(sequence=1, current=FULL_BYTES // 2, dead=0) for _ in range(2 * GATHERED)]
    for day in range(2, 60):
        weights.append(Weight(sequence=day, current=1_000, dead=0))
        for run in reversed(to_remake(weights, day)):
            assert weights[run.start].sequence > 1
            last = weights[run.stop - 1].sequence
            size = sum(each.current for each in weights[run.start : run.stop])
            weights[run.start : run.stop] = [Weight(sequence=last, current=size, dead=0)]
    assert len(weights) < 2 * GATHERED + 3 * 2 * GATHERED
