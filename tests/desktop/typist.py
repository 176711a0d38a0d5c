"""A member who types without a pause until the power fails.

    python -m tests.desktop.typist FOLDER KEY ASSIGNMENT

opens the editor on the profile of a `Device` and prints, each on its own line, the whole text as it stood one
second before.
"""

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from handbook.desktop.session import Place, Route
from tests.client.samples import NOW
from tests.client.simulated_server import Device, SimulatedServer
from tests.desktop.seat import Seat, type_into

KEYSTROKE_MS = 40
A_SECOND_MS = 1000


class _Clock:
    now = NOW


class OfflineDevice(Device):
    """The device of a folder and a key, without a server."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.ward, self.name, self.folder, self.key = _Clock(), "An", folder, key
        self.line = SimulatedServer("http://127.0.0.1:1")
        self.line.is_down = True
        self.reopen()


def main(folder: str, key: str, assignment: str) -> None:
    app = QApplication([])
    seat = Seat(OfflineDevice(Path(folder), bytes.fromhex(key)))
    seat.window.go(Route(place=Place.EDITOR, assignment=assignment))

    def keystroke() -> None:
        box = seat.find("editor.part.nhan-thuc")
        if box is None:
            return
        type_into(box, "chữ ")
        text = box.toPlainText()
        QTimer.singleShot(A_SECOND_MS, lambda: print(text, flush=True))

    timer = QTimer(interval=KEYSTROKE_MS)
    timer.timeout.connect(keystroke)
    timer.start()
    app.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
