"""A folder in the layout of a server's content, such as a USB stick's, asked as if it were the server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from handbook.client.disk import from_os
from handbook.client.metadata import CONTENT
from handbook.client.transport import CHUNK_BYTES, Answer, Stream
from handbook.errors import Altered, DiskProblem, NotFound
from handbook.protocol import trust

FOLDER_NAME = "so-tay-noi-dung"
"""Where content lies on a stick that may hold other things too."""
README = "DOC-TRUOC.txt"


def content_folder(chosen: Path) -> Path:
    """The folder with the content: the one that was chosen, or the one of the usual name in it.

    Raises NotFound.
    """
    for folder in (chosen, chosen / FOLDER_NAME):
        if (folder / trust.METADATA).is_dir() or (folder / README).exists():
            return folder
    raise NotFound(
        f"Trong {chosen} không có nội dung của sổ tay.",
        f"Hãy chọn USB hoặc thư mục “{FOLDER_NAME}” đã ghi bằng Xuất ra USB.",
    )


class FolderTransport:
    """A Transport that answers GETs below /content/ with the files of a folder. It tells no time.

    A file that is not there is NotFound, but for the root that would follow (404, as the server answers). A
    folder that has gone is a DiskProblem, a file longer than what is asked for Altered.
    """

    clock_skew = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        token: str = "",
        headers: Mapping[str, str] | None = None,
        limit: int,
    ) -> Answer:
        if method != "GET":
            return Answer(405, {}, b"")
        try:
            return Answer(200, {}, b"".join(self._pieces(path, 0, limit)))
        except NotFound:
            if path.endswith(".root.json"):
                return Answer(404, {}, b"")
            raise

    @contextmanager
    def stream(self, path: str, *, offset: int = 0, etag: str = "", limit: int) -> Iterator[Stream]:
        yield _FileStream(offset, self._pieces(path, offset, limit))

    def _pieces(self, path: str, offset: int, limit: int) -> Iterator[bytes]:
        file = self._file(path)
        try:
            with file.open("rb") as opened:
                if opened.seek(0, 2) > limit:
                    raise Altered(
                        f"Tệp {file.name} trong {self._folder} dài hơn tệp đã được ký nên không được nhận.",
                        "Tệp đã bị sửa hoặc hỏng. Hãy xin bản khác từ nơi đã đưa USB.",
                    )
                opened.seek(offset)
                while piece := opened.read(CHUNK_BYTES):
                    yield piece
        except FileNotFoundError as error:
            raise self._missing(file) from error
        except OSError as error:
            raise from_os(error, file) if self._is_there() else self._gone() from error

    def _file(self, path: str) -> Path:
        name = PurePosixPath(path.removeprefix(CONTENT))
        if not path.startswith(CONTENT) or name.is_absolute() or ".." in name.parts:
            raise NotFound(f"Không có {path} trong {self._folder}.")
        return self._folder / name

    def _is_there(self) -> bool:
        return (self._folder / trust.METADATA / "timestamp.json").exists()

    def _missing(self, file: Path) -> NotFound | DiskProblem:
        if file.name == "timestamp.json" and self._folder.is_dir():
            return NotFound(
                f"Nội dung trong {self._folder} chưa được ghi xong.",
                "Hãy ghi lại USB trên máy có mạng, chờ báo xong rồi mới rút.",
            )
        if not self._is_there():
            return self._gone()
        return NotFound(
            f"Trong {self._folder} thiếu tệp {file.name}.",
            "USB chép thiếu hoặc chưa ghi xong. Hãy ghi lại trên máy có mạng rồi nhập lần nữa.",
        )

    def _gone(self) -> DiskProblem:
        return DiskProblem(
            f"Không còn đọc được {self._folder}: USB có thể đã bị rút ra.",
            "Nội dung đã cài vẫn đọc được. Hãy cắm lại USB rồi nhập lần nữa; phần đã nhận được giữ lại.",
        )


class _FileStream:
    def __init__(self, offset: int, pieces: Iterator[bytes]) -> None:
        self.status = 206 if offset else 200
        self.headers: Mapping[str, str] = {"Content-Range": f"bytes {offset}-"} if offset else {}
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces
