"""A painted list: what a person sees, hears and reaches with the keys."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from handbook.desktop.labels import Tone
from handbook.desktop.rows import Row, RowList, _shape
from handbook.desktop.theme import Mode, Theme, current_theme

pytestmark = pytest.mark.gui

LONG = "Học tập, quán triệt và thực hiện Nghị quyết về phương hướng phát triển Thủ đô Hà Nội đến năm 2030"
THREE = tuple(Row(key=key, title=f"Nhiệm vụ {key}") for key in "abc")


@pytest.fixture(autouse=True)
def _light_theme(qapp: QApplication) -> Iterator[None]:
    Theme().apply(qapp)
    yield
    Theme().apply(qapp)


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[object]:
    """Shows a widget in a window of its own, until the test ends."""
    held: list[QWidget] = []

    def show(widget: QWidget, width: int = 340, height: int = 300) -> QWidget:
        held.append(widget)
        widget.resize(width, height)
        widget.show()
        widget.activateWindow()
        settle()
        return widget

    yield show
    for widget in held:
        widget.close()
        widget.deleteLater()
    settle()


def settle() -> None:
    for _ in range(5):
        QApplication.processEvents()


def heard(view: RowList) -> tuple[list[str], list[str]]:
    """What `chosen` and `opened` say from now on."""
    chosen: list[str] = []
    opened: list[str] = []
    view.chosen.connect(chosen.append)
    view.opened.connect(opened.append)
    return chosen, opened


def row_height(view: RowList, number: int = 0) -> int:
    return view.visualRect(view.model().index(number, 0)).height()


# Where the person is ---------------------------------------------------------------------------------


def test_the_keys_go_from_row_to_row_and_enter_opens(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"))
    view.show_rows(THREE, "a")
    chosen, opened = heard(view)
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert (chosen, opened) == (["b", "c"], ["c"])
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.current_key == "a"


def test_a_click_chooses_and_a_double_click_opens(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"))
    view.show_rows(THREE)
    chosen, opened = heard(view)
    place = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (chosen, opened) == (["b"], [])
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == ["b"]


def test_new_rows_leave_the_person_on_the_same_thing_and_say_nothing(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"))
    view.show_rows(THREE, "b")
    chosen, _ = heard(view)
    view.show_rows([Row(key="z", title="Mới"), *reversed(THREE)])
    assert view.current_key == "b"
    assert view.currentIndex().row() == 2
    assert chosen == []
    view.show_rows(THREE, "c")
    assert (view.current_key, chosen) == ("c", [])


def test_when_the_row_one_was_on_is_gone_no_other_is_chosen_in_its_place(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"))
    view.show_rows(THREE, "b")
    view.show_rows([row for row in THREE if row.key != "b"])
    assert view.current_key == ""
    view.show_rows([])
    assert view.current_key == ""


def test_the_row_that_one_comes_back_to_is_in_sight(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"), height=200)
    rows = [Row(key=str(number), title=f"Nhiệm vụ {number}") for number in range(100)]
    view.show_rows(rows, "80")
    settle()
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
    view.show_rows(rows)
    settle()
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))


def test_the_row_one_is_on_stays_in_sight_when_the_room_shrinks(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"), height=400)
    view.show_rows([Row(key=str(number), title=LONG) for number in range(5)], "4")
    settle()
    view.resize(340, 120)
    settle()
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))


def test_going_to_a_row_by_its_key_is_told_as_if_the_person_had_gone(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"))
    view.show_rows(THREE, "a")
    chosen, _ = heard(view)
    view.choose("c")
    view.choose("không có")
    assert (chosen, view.current_key) == (["c"], "c")


# What is seen and heard ------------------------------------------------------------------------------


def test_a_screen_reader_says_title_badge_and_note(shown: object) -> None:
    view = shown(RowList("Mục chờ gửi"))
    view.show_rows([Row(key="a", title="Bài thu hoạch", badge="Chờ gửi", note="từ 3 giờ trước"), *THREE])
    spoken = QAccessible.queryAccessibleInterface(view)
    assert spoken.text(QAccessible.Text.Name) == "Mục chờ gửi"
    said = [spoken.child(number).text(QAccessible.Text.Name) for number in range(spoken.childCount())]
    assert said == ["Bài thu hoạch. Chờ gửi. từ 3 giờ trước", "Nhiệm vụ a", "Nhiệm vụ b", "Nhiệm vụ c"]
    index = view.model().index(0, 0)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == said[0]


def test_a_long_title_takes_two_lines_and_no_more(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"))
    titles = ["Ngắn", LONG, LONG * 5]
    view.show_rows([Row(key=title, title=title) for title in titles])
    one, two, many = (row_height(view, number) for number in range(3))
    line = two - one
    assert line > 10
    assert many == two


def test_a_reason_is_shown_on_as_many_lines_as_were_asked_for(shown: object) -> None:
    heights = []
    for lines in (1, 2, 4):
        view = shown(RowList("Mục chờ gửi", note_lines=lines))
        view.show_rows([Row(key="a", title="Bài", badge="Cần xem", note=LONG * 5)])
        heights.append(row_height(view))
    one, two, four = heights
    assert four - two == pytest.approx(2 * (two - one), abs=2)


def test_a_wide_badge_in_a_narrow_row_puts_the_note_below_it(shown: object) -> None:
    view = shown(RowList("Mục chờ gửi"), width=200)
    view.show_rows(
        [
            Row(key="a", title="Bài", badge="Sắp đến hạn", note="30/11/2026"),
            Row(key="b", title="Bài", badge="Xong", note="x"),
        ]
    )
    assert row_height(view, 0) > row_height(view, 1)


def test_rows_grow_with_the_text_and_follow_the_theme(shown: object, qapp: QApplication) -> None:
    view = shown(RowList("Nhiệm vụ"))
    view.show_rows([Row(key="a", title="Bài", badge="Đạt", tone=Tone.OK, note="30/11/2026")])
    small = row_height(view)
    assert ground(view, 0) == current_theme().colour("card")
    Theme(Mode.DARK, 2.0).apply(qapp)
    settle()
    assert row_height(view) > 1.7 * small
    assert ground(view, 0) == current_theme().colour("card")


def test_the_row_one_is_on_stands_out(shown: object) -> None:
    view = shown(RowList("Nhiệm vụ"))
    view.show_rows(THREE, "b")
    settle()
    assert ground(view, 1) == current_theme().colour("accent_soft")
    assert ground(view, 0) == current_theme().colour("card")
    assert ground(view, 1, inset=4) != ground(view, 0, inset=4)  # also by the bar at its edge


def ground(view: RowList, number: int, inset: int = 0) -> QColor:
    """The colour of a row, near its right end or `inset` pixels from its left edge."""
    picture: QImage = view.viewport().grab().toImage()
    place = view.visualRect(view.model().index(number, 0))
    x = place.left() + inset if inset else place.right() - 12
    return picture.pixelColor(x, place.center().y())


# A list that scrolls with its page -------------------------------------------------------------------


@pytest.fixture
def on_page(shown: object) -> tuple[RowList, QScrollArea]:
    """A list of thirty rows, as tall as they are, below a tall heading on a page that scrolls."""
    page = QScrollArea()
    page.setWidgetResizable(True)
    column = QWidget()
    rows = QVBoxLayout(column)
    heading = QWidget()
    heading.setFixedHeight(150)
    view = RowList("Nhật ký", note_lines=3, fits=True)
    rows.addWidget(heading)
    rows.addWidget(view)
    rows.addStretch(1)
    page.setWidget(column)
    view.show_rows([Row(key=str(n), title=f"Lần {n}", badge="Xong", note=LONG) for n in range(30)])
    shown(page, width=600, height=300)
    return view, page


def all_rows(view: RowList) -> int:
    return sum(row_height(view, number) for number in range(view.model().rowCount(QModelIndex())))


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_it_is_as_tall_as_its_rows_at_any_width_and_text_size(
    on_page: tuple[RowList, QScrollArea], qapp: QApplication, scale: float
) -> None:
    view, page = on_page
    Theme(Mode.LIGHT, scale).apply(qapp)
    heights = []
    for width in (600, 320, 900):
        page.resize(width, 300)
        settle()
        assert view.verticalScrollBar().maximum() == 0
        assert all_rows(view) <= view.height() <= all_rows(view) + 2 * view.frameWidth() + 1
        heights.append(view.height())
    assert heights[2] <= heights[0] < heights[1]
    view.show_rows(THREE)
    settle()
    assert view.height() < heights[2] / 5


def test_the_page_follows_the_row_that_the_keys_reach(on_page: tuple[RowList, QScrollArea]) -> None:
    view, page = on_page
    view.setFocus()
    for key in ("End", "Home"):
        QTest.keyClick(view, getattr(Qt.Key, f"Key_{key}"))
        settle()
        place = view.visualRect(view.currentIndex())
        top = view.viewport().mapTo(page.viewport(), place.topLeft()).y()
        bottom = view.viewport().mapTo(page.viewport(), place.bottomLeft()).y()
        assert 0 <= top < bottom <= page.viewport().height()
    assert view.current_key == "0"


def test_new_rows_do_not_scroll_the_page(on_page: tuple[RowList, QScrollArea]) -> None:
    view, page = on_page
    view.choose("20")
    settle()
    before = page.verticalScrollBar().value()
    assert before > 0
    view.show_rows([Row(key=str(n), title=f"Lần {n}", badge="Xong", note=LONG) for n in range(30)])
    settle()
    assert (view.current_key, page.verticalScrollBar().value()) == ("20", before)


@pytest.mark.parametrize("width", range(160, 340, 20))
def test_no_line_of_a_title_begins_in_the_middle_of_a_documents_number(width: int) -> None:
    row = Row(key="a", title="Đọc lại Quy định 144-QĐ/TW và Quy định 37-QĐ/TW")
    title = _shape(row, width, 1).title
    starts = [title.text()[title.lineAt(number).textStart() :] for number in range(title.lineCount())]
    assert len(starts) > 1
    assert not any(start.startswith(("QĐ", "TW", "\u2060")) for start in starts)
