"""What a command changed, in the nouns that screens care about."""

from enum import StrEnum


class Change(StrEnum):
    """Announced after a commit; a screen reads again what it shows of that noun."""

    LIBRARY = "library"
    STUDY = "study"
    REFLECTION = "reflection"
    CELL = "cell"
    OUTBOX = "outbox"
    SYNC = "sync"
    ACCOUNT = "account"
    SETTINGS = "settings"
    NOTES = "notes"
    COMMITTEE = "committee"
    MEMBERS = "members"


Changes = frozenset[Change]
