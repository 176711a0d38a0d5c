"""Files named by their hash, downloaded so that a broken line costs only what had not arrived yet."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from handbook.client import disk
from handbook.client.answers import refusal
from handbook.client.transport import Answer, Stream, Transport
from handbook.errors import Altered, Expected, Offline, ServerBroken

ADVICE = "Nội dung đã cài vẫn đọc được. Hãy đồng bộ lại sau; nếu vẫn vậy, báo cho nơi phát hành."


class Cancelled(Exception):
    """The person stopped it; what has arrived is kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file as the signed catalogue names it; `length` in bytes."""

    path: str
    sha256: str
    length: int


class Downloads:
    """Downloads into `folder`, where parts wait between attempts. Several files may be fetched at once.

    `received` is told of every piece's length, and of a part that is thrown away by its length below zero;
    `cancelled` is asked between pieces. Both are called from the thread that fetches.
    """

    def __init__(
        self,
        transport: Transport,
        folder: Path,
        *,
        received: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._transport = transport
        self._folder = folder
        self._received = received
        self._cancelled = cancelled
        disk.make_folder(folder)

    def held(self, wanted: Wanted) -> int:
        """How many bytes of the file are here from an earlier attempt."""
        return min(_Part(self._folder, wanted.sha256).length, wanted.length)

    def fetch(self, wanted: Wanted, arrived: Callable[[int], object] = lambda length: None) -> bytes:
        """The file's bytes once they have this length and hash; its part stays until `forget`.

        `arrived` is told how many bytes are here after every piece; what it raises ends the download.
        Raises Altered for other bytes, Offline, TooBusy, ServerBroken, Cancelled; OSError from the disk.
        """
        part = _Part(self._folder, wanted.sha256)
        resumed = part.length > 0
        while True:
            self._complete(wanted, part, arrived)
            data = part.read()
            if hashlib.sha256(data).hexdigest() == wanted.sha256:
                return data
            self._discard(part)
            if not resumed:
                raise Altered("Tệp tải về khác với tệp đã được ký nên bị bỏ.", ADVICE)
            # The part from an earlier attempt may be what is wrong: once more, from the start.
            resumed = False

    def forget(self, sha256: str) -> None:
        """Removes what was kept of a file that has been used."""
        _Part(self._folder, sha256).discard()

    def forget_all(self) -> None:
        """Removes parts of files that nobody asks for any more."""
        for file in self._folder.iterdir():
            file.unlink(missing_ok=True)

    def _complete(self, wanted: Wanted, part: "_Part", arrived: Callable[[int], object]) -> None:
        """Has the part grow to the wanted length."""
        if part.length > wanted.length:
            part.discard()
        begun_anew = False
        while part.length < wanted.length:
            offset = part.length
            asked = self._transport.stream(wanted.path, offset=offset, etag=part.etag, limit=wanted.length)
            with asked as stream:
                if stream.status == 200:
                    self._discard(part)
                    part.start(stream.headers.get("ETag", ""))
                elif (offset and stream.status == 416) or (
                    stream.status == 206 and not _continues(stream, part)
                ):
                    # Not the file that was begun: ask for all of it, once.
                    if begun_anew:
                        raise _refused(stream, wanted.path)
                    begun_anew = True
                    self._discard(part)
                    continue
                elif stream.status != 206:
                    raise _refused(stream, wanted.path)
                self._receive(stream, part, wanted.length, arrived)
            if part.length < wanted.length:
                raise Offline("Đường truyền đứt giữa chừng.", "Phần đã tải được giữ lại; lần sau tải tiếp.")

    def _receive(self, stream: Stream, part: "_Part", length: int, arrived: Callable[[int], object]) -> None:
        with part.file.open("ab") as file:
            for chunk in stream:
                if self._cancelled():
                    raise Cancelled
                arrived(part.length + len(chunk))
                self._received(len(chunk))
                if part.length + len(chunk) > length:
                    raise Altered("Máy chủ gửi về tệp dài hơn tệp đã được ký.", ADVICE)
                file.write(chunk)
                part.length += len(chunk)

    def _discard(self, part: "_Part") -> None:
        if part.length:
            self._received(-part.length)
        part.discard()


class _Part:
    """The bytes of one file that have arrived, and the ETag they arrived under."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / f"{name}.part"
        self._etag_file = folder / f"{name}.etag"
        self.length = self.file.stat().st_size if self.file.exists() else 0
        self.etag = self._etag_file.read_text("ascii") if self.length and self._etag_file.exists() else ""

    def start(self, etag: str) -> None:
        """Begins anew, under another ETag."""
        self.file.write_bytes(b"")
        self._etag_file.write_text(etag if etag.isascii() else "", "ascii")
        self.length, self.etag = 0, etag

    def read(self) -> bytes:
        return self.file.read_bytes()

    def discard(self) -> None:
        self.file.unlink(missing_ok=True)
        self._etag_file.unlink(missing_ok=True)
        self.length, self.etag = 0, ""


def _refused(stream: Stream, path: str) -> Expected:
    """The error behind an answer that does not bring the file."""
    if stream.status == 404:
        return ServerBroken(
            f"Máy chủ thiếu tệp nội dung {path}.", "Hãy thử lại sau; nếu vẫn vậy, báo cho quản trị máy chủ."
        )
    if stream.status in (206, 416):
        return ServerBroken(
            "Máy chủ không gửi tiếp tệp đang tải dở, cũng không gửi lại từ đầu.",
            "Hãy thử lại sau; nếu vẫn vậy, báo cho quản trị máy chủ.",
        )
    return refusal(Answer(stream.status, stream.headers, b""))


def _continues(stream: Stream, part: _Part) -> bool:
    """Whether a 206 begins where the part ends, and is of the same file."""
    etag = stream.headers.get("ETag", "")
    starts = stream.headers.get("Content-Range", "").strip().startswith(f"bytes {part.length}-")
    return stream.status == 206 and starts and (not part.etag or not etag or etag == part.etag)
