"""The style sheet made from a theme. Class names are those of `handbook.desktop` widgets."""

from typing import TYPE_CHECKING

from handbook.desktop import RESOURCES

if TYPE_CHECKING:
    from handbook.desktop.theme import Theme

_TONES = ("accent", "ok", "warn", "danger", "info")


def style_sheet(theme: "Theme") -> str:
    """Rules for what palette and Fusion alone do not give. Lengths scale with the text."""
    c, pt = theme.hex, theme.pt

    def px(length: float) -> str:
        return f"{theme.px(length)}px"

    marks = (RESOURCES / "icons" / "marks").as_posix()
    tones = "".join(
        f'Pill[tone="{tone}"] {{ background:{c(f"{tone}_soft")}; color:{c(tone)}; }}'
        f'Banner[tone="{tone}"] {{ background:{c(f"{tone}_soft")}; border-color:{c(tone)}; }}'
        for tone in _TONES
    )
    return f"""
    QToolTip {{ background:{c("card")}; color:{c("text")}; border:1px solid {c("control_line")};
        padding:{px(4)}; }}
    #rail {{ background:{c("rail")}; border:0; }}
    #brand {{ color:{c("rail_title")}; font-size:{pt(18)}pt; font-weight:700; }}
    #brandNote {{ color:{c("rail_text")}; font-size:{pt(13)}pt; }}
    QFrame[card="true"] {{ background:{c("card")}; border:1px solid {c("line")}; border-radius:{px(10)}; }}
    QLabel[role="title"] {{ font-size:{pt(21)}pt; font-weight:700; }}
    QLabel[role="heading"] {{ font-size:{pt(15.5)}pt; font-weight:600; }}
    QLabel[role="section"] {{ color:{c("muted")}; font-size:{pt(13)}pt; font-weight:600; }}
    QLabel[role="strong"] {{ font-weight:600; }}
    QLabel[role="figure"] {{ color:{c("accent")}; font-size:{pt(24)}pt; font-weight:700; }}
    QLabel[role="muted"] {{ color:{c("muted")}; }}
    QLabel[role="note"] {{ color:{c("muted")}; font-size:{pt(13)}pt; }}
    Pill {{ background:{c("neutral_soft")}; color:{c("muted")}; border-radius:{px(6)};
        padding:{px(1)} {px(7)}; font-size:{pt(12.5)}pt; font-weight:600; }}
    Banner {{ border:1px solid; border-radius:{px(8)}; }}
    {tones}
    QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox {{ background:{c("card")};
        color:{c("text")}; border:1px solid {c("control_line")}; border-radius:{px(8)};
        padding:{px(6)} {px(9)};
        selection-background-color:{c("accent")}; selection-color:{c("on_accent")}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus
        {{ border:2px solid {c("focus")}; padding:{theme.px(6) - 1}px {theme.px(9) - 1}px; }}
    QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled
        {{ background:{c("window")}; border-color:{c("line")}; }}
    QComboBox {{ padding-right:{px(4)}; }} QComboBox:focus {{ padding-right:{theme.px(4) - 1}px; }}
    QComboBox::drop-down, QDateEdit::drop-down {{ border:0; background:transparent; width:{px(24)}; }}
    QComboBox::down-arrow, QDateEdit::down-arrow {{ image:url({marks}/down-{theme.mode}.svg);
        width:{px(16)}; height:{px(16)}; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border:0; width:{px(20)}; }}
    QAbstractSpinBox::up-arrow {{ image:url({marks}/up-{theme.mode}.svg); width:{px(12)}; height:{px(12)}; }}
    QAbstractSpinBox::down-arrow {{ image:url({marks}/down-{theme.mode}.svg);
        width:{px(12)}; height:{px(12)}; }}
    QComboBox QAbstractItemView {{ background:{c("card")}; border:1px solid {c("control_line")};
        border-radius:0; padding:{px(2)}; selection-background-color:{c("accent")};
        selection-color:{c("on_accent")}; }}
    QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus, QComboBox QLineEdit,
        QComboBox QLineEdit:focus {{ border:0; padding:0 {px(6)}; background:transparent; }}
    QLineEdit, QPlainTextEdit, QTextEdit {{ placeholder-text-color:{c("muted")}; }}
    QCheckBox, QRadioButton {{ spacing:{px(7)}; padding:{px(2)}; }}
    QCheckBox::indicator, QRadioButton::indicator, QTreeView::indicator, QListView::indicator,
        QTableView::indicator, QGroupBox::indicator
        {{ width:{px(15)}; height:{px(15)}; background:{c("card")}; border:1px solid {c("control_line")};
        border-radius:{px(4)}; }}
    QRadioButton::indicator {{ border-radius:{(theme.px(15) + 2) // 2}px; }}
    QCheckBox::indicator:checked, QRadioButton::indicator:checked, QTreeView::indicator:checked,
        QListView::indicator:checked, QTableView::indicator:checked, QCheckBox::indicator:indeterminate
        {{ background:{c("accent")}; border-color:{c("accent")}; image:url({marks}/check-{theme.mode}.svg); }}
    QRadioButton::indicator:checked {{ image:url({marks}/dot-{theme.mode}.svg); }}
    QCheckBox::indicator:indeterminate {{ image:url({marks}/dash-{theme.mode}.svg); }}
    QCheckBox:focus, QRadioButton:focus {{ border:2px solid {c("focus")}; border-radius:{px(5)}; padding:0; }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ background:{c("neutral_soft")}; }}
    QCheckBox:disabled, QRadioButton:disabled {{ color:{c("control_line")}; }}
    QPushButton {{ background:{c("card")}; color:{c("text")}; border:1px solid {c("control_line")};
        border-radius:{px(8)}; padding:{px(7)} {px(14)}; }}
    QPushButton:hover {{ background:{c("hover")}; }}
    QPushButton:focus {{ border:2px solid {c("focus")}; padding:{theme.px(7) - 1}px {theme.px(14) - 1}px; }}
    QPushButton:disabled {{ color:{c("control_line")}; border-color:{c("line")}; background:transparent; }}
    QPushButton::menu-indicator {{ image:url({marks}/down-{theme.mode}.svg); width:{px(14)}; height:{px(14)};
        subcontrol-origin:border; subcontrol-position:right center; right:{px(8)}; }}
    QPushButton[menu="true"] {{ padding-right:{px(28)}; }}
    QPushButton[menu="true"]:focus {{ padding-right:{theme.px(28) - 1}px; }}
    TickButton:checked {{ background:{c("ok_soft")}; color:{c("ok")}; border-color:{c("ok")}; }}
    PrimaryButton, QPushButton:default {{ background:{c("accent")}; color:{c("on_accent")};
        border:1px solid {c("accent")}; font-weight:600; }}
    PrimaryButton:hover, PrimaryButton:pressed, QPushButton:default:hover
        {{ background:{c("accent_hover")}; }}
    PrimaryButton:focus, QPushButton:default:focus {{ border:2px solid {c("focus_on_accent")}; }}
    PrimaryButton:disabled {{ background:{c("neutral_soft")}; color:{c("muted")}; border-color:{c("line")}; }}
    LinkButton {{ background:transparent; color:{c("accent")}; border:1px solid transparent;
        padding:{px(3)} {px(5)}; text-align:left; }}
    LinkButton:hover {{ background:{c("accent_soft")}; }}
    LinkButton:focus {{ border:2px solid {c("focus")}; padding:{theme.px(3) - 1}px {theme.px(5) - 1}px; }}
    LinkButton:disabled {{ color:{c("muted")}; border-color:transparent; }}
    Chip {{ background:{c("card")}; color:{c("muted")}; border:1px solid {c("control_line")};
        border-radius:{px(14)}; padding:{px(4)} {px(12)}; }}
    Chip:checked {{ background:{c("accent_soft")}; color:{c("accent")}; border-color:{c("accent")};
        font-weight:600; }}
    Chip:focus {{ border:2px solid {c("focus")}; padding:{theme.px(4) - 1}px {theme.px(12) - 1}px; }}
    RailButton {{ color:{c("rail_text")}; background:transparent; text-align:left; font-weight:500;
        border:2px solid transparent; border-radius:{px(8)}; padding:{px(7)} {px(10)}; }}
    RailButton:hover {{ background:{c("rail_current")}; }}
    RailButton:checked {{ background:{c("rail_current")}; color:{c("rail_title")}; font-weight:700;
        border-left:{px(4)} solid {c("gold")}; padding-left:{theme.px(10) - theme.px(4) + 2}px; }}
    RailButton[folded="true"], RailButton[folded="true"]:checked, RailButton[folded="true"]:focus
        {{ text-align:center; padding:{px(7)} {px(2)}; }}
    RailButton:focus {{ border:2px solid {c("gold")}; padding:{px(7)} {px(10)}; }}
    QToolButton {{ background:transparent; border:1px solid transparent; border-radius:{px(7)};
        padding:{px(5)}; }}
    QToolButton::menu-indicator {{ image:none; }}
    QToolButton:hover {{ background:{c("hover")}; }}
    QToolButton:checked {{ background:{c("accent_soft")}; }}
    QToolButton:focus {{ border:2px solid {c("focus")}; padding:{theme.px(5) - 1}px; }}
    QListView, QTreeView, QTableView, QTextBrowser, QScrollArea {{ background:transparent; border:0;
        outline:0; padding:0; }}
    QListView:focus, QTreeView:focus, QTableView:focus, QTextBrowser:focus, QScrollArea:focus
        {{ border:0; padding:0; }}
    QTreeView::item, QTableView::item, QListWidget::item {{ padding:{px(4)} {px(6)}; }}
    FigureTable::item {{ border-bottom:1px solid {c("line")}; }}
    QTreeView::item:selected, QListView::item:selected, QTableView::item:selected
        {{ background:{c("accent_soft")}; color:{c("accent")}; }}
    QTreeView::item:selected:focus, QTableView::item:focus {{ border:1px solid {c("focus")}; }}
    QHeaderView::section {{ background:{c("window")}; color:{c("muted")}; border:0;
        border-bottom:1px solid {c("line")}; padding:{px(6)} {px(8)}; font-weight:600; }}
    QMenu {{ background:{c("card")}; border:1px solid {c("control_line")}; padding:{px(4)}; }}
    QMenu::item {{ padding:{px(6)} {px(24)} {px(6)} {px(28)}; border-radius:{px(5)}; }}
    QMenu::indicator {{ width:{px(16)}; height:{px(16)}; margin-left:{px(7)}; }}
    QMenu::indicator:checked {{ image:url({marks}/tick-{theme.mode}.svg); }}
    QMenu::right-arrow {{ image:url({marks}/right-{theme.mode}.svg); width:{px(14)}; height:{px(14)};
        margin-right:{px(6)}; }}
    QMenu::item:selected {{ background:{c("accent_soft")}; color:{c("accent")}; }}
    QMenu::item:disabled {{ color:{c("control_line")}; }}
    QMenu::separator {{ height:1px; background:{c("line")}; margin:{px(4)}; }}
    QSlider::groove:horizontal {{ height:{px(6)}; background:{c("line")}; border-radius:{px(3)}; }}
    QSlider::sub-page:horizontal {{ background:{c("accent")}; border-radius:{px(3)}; }}
    QSlider::handle:horizontal {{ width:{px(18)}; margin:-{px(7)} 0; background:{c("card")};
        border:2px solid {c("accent")}; border-radius:{theme.px(7) + theme.px(6) // 2}px; }}
    QSlider::handle:horizontal:focus {{ background:{c("accent")}; border-color:{c("focus")}; }}
    QSlider {{ min-height:{px(26)}; }}
    QProgressBar {{ background:{c("line")}; border:0; border-radius:{px(3)}; max-height:{px(6)}; }}
    QProgressBar::chunk {{ background:{c("accent")}; border-radius:{px(3)}; }}
    #toast {{ background:{c("toast")}; border-radius:{px(8)}; }}
    #toast QLabel {{ color:{c("on_toast")}; }}
    #toast QPushButton, #toast QToolButton {{ background:transparent; color:{c("toast_action")};
        border:2px solid transparent; font-weight:600; padding:{px(4)} {px(8)}; }}
    #toast QPushButton:focus, #toast QToolButton:focus {{ border-color:{c("toast_action")}; }}
    QScrollBar:vertical {{ width:{px(11)}; background:transparent; margin:0; }}
    QScrollBar:horizontal {{ height:{px(11)}; background:transparent; margin:0; }}
    QScrollBar::handle {{ background:{c("control_line")}; border-radius:{px(4)}; margin:{px(1.5)}; }}
    QScrollBar::handle:vertical {{ min-height:{px(30)}; }}
    QScrollBar::handle:horizontal {{ min-width:{px(30)}; }}
    QScrollBar::handle:hover {{ background:{c("muted")}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width:0; height:0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background:transparent; }}
    QAbstractScrollArea::corner {{ background:transparent; border:0; }}
    QSplitter::handle {{ background:transparent; }}
    """
