"""The authored format, read: a publisher's folder of Markdown documents and TOML assignments.

docs/content-format.md describes it for authors. Reading never stops at the first mistake: every problem of
every file is collected with its place, so that a publisher mends them in one go.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from handbook.authoring import outline
from handbook.authoring.assets import AssetFile, DocumentAssets
from handbook.authoring.fields import Fields, Problem, read_fields
from handbook.errors import BadInput
from handbook.model.library import (
    SOURCES_HEADING,
    Collection,
    Document,
    Kind,
    Recall,
    Relation,
    RelationKind,
    Section,
    Status,
)
from handbook.model.study import Assignment, Part
from handbook.protocol.trust import is_publisher_path, is_slug

PUBLISHER_FILE = "publisher.toml"
ASSIGNMENTS = "assignments"
UNPUBLISHED = 0  # the edition of a record before publishing gives it one

_FENCE = "+++"
_DOCUMENT_FIELDS = frozenset(
    {"kind", "number", "title", "issuer", "issued_on", "status", "topics", "summary", "sources"}
    | {"relations", "attachments", "units", "expires_on", "recalled_on", "recall_reason", "replaced_by"}
)
_RELATION_FIELDS = frozenset({"kind", "number", "issued_on", "target"})
_ASSIGNMENT_FIELDS = frozenset(
    {"title", "documents", "question", "min_words", "opens_on", "due_on", "grace_days", "units", "parts"}
)
_PART_FIELDS = frozenset({"id", "title", "hint"})

R = TypeVar("R", Document, Assignment, Recall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Generic[R]):
    """A record with where it was written: its file, its fields as typed, its Markdown, the files it names."""

    file: Path
    record: R
    fields: Fields
    body: str = ""
    body_line: int = 1  # line of the file at which the body begins
    files: tuple[AssetFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherSource:
    """All that one publisher has written, as far as it could be read, and what could not."""

    folder: Path
    path: str
    name: str
    documents: tuple[Written[Document], ...]
    assignments: tuple[Written[Assignment], ...]
    recalls: tuple[Written[Recall], ...]
    problems: tuple[Problem, ...]


def publisher_folders(data_dir: Path) -> tuple[Path, ...]:
    """The folders below `data_dir` that hold a publisher.toml, outermost first."""
    return tuple(sorted(file.parent for file in data_dir.rglob(PUBLISHER_FILE)))


def publisher_path(folder: Path) -> str:
    """The path that a publisher's folder is published under. Raises BadInput."""
    problems: list[Problem] = []
    path, _ = _read_publisher_file(folder, problems)
    if not path:
        raise BadInput("\n".join(map(str, problems)))
    return path


def read_publisher(folder: Path) -> PublisherSource:
    """Everything in one publisher's folder; folders of other publishers below it are left alone."""
    problems: list[Problem] = []
    path, name = _read_publisher_file(folder, problems)
    documents: list[Written[Document]] = []
    assignments: list[Written[Assignment]] = []
    recalls: list[Written[Recall]] = []
    for inner in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        if (inner / PUBLISHER_FILE).exists() or inner.name.startswith("."):
            continue
        if inner.name == ASSIGNMENTS:
            for file in sorted(inner.glob("*.toml")):
                if assignment := _read_assignment(file, path, problems):
                    assignments.append(assignment)
        elif inner.name in frozenset(Collection):
            for file in sorted(inner.glob("*.md")):
                read = _read_document(file, path, Collection(inner.name), problems)
                if read and isinstance(read.record, Recall):
                    recalls.append(read)
                elif read:
                    documents.append(read)
        elif any(inner.glob("*.md")):
            names = ", ".join([*Collection, ASSIGNMENTS])
            problems.append(Problem(inner, 0, f"tên thư mục không phải một chuyên mục ({names})"))
    return PublisherSource(
        folder=folder,
        path=path,
        name=name,
        documents=tuple(documents),
        assignments=tuple(assignments),
        recalls=tuple(recalls),
        problems=tuple(problems),
    )


def _read_publisher_file(folder: Path, problems: list[Problem]) -> tuple[str, str]:
    file = folder / PUBLISHER_FILE
    text = _read_text(file, problems)
    fields = read_fields(file, text, 1, problems) if text is not None else None
    if fields is None:
        return "", ""
    fields.only(frozenset({"path", "name"}))
    path, name = fields.text("path"), fields.text("name")
    if path and not is_publisher_path(path):
        fields.report("path", "“path” phải là một hoặc hai phần chữ thường không dấu, như hongson/anbinh")
        path = ""
    return path, name


