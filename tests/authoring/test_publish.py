"""Publishing shows readers exactly what changed, and a kill at any moment leaves a state they can use."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.exceptions import ExpiredMetadataError
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from handbook.authoring import keys
from handbook.authoring.publish import PublishReport, publish, refresh_timestamp
from handbook.authoring.repository import Repository, trusted_root
from handbook.errors import BadInput, NotAllowed, Untrusted
from handbook.model.library import Document
from handbook.protocol import packs, trust
from handbook.protocol.packs import ItemKind
from handbook.protocol.receipts import receipt_key
from tests.authoring.conftest import NOW
from tests.authoring.reader import catalogues, items
from tests.published_ward import PUBLISHERS, write_document

Publish = Callable[..., PublishReport]


@pytest.fixture
def read(content_dir: Path) -> Callable[..., dict[str, trust.Catalogue]]:
    """What a new PC with the first root sees."""

    def read(now=NOW, cache: Path | None = None) -> dict[str, trust.Catalogue]:
        root = (content_dir / "metadata/1.root.json").read_bytes()
        return catalogues(content_dir, root, PUBLISHERS, now, cache)

    return read


def editions(content_dir: Path, catalogue: trust.Catalogue) -> dict[str, int]:
    return {item.id: item.edition for item in items(content_dir, catalogue).values()}


def test_readers_get_what_was_written(publish_now: Publish, content_dir: Path, read) -> None:
    report = publish_now()
    assert report.visible
    assert [(one.publisher, len(one.added), one.version) for one in report.published] == [
        ("central", 2, 1),
        ("hongson", 0, 1),
        ("hongson/anbinh", 2, 1),
    ]
    seen = read()
    assert {publisher: catalogue.name for publisher, catalogue in seen.items()} == {
        "central": "Trung ương",
        "hongson": "Hồng Sơn",
        "hongson/anbinh": "An Bình",
    }
    held = items(content_dir, seen["central"])
    document = packs.record_of(held["central/nq-1"])
    assert isinstance(document, Document)
    assert (document.edition, document.number, document.sections[0].text) == (1, "1-NQ/TW", "Nội dung.")
    assert editions(content_dir, seen["hongson/anbinh"]) == {
        "hongson/anbinh/thong-bao": 1,
        "hongson/anbinh/hoc-nq-1": 1,
    }


def test_publishing_again_without_a_change_only_renews_the_timestamp(
    publish_now: Publish, content_dir: Path
) -> None:
    publish_now()
    before = {file: file.read_bytes() for file in content_dir.rglob("*") if file.is_file()}
    report = publish_now(NOW + timedelta(hours=1))
    after = {file: file.read_bytes() for file in content_dir.rglob("*") if file.is_file()}
    assert all(one.is_unchanged and one.version == 1 for one in report.published)
    assert {file.name for file in after if before.get(file) != after[file]} == {"timestamp.json"}


def test_only_what_changed_goes_into_the_next_pack(
    publish_now: Publish, data_dir: Path, content_dir: Path, read
) -> None:
    publish_now()
    write_document(data_dir, "central", "nq-1", "## Một\n\nNội dung đã sửa.")
    write_document(data_dir, "central", "nq-3", number="3-NQ/TW")
    (data_dir / "central/resolutions/nq-2.md").unlink()
    [central, *others] = publish_now().published
    assert (central.added, central.changed, central.withdrawn) == (
        ("central/nq-3",),
        ("central/nq-1",),
        ("central/nq-2",),
    )
    assert all(one.is_unchanged for one in others)
    catalogue = read()["central"]
    assert [(pack.sequence, pack.items) for pack in catalogue.packs] == [(1, 2), (2, 3)]
    assert editions(content_dir, catalogue) == {"central/nq-1": 2, "central/nq-2": 2, "central/nq-3": 1}
    assert items(content_dir, catalogue)["central/nq-2"].kind is ItemKind.WITHDRAWAL


def test_what_comes_back_after_a_withdrawal_is_newer_than_it(
    publish_now: Publish, data_dir: Path, content_dir: Path, read
) -> None:
    publish_now()
    (data_dir / "central/resolutions/nq-2.md").unlink()
    publish_now()
    assert publish_now().published[0].is_unchanged
    write_document(data_dir, "central", "nq-2", number="2-NQ/TW")
    [central, *_] = publish_now().published
    assert central.added == ("central/nq-2",)
    assert editions(content_dir, read()["central"])["central/nq-2"] == 3


def test_a_mistake_anywhere_stops_everything_and_names_all(
    publish_now: Publish, data_dir: Path, content_dir: Path, read
) -> None:
    publish_now()
    before = sorted(file.name for file in content_dir.rglob("*"))
    write_document(data_dir, "central", "nq-1", "")
    write_document(data_dir, "hongson/anbinh", "thong-bao", "TỐI MẬT")
    write_document(data_dir, "central", "nq-9", number="9-NQ/TW")
    with pytest.raises(BadInput) as refused:
        publish_now()
    assert "nq-1.md:11: văn bản chưa có nội dung" in refused.value.message
    assert "thong-bao.md:11: có dấu độ mật" in refused.value.message
    assert sorted(file.name for file in content_dir.rglob("*")) == before
    assert len(read()["central"].packs) == 1


def test_receipt_keys_are_published_by_the_commune_and_never_forgotten(publish_now: Publish, read) -> None:
    old, new = (receipt_key(Ed25519PrivateKey.generate()) for _ in range(2))
    publish_now(receipt_keys=[old])
    publish_now(receipt_keys=[new])
    assert publish_now().published[2].is_unchanged
    seen = read()
    assert seen["hongson/anbinh"].receipt_keys == (old, new)
    assert seen["central"].receipt_keys == seen["hongson"].receipt_keys == ()
    assert seen["hongson/anbinh"].version == 2


@pytest.fixture
def ward_keys(tmp_path: Path, keys_dir: Path) -> Path:
    """The folder of the ward's officer: the ward's key and nothing else."""
    folder = tmp_path / "ward-keys"
    folder.mkdir()
    for file in (keys.private_file, keys.public_file):
        shutil.copy(file(keys_dir, "hongson.anbinh"), folder)
    return folder


def test_a_ward_publishes_with_its_own_key_and_the_server_makes_it_visible(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path, ward_keys: Path, read
) -> None:
    publish_now()
    write_document(data_dir, "hongson/anbinh", "moi", number="8-TB/ĐU")
    write_document(data_dir, "central", "nq-5", number="5-NQ/TW")
    report = publish(data_dir, content_dir, ward_keys, NOW)
    assert [one.publisher for one in report.published] == ["hongson/anbinh"]
    assert report.without_key == ("central", "hongson")
    assert not report.visible
    assert "hongson/anbinh/moi" not in editions(content_dir, read()["hongson/anbinh"])
    refresh_timestamp(content_dir, keys_dir, NOW)
    assert editions(content_dir, read()["hongson/anbinh"])["hongson/anbinh/moi"] == 1
    assert "central/nq-5" not in editions(content_dir, read()["central"])


def test_a_ward_without_authority_or_with_another_key_is_told_what_to_do(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path, ward_keys: Path
) -> None:
    for file in (keys.private_file, keys.public_file):
        file(keys_dir, "hongson.anbinh").unlink()
    publish_now()
    with pytest.raises(NotAllowed, match="chưa được uỷ quyền") as refused:
        publish(data_dir, content_dir, ward_keys, NOW)
    assert "hongson.anbinh.pub" in refused.value.advice
    keys.create_key(keys_dir, "hongson.anbinh")
    publish_now()
    with pytest.raises(NotAllowed, match="không phải khoá"):
        publish(data_dir, content_dir, ward_keys, NOW)


def test_a_folder_without_keys_or_sources_is_told_apart(
    data_dir: Path, content_dir: Path, keys_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="không có khoá"):
        publish(data_dir, content_dir, tmp_path / "none", NOW)
    with pytest.raises(BadInput, match=r"publisher\.toml"):
        publish(tmp_path / "none", content_dir, keys_dir, NOW)
    with pytest.raises(BadInput, match="chưa có nội dung"):
        refresh_timestamp(content_dir, keys_dir, NOW)
    with pytest.raises(BadInput, match="chưa có nội dung"):
        trusted_root(content_dir)


def test_a_publisher_file_that_cannot_be_read_is_reported(publish_now: Publish, data_dir: Path) -> None:
    (data_dir / "central/publisher.toml").write_text("path = central\n", "utf-8")
    with pytest.raises(BadInput, match=r"publisher\.toml:1: sai cú pháp"):
        publish_now()


class Killed(BaseException):
    """The process is gone."""


class _DyingWrites:
    """Lets `alive` writes pass, then kills: before the next one or after it."""

    def __init__(self, alive: int, *, after: bool) -> None:
        self.alive, self.after, self.written = alive, after, 0
        self.write = Repository._write

    def __call__(self, repository: Repository, file: Path, data: bytes, **given) -> None:
        if self.written == self.alive and not self.after:
            raise Killed
        self.write(repository, file, data, **given)
        self.written += 1
        if self.written == self.alive + 1 and self.after:
            raise Killed


def test_a_kill_at_any_write_leaves_the_old_or_the_new_state(
    publish_now: Publish,
    data_dir: Path,
    content_dir: Path,
    read,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish_now()
    start = tmp_path / "start"
    shutil.copytree(content_dir, start)
    write_document(data_dir, "central", "nq-1", "## Một\n\nMới.")
    write_document(data_dir, "hongson/anbinh", "thong-bao", "## Một\n\nMới.")
    kills = 0
    for alive in range(40):
        for after in (False, True):
            shutil.rmtree(content_dir)
            shutil.copytree(start, content_dir)
            with monkeypatch.context() as patched:
                dying = _DyingWrites(alive, after=after)
                patched.setattr(
                    Repository, "_write", lambda *given, _dying=dying, **named: _dying(*given, **named)
                )
                try:
                    publish_now()
                except Killed:
                    kills += 1
            seen = {name: editions(content_dir, one) for name, one in read().items()}
            old = seen["central"]["central/nq-1"], seen["hongson/anbinh"]["hongson/anbinh/thong-bao"]
            assert old in ((1, 1), (2, 2))
            publish_now()
            healed = {name: editions(content_dir, one) for name, one in read().items()}
            assert healed["central"] == {"central/nq-1": 2, "central/nq-2": 1}
            assert healed["hongson/anbinh"]["hongson/anbinh/thong-bao"] == 2
            if dying.written < alive:
                assert kills >= 12
                return
    pytest.fail("publishing wrote more files than expected")


def test_a_kill_during_the_very_first_publishing_is_healed_by_the_next(
    publish_now: Publish, content_dir: Path, read, monkeypatch: pytest.MonkeyPatch
) -> None:
    for alive in range(12):
        shutil.rmtree(content_dir, ignore_errors=True)
        with monkeypatch.context() as patched:
            dying = _DyingWrites(alive, after=True)
            patched.setattr(
                Repository, "_write", lambda *given, _dying=dying, **named: _dying(*given, **named)
            )
            with pytest.raises(Killed):
                publish_now()
        publish_now()
        assert len(editions(content_dir, read()["central"])) == 2


def test_signatures_are_renewed_before_they_expire(
    publish_now: Publish, content_dir: Path, keys_dir: Path, read, tmp_path: Path
) -> None:
    publish_now()
    cache = tmp_path / "pc"
    cache.mkdir()
    read(cache=cache)
    day = NOW
    # The server alone keeps the service fresh until the publishers' year is over.
    while day < NOW + trust.TARGETS_LIFETIME - timedelta(days=8):
        day += timedelta(days=7)
        refresh_timestamp(content_dir, keys_dir, day)
        read(day, cache)
    publish_now(day)
    late = NOW + trust.TARGETS_LIFETIME + timedelta(days=100)
    refresh_timestamp(content_dir, keys_dir, late)
    assert read(late, cache)["central"].version == 1
    root = Metadata[Root].from_bytes(trusted_root(content_dir))
    assert root.signed.version == 2
    assert len(root.signatures) == trust.ROOT_KEYS


def test_a_timestamp_that_nobody_renews_is_refused_by_readers(publish_now: Publish, read) -> None:
    publish_now()
    read(NOW + trust.TIMESTAMP_LIFETIME - timedelta(minutes=1))
    with pytest.raises(ExpiredMetadataError):
        read(NOW + trust.TIMESTAMP_LIFETIME)


def test_the_server_refuses_a_file_that_its_role_did_not_sign(
    publish_now: Publish, content_dir: Path, keys_dir: Path, read
) -> None:
    publish_now()
    forged = Metadata[Targets].from_file(str(content_dir / "metadata/1.central.json"))
    forged.signed.version = 2
    commune = keys.signer(keys_dir, "hongson.anbinh")
    assert commune is not None
    forged.sign(commune)
    forged.to_file(str(content_dir / "metadata/2.central.json"))
    with pytest.raises(Untrusted, match=r"2\.central\.json"):
        refresh_timestamp(content_dir, keys_dir, NOW)
    assert read()["central"].version == 1


def test_the_server_refuses_to_take_readers_back(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path
) -> None:
    publish_now()
    write_document(data_dir, "central", "nq-1", "## Một\n\nMới.")
    publish_now()
    (content_dir / "metadata/2.central.json").unlink()
    with pytest.raises(Untrusted, match=r"central\.json"):
        refresh_timestamp(content_dir, keys_dir, NOW)


def test_a_commune_that_signs_for_others_is_not_heard(
    publish_now: Publish, content_dir: Path, keys_dir: Path, read
) -> None:
    """The commune's own key, used on its own metadata, names the centre's and a neighbour's catalogue."""
    publish_now()
    evil = b'{"publisher":"central"}'
    metadata = Metadata[Targets].from_file(str(content_dir / "metadata/1.hongson.anbinh.json"))
    for publisher in ("central", "hongson", "hongson/anphu"):
        target = TargetFile.from_data(trust.catalogue_path(publisher), evil, ["sha256"])
        metadata.signed.targets[target.path] = target
        folder = content_dir / "targets" / publisher
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{target.hashes['sha256']}.catalogue.json").write_bytes(evil)
    metadata.signed.version = 2
    signer = keys.signer(keys_dir, "hongson.anbinh")
    assert signer is not None
    metadata.sign(signer)
    metadata.to_file(str(content_dir / "metadata/2.hongson.anbinh.json"))
    refresh_timestamp(content_dir, keys_dir, NOW)
    seen = read()
    assert [catalogue.publisher for catalogue in seen.values()] == list(PUBLISHERS)
    assert seen["central"].name == "Trung ương"
    root = (content_dir / "metadata/1.root.json").read_bytes()
    assert catalogues(content_dir, root, ("hongson/anphu",), NOW) == {}


