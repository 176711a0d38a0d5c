"""The start of the program: a painted window first, then everything else.

Until then only Qt, the standard library and what this file names are imported (tests/desktop/test_start.py).
"""

import builtins
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

_python_s_own_import = builtins.__import__
from PySide6.QtWidgets import QApplication  # noqa: E402

# PySide6 puts an `import` in place of Python's that reads and keeps the source of every module imported
# from then on, to see whether it asks for snake_case names: 24 MB and a tenth of the start. Ours never do.
builtins.__import__ = _python_s_own_import

from handbook.client.settings import Settings, read_settings  # noqa: E402
from handbook.desktop.frame import FUSION  # noqa: E402
from handbook.desktop.milestones import milestone  # noqa: E402
from handbook.desktop.window import Window  # noqa: E402

DARK_BELOW = 128
"""Of 255: a system whose windows have a darker ground is taken to be in dark mode."""


def run_desktop(
    data_dir: Path, *, account: str | None = None, passphrase: str | None = None, argv: Sequence[str] = ()
) -> int:
    """Open the handbook; returns the exit code once its window is closed. Raises DiskProblem."""
    application = the_application(argv)
    settings = read_settings(data_dir)
    window = Window(
        rail=bool(account or settings.last_account),
        dark=_is_dark(settings, application),
        text_scale=settings.text_scale,
    )
    failure: list[BaseException] = []
    with ExitStack() as running:

        def open_desktop() -> None:
            milestone("painted")
            try:
                from handbook.desktop.app import Desktop

                desktop = Desktop(data_dir, window=window)
                running.enter_context(desktop.running())
                desktop.start(account, passphrase)
            except BaseException as error:
                # Qt would only print it and go on with an empty window.
                failure.append(error)
                application.exit(1)

        window.first_painted.connect(open_desktop)
        window.show()
        code = application.exec()
    if failure:
        raise failure[0]
    return code


def the_application(argv: Sequence[str] = ()) -> QApplication:
    """Qt's application object, made at the first call."""
    application = QApplication.instance()
    if application is None:
        application = QApplication([sys.argv[0], "-style", FUSION, *argv])
        application.setProperty(FUSION, True)
    application.setApplicationName("handbook")
    application.setApplicationDisplayName("Sổ tay đảng viên")
    return application


def _is_dark(settings: Settings, application: QApplication) -> bool:
    if settings.theme == "system":
        return application.palette().window().color().lightness() < DARK_BELOW
    return settings.theme == "dark"
