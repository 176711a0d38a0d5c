"""Keys are replaced, stolen and recovered: real metadata, the real client, and a PC that was far behind."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

from handbook.authoring import keys, root_change
from handbook.authoring.publish import publish, refresh_timestamp
from handbook.authoring.repository import Repository
from handbook.authoring.rotation import revoke, rotate
from handbook.client.store import Store
from handbook.errors import BadInput, NotAllowed, Untrusted
from handbook.protocol import codec, packs, trust
from handbook.protocol.receipts import receipt_key
from tests.client.http_server import serving
from tests.client.ward import COMMUNE, NOW, PUBLISHERS, Ward, refused

ROLE = "hongson.anbinh"
LARGEST = 2**31 - 1
RECEIPTS = receipt_key(Ed25519PrivateKey.generate())
NOTICE = f"{COMMUNE}/thong-bao"
EVIL = f"{COMMUNE}/gia-mao"


@pytest.fixture
def ward(tmp_path: Path, store: Store) -> Iterator[Ward]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        made = Ward(tmp_path, store, server)
        made.publish(receipt_keys=[RECEIPTS])
        yield made
        made.transport.close()


def folder_with(ward: Ward, name: str, *stems: str) -> Path:
    """A machine of its own that holds these keys, moved there from the ward's folder."""
    folder = ward.folder / name
    folder.mkdir()
    for stem in stems:
        for file in (keys.private_file(ward.keys, stem), keys.public_file(ward.keys, stem)):
            if file.exists():
                shutil.move(file, folder)
    return folder


def copied(ward: Ward, name: str, *stems: str) -> Path:
    """A thief's copy of these keys."""
    folder = ward.folder / name
    folder.mkdir()
    for stem in stems:
        shutil.copy(keys.private_file(ward.keys, stem), folder)
        shutil.copy(keys.public_file(ward.keys, stem), folder)
    return folder


def steal(ward: Ward, thief: Path, *, version: int = 0, edition: int = 9) -> None:
    """Signs with the thief's copy of the commune's key: a new document, and the notice taken away."""
    repository = Repository(ward.content, thief)
    before = Metadata[Targets].from_file(str(max((ward.content / "metadata").glob(f"*.{ROLE}.json"))))
    catalogue = trust.read_catalogue(
        next((ward.content / "targets" / COMMUNE).glob("*.catalogue.json")).read_bytes(), COMMUNE
    )
    document = packs.record_of(Repository(ward.content, ward.keys).shelf("central").items["central/nq-1"])
    evil = packs.document_item(_renamed(document, EVIL, edition))
    gone = packs.Item(id=NOTICE, kind=packs.ItemKind.WITHDRAWAL, edition=edition)
    [(data, count)] = packs.build_packs([evil, gone])
    number = version or catalogue.version + 1
    ref = trust.PackRef(sha256=repository.write_pack(data), length=len(data), sequence=number, items=count)
    signed = trust.Catalogue(
        publisher=COMMUNE,
        name="Kẻ trộm",
        version=number,
        receipt_keys=(receipt_key(Ed25519PrivateKey.generate()),),
        dictionaries=(),
        packs=(*catalogue.packs, ref),
    )
    raw = codec.encode(signed)
    target = TargetFile.from_data(trust.catalogue_path(COMMUNE), raw, ["sha256"])
    (ward.content / "targets" / COMMUNE / f"{target.hashes['sha256']}.catalogue.json").write_bytes(raw)
    before.signed.targets[target.path] = target
    before.signed.version = version or before.signed.version + 1
    before.sign(keys.signer(thief, ROLE))
    before.to_file(str(ward.content / f"metadata/{before.signed.version}.{ROLE}.json"))


def _renamed(document: object, id: str, edition: int) -> object:
    return replace(document, id=id, edition=edition)


# -- planned


def test_a_planned_rotation_is_nothing_to_readers_but_a_signature(ward: Ward) -> None:
    ward.pull()
    done = rotate(ward.content, ward.keys, COMMUNE, NOW)
    assert (done.named, done.settled, done.visible) == (True, True, True)
    assert done.key.public.name == "hongson.anbinh@2.pub"
    report = ward.pull()
    assert not report.changed
    assert report.bytes_down < 8 * packs.KIB
    ward.write(COMMUNE, "moi")
    ward.publish()
    assert ward.pull().changed == {f"{COMMUNE}/moi"}
    assert ward.documents().keys() == {"central/nq-1", NOTICE, f"{COMMUNE}/moi"}


