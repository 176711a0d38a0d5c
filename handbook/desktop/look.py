"""How a document is set for reading, apart from the look of the program itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QFont

from handbook.desktop.theme import Paper, Theme

if TYPE_CHECKING:
    from handbook.client.settings import Settings

COLUMN_PX: Final = {"narrow": 560, "medium": 740, "wide": 1000}
"""The widest column at 16 px; 740 are some ninety letters, beyond which most eyes lose the next line."""
SPACINGS: Final = (1.1, 1.25, 1.5, 1.8)
SERIF_FAMILIES: Final = ("Noto Serif", "Times New Roman", "Cambria", "DejaVu Serif")
"""Fonts that hold every Vietnamese letter; Qt takes the first one present."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`paper` None is that of the theme; `spacing` is in heights of a line."""

    paper: Paper | None = None
    text_px: float = 16.0
    column: str = "medium"
    spacing: float = 1.25
    serif: bool = False

    @classmethod
    def of(cls, settings: "Settings") -> "Look":
        return cls(
            paper=None if settings.paper == "theme" else Paper(settings.paper),
            text_px=settings.reading_px,
            column=settings.reading_column,
            spacing=settings.reading_spacing,
            serif=settings.reading_font == "serif",
        )

    def css(self, theme: Theme) -> str:
        return theme.reading_css(self.paper, self.text_px, self.spacing)

    def font(self, theme: Theme) -> QFont:
        font = theme.reading_font(self.text_px)
        if self.serif:
            font.setFamilies(SERIF_FAMILIES)
            font.setStyleHint(QFont.StyleHint.Serif)
        return font

    def column_px(self, theme: Theme) -> int:
        return theme.px(COLUMN_PX[self.column] * self.text_px / 16)
