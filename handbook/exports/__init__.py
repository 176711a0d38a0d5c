"""Files for people and other programs: records in, bytes out; no database, no screen, no disk."""
