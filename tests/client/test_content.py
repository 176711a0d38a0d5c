"""Published content arrives whole and once, whatever happens to the line, the server or this PC."""

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from handbook.authoring.publish import refresh_timestamp
from handbook.authoring.repository import Repository
from handbook.client import content, convoy
from handbook.client.content import ContentReport, pull
from handbook.client.store import Store
from handbook.client.tables.library import assignments, receipt_keys
from handbook.errors import (
    DiskProblem,
    Expected,
    Offline,
    ServerBroken,
    TooBusy,
)
from handbook.model.changes import Change
from handbook.protocol import packs, trust
from handbook.protocol.packs import ItemKind
from handbook.protocol.receipts import receipt_key
from tests.client.http_server import FolderServer, Reply, Request, serving
from tests.client.ward import (
    COMMUNE,
    NOISE,
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


def test_everything_published_arrives_at_the_first_pull(ward: Ward) -> None:
    key = receipt_key(Ed25519PrivateKey.generate())
    ward.publish(receipt_keys=[key])
    announced: list[frozenset[Change]] = []
    ward.store.subscribe(announced.append)
    report = ward.pull()
    assert report.changed == {"central/nq-1", f"{COMMUNE}/thong-bao", f"{COMMUNE}/hoc"}
    assert not report.unchanged
    assert ward.documents() == {"central/nq-1": 1, f"{COMMUNE}/thong-bao": 1}
    with ward.store.library.read() as connection:
        assert connection.scalars(select(assignments.c.id)).all() == [f"{COMMUNE}/hoc"]
        assert connection.execute(select(receipt_keys)).all() == [(key.id, key.public, COMMUNE)]
    assert set().union(*announced) == {Change.LIBRARY, Change.STUDY}
    assert list((ward.pc / "partial").iterdir()) == []


def test_nothing_new_is_one_small_request(ward: Ward) -> None:
    ward.publish()
    ward.pull()
    ward.server.paths()
    report = ward.pull()
    assert ward.server.paths() == ["/content/metadata/timestamp.json"]
    assert report == ContentReport(unchanged=True)


def test_a_renewed_timestamp_alone_costs_two_requests(ward: Ward) -> None:
    ward.publish()
    ward.pull()
    ward.server.paths()
    refresh_timestamp(ward.content, ward.keys, NOW + timedelta(days=1))
    ward.pull()
    assert ward.server.paths() == ["/content/metadata/timestamp.json", "/content/metadata/2.root.json"]
    ward.pull()
    assert ward.server.paths() == ["/content/metadata/timestamp.json"]


def test_a_change_brings_only_what_changed(ward: Ward) -> None:
    ward.write("central", "lon", NOISE)
    ward.publish()
    ward.pull()
    ward.write("central", "nq-1", "## Một\n\nĐã sửa.", "1-NQ/TW")
    (ward.data / COMMUNE / "resolutions/thong-bao.md").unlink()
    ward.publish()
    report = ward.pull()
    assert report.changed == {"central/nq-1"}
    assert report.withdrawn == {f"{COMMUNE}/thong-bao"}
    assert ward.documents() == {"central/nq-1": 2, "central/lon": 1}
    assert report.bytes_down < 8 * packs.KIB


def test_publishers_that_have_signed_nothing_are_passed_over(ward: Ward) -> None:
    shutil.rmtree(ward.data / "hongson")
    ward.publish()
    ward.pull()
    assert ward.pull(("central", "haivan", "haivan/xa-1")).unchanged is False
    assert ward.documents() == {"central/nq-1": 1}


def test_another_audience_is_asked_for_anew(ward: Ward) -> None:
    ward.publish()
    assert ward.pull(("central",)).changed == {"central/nq-1"}
    assert ward.pull(("central",)).unchanged
    assert ward.pull().changed == {f"{COMMUNE}/thong-bao", f"{COMMUNE}/hoc"}


def test_progress_grows_to_the_whole(ward: Ward) -> None:
    ward.write("central", "lon", NOISE)
    ward.publish()
    seen: list[tuple[str, int, int]] = []
    ward.pull(progress=lambda *step: seen.append(step))
    assert seen[0] == (content.CHECKING, 0, 0)
    done = [step[1] for step in seen[1:]]
    assert done == sorted(done)
    assert done[-1] == seen[-1][2] == sum(file.stat().st_size for file in ward.packs() + ward.packs(COMMUNE))


def test_a_repacked_catalogue_costs_nothing_to_who_has_it_all(ward: Ward) -> None:
    ward.publish()
    ward.write("central", "nq-2")
    ward.publish()
    ward.pull()
    repository = Repository(ward.content, ward.keys)
    catalogue = repository.catalogue("central")
    [(merged, count)] = packs.build_packs(repository.shelf("central").items.values())
    sha256 = repository.write_pack(merged)
    ref = trust.PackRef(sha256=sha256, length=len(merged), sequence=catalogue.version, items=count)
    ward.sign("central", pack_of("central/nq-3", ItemKind.WITHDRAWAL), packs=(ref,), version=3)
    ward.server.paths()
    ward.pull()
    assert not any("/packs/" in path for path in ward.server.paths())
    fresh = Store(ward.folder / "other-pc", bytes(32))
    root = (ward.content / "metadata/1.root.json").read_bytes()
    report = pull(fresh, ward.transport, ward.folder / "other", root, PUBLISHERS, NOW)
    assert report.changed >= {"central/nq-1", "central/nq-2"}
    fresh.close()


def test_a_dictionary_is_fetched_once(ward: Ward) -> None:
    for number in range(300):
        sentences = (
            f"Chi bộ {number * step % 97} họp ngày {number % 28}, bàn việc {step}. " for step in range(9)
        )
        ward.write("central", f"so-{number}", "".join(sentences) * 3)
    ward.publish()
    ward.pull()
    assert len(ward.documents()) == 302
    ward.write("central", "so-1", "Đã sửa.", "so-1/TW")
    ward.publish()
    assert any("/dictionaries/" in path for path in ward.server.paths())
    assert ward.pull().changed == {"central/so-1"}
    assert not any("/dictionaries/" in path for path in ward.server.paths())


@pytest.fixture
def half(ward: Ward) -> Ward:
    """A ward whose large pack has arrived by half when the line broke."""
    ward.write("central", "lon", NOISE)
    ward.publish()
    ward.server.misbehave = on(
        "/packs/", lambda request, usual: Reply(200, usual.headers, usual.body, 100_000)
    )
    with pytest.raises(Offline):
        ward.pull()
    ward.server.misbehave = None
    ward.server.requests.clear()
    assert 0 < part_of(ward).stat().st_size <= 100_000
    return ward


def part_of(ward: Ward) -> Path:
    """What has arrived of the large pack."""
    return ward.pc / "partial" / f"{ward.packs()[0].stem}.part"


def pack_requests(ward: Ward) -> list[str]:
    """The Range of every request for the large pack."""
    large = ward.packs()[0].name
    return [request.headers.get("range", "") for request in ward.server.requests if large in request.path]


def test_a_broken_download_goes_on_where_it_stopped(half: Ward) -> None:
    offset = part_of(half).stat().st_size
    half.pull()
    assert pack_requests(half) == [f"bytes={offset}-"]
    assert "central/lon" in half.documents()


def _with(**headers: str) -> Callable[[FolderServer, Request, Reply], Reply]:
    """Answers a Range with 206 and these headers in place of the usual ones."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda server, request, usual: (
        Reply(206, usual.headers | named, usual.body) if "range" in request.headers else usual
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda server, request, usual: server.whole(request),
        lambda server, request, usual: Reply(416) if "range" in request.headers else usual,
        _with(ETag='"new"'),
        _with(Content_Range="bytes 7-9/10"),
        _with(Content_Range=""),
    ],
    ids=["whole instead", "416", "changed ETag", "other range", "no range told"],
)
def test_a_server_that_does_not_go_on_has_it_sent_anew(
    half: Ward, change: Callable[[FolderServer, Request, Reply], Reply]
) -> None:
    half.server.misbehave = on("/packs/", partial(change, half.server))
    half.pull()
    assert "central/lon" in half.documents()


def test_a_part_that_went_bad_on_the_disk_is_fetched_anew(half: Ward) -> None:
    part = part_of(half)
    part.write_bytes(bytes(part.stat().st_size))
    half.pull()
    assert [bool(asked) for asked in pack_requests(half)] == [True, False]
    assert "central/lon" in half.documents()


def test_a_part_longer_than_the_pack_is_fetched_anew(half: Ward) -> None:
    part_of(half).write_bytes(bytes(1_000_000))
    half.pull()
    assert pack_requests(half) == [""]


def test_a_server_that_never_goes_on_is_broken(half: Ward) -> None:
    half.server.misbehave = on("/packs/", lambda request, usual: Reply(416))
    with pytest.raises(ServerBroken):
        half.pull()


def test_stopping_keeps_what_arrived(ward: Ward) -> None:
    ward.write("central", "lon", NOISE)
    ward.publish()
    arrived = 0

    def count(_: str, done: int, __: int) -> None:
        nonlocal arrived
        arrived = done

    report = ward.pull(progress=count, cancelled=lambda: arrived > 50_000)
    assert report.cancelled
    kept = part_of(ward).stat().st_size
    assert 0 < kept < ward.packs()[0].stat().st_size
    assert "central/lon" not in ward.documents()
    ward.server.requests.clear()
    assert ward.pull().changed >= {"central/lon", f"{COMMUNE}/hoc"}
    assert pack_requests(ward) == [f"bytes={kept}-"]


def test_stopping_needs_no_answer_from_a_line_that_is_silent(ward: Ward) -> None:
    ward.publish()
    asked, answer = threading.Event(), threading.Event()

    def silent(request: Request, usual: Reply) -> Reply:
        asked.set()
        assert answer.wait(20)
        return usual

    ward.server.misbehave = on("/packs/", silent)
    try:
        assert ward.pull(cancelled=asked.is_set).cancelled
    finally:
        answer.set()
    ward.server.misbehave = None
    assert ward.pull().changed


def test_a_line_that_drops_in_the_third_pack_of_ten_goes_on_there(ward: Ward) -> None:
    for number in range(10):
        noise = hashlib.shake_256(bytes([number])).hexdigest(60_000)
        ward.write("central", f"so-{number}", noise)
        ward.publish(NOW + timedelta(minutes=number))
    names = [file.name for file in ward.packs()]
    assert len(names) == 10
    third = on(names[2], lambda request, usual: Reply(200, usual.headers, usual.body, 20_000))
    ward.server.misbehave = third
    with pytest.raises(Offline):
        ward.pull()
    assert {"central/so-0", "central/so-1"} <= ward.documents().keys()
    assert not {"central/so-2", "central/so-3"} & ward.documents().keys()
    ward.server.misbehave = None
    ward.server.requests.clear()
    progress: list[tuple[int, int]] = []
    ward.pull(progress=lambda _, done, total: progress.append((done, total)))
    asked = {Path(request.path).name: request.headers.get("range", "") for request in ward.server.requests}
    assert asked[names[2]].startswith("bytes=")
    assert not {names[0], names[1]} & asked.keys()
    assert len(ward.documents()) == 12
    assert progress[1][0] > 0, "what was here from before counts"
    assert progress[-1][0] == progress[-1][1]


def test_packs_come_over_a_few_kept_connections_and_are_applied_in_order(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        ward.write("central", f"so-{number}", hashlib.shake_256(bytes([number])).hexdigest(9_000))
        ward.publish(NOW + timedelta(minutes=number))
    applied: list[int] = []
    apply_pack = content.apply_pack

    def notes(store: Store, **given) -> object:
        if given["publisher"] == "central":
            applied.append(given["sequence"])
        return apply_pack(store, **given)

    monkeypatch.setattr(content, "apply_pack", notes)
    ward.pull()
    assert applied == list(range(1, 13))
    used = {request.connection for request in ward.server.requests if "/packs/" in request.path}
    assert len(used) <= convoy.CONNECTIONS
    assert len({request.connection for request in ward.server.requests}) <= 6


def test_an_end_between_two_packs_keeps_the_first(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.publish()
    ward.write("central", "nq-2")
    ward.publish()
    apply_pack = content.apply_pack
    with monkeypatch.context() as patched:

        def dies_at_the_second(store: Store, **given) -> object:
            if given["sequence"] == 2:
                raise KeyboardInterrupt
            return apply_pack(store, **given)

        patched.setattr(content, "apply_pack", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            ward.pull()
    assert ward.documents() == {"central/nq-1": 1}
    ward.server.paths()
    ward.pull()
    assert ward.packs()[0].name not in "".join(ward.server.paths())
    assert ward.documents() == {"central/nq-1": 1, "central/nq-2": 1, f"{COMMUNE}/thong-bao": 1}


@pytest.mark.parametrize(
    ("part", "reply", "kind"),
    [
        ("timestamp", Reply(404), ServerBroken),
        ("timestamp", Reply(500), ServerBroken),
        ("timestamp", Reply(503, {"Retry-After": "9"}), TooBusy),
        ("snapshot", Reply(404), ServerBroken),
        ("snapshot", Reply(429, {"Retry-After": "9"}), TooBusy),
        ("catalogue", Reply(404), ServerBroken),
        ("/packs/", Reply(404), ServerBroken),
        ("/packs/", Reply(503), TooBusy),
        ("/packs/", Reply(raw=b""), Offline),
        ("snapshot", Reply(raw=b""), Offline),
        ("timestamp", Reply(raw=b""), Offline),
    ],
)
def test_a_server_in_trouble_is_told_apart_from_bad_content(
    ward: Ward, part: str, reply: Reply, kind: type[Expected]
) -> None:
    ward.publish()
    ward.server.misbehave = on(part, lambda *_: reply)
    refused(ward, kind)
    ward.server.misbehave = None
    ward.pull()
    assert len(ward.documents()) == 2


def test_a_disk_that_takes_nothing_is_told(ward: Ward) -> None:
    ward.publish()
    ward.pc.parent.mkdir(parents=True)
    ward.pc.write_bytes(b"a file where the folder should be")
    refused(ward, DiskProblem)
