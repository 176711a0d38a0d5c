"""Recalling a document: its file stays with the author, marked; the next publishing takes the text back."""

import json
import re
from datetime import date
from pathlib import Path

from handbook.authoring.durable import write_durably
from handbook.authoring.source import publisher_folders, read_publisher
from handbook.errors import BadInput, DiskProblem

_FENCE = "+++\n"
_FORMER = re.compile(r"(?m)^(recalled_on|recall_reason|replaced_by)\s*=.*\n")


def recall(
    data_dir: Path, document_id: str, reason: str, replaced_by: str, today: date
) -> tuple[Path, tuple[str, ...]]:
    """Marks the document's file as recalled; returns it, and the assignments that still ask to read it.

    Doing it again changes reason and replacement. Nothing is published yet. Raises BadInput when no such
    document is written here or no reason is given, DiskProblem.
    """
    if not reason.strip():
        raise BadInput("Chưa nêu lý do thu hồi.", 'Người đọc sẽ thấy lý do này: --reason "..."')
    sources = [read_publisher(folder) for folder in publisher_folders(data_dir)]
    files = {
        written.record.id: written.file
        for source in sources
        for written in (*source.documents, *source.recalls)
    }
    if document_id not in files:
        raise BadInput(
            f"Trong {data_dir} không có văn bản “{document_id}”.",
            "Mã văn bản là đường dẫn nơi phát hành và tên tệp, như hongson/anbinh/ban-tin-so-5.",
        )
    if replaced_by and (replaced_by == document_id or replaced_by not in files):
        raise BadInput(
            f"Trong {data_dir} không có văn bản “{replaced_by}” để thay thế.", "Hãy xem lại mã văn bản."
        )
    file = files[document_id]
    fields = {"recall_reason": " ".join(reason.split()), "replaced_by": replaced_by}
    lines = [f"recalled_on = {today.isoformat()}\n"]
    lines += [
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items() if value
    ]
    try:
        text = file.read_text("utf-8-sig").replace("\r\n", "\n").removeprefix(_FENCE)
        head, separator, body = text.partition(f"\n{_FENCE}")
        # Above the other fields: a field below a table such as [[relations]] would belong to it.
        head = _FENCE + "".join(lines) + _FORMER.sub("", head + "\n").removesuffix("\n")
        write_durably(file, (head + separator + body).encode())
    except OSError as error:
        raise DiskProblem(
            f"Không ghi được {file} ({error.strerror}).", "Hãy kiểm tra quyền ghi rồi làm lại."
        ) from error
    asking = (
        written.record.id
        for source in sources
        for written in source.assignments
        if document_id in written.record.documents
    )
    return file, tuple(asking)
