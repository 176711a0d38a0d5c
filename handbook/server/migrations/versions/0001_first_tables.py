"""Units, members, accounts, submissions, feeds, retention and the access log."""

import sqlalchemy as sa
from alembic import op

from handbook.server.tables import Moment

revision = "0001"
down_revision = None

PARTITIONS = 16


def upgrade() -> None:
    _people()
    _accounts()
    _submissions()
    _entries()
    _figures()
    _retention()
    op.create_table(
        "access_log",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("at", Moment, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False, index=True),
        sa.Column("commune", sa.Text, nullable=False),
        sa.Column("lineage", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
    )
    op.create_table(
        "duty_changes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("given", sa.Boolean, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "units",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
    )
    op.create_table(
        "feeds",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False, index=True),
        sa.Column("admitted_on", sa.Date),
        sa.Column("probationary", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("seen_on", sa.Date),
        sa.Column("left_on", sa.Date),
    )
    op.create_table(
        "duties",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
    )
    op.create_table(
        "named_members",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, nullable=False),
    )


def _accounts() -> None:
    op.create_table(
        "credentials",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
    )
    op.create_table(
        "codes",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("issued_by", sa.Text, nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("account", sa.Text, nullable=False, index=True),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False, index=True),
    )
    op.create_table(
        "attempts",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("until", Moment, nullable=False, index=True),
    )


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("commune", sa.Text, primary_key=True),
        sa.Column("lineage", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("erased_at", Moment),
        postgresql_partition_by="HASH (commune)",
    )
    _partition("submissions")
    op.create_index("submissions_of_author", "submissions", ["commune", "author", "subject"])
    first_reflection = sa.text("kind = 'reflection' AND revision = 1")
    op.create_index(
        "one_reflection_lineage",
        "submissions",
        ["commune", "author", "subject"],
        unique=True,
        sqlite_where=first_reflection,
        postgresql_where=first_reflection,
    )
    review = sa.text("kind = 'review'")
    op.create_index(
        "reviews_of_lineage",
        "submissions",
        ["commune", "subject"],
        sqlite_where=review,
        postgresql_where=review,
    )
    withdrawal = sa.text("kind = 'withdrawal'")
    op.create_index(
        "withdrawals_of_lineage",
        "submissions",
        ["commune", "subject"],
        sqlite_where=withdrawal,
        postgresql_where=withdrawal,
    )
    cell_mark = sa.text("kind = 'cell_mark'")
    op.create_index(
        "marks_of_subject",
        "submissions",
        ["commune", "subject"],
        sqlite_where=cell_mark,
        postgresql_where=cell_mark,
    )


def _retention() -> None:
    op.create_table(
        "retention_rules",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("months", sa.Integer),
    )
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("finished_at", Moment),
    )
    op.create_table(
        "erasures",
        sa.Column("run", sa.Integer, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("commune", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("lineage", sa.Text),
        sa.Column("revision", sa.Integer),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        postgresql_partition_by="HASH (commune)",
    )
    _partition("entries")


def _figures() -> None:
    counts = (
        *("members", "read_all", "submitted", "waiting", "returned"),
        *("accepted", "late", "exempt", "paper", "missing"),
    )
    op.create_table(
        "cell_figures",
        sa.Column("commune", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("assignment", sa.Text, primary_key=True),
        sa.Column("basis", sa.Text, nullable=False),
        *(sa.Column(count, sa.Integer, nullable=False) for count in counts),
    )
    op.create_table(
        "counted_feeds",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "counted_communes",
        sa.Column("commune", sa.Text, primary_key=True),
        sa.Column("edition", sa.BigInteger, nullable=False),
    )


def _partition(table: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for remainder in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE {table}_{remainder:02} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
        )
