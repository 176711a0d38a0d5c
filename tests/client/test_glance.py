"""What a start shows before the profile is open: the very tasks that the profile then shows, or nothing."""

import dataclasses
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from handbook.client.account import keep_session
from handbook.client.apply import apply_pack, next_arrival
from handbook.client.glance import keep_glance, read_glance
from handbook.client.handbook import Handbook, open_handbook
from handbook.client.store import Store
from handbook.client.sync_state import note_sync
from handbook.client.today import Standing
from handbook.client.vault import Cost, Vault
from handbook.errors import Offline
from handbook.model.reflection import Answer
from handbook.protocol.packs import Item, assignment_item, document_item
from tests.client.conftest import PocketKeyring
from tests.client.samples import NOW, assignment, document, session

ACCOUNT = "kp1.an"
NQ15 = "central/15-nq-tw-2022"
LATER = assignment("hoc-tap-sau", title="Học tập sau", parts=(), opens_on=NOW.date() + timedelta(days=20))


def publish(store: Store, *items: Item, publisher: str) -> None:
    with store.library.read() as connection:
        arrival = next_arrival(connection, NOW)
    pack = secrets.token_hex(32)
    apply_pack(store, publisher=publisher, sequence=arrival.number, pack=pack, items=items, arrival=arrival)


@pytest.fixture
def handbook(tmp_path: Path, pocket_keyring: PocketKeyring) -> Iterator[Handbook]:
    """An opened profile whose key this PC's keyring holds, with one task to do and one to come."""
    key = Vault(tmp_path, cost=Cost(1, 64, 1)).create(ACCOUNT, "mật khẩu")
    store = Store(tmp_path / "profiles" / ACCOUNT, key)
    with store.personal.write() as connection:
        keep_session(connection, session(), server="http://127.0.0.1:9", device="PC khu phố", now=NOW)
    publish(store, document_item(document()), publisher="central")
    publish(store, assignment_item(assignment()), assignment_item(LATER), publisher="hongson/anbinh")
    store.close()
    opened = open_handbook(tmp_path, ACCOUNT, None)
    yield opened
    opened.close()


def write_reflection(handbook: Handbook) -> None:
    text = "mười chữ thì đủ để nộp bài này rồi đấy"
    task = assignment().id
    handbook.reflections.save(task, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)


def submit_reflection(handbook: Handbook) -> None:
    write_reflection(handbook)
    handbook.reflections.submit(assignment().id, NOW)


def end_a_sync(handbook: Handbook) -> None:
    with handbook.store.personal.write() as connection:
        note_sync(connection, NOW, Offline("Chưa kết nối được máy chủ."), None)


def expire(handbook: Handbook) -> None:
    handbook.account.mark_expired()


def tick(handbook: Handbook) -> None:
    handbook.library.tick(NQ15, True, NOW)


CHANGES = [tick, write_reflection, submit_reflection, end_a_sync, expire]


@pytest.mark.parametrize("change", [lambda _: None, *CHANGES])
def test_it_makes_the_tasks_that_the_profile_then_shows_on_every_day(
    tmp_path: Path, handbook: Handbook, change: Callable[[Handbook], object]
) -> None:
    change(handbook)
    keep_glance(handbook, NOW)
    glance = read_glance(tmp_path, ACCOUNT)
    assert glance is not None
    assert (glance.name, glance.unit_name) == ("Nguyễn Văn An", "Chi bộ Khu phố 1")
    assert not glance.reads_cells
    for days in range(-30, 45):
        moment = NOW + timedelta(days=days)
        assert glance.standing.today(moment) == handbook.study.today(moment)


def test_a_profile_that_is_closed_keeps_it(tmp_path: Path, handbook: Handbook) -> None:
    keep_glance(handbook, NOW)
    today = handbook.study.today(NOW)
    handbook.close()
    assert read_glance(tmp_path, ACCOUNT).standing.today(NOW) == today
    open_handbook(tmp_path, ACCOUNT, None).close()
    assert read_glance(tmp_path, ACCOUNT).standing.today(NOW) == today


@pytest.mark.parametrize("change", CHANGES)
def test_after_any_change_there_is_none(
    tmp_path: Path, handbook: Handbook, change: Callable[[Handbook], object]
) -> None:
    keep_glance(handbook, NOW)
    change(handbook)
    assert read_glance(tmp_path, ACCOUNT) is None


def test_after_something_was_published_there_is_none(tmp_path: Path, handbook: Handbook) -> None:
    keep_glance(handbook, NOW)
    publish(handbook.store, document_item(document(edition=2)), publisher="central")
    assert read_glance(tmp_path, ACCOUNT) is None


def test_what_is_published_while_it_is_being_made_makes_it_worthless(
    tmp_path: Path, handbook: Handbook
) -> None:
    def sync() -> None:
        publish(handbook.store, document_item(document(edition=2)), publisher="central")

    class Slow:
        def standing(self, now: datetime) -> Standing:
            standing = handbook.study.standing(now)
            another = Thread(target=sync)
            another.start()
            another.join()
            return standing

    keep_glance(dataclasses.replace(handbook, study=Slow()), NOW)
    assert read_glance(tmp_path, ACCOUNT) is None


def test_one_that_is_true_is_not_made_again(handbook: Handbook) -> None:
    class Unasked:
        def standing(self, now: datetime) -> Standing:
            raise AssertionError("asked again")

    keep_glance(handbook, NOW)
    keep_glance(dataclasses.replace(handbook, study=Unasked()), NOW)


def test_it_is_made_again_after_a_change(tmp_path: Path, handbook: Handbook) -> None:
    keep_glance(handbook, NOW)
    tick(handbook)
    keep_glance(handbook, NOW)
    assert read_glance(tmp_path, ACCOUNT).standing.today(NOW) == handbook.study.today(NOW)


def test_a_change_that_failed_leaves_it(tmp_path: Path, handbook: Handbook) -> None:
    keep_glance(handbook, NOW)
    with pytest.raises(ZeroDivisionError), handbook.store.personal.write():
        raise ZeroDivisionError
    assert read_glance(tmp_path, ACCOUNT) is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE glance SET program = '0.0.1'",
        "UPDATE glance SET content = 'not JSON'",
        "UPDATE glance SET content = '{}'",
        "DROP TABLE glance",
    ],
)
def test_what_another_version_wrote_is_not_shown(tmp_path: Path, handbook: Handbook, statement: str) -> None:
    keep_glance(handbook, NOW)
    with handbook.store.personal.write(only_derived=True) as connection:
        connection.exec_driver_sql(statement)
    assert read_glance(tmp_path, ACCOUNT) is None


def test_without_the_key_nobody_sees_it(
    tmp_path: Path, handbook: Handbook, pocket_keyring: PocketKeyring
) -> None:
    keep_glance(handbook, NOW)
    handbook.close()
    title = assignment().title.encode()
    assert not any(title in file.read_bytes() for file in (tmp_path / "profiles" / ACCOUNT).glob("personal*"))
    pocket_keyring.broken = True
    assert read_glance(tmp_path, ACCOUNT) is None
    pocket_keyring.broken = False
    Vault(tmp_path).forget(ACCOUNT)
    assert read_glance(tmp_path, ACCOUNT) is None


@pytest.mark.parametrize("account", ["kp9.khong-co", "../kp1.an"])
def test_of_a_profile_that_is_not_here_there_is_none_and_nothing_is_made(
    tmp_path: Path, pocket_keyring: PocketKeyring, account: str
) -> None:
    assert read_glance(tmp_path, account) is None
    assert list(tmp_path.iterdir()) == []
