"""Tables of personal.db, which SQLCipher encrypts: who is signed in, and everything the member does or writes.

Changing a table means a step in `handbook.client.migrations` too.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, Float, Integer, MetaData, String, Table, Text

from handbook.client.tables import Moment

metadata = MetaData()

# --- the account and its reading ---------------------------------------------------------------------------

# One row: the session as the server last gave it. `expired` is set when the server refuses the token.
account = Table(
    "account",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("member", Text, nullable=False),  # JSON of model.people.Member
    Column("units", Text, nullable=False),  # JSON of a list of model.people.Unit
    Column("token", String, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("expired", Boolean, nullable=False, default=False),
    Column("device", String, nullable=False),
)

saved = Table("saved", metadata, Column("document", String, primary_key=True))

# Where the member stopped reading: `offset` is the share of the section that lies above the view, 0 to 1.
positions = Table(
    "positions",
    metadata,
    Column("document", String, primary_key=True),
    Column("anchor", String, nullable=False),
    Column("offset", Float, nullable=False),
    Column("progress", Float, nullable=False),  # of the whole document, 0 to 1
)

# The arrival (library.db) up to which the member has seen the document: it is new when it arrived later.
opened = Table(
    "opened",
    metadata,
    Column("document", String, primary_key=True),
    Column("arrival", Integer, nullable=False),
)

# The latest mark on each document. Every change of it is a revision of one lineage, owed to the server.
ticks = Table(
    "ticks",
    metadata,
    Column("document", String, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("read", Boolean, nullable=False),
    Column("ticked_at", Moment, nullable=False),
    Column("lineage", String, nullable=False),
    Column("revision", Integer, nullable=False),
)
