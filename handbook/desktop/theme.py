"""One colour table, from which the palette, the style sheet and the reading surfaces are made.

Colours and measures are application-wide in Qt, so `Theme.apply` also records the theme that widgets
paint with; `current_theme()` returns it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from handbook.desktop.frame import COLOURS, FUSION, screen_dpi, screen_unit
from handbook.desktop.style import style_sheet

MIN_SCALE: Final = 1.0
MAX_SCALE: Final = 2.0
LARGE_PRINT: Final = 1.5
TEXT_PX: Final = 14.0
"""Height of the text at 100 %, in pixels of a 96 dpi screen; every other measure is given beside it."""
FAMILIES: Final = ("Be Vietnam Pro", "Segoe UI", "Noto Sans", "DejaVu Sans")
"""Fonts that hold every Vietnamese letter; Qt takes the first one present."""


class Mode(StrEnum):
    LIGHT = "light"
    DARK = "dark"


class Paper(StrEnum):
    """The surface a document is read on, chosen apart from the program's own mode."""

    LIGHT = "light"
    SEPIA = "sepia"
    DARK = "dark"


TEXT_PAIRS: Final = (
    *((text, ground) for ground in ("window", "card", "hover", "neutral_soft") for text in ("text", "muted")),
    *(("accent", ground) for ground in ("window", "card", "hover", "accent_soft")),
    *((tone, f"{tone}_soft") for tone in ("ok", "warn", "danger", "info")),
    *((tone, ground) for ground in ("window", "card") for tone in ("ok", "warn", "danger", "info")),
    *(("text", f"{tone}_soft") for tone in ("accent", "ok", "warn", "danger", "info")),
    *(("accent", f"{tone}_soft") for tone in ("ok", "warn", "danger", "info")),
    ("muted", "accent_soft"),
    ("text", "mark"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    *((text, ground) for ground in ("rail", "rail_current") for text in ("rail_text", "rail_title")),
    ("on_toast", "toast"),
    ("toast_action", "toast"),
)
"""Every text colour beside every ground it is put on; each pair holds WCAG 2.2 AA (4.5 : 1)."""

SHAPE_PAIRS: Final = (
    ("control_line", "card"),
    ("control_line", "window"),
    ("focus", "card"),
    ("focus", "window"),
    ("focus_on_accent", "accent"),
    ("gold", "rail"),
)
"""Borders and focus rings beside their ground; each pair holds WCAG 2.2 AA for controls (3 : 1)."""

#                         light      sepia      dark
PAPERS: Final[Mapping[str, tuple[str, str, str]]] = {
    "paper": ("#ffffff", "#f8f0dd", "#1c1d20"),
    "text": ("#22242a", "#3a2e1f", "#dddde0"),
    "muted": ("#5c616b", "#6a5840", "#a6abb4"),
    "heading": ("#a3151b", "#8a1a16", "#ff9089"),
    "link": ("#a3151b", "#8a1a16", "#ff9089"),
    "line": ("#b9b9b2", "#bfa988", "#565961"),
    "table_head": ("#fbe9e7", "#efdfc2", "#33272a"),
    "mark": ("#fff0a8", "#f3d98b", "#6b5a12"),
    "added": ("#d3f0d7", "#d2e2ae", "#1d4a2d"),
    "removed": ("#fbdad8", "#f2ccba", "#5c2429"),
    "found": ("#ffd08a", "#f0bb6d", "#7d4a0e"),
    "note_yellow": ("#ffe974", "#f3dc6a", "#665810"),
    "note_green": ("#c9efc4", "#cfe2ad", "#234b31"),
    "note_pink": ("#ffd0df", "#f3cbc2", "#632b44"),
    "note_violet": ("#e3d6fb", "#dccde4", "#473770"),
}

PAPER_PAIRS: Final = (
    *(("text", ground) for ground in ("paper", "table_head", "mark", "found", "added", "removed")),
    *(("text", f"note_{colour}") for colour in ("yellow", "green", "pink", "violet")),
    *((text, "paper") for text in ("muted", "heading", "link")),
)
"""Every text colour beside every ground of a reading surface; each pair holds WCAG 2.2 AA (4.5 : 1)."""

_PALETTE_ROLES: Final = (
    (QPalette.ColorRole.Window, "window"),
    (QPalette.ColorRole.WindowText, "text"),
    (QPalette.ColorRole.Base, "card"),
    (QPalette.ColorRole.AlternateBase, "window"),
    (QPalette.ColorRole.Text, "text"),
    (QPalette.ColorRole.Button, "card"),
    (QPalette.ColorRole.ButtonText, "text"),
    (QPalette.ColorRole.BrightText, "on_accent"),
    (QPalette.ColorRole.ToolTipBase, "card"),
    (QPalette.ColorRole.ToolTipText, "text"),
    (QPalette.ColorRole.PlaceholderText, "muted"),
    (QPalette.ColorRole.Highlight, "accent"),
    (QPalette.ColorRole.HighlightedText, "on_accent"),
    (QPalette.ColorRole.Accent, "accent"),
    (QPalette.ColorRole.Link, "accent"),
    (QPalette.ColorRole.LinkVisited, "accent"),
    (QPalette.ColorRole.Light, "card"),
    (QPalette.ColorRole.Midlight, "hover"),
    (QPalette.ColorRole.Mid, "line"),
    (QPalette.ColorRole.Dark, "control_line"),
    (QPalette.ColorRole.Shadow, "control_line"),
)

_DISABLED_ROLES: Final = (
    QPalette.ColorRole.WindowText,
    QPalette.ColorRole.Text,
    QPalette.ColorRole.ButtonText,
)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours and measures for one mode at one text scale, 1.0 (100 %) to 2.0 (200 %)."""

    mode: Mode = Mode.LIGHT
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not MIN_SCALE <= self.scale <= MAX_SCALE:
            raise ValueError(f"text scale {self.scale} is outside {MIN_SCALE}..{MAX_SCALE}")

    def hex(self, name: str) -> str:
        """The colour as `#rrggbb`, for HTML and style sheets. KeyError for a name not in the table."""
        return COLOURS[name][self.mode is Mode.DARK]

    def colour(self, name: str) -> QColor:
        return QColor(self.hex(name))

    def px(self, length: float) -> int:
        """A length given for 100 % text on a 96 dpi screen, in this theme's pixels; never less than one."""
        return max(1, round(length * self.scale * screen_unit()))

    def pt(self, length: float) -> float:
        """A text height given in pixels of a 96 dpi screen at 100 %, as points for a font on this screen."""
        return round(length * self.scale * screen_unit() * 72.0 / screen_dpi(), 2)

    def font(self, length: float = TEXT_PX, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The program's font at a text height given as for `px`."""
        font = QFont()
        font.setFamilies(FAMILIES)
        font.setStyleHint(QFont.StyleHint.SansSerif)
        font.setPointSizeF(self.pt(length))
        font.setWeight(weight)
        return font

    def palette(self) -> QPalette:
        palette = QPalette()
        for role, name in _PALETTE_ROLES:
            palette.setColor(role, self.colour(name))
        for role in _DISABLED_ROLES:
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("control_line"))
        return palette

    def apply(self, app: QApplication) -> None:
        """Give the whole application this look. Cheap enough to call again whenever a setting changes."""
        global _current
        _current = self
        if not app.property(FUSION):
            app.setStyle("Fusion")
            app.setProperty(FUSION, True)
        app.styleHints().setColorScheme(
            Qt.ColorScheme.Dark if self.mode is Mode.DARK else Qt.ColorScheme.Light
        )
        app.setFont(self.font())
        app.setPalette(self.palette())
        app.setStyleSheet(style_sheet(self))

    def paper(self) -> Paper:
        """The reading surface that goes with this mode unless the reader chose another."""
        return Paper.DARK if self.mode is Mode.DARK else Paper.LIGHT

    def reading_css(
        self, paper: Paper | None = None, text_px: float = 16.0, line_spacing: float = 1.25
    ) -> str:
        """Style sheet for a QTextDocument that shows a document.

        `text_px` is scaled with the theme; `line_spacing` is a multiple of the line's height. The document's
        default font should be `reading_font(text_px)`, the style sheet of its widget `surface_css(paper)`.
        """
        ink = {name: self.paper_hex(name, paper) for name in PAPERS}
        size = self.pt(text_px)
        pad, gap = self.px(6), self.px(10)
        return f"""
            p, li, td, th, blockquote, div, h1, h3, h4, pre {{ color:{ink["text"]}; }}
            p, li, blockquote {{ line-height:{round(line_spacing * 100)}%; }}
            p {{ margin-top:0; margin-bottom:{gap}px; }}
            li {{ margin-bottom:{self.px(4)}px; }}
            h1, h2, h3, h4 {{ line-height:100%; margin-bottom:{self.px(8)}px; }}
            h1 {{ font-size:{size * 1.6:.1f}pt; font-weight:700; margin-top:{self.px(4)}px; }}
            h2 {{ font-size:{size * 1.3:.1f}pt; font-weight:600; color:{ink["heading"]};
                  margin-top:{self.px(20)}px; }}
            h3 {{ font-size:{size * 1.12:.1f}pt; font-weight:600; margin-top:{self.px(14)}px; }}
            h4 {{ font-size:{size:.1f}pt; font-weight:600; font-style:italic; margin-top:{self.px(12)}px; }}
            a {{ color:{ink["link"]}; text-decoration:none; }}
            sup, sub {{ font-size:{size * 0.8:.1f}pt; }}
            small, .muted, .footnotes, blockquote, blockquote p {{ color:{ink["muted"]}; }}
            blockquote {{ font-style:italic; margin:{gap}px {self.px(28)}px {gap}px {self.px(28)}px; }}
            mark {{ background-color:{ink["mark"]}; color:{ink["text"]}; }}
            mark.found {{ background-color:{ink["found"]}; color:{ink["text"]}; }}
            ins {{ background-color:{ink["added"]}; color:{ink["text"]}; text-decoration:underline; }}
            del {{ background-color:{ink["removed"]}; color:{ink["text"]}; text-decoration:line-through; }}
            table {{ border-collapse:collapse; border:1px solid {ink["line"]};
                     margin-top:{gap}px; margin-bottom:{self.px(16)}px; }}
            th, td {{ border:1px solid {ink["line"]}; padding:{pad}px; }}
            th {{ background-color:{ink["table_head"]}; font-weight:600; }}
            hr {{ background-color:{ink["line"]}; height:1px; }}
            pre, code {{ font-family:monospace; }}
        """

    def surface_css(self, paper: Paper | None = None) -> str:
        """Style sheet for the widget that a document is read in: its ground, and text that has no tag."""
        ground, text = self.paper_hex("paper", paper), self.paper_hex("text", paper)
        return f"QTextEdit {{ background:{ground}; color:{text}; }}"

    def reading_font(self, text_px: float = 16.0) -> QFont:
        """The default font of a document that is read."""
        return self.font(text_px)

    def paper_hex(self, name: str, paper: Paper | None = None) -> str:
        """A colour of a reading surface as `#rrggbb`; of the mode's own surface when none is given."""
        return PAPERS[name][tuple(Paper).index(paper or self.paper())]

    def paper_colour(self, name: str, paper: Paper | None = None) -> QColor:
        return QColor(self.paper_hex(name, paper))


_current = Theme()


def current_theme() -> Theme:
    """The theme last applied to the application; the light one at 100 % before that."""
    return _current


def system_mode(app: QGuiApplication) -> Mode:
    """What the desktop of this PC asks for; light where it does not say. Apply a theme afterwards."""
    app.styleHints().unsetColorScheme()
    return Mode.DARK if app.styleHints().colorScheme() is Qt.ColorScheme.Dark else Mode.LIGHT
