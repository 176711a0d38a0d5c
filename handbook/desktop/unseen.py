"""The Party's page as a PDF for a command: Qt sets it, and nobody sees a window."""

import os
import sys

from handbook.desktop.start import the_application
from handbook.exports.reflection_page import PageLines


def pdf_unseen(lines: PageLines, title: str) -> bytes:
    """The same pages that the desktop saves; on Linux a display is not needed."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = the_application()  # fonts belong to it: it outlives the pages
    from handbook.desktop.paper import Pages, pdf_of

    data = pdf_of(Pages(lines), title)
    application.processEvents()
    return data
