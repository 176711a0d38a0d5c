"""What a hostile server or line can do: each refused with its own reason, what is installed stays as it is.

Every row begins with a PC that has taken content in, and news that wait on the server. The attack is then on;
the sync says why it takes nothing, the library is the same to the last row, and once the attack ends the news
come. Stolen keys and the recovery from them are in tests/authoring.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import select

from handbook.authoring.publish import refresh_timestamp
from handbook.client import trusted_time
from handbook.client.store import Store
from handbook.client.tables.library import library, library_state
from handbook.errors import Expected, Offline, ServerBroken, Untrusted, WrongClock
from handbook.protocol import codec, packs, trust
from tests.client.http_server import Reply, Request, serving
from tests.client.ward import NOISE, NOW, Ward, on, pack_of, refused

NEWS = "central/tin-moi"


@pytest.fixture
def ward(tmp_path: Path, store: Store) -> Iterator[Ward]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        made = Ward(tmp_path, store, server)
        made.publish()
        made.pull()
        shutil.copytree(made.content, made.folder / "yesterday")
        made.write("central", "tin-moi", NOISE)
        made.publish(NOW + timedelta(hours=1))
        yield made
        made.transport.close()


def installed(ward: Ward) -> dict[str, list[tuple]]:
    """Every row of the library, but for what was learned of the time."""
    with ward.store.library.read() as connection:
        tables = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in library.sorted_tables
            if table is not library_state
        }
        told = connection.execute(select(library_state).where(~library_state.c.key.startswith("content:")))
        return tables | {"library_state": sorted(map(tuple, told))}


@dataclass(frozen=True, slots=True)
class Attack:
    """How it is begun, and what the person is told."""

    name: str
    begin: Callable[[Ward], object]
    kind: type[Expected]
    told: str


def replies(part: str, change: Callable[[Request, Reply], Reply]) -> Callable[[Ward], None]:
    def begin(ward: Ward) -> None:
        ward.server.misbehave = on(part, change)

    return begin


def altered(_: Request, usual: Reply) -> Reply:
    at = len(usual.body) // 2
    return Reply(200, usual.headers, usual.body[:at] + bytes([usual.body[at] ^ 1]) + usual.body[at + 1 :])


def shortened(_: Request, usual: Reply) -> Reply:
    return Reply(200, usual.headers, usual.body[:-9])


def endless(_: Request, usual: Reply) -> Reply:
    return Reply(200, {}, bytes(6_000_000))


def yesterdays(part: str) -> Callable[[Ward], None]:
    """Serves yesterday's copy of the files whose name contains this under today's names."""

    def begin(ward: Ward) -> None:
        def old(request: Request, usual: Reply) -> Reply:
            name = Path(request.path).name.partition(".")[2]
            file = next((ward.folder / "yesterday").rglob(f"*{name}"), None)
            return Reply(200, {}, file.read_bytes()) if file else usual

        ward.server.misbehave = on(part, old)

    return begin


def rolled_back(ward: Ward) -> None:
    ward.pull()  # the news are known; then everything is as it was yesterday
    everything = ward.folder / "yesterday"

    def old(request: Request, usual: Reply) -> Reply:
        file = everything / Path(request.path).relative_to("/content")
        return Reply(200, {}, file.read_bytes()) if file.is_file() else Reply(404)

    ward.server.misbehave = old


def catalogue_naming(**changes: object) -> Callable[[Ward], None]:
    """A catalogue that is signed as it should be, and lies."""

    def begin(ward: Ward) -> None:
        fields = {"sha256": "ab" * 32, "length": 10, "sequence": 3, "items": 1} | changes
        ward.sign("central", b"x", packs=(trust.PackRef(**fields),))

    return begin


def item_named(item_id: str) -> Callable[[Ward], None]:
    """A pack that is signed as it should be, with an item that is not its publisher's."""

    def begin(ward: Ward) -> None:
        ward.pull()
        ward.sign("central", pack_of(item_id))

    return begin


