"""The opened profile: one writer, durable commits, and a clear word for whatever the disk does."""

import errno
import os
import secrets
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlcipher3.dbapi2
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import IntegrityError

from handbook.client import disk
from handbook.client.store import Store
from handbook.client.tables.library import library_state
from handbook.client.tables.personal import saved
from handbook.errors import DiskProblem, Locked, NewerData, ProfileInUse
from handbook.model.changes import Change


def saved_documents(store: Store) -> list[str]:
    with store.personal.read() as connection:
        return sorted(connection.scalars(select(saved.c.document)))


def test_what_was_committed_is_there_after_reopening(profile: Path, key: bytes) -> None:
    store = Store(profile, key)
    with store.personal.write() as connection:
        connection.execute(insert(saved).values(document="central/a"))
    store.close()
    again = Store(profile, key)
    assert saved_documents(again) == ["central/a"]
    again.close()


def test_a_block_that_fails_changes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.personal.write() as connection:
        connection.execute(insert(saved).values(document="central/a"))
        raise ZeroDivisionError
    assert saved_documents(store) == []


def test_a_reader_sees_one_state_while_another_thread_writes(store: Store) -> None:
    def write() -> None:
        with store.personal.write() as connection:
            connection.execute(insert(saved).values(document="central/a"))

    with store.personal.read() as connection:
        assert connection.scalars(select(saved.c.document)).all() == []
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=30)
        assert not writer.is_alive(), "a reader held the writer up"
        assert connection.scalars(select(saved.c.document)).all() == []
    assert saved_documents(store) == ["central/a"]


