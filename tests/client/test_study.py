"""What a member finds on the first screen: the right tasks, the most urgent first, each with its reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from handbook.client.study import MissingDocument, Task, TaskKind
from handbook.errors import NotFound
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, State
from handbook.model.study import URGENCY_ORDER, Urgency
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

Devices = Callable[..., Device]
NQ15, CT50 = "central/15-nq-tw-2022", "central/50-ct-tw-2025"
DOCUMENTS = (
    document_item(document()),
    document_item(document("50-ct-tw-2025", number="50-CT/TW", title="Đổi mới sinh hoạt chi bộ")),
)
MAIN = assignment(documents=(NQ15, CT50))
TEXT = "mười chữ thì đủ để nộp bài này rồi đấy"


@pytest.fixture
def cell(ward: Ward) -> str:
    return ward.new_cell({"An": (), "Lan": (), "Hanh": (DutyKind.CELL_SECRETARY,)})


@pytest.fixture
def an(device: Devices, cell: str) -> Device:
    return device("An", cell, (*DOCUMENTS, assignment_item(MAIN)))


def write(an: Device, task: str = MAIN.id) -> None:
    an.reflections.save(task, (Answer("nhan-thuc", TEXT), Answer("lien-he", TEXT)), NOW)


def submit(an: Device, task: str = MAIN.id) -> None:
    write(an, task)
    an.reflections.submit(task, NOW)


def kinds(tasks: tuple[Task, ...]) -> list[tuple[TaskKind, str]]:
    return [(task.kind, task.document_id) for task in tasks]


def test_a_new_task_asks_to_read_each_document_and_then_to_write(an: Device) -> None:
    tasks = an.study.today(NOW).tasks
    assert kinds(tasks) == [(TaskKind.READ, NQ15), (TaskKind.READ, CT50), (TaskKind.WRITE, "")]
    assert [task.action for task in tasks] == ["Đọc", "Đọc", "Viết bài"]
    assert tasks[0].title == "15-NQ/TW Phương hướng, nhiệm vụ phát triển Thủ đô Hà Nội"
    assert tasks[0].reason == ("Hạn 30/11/2026, còn 8 ngày, để làm nhiệm vụ “Học tập Nghị quyết 15-NQ/TW”.")
    assert (tasks[2].title, tasks[2].reason) == (MAIN.title, "Hạn 30/11/2026, còn 8 ngày.")


def test_what_was_read_or_begun_is_shown_as_such(an: Device) -> None:
    an.library.tick(NQ15, True, NOW)
    write(an)
    tasks = an.study.today(NOW).tasks
    assert kinds(tasks) == [(TaskKind.READ, CT50), (TaskKind.WRITE, "")]
    assert (tasks[1].action, tasks[1].reason) == (
        "Viết tiếp",
        "Bài đang viết dở. Hạn 30/11/2026, còn 8 ngày.",
    )


def test_who_has_read_and_handed_in_has_nothing_left_even_without_a_network(an: Device) -> None:
    an.library.tick(NQ15, True, NOW)
    an.library.tick(CT50, True, NOW)
    submit(an)
    today = an.study.today(NOW)
    assert today.tasks == ()
    assert (today.waiting, today.waiting_since, today.set_aside) == (3, NOW, 0)
    assert today.next_due is None
    view = an.study.assignment(MAIN.id, NOW)
    assert (view.done, view.read_count) == (True, 2)
    assert view.next_step == "Bài đã nộp trên máy này, sẽ tự gửi khi có mạng."


def test_a_tick_taken_back_asks_to_read_again(an: Device) -> None:
    an.library.tick(NQ15, True, NOW)
    an.library.tick(NQ15, False, NOW + timedelta(minutes=1))
    assert (TaskKind.READ, NQ15) in kinds(an.study.today(NOW).tasks)


@pytest.mark.parametrize(
    ("day", "reason", "urgency"),
    [
        (date(2026, 11, 22), "Hạn 30/11/2026, còn 8 ngày.", Urgency.LATER),
        (date(2026, 11, 29), "Hạn ngày mai (30/11/2026).", Urgency.SOON),
        (date(2026, 11, 30), "Hạn hôm nay (30/11/2026).", Urgency.TODAY),
        (date(2026, 12, 2), "Quá hạn 2 ngày (30/11/2026).", Urgency.OVERDUE),
    ],
)
def test_the_reason_says_how_long_is_left(an: Device, day: date, reason: str, urgency: Urgency) -> None:
    noon = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    task = an.study.today(noon).tasks[-1]
    assert (task.reason, task.urgency) == (reason, urgency)


def test_the_most_urgent_comes_first_and_what_is_not_open_yet_is_no_task(an: Device) -> None:
    an.publish(
        *(
            assignment_item(assignment(slug, documents=(), due_on=due, opens_on=opens, title=slug))
            for slug, opens, due in [
                ("today", date(2026, 11, 1), date(2026, 11, 22)),
                ("overdue", date(2026, 11, 1), date(2026, 11, 20)),
                ("older", date(2026, 10, 1), date(2026, 11, 10)),
                ("upcoming", date(2026, 11, 23), date(2026, 11, 24)),
                ("soon", date(2026, 11, 1), date(2026, 11, 25)),
            ]
        )
    )
    today = an.study.today(NOW)
    titles = [task.title for task in today.tasks if task.kind is TaskKind.WRITE]
    assert titles == ["older", "overdue", "today", "soon", MAIN.title]
    order = [URGENCY_ORDER.index(task.urgency) for task in today.tasks]
    assert order == sorted(order)
    assert (today.next_due, today.next_due_title) == (date(2026, 11, 10), "older")
    upcoming = an.study.assignments(NOW)[-1]
    assert (upcoming.urgency, upcoming.next_step) == (
        Urgency.UPCOMING,
        "Mở từ ngày 23/11/2026; có thể đọc trước tài liệu.",
    )


def test_what_is_for_another_cell_is_no_task(an: Device) -> None:
    an.publish(assignment_item(assignment("theirs", units=("hongson/anbinh/other",))))
    assert {view.assignment.id for view in an.study.assignments(NOW)} == {MAIN.id}


def test_a_task_without_a_template_is_done_by_reading(an: Device) -> None:
    an.publish(assignment_item(assignment("read", documents=(NQ15,), parts=(), min_words=0)))
    an.library.tick(NQ15, True, NOW)
    view = an.study.assignment("hongson/anbinh/read", NOW)
    assert (view.done, view.next_step) == (True, "Đã đọc đủ tài liệu; không còn việc gì phải làm.")
    assert [each.assignment.id for each in an.study.assignments(NOW)] == [MAIN.id, view.assignment.id]


def test_a_document_that_is_not_here_is_said_to_be_missing(an: Device) -> None:
    an.publish(assignment_item(assignment("gap", documents=("central/gone",))))
    view = an.study.assignment("hongson/anbinh/gap", NOW)
    assert view.documents == (MissingDocument(id="central/gone"),)
    (task,) = [task for task in an.study.today(NOW).tasks if task.document_id == "central/gone"]
    assert "đồng bộ" in task.reason


def test_an_unknown_task_is_not_found(an: Device) -> None:
    with pytest.raises(NotFound):
        an.study.assignment("hongson/anbinh/none", NOW)


def returned(an: Device, hanh: Device, comment: str) -> None:
    an.synced()
    hanh.synced()
    hanh.cell.return_for_revision(hanh.cell.to_review(hanh.cell_path)[0].lineage, comment, NOW)
    hanh.synced()
    an.synced()


def test_a_returned_text_comes_before_the_other_tasks_with_what_was_said(
    an: Device, device: Devices, cell: str
) -> None:
    submit(an)
    returned(an, device("Hanh", cell, (assignment_item(MAIN),)), "Phần liên hệ\ncần rõ hơn. " + "chữ " * 60)
    task = an.study.today(NOW).tasks[0]
    assert (task.kind, task.action) == (TaskKind.REVISE, "Sửa bài")
    assert task.reason.startswith(f"{an.unit().name} trả lại: “Phần liên hệ cần rõ hơn. chữ")
    assert task.reason.endswith("…” Hạn 30/11/2026, còn 8 ngày.")
    assert an.study.assignment(MAIN.id, NOW).next_step == (
        f"Sửa bài thu hoạch theo góp ý của {an.unit().name} và nộp lại (còn 8 ngày)."
    )
    an.reflections.revise(MAIN.id, NOW)
    task = an.study.today(NOW).tasks[0]
    assert (task.kind, task.action) == (TaskKind.REVISE, "Sửa tiếp")
    an.reflections.submit(MAIN.id, NOW)
    assert TaskKind.REVISE not in {task.kind for task in an.study.today(NOW).tasks}


def test_two_texts_that_clash_ask_the_member_to_choose(an: Device, device: Devices, cell: str) -> None:
    other = device("An", cell, (*DOCUMENTS, assignment_item(MAIN)))
    for pc in (an, other):
        pc.library.tick(NQ15, True, NOW)
        pc.library.tick(CT50, True, NOW)
    submit(other)
    other.synced()
    an.reflections.save(MAIN.id, (Answer("nhan-thuc", TEXT + " khác"), Answer("lien-he", TEXT)), NOW)
    an.reflections.submit(MAIN.id, NOW)
    an.synced()
    today = an.study.today(NOW)
    (task,) = today.tasks
    assert (task.kind, task.action, today.set_aside) == (TaskKind.REVISE, "Xem và xử lý", 1)
    assert "cả hai bản đều được giữ" in task.reason
    an.reflections.accept_held(MAIN.id, NOW)
    assert an.study.today(NOW).tasks == ()


def test_a_secretary_is_told_how_many_texts_wait(an: Device, device: Devices, cell: str) -> None:
    hanh = device("Hanh", cell, (assignment_item(MAIN),))
    lan = device("Lan", cell, (assignment_item(MAIN),))
    for pc in (an, lan, hanh):
        submit(pc)
        pc.synced()
    hanh.synced()
    today = hanh.study.today(NOW)
    (task,) = [task for task in today.tasks if task.kind is TaskKind.REVIEW]
    assert (task.title, task.assignment_id, today.to_review) == (
        "2 bài thu hoạch chờ chi bộ xem",
        MAIN.id,
        2,
    )
    assert today.tasks[0] == task, "members wait: before what is due later"
    assert an.study.today(NOW).to_review == 0


def test_each_state_names_its_next_step(an: Device, device: Devices, cell: str) -> None:
    hanh = device("Hanh", cell, (assignment_item(MAIN),))

    def step() -> str:
        return an.study.assignment(MAIN.id, NOW).next_step

    assert step() == "Đọc 2 tài liệu (còn 8 ngày)."
    an.library.tick(NQ15, True, NOW)
    assert step() == "Đọc nốt 1 trong 2 tài liệu (còn 8 ngày)."
    an.library.tick(CT50, True, NOW)
    assert step() == "Viết bài thu hoạch (còn 8 ngày)."
    write(an)
    assert step() == "Viết tiếp bài thu hoạch và nộp (còn 8 ngày)."
    an.reflections.submit(MAIN.id, NOW)
    an.synced()
    assert step() == "Máy chủ đã nhận bài; chờ chi bộ xem."
    hanh.synced()
    lineage = hanh.cell.to_review(cell)[0].lineage
    hanh.cell.mark_opened(lineage, NOW)
    hanh.synced()
    an.synced()
    assert step() == "Chi bộ đã xem bài; chờ nhận xét."
    hanh.cell.accept(lineage, "Tốt", NOW)
    hanh.synced()
    an.synced()
    assert step() == "Bài đã được đánh giá Đạt; không còn việc gì phải làm."
    card = an.study.assignment(MAIN.id, NOW).reflection
    assert (card.state, card.comment, card.returned_by) == (State.ACCEPTED, "Tốt", an.unit().name)
