"""Which former texts of a draft are kept: one at each pause in the writing, fewer of them with age."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from handbook.model.vietnamese import VIETNAM

QUIET: Final = timedelta(minutes=1)
"""Nothing was typed for so long: the text as it stood then is a version."""
LONGEST: Final = timedelta(minutes=10)
"""Who writes without a pause has a version at least so often."""
ALL_FOR: Final = timedelta(days=1)
HOURLY_FOR: Final = timedelta(days=30)


def is_pause(kept_at: datetime, saved_at: datetime, now: datetime) -> bool:
    """Whether the text saved at `saved_at` is to be kept before that of `now` replaces it.

    `kept_at` is when a version was last kept, or when the draft was begun. A clock that was set back makes no
    versions.
    """
    return now - saved_at >= QUIET or now - kept_at >= LONGEST


def thinned(moments: Iterable[datetime], now: datetime) -> frozenset[datetime]:
    """The moments whose versions are still kept.

    All of the last day; then the last of each hour; after thirty days the last of each day in Vietnam. What
    is dropped now would be dropped at any later time too, and the latest never is.
    """
    kept: set[datetime] = set()
    last: dict[object, datetime] = {}
    for moment in sorted(moments):
        age = now - moment
        if age < ALL_FOR:
            kept.add(moment)
            continue
        local = moment.astimezone(VIETNAM)
        bucket = local.date() if age >= HOURLY_FOR else (local.date(), local.hour)
        last[bucket] = moment
    return frozenset(kept.union(last.values()))
