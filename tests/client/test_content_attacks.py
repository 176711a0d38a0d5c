"""Only what the right publisher signed, and lately, is taken in; what is installed stays as it is."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from tuf.api.metadata import Metadata, Snapshot, Timestamp

from handbook.authoring import keys
from handbook.authoring.publish import refresh_timestamp
from handbook.client.content import pull
from handbook.client.store import Store
from handbook.client.tables.library import packs as packs_table
from handbook.client.tables.library import receipt_keys
from handbook.errors import (
    ServerBroken,
    Untrusted,
    WrongClock,
)
from handbook.protocol import packs, trust
from handbook.protocol.packs import Item, ItemKind
from handbook.protocol.receipts import receipt_key
from tests.client.http_server import Reply, serving
from tests.client.ward import (
    COMMUNE,
    NOW,
    PUBLISHERS,
    Ward,
    on,
    pack_of,
    refused,
)


@pytest.fixture
def ward(tmp_path: Path, store: Store) -> Iterator[Ward]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        made = Ward(tmp_path, store, server)
        yield made
        made.transport.close()


def test_an_older_timestamp_is_refused(ward: Ward) -> None:
    ward.publish()
    old = (ward.content / "metadata/timestamp.json").read_bytes()
    refresh_timestamp(ward.content, ward.keys, NOW)
    ward.pull()
    (ward.content / "metadata/timestamp.json").write_bytes(old)
    refused(ward, match="Chữ ký")


def test_an_older_catalogue_is_refused_even_when_the_cache_is_lost(ward: Ward) -> None:
    ward.publish()
    before = ward.folder / "before"
    shutil.copytree(ward.content, before)
    ward.write("central", "nq-1", "## Một\n\nMới.", "1-NQ/TW")
    ward.publish()
    ward.pull()
    shutil.rmtree(ward.content)
    shutil.copytree(before, ward.content)
    refused(ward)
    shutil.rmtree(ward.pc)
    refused(ward, match="cũ hơn bản đã cài")


def test_a_snapshot_of_another_day_is_refused(ward: Ward) -> None:
    ward.publish()
    ward.write("central", "nq-2")
    ward.publish()
    old = (ward.content / "metadata/1.snapshot.json").read_bytes()
    (ward.content / "metadata/2.snapshot.json").write_bytes(old)
    refused(ward)


def test_expired_signatures_are_refused_and_the_clock_is_not_blamed(ward: Ward) -> None:
    ward.publish()
    ward.now = NOW + trust.TIMESTAMP_LIFETIME + timedelta(minutes=30)
    ward.server.now = lambda: ward.now
    error = refused(ward, match="quá hạn")
    assert "quản trị máy chủ" in error.advice


def test_a_clock_that_is_ahead_is_told_with_both_times(ward: Ward) -> None:
    ward.publish()
    ward.now = datetime(2027, 11, 22, 3, 0, tzinfo=UTC)
    error = refused(ward, WrongClock)
    assert "10:00 ngày 22/11/2027" in error.message
    assert "10:00 ngày 22/11/2026" in error.message


def test_a_server_that_stands_still_is_noticed(ward: Ward) -> None:
    """Freeze: the same files for ever, truthfully answered 304."""
    ward.publish()
    ward.pull()
    assert ward.pull().unchanged
    ward.now = NOW + trust.TIMESTAMP_LIFETIME
    ward.server.now = lambda: ward.now
    refused(ward, match="quá hạn")
    refresh_timestamp(ward.content, ward.keys, ward.now)
    assert ward.pull().changed == frozenset()


def test_a_304_that_was_not_asked_for_is_not_believed(ward: Ward) -> None:
    ward.publish()
    ward.server.misbehave = on("timestamp", lambda request, usual: Reply(304))
    refused(ward, ServerBroken)


@pytest.mark.parametrize(
    "item_id",
    [
        "central/nq-1",
        "hongson/x",
        "hongson/anphu/x",
        f"{COMMUNE}/../../central/nq-1",
        f"{COMMUNE}/a/b",
        "x",
        "",
    ],
)
@pytest.mark.parametrize("kind", [ItemKind.DOCUMENT, ItemKind.WITHDRAWAL])
def test_a_commune_can_neither_replace_nor_withdraw_what_is_not_its_own(
    ward: Ward, item_id: str, kind: ItemKind
) -> None:
    ward.publish()
    ward.pull()
    ward.sign(COMMUNE, pack_of(item_id, kind, edition=99))
    refused(ward)


def test_what_one_publisher_got_wrong_does_not_hold_up_the_others(ward: Ward) -> None:
    ward.publish()
    ward.pull()
    ward.sign("hongson", pack_of("central/nq-1"))
    ward.write("central", "nq-2")
    ward.write(COMMUNE, "moi", number="9-TB/ĐU")
    (ward.data / "hongson/publisher.toml").rename(ward.folder / "kept.toml")
    ward.publish()
    with pytest.raises(Untrusted, match="hongson"):
        ward.pull()
    assert {"central/nq-2", f"{COMMUNE}/moi"} <= ward.documents().keys()


@pytest.mark.parametrize("data", [b"", b"not a pack", b"HBPACK" + bytes(200)])
def test_a_signed_file_that_is_no_pack_is_refused(ward: Ward, data: bytes) -> None:
    ward.publish()
    ward.pull()
    ward.sign(COMMUNE, data)
    refused(ward)


def test_a_signed_pack_beyond_the_limit_is_not_even_fetched(ward: Ward) -> None:
    ward.publish()
    ref = trust.PackRef(sha256="ab" * 32, length=packs.MAX_PACK_BYTES + 1, sequence=2, items=1)
    ward.sign(COMMUNE, b"x", packs=(ref,))
    with pytest.raises(Untrusted, match="giới hạn"):
        ward.pull()
    assert "abab" not in "".join(ward.server.paths())


def test_a_pack_that_wants_an_unsigned_dictionary_is_refused(ward: Ward) -> None:
    ward.publish()
    ward.pull()
    dictionary = zstandard.train_dictionary(1024, [f"chi bộ số {n} họp".encode() * 9 for n in range(500)])
    [(pack, _)] = packs.build_packs(
        [Item(id=f"{COMMUNE}/x", kind=ItemKind.DOCUMENT, edition=1, payload=b"{}")], dictionary.as_bytes()
    )
    ward.sign(COMMUNE, pack)
    refused(ward, match="từ điển")


def test_metadata_signed_by_strangers_is_refused(ward: Ward, tmp_path: Path) -> None:
    ward.publish()
    ward.pull()
    keys.create_authority(tmp_path / "strangers", PUBLISHERS)
    for name, kind in (("snapshot", Snapshot), ("timestamp", Timestamp)):
        file = ward.content / "metadata" / ("1.snapshot.json" if name == "snapshot" else "timestamp.json")
        metadata = Metadata[kind].from_file(str(file))
        metadata.signed.version += 1
        signer = keys.signer(tmp_path / "strangers", name)
        assert signer is not None
        metadata.sign(signer)
        metadata.to_file(str(ward.content / "metadata" / file.name.replace("1.", "2.")))
    refused(ward, match="Chữ ký")


def test_a_new_root_is_followed_when_the_old_keys_sign_it(ward: Ward) -> None:
    ward.publish()
    ward.pull()
    later = NOW + trust.ROOT_LIFETIME - timedelta(days=1)
    ward.now = later
    ward.server.now = lambda: later
    ward.publish(later)
    assert (ward.content / "metadata/2.root.json").exists()
    ward.pull()
    assert (ward.pc / "metadata/root_history/2.root.json").exists()


def test_a_root_of_this_pc_that_is_none_is_told(ward: Ward) -> None:
    ward.publish()
    with pytest.raises(Untrusted):
        pull(ward.store, ward.transport, ward.pc, b"{}", PUBLISHERS, NOW)


def test_receipt_keys_follow_the_catalogue(ward: Ward) -> None:
    first, second = (receipt_key(Ed25519PrivateKey.generate()) for _ in range(2))
    ward.publish(receipt_keys=[first])
    ward.pull()
    ward.publish(receipt_keys=[second])
    ward.pull()
    with ward.store.library.read() as connection:
        held = set(connection.scalars(select(receipt_keys.c.id)))
        assert connection.scalars(select(packs_table.c.sequence)).all().count(1) == 2
    assert held == {first.id, second.id}