def test_writers_on_many_threads_lose_nothing(store: Store) -> None:
    with store.library.write() as connection:
        connection.execute(insert(library_state).values(key="count", value="0"))

    def add() -> None:
        for _ in range(25):
            with store.library.write() as connection:
                count = int(connection.scalars(select(library_state.c.value)).one())
                connection.execute(library_state.update().values(value=str(count + 1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with store.library.read() as connection:
        assert connection.scalars(select(library_state.c.value)).one() == "100"


@pytest.mark.parametrize("inner", ["personal", "library"])
def test_a_write_inside_a_write_is_refused(store: Store, inner: str) -> None:
    with (
        pytest.raises(RuntimeError, match=r"already writes in .*personal\.db"),
        store.personal.write(),
        getattr(store, inner).write(),
    ):
        pass
    with store.personal.write() as connection:  # and the refusal leaves no lock behind
        connection.execute(insert(saved).values(document="central/a"))


def test_each_connection_is_as_durable_and_strict_as_promised(store: Store) -> None:
    full, normal = 2, 1
    for database, synchronous in ((store.personal, full), (store.library, normal)):
        with database.read() as first, database.write() as second:
            for connection in (first, second):
                pragmas = {
                    name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                    for name in ("journal_mode", "foreign_keys", "synchronous")
                }
                assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": synchronous}


def test_a_broken_rule_of_a_table_is_a_bug_not_a_disk_problem(store: Store) -> None:
    with pytest.raises(IntegrityError), store.personal.write() as connection:
        connection.execute(text("INSERT INTO saved VALUES (NULL)"))


def test_nothing_that_was_written_can_be_read_from_the_personal_files(profile: Path, key: bytes) -> None:
    secret = "Tôi tự nhận thấy mình còn nể nang"
    store = Store(profile, key)
    with store.personal.write() as connection:
        connection.execute(insert(saved).values(document=secret))
    live = b"".join(file.read_bytes() for file in profile.glob("personal.db*"))
    store.close()
    rested = (profile / "personal.db").read_bytes()
    for bytes_on_disk in (live, rested):
        assert secret.encode() not in bytes_on_disk
        assert b"CREATE TABLE" not in bytes_on_disk
        assert b"SQLite format 3" not in bytes_on_disk
    assert b"CREATE TABLE" in (profile / "library.db").read_bytes(), "the check would see plain text"


def test_another_key_does_not_open_the_profile(profile: Path, key: bytes) -> None:
    Store(profile, key).close()
    before = (profile / "personal.db").read_bytes()
    with pytest.raises(Locked, match="Khoá trên máy này không mở được"):
        Store(profile, secrets.token_bytes(32))
    assert (profile / "personal.db").read_bytes() == before
    Store(profile, key).close()  # nor does the failed try keep the profile's lock


def test_a_second_program_on_the_same_profile_is_told_what_to_do(profile: Path, key: bytes) -> None:
    store = Store(profile, key)
    with pytest.raises(ProfileInUse) as caught:
        Store(profile, key)
    assert "đang mở ở một cửa sổ khác" in caught.value.message
    assert "Hãy dùng cửa sổ đang mở" in caught.value.advice
    store.close()
    Store(profile, key).close()


def test_a_killed_program_holds_no_profile(profile: Path, key: bytes) -> None:
    code = (
        "import sys, time; from pathlib import Path; from handbook.client.store import Store\n"
        "store = Store(Path(sys.argv[1]), bytes.fromhex(sys.argv[2])); print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(profile), key.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(ProfileInUse):
            Store(profile, key)
        child.kill()
        child.wait(timeout=30)
    Store(profile, key).close()


def test_data_of_a_newer_version_is_refused_and_kept(profile: Path, key: bytes) -> None:
    Store(profile, key).close()
    newer = sqlcipher3.dbapi2.connect(str(profile / "library.db"))
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = (profile / "library.db").read_bytes()
    with pytest.raises(NewerData) as caught:
        Store(profile, key)
    assert "Hãy cài bản sổ tay mới nhất" in caught.value.advice
    assert (profile / "library.db").read_bytes() == before


def test_a_full_disk_is_named_and_keeps_what_was_saved(profile: Path, key: bytes) -> None:
    def cap(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes the file's size as the least

    Store(profile, key).close()
    listen(Engine, "begin", cap)
    try:
        store = Store(profile, key)
        with pytest.raises(DiskProblem) as caught, store.personal.write() as connection:
            connection.execute(insert(saved).values(document="x" * 100_000))
        assert caught.value.message == f"Ổ đĩa đã đầy, không ghi thêm được vào {profile}."
        assert "Những gì đã lưu vẫn còn" in caught.value.advice
        assert saved_documents(store) == []
        store.close()
    finally:
        remove(Engine, "begin", cap)


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path, key: bytes) -> None:
    (tmp_path / "profiles").write_text("a file of the member's own")
    with pytest.raises(DiskProblem, match="có một tệp trùng tên") as caught:
        Store(tmp_path / "profiles" / "kp1.an", key)
    assert "Hãy đổi tên tệp ấy" in caught.value.advice


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_folder_that_may_not_be_written_is_named(
    code: int, tmp_path: Path, key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root writes everywhere, so the refusal of the system itself is played.
    def refuse(*_args: object, **_options: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DiskProblem, match="máy không cho phép") as caught:
        Store(tmp_path / "kp1.an", key)
    assert "cấp quyền ghi" in caught.value.advice


def test_a_read_only_database_is_named(profile: Path, key: bytes) -> None:
    def read_only(connection: sqlcipher3.dbapi2.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON").close()

    Store(profile, key).close()
    listen(Engine, "connect", read_only)
    try:
        store = Store(profile, key)
        with pytest.raises(DiskProblem, match="máy không cho phép"), store.personal.write() as connection:
            connection.execute(insert(saved).values(document="central/a"))
        store.close()
    finally:
        remove(Engine, "connect", read_only)


def test_a_library_that_is_no_database_is_named(profile: Path, key: bytes) -> None:
    profile.mkdir(parents=True)
    (profile / "library.db").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(DiskProblem, match=r"library\.db đã hỏng") as caught:
        Store(profile, key)
    assert "Đừng xoá tệp này" in caught.value.advice


def test_a_damaged_page_of_the_personal_file_is_named(profile: Path, key: bytes) -> None:
    store = Store(profile, key)
    with store.personal.write() as connection:
        connection.execute(insert(saved), [{"document": f"central/{n}-" + "x" * 500} for n in range(200)])
    store.close()
    file = profile / "personal.db"
    data = bytearray(file.read_bytes())
    for page in range(len(data) // 4096 - 20, len(data) // 4096):  # the latest rows, not the schema
        data[page * 4096 + 100] ^= 1
    file.write_bytes(data)
    store = Store(profile, key)
    with pytest.raises(DiskProblem, match=r"personal\.db đã hỏng"):
        saved_documents(store)
    store.close()


def test_a_database_that_another_program_keeps_locked_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlcipher3.dbapi2.connect(str(store.library.path), isolation_level=None)
    with store.library.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DiskProblem, match="bị một chương trình khác giữ"), store.library.write():
        pass
    other.execute("ROLLBACK")
    other.close()


def test_listeners_hear_of_a_commit_until_they_stop_listening(store: Store) -> None:
    heard: list[frozenset[Change]] = []
    stop = store.subscribe(heard.append)
    assert store.announce({Change.LIBRARY}) == {Change.LIBRARY}
    assert store.announce(()) == frozenset()
    stop()
    store.announce({Change.STUDY})
    assert heard == [{Change.LIBRARY}]


def test_a_file_is_replaced_whole_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    disk.write_whole(file, b"old")
    disk.write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["key.json"], "no draft is left"
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.json"
    disk.write_whole(file, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskProblem, match="Ổ đĩa đã đầy"):
        disk.write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]
