"""Phím tắt: every key of the program, in a window of its own (F1)."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from handbook.desktop.page import Column
from handbook.desktop.theme import current_theme
from handbook.desktop.widgets import Action, Card, Label, Role, SecondaryButton, button_for

FIRST_SIZE = (620, 560)
KEYS_WIDTH = 190
"""In pixels at 100 %: room for the longest combination of keys."""

KEYS: tuple[tuple[str, tuple[tuple[tuple[str, ...], str], ...]], ...] = (
    (
        "Ở mọi nơi",
        (
            (("F1",), "Mở bảng phím tắt này"),
            (("Ctrl+1", "Ctrl+2", "…"), "Đến mục thứ nhất, thứ hai… ở cột bên trái"),
            (("Ctrl+K",), "Tìm trong thư viện"),
            (("F5",), "Đồng bộ ngay"),
            (("Alt+Left", "Alt+Right"), "Về trang trước, đi tới trang sau"),
            (("Tab", "Shift+Tab"), "Sang nút hoặc ô kế tiếp, về nút hoặc ô trước"),
            (("Space",), "Bấm nút đang chọn"),
            (("Esc",), "Đóng thông báo, xoá hoặc đóng ô tìm"),
        ),
    ),
    (
        "Thư viện",
        (
            (("Ctrl+F",), "Đến ô tìm"),
            (("Down",), "Từ ô tìm xuống danh sách"),
            (("Return",), "Mở văn bản hoặc đoạn đang chọn"),
            (("Ctrl+D",), "Lưu hoặc bỏ lưu văn bản đang chọn"),
        ),
    ),
    (
        "Đọc văn bản",
        (
            (("Ctrl+F",), "Tìm trong văn bản"),
            (("F3", "Shift+F3"), "Đến chỗ tìm thấy kế tiếp, chỗ trước"),
            (("Alt+Up", "Alt+Down"), "Về mục trước, sang mục sau"),
            (("Ctrl++", "Ctrl+-"), "Chữ to hơn, nhỏ hơn"),
            (("Ctrl+D",), "Đánh dấu trang, hoặc bỏ dấu trang"),
            (("Ctrl+S",), "Lưu hoặc bỏ lưu văn bản; đang viết ghi chú thì lưu ghi chú"),
            (("Ctrl+P",), "In"),
            (("Ctrl+M",), "Xem điểm mới so với bản trước"),
            (("Ctrl+Shift+C",), "Sao chép đoạn chọn kèm trích dẫn"),
            (("H",), "Tô màu đoạn đang chọn"),
            (("1", "2", "3", "4"), "Tô bằng màu vàng, xanh, hồng, tím"),
            (("N",), "Viết ghi chú cho đoạn đang chọn"),
            (("Ctrl+Return",), "Đánh dấu đã đọc, hoặc bỏ dấu"),
        ),
    ),
    (
        "Điểm mới",
        (
            (("Alt+Up", "Alt+Down"), "Về thay đổi trước, sang thay đổi sau"),
            (("Esc",), "Về văn bản"),
        ),
    ),
    (
        "Ghi chú",
        (
            (("Ctrl+F",), "Đến ô tìm"),
            (("Return",), "Mở văn bản ở chỗ đã ghi"),
            (("Delete",), "Xoá; lấy lại được bằng nút Hoàn tác"),
        ),
    ),
    (
        "Viết thu hoạch",
        (
            (("Ctrl+S",), "Lưu ngay; không bấm thì mỗi giây gõ vẫn được lưu"),
            (("Ctrl+B", "Ctrl+I"), "Chữ đậm, chữ nghiêng"),
            (("Ctrl+Shift+H",), "Đề mục; bấm lần nữa: đề mục nhỏ, rồi thôi"),
            (("Ctrl+Shift+L", "Ctrl+Shift+N"), "Gạch đầu dòng, danh sách có số"),
            (("Tab", "Shift+Tab"), "Trong danh sách: xuống một cấp, lên một cấp"),
            (("Ctrl+Shift+Q",), "Đoạn trích"),
            (("Ctrl+Shift+G",), "Chèn đoạn đã tô khi đọc, kèm dẫn nguồn"),
            (("Ctrl+Shift+O",), "Trong đoạn trích: mở văn bản ở chỗ được trích"),
            (("Ctrl+Shift+V",), "Dán chữ, không dán định dạng"),
            (("Ctrl+Z", "Ctrl+Shift+Z"), "Hoàn tác, làm lại"),
            (("Ctrl+Shift+E",), "Các bản trước: so sánh, lấy lại"),
            (("F7",), "Bật soát chính tả; đang bật: đến chữ cần xem kế tiếp"),
            (("Ctrl+Return",), "Nộp bài; trước khi gửi sổ tay còn hỏi lại"),
            (("Ctrl+P",), "Xem bài như trang giấy, để in hoặc lưu thành Word, PDF"),
        ),
    ),
    (
        "Xem trang",
        (
            (("Ctrl+P",), "In"),
            (("Ctrl+S",), "Lưu thành tệp Word"),
            (("Ctrl++", "Ctrl+-"), "Trang to hơn, nhỏ hơn"),
            (("Ctrl+0",), "Trang vừa bề ngang cửa sổ"),
            (("Home", "End"), "Về đầu bài, đến cuối bài"),
            (("Esc",), "Về bài thu hoạch"),
        ),
    ),
    (
        "Chi bộ",
        (
            (("Return",), "Xem bài thu hoạch của người đang chọn"),
            (("M",), "Ghi miễn nhiệm vụ cho người đang chọn"),
            (("G",), "Ghi người đang chọn đã nộp bài giấy"),
            (("Delete",), "Bỏ miễn, bỏ bài giấy; lấy lại được bằng nút Hoàn tác"),
        ),
    ),
    ("Biên nhận", ((("Ctrl+P",), "In biên nhận"),)),
    (
        "Xem bài thu hoạch của chi bộ",
        (
            (("Ctrl+Up", "Ctrl+Down"), "Về bài trước, sang bài sau"),
            (("Ctrl+G",), "Góp ý cho đoạn đang chọn"),
            (("Ctrl+J",), "Chèn câu mẫu vào ô đang viết"),
            (("Ctrl+Return",), "Đánh giá Đạt"),
            (("Ctrl+Shift+Return",), "Trả lại để viết thêm"),
        ),
    ),
)
"""Place, and there: the combinations (as Qt writes them) and what they do."""

_SPOKEN = {
    "Left": "Mũi tên trái",
    "Right": "Mũi tên phải",
    "Up": "Mũi tên lên",
    "Down": "Mũi tên xuống",
    "Space": "Phím cách",
    "Return": "Enter",
}


def in_words(keys: str) -> str:
    """`Alt+Left` as it stands on a keyboard in Vietnam: Alt + Mũi tên trái."""
    if keys.endswith("++"):
        return f"{in_words(keys[:-2])} + +"
    return " + ".join(_SPOKEN.get(key, key) for key in keys.split("+"))


class KeysWindow(QDialog):
    """All keys by place; Escape closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        px = current_theme().px
        self.setObjectName("keys")
        self.setWindowTitle(self.tr("Phím tắt"))
        column = Column(900, self)
        column.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the arrow keys move it
        column.setAccessibleName(self.windowTitle())
        for place, rows in KEYS:
            column.body.addWidget(_card(place, rows))
        column.body.addStretch(1)
        close = button_for(Action(self.tr("Đóng"), self.accept), SecondaryButton)
        close.setObjectName("keys.close")
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(16), px(16), px(8), px(12))
        rows.setSpacing(px(10))
        rows.addWidget(column, 1)
        rows.addLayout(foot)
        room = parent.window().size()
        self.resize(min(px(FIRST_SIZE[0]), room.width()), min(px(FIRST_SIZE[1]), room.height()))
        column.setFocus()


def show_keys(parent: QWidget) -> None:
    """Open the window of keys above the parent's; a second call while it is open changes nothing."""
    if not parent.window().findChild(KeysWindow):
        window = KeysWindow(parent.window())
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.open()


def _card(place: str, rows: tuple[tuple[tuple[str, ...], str], ...]) -> Card:
    px = current_theme().px
    card = Card(place)
    grid = QGridLayout()
    grid.setHorizontalSpacing(px(16))
    grid.setVerticalSpacing(px(6))
    grid.setColumnMinimumWidth(0, px(KEYS_WIDTH))
    grid.setColumnStretch(1, 1)
    for line, (keys, what) in enumerate(rows):
        pressed = Label(", ".join(in_words(key) for key in keys), Role.STRONG)
        grid.addWidget(pressed, line, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(Label(what), line, 1, Qt.AlignmentFlag.AlignTop)
    card.add(grid)
    return card
