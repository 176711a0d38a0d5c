CREATE TABLE assets (
	id VARCHAR NOT NULL,
	sha256 VARCHAR NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE assignments (
	id VARCHAR NOT NULL,
	payload TEXT NOT NULL,
	opens_on DATE NOT NULL,
	due_on DATE NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE changed_documents (
	document VARCHAR NOT NULL,
	generation INTEGER NOT NULL,
	PRIMARY KEY (document)
);
CREATE TABLE documents (
	id VARCHAR NOT NULL,
	edition INTEGER NOT NULL,
	collection VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	number VARCHAR NOT NULL,
	title VARCHAR NOT NULL,
	issuer VARCHAR NOT NULL,
	issued_on DATE NOT NULL,
	status VARCHAR NOT NULL,
	topics JSON NOT NULL,
	summary TEXT NOT NULL,
	section_count INTEGER NOT NULL,
	title_key VARCHAR NOT NULL,
	number_key VARCHAR NOT NULL,
	arrived_at VARCHAR NOT NULL,
	arrival INTEGER NOT NULL,
	attachments JSON NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE former_editions (
	document VARCHAR NOT NULL,
	edition INTEGER NOT NULL,
	arrived_at VARCHAR NOT NULL,
	payload TEXT NOT NULL,
	PRIMARY KEY (document)
);
CREATE TABLE items (
	id VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	publisher VARCHAR NOT NULL,
	edition INTEGER NOT NULL,
	pack VARCHAR NOT NULL,
	payload TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE library_state (
	"key" VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	PRIMARY KEY ("key")
);
CREATE TABLE limits (
	document VARCHAR NOT NULL,
	units JSON NOT NULL,
	expires_on DATE,
	PRIMARY KEY (document),
	FOREIGN KEY(document) REFERENCES documents (id) ON DELETE CASCADE
);
CREATE TABLE packs (
	sha256 VARCHAR NOT NULL,
	publisher VARCHAR NOT NULL,
	sequence INTEGER NOT NULL,
	applied_at VARCHAR NOT NULL,
	PRIMARY KEY (sha256)
);
CREATE TABLE recalled_assignments (
	id VARCHAR NOT NULL,
	payload TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE receipt_keys (
	id VARCHAR NOT NULL,
	public VARCHAR NOT NULL,
	publisher VARCHAR NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE relations (
	document VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	number VARCHAR NOT NULL,
	issued_on DATE,
	target VARCHAR NOT NULL,
	PRIMARY KEY (document, position),
	FOREIGN KEY(document) REFERENCES documents (id) ON DELETE CASCADE
);
CREATE TABLE sections (
	document VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	anchor VARCHAR NOT NULL,
	level INTEGER NOT NULL,
	heading VARCHAR NOT NULL,
	text TEXT NOT NULL,
	html TEXT NOT NULL,
	PRIMARY KEY (document, position),
	FOREIGN KEY(document) REFERENCES documents (id) ON DELETE CASCADE
);
CREATE INDEX ix_assets_sha256 ON assets (sha256);
CREATE INDEX ix_documents_number_key ON documents (number_key);
CREATE INDEX ix_documents_title_key ON documents (title_key);
CREATE INDEX sections_outline ON sections (document, position, anchor, level, heading);
