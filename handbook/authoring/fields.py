"""The fields of an authored TOML text, asked for by name and kind, and the problems found in them."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)

_KEY = re.compile(r"(\[\[|)\s*([A-Za-z0-9_-]+)\s*(\]\]|=)")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something the author can mend. `line` counts from 1; 0 means the file as a whole."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class Fields:
    """The values of one TOML table. Asking for a value adds to `problems` what is wrong with it."""

    def __init__(
        self,
        file: Path,
        values: Mapping[str, Any],
        places: Mapping[str, Sequence[int]],
        problems: list[Problem],
    ) -> None:
        self._file, self._values, self._places, self._problems = file, values, places, problems

    def line(self, name: str) -> int:
        """Where the field stands; for a missing one, where its table begins."""
        return self._places.get(name, self._places[""])[0]

    def report(self, name: str, message: str) -> None:
        self._problems.append(Problem(self._file, self.line(name), message))

    def only(self, allowed: frozenset[str]) -> None:
        for name in self._values:
            if name not in allowed:
                self.report(name, f"không có trường “{name}” (có thể gõ nhầm)")

    def text(self, name: str, *, required: bool = True, may_be_empty: bool = False) -> str:
        """The text on one line."""
        value = self._get(name, str, "một đoạn chữ trong ngoặc kép", required)
        if value is None:
            return ""
        if required and not may_be_empty and not value.strip():
            self.report(name, f"trường “{name}” để trống")
        return " ".join(value.split())

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        value = self._get(name, list, "một danh sách", required)
        if value is None:
            return ()
        if required and not value:
            self.report(name, f"trường “{name}” để trống")
        if not all(isinstance(one, str) and one.strip() for one in value):
            self.report(name, f"mỗi mục của “{name}” phải là một đoạn chữ trong ngoặc kép")
            return ()
        return tuple(one.strip() for one in value)

    def day(self, name: str, *, required: bool = True) -> date | None:
        value = self._get(name, date, "một ngày viết như 2026-11-20, không có ngoặc kép", required)
        if isinstance(value, datetime):
            self.report(name, f"trường “{name}” chỉ cần ngày, không cần giờ")
            return None
        return value

    def count(self, name: str) -> int:
        value = self._get(name, int, "một số nguyên", True)
        if value is not None and value < 0:
            self.report(name, f"trường “{name}” không thể âm")
        return value or 0

    def choice(self, name: str, kinds: type[E]) -> E | None:
        value = self._get(name, str, "một đoạn chữ trong ngoặc kép", True)
        if value is None:
            return None
        if value not in frozenset(kinds):
            self.report(name, f"“{value}” không phải giá trị của “{name}”; hãy chọn: {', '.join(kinds)}")
            return None
        return kinds(value)

    def tables(self, name: str) -> list["Fields"]:
        """The tables of an array such as [[relations]]."""
        value = self._get(name, list, f"các bảng [[{name}]]", False) or []
        if not all(isinstance(one, dict) for one in value):
            self.report(name, f"“{name}” phải là các bảng [[{name}]]")
            return []
        lines = self._places.get(name, self._places[""])
        return [
            Fields(self._file, one, {"": [lines[min(number, len(lines) - 1)]]}, self._problems)
            for number, one in enumerate(value)
        ]

    def _get(self, name: str, kind: type, described: str, required: bool) -> Any:
        value = self._values.get(name)
        if value is None:
            if required:
                self.report(name, f"thiếu trường “{name}” ({described})")
            return None
        if not isinstance(value, kind) or isinstance(value, bool):
            self.report(name, f"trường “{name}” phải là {described}")
            return None
        return value


def read_fields(file: Path, text: str, first_line: int, problems: list[Problem]) -> Fields | None:
    """The fields of a TOML text that begins at `first_line` of the file.

    None, and a problem added, when it is not TOML.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = first_line + (int(found[1]) - 1 if found else text.count("\n"))
        problems.append(Problem(file, line, f"sai cú pháp TOML ({error})"))
        return None
    places = defaultdict(list, {"": [first_line]})
    for number, line in enumerate(text.split("\n"), first_line):
        if match := _KEY.match(line.strip()):
            places[match[2]].append(number)
    return Fields(file, values, dict(places), problems)
