"""What the publisher changed of an assignment that somebody is writing on, in words for them."""

from handbook.model.study import Assignment, Part
from handbook.model.vietnamese import date_text, number_text


def changes_between(former: Assignment, present: Assignment) -> tuple[str, ...]:
    """Sentences on what matters to who writes; none when nothing of that changed."""
    said: list[str] = []
    if former.title != present.title:
        said.append(f"Tên nhiệm vụ nay là “{present.title}”.")
    if former.due_on != present.due_on:
        said.append(f"Hạn nộp đổi từ {date_text(former.due_on)} sang {date_text(present.due_on)}.")
    if former.min_words != present.min_words:
        said.append(_length(present.min_words))
    if former.question != present.question:
        said.append(f"Câu hỏi nay là: {present.question}" if present.question else "Câu hỏi đã được bỏ.")
    said += _parts(former.parts, present.parts)
    if added := len(set(present.documents) - set(former.documents)):
        said.append(f"Thêm {added} tài liệu phải đọc.")
    if removed := len(set(former.documents) - set(present.documents)):
        said.append(f"Bớt {removed} tài liệu phải đọc.")
    return tuple(said)


def _length(least: int) -> str:
    if not least:
        return "Không còn yêu cầu số chữ."
    return f"Bài cần ít nhất {number_text(least)} chữ."


def _parts(former: tuple[Part, ...], present: tuple[Part, ...]) -> list[str]:
    before, now = {part.id: part for part in former}, {part.id: part for part in present}
    said = [f"Thêm phần “{part.title}”." for id, part in now.items() if id not in before]
    said += [
        f"Bỏ phần “{part.title}”; chữ đồng chí đã viết ở đó vẫn được giữ cuối bài."
        for id, part in before.items()
        if id not in now
    ]
    said += [
        f"Phần “{before[id].title}” nay tên là “{part.title}”."
        for id, part in now.items()
        if id in before and before[id].title != part.title
    ]
    return said
