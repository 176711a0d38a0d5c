"""Images and attachments of the opened profile, by the SHA-256 that documents name them with."""

from sqlalchemy import select

from handbook.client.store import Store
from handbook.client.tables.library import assets
from handbook.errors import NotFound, Untrusted
from handbook.model.library import Attachment
from handbook.protocol.assets import media_type_of


class Assets:
    def __init__(self, store: Store) -> None:
        self._store = store

    def data(self, sha256: str) -> bytes | None:
        """The bytes; None while they have not arrived."""
        with self._store.library.read() as connection:
            return connection.scalar(select(assets.c.data).where(assets.c.sha256 == sha256).limit(1))

    def attachment(self, attachment: Attachment) -> bytes:
        """The bytes of a document's attachment.

        Raises NotFound while they have not arrived, Untrusted when they are not of the kind it says.
        """
        data = self.data(attachment.sha256)
        if data is None:
            raise NotFound(
                f"Tệp kèm theo “{attachment.title}” chưa về máy này.",
                "Hãy đồng bộ khi có mạng rồi mở lại.",
            )
        if media_type_of(data) is not attachment.media_type:
            raise Untrusted(
                f"Tệp kèm theo “{attachment.title}” không đúng loại như đã ghi nên không được mở.",
                "Hãy báo cho nơi phát hành.",
            )
        return data
