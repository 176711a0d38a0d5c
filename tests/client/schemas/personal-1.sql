CREATE TABLE account (
	id INTEGER NOT NULL CHECK (id = 1),
	member TEXT NOT NULL,
	units TEXT NOT NULL,
	token VARCHAR NOT NULL,
	expires_at VARCHAR NOT NULL,
	expired BOOLEAN NOT NULL,
	server VARCHAR NOT NULL,
	device VARCHAR NOT NULL,
	signed_in_at VARCHAR NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE acknowledged (
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	commune VARCHAR NOT NULL,
	unit VARCHAR NOT NULL,
	subject VARCHAR NOT NULL,
	written_at VARCHAR NOT NULL,
	content TEXT NOT NULL,
	feed VARCHAR NOT NULL,
	seen BOOLEAN NOT NULL,
	PRIMARY KEY (lineage, revision)
);
CREATE TABLE attached_files (
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	sha256 VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	size INTEGER NOT NULL,
	unit VARCHAR NOT NULL,
	whole BOOLEAN NOT NULL,
	PRIMARY KEY (lineage, revision, sha256)
);
CREATE TABLE bookmarks (
	id VARCHAR NOT NULL,
	document VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	title VARCHAR NOT NULL,
	section VARCHAR NOT NULL,
	heading VARCHAR NOT NULL,
	created_at VARCHAR NOT NULL,
	removed_at VARCHAR,
	PRIMARY KEY (id)
);
CREATE TABLE cell_marks (
	id VARCHAR NOT NULL,
	unit VARCHAR NOT NULL,
	author VARCHAR NOT NULL,
	member VARCHAR NOT NULL,
	assignment VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	reason VARCHAR NOT NULL,
	handed_in_on VARCHAR,
	marked_at VARCHAR NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE cell_members (
	feed VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	unit VARCHAR NOT NULL,
	record TEXT NOT NULL,
	seen_on VARCHAR,
	PRIMARY KEY (feed, account)
);
CREATE TABLE cell_submissions (
	feed VARCHAR NOT NULL,
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	author VARCHAR NOT NULL,
	subject VARCHAR NOT NULL,
	received_at VARCHAR NOT NULL,
	erased_at VARCHAR,
	entry TEXT NOT NULL,
	PRIMARY KEY (feed, lineage, revision)
);
CREATE TABLE clashes (
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	assignment VARCHAR NOT NULL,
	submitted_at VARCHAR NOT NULL,
	content TEXT NOT NULL,
	held_lineage VARCHAR NOT NULL,
	held_revision INTEGER NOT NULL,
	noticed_at VARCHAR NOT NULL,
	settled_at VARCHAR,
	PRIMARY KEY (lineage, revision)
);
CREATE TABLE draft_versions (
	id INTEGER NOT NULL,
	assignment VARCHAR NOT NULL,
	written_at VARCHAR NOT NULL,
	answers TEXT NOT NULL,
	files TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE drafts (
	assignment VARCHAR NOT NULL,
	lineage VARCHAR NOT NULL,
	base_revision INTEGER NOT NULL,
	answers TEXT NOT NULL,
	saved_at VARCHAR NOT NULL,
	kept_at VARCHAR,
	asked TEXT,
	files TEXT NOT NULL,
	PRIMARY KEY (assignment)
);
CREATE TABLE feed_cursors (
	unit VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	whole BOOLEAN NOT NULL,
	mark VARCHAR NOT NULL,
	PRIMARY KEY (unit)
);
CREATE TABLE file_pieces (
	sha256 VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (sha256, number)
);
CREATE TABLE glance (
	id INTEGER NOT NULL CHECK (id = 1),
	program VARCHAR NOT NULL,
	generation VARCHAR NOT NULL,
	content TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE kept_answers (
	path VARCHAR NOT NULL,
	answer TEXT NOT NULL,
	asked_at VARCHAR NOT NULL,
	PRIMARY KEY (path)
);
CREATE TABLE notes (
	id VARCHAR NOT NULL,
	document VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	title VARCHAR NOT NULL,
	edition INTEGER NOT NULL,
	heading VARCHAR NOT NULL,
	section VARCHAR NOT NULL,
	quote TEXT NOT NULL,
	"before" TEXT NOT NULL,
	"after" TEXT NOT NULL,
	position INTEGER NOT NULL,
	in_heading BOOLEAN NOT NULL,
	colour VARCHAR NOT NULL,
	text TEXT NOT NULL,
	created_at VARCHAR NOT NULL,
	changed_at VARCHAR NOT NULL,
	removed_at VARCHAR,
	place_edition INTEGER NOT NULL,
	place_section VARCHAR,
	place_start INTEGER,
	place_end INTEGER,
	PRIMARY KEY (id)
);
CREATE TABLE opened (
	document VARCHAR NOT NULL,
	arrival INTEGER NOT NULL,
	PRIMARY KEY (document)
);
CREATE TABLE outbox (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	kind VARCHAR NOT NULL,
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	commune VARCHAR NOT NULL,
	unit VARCHAR NOT NULL,
	subject VARCHAR NOT NULL,
	written_at VARCHAR NOT NULL,
	content TEXT NOT NULL,
	attempts INTEGER NOT NULL,
	next_try_at VARCHAR,
	last_error VARCHAR NOT NULL,
	last_advice VARCHAR NOT NULL,
	set_aside BOOLEAN NOT NULL,
	sent BOOLEAN NOT NULL,
	again BOOLEAN NOT NULL,
	UNIQUE (lineage, revision)
);
CREATE TABLE passed_words (
	word VARCHAR NOT NULL,
	PRIMARY KEY (word)
);
CREATE TABLE phrases (
	text VARCHAR NOT NULL,
	kept_at VARCHAR NOT NULL,
	PRIMARY KEY (text)
);
CREATE TABLE positions (
	document VARCHAR NOT NULL,
	anchor VARCHAR NOT NULL,
	"offset" FLOAT NOT NULL,
	progress FLOAT NOT NULL,
	PRIMARY KEY (document)
);
CREATE TABLE receipts (
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	author VARCHAR NOT NULL,
	server VARCHAR NOT NULL,
	sha256 VARCHAR NOT NULL,
	received_at VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	signature VARCHAR NOT NULL,
	PRIMARY KEY (lineage, revision)
);
CREATE TABLE review_drafts (
	lineage VARCHAR NOT NULL,
	comment TEXT NOT NULL,
	passages TEXT NOT NULL,
	PRIMARY KEY (lineage)
);
CREATE TABLE reviews (
	id VARCHAR NOT NULL,
	author VARCHAR NOT NULL,
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	verdict VARCHAR NOT NULL,
	comment TEXT NOT NULL,
	passages TEXT NOT NULL,
	reviewed_at VARCHAR NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE revisions (
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	assignment VARCHAR NOT NULL,
	submitted_at VARCHAR NOT NULL,
	content TEXT NOT NULL,
	erased_at VARCHAR,
	PRIMARY KEY (lineage, revision)
);
CREATE TABLE saved (
	document VARCHAR NOT NULL,
	PRIMARY KEY (document)
);
CREATE TABLE sync_log (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	started_at VARCHAR NOT NULL,
	finished_at VARCHAR NOT NULL,
	sent INTEGER NOT NULL,
	received INTEGER NOT NULL,
	offered_again INTEGER NOT NULL,
	documents_changed INTEGER NOT NULL,
	bytes_down INTEGER NOT NULL,
	code VARCHAR NOT NULL,
	error VARCHAR NOT NULL,
	advice VARCHAR NOT NULL,
	source VARCHAR NOT NULL
);
CREATE TABLE sync_state (
	"key" VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	PRIMARY KEY ("key")
);
CREATE TABLE ticks (
	document VARCHAR NOT NULL,
	edition INTEGER NOT NULL,
	read BOOLEAN NOT NULL,
	ticked_at VARCHAR NOT NULL,
	PRIMARY KEY (document)
);
CREATE TABLE withdrawals (
	lineage VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	withdrawn_at VARCHAR NOT NULL,
	PRIMARY KEY (lineage, revision)
);
CREATE INDEX acknowledged_by_feed ON acknowledged (feed, seen);
CREATE INDEX bookmarks_by_document ON bookmarks (document);
CREATE INDEX cell_marks_by_member ON cell_marks (member, assignment);
CREATE INDEX cell_submissions_by_lineage ON cell_submissions (lineage);
CREATE INDEX cell_submissions_by_subject ON cell_submissions (kind, subject, author, lineage, revision, received_at);
CREATE INDEX clashes_by_assignment ON clashes (assignment);
CREATE INDEX draft_versions_by_assignment ON draft_versions (assignment);
CREATE INDEX notes_by_document ON notes (document);
CREATE INDEX reviews_by_lineage ON reviews (lineage);
CREATE INDEX revisions_by_assignment ON revisions (assignment);
