from dataclasses import replace
from datetime import date

from handbook.model.assignment_changes import changes_between
from handbook.model.study import Part
from tests.client.samples import assignment


def test_an_edition_that_changes_nothing_for_the_writer_is_not_spoken_of():
    former = assignment()
    assert changes_between(former, replace(former, edition=2, grace_days=5)) == ()


def test_every_change_that_matters_to_the_writer_is_said_in_a_sentence():
    former = assignment()
    present = replace(
        former,
        title="Học tập lại",
        due_on=date(2026, 12, 5),
        min_words=1200,
        question="Sẽ làm gì trong quý I?",
        parts=(Part("nhan-thuc", "Nhận thức mới"), Part("kien-nghi", "Kiến nghị")),
        documents=("central/a", "central/b"),
    )
    assert changes_between(former, present) == (
        "Tên nhiệm vụ nay là “Học tập lại”.",
        "Hạn nộp đổi từ 30/11/2026 sang 05/12/2026.",
        "Bài cần ít nhất 1.200 chữ.",
        "Câu hỏi nay là: Sẽ làm gì trong quý I?",
        "Thêm phần “Kiến nghị”.",
        "Bỏ phần “Liên hệ”; chữ đồng chí đã viết ở đó vẫn được giữ cuối bài.",
        "Phần “Nhận thức” nay tên là “Nhận thức mới”.",
        "Thêm 2 tài liệu phải đọc.",
        "Bớt 1 tài liệu phải đọc.",
    )
    assert changes_between(former, replace(former, min_words=0, question="")) == (
        "Không còn yêu cầu số chữ.",
        "Câu hỏi đã được bỏ.",
    )
