"""A first sync gets all that comes before the packs in one file, and trusts it no more than any other."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from handbook.client.store import Store
from handbook.errors import Altered, Untrusted
from handbook.protocol import trust
from tests.client.http_server import Reply, serving
from tests.client.ward import COMMUNE, Ward, on

PREFACE = trust.preface_path(COMMUNE)
SMALL_FILES = ("/content/metadata/", "/content/targets/", "/content/prefaces/")


@pytest.fixture
def ward(tmp_path: Path, store: Store) -> Iterator[Ward]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        made = Ward(tmp_path, store, server)
        server.hidden = "/hidden/"
        made.publish()
        yield made
        made.transport.close()


def asked_before_packs(ward: Ward) -> set[str]:
    return {path for path in ward.server.paths() if path.startswith(SMALL_FILES)}


def everything_came(ward: Ward) -> bool:
    return ward.documents() == {"central/nq-1": 1, f"{COMMUNE}/thong-bao": 1}


def test_a_first_sync_asks_for_three_small_files_and_a_later_one_for_one(ward: Ward) -> None:
    ward.pull()
    assert everything_came(ward)
    assert asked_before_packs(ward) == {
        "/content/metadata/timestamp.json",
        "/content/metadata/2.root.json",
        f"/content/{PREFACE}",
    }
    assert ward.pull().unchanged
    assert asked_before_packs(ward) == {"/content/metadata/timestamp.json"}
    ward.write("central", "nq-2")
    ward.publish()
    assert ward.pull().changed == {"central/nq-2"}
    assert f"/content/{PREFACE}" not in asked_before_packs(ward), "who has most of it fetches what is new"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404),
        Reply(503),
        Reply(raw=b""),
        Reply(200, body=b"<html>"),
        Reply(200, body=b'[["metadata/1.snapshot.json",9]]\nshort'),
        Reply(200, body=b'[["metadata/1.snapshot.json",-1]]\n'),
        Reply(200, body=bytes(trust.MAX_PREFACE_BYTES + 1)),
    ],
    ids=["none", "busy", "line broken", "not one", "cut", "negative length", "too long"],
)
def test_without_a_good_preface_the_files_are_asked_for_by_name(ward: Ward, reply: Reply) -> None:
    ward.server.misbehave = on("/prefaces/", lambda *_: reply)
    ward.pull()
    assert everything_came(ward)
    assert "/content/metadata/1.snapshot.json" in ward.server.paths()


def test_an_old_preface_costs_only_the_files_that_changed_since(ward: Ward) -> None:
    old = (ward.content / PREFACE).read_bytes()
    ward.write("central", "nq-2")
    ward.publish()
    (ward.content / PREFACE).write_bytes(old)
    ward.pull()
    assert "central/nq-2" in ward.documents()
    asked = asked_before_packs(ward)
    assert "/content/metadata/2.central.json" in asked
    assert "/content/metadata/1.hongson.anbinh.json" not in asked


@pytest.mark.parametrize(
    ("part", "kind"),
    [("1.snapshot.json", Altered), ("1.central.json", Untrusted), ("catalogue.json", Altered)],
)
def test_what_a_preface_brings_altered_is_refused_as_if_it_had_come_by_itself(
    ward: Ward, part: str, kind: type[Untrusted]
) -> None:
    preface = ward.content / PREFACE
    sound = preface.read_bytes()
    files = trust.read_preface(sound)
    [name] = [name for name in files if name.endswith(part) and "hongson" not in name]
    data = bytearray(files[name])
    data[data.index(b"sig") + 9 if b"sig" in data else len(data) // 2] ^= 1
    preface.write_bytes(trust.write_preface(files | {name: bytes(data)}))
    with pytest.raises(kind):
        ward.pull()
    assert not any(id.startswith("central/") for id in ward.documents())
    preface.write_bytes(sound)
    ward.pull()
    assert everything_came(ward)


def test_a_commune_that_has_signed_nothing_yet_has_no_preface(ward: Ward) -> None:
    shutil.rmtree(ward.content / trust.PREFACES)
    ward.pull(("central", "haivan", "haivan/xa-1"))
    assert ward.documents() == {"central/nq-1": 1}


def test_a_preface_brings_what_the_readers_of_its_publisher_need_and_nothing_of_others(ward: Ward) -> None:
    files = trust.read_preface((ward.content / trust.preface_path("central")).read_bytes())
    assert {name.rpartition(".json")[0].rpartition(".")[2] for name in files} == {
        "snapshot",
        "targets",
        "central",
        "catalogue",
    }
    for name, data in trust.read_preface((ward.content / PREFACE).read_bytes()).items():
        assert (ward.content / name).read_bytes() == data


def test_what_readers_would_give_up_half_way_is_not_written(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "MAX_PREFACE_BYTES", (ward.content / PREFACE).stat().st_size - 1)
    ward.write("central", "nq-2")
    ward.publish()
    assert not (ward.content / PREFACE).exists()
    ward.pull()
    assert "central/nq-2" in ward.documents()