def bomb(ward: Ward) -> None:
    """One gigabyte in an item that says it is a kilobyte."""
    ward.pull()
    frame = zstandard.compress(bytes(1 << 30))
    entry = {
        "id": "central/x",
        "kind": "document",
        "edition": 1,
        "offset": 0,
        "length": len(frame),
        "raw_length": 1000,
        "sha256": hashlib.sha256(frame).hexdigest(),
    }
    raw = codec.encode([entry])
    index = zstandard.compress(raw)
    digest = hashlib.sha256(index).digest()
    header = packs._HEADER.pack(b"HBPACK", 1, len(index), len(raw), digest, bytes(32))
    ward.sign("central", header + index + frame)


def never_renewed(ward: Ward) -> None:
    ward.now = NOW + timedelta(hours=1) + trust.TIMESTAMP_LIFETIME
    ward.server.now = lambda: ward.now


def clock_turned_back(ward: Ward) -> None:
    """The PC's clock stands in the past, and the server agrees, with what was valid then."""
    refresh_timestamp(ward.content, ward.keys, NOW + timedelta(hours=2))
    with ward.store.library.write() as connection:
        trusted_time.note_time(connection, trusted_time.BUILT, NOW + timedelta(days=40))
    ward.now = NOW + timedelta(days=1)
    ward.server.now = lambda: ward.now


def redirected(address: str) -> Callable[[Ward], None]:
    return replies("timestamp", lambda *_: Reply(302, {"Location": address}))


