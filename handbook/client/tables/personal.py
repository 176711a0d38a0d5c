"""Tables of personal.db: what is the member's own, and for a secretary the cell's copies."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from handbook.client.tables.columns import Moment

personal = MetaData()


# Who is signed in, and their reading ------------------------------------------------------------------

account = Table(
    "account",
    personal,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("member", Text, nullable=False),
    Column("units", Text, nullable=False),
    Column("token", String, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("expired", Boolean, nullable=False, default=False),
    Column("server", String, nullable=False),
    Column("device", String, nullable=False),
    Column("signed_in_at", Moment, nullable=False),
)
"""One row: the session as the server last gave it, `member` and `units` as JSON of the model records.
`expired` is set when the server refuses the token, which is kept to tell which one was refused."""

saved = Table("saved", personal, Column("document", String, primary_key=True))
"""Documents the member keeps at hand."""

positions = Table(
    "positions",
    personal,
    Column("document", String, primary_key=True),
    Column("anchor", String, nullable=False),
    Column("offset", Float, nullable=False),
    Column("progress", Float, nullable=False),
)
"""Where reading stopped: `offset` is the share of the section above the view, `progress` that of the whole
document, both 0 to 1."""

opened = Table(
    "opened",
    personal,
    Column("document", String, primary_key=True),
    Column("arrival", Integer, nullable=False),
)
"""The arrival (library.db) a document had when it was last opened: it is new when a later one brought it."""

# Reading and writing ----------------------------------------------------------------------------------

ticks = Table(
    "ticks",
    personal,
    Column("document", String, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("read", Boolean, nullable=False),
    Column("ticked_at", Moment, nullable=False),
)
"""The latest mark on each document. Each mark travels as a submission of its own (lineage, revision 1)."""

drafts = Table(
    "drafts",
    personal,
    Column("assignment", String, primary_key=True),
    Column("lineage", String, nullable=False),
    Column("base_revision", Integer, nullable=False),
    Column("answers", Text, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("kept_at", Moment),
    Column("asked", Text),
    Column("files", Text, nullable=False, default="[]"),
)
"""Text being written. `base_revision` is the submitted revision it builds on, 0 for a first text; `answers`
the JSON of a tuple of model Answers, `files` of AttachedFiles. `kept_at` is when a version was last kept;
`asked` the JSON of the assignment as the member last saw it, both null before the first save."""

file_pieces = Table(
    "file_pieces",
    personal,
    Column("sha256", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
"""Files that go with reflections, own ones and a cell's, in the pieces that they travel in."""