def test_keys_under_a_passphrase_sign_with_it(
    data_dir: Path, content_dir: Path, tmp_path: Path, read
) -> None:
    keys.create_authority(tmp_path / "locked", PUBLISHERS, "sen hồng")
    with pytest.raises(BadInput, match="mật khẩu"):
        publish(data_dir, content_dir, tmp_path / "locked", NOW)
    publish(data_dir, content_dir, tmp_path / "locked", NOW, unlock=lambda _: "sen hồng")
    assert read()["central"].version == 1


def test_a_large_collection_shares_a_dictionary_that_later_packs_keep(
    publish_now: Publish, data_dir: Path, content_dir: Path, read
) -> None:
    sentence = "Chi bộ {0} họp ngày {1} tháng {2}, bàn việc số {0}{2} và kết luận theo điều {1}. "
    for number in range(400):
        body = "".join(
            sentence.format(number * step % 97, number % 28 + 1, step % 12) for step in range(1, 12)
        )
        write_document(data_dir, "central", f"so-{number}", body * 2, number=f"{number}-BC/TW")
    publish_now()
    write_document(data_dir, "central", "nq-1", "## Một\n\nMới.")
    publish_now()
    catalogue = read()["central"]
    [dictionary] = catalogue.dictionaries
    for ref in catalogue.packs:
        data = (content_dir / trust.pack_path(ref.sha256)).read_bytes()
        assert packs.read_header(data).dictionary == dictionary.sha256
    assert len(editions(content_dir, catalogue)) == 402