ATTACKS = [
    Attack("rollback", rolled_back, Untrusted, "cũ hơn bản máy này đã nhận"),
    Attack("freeze", never_renewed, Untrusted, "quá hạn"),
    Attack("freeze of a PC whose clock was turned back", clock_turned_back, WrongClock, "biết chắc đã qua"),
    Attack("mix and match: snapshot", yesterdays("snapshot"), Untrusted, "cũ hơn|không khớp"),
    Attack("mix and match: role", yesterdays("central.json"), Untrusted, "cũ hơn|không khớp"),
    Attack("mix and match: catalogue", yesterdays("central/"), Untrusted, "không khớp"),
    Attack("altered timestamp", replies("timestamp", altered), Untrusted, "Chữ ký"),
    Attack("altered snapshot", replies("snapshot", altered), Untrusted, "Chữ ký"),
    Attack("altered role", replies("central.json", altered), Untrusted, "Chữ ký"),
    Attack("altered catalogue", replies("catalogue", altered), Untrusted, "không khớp"),
    Attack("altered pack", replies("/packs/", altered), Untrusted, "khác với tệp đã được ký"),
    Attack("shortened timestamp", replies("timestamp", shortened), Untrusted, "Chữ ký"),
    Attack("shortened catalogue", replies("catalogue", shortened), Untrusted, "không khớp"),
    Attack("shortened pack", replies("/packs/", shortened), Offline, "đứt giữa chừng"),
    Attack("endless timestamp", replies("timestamp", endless), ServerBroken, "dài hơn"),
    Attack("endless snapshot", replies("snapshot", endless), ServerBroken, "dài hơn"),
    Attack("endless catalogue", replies("catalogue", endless), ServerBroken, "dài hơn"),
    Attack("endless pack", replies("/packs/", endless), ServerBroken, "dài hơn"),
    Attack("oversized pack", catalogue_naming(length=1 << 40), Untrusted, "ngoài giới hạn"),
    Attack("pack named by a path", catalogue_naming(sha256="../../etc/passwd"), Untrusted, "ngoài giới hạn"),
    Attack("item named by a path", item_named("central/../hongson/x"), Untrusted, "không thuộc quyền"),
    Attack("item of another", item_named("hongson/x"), Untrusted, "không thuộc quyền"),
    Attack("decompression bomb", bomb, Untrusted, "độ dài sau giải nén"),
    Attack("pack that is not there", catalogue_naming(), ServerBroken, "thiếu tệp nội dung"),
    Attack(
        "pack with another ETag at every answer",
        replies("/packs/", lambda request, usual: Reply(206, {"ETag": '"x"'}, usual.body)),
        ServerBroken,
        "không gửi tiếp",
    ),
    Attack(
        "no Range ever satisfied", replies("/packs/", lambda *_: Reply(416)), ServerBroken, "không gửi tiếp"
    ),
    Attack("redirect elsewhere", redirected("http://noi-khac.invalid/"), Offline, "trang khác"),
    Attack("redirect to another address of the server", redirected("/khac"), ServerBroken, "chuyển địa chỉ"),
    Attack("no HTTP", replies("/packs/", lambda *_: Reply(raw=b"SSH-2.0-x\r\n")), ServerBroken, "giao thức"),
    Attack("silence", replies("/packs/", lambda *_: Reply(raw=b"")), Offline, "Không kết nối"),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_is_refused_with_its_reason_and_what_is_installed_stays(
    ward: Ward, attack: Attack
) -> None:
    attack.begin(ward)
    before = installed(ward)
    refused(ward, attack.kind, attack.told)
    assert installed(ward) == before
    if ward.server.misbehave:
        ward.server.misbehave = None
        ward.pull()
        assert NEWS in ward.documents(), "once it ends the news come"


@pytest.mark.parametrize("cut", [65_536, 131_072, 196_608])
@pytest.mark.parametrize("honest", [True, False], ids=["line dropped", "length forged"])
def test_a_pack_truncated_at_any_64_kb_is_taken_up_there(ward: Ward, cut: int, honest: bool) -> None:
    pack = ward.packs()[-1]
    assert pack.stat().st_size > cut

    def truncated(_: Request, usual: Reply) -> Reply:
        length = len(usual.body) if honest else cut
        return Reply(200, usual.headers, usual.body[:cut], length=length, cut=cut)

    ward.server.misbehave = on(pack.name, truncated)
    before = installed(ward)
    refused(ward, Offline)
    assert installed(ward) == before
    ward.server.misbehave = None
    ward.server.requests.clear()
    assert NEWS in ward.pull().changed
    [asked] = [request for request in ward.server.requests if pack.name in request.path]
    assert asked.headers["range"] == f"bytes={cut}-"


def test_bytes_of_another_place_under_the_right_range_are_found_out(ward: Ward) -> None:
    pack = ward.packs()[-1]
    ward.server.misbehave = on(pack.name, lambda _, usual: Reply(200, usual.headers, usual.body, 70_000))
    refused(ward, Offline)

    def shifted(request: Request, usual: Reply) -> Reply:
        wrong = usual.body[1:] + b"\0" if "range" in request.headers else usual.body
        return Reply(usual.status, usual.headers, wrong)

    ward.server.misbehave = on(pack.name, shifted)
    assert NEWS in ward.pull().changed, "asked for once more, from the start"


def test_what_is_known_of_the_time_grows_with_every_sync_and_no_wrong_date_runs_away_with_it(
    ward: Ward,
) -> None:
    def known() -> datetime:
        with ward.store.library.read() as connection:
            return trusted_time.known_time(connection)

    assert known() == NOW
    ward.now = ward.server_time = NOW + timedelta(days=3)
    ward.server.now = lambda: ward.now
    ward.pull()
    assert known() == NOW + timedelta(days=3)
    ward.now = datetime(2020, 1, 1, tzinfo=UTC)
    assert ward.pull().unchanged, "a clock that stands in the past keeps nobody from news that are signed"
    assert known() == NOW + timedelta(days=3)
    ward.server.now = lambda: datetime(2099, 1, 1, tzinfo=UTC)
    refused(ward, WrongClock, "2099")
    assert known() == NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("now", "told", "ends", "expected"),
    [
        (5, None, 14, 3),  # by its end the timestamp was signed on day 0: nothing new
        (5, 7, 20, 7),
        (5, 4, 20, 5),  # signed on day 6, by no clock yet: no later than they say
        (5, None, 400, 5),  # a key that signs for years locks nobody out
        (1, 1, 14, 3),
    ],
)
def test_the_latest_moment_known_to_have_passed(now: int, told: int | None, ends: int, expected: int) -> None:
    def day(number: int) -> datetime:
        return NOW + timedelta(days=number)

    learned = trusted_time.learned(day(3), day(now), None if told is None else day(told), day(ends))
    assert learned == day(expected)
