"""The main job, unattended: through the real screens and a real server process, a picture of each step."""

import re
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.demo import ASSIGNMENT, MEMBER, OFFICER, PASSWORD, SAMPLE, SECRETARY, SampleWard
from handbook.model.reflection import State

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

STEP_SECONDS = 60
Step = tuple[str, Callable[[], None]]
"""What happens, in words, and what does it."""
WRITING = tomllib.loads((SAMPLE / "writing.toml").read_text(encoding="utf-8"))


class StepFailed(Exception):
    """The step did not happen; the text says what was waited for."""


def run_tour(pictures: Path, *, data_dir: Path | None = None, reading_only: bool = False) -> int:
    """Returns 0 when every step happened. Pictures are numbered PNG files in the folder."""
    from handbook.desktop.unseen import paint_unseen_without_a_display

    paint_unseen_without_a_display()
    with tempfile.TemporaryDirectory(prefix="handbook-tour-", ignore_cleanup_errors=True) as scratch:
        ward = SampleWard(data_dir or Path(scratch))
        try:
            ward.prepare((MEMBER, SECRETARY, OFFICER))
            tour = Tour(ward, pictures, ward.desktop_dir)
            return tour.run(tour.reading_steps() + ([] if reading_only else tour.writing_steps()))
        finally:
            ward.close()