attached_files = Table(
    "attached_files",
    personal,
    Column("lineage", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("whole", Boolean, nullable=False),
)
"""The files that submitted reflections name, own ones and a cell's; `whole` once all pieces are here. `unit`
is the cell they were handed in at."""

draft_versions = Table(
    "draft_versions",
    personal,
    Column("id", Integer, primary_key=True),
    Column("assignment", String, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("answers", Text, nullable=False),
    Column("files", Text, nullable=False),
    Index("draft_versions_by_assignment", "assignment"),
)
"""Former texts of drafts with their files, as `drafts` has them; they outlast the draft."""

passed_words = Table("passed_words", personal, Column("word", String, primary_key=True))
"""Words that the member told the check of spelling to pass over."""

revisions = Table(
    "revisions",
    personal,
    Column("lineage", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("assignment", String, nullable=False),
    Column("submitted_at", Moment, nullable=False),
    Column("content", Text, nullable=False),
    Column("erased_at", Moment),
    Index("revisions_by_assignment", "assignment"),
)
"""The member's submitted reflections, from this PC or another; `content` is the submission's exact text, or
what the server had left of it when this PC first learnt of it, after `erased_at`."""

withdrawals = Table(
    "withdrawals",
    personal,
    Column("lineage", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("withdrawn_at", Moment, nullable=False),
)
"""Reflections that their authors took back, own ones and a cell's, once the server has confirmed it."""

clashes = Table(
    "clashes",
    personal,
    Column("lineage", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("assignment", String, nullable=False),
    Column("submitted_at", Moment, nullable=False),
    Column("content", Text, nullable=False),
    Column("held_lineage", String, nullable=False),
    Column("held_revision", Integer, nullable=False),
    Column("noticed_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Index("clashes_by_assignment", "assignment"),
)
"""Own submissions that the server refused because it held another text, from another PC: that one is in
`revisions`, this PC's text is here for good. Open until the member chose what becomes of it."""

receipts = Table(
    "receipts",
    personal,
    Column("lineage", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("author", String, nullable=False),
    Column("server", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("key", String, nullable=False),
    Column("signature", String, nullable=False),
)
"""Receipts of the member's own submissions of every kind, each verified before it came here."""

reviews = Table(
    "reviews",
    personal,
    Column("id", String, primary_key=True),
    Column("author", String, nullable=False),
    Column("lineage", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("verdict", String, nullable=False),
    Column("comment", Text, nullable=False),
    Column("passages", Text, nullable=False),
    Column("reviewed_at", Moment, nullable=False),
    Index("reviews_by_lineage", "lineage"),
)
"""What was said of a revision: of the member's own, and for a secretary of the cell's, their own words at
once. `id` is the lineage of the submission that carries the review, `passages` the JSON of its comments on
passages."""

cell_marks = Table(
    "cell_marks",
    personal,
    Column("id", String, primary_key=True),
    Column("unit", String, nullable=False),
    Column("author", String, nullable=False),
    Column("member", String, nullable=False),
    Column("assignment", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("handed_in_on", String),
    Column("marked_at", Moment, nullable=False),
    Index("cell_marks_by_member", "member", "assignment"),
)
"""Exemptions and papers as the cell entered and took them back: the member's own, and for a secretary the
cell's. `id` is the lineage of the submission, `unit` the cell whose feed told of it, `handed_in_on` an ISO
day."""

phrases = Table(
    "phrases",
    personal,
    Column("text", String, primary_key=True),
    Column("kept_at", Moment, nullable=False),
)
"""Sentences that a reviewer keeps to use again, on this PC alone."""

review_drafts = Table(
    "review_drafts",
    personal,
    Column("lineage", String, primary_key=True),
    Column("comment", Text, nullable=False),
    Column("passages", Text, nullable=False),
)
"""What a reviewer is writing of a reflection; `passages` as in `reviews`."""

# Marks in documents: seen by the member alone, on this PC alone ------------------------------------------

notes = Table(
    "notes",
    personal,
    Column("id", String, primary_key=True),
    Column("document", String, nullable=False),
    Column("source", String, nullable=False),
    Column("title", String, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("heading", String, nullable=False),
    Column("section", String, nullable=False),
    Column("quote", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("in_heading", Boolean, nullable=False),
    Column("colour", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Column("place_edition", Integer, nullable=False),
    Column("place_section", String),
    Column("place_start", Integer),
    Column("place_end", Integer),
    Index("notes_by_document", "document"),
)
"""Highlights and the notes on them. `section` to `in_heading` are the model's Anchor in the edition it was
made in; `place_...` where it stands in edition `place_edition`, without a section when it is an orphan there.
`source`, `title` and `heading` name it when the document is gone."""

bookmarks = Table(
    "bookmarks",
    personal,
    Column("id", String, primary_key=True),
    Column("document", String, nullable=False),
    Column("source", String, nullable=False),
    Column("title", String, nullable=False),
    Column("section", String, nullable=False),
    Column("heading", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Index("bookmarks_by_document", "document"),
)

# What is owed to the server, and how far it has been read --------------------------------------------

outbox = Table(
    "outbox",
    personal,
    Column("sequence", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("lineage", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("commune", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("content", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try_at", Moment),
    Column("last_error", String, nullable=False, default=""),
    Column("last_advice", String, nullable=False, default=""),
    Column("set_aside", Boolean, nullable=False, default=False),
    Column("sent", Boolean, nullable=False, default=False),
    Column("again", Boolean, nullable=False, default=False),
    UniqueConstraint("lineage", "revision"),
    sqlite_autoincrement=True,
)
"""Submissions without a verified receipt, in the order they were made; `written_at` is also when they were
queued. `sent` is set before a reflection leaves this PC: from then on the server may hold it. `again` rows
have their receipt, but a server that was restored from a backup has lost them."""

acknowledged = Table(
    "acknowledged",
    personal,
    Column("lineage", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("commune", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("content", Text, nullable=False),
    Column("feed", String, nullable=False),
    Column("seen", Boolean, nullable=False),
    Index("acknowledged_by_feed", "feed", "seen"),
)
"""Own submissions of every kind as they were receipted. `feed` is the cell whose feed tells of it, `seen`
whether it did since that feed was last read from its start."""

feed_cursors = Table(
    "feed_cursors",
    personal,
    Column("unit", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("mark", String, nullable=False, default=""),
)
"""How far each cell's feed was applied, and the server's mark of the entry there. `whole` tells that it was
read as one who may read the cell: entries about others were left out before, so that a new secretary reads
from the start."""

sync_log = Table(
    "sync_log",
    personal,
    Column("id", Integer, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("offered_again", Integer, nullable=False),
    Column("documents_changed", Integer, nullable=False),
    Column("bytes_down", Integer, nullable=False),
    Column("code", String, nullable=False, default=""),
    Column("error", String, nullable=False),
    Column("advice", String, nullable=False),
    Column("source", String, nullable=False, default=""),  # the folder that was read; empty for the server
    sqlite_autoincrement=True,
)

sync_state = Table(
    "sync_state",
    personal,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

glance = Table(
    "glance",
    personal,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("program", String, nullable=False),
    Column("generation", String, nullable=False),
    Column("content", Text, nullable=False),
)
"""At most one row, which every other transaction removes: what the first screen is made of, as JSON, with the
version of the program that wrote it and the generation of library.db that it was made from."""

# A secretary's copies of the cell ----------------------------------------------------------------------

cell_members = Table(
    "cell_members",
    personal,
    Column("feed", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("unit", String, nullable=False),
    Column("record", Text, nullable=False),
    Column("seen_on", String),
)
"""The latest record of each member that a cell's feed told of; `unit` is the cell they belong to now,
`seen_on` the ISO day on which their handbook last reached the server."""

cell_submissions = Table(
    "cell_submissions",
    personal,
    Column("feed", String, primary_key=True),
    Column("lineage", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("author", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("erased_at", Moment),
    Column("entry", Text, nullable=False),
    Index("cell_submissions_by_subject", "kind", "subject", "author", "lineage", "revision", "received_at"),
    Index("cell_submissions_by_lineage", "lineage"),
)
"""What the members of a cell handed in; `entry` is the JSON of the feed's SubmissionEntry, without the words
since `erased_at`."""

# What those on duty asked for ---------------------------------------------------------------------------

kept_answers = Table(
    "kept_answers",
    personal,
    Column("path", String, primary_key=True),
    Column("answer", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
)
"""The server's latest answer about the units below or their members, as JSON, by the path asked for."""
