"""The parts of a screen: nothing is cut, everything has a name and answers to the keyboard."""

from collections.abc import Iterator
from itertools import product

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from handbook.desktop import icons
from handbook.desktop.chooser import Chooser, fill
from handbook.desktop.theme import LARGE_PRINT, MAX_SCALE, Mode, Theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    Column,
    ElidedLabel,
    EmptyState,
    FlowLayout,
    Icon,
    IconButton,
    Kind,
    Label,
    Page,
    Pill,
    PrimaryButton,
    RailButton,
    SecondaryButton,
    StatTile,
    TileLayout,
    Toast,
    Tone,
    ask_to_undo,
)
from handbook.errors import DiskProblem, Offline
from tests.desktop import gallery

pytestmark = [
    pytest.mark.gui,
    # Said by Qt's offscreen platform for each window with a smallest size; other platforms have such hints.
    pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints", extend=True),
]

SIZES = ((1024, 640), (1440, 900))


@pytest.fixture(autouse=True)
def _light_theme(qapp: QApplication) -> Iterator[None]:
    Theme().apply(qapp)
    yield
    Theme().apply(qapp)


def settle() -> None:
    """Let layouts that were asked for take place."""
    for _ in range(5):
        QApplication.sendPostedEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def shown(qtbot: QtBot, widget: QWidget, size: tuple[int, int] = (1024, 640)) -> QWidget:
    qtbot.addWidget(widget)
    widget.resize(*size)
    widget.show()
    settle()
    return widget


@pytest.mark.parametrize(("scale", "size"), [*product((1.0, LARGE_PRINT, MAX_SCALE), SIZES)])
def test_no_text_is_cut_at_any_size(
    qtbot: QtBot, qapp: QApplication, scale: float, size: tuple[int, int]
) -> None:
    theme = Theme(Mode.LIGHT, scale)
    theme.apply(qapp)
    window = shown(qtbot, gallery.window(theme, "content", folded=size[0] < theme.px(1100)), size)
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
        elif label.isVisible() and not isinstance(label, ElidedLabel):
            assert label.width() >= label.sizeHint().width(), label.text()
    for button in window.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.width() >= button.minimumSizeHint().width(), button.text()
            assert button.height() >= button.fontMetrics().height(), button.text()
    for area in window.findChildren(QScrollArea):
        assert area.horizontalScrollBar().maximum() == 0, "something is wider than the window"


def test_every_control_of_the_gallery_has_a_name_and_can_be_reached_with_the_keyboard(qtbot: QtBot) -> None:
    window = shown(qtbot, gallery.window(Theme(), "content", folded=True))
    for button in window.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.text() or button.accessibleName()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_flow_begins_a_new_row_where_the_width_ends(qtbot: QtBot) -> None:
    ground = QWidget()
    flow = FlowLayout(gap=10, parent=ground)
    boxes = [QWidget() for _ in range(3)]
    for box in boxes:
        box.setFixedSize(100, 20)
        flow.addWidget(box)
    shown(qtbot, ground, (330, 100))
    assert [box.pos() for box in boxes] == [QPoint(0, 0), QPoint(110, 0), QPoint(220, 0)]
    assert [place for _, place in flow.places(210)] == [
        QRect(0, 0, 100, 20),
        QRect(110, 0, 100, 20),
        QRect(0, 30, 100, 20),
    ]
    assert flow.heightForWidth(330) == 20
    assert flow.heightForWidth(100) == 80
    boxes[1].hide()
    assert flow.heightForWidth(210) == 20, "a hidden item takes no room"


def test_a_flow_at_the_right_ends_at_the_right_edge(qtbot: QtBot) -> None:
    ground = QWidget()
    flow = FlowLayout(gap=10, align_right=True, parent=ground)
    box = QWidget()
    box.setFixedSize(100, 20)
    flow.addWidget(box)
    shown(qtbot, ground, (330, 100))
    assert box.geometry().right() == 329


def test_tiles_share_the_width_and_fold_when_it_is_too_small(qtbot: QtBot) -> None:
    ground = QWidget()
    tiles = TileLayout(tile_width=100, gap=10, parent=ground)
    for _ in range(3):
        tiles.addWidget(QWidget())
    qtbot.addWidget(ground)
    assert [place.width() for _, place in tiles.places(620)] == [200, 200, 200]
    assert [place.x() for _, place in tiles.places(250)] == [0, 130, 0]
    assert [place.width() for _, place in tiles.places(90)] == [90, 90, 90]


