"""Tables of library.db: what publishers have signed, and what is derived from it for reading and search.

Changing a table means a step in `handbook.client.migrations` too.
"""

from sqlalchemy import (
    JSON,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from handbook.client.tables.columns import Moment

library = MetaData()

# What was published, one row an item; a withdrawn one stays as a row of kind 'withdrawal', its payload
# a model.library.Recall or empty, so that an older pack applied later cannot bring it back.
items = Table(
    "items",
    library,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),  # a protocol.packs.ItemKind
    Column("publisher", String, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("pack", String, nullable=False),  # SHA-256 of the pack it came in
    Column("payload", Text, nullable=False),  # JSON of the model record; empty for an asset
)

documents = Table(
    "documents",
    library,
    Column("id", String, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("collection", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("number", String, nullable=False),
    Column("title", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("status", String, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("summary", Text, nullable=False),
    Column("section_count", Integer, nullable=False),
    Column("title_key", String, nullable=False, index=True),  # model.vietnamese.sort_key
    Column("number_key", String, nullable=False, index=True),  # model.text.number_key
    Column("arrived_at", Moment, nullable=False),
    Column("arrival", Integer, nullable=False),  # which content sync of this PC brought the edition, from 1
    Column("attachments", JSON, nullable=False),  # a list of model.library.Attachment
)

# Only of documents that are not for everybody for ever. `units`: whole subtrees, none means everybody; with
# `expires_on` the document is listed up to that day.
limits = Table(
    "limits",
    library,
    Column("document", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("units", JSON, nullable=False),
    Column("expires_on", Date),
)

# The bytes of images and attachments. Documents name them by their SHA-256 and are there without them too.
assets = Table(
    "assets",
    library,
    Column("id", String, primary_key=True),
    Column("sha256", String, nullable=False, index=True),
    Column("data", LargeBinary, nullable=False),
)

# `text` is plain for search, `html` is clean and ready to show; both come last because SQLite reads a row up
# to the last column asked for, and an outline asks for neither.
sections = Table(
    "sections",
    library,
    Column("document", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # from 0
    Column("anchor", String, nullable=False),
    Column("level", Integer, nullable=False),
    Column("heading", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    # All that an outline needs, so that none of the texts between is read for it.
    Index("sections_outline", "document", "position", "anchor", "level", "heading"),
)

relations = Table(
    "relations",
    library,
    Column("document", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("number", String, nullable=False),
    Column("issued_on", Date),
    Column("target", String, nullable=False),
)

# The edition of a document that this PC had before the present one, whole; only one of each document.
former_editions = Table(
    "former_editions",
    library,
    Column("document", String, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("arrived_at", Moment, nullable=False),
    Column("payload", Text, nullable=False),  # JSON of the model record
)

assignments = Table(
    "assignments",
    library,
    Column("id", String, primary_key=True),
    Column("payload", Text, nullable=False),
    Column("opens_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
)

# What recalled assignments asked: the texts that were written for them outlast them.
recalled_assignments = Table(
    "recalled_assignments",
    library,
    Column("id", String, primary_key=True),
    Column("payload", Text, nullable=False),
)

packs = Table(
    "packs",
    library,
    Column("sha256", String, primary_key=True),
    Column("publisher", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("applied_at", Moment, nullable=False),
)

receipt_keys = Table(
    "receipt_keys",
    library,
    Column("id", String, primary_key=True),
    Column("public", String, nullable=False),
    Column("publisher", String, nullable=False),
)

# 'generation' grows with every transaction that changes content; 'arrival' is the number of the latest
# content sync that changed a document; 'catalogue:<publisher>' is the version last applied.
library_state = Table(
    "library_state",
    library,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

# What the search index must catch up on, deleted documents too.
changed_documents = Table(
    "changed_documents",
    library,
    Column("document", String, primary_key=True),
    Column("generation", Integer, nullable=False),
)