def _read_document(
    file: Path, publisher: str, collection: Collection, problems: list[Problem]
) -> Written[Document] | Written[Recall] | None:
    text = _read_text(file, problems)
    if text is None or not _has_good_name(file, problems):
        return None
    head, separator, body = text.removeprefix(_FENCE + "\n").partition(f"\n{_FENCE}\n")
    if not text.startswith(_FENCE + "\n") or not separator:
        problems.append(Problem(file, 1, f"thiếu phần đầu nằm giữa hai dòng {_FENCE}"))
        return None
    before = len(problems)
    fields = read_fields(file, head, 2, problems)
    if fields is None:
        return None
    fields.only(_DOCUMENT_FIELDS)
    relations = []
    for inner in fields.tables("relations"):
        inner.only(_RELATION_FIELDS)
        kind = inner.choice("kind", RelationKind)
        number = inner.text("number")
        if kind is not None:
            relations.append(
                Relation(
                    kind=kind,
                    number=number,
                    issued_on=inner.day("issued_on", required=False),
                    target=inner.text("target", required=False),
                )
            )
    kind, status = fields.choice("kind", Kind), fields.choice("status", Status)
    number = fields.text("number", may_be_empty=True)
    title, issuer = fields.text("title"), fields.text("issuer")
    issued_on = fields.day("issued_on")
    topics, sources = fields.texts("topics"), fields.texts("sources")
    summary = fields.text("summary")
    units, expires_on = fields.texts("units"), fields.day("expires_on", required=False)
    recalled_on = fields.day("recalled_on", required=False)
    reason = fields.text("recall_reason", required=recalled_on is not None)
    replaced_by = fields.text("replaced_by", required=False)
    if recalled_on is None and (reason or replaced_by):
        fields.report("recall_reason", "thu hồi thì phải có ngày: “recalled_on”")
    if len(problems) > before or kind is None or status is None or issued_on is None:
        return None
    if recalled_on is not None:
        # Its text is not looked at: it may well be the reason of the recall.
        recall = Recall(
            id=f"{publisher}/{file.stem}",
            edition=UNPUBLISHED,
            number=number,
            title=title,
            recalled_on=recalled_on,
            reason=reason,
            replaced_by=replaced_by,
        )
        return Written(file=file, record=recall, fields=fields)
    body_line = head.count("\n") + 4
    files = DocumentAssets(file, problems)
    attachments = files.attachments(fields.tables("attachments"))
    sections = outline.split(files.place_images(body, body_line))
    return Written(
        file=file,
        record=Document(
            id=f"{publisher}/{file.stem}",
            edition=UNPUBLISHED,
            collection=collection,
            kind=kind,
            number=number,
            title=title,
            issuer=issuer,
            issued_on=issued_on,
            status=status,
            topics=topics,
            summary=summary,
            relations=tuple(relations),
            sections=_with_sources(sections, sources),
            images=files.images,
            attachments=attachments,
            units=units,
            expires_on=expires_on,
        ),
        fields=fields,
        body=body,
        body_line=body_line,
        files=tuple(files.files),
    )


def _with_sources(sections: tuple[Section, ...], sources: tuple[str, ...]) -> tuple[Section, ...]:
    """The sections and, when there are sources, a last one that lists them."""
    if not sources:
        return sections
    anchors = {section.anchor for section in sections}
    anchor = next(name for name in ("nguon", "nguon-tham-khao", "danh-muc-nguon") if name not in anchors)
    listed = "\n".join(f"- {source}" for source in sources)
    return (*sections, Section(anchor=anchor, level=1, heading=SOURCES_HEADING, text=listed))


def _read_assignment(file: Path, publisher: str, problems: list[Problem]) -> Written[Assignment] | None:
    text = _read_text(file, problems)
    if text is None or not _has_good_name(file, problems):
        return None
    before = len(problems)
    fields = read_fields(file, text, 1, problems)
    if fields is None:
        return None
    fields.only(_ASSIGNMENT_FIELDS)
    parts = []
    for inner in fields.tables("parts"):
        inner.only(_PART_FIELDS)
        parts.append(Part(inner.text("id"), inner.text("title"), inner.text("hint", required=False)))
    opens_on, due_on = fields.day("opens_on"), fields.day("due_on")
    title = fields.text("title")
    question = fields.text("question", required=bool(parts))
    documents, units = fields.texts("documents", required=True), fields.texts("units", required=True)
    min_words, grace_days = fields.count("min_words"), fields.count("grace_days")
    if len(problems) > before or opens_on is None or due_on is None:
        return None
    return Written(
        file=file,
        record=Assignment(
            id=f"{publisher}/{file.stem}",
            edition=UNPUBLISHED,
            title=title,
            documents=documents,
            question=question,
            parts=tuple(parts),
            min_words=min_words,
            opens_on=opens_on,
            due_on=due_on,
            grace_days=grace_days,
            units=units,
        ),
        fields=fields,
    )


def _read_text(file: Path, problems: list[Problem]) -> str | None:
    """The file's text, NFC, with line feeds only."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.append(Problem(file, 0, "không có tệp này"))
        return None
    except OSError as error:
        problems.append(Problem(file, 0, f"không đọc được tệp ({error.strerror})"))
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(Problem(file, line, "tệp không phải mã Unicode (UTF-8); hãy lưu lại bằng UTF-8"))
        return None
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _has_good_name(file: Path, problems: list[Problem]) -> bool:
    if is_slug(file.stem):
        return True
    suggested = outline.anchor_of(file.stem)
    message = f"tên tệp chỉ dùng chữ thường không dấu, số và dấu gạch nối, ví dụ {suggested}{file.suffix}"
    problems.append(Problem(file, 0, message))
    return False