def test_text_from_elsewhere_is_never_read_as_html(qtbot: QtBot) -> None:
    for label in (Label("<b>đậm</b>"), ElidedLabel("<b>đậm</b>"), Pill("<b>đậm</b>")):
        qtbot.addWidget(label)
        assert label.textFormat() is Qt.TextFormat.PlainText


def test_a_text_that_does_not_fit_ends_in_dots_and_is_whole_in_its_tool_tip(qtbot: QtBot) -> None:
    label = ElidedLabel(gallery.LONG_TITLE)
    shown(qtbot, label, (300, 30))
    assert label.shown_text().endswith("…")
    assert label.toolTip() == label.accessibleName() == gallery.LONG_TITLE
    label.resize(5000, 30)
    assert label.shown_text() == gallery.LONG_TITLE
    assert not label.toolTip()


def test_a_pill_takes_the_colours_of_its_new_state(qtbot: QtBot) -> None:
    pill = Pill("chờ gửi", Tone.WARN)
    shown(qtbot, pill)
    before = pill.grab().toImage().pixelColor(4, pill.height() // 2)
    pill.show_state("đã nhận", Tone.OK)
    settle()
    assert pill.text() == "đã nhận"
    assert before == Theme().colour("warn_soft")
    assert pill.grab().toImage().pixelColor(4, pill.height() // 2) == Theme().colour("ok_soft")


@pytest.mark.parametrize("mode", Mode)
def test_icons_of_buttons_follow_the_theme(qtbot: QtBot, qapp: QApplication, mode: Mode) -> None:
    primary, tool = PrimaryButton("Nộp bài", "send"), IconButton("star", "Lưu văn bản")
    qtbot.addWidget(primary)
    qtbot.addWidget(tool)
    theme = Theme(mode, 1.5)
    theme.apply(qapp)
    settle()
    side = theme.px(20)
    assert tool.iconSize().toTuple() == (side, side)
    assert tool.icon().cacheKey() == icons.icon("star", theme.colour("muted"), side).cacheKey()
    sent = icons.icon("send", theme.colour("on_accent"), theme.px(18), theme.px(4))
    assert primary.icon().cacheKey() == sent.cacheKey()


def test_an_icon_is_painted_in_the_theme_of_the_moment(qtbot: QtBot, qapp: QApplication) -> None:
    icon = Icon("menu", "accent", 48)
    shown(qtbot, icon, (48, 48))
    for mode in (Mode.DARK, Mode.LIGHT):
        Theme(mode).apply(qapp)
        settle()
        assert icon.grab().toImage().pixelColor(24, 24) == Theme(mode).colour("accent")


def test_a_folded_rail_button_keeps_its_name(qtbot: QtBot) -> None:
    button = RailButton("Thư viện", "library")
    qtbot.addWidget(button)
    button.fold(True)
    assert (button.text(), button.toolTip(), button.accessibleName()) == ("", "Thư viện", "Thư viện")
    button.fold(False)
    assert (button.text(), button.toolTip()) == ("Thư viện", "")


def test_a_card_offers_its_actions_and_says_its_title(qtbot: QtBot) -> None:
    done: list[str] = []
    card = Card("Bài thu hoạch", "editor")
    write = card.add_action(Action("Viết tiếp", lambda: done.append("write")), PrimaryButton)
    shown(qtbot, card)
    assert card.accessibleName() == "Bài thu hoạch"
    assert isinstance(write, PrimaryButton)
    qtbot.mouseClick(write, Qt.MouseButton.LeftButton)
    qtbot.keyClick(write, Qt.Key.Key_Space)
    assert done == ["write", "write"]
    card.set_title("Bài thu hoạch đã nộp", "lúc 14:05")
    assert card.accessibleName() == "Bài thu hoạch đã nộp"


def test_a_figure_is_read_out_with_its_meaning(qtbot: QtBot) -> None:
    tile = StatTile("Đã hoàn thành", "12/28", "còn 8 ngày")
    qtbot.addWidget(tile)
    assert tile.accessibleName() == "Đã hoàn thành: 12/28, còn 8 ngày"
    tile.show_figure("13/28")
    assert tile.accessibleName() == "Đã hoàn thành: 13/28"


def test_being_offline_is_not_shown_as_an_error(qtbot: QtBot) -> None:
    offline = Banner.of_error(Offline("Chưa có mạng.", "Sẽ tự gửi khi có mạng."))
    broken = Banner.of_error(DiskProblem("Ổ đĩa đã đầy."))
    for banner in (offline, broken):
        qtbot.addWidget(banner)
    assert (offline.kind, broken.kind) == (Kind.OFFLINE, Kind.ERROR)
    assert offline.accessibleName() == "Chưa có mạng."
    assert offline.accessibleDescription() == "Sẽ tự gửi khi có mạng."


def test_a_banner_is_closed_with_its_button_or_the_escape_key(qtbot: QtBot) -> None:
    for close in (
        lambda banner: qtbot.mouseClick(banner.findChild(IconButton), Qt.MouseButton.LeftButton),
        lambda banner: qtbot.keyClick(banner.findChild(IconButton), Qt.Key.Key_Escape),
    ):
        banner = Banner(Kind.INFO, "Có 3 văn bản mới.")
        shown(qtbot, banner)
        with qtbot.waitSignal(banner.dismissed):
            close(banner)
        assert banner.isHidden()


def test_a_banner_that_must_stay_stays(qtbot: QtBot) -> None:
    banner = Banner(Kind.WARN, "Văn bản này đã hết hiệu lực.", dismissible=False)
    shown(qtbot, banner)
    qtbot.keyClick(banner, Qt.Key.Key_Escape)
    assert banner.isVisible()


def test_undo_takes_back_what_was_done_once(qtbot: QtBot) -> None:
    window, undone = QWidget(), []
    inner = QWidget(window)
    shown(qtbot, window)
    toast = ask_to_undo(inner, "Đã xoá ghi chú.", lambda: undone.append("note"))
    assert toast.isVisible()
    assert window.rect().contains(toast.geometry())
    assert toast.button is not None
    assert toast.button.text() == "&Hoàn tác"
    with qtbot.waitSignal(toast.gone) as gone:
        qtbot.keyClick(toast.button, Qt.Key.Key_Space)
    assert gone.args == [True]
    assert undone == ["note"]


def test_a_toast_leaves_by_itself_but_not_while_the_person_is_on_it(qtbot: QtBot) -> None:
    window = QWidget()
    shown(qtbot, window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    stays = Toast(window, "Đã xoá ghi chú.", Action("Hoàn tác", gallery.nothing), seconds=0)
    assert stays.button is not None
    stays.button.setFocus()
    settle()
    assert stays.isVisible()
    leaves = Toast(window, "Đã lưu.", seconds=0)
    with qtbot.waitSignal(leaves.gone) as gone:
        pass
    assert gone.args == [False]


def test_a_window_shows_one_toast_at_a_time_and_keeps_it_in_sight(qtbot: QtBot) -> None:
    window = QWidget()
    shown(qtbot, window)
    first = Toast(window, "Đã xoá ghi chú thứ nhất.")
    second = Toast(window, "Đã xoá ghi chú thứ hai.")
    assert first.isHidden()
    window.resize(640, 400)
    settle()
    assert window.rect().contains(second.geometry())
    qtbot.keyClick(second, Qt.Key.Key_Escape)
    assert second.isHidden()


def test_an_error_takes_the_place_of_the_content_and_offers_to_try_again(qtbot: QtBot) -> None:
    tried: list[str] = []
    page, content = Page("Thư viện"), Label("Nội dung")
    page.body.addWidget(content)
    shown(qtbot, page)
    assert content.isVisible()
    page.show_error(
        DiskProblem("Ổ đĩa đã đầy.", "Xoá bớt tệp rồi thử lại."),
        Action("Thử lại", lambda: tried.append("retry")),
    )
    settle()
    state = page.findChild(EmptyState)
    assert not content.isVisible()
    assert page.header.isVisible()
    assert (state.accessibleName(), state.accessibleDescription()) == (
        "Ổ đĩa đã đầy.",
        "Xoá bớt tệp rồi thử lại.",
    )
    qtbot.mouseClick(state.button, Qt.MouseButton.LeftButton)
    assert tried == ["retry"]
    page.show_ready()
    settle()
    assert content.isVisible()
    assert page.findChild(EmptyState) is None


def test_in_a_low_window_the_head_goes_up_with_the_content(qtbot: QtBot) -> None:
    page = Page("Tổng hợp", scrolls=False)
    column = Column(900, fills=True)
    page.body.addWidget(column)
    page.scroll_head_with(column)
    table = Label("Bảng")
    table.setMinimumHeight(400)
    column.body.addWidget(table)
    button = page.header.add_action(Action("Báo cáo…", lambda: None))
    shown(qtbot, page, (800, 640))
    page.show_ready()
    settle()
    assert not column.isAncestorOf(page.header)
    assert (
        table.mapTo(page, QPoint(table.width(), 0)).x() == button.mapTo(page, QPoint(button.width(), 0)).x()
    )
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    button.setFocus()
    page.resize(800, 400)
    qtbot.waitUntil(lambda: column.isAncestorOf(page.header) and button.hasFocus())
    column.ensureWidgetVisible(table, 0, 1000)
    banner = page.show_banner(Banner(Kind.OFFLINE, "Chưa có mạng."))
    settle()
    assert page.rect().contains(QRect(banner.mapTo(page, QPoint()), banner.size()))
    page.show_empty("list", "Chưa có gì")
    settle()
    assert page.header.isVisible()
    page.resize(800, 640)
    page.show_ready()
    settle()
    assert not column.isAncestorOf(page.header)


def test_what_a_chooser_has_no_room_for_ends_in_dots(qtbot: QtBot) -> None:
    chooser = Chooser("Nhiệm vụ", "task")
    title = "Học tập Nghị quyết 57-NQ/TW: chuyển đổi số ở phường An Bình"
    fill(chooser, [(title, "a")], "a")
    shown(qtbot, chooser, (800, 40))
    assert chooser.shown_text() == title
    chooser.resize(200, 40)
    settle()
    assert chooser.shown_text().endswith("…")
    assert title.startswith(chooser.shown_text()[:-1].rstrip())


@pytest.mark.parametrize("scrolls", [True, False])
def test_a_page_shows_each_state_in_turn(qtbot: QtBot, scrolls: bool) -> None:
    page = Page("Thư viện", scrolls=scrolls)
    content = Label("Nội dung")
    page.body.addWidget(content)
    shown(qtbot, page)
    loading = page.show_loading("Đang mở thư viện…")
    settle()
    assert loading.isVisible()
    page.show_empty("bookmark", "Chưa lưu văn bản nào")
    settle()
    assert page.findChild(EmptyState).isVisible()
    assert not content.isVisible()
    page.show_ready()
    settle()
    assert content.isVisible()


def test_short_work_shows_no_activity_and_longer_work_can_be_stopped(qtbot: QtBot) -> None:
    stopped: list[str] = []
    page = Page("Thư viện")
    shown(qtbot, page)
    loading = page.show_loading("Đang mở thư viện…", Action("Dừng", lambda: stopped.append("stop")))
    words, stop = loading.findChild(Label), loading.findChild(SecondaryButton)
    settle()
    assert not words.isVisible()
    qtbot.waitUntil(words.isVisible)
    assert words.text() == "Đang mở thư viện…"
    loading.show_progress(3, 10, "Đã mở 3 trong 10")
    assert words.text() == "Đã mở 3 trong 10"
    qtbot.waitUntil(stop.isVisible)
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert stopped == ["stop"]


def test_a_new_banner_takes_the_place_of_the_former_one(qtbot: QtBot) -> None:
    page = Page("Thư viện")
    shown(qtbot, page)
    first = page.show_banner(Banner(Kind.INFO, "Thứ nhất."))
    second = page.show_banner(Banner(Kind.INFO, "Thứ hai."))
    assert first.isHidden()
    settle()
    assert second.isVisible()
    second.dismiss()
    assert second.isHidden()


def test_the_actions_of_a_header_go_below_its_title_in_a_narrow_window(qtbot: QtBot) -> None:
    page = Page("Việc hôm nay", "Chủ nhật, 22/11/2026")
    button = page.header.add_action(Action("Đồng bộ ngay", gallery.nothing, "sync"))
    shown(qtbot, page, (900, 500))
    title = page.header.findChild(Label)
    assert button.geometry().left() > title.geometry().right() - button.width()
    assert button.y() < title.geometry().bottom()
    page.resize(330, 500)
    settle()
    assert button.y() >= title.geometry().bottom()