class Tour:
    """A person at the handbook of `data_dir`, whose server is the sample ward's."""

    def __init__(self, ward: SampleWard, pictures: Path, data_dir: Path) -> None:
        from handbook.desktop.app import Desktop

        self.ward = ward
        self.pictures = pictures
        self.number = 0
        self.desktop = Desktop(data_dir)
        self.window = self.desktop.window
        self.window.resize(1280, 800)

    def run(self, steps: Iterable[Step]) -> int:
        """0 when every step happened; 1 after the first that did not. A picture of each is kept."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        try:
            for text, act in steps:
                self.number += 1
                began = time.monotonic()
                try:
                    act()
                    self.settle()
                except StepFailed as failure:
                    self.picture("failed")
                    print(f"{self.number:02} FAILED  {text}: {failure}", flush=True)
                    return 1
                self.picture(act.__name__)
                print(f"{self.number:02} ok  {text} ({time.monotonic() - began:.1f} s)", flush=True)
        finally:
            self.window.close()
            self.desktop.close()
        print(f"{self.number} steps, every one happened; pictures in {self.pictures}", flush=True)
        return 0

    def reading_steps(self) -> list[Step]:
        return [
            ("Việc hôm nay shows what to read and what to write", self.today),
            ("the library lists the ward's documents", self.library),
            ("searching without marks finds the resolution", self.search),
            ("searching with marks marks the words in the snippet", self.search_with_marks),
            ("the document opens with its contents panel", self.reader),
            ("a section is chosen in the contents panel", self.contents),
            ("the document is ticked as read", self.tick),
            ("reading in the dark", self.dark),
            ("reading in large print", self.large_print),
        ]

    def writing_steps(self) -> list[Step]:
        return [
            ("the assignment shows what is asked", self.study),
            ("the server stops; the reflection is written all the same", self.write_offline),
            ("it is submitted and says chờ gửi", self.submit_offline),
            ("what waits is shown with its reason", self.owed),
            ("the server is back: delivered once, đã nhận", self.deliver),
            ("the receipt is shown and verifies", self.receipt),
            ("the secretary signs in on the same PC", self.secretary),
            ("the secretary sees who has read and submitted", self.cell),
            ("the secretary opens the reflection", self.review),
            ("and returns it with a comment", self.return_it),
            ("the member sees it returned, with the comment", self.returned),
            ("the member revises and submits again", self.resubmit),
            ("the secretary accepts it", self.accept),
            ("the member sees đạt", self.accepted),
            ("the ward's officer sees the figures of every cell", self.committee),
            ("goes down to a cell, its assignment and its members: no text", self.committee_cell),
            ("and opens the report on that cell: no text either", self.committee_report),
        ]

    # -- reading

    def today(self) -> None:
        self.desktop.start(MEMBER, PASSWORD)
        self.wait("the list of today's tasks", lambda: self.find("today.task.0"))

    def library(self) -> None:
        self.click("rail.library")
        self.wait("the list of documents", lambda: self.rows("library.list") >= 20)

    def search(self) -> None:
        self.type("library.search", "nghi quyet thu do")
        self.wait("the passages found", lambda: "đoạn" in self.text("library.count"))
        self.wait("a hit for 15-NQ/TW", lambda: self.shows("library.list", "15-NQ/TW"))

    def search_with_marks(self) -> None:
        self.clear_search()
        self.type("library.search", "chuyển đổi số")
        self.wait("the passages found", lambda: "đoạn" in self.text("library.count"))
        self.wait("hits for chuyển đổi số", lambda: self.shows("library.list", "chuyển đổi số"))

    def reader(self) -> None:
        self.clear_search()
        self.type("library.search", "57-NQ/TW")
        self.wait("the exact number first", lambda: self.shows("library.list", "57-NQ/TW"))
        self.key("library.search", "Return")
        self.wait("the document's text", lambda: "57-NQ/TW" in self.text("reader.text"))
        self.wait("the contents panel", lambda: self.rows("reader.contents") >= 5)

    def contents(self) -> None:
        before = self.scroll("reader.text")
        self.choose("reader.contents", 4)
        self.wait("the text at that section", lambda: self.scroll("reader.text") != before)

    def tick(self) -> None:
        self.click("reader.tick")
        self.wait("the tick", lambda: self.find("reader.tick").isChecked())

    def dark(self) -> None:
        self.look(theme="dark", text_scale=1.0)

    def large_print(self) -> None:
        self.look(theme="light", text_scale=1.5)

    # -- writing, delivering, reviewing

    def study(self) -> None:
        self.look(theme="light", text_scale=1.0)
        self.open_assignment()

    def write_offline(self) -> None:
        self.ward.server.stop()
        self.click("study.write")
        self.wait("the editor", lambda: self.parts())
        for part in self.parts():
            self.type(part.objectName(), WRITING["reflection"])
        self.wait("what was typed is saved", lambda: "Đã lưu" in self.text("editor.saved"))

    def submit_offline(self) -> None:
        self.click("editor.submit")
        self.confirm_submission()
        self.wait("the state chờ gửi", lambda: self.state() == State.WAITING and self.sees("Chờ gửi"))

    def owed(self) -> None:
        self.click("rail.sync")
        self.click("sync.now")
        self.wait("the reflection among what waits", lambda: self.shows("sync.owed", "Bài thu hoạch"))

    def deliver(self) -> None:
        self.ward.server.start()
        self.click("sync.now")
        self.wait("an empty queue", lambda: not self.desktop.session.handbook.outbox.owed())
        self.open_assignment()
        self.wait("the state đã nhận", lambda: self.state() == State.RECEIVED and self.sees("Đã nhận"))

    def receipt(self) -> None:
        self.click("study.receipt")
        self.wait("the receipt's code", lambda: self.text("receipt.code"))
        self.click("receipt.verify")
        self.wait("the result", lambda: "hợp lệ" in self.text("receipt.result"))

    def secretary(self) -> None:
        self.sign_in_as(SECRETARY)

    def cell(self) -> None:
        self.sync()
        self.click("rail.cell")
        self.wait("the members of the cell", lambda: self.rows("cell.table") >= 15)

    def review(self) -> None:
        self.open_review()

    def return_it(self) -> None:
        self.type("review.comment", WRITING["return_comment"])
        self.click("review.return")
        self.sync()

    def returned(self) -> None:
        self.sign_in_as(MEMBER)
        self.sync()
        self.open_assignment()
        self.wait("the state trả lại", lambda: self.state() == State.RETURNED and self.sees("Trả lại"))
        self.wait("the secretary's comment", lambda: self.sees(WRITING["return_comment"]))

    def resubmit(self) -> None:
        self.click("study.write")
        self.wait("the returned text, ready to revise", lambda: self.parts())
        self.type(self.parts()[-1].objectName(), " " + WRITING["revision"])
        self.wait("what was typed is saved", lambda: "Đã lưu" in self.text("editor.saved"))
        self.click("editor.submit")
        self.confirm_submission()
        self.sync()
        self.wait("the state đã nhận", lambda: self.state() == State.RECEIVED)

    def accept(self) -> None:
        self.sign_in_as(SECRETARY)
        self.sync()
        self.open_review()
        self.click("review.accept")
        self.sync()

    def accepted(self) -> None:
        self.sign_in_as(MEMBER)
        self.sync()
        self.open_assignment()
        self.wait("the state đạt", lambda: self.state() == State.ACCEPTED and self.sees("Đạt"))

    def committee(self) -> None:
        self.sign_in_as(OFFICER)
        self.click("rail.committee")
        self.wait("the figures of the cells", lambda: self.shows("committee.table", "Chi bộ Khu phố 2"))

    def committee_cell(self) -> None:
        offered = self.desktop.session.handbook.committee.counts().assignments
        (title,) = (each.title for each in offered if each.id == ASSIGNMENT)
        for row in ("Chi bộ Khu phố 1", title):
            self.choose("committee.table", self.row_of("committee.table", row), activate=True)
        self.wait("the members' states", lambda: self.shows("committee.table", "Đạt"))
        self.wait("no word of a reflection", lambda: not self.reads_a_reflection())

    def committee_report(self) -> None:
        self.click("committee.report")
        self.wait("the pages", lambda: self.find("report.pages"))
        self.wait("the report", lambda: "BÁO CÁO" in self.find("report.pages").accessibleDescription())
        self.wait("no word of a reflection", lambda: not self.reads_a_reflection())

    # -- what the steps are made of

    def reads_a_reflection(self) -> bool:
        """Whether anything in sight, or said by a screen reader, is out of a reflection of the ward."""
        from PySide6.QtWidgets import QWidget

        texts = (WRITING["reflection"], WRITING["revision"], *WRITING["colleagues"])
        sentences = [part.strip() for text in texts for part in text.split(".") if part.strip()]
        said = self.row_texts("committee.table") if self.find("committee.table") else []
        for widget in self.window.current.findChildren(QWidget):
            if widget.isVisible():
                read = getattr(widget, "toPlainText", getattr(widget, "text", str))
                said += [read(), widget.accessibleDescription()]
        read = " ".join(" ".join(said).split())
        return any(sentence in read for sentence in sentences)

    def open_assignment(self) -> None:
        self.click("rail.study")
        self.wait("the assignments", lambda: self.rows("study.list") > 0)
        self.choose("study.list", self.row_of("study.list", ASSIGNMENT))
        self.wait("the assignment", lambda: self.find("study.write"))

    def open_review(self) -> None:
        self.click("rail.cell")
        self.wait("the members of the cell", lambda: self.rows("cell.table") >= 15)
        self.choose("cell.table", self.row_of("cell.table", MEMBER), activate=True)
        self.wait("the reflection's text", self.reads_a_reflection)

    def confirm_submission(self) -> None:
        self.wait("the summary of who will see it", lambda: self.find("editor.confirm"))
        self.click("editor.confirm")

    def sign_in_as(self, account: str) -> None:
        self.click("window.leave")
        self.wait("the choice of person", lambda: self.find("signin.profiles"))
        self.choose("signin.profiles", self.row_of("signin.profiles", account))
        self.type("signin.password", PASSWORD)
        self.click("signin.submit")
        self.wait(
            "the handbook of that person",
            lambda: (
                self.desktop.session and self.desktop.session.handbook.account.member().account == account
            ),
        )
        self.wait("today's page", lambda: self.window.current)

    def sync(self) -> None:
        self.wait("a quiet moment", lambda: not self.desktop.session.syncing)
        self.key("", "F5")
        self.wait("the end of the sync", lambda: not self.desktop.session.syncing)
        self.settle()

    def state(self) -> State:
        draft = self.desktop.session.handbook.reflections.draft(ASSIGNMENT, self.desktop.session.now())
        return draft.state

    def look(self, **settings: object) -> None:
        self.desktop.change_settings(**settings)
        self.settle()

    # -- the person's hands and eyes

    def wait(self, what: str, holds: Callable[[], object]) -> None:
        """Let the program go on until it holds. StepFailed after a minute."""
        from PySide6.QtCore import QEventLoop
        from PySide6.QtWidgets import QApplication

        until = time.monotonic() + STEP_SECONDS
        while not holds():
            if time.monotonic() > until:
                raise StepFailed(f"waited in vain for {what}")
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            time.sleep(0.005)

    def settle(self) -> None:
        """Until nothing runs in the background and everything asked for is painted."""
        from PySide6.QtWidgets import QApplication

        self.wait("the end of the background work", lambda: self.desktop.work.idle)
        for _ in range(5):
            QApplication.processEvents()

    def find(self, name: str) -> "QWidget | None":
        """The visible control of that name."""
        from PySide6.QtWidgets import QWidget

        return next((w for w in self.window.findChildren(QWidget, name) if w.isVisible()), None)

    def control(self, name: str) -> "QWidget":
        self.wait(f"the control {name}", lambda: self.find(name) and self.find(name).isEnabled())
        return self.find(name)

    def click(self, name: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QScrollArea

        control = self.control(name)
        above = control.parentWidget()
        while above:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(control)
            above = above.parentWidget()
        QTest.mouseClick(control, Qt.MouseButton.LeftButton)

    def key(self, name: str, key: str) -> None:
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest

        target = self.control(name) if name else self.window
        QTest.keySequence(target, QKeySequence(key))

    def clear_search(self) -> None:
        self.control("library.search").clear()
        self.wait("the whole library again", lambda: "đoạn" not in self.text("library.count"))

    def type(self, name: str, text: str) -> None:
        """As a Vietnamese input method does: word by word, each committed as a whole."""
        from PySide6.QtGui import QInputMethodEvent, QTextCursor
        from PySide6.QtWidgets import QApplication, QLineEdit

        control = self.control(name)
        control.setFocus()
        if not isinstance(control, QLineEdit):
            control.moveCursor(QTextCursor.MoveOperation.End)
        for word in re.findall(r"\s*\S+\s*", text):
            event = QInputMethodEvent()
            event.setCommitString(word)
            QApplication.sendEvent(control, event)
        QApplication.processEvents()

    def text(self, name: str) -> str:
        control = self.find(name)
        if control is None:
            return ""
        return control.toPlainText() if hasattr(control, "toPlainText") else control.text()

    def sees(self, text: str) -> bool:
        """Whether a visible label holds the text."""
        from PySide6.QtWidgets import QLabel

        return any(label.isVisible() and text in label.text() for label in self.window.findChildren(QLabel))

    def rows(self, name: str) -> int:
        view = self.find(name)
        return view.model().rowCount() if view and view.model() else 0

    def row_texts(self, name: str) -> list[str]:
        """What a screen reader would say of each row, all columns together."""
        from PySide6.QtCore import QAbstractTableModel, Qt

        model = self.find(name).model()
        columns = model.columnCount() if isinstance(model, QAbstractTableModel) else 1
        roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.UserRole)
        return [
            " ".join(str(model.index(row, column).data(role)) for column in range(columns) for role in roles)
            for row in range(model.rowCount())
        ]

    def shows(self, name: str, text: str) -> bool:
        return bool(self.find(name)) and any(
            text.casefold() in row.casefold() for row in self.row_texts(name)
        )

    def row_of(self, name: str, text: str) -> int:
        self.wait(f"a row with {text}", lambda: self.shows(name, text))
        return next(i for i, row in enumerate(self.row_texts(name)) if text.casefold() in row.casefold())

    def choose(self, name: str, row: int, activate: bool = False) -> None:
        """Click a row of a list, a tree or a table; `activate` opens it with Enter."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        view = self.control(name)
        index = view.model().index(row, 0)
        view.scrollTo(index)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
        if activate:
            QTest.keyClick(view, Qt.Key.Key_Return)

    def scroll(self, name: str) -> int:
        return self.control(name).verticalScrollBar().value()

    def parts(self) -> "list[QWidget]":
        from PySide6.QtWidgets import QWidget

        return [
            widget
            for widget in self.window.findChildren(QWidget)
            if widget.objectName().startswith("editor.part.") and widget.isVisible() and widget.isEnabled()
        ]

    def picture(self, name: str) -> None:
        file = self.pictures / f"{self.number:02}-{name.replace('_', '-')}.png"
        if not self.window.grab().save(str(file)):
            raise StepFailed(f"the picture {file} could not be written")
