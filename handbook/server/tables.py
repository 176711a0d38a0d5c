"""The server's tables. Keys of submissions and feeds carry the commune: PostgreSQL partitions by it."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware moment, in UTC with microseconds on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


metadata = MetaData()

units = Table(
    "units",
    metadata,
    Column("path", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
)

# The last position given out in each unit's feed. Whoever appends holds this row until commit, so that the
# order of positions is the order of commits.
feeds = Table(
    "feeds",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

# `seen_on` is the last day, in Vietnam, on which a program of theirs asked anything with their token;
# `left_on` the day on which an inactive one left, from which retention counts.
members = Table(
    "members",
    metadata,
    Column("account", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False, index=True),
    Column("admitted_on", Date),
    Column("probationary", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("seen_on", Date),
    Column("left_on", Date),
)

# A member who moved keeps the `member` duty for the former cell: what they wrote there stays theirs.
duties = Table(
    "duties",
    metadata,
    Column("account", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
)

# Members as a ward's file had them when it was last loaded, in JSON: what differs now was changed there.
named_members = Table(
    "named_members",
    metadata,
    Column("account", Text, primary_key=True),
    Column("entry", Text, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("account", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# One code for an account at a time: a newer one takes the place of the older.
codes = Table(
    "codes",
    metadata,
    Column("account", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("issued_by", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("device", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

# Failed sign-ins, in the database so that every worker counts together and a restart forgets nothing.
# `key` is a keyed hash of the account or the address: no address is kept.
attempts = Table(
    "attempts",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", Moment, nullable=False, index=True),
)

# `erased_at` is when retention took the words out of `content`, leaving what figures and receipts need;
# `sha256` stays that of the text that was received.
submissions = Table(
    "submissions",
    metadata,
    Column("commune", Text, primary_key=True),
    Column("lineage", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("content", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("server", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("erased_at", Moment),
    Index("submissions_of_author", "commune", "author", "subject"),
    Index(
        "one_reflection_lineage",
        "commune",
        "author",
        "subject",
        unique=True,
        sqlite_where=text("kind = 'reflection' AND revision = 1"),
        postgresql_where=text("kind = 'reflection' AND revision = 1"),
    ),
    Index(
        "reviews_of_lineage",
        "commune",
        "subject",
        sqlite_where=text("kind = 'review'"),
        postgresql_where=text("kind = 'review'"),
    ),
    Index(
        "marks_of_subject",
        "commune",
        "subject",
        sqlite_where=text("kind = 'cell_mark'"),
        postgresql_where=text("kind = 'cell_mark'"),
    ),
    Index(
        "withdrawals_of_lineage",
        "commune",
        "subject",
        sqlite_where=text("kind = 'withdrawal'"),
        postgresql_where=text("kind = 'withdrawal'"),
    ),
    postgresql_partition_by="HASH (commune)",
)

# `owner` is whom the entry is about (of a review: who wrote the reflection), `author` who wrote it.
# `size` is that of the content in characters, so that a page can be cut before it is read. `mark` is random:
# a server that was restored from a backup gives the same positions to other entries, never the same marks.
entries = Table(
    "entries",
    metadata,
    Column("commune", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("lineage", Text),
    Column("revision", Integer),
    Column("size", Integer, nullable=False),
    Column("mark", Text, nullable=False),
    postgresql_partition_by="HASH (commune)",
)

# Who was given whose reflection, and when.
access_log = Table(
    "access_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("reader", Text, nullable=False),
    Column("owner", Text, nullable=False, index=True),
    Column("commune", Text, nullable=False),
    Column("lineage", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("how", Text, nullable=False),
)

# Who gave or ended whose duty; an empty `actor` is whoever runs the server.
duty_changes = Table(
    "duty_changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("account", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("given", Boolean, nullable=False),
)

# How long what is kept, as the ward's file states it; `months` is null where nothing is to be erased. A rule
# without a row has its default (model/retention.py).
retention_rules = Table(
    "retention_rules",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("months", Integer),
)

# Each run of retention; one that was cut short has no end.
retention_runs = Table(
    "retention_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
)

# How many of what a run erased in a unit, committed together with the erasure; `unit` is empty for what
# belongs to none.
erasures = Table(
    "erasures",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

# The figures of a cell for an assignment as they were last counted (figures.py); `basis` stands for what of
# the assignment they follow from. A row that is not there is counted when it is asked for.
cell_figures = Table(
    "cell_figures",
    metadata,
    Column("commune", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("assignment", Text, primary_key=True),
    Column("basis", Text, nullable=False),
    Column("members", Integer, nullable=False),
    Column("read_all", Integer, nullable=False),
    Column("submitted", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("late", Integer, nullable=False),
    Column("exempt", Integer, nullable=False),
    Column("paper", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
)

# Up to which position a feed was looked through for what changes figures.
counted_feeds = Table(
    "counted_feeds",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

# How often figures of a commune were dropped: what was counted before the last time is not kept.
counted_communes = Table(
    "counted_communes",
    metadata,
    Column("commune", Text, primary_key=True),
    Column("edition", BigInteger, nullable=False),
)
