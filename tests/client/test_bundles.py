"""What waits travels by hand and its receipts come back; in whatever order, nothing doubles or is lost."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from secrets import token_bytes

import pytest
from sqlalchemy import delete

from handbook.client import bundles
from handbook.client.bundles import BUNDLE, REPLY, Bundles, Carried, Heard, Written, carry
from handbook.client.tables.library import receipt_keys
from handbook.errors import BadInput, NotAllowed, NotFound, Offline, SignInFailed
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

TASK = "hongson/anbinh/hoc-tap-nq15"
NQ15 = "central/15-nq-tw-2022"
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"
ITEMS = (document_item(document()), assignment_item(assignment()))

Device_ = Callable[..., Device]


class Scene:
    """An writes on a PC without a network, Hạnh carries; between them a stick."""

    def __init__(self, ward: Ward, device: Device_, usb: Path) -> None:
        cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
        self.ward, self.usb = ward, usb
        self.an, self.hanh = device("An", cell, ITEMS), device("Hanh", cell, ITEMS)

    def submit(self, text: str = TEXT) -> None:
        self.an.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)
        self.an.reflections.submit(TASK, NOW)

    def tick(self) -> None:
        self.an.library.tick(NQ15, True, NOW)

    def of(self, device: Device) -> Bundles:
        return Bundles(device.store, device.account, device.outbox, token_bytes)

    def write(self) -> Written:
        return self.of(self.an).write(self.usb, self.ward.now)

    def carry(self) -> Carried:
        return carry(self.hanh.line, self.hanh.account.token, self.usb)

    def hear(self) -> Heard:
        return self.of(self.an).hear(self.usb, self.ward.now)

    def held(self) -> list[tuple[str, int]]:
        return [(kind, revision) for kind, _, revision, _ in self.ward.submissions_of(self.an.account_name)]

    def names(self) -> set[str]:
        return {file.suffix for file in (self.usb / bundles.FOLDER_NAME).iterdir()}


@pytest.fixture
def scene(ward: Ward, device: Device_, tmp_path: Path) -> Scene:
    return Scene(ward, device, tmp_path / "usb")


def test_a_text_travels_on_a_stick_and_its_receipt_comes_back(scene: Scene) -> None:
    scene.tick()
    scene.submit()
    written = scene.write()
    assert (written.submissions, written.bundles, written.too_large) == (2, 1, 0)
    assert len(scene.an.outbox.owed()) == 2  # it owes until a receipt verifies
    assert scene.carry() == Carried(taken=1)
    assert sorted(scene.held()) == [("reflection", 1), ("tick", 1)]
    assert scene.names() == {BUNDLE, REPLY}
    heard = scene.hear()
    assert (heard.received, heard.refused, heard.others) == (2, 0, 0)
    assert scene.an.outbox.owed() == ()
    (revision,) = scene.an.reflections.submitted(TASK)
    assert scene.an.reflections.verify(revision.lineage, 1).author == scene.an.account_name
    assert scene.names() == set()
    (line,) = scene.an.sync.log()
    assert (line.sent, line.source, line.error) == (2, str(scene.usb / bundles.FOLDER_NAME), "")


STEPS = ("carry", "hear", "sync", "hear")


@pytest.mark.parametrize("order", sorted(set(permutations(STEPS))))
def test_in_whatever_order_stick_and_network_meet_nothing_doubles(
    scene: Scene, order: tuple[str, ...]
) -> None:
    scene.submit()
    scene.write()
    for step in order:
        try:
            scene.an.deliver() if step == "sync" else getattr(scene, step)()
        except NotFound:
            continue  # nothing left to carry, or no answer yet
    assert scene.held() == [("reflection", 1)]
    assert scene.an.outbox.owed() == ()


def test_a_second_bundle_after_a_lost_stick_settles_the_same(scene: Scene) -> None:
    scene.submit()
    scene.write()
    scene.carry()
    for file in (scene.usb / bundles.FOLDER_NAME).iterdir():
        file.unlink()  # lost on the way back
    scene.write()
    scene.carry()
    assert scene.hear().received == 1
    assert scene.held() == [("reflection", 1)]


def test_what_left_on_a_stick_is_not_taken_back_as_if_it_had_not(scene: Scene) -> None:
    scene.submit()
    scene.write()
    scene.an.reflections.withdraw(TASK, NOW)
    scene.carry()
    scene.hear()
    assert scene.held() == [("reflection", 1)]
    assert [row.kind.value for row in scene.an.outbox.owed()] == ["withdrawal"]
    scene.an.deliver()
    assert sorted(scene.held()) == [("reflection", 1), ("withdrawal", 1)]


def test_a_clash_by_stick_keeps_both_texts_as_over_the_network(scene: Scene, device: Device_) -> None:
    other = device("An", scene.an.cell_path, ITEMS)
    other.reflections.save(TASK, (Answer("nhan-thuc", f"{TEXT} khác"), Answer("lien-he", TEXT)), NOW)
    other.reflections.submit(TASK, NOW)
    other.deliver()
    scene.submit()
    scene.write()
    scene.carry()
    heard = scene.hear()
    assert (heard.received, heard.refused) == (0, 1)
    (row,) = scene.an.outbox.owed()
    assert row.set_aside
    assert len(scene.an.reflections.draft(TASK, NOW).kept) == 1


def test_a_session_that_ended_meanwhile_is_told_and_everything_is_kept(scene: Scene) -> None:
    scene.submit()
    scene.write()
    scene.ward.sign_out_everywhere(scene.an.account_name)
    scene.carry()
    (report,) = scene.hear().reports
    assert isinstance(report.error, SignInFailed)
    assert len(scene.an.outbox.owed()) == 1
    with pytest.raises(SignInFailed, match="không còn hiệu lực"):
        scene.write()


def test_answers_for_others_are_left_on_the_stick(scene: Scene, device: Device_) -> None:
    scene.submit()
    scene.write()
    scene.carry()
    heard = Bundles(scene.hanh.store, scene.hanh.account, scene.hanh.outbox, token_bytes).hear(scene.usb, NOW)
    assert heard == Heard(reports=(), others=1)
    assert scene.hear().received == 1


def test_many_rows_go_in_several_bundles_in_their_order(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MAX_SUBMISSIONS", 1)
    scene.tick()
    scene.submit()
    scene.an.library.tick(NQ15, False, NOW)
    written = scene.write()
    assert (written.submissions, written.bundles) == (3, 3)
    assert scene.carry().taken == 3
    assert scene.hear().received == 3
    assert sorted(scene.held()) == [("reflection", 1), ("tick", 1), ("tick", 1)]


def test_what_is_too_large_stays_and_is_counted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.tick()
    scene.submit(" ".join(["chữ"] * 2000))
    monkeypatch.setattr(bundles, "MAX_CONTENT_BYTES", 4096)
    written = scene.write()
    assert (written.submissions, written.too_large) == (1, 1)


def test_a_damaged_bundle_does_not_keep_the_others(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MAX_SUBMISSIONS", 1)
    scene.tick()
    scene.submit()
    scene.write()
    first = min((scene.usb / bundles.FOLDER_NAME).iterdir())
    first.write_bytes(first.read_bytes()[:-9])
    carried = scene.carry()
    assert carried.taken == 1
    assert [type(error) for error in carried.refused] == [BadInput]
    assert scene.held() == [("reflection", 1)]


def test_without_the_servers_key_nothing_is_written(scene: Scene) -> None:
    scene.submit()
    with scene.an.store.library.write() as connection:
        connection.execute(delete(receipt_keys))
    with pytest.raises(NotFound, match="chưa công bố khoá"):
        scene.write()
    assert not scene.usb.exists()


def test_each_thing_that_is_not_there_has_its_own_words(scene: Scene) -> None:
    with pytest.raises(NotFound, match="Không còn gì chờ gửi"):
        scene.write()
    with pytest.raises(NotFound, match="không có gói bài của sổ tay"):
        scene.carry()
    scene.submit()
    scene.write()
    with pytest.raises(NotFound, match="chưa có biên nhận"):
        scene.hear()
    scene.carry()
    with pytest.raises(NotFound, match="không có gói bài nào chưa chuyển"):
        scene.carry()


def test_who_may_not_carry_or_has_no_line_is_told_and_the_stick_stays(scene: Scene) -> None:
    scene.submit()
    scene.write()
    with pytest.raises(NotAllowed):
        carry(scene.an.line, scene.an.account.token, scene.usb)
    scene.hanh.line.is_down = True
    with pytest.raises(Offline):
        scene.carry()
    assert scene.names() == {BUNDLE}


def test_a_bundle_of_last_month_is_still_good(scene: Scene) -> None:
    scene.submit()
    scene.write()
    scene.ward.now = NOW + timedelta(days=40)
    scene.carry()
    assert scene.hear().received == 1


def test_files_that_go_with_a_text_travel_before_it_in_bundles_of_their_own(scene: Scene) -> None:
    scene.an.reflections.save(TASK, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)
    scan = b"%PDF-1.7\n" + token_bytes(600_000) + b"\n%%EOF\n"
    scene.an.reflections.attach(TASK, "bai-viet-tay.pdf", scan, NOW)
    scene.an.reflections.submit(TASK, NOW)
    written = scene.write()
    assert (written.submissions, written.bundles, written.too_large) == (4, 2, 0)
    assert scene.carry() == Carried(taken=2)
    assert scene.hear().received == 4
    assert scene.an.outbox.owed() == ()
    assert [kind for kind, _ in scene.held()].count("reflection") == 1
