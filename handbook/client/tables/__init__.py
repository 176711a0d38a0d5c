"""The tables of a profile's two databases: `library` (published, plain) and `personal` (encrypted)."""
