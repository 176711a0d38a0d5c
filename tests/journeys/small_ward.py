"""The ward of process tests: generated content, a real server process, members on PCs in temp folders."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handbook.client.handbook import activate
from handbook.demo import ServerProcess
from tests.published_ward import COMMUNE, PASSWORD, PublishedWard, write_assignment, write_document


class SmallWard(PublishedWard):
    """`server.start()` and `.kill()` as the test wishes; `close` ends the process."""

    def __init__(self, folder: Path, *, documents: int = 3, assignments: int = 1, padding: int = 0) -> None:
        def write(_source: Path) -> None:
            for number in range(1, documents + 1):
                self.write_document(number, padding=padding)
            for number in range(1, assignments + 1):
                self._write_assignment(number)

        super().__init__(folder, write)
        self.server = ServerProcess(
            ["--data-dir", str(self.server_dir), "--content", str(self.content)],
            environment=os.environ | {"PYTHONUNBUFFERED": "1", "HANDBOOK_TEST": "1"},
        )

    def write_document(self, number: int, *, text: str = "Nội dung học tập.", padding: int = 0) -> None:
        """A document of five sections; `padding` adds so many different words to each, to fill packs."""
        body = "\n\n".join(
            f"## {section}. Phần {section}\n\n{text} "
            + " ".join(f"chữ{number}x{section}x{word}" for word in range(padding))
            for section in range(1, 6)
        )
        write_document(
            self.source,
            "central",
            f"van-ban-{number}",
            body,
            f"{number}-NQ/TW",
            title=f"Văn bản số {number}",
            issued_on=f"2024-01-{number % 28 + 1:02}",
        )

    def activate(self, account: str, data_dir: Path | None = None) -> Path:
        """The account's profile on a PC of its own (or the given one); the server must be running."""
        data_dir = data_dir or self.folder / f"pc-{account}"
        self.trust(data_dir)
        activate(data_dir, self.server.url, self.code(account), PASSWORD, "PC thử", now=datetime.now(UTC))
        return data_dir

    def close(self) -> None:
        self.server.stop()

    def _write_assignment(self, number: int) -> None:
        today = datetime.now(UTC).date()
        write_assignment(
            self.source,
            COMMUNE,
            f"nhiem-vu-{number}",
            f'title = "Nhiệm vụ {number}"\ndocuments = ["central/van-ban-1"]\n'
            f'question = "Đồng chí rút ra điều gì?"\nmin_words = 5\n'
            f"opens_on = {today - timedelta(days=10)}\ndue_on = {today + timedelta(days=20)}\n"
            f'grace_days = 3\nunits = ["{COMMUNE}"]\n'
            '[[parts]]\nid = "nhan-thuc"\ntitle = "I. Nhận thức"\nhint = "Gợi ý"\n',
        )


def assignment_id(number: int) -> str:
    return f"{COMMUNE}/nhiem-vu-{number}"
