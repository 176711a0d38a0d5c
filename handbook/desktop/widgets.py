"""The parts that screens are built from, by one name."""

from handbook.desktop.banners import Banner, Kind, Toast, announce, ask_to_undo
from handbook.desktop.buttons import (
    Action,
    Chip,
    IconButton,
    LinkButton,
    PrimaryButton,
    RailButton,
    SecondaryButton,
    button_for,
)
from handbook.desktop.cards import Card, StatTile
from handbook.desktop.flow import FlowLayout, TileLayout
from handbook.desktop.labels import ElidedLabel, Icon, Label, Pill, Role, SectionLabel, Tone
from handbook.desktop.page import Column, EmptyState, Loading, Page, PageHeader

__all__ = [
    "Action",
    "Banner",
    "Card",
    "Chip",
    "Column",
    "ElidedLabel",
    "EmptyState",
    "FlowLayout",
    "Icon",
    "IconButton",
    "Kind",
    "Label",
    "LinkButton",
    "Loading",
    "Page",
    "PageHeader",
    "Pill",
    "PrimaryButton",
    "RailButton",
    "Role",
    "SecondaryButton",
    "SectionLabel",
    "StatTile",
    "TileLayout",
    "Toast",
    "Tone",
    "announce",
    "ask_to_undo",
    "button_for",
]
