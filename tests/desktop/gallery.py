"""Every widget on a few pages, to be looked at and to be measured.

    python -m tests.desktop.gallery FOLDER

saves a picture of each page in light, dark and large print, at 1440 x 900 and 1024 x 640.
"""

import sys
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QSpinBox,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from handbook.desktop.language import use_vietnamese
from handbook.desktop.theme import Mode, Paper, Theme
from handbook.desktop.widgets import (
    Action,
    Banner,
    Card,
    Chip,
    ElidedLabel,
    FlowLayout,
    IconButton,
    Kind,
    Label,
    LinkButton,
    Page,
    Pill,
    PrimaryButton,
    RailButton,
    SecondaryButton,
    SectionLabel,
    StatTile,
    TileLayout,
    Tone,
    ask_to_undo,
)
from handbook.errors import DiskProblem, Offline

LONG_TITLE = (
    "Học tập Nghị quyết số 15-NQ/TW về phương hướng, nhiệm vụ phát triển Thủ đô Hà Nội đến năm 2030, "
    "tầm nhìn đến năm 2045"
)
DOCUMENT = """
<h1>Nghị quyết số 15-NQ/TW</h1><p class="muted">Bộ Chính trị · 05/05/2022 · còn hiệu lực</p>
<h2>I. Tình hình</h2>
<p>Đoạn văn thứ nhất để xem giãn dòng, cỡ chữ và khoảng cách giữa các đoạn trong
văn bản dài, có một chú thích ở cuối câu.<sup><a href="#n1">[1]</a></sup> Câu sau có <mark>phần được
đánh dấu</mark> và <mark class="found">từ tìm thấy</mark>.</p>
<h3>1. Chỉ tiêu</h3>
<table width="100%"><tr><th align="left">Chỉ tiêu</th><th align="right">2025</th>
<th align="right">2030</th></tr>
<tr><td>Hộ dùng nước sạch</td><td align="right">60%</td><td align="right">80%</td></tr></table>
<h4>a) Ghi nhớ</h4><ul><li>Ý thứ nhất</li><li>Ý thứ hai</li></ul>
<blockquote>Một câu trích dẫn để xem nền và kiểu chữ nghiêng.</blockquote>
<p class="footnotes"><a name="n1"></a>1. Nội dung chú thích.</p>
"""


def nothing() -> None:
    """What the gallery's buttons do."""


def content_page(theme: Theme) -> Page:
    px = theme.px
    page = Page("Việc hôm nay", "Chủ nhật, 22/11/2026 · đồng bộ 5 phút trước")
    page.header.add_action(Action("Đồng bộ ngay", nothing, "sync"))
    page.header.add_action(Action("Viết thu hoạch", nothing, "editor"), PrimaryButton)
    offline = Offline("Chưa có mạng.", "Đã lưu an toàn; sẽ tự gửi khi có mạng.")
    page.show_banner(Banner.of_error(offline, Action("Thử lại", nothing)))
    tiles = TileLayout(px(190), px(12))
    for label, value, note in (
        ("Đảng viên", "28", "3 dự bị"),
        ("Hoàn thành học nghị quyết", "86%", "tăng 12% so với quý trước"),
        ("Bài thu hoạch chờ duyệt", "5", "hạn 30/11/2026"),
    ):
        tiles.addWidget(StatTile(label, value, note))
    page.body.addLayout(tiles)
    page.body.addWidget(SectionLabel("Cần làm trước"))
    page.body.addWidget(task_card())
    page.body.addWidget(controls_card(theme))
    for kind, message, advice in (
        (Kind.OK, "Bài thu hoạch đã được nhận.", "Biên nhận 2026-11-22-0015."),
        (Kind.WARN, "Văn bản này đã được thay bằng 399-QĐ/TW.", ""),
        (Kind.ERROR, "Không mở được tệp.", "Tệp đang mở ở chương trình khác. Đóng tệp rồi thử lại."),
        (Kind.INFO, "Có 3 văn bản mới trong thư viện.", ""),
    ):
        page.body.addWidget(Banner(kind, message, advice))
    page.body.addStretch(1)
    return page


def task_card() -> Card:
    card = Card(LONG_TITLE, "study", "Ban Thường vụ Đảng uỷ phường · hạn 30/11/2026")
    card.add_at_end_of_title(Pill("còn 8 ngày", Tone.WARN))
    card.add(Label("Đọc 2 văn bản và viết bài thu hoạch ít nhất 800 chữ."), ElidedLabel(LONG_TITLE))
    card.add_action(Action("Viết thu hoạch", nothing, "editor"), PrimaryButton)
    card.add_action(Action("Đọc văn bản", nothing, "document"))
    card.add_action(Action("Xem câu hỏi", nothing), LinkButton)
    return card


