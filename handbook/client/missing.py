"""Why a document that was asked for is not in the library, in words for who asked."""

from sqlalchemy import Connection, select

from handbook.client.tables.library import documents, items
from handbook.errors import NotFound, Recalled
from handbook.model.library import Recall
from handbook.model.vietnamese import date_text
from handbook.protocol import codec
from handbook.protocol.packs import ItemKind


def why_missing(connection: Connection, document_id: str) -> NotFound:
    query = select(items.c["kind", "payload"]).where(items.c.id == document_id)
    row = connection.execute(query).one_or_none()
    if row and row.kind == ItemKind.WITHDRAWAL and row.payload:
        return _recalled(connection, row.payload.encode())
    if row and row.kind == ItemKind.WITHDRAWAL:
        return NotFound("Văn bản này đã được nơi phát hành thu hồi.", "Dấu đã đọc và bài viết vẫn được giữ.")
    return NotFound("Văn bản này chưa có trên máy.", "Hãy đồng bộ khi có mạng rồi mở lại.")


def _recalled(connection: Connection, payload: bytes) -> Recalled:
    recall = codec.decode(payload, Recall, limit=len(payload))
    named = select(documents.c["number", "title"]).where(documents.c.id == recall.replaced_by)
    instead = connection.execute(named).one_or_none()
    kept = "Dấu đã đọc, ghi chú và bài viết của đồng chí vẫn được giữ; ghi chú xem ở mục Ghi chú."
    if instead:
        kept = f"Thay bằng: {' – '.join(filter(None, instead))}. {kept}"
    elif recall.replaced_by:
        kept = f"Văn bản thay thế chưa có trên máy; hãy đồng bộ. {kept}"
    return Recalled(
        f"{' – '.join(filter(None, (recall.number, recall.title)))} đã được nơi phát hành thu hồi ngày "
        f"{date_text(recall.recalled_on)}. Lý do: {recall.reason}",
        kept,
        recall.replaced_by if instead else "",
    )
