"""A keyring in a file, so that a start is measured as on a PC that keeps the key, also where none does."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

FILE_VARIABLE = "HANDBOOK_BENCHMARK_KEYRING"


class FileKeyring(KeyringBackend):
    """Keeps everything, unprotected, in the file that FILE_VARIABLE names."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return self._held().get(f"{service}\n{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._file().write_text(json.dumps(self._held() | {f"{service}\n{username}": password}), "utf-8")

    def delete_password(self, service: str, username: str) -> None:
        held = self._held()
        if held.pop(f"{service}\n{username}", None) is None:
            raise PasswordDeleteError
        self._file().write_text(json.dumps(held), "utf-8")

    def _file(self) -> Path:
        return Path(os.environ[FILE_VARIABLE])

    def _held(self) -> dict[str, str]:
        return json.loads(self._file().read_text("utf-8")) if self._file().exists() else {}
