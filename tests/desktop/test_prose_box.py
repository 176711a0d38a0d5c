"""The box that an answer is written in: keys, looks, the clipboard, input methods, undo over all of it."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QInputMethodEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from handbook.desktop.prose_box import ProseBox
from handbook.desktop.prose_document import Kind
from handbook.desktop.theme import Mode, Theme
from handbook.model.pasted import blocks_in_html
from handbook.model.prose import parse, plain, write
from handbook.model.reflection import count_words
from tests.desktop.seat import type_into
from tests.model.test_pasted import sample

pytestmark = pytest.mark.gui

QUOTED = "> Dân là gốc.\n> — [Điều 5, Nghị quyết số 15-NQ/TW](handbook:central/15-nq#dieu-5)"
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def box(qapp: QApplication) -> Iterator[ProseBox]:
    Theme().apply(qapp)
    made = ProseBox("Nhận thức", "Đồng chí nhận thức được gì?")
    made.resize(600, 200)
    made.show()
    made.setFocus()
    yield made
    made.deleteLater()


def at(box: ProseBox, start: int, end: int | None = None) -> None:
    cursor = box.textCursor()
    cursor.setPosition(start)
    cursor.setPosition(start if end is None else end, QTextCursor.MoveMode.KeepAnchor)
    box.setTextCursor(cursor)


def at_end(box: ProseBox) -> None:
    box.moveCursor(QTextCursor.MoveOperation.End)


def press(box: ProseBox, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(box, key)


def paste(box: ProseBox, *, html: str = "", text: str = "") -> None:
    data = QMimeData()
    if html:
        data.setHtml(html)
    data.setText(text)
    QGuiApplication.clipboard().setMimeData(data)
    box.paste()


# Looks


def test_bold_and_italic_are_kept_as_they_are_shown(box: ProseBox) -> None:
    box.start_with("một hai ba")
    at(box, 4, 7)
    box.toggle_bold()
    box.toggle_italic()
    assert box.markdown() == "một ***hai*** ba"
    box.toggle_bold()
    assert box.markdown() == "một *hai* ba"


def test_what_is_typed_after_a_look_is_chosen_has_it(box: ProseBox) -> None:
    type_into(box, "một ")
    box.toggle_bold()
    type_into(box, "hai")
    box.toggle_bold()
    type_into(box, " ba")
    assert box.markdown() == "một **hai** ba"


def test_a_heading_is_one_a_smaller_one_and_a_line_again(box: ProseBox) -> None:
    box.start_with("Tâm đắc")
    kinds = (Kind.HEADING, Kind.SUBHEADING)
    shown = []
    for _ in range(3):
        box.toggle_kind(*kinds)
        shown.append(box.markdown())
    assert shown == ["### Tâm đắc", "#### Tâm đắc", "Tâm đắc"]


def test_after_a_heading_comes_a_plain_line(box: ProseBox) -> None:
    box.start_with("### Tâm đắc")
    at_end(box)
    press(box, Qt.Key.Key_Return)
    type_into(box, "Tôi nghĩ")
    assert box.markdown() == "### Tâm đắc\nTôi nghĩ"
    assert not box.is_bold()


def test_a_list_goes_on_with_enter_and_ends_with_enter_on_an_empty_item(box: ProseBox) -> None:
    box.start_with("1. một")
    at_end(box)
    press(box, Qt.Key.Key_Return)
    type_into(box, "hai")
    press(box, Qt.Key.Key_Return, Qt.Key.Key_Return)
    type_into(box, "hết")
    assert box.markdown() == "1. một\n2. hai\nhết"


def test_tab_goes_down_a_level_in_a_list_and_shift_tab_up(box: ProseBox) -> None:
    box.start_with("- một\n- hai")
    at_end(box)
    press(box, Qt.Key.Key_Tab)
    assert box.markdown() == "- một\n   - hai"
    QTest.keyClick(box, Qt.Key.Key_Backtab, SHIFT)
    assert box.markdown() == "- một\n- hai"


def test_typing_a_dash_or_a_one_begins_a_list_and_undo_gives_the_signs_back(box: ProseBox) -> None:
    for typed, kept in (("-", "- "), ("1.", "1. ")):
        box.start_with("")
        type_into(box, typed)
        press(box, Qt.Key.Key_Space)
        assert box.markdown() == kept
        box.undo()
        assert box.toPlainText() == f"{typed} "
        assert box.kind() is Kind.PARAGRAPH


def test_backspace_before_an_item_makes_a_line_of_it_first(box: ProseBox) -> None:
    box.start_with("một\n- hai")
    at(box, 4)
    press(box, Qt.Key.Key_Backspace)
    assert box.markdown() == "một\nhai"
    press(box, Qt.Key.Key_Backspace)
    assert box.markdown() == "mộthai"


def test_lines_of_two_kinds_that_are_joined_have_one_look_and_one_undo_parts_them(
    box: ProseBox, qapp: QApplication
) -> None:
    for text, key, joined in (
        ("### Đề mục\n**đậm** thường", Qt.Key.Key_Backspace, "### Đề mụcđậm thường"),
        ("thường\n### Đề mục", Qt.Key.Key_Delete, "thườngĐề mục"),
    ):
        box.start_with(text)
        at(box, box.toPlainText().index("\n") + (key is Qt.Key.Key_Backspace))
        press(box, key)
        assert box.markdown() == joined
        qapp.processEvents()
        looks = {form.format.fontWeight() for form in box.textCursor().block().textFormats()}
        assert len(looks) == 1
        assert box.markdown() == joined
        box.undo()
        assert box.markdown() == text


def test_what_is_typed_over_lines_of_two_kinds_leaves_one_look(box: ProseBox, qapp: QApplication) -> None:
    box.start_with("thường\n### Đề mục")
    at(box, 3, 10)
    type_into(box, "ơ")
    qapp.processEvents()
    assert box.markdown() == "thươmục"
    assert {form.format.fontWeight() for form in box.textCursor().block().textFormats()} == {400}


def test_signs_typed_as_text_stay_text(box: ProseBox) -> None:
    type_into(box, "# *không* đậm_nghiêng > [x](https://y)")
    assert plain(parse(box.markdown())) == "# *không* đậm_nghiêng > [x](https://y)"


# Quotations


def test_a_quotation_is_put_below_the_line_and_writing_goes_on_below_it(box: ProseBox) -> None:
    box.start_with("Theo tôi:\ncuối")
    at(box, 4)
    box.insert_quotation(parse(QUOTED)[0])
    type_into(box, "Tôi hiểu")
    assert box.markdown() == f"Theo tôi:\n{QUOTED}\nTôi hiểu\ncuối"
    assert not box.is_italic()


def test_the_place_of_a_quotation_is_known_from_anywhere_in_it(box: ProseBox) -> None:
    box.start_with(f"trước\n{QUOTED}\nsau")
    at(box, 8)
    assert box.citation().anchor == "dieu-5"
    at(box, 2)
    assert box.citation() is None


def test_ctrl_click_on_the_citation_leads_to_its_place(box: ProseBox, qtbot) -> None:
    box.start_with(QUOTED)
    at_end(box)
    spot = box.cursorRect().center() - QPoint(20, 0)
    with qtbot.waitSignal(box.cited) as asked:
        QTest.mouseClick(box.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, spot)
    assert asked.args == ["central/15-nq", "dieu-5"]


# The clipboard


def test_a_text_from_word_comes_in_clean_and_one_undo_takes_it_out(box: ProseBox) -> None:
    type_into(box, "Mở đầu.")
    press(box, Qt.Key.Key_Return)
    paste(box, html=sample("word"))
    assert box.markdown() == "Mở đầu.\n" + write(blocks_in_html(sample("word")))
    fragment = box.textCursor().charFormat()
    assert fragment.foreground().color() in (QColor(Qt.GlobalColor.black), QColor())
    box.undo()
    assert box.markdown() == "Mở đầu.\n"


def test_what_is_copied_here_keeps_its_look_here_and_its_words_elsewhere(box: ProseBox) -> None:
    box.start_with(f"- một **hai**\n{QUOTED}")
    box.selectAll()
    box.copy()
    assert "Dân là gốc." in QGuiApplication.clipboard().text()
    at_end(box)
    press(box, Qt.Key.Key_Return)
    box.paste()
    assert box.markdown() == f"- một **hai**\n{QUOTED}\n- một **hai**\n{QUOTED}"


def test_plain_text_is_pasted_as_it_is_and_pasting_plain_leaves_looks_out(box: ProseBox) -> None:
    paste(box, text="- a\n*b*")
    assert box.toPlainText() == "- a\n*b*"
    assert plain(parse(box.markdown())) == "- a\n*b*"
    box.start_with("")
    paste(box, html="<b>đậm</b>", text="đậm")
    box.paste_plain()
    assert box.markdown() == "**đậm**đậm"


# Input methods


def composing(box: ProseBox, text: str, commit: str = "") -> None:
    event = QInputMethodEvent(text, [])
    if commit:
        event.setCommitString(commit)
    QApplication.sendEvent(box, event)


def test_letters_being_composed_are_neither_saved_nor_disturbed_by_reading_the_text(box: ProseBox) -> None:
    type_into(box, "Đảng ")
    for step in ("v", "vi", "viê", "viên"):
        composing(box, step)
        assert box.markdown() == "Đảng "
        assert box.textCursor().block().layout().preeditAreaText() == step
    composing(box, "", commit="viên")
    assert box.markdown() == "Đảng viên"


def test_letters_are_composed_in_every_kind_of_line_and_keep_its_look(box: ProseBox) -> None:
    for before in ("### ", "- ", "1. ", "> ", "**a** "):
        box.start_with(f"{before}x")
        at_end(box)
        composing(box, "tiê")
        composing(box, "", commit="tiếng")
        assert box.markdown() == f"{before}xtiếng"
    box.start_with("**đậm**")
    at_end(box)
    composing(box, "nữ")
    composing(box, "", commit="nữa")
    assert box.markdown() == "**đậmnữa**"


# Undo, counting, height


def test_every_kind_of_change_can_be_undone_one_by_one(box: ProseBox) -> None:
    states = [box.markdown()]

    def did() -> None:
        states.append(box.markdown())

    type_into(box, "một")
    did()
    box.toggle_kind(Kind.NUMBER)
    did()
    paste(box, html="<p>hai</p><h2>ba</h2>")
    did()
    box.insert_quotation(parse(QUOTED)[0])
    did()
    box.show_text("bản cũ **đậm**")
    did()
    for before in reversed(states[:-1]):
        box.undo()
        assert box.markdown() == before
    for after in states[1:]:
        box.redo()
        assert box.markdown() == after


def test_the_words_are_counted_as_the_kept_text_is(box: ProseBox) -> None:
    for text in ("", "một hai\n\n- ba **bốn**\n1. năm", QUOTED):
        box.start_with(text)
        assert box.words() == count_words(plain(parse(text)))
    paste(box, text="sáu bảy\ntám")
    press(box, Qt.Key.Key_Return)
    type_into(box, "chín")
    at(box, 0, 8)
    press(box, Qt.Key.Key_Delete)
    box.undo()
    assert box.words() == count_words(plain(parse(box.markdown())))


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_another_theme_changes_neither_the_text_nor_what_can_be_undone(
    box: ProseBox, qapp: QApplication, mode: Mode, scale: float
) -> None:
    changes: list[None] = []
    text = f"### Đề mục\n1. một\n{QUOTED}"
    box.start_with(text)
    box.edited.connect(lambda: changes.append(None))
    Theme(mode, scale).apply(qapp)
    qapp.processEvents()
    assert (box.markdown(), changes) == (text, [])
    assert not box.document().isUndoAvailable()
    assert box.viewport().height() >= box.document().size().height() - 1
