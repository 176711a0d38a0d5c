"""The images and attachments of an authored document: files beside it that its text or front matter names.

A picture stands alone on its line, `![mô tả](ten-hinh.png)`; in the record it is named by its SHA-256. What a
file is, its bytes decide; its name must say the same.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from handbook.authoring import outline
from handbook.authoring.fields import Fields, Problem
from handbook.model.library import MEDIA_NAMES, Attachment, Image, MediaType
from handbook.model.text import fold, nfc
from handbook.protocol import assets
from handbook.protocol.trust import is_slug

ATTACHMENT_FIELDS = frozenset({"file", "title"})
MAX_DESCRIPTION_CHARACTERS = 300

_FIGURE = re.compile(r"!\[([^\[\]]*)\]\(([^()]*)\)\s*")
_PICTURE = re.compile(r"(?<!\\)!\[|<img\b", re.IGNORECASE)
_CODE = re.compile(r"(`+).+?\1")
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_SUFFIXES = frozenset(suffix for suffixes in assets.SUFFIXES.values() for suffix in suffixes)
_OFFICE_TEXT = re.compile(
    r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml|xl/sharedStrings\.xml|xl/worksheets/.*\.xml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFile:
    """A file that a document shows or carries; `line` of the document names it, `said` describes it."""

    line: int
    name: str
    said: str
    media_type: MediaType
    data: bytes

    @property
    def sha256(self) -> str:
        return assets.sha256_of(self.data)

    def lines(self) -> Iterator[str]:
        """The paragraphs and cells of an office document; other files are not looked into."""
        if self.media_type not in (MediaType.DOCX, MediaType.XLSX):
            return
        with zipfile.ZipFile(io.BytesIO(self.data)) as package:
            for name in package.namelist():
                if _OFFICE_TEXT.fullmatch(name):
                    yield from _paragraphs(package.read(name))


class DocumentAssets:
    """Reads the files that one document names; every mistake is added to `problems`."""

    def __init__(self, document: Path, problems: list[Problem]) -> None:
        self._document = document
        self._problems = problems
        self._images: dict[str, Image] = {}
        self.files: list[AssetFile] = []

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(self._images.values())

    def attachments(self, tables: list[Fields]) -> tuple[Attachment, ...]:
        """Those of the front matter's tables that are in order."""
        if len(tables) > assets.MAX_ATTACHMENTS:
            tables[0].report("file", f"quá {assets.MAX_ATTACHMENTS} tệp kèm theo một văn bản")
        found: dict[str, Attachment] = {}
        for fields in tables:
            fields.only(ATTACHMENT_FIELDS)
            name, title = fields.text("file"), fields.text("title")
            if not name or not title:
                continue
            line = fields.line("file")
            if name in found:
                self._report(line, f"tệp kèm “{name}” được ghi hai lần")
            file = self._read(name, title, line, frozenset(MediaType), assets.MAX_ATTACHMENT_BYTES)
            if file is None:
                continue
            if file.media_type in assets.IMAGE_TYPES:
                self._check_picture(file)
            found[name] = Attachment(
                name=name,
                title=title,
                media_type=file.media_type,
                sha256=file.sha256,
                length=len(file.data),
            )
            self.files.append(file)
        return tuple(found.values())

    def place_images(self, body: str, first_line: int) -> str:
        """The body with every picture named by its SHA-256; it begins at `first_line` of the document."""
        lines = body.split("\n")
        fences = outline.fenced(lines)
        for at, (line, inside) in enumerate(zip(lines, fences, strict=True)):
            if inside or not _PICTURE.search(_CODE.sub("", line)):
                continue
            number = first_line + at
            figure = _FIGURE.fullmatch(line)
            if not figure:
                self._report(
                    number, "hình phải đứng một mình trên một dòng, không thụt vào: ![mô tả](ten-hinh.png)"
                )
                continue
            neighbours = (lines[beside] for beside in (at - 1, at + 1) if 0 <= beside < len(lines))
            if any(beside.strip() and not outline.HEADING.match(beside) for beside in neighbours):
                self._report(number, "trước và sau dòng có hình cần một dòng trống")
            if image := self._image(" ".join(figure[1].split()), figure[2].strip(), number):
                lines[at] = f"![{' '.join(figure[1].split())}](asset:{image.sha256})"
        if len(self._images) > assets.MAX_IMAGES:
            self._report(0, f"quá {assets.MAX_IMAGES} hình trong một văn bản")
        return "\n".join(lines)

    def _image(self, description: str, name: str, line: int) -> Image | None:
        if not description:
            self._report(line, f"hình “{name}” thiếu mô tả: viết trong ngoặc vuông hình cho biết điều gì")
        elif fold(description) == nfc(description).lower():
            self._report(line, f"mô tả hình (“{description[:60]}”) phải viết bằng tiếng Việt có dấu")
        elif len(description) > MAX_DESCRIPTION_CHARACTERS:
            self._report(
                line, f"mô tả hình dài quá {MAX_DESCRIPTION_CHARACTERS} ký tự; hãy chuyển bớt vào bài"
            )
        file = self._read(name, description, line, assets.IMAGE_TYPES, assets.MAX_IMAGE_BYTES)
        size = self._check_picture(file) if file else None
        if file is None or size is None:
            return None
        if file.sha256 not in self._images:
            self._images[file.sha256] = Image(sha256=file.sha256, width=size.width, height=size.height)
        self.files.append(file)
        return self._images[file.sha256]

    def _read(
        self, name: str, said: str, line: int, allowed: frozenset[MediaType], limit: int
    ) -> AssetFile | None:
        """The named file; None, and a problem added, when it cannot go with the document."""

        def report(message: str) -> None:
            self._report(line, message)

        stem, dot, suffix = name.rpartition(".")
        if _REMOTE.match(name):
            return report(f"“{name}” không phải tệp cạnh văn bản; không lấy gì từ mạng hay nơi khác trên máy")
        if "/" in name or "\\" in name or name in ("", ".", ".."):
            return report(f"“{name}”: chỉ ghi tên tệp, và để tệp trong cùng thư mục với văn bản")
        if not is_slug(stem) or f"{dot}{suffix}" not in _SUFFIXES or len(name) > assets.MAX_NAME_CHARACTERS:
            kinds = sorted(
                suffix for kind, suffixes in assets.SUFFIXES.items() if kind in allowed for suffix in suffixes
            )
            return report(
                f"tên tệp “{name}” chỉ dùng chữ thường không dấu, số, gạch nối và có đuôi {', '.join(kinds)}"
            )
        path = self._document.parent / name
        try:
            if not path.exists():
                return report(f"không có tệp “{name}” trong thư mục của văn bản")
            if path.resolve().parent != self._document.parent.resolve() or not path.is_file():
                return report(f"“{name}” dẫn ra ngoài thư mục của văn bản; hãy chép tệp vào đây")
            if path.stat().st_size > limit:
                return report(
                    f"tệp “{name}” quá lớn ({path.stat().st_size / 1e6:.1f} MB); tối đa {limit / 1e6:.0f} MB"
                )
            data = path.read_bytes()
        except OSError as error:
            return report(f"không đọc được tệp “{name}” ({error.strerror})")
        media_type = assets.media_type_of(data)
        if media_type not in allowed:
            names = ", ".join(MEDIA_NAMES[kind] for kind in MediaType if kind in allowed)
            return report(f"nội dung tệp “{name}” không thuộc loại được dùng ({names}; không có macro)")
        if not assets.is_file_name(name, media_type):
            right = " hoặc ".join(assets.SUFFIXES[media_type])
            return report(f"tệp “{name}” thật ra là {MEDIA_NAMES[media_type]}; hãy đổi đuôi thành {right}")
        if not assets.is_whole(data, media_type):
            return report(
                f"tệp “{name}” bị cụt hoặc hỏng; hãy chép lại hoặc lưu lại từ chương trình đã tạo ra nó"
            )
        return AssetFile(line=line, name=name, said=said, media_type=media_type, data=data)

    def _check_picture(self, file: AssetFile) -> assets.Picture | None:
        picture = assets.picture_of(file.data)
        if picture is None:
            return None
        if picture.located:
            self._report(
                file.line,
                f"hình “{file.name}” còn mang toạ độ nơi chụp (GPS); hãy gỡ thông tin này rồi lưu lại",
            )
        if not assets.is_small_enough(picture.width, picture.height):
            self._report(
                file.line,
                f"hình “{file.name}” quá to ({picture.width} × {picture.height} điểm ảnh); mỗi chiều tối đa "
                f"{assets.MAX_IMAGE_SIDE}, tất cả {assets.MAX_IMAGE_PIXELS // 1_000_000} triệu điểm ảnh",
            )
            return None
        return picture

    def _report(self, line: int, message: str) -> None:
        self._problems.append(Problem(self._document, line, message))


def _paragraphs(xml: bytes) -> Iterator[str]:
    """The text of each paragraph of Word (w:p), string or cell of Excel (si, c with t inside)."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return
    for element in root.iter():
        if element.tag.rpartition("}")[2] in ("p", "si", "is"):
            yield "".join(piece.text or "" for piece in element.iter() if piece.tag.rpartition("}")[2] == "t")
