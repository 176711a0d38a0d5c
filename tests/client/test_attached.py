"""Files that go with a reflection: part of the draft, sent before the text, fetched for who may read it."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from handbook.client.attached import AttachedFiles
from handbook.client.tables.personal import file_pieces, outbox, sync_state
from handbook.errors import BadInput, NotFound
from handbook.model.attached import PIECE_BYTES
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, AttachedFile, State
from handbook.protocol.packs import assignment_item, document_item
from handbook.protocol.submissions import SubmissionKind
from handbook.server.tables import submissions
from tests import asset_files
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Fault, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment()))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
SCAN = b"%PDF-1.4\n" + b"trang quet " * 50_000 + b"%%EOF"  # three pieces
Devices = Callable[..., Device]


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Binh": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, ITEMS)


@pytest.fixture
def hanh(device: Devices, cell: str) -> Device:
    return device("Hanh", cell, ITEMS)


def write(device: Device, *files: tuple[str, bytes]) -> None:
    device.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    for name, data in files:
        device.reflections.attach(TASK, name, data, NOW)


def attached(device: Device) -> tuple[AttachedFile, ...]:
    return device.reflections.draft(TASK, NOW).files


def read(device: Device, file: AttachedFile) -> bytes:
    return AttachedFiles(device.store).read(file)


def pieces_here(device: Device) -> int:
    with device.store.personal.read() as connection:
        return connection.execute(select(func.count()).select_from(file_pieces)).scalar_one()


def kinds_held(device: Device) -> list[str]:
    return sorted(kind for kind, *_ in device.ward.submissions_of(device.account_name))


def test_files_survive_the_end_of_the_program_and_a_former_text_that_is_brought_back(an: Device) -> None:
    write(an, ("Sổ ghi chép.pdf", SCAN))
    an.restart()
    (file,) = attached(an)
    assert (file.name, file.size, read(an, file)) == ("Sổ ghi chép.pdf", len(SCAN), SCAN)
    an.reflections.save(TASK, (Answer("nhan-thuc", "Đoạn khác hẳn"),), NOW)
    assert attached(an) == (file,)


def test_the_bytes_are_nowhere_on_the_disk_in_the_clear(an: Device) -> None:
    write(an, ("bi mat rieng.pdf", SCAN))
    an.store.close()
    for file in an.folder.rglob("*"):
        if file.is_file():
            assert b"trang quet" not in file.read_bytes()
    an.reopen()


def test_a_file_taken_out_comes_back_until_the_text_is_handed_in(an: Device) -> None:
    write(an, ("so.pdf", SCAN))
    (file,) = attached(an)
    an.reflections.detach(TASK, file, NOW)
    assert attached(an) == ()
    an.reflections.attach_again(TASK, file, NOW)
    assert attached(an) == (file,)
    an.reflections.detach(TASK, file, NOW)
    an.reflections.submit(TASK, NOW)
    assert pieces_here(an) == 0
    with pytest.raises(NotFound):
        read(an, file)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bang.xlsx", asset_files.png()[:-3]),
        ("virus.pdf", b"MZ" + b"\0" * 100),
        ("dut.pdf", SCAN[:5000]),
        ("TỐI MẬT.pdf", SCAN),
        ("lon.pdf", b"%PDF-" + b"0" * 2_000_000 + b"%%EOF"),
    ],
)
def test_what_may_not_go_with_a_reflection_is_refused_and_the_draft_stays(
    an: Device, name: str, data: bytes
) -> None:
    write(an)
    with pytest.raises(BadInput):
        an.reflections.attach(TASK, name, data, NOW)
    assert (attached(an), pieces_here(an)) == ((), 0)


def test_a_fourth_file_is_refused_and_the_same_one_twice_is_one(an: Device) -> None:
    scans = [SCAN[:-5] + bytes([48 + number]) + b"%%EOF" for number in range(4)]
    write(an, ("mot.pdf", scans[0]), ("mot lan nua.pdf", scans[0]), ("hai.pdf", scans[1]))
    an.reflections.attach(TASK, "ba.pdf", scans[2], NOW)
    with pytest.raises(BadInput, match="giới hạn là 3"):
        an.reflections.attach(TASK, "bon.pdf", scans[3], NOW)
    assert [file.name for file in attached(an)] == ["mot.pdf", "hai.pdf", "ba.pdf"]


def test_a_picture_is_named_after_what_it_is_whatever_its_name_says(an: Device) -> None:
    write(an, ("C:\\anh\\chup.PDF", asset_files.png()))
    assert attached(an)[0].name == "C__anh_chup.png"


def test_the_secretary_reads_the_file_offline_and_another_member_has_nothing(
    an: Device, hanh: Device, device: Devices, cell: str
) -> None:
    write(an, ("Ảnh.png", asset_files.png()), ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    assert [row.title for row in an.outbox.owed()][:2] == ["Tệp kèm theo: Ảnh.png", "Tệp kèm theo: so.pdf"]
    an.synced()
    binh = device("Binh", cell, ITEMS)
    for other in (hanh, binh):
        assert other.synced().error is None
    hanh.line.is_down = True
    (view,) = hanh.cell.to_review(cell)
    assert [file.name for file in view.files] == ["Ảnh.png", "so.pdf"]
    assert [read(hanh, file) for file in view.files] == [asset_files.png(), SCAN]
    assert pieces_here(binh) == 0


def test_the_receipt_covers_the_files_by_name_and_hash(an: Device) -> None:
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.synced()
    (submitted,) = an.reflections.submitted(TASK)
    content = an.reflections.receipt_file(submitted.lineage, submitted.revision).content
    assert hashlib.sha256(SCAN).hexdigest() in content and '"so.pdf"' in content
    assert submitted.files[0].size == len(SCAN)


def test_another_pc_of_the_member_gets_the_file_with_the_text(an: Device, device: Devices, cell: str) -> None:
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.synced()
    second = device("An", cell, ITEMS)
    second.synced()
    (file,) = attached(second)
    assert read(second, file) == SCAN


def test_taking_the_text_back_brings_the_file_back_and_takes_it_from_the_secretary(
    an: Device, hanh: Device
) -> None:
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.synced()
    hanh.synced()
    assert pieces_here(hanh) == 3
    an.reflections.withdraw(TASK, NOW)
    an.synced()
    hanh.synced()
    assert pieces_here(hanh) == 0
    (file,) = attached(an)
    assert an.reflections.draft(TASK, NOW).state is State.DRAFT
    an.reflections.submit(TASK, NOW)
    an.synced()
    hanh.synced()
    assert read(hanh, file) == SCAN
    assert kinds_held(an).count(SubmissionKind.FILE) == 3


def test_a_text_taken_back_before_it_left_sends_no_piece(an: Device) -> None:
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.reflections.withdraw(TASK, NOW)
    assert an.outbox.owed() == ()
    assert len(attached(an)) == 1
    an.synced()
    assert kinds_held(an) == []


def test_a_bad_line_sends_no_piece_again_that_was_receipted(an: Device) -> None:
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.line.is_down, an.line.requests = False, []
    an.line.faults.extend([None, Fault.LOST])
    an.deliver()
    assert len(an.outbox.owed()) == 3
    an.deliver()
    sent = [request for request in an.line.requests if "/v1/submissions/" in request]
    assert (len(sent), len(set(sent))) == (5, 4)
    assert kinds_held(an) == [SubmissionKind.FILE] * 3 + [SubmissionKind.REFLECTION]


def test_a_piece_that_is_refused_holds_its_text_back(an: Device) -> None:
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.line.faults.extend([None, Fault.BROKEN])
    an.deliver()
    assert kinds_held(an) == [SubmissionKind.FILE]
    assert [row.kind for row in an.outbox.owed()][-1] is SubmissionKind.REFLECTION


def test_a_server_without_the_files_gets_them_when_the_text_is_handed_in_again(an: Device) -> None:
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.line.faults.extend([None, None, None, Fault.LOST])
    an.deliver()
    with an.ward.database.write() as connection:
        connection.execute(
            delete(submissions).where(submissions.c.kind == "file", submissions.c.author == an.account_name)
        )
    an.deliver()
    assert "chưa có đủ" in an.reflections.draft(TASK, NOW).refused
    an.reflections.revise(TASK, NOW)
    an.reflections.submit(TASK, NOW)
    an.synced()
    assert kinds_held(an) == [SubmissionKind.FILE] * 3 + [SubmissionKind.REFLECTION]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(st.sampled_from([None, *Fault]), max_size=10))
def test_whatever_becomes_of_the_line_the_file_arrives_once_and_whole(
    ward: Ward, device: Devices, faults: list[Fault | None]
) -> None:
    path = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    an, hanh = device("An", path, ITEMS), device("Hanh", path, ITEMS)
    write(an, ("so.pdf", SCAN))
    an.reflections.submit(TASK, NOW)
    an.line.faults.extend(faults[::2])
    hanh.line.faults.extend(faults[1::2])
    for _ in range(6):
        for each in (an, hanh):
            with each.store.personal.write() as connection:
                connection.execute(outbox.update().values(next_try_at=None))
                connection.execute(delete(sync_state))
            each.synced()
    (view,) = hanh.cell.to_review(path)
    assert read(hanh, view.files[0]) == SCAN
    assert kinds_held(an).count(SubmissionKind.FILE) == len(SCAN) // PIECE_BYTES + 1
    an.close()
    hanh.close()
