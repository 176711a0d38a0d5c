"""Qt without a window that anybody sees: for a tour without a display, and a command that makes a PDF."""

import os
import sys

from handbook.desktop.start import the_application
from handbook.exports.reflection_page import PageLines


def paint_unseen_without_a_display() -> None:
    """On Linux, where no window can be shown, Qt paints unseen; called before its application is made."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pdf_unseen(lines: PageLines, title: str) -> bytes:
    """The same pages that the desktop saves, as a PDF."""
    paint_unseen_without_a_display()
    application = the_application()  # fonts belong to it: it outlives the pages
    from handbook.desktop.paper import Pages
    from handbook.desktop.paper_kept import pdf_of

    data = pdf_of(Pages(lines), title)
    application.processEvents()
    return data
