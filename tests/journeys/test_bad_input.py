"""What goes wrong on a real PC: each thing has its own message and says what to do, and nothing is lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from handbook.client.handbook import activate, open_handbook, sign_in
from handbook.client.library import Filter
from handbook.client.profiles import profile_dir
from handbook.client.transport import HttpTransport
from handbook.errors import (
    Altered,
    DiskProblem,
    Expected,
    NewerData,
    ProfileInUse,
    SignInFailed,
    Unreachable,
    WrongClock,
)
from handbook.model.reflection import Answer
from handbook.server.run import issue_codes
from tests.journeys.small_ward import SmallWard, assignment_id
from tests.journeys.victims import now
from tests.published_ward import MEMBER, PASSWORD, SECRETARY

TYPED = (Answer("nhan-thuc", "Những chữ đã gõ trước khi có chuyện."),)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWard]:
    made = SmallWard(tmp_path_factory.mktemp("ward"))
    made.server.start()
    yield made
    made.close()


@pytest.fixture
def pc(ward: SmallWard, tmp_path: Path) -> Path:
    """A PC on which the member has content and a draft."""
    data_dir = ward.activate(MEMBER, tmp_path / "pc")
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    assert handbook.sync.run(now).error is None
    handbook.reflections.save(assignment_id(1), TYPED, now())
    handbook.close()
    return data_dir


def refusal(kind: type[Expected], act: object) -> Expected:
    with pytest.raises(kind) as caught:
        act()
    assert type(caught.value) is kind
    assert caught.value.message.endswith((".", "!"))
    assert caught.value.advice, "nothing says what to do next"
    return caught.value


def assert_nothing_lost(data_dir: Path) -> None:
    handbook = open_handbook(data_dir, MEMBER, PASSWORD)
    try:
        assert handbook.reflections.draft(assignment_id(1), now()).answers == TYPED
        cards = handbook.library.documents(Filter())
        assert len(cards) == 3
        assert handbook.library.sections(cards[0].id, 0, 1)
    finally:
        handbook.close()


def test_a_wrong_password_is_refused_by_the_server_and_by_the_pc(
    ward: SmallWard, pc: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    refusal(SignInFailed, lambda: sign_in(other, ward.server.url, MEMBER, "sai-mat-khau", "PC", now=now()))
    assert not (other / "profiles" / MEMBER).exists()
    refusal(SignInFailed, lambda: open_handbook(pc, MEMBER, "sai-mat-khau"))
    assert_nothing_lost(pc)


def test_a_used_up_code_says_so_and_differs_from_a_mistyped_one(ward: SmallWard, tmp_path: Path) -> None:
    (code,) = issue_codes(ward.settings, [SECRETARY])
    activate(tmp_path / "a", ward.server.url, code.code, PASSWORD, "PC", now=now())
    used = refusal(
        SignInFailed,
        lambda: activate(tmp_path / "b", ward.server.url, code.code, PASSWORD, "PC", now=now()),
    )
    mistyped = refusal(
        SignInFailed,
        lambda: activate(tmp_path / "b", ward.server.url, "ABCD-EFGH-JKLM", PASSWORD, "PC", now=now()),
    )
    assert used.message != mistyped.message
    assert not (tmp_path / "b" / "profiles" / SECRETARY).exists()


def test_an_altered_pack_is_refused_and_installed_content_stays(tmp_path: Path) -> None:
    ward = SmallWard(tmp_path / "ward")
    try:
        ward.server.start()
        data_dir = ward.activate(MEMBER, tmp_path / "pc")
        handbook = open_handbook(data_dir, MEMBER, PASSWORD)
        try:
            assert handbook.sync.run(now).error is None
            before = handbook.library.sections("central/van-ban-1", 0, 10)
            packs = set((ward.content / "packs").iterdir())
            ward.write_document(1, text="Nội dung sửa đổi.")
            ward.publish()
            (new,) = set((ward.content / "packs").iterdir()) - packs
            altered = bytearray(new.read_bytes())
            altered[len(altered) // 2] ^= 1
            new.write_bytes(altered)
            error = handbook.sync.run(now).error
            assert type(error) is Altered
            assert error.advice
            assert handbook.library.sections("central/van-ban-1", 0, 10) == before
        finally:
            handbook.close()
    finally:
        ward.close()


def test_a_database_of_a_newer_program_is_left_alone(pc: Path) -> None:
    handbook = open_handbook(pc, MEMBER, PASSWORD)
    with handbook.store.library.write() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar()
        connection.exec_driver_sql(f"PRAGMA user_version = {version + 1}")
    handbook.close()
    file = profile_dir(pc, MEMBER) / "library.db"
    before = file.read_bytes()
    refusal(NewerData, lambda: open_handbook(pc, MEMBER, PASSWORD))
    assert file.read_bytes() == before


def test_a_clock_that_runs_ahead_is_named_and_content_stays_readable(ward: SmallWard, pc: Path) -> None:
    def wrong_clock() -> datetime:
        return now() + timedelta(days=400)

    transport = HttpTransport(ward.server.url, clock=wrong_clock)
    handbook = open_handbook(pc, MEMBER, PASSWORD, transport=transport)
    try:
        # Something new is out, or the metadata would not be looked at.
        ward.write_document(3, text="Bản sửa của đồng hồ.")
        ward.publish()
        error = handbook.sync.run(wrong_clock).error
        assert type(error) is WrongClock
        assert error.advice
    finally:
        handbook.close()
    assert_nothing_lost(pc)


def test_a_clock_that_runs_behind_is_noticed_by_the_server_date(ward: SmallWard, pc: Path) -> None:
    def wrong_clock() -> datetime:
        return now() - timedelta(days=400)

    transport = HttpTransport(ward.server.url, clock=wrong_clock)
    handbook = open_handbook(pc, MEMBER, PASSWORD, transport=transport)
    try:
        assert handbook.sync.run(wrong_clock).error is None
        assert timedelta(days=399) < handbook.sync.status().clock_skew < timedelta(days=401)
    finally:
        handbook.close()


def test_a_folder_that_cannot_be_written_is_named(ward: SmallWard, tmp_path: Path) -> None:
    in_the_way = tmp_path / "tệp"
    in_the_way.write_text("không phải thư mục", encoding="utf-8")
    (code,) = issue_codes(ward.settings, [SECRETARY])
    error = refusal(
        DiskProblem,
        lambda: activate(in_the_way / "sổ tay", ward.server.url, code.code, PASSWORD, "PC", now=now()),
    )
    assert "tệp" in str(error)


def test_a_second_start_on_one_profile_points_to_the_first(pc: Path) -> None:
    handbook = open_handbook(pc, MEMBER, PASSWORD)
    try:
        refusal(ProfileInUse, lambda: open_handbook(pc, MEMBER, PASSWORD))
    finally:
        handbook.close()
    assert_nothing_lost(pc)


def test_no_server_is_a_state_and_not_a_loss(tmp_path: Path) -> None:
    ward = SmallWard(tmp_path / "ward")
    try:
        ward.server.start()
        data_dir = ward.activate(MEMBER, tmp_path / "pc")
        handbook = open_handbook(data_dir, MEMBER, PASSWORD)
        try:
            assert handbook.sync.run(now).error is None
            ward.server.stop()
            handbook.reflections.save(assignment_id(1), TYPED, now())
            error = handbook.sync.run(now).error
            assert type(error) is Unreachable
        finally:
            handbook.close()
    finally:
        ward.close()
    assert_nothing_lost(data_dir)