def test_commune_and_province_rotate_each_on_its_own_machine(ward: Ward) -> None:
    commune = folder_with(ward, "commune-keys", ROLE)
    done = rotate(ward.content, commune, COMMUNE, NOW, passphrase="sen hồng")
    assert not done.named
    again = rotate(ward.content, commune, COMMUNE, NOW, passphrase="sen hồng")
    assert again.key.key.keyid == done.key.key.keyid
    named = rotate(ward.content, ward.keys, COMMUNE, NOW, public=done.key.public)
    assert (named.named, named.settled) == (True, False)
    ward.pull()
    ward.write(COMMUNE, "moi")
    publish(ward.data, ward.content, commune, NOW, unlock=lambda _: "sen hồng")
    refresh_timestamp(ward.content, ward.keys, NOW)
    assert ward.pull().changed == {f"{COMMUNE}/moi"}
    ward.publish()
    [left] = Repository(ward.content, ward.keys).delegations("hongson")[ROLE].keyids
    assert left == done.key.key.keyid
    assert ward.pull().changed == frozenset()


def test_centre_and_province_rotate_too(ward: Ward) -> None:
    ward.pull()
    for publisher in ("central", "hongson"):
        assert rotate(ward.content, ward.keys, publisher, NOW).settled
    ward.write("central", "nq-7")
    ward.publish()
    assert ward.pull().changed == {"central/nq-7"}


# -- stolen


@pytest.mark.parametrize("number", [0, LARGEST])
def test_what_a_thief_signed_is_replaced_after_the_key_was_revoked(ward: Ward, number: int) -> None:
    thief = copied(ward, "thief", ROLE)
    ward.pull()
    steal(ward, thief, version=number, edition=number or 9)
    refresh_timestamp(ward.content, ward.keys, NOW)
    assert EVIL in ward.pull().changed
    assert NOTICE not in ward.documents()

    new = keys.create_next(ward.keys, ROLE)
    assert revoke(ward.content, ward.keys, COMMUNE, NOW, public=new.public)
    refused(ward, match="khoá cũ có thể đã bị thu hồi")
    steal(ward, thief, version=number + 1 if number else 0, edition=number + 1 or 10)
    refresh_timestamp(ward.content, ward.keys, NOW)
    refused(ward, match="khoá cũ có thể đã bị thu hồi")

    with pytest.raises(BadInput, match="khoá biên nhận"):
        ward.publish()
    ward.publish(receipt_keys=[RECEIPTS])
    report = ward.pull()
    assert EVIL in report.withdrawn
    assert ward.documents() == {"central/nq-1": 1, NOTICE: 1}
    fresh = Store(ward.folder / "other-pc", bytes(32))
    assert set(_pull_into(ward, fresh)) == {"central/nq-1", NOTICE}
    fresh.close()
    ward.write(COMMUNE, "sau-do")
    ward.publish()
    assert ward.pull().changed == {f"{COMMUNE}/sau-do"}


def _pull_into(ward: Ward, store: Store) -> dict[str, int]:
    mine, ward.store = ward.store, store
    pc, ward.pc = ward.pc, ward.folder / "other-content"
    try:
        ward.pull()
        return ward.documents()
    finally:
        ward.store, ward.pc = mine, pc


def test_to_members_what_comes_again_unchanged_is_no_news(ward: Ward) -> None:
    ward.pull()
    new = keys.create_next(ward.keys, ROLE)
    revoke(ward.content, ward.keys, COMMUNE, NOW, public=new.public)
    ward.publish(receipt_keys=[RECEIPTS])
    report = ward.pull()
    assert (report.changed, report.withdrawn) == (frozenset(), frozenset())
    assert ward.documents() == {"central/nq-1": 1, NOTICE: 1}