def controls_card(theme: Theme) -> Card:
    gap = theme.px(8)
    card = Card("Trạng thái và điều khiển")
    pills, chips, fields, disabled = (FlowLayout(gap) for _ in range(4))
    for text, tone in zip(("nháp", "Nghị quyết", "đạt", "chờ gửi", "trả lại", "đã nhận"), Tone, strict=True):
        pills.addWidget(Pill(text, tone))
    for number, text in enumerate(("Tất cả", "Nghị quyết", "Quy định", "Đã lưu")):
        chip = Chip(text)
        chip.setChecked(number == 0)
        chips.addWidget(chip)
    for icon, name in (("star", "Lưu văn bản"), ("highlight", "Đánh dấu"), ("print", "In")):
        chips.addWidget(IconButton(icon, name))
    search, years, count = QLineEdit(), QComboBox(), QSpinBox()
    search.setPlaceholderText("Tìm theo số hiệu, tiêu đề…")
    search.setMinimumWidth(theme.px(230))
    years.addItems(["Tất cả các năm", "2026"])
    count.setValue(7)
    checked, sorted_by = QCheckBox("Đã đọc"), QRadioButton("Mới nhất")
    checked.setChecked(True)
    sorted_by.setChecked(True)
    for field in (search, years, count, checked, QCheckBox("Chưa đọc"), sorted_by, QRadioButton("Cũ nhất")):
        fields.addWidget(field)
    for button in (SecondaryButton("Không dùng được", "lock"), PrimaryButton("Nộp bài", "send")):
        button.setEnabled(False)
        disabled.addWidget(button)
    card.add(pills, chips, fields, disabled)
    return card


def states_page(theme: Theme) -> QWidget:
    """The three states that replace content, side by side."""
    ground = QWidget()
    row = TileLayout(theme.px(320), parent=ground)
    loading, empty, failed = Page("Đang mở"), Page("Trống"), Page("Lỗi")
    loading.show_loading("Đang mở thư viện…", Action("Dừng", nothing)).show_progress(3, 10)
    empty.show_empty(
        "bookmark",
        "Chưa có văn bản nào được lưu",
        "Mở một văn bản rồi nhấn ngôi sao để lưu vào đây.",
        Action("Mở thư viện", nothing, "library"),
    )
    problem = DiskProblem("Ổ đĩa đã đầy.", "Xoá bớt tệp trên ổ C: rồi thử lại. Bài đang viết vẫn còn nguyên.")
    failed.show_error(problem, Action("Thử lại", nothing))
    for page in (loading, empty, failed):
        frame = QFrame()
        frame.setProperty("card", True)
        QVBoxLayout(frame).addWidget(page)
        frame.setMinimumHeight(theme.px(400))
        row.addWidget(frame)
    return ground


def reading_page(theme: Theme) -> QWidget:
    """The same text on every paper."""
    ground = QWidget()
    row = QHBoxLayout(ground)
    for paper in Paper:
        text = QTextBrowser()
        text.setStyleSheet(theme.surface_css(paper))
        text.document().setDefaultFont(theme.reading_font())
        text.document().setDefaultStyleSheet(theme.reading_css(paper))
        text.document().setDocumentMargin(theme.px(20))
        text.setHtml(DOCUMENT)
        row.addWidget(text)
    return ground


PAGES = {"content": content_page, "states": states_page, "reading": reading_page}


def window(theme: Theme, page: str, folded: bool) -> QWidget:
    """The page beside a rail, as the program shows it."""
    px = theme.px
    ground = QWidget()
    row = QHBoxLayout(ground)
    row.setContentsMargins(0, 0, 0, 0)
    rail = QFrame()
    rail.setObjectName("rail")
    rail.setFixedWidth(px(64) if folded else px(220))
    rows = QVBoxLayout(rail)
    rows.setContentsMargins(px(10), px(16), px(10), px(12))
    if not folded:
        for name, text in (("brand", "Sổ tay đảng viên"), ("brandNote", "Chi bộ Văn phòng")):
            label = QLabel(text)
            label.setObjectName(name)
            rows.addWidget(label)
    for place, icon in (("Việc hôm nay", "today"), ("Thư viện", "library"), ("Chi bộ", "cell")):
        button = RailButton(place, icon)
        button.setChecked(icon == "library")
        button.fold(folded)
        rows.addWidget(button)
    rows.addStretch(1)
    row.addWidget(rail)
    row.addWidget(PAGES[page](theme), 1)
    return ground


def save_pictures(folder: Path) -> None:
    app = QApplication.instance() or QApplication([])
    use_vietnamese(app)
    looks = ((Mode.LIGHT, 1.0), (Mode.DARK, 1.0), (Mode.LIGHT, 1.5), (Mode.LIGHT, 2.0))
    for mode, scale in looks:
        theme = Theme(mode, scale)
        theme.apply(app)
        for width, height in ((1440, 900), (1024, 640)):
            for page in PAGES:
                shown = window(theme, page, folded=width < theme.px(1100))
                shown.resize(width, height)
                shown.show()
                if page == "content":
                    ask_to_undo(shown, "Đã xoá ghi chú “Nêu gương” khỏi văn bản 15-NQ/TW.", nothing)
                until = QDeadlineTimer(200)
                while not until.hasExpired():
                    app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
                shown.grab().save(str(folder / f"{page}-{mode}-{round(scale * 100)}-{width}.png"))
                shown.deleteLater()


if __name__ == "__main__":
    save_pictures(Path(sys.argv[1]))