def test_a_pc_that_begins_anew_survives_a_power_cut_half_way(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.pull()
    new = keys.create_next(ward.keys, ROLE)
    revoke(ward.content, ward.keys, COMMUNE, NOW, public=new.public)
    (ward.data / COMMUNE / "resolutions/thong-bao.md").unlink()
    ward.write(COMMUNE, "moi")
    ward.publish(receipt_keys=[RECEIPTS])

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("handbook.client.content.withdraw_forgotten", cut)
        with pytest.raises(KeyboardInterrupt):
            ward.pull()
    assert NOTICE in ward.documents()
    assert ward.pull().withdrawn == {NOTICE}
    assert ward.documents().keys() == {"central/nq-1", f"{COMMUNE}/moi"}


def test_the_state_of_before_is_not_taken_again(ward: Ward) -> None:
    old = ward.folder / "old-content"
    shutil.copytree(ward.content, old)
    ward.pull()
    new = keys.create_next(ward.keys, ROLE)
    revoke(ward.content, ward.keys, COMMUNE, NOW, public=new.public)
    ward.publish(receipt_keys=[RECEIPTS])
    ward.pull()
    shutil.rmtree(ward.pc)
    shutil.rmtree(ward.content)
    shutil.copytree(old, ward.content)
    refused(ward)


def test_without_a_new_key_nobody_may_publish_until_the_province_names_one(ward: Ward) -> None:
    ward.pull()
    revoke(ward.content, ward.keys, COMMUNE, NOW)
    refused(ward, match="thu hồi")
    with pytest.raises(NotAllowed, match="không phải khoá"):
        ward.publish()
    rotate(ward.content, ward.keys, COMMUNE, NOW)
    ward.publish(receipt_keys=[RECEIPTS])
    ward.pull()
    assert ward.documents() == {"central/nq-1": 1, NOTICE: 1}


def test_a_revoked_commune_does_not_stop_the_centre(ward: Ward) -> None:
    ward.pull()
    revoke(ward.content, ward.keys, COMMUNE, NOW)
    ward.write("central", "nq-8")
    (ward.data / COMMUNE / "publisher.toml").rename(ward.folder / "later.toml")
    ward.publish()
    with pytest.raises(Untrusted, match="thu hồi"):
        ward.pull()
    assert "central/nq-8" in ward.documents()


def test_only_the_one_above_can_revoke_and_a_revoked_key_is_no_replacement(ward: Ward) -> None:
    with pytest.raises(BadInput, match="đang bị thu hồi"):
        revoke(ward.content, ward.keys, COMMUNE, NOW, public=keys.public_file(ward.keys, ROLE))
    with pytest.raises(BadInput, match="nơi khác"):
        neighbour = "hongson/anphu"
        keys.create_authority(ward.keys, [neighbour])
        (ward.data / neighbour).mkdir(parents=True)
        (ward.data / neighbour / "publisher.toml").write_text(f'path = "{neighbour}"\nname = "x"\n')
        ward.publish()
        revoke(ward.content, ward.keys, neighbour, NOW, public=keys.public_file(ward.keys, ROLE))
    alone = folder_with(ward, "commune-keys", ROLE)
    with pytest.raises(NotAllowed):
        revoke(ward.content, alone, COMMUNE, NOW)
    with pytest.raises(BadInput, match="chưa được uỷ quyền"):
        revoke(ward.content, ward.keys, "hongson/khong-co", NOW)


def test_a_communes_key_cannot_put_anything_in_the_place_of_others(ward: Ward) -> None:
    """Its own metadata names the catalogues of the centre, the province and a neighbour."""
    ward.pull()
    metadata = Metadata[Targets].from_file(str(ward.content / f"metadata/1.{ROLE}.json"))
    centre = Repository(ward.content, ward.keys).catalogue("central")
    for publisher in ("central", "hongson", "hongson/anphu"):
        forged = trust.Catalogue(
            publisher=publisher, name="x", version=9, receipt_keys=(), dictionaries=(), packs=centre.packs
        )
        raw = codec.encode(forged)
        target = TargetFile.from_data(trust.catalogue_path(publisher), raw, ["sha256"])
        metadata.signed.targets[target.path] = target
        folder = ward.content / "targets" / publisher
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{target.hashes['sha256']}.catalogue.json").write_bytes(raw)
    metadata.signed.version = 2
    metadata.sign(keys.signer(ward.keys, ROLE))
    metadata.to_file(str(ward.content / f"metadata/2.{ROLE}.json"))
    refresh_timestamp(ward.content, ward.keys, NOW)
    before = ward.documents()
    report = ward.pull((*PUBLISHERS, "hongson/anphu"))
    assert not report.changed | report.withdrawn
    assert ward.documents() == before


# -- the root


def change_root(
    ward: Ward, *replaced: tuple[str, str], signers: tuple[Path, ...] | None = None, now=NOW
) -> tuple[int, bool]:
    """As three people do it: one drafts, two sign copies on their own machines, one brings them together."""
    draft = ward.folder / "draft.json"
    pairs = [
        (str(keys.public_file(ward.keys, old)), keys.public_file(ward.keys, new)) for old, new in replaced
    ]
    root_change.write_draft(draft, root_change.draft_root(ward.content, pairs, now))
    files = []
    for number, key in enumerate(signers or _two_roots(ward)):
        file = shutil.copy(draft, ward.folder / f"draft-{number}.json")
        root_change.sign_draft(file, key)
        files.append(file)
    return root_change.finish_root(ward.content, ward.keys, files, now)


def _two_roots(ward: Ward) -> tuple[Path, ...]:
    return tuple(keys.private_file(ward.keys, f"root-{number}") for number in (1, 3))


def test_a_pc_that_was_away_for_years_follows_the_chain_of_roots(ward: Ward) -> None:
    ward.pull()
    day = NOW
    for year in range(1, 5):
        day = NOW + timedelta(days=300 * year)
        old = "root-2" if year == 1 else f"root-2@{year}"
        keys.create_next(ward.keys, "root-2")
        assert change_root(ward, (old, f"root-2@{year + 1}"), now=day) == (year + 1, True)
    ward.write("central", "nq-9")
    ward.publish(day)
    ward.now = day
    ward.server.now = lambda: day
    assert "central/nq-9" in ward.pull().changed


@pytest.mark.parametrize("name", ["snapshot", "timestamp", "targets"])
def test_the_keys_under_the_root_are_replaced_by_it(ward: Ward, name: str) -> None:
    ward.pull()
    keys.create_next(ward.keys, name)
    assert change_root(ward, (name, f"{name}@2")) == (2, True)
    ward.write("central", "nq-9")
    ward.publish()
    assert ward.pull().changed == {"central/nq-9"}
    old = keys.private_file(ward.keys, name)
    old.unlink()
    ward.write("central", "nq-10")
    ward.publish()
    assert ward.pull().changed == {"central/nq-10"}


def test_a_thief_with_the_servers_keys_and_the_largest_number_is_recovered_from(ward: Ward) -> None:
    ward.pull()
    metadata = ward.content / "metadata"
    snapshot = Metadata[Snapshot].from_file(str(metadata / "1.snapshot.json"))
    snapshot.signed.version = LARGEST
    snapshot.sign(keys.signer(ward.keys, "snapshot"))
    snapshot.to_file(str(metadata / f"{LARGEST}.snapshot.json"))
    timestamp = Metadata[Timestamp].from_file(str(metadata / "timestamp.json"))
    timestamp.signed.version = LARGEST
    timestamp.signed.snapshot_meta = MetaFile(LARGEST)
    timestamp.sign(keys.signer(ward.keys, "timestamp"))
    timestamp.to_file(str(metadata / "timestamp.json"))
    ward.pull()

    keys.create_next(ward.keys, "snapshot")
    keys.create_next(ward.keys, "timestamp")
    change_root(ward, ("snapshot", "snapshot@2"), ("timestamp", "timestamp@2"))
    now = Metadata[Timestamp].from_file(str(metadata / "timestamp.json")).signed
    assert (now.version, now.snapshot_meta.version) == (1, 2)
    ward.write("central", "nq-9")
    ward.publish()
    assert ward.pull().changed == {"central/nq-9"}


def test_a_root_needs_two_of_its_three_people(ward: Ward) -> None:
    one = (keys.private_file(ward.keys, "root-1"),)
    stranger = keys.private_file(ward.keys, "central")
    keys.create_next(ward.keys, "root-2")
    for signers in (one, (*one, *one), (*one, stranger)):
        with pytest.raises(BadInput, match="có 1 chữ ký gốc hợp lệ, cần 2"):
            change_root(ward, ("root-2", "root-2@2"), signers=signers)
    assert not (ward.content / "metadata/2.root.json").exists()


def test_a_draft_that_does_not_fit_is_refused_in_words(ward: Ward) -> None:
    keys.create_next(ward.keys, "root-2")
    with pytest.raises(BadInput, match="không phải một khoá của gốc"):
        change_root(ward, ("central", "root-2@2"))
    with pytest.raises(BadInput, match="đã có trong gốc"):
        change_root(ward, ("root-2", "root-1"))
    change_root(ward, ("root-2", "root-2@2"))
    with pytest.raises(BadInput, match="không phải bản kế tiếp"):
        root_change.finish_root(ward.content, ward.keys, [ward.folder / "draft-0.json"], NOW)
    with pytest.raises(BadInput, match="không phải bản thảo"):
        root_change.read_draft(ward.content / "metadata/1.central.json")
    with pytest.raises(BadInput, match="không phải bản thảo"):
        root_change.read_draft(ward.folder / "none.json")
    other = ward.folder / "other.json"
    root_change.write_draft(other, root_change.draft_root(ward.content, [], NOW + timedelta(days=1)))
    shutil.copy(other, ward.folder / "same.json")
    root_change.write_draft(other, root_change.draft_root(ward.content, [], NOW))
    with pytest.raises(BadInput, match="cùng một bản thảo"):
        root_change.finish_root(ward.content, ward.keys, [other, ward.folder / "same.json"], NOW)


def test_the_servers_new_key_must_be_where_the_root_is_put_in_place(ward: Ward) -> None:
    elsewhere = keys.create_next(ward.keys, "snapshot")
    kept = elsewhere.private.read_bytes()
    elsewhere.private.unlink()
    with pytest.raises(NotAllowed, match="đổi khoá snapshot"):
        change_root(ward, ("snapshot", "snapshot@2"))
    ward.pull()
    elsewhere.private.write_bytes(kept)
    change_root(ward, ("snapshot", "snapshot@2"))
    ward.pull()


# -- a kill in between


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("what", ["rotate", "revoke", "root"])
def test_a_kill_at_any_write_is_healed_by_doing_it_again(
    ward: Ward, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.create_next(ward.keys, "snapshot")
    new = keys.create_next(ward.keys, ROLE)
    acts: dict[str, Callable[[], object]] = {
        "rotate": lambda: rotate(ward.content, ward.keys, COMMUNE, NOW),
        "revoke": lambda: revoke(ward.content, ward.keys, COMMUNE, NOW, public=new.public),
        "root": lambda: change_root(ward, ("snapshot", "snapshot@2")),
    }
    start = ward.folder / "start"
    shutil.copytree(ward.content, start)
    real = Repository._write
    for alive in range(20):
        shutil.rmtree(ward.content)
        shutil.copytree(start, ward.content)
        shutil.rmtree(ward.pc, ignore_errors=True)
        written = 0

        def dying(self, *given, alive=alive, **named):
            nonlocal written
            written += 1
            if written > alive:
                raise Killed
            real(self, *given, **named)

        with monkeypatch.context() as patched:
            patched.setattr(Repository, "_write", dying)
            try:
                acts[what]()
                finished = True
            except Killed:
                finished = False
        if not finished:
            _again(ward, acts[what])
        ward.publish(receipt_keys=[RECEIPTS])
        with closing(Store(ward.folder / f"pc-{alive}", bytes(32))) as pc:
            assert set(_pull_into(ward, pc)) == {"central/nq-1", NOTICE}
        shutil.rmtree(ward.folder / "other-content")
        if finished:
            assert alive >= 2
            return
    pytest.fail("more files were written than expected")


def _again(ward: Ward, act: Callable[[], object]) -> None:
    """The same command; one that had come through already says so, and the server's daily sealing ends it."""
    try:
        act()
    except BadInput as error:
        assert "đang bị thu hồi" in error.message or "không phải" in error.message
        refresh_timestamp(ward.content, ward.keys, NOW)
