"""How pressing something is on a day in Vietnam."""

from datetime import date
from enum import StrEnum

DUE_SOON_DAYS = 7


class Urgency(StrEnum):
    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    LATER = "later"
    UPCOMING = "upcoming"  # not open yet


URGENCY_ORDER = (Urgency.OVERDUE, Urgency.TODAY, Urgency.SOON, Urgency.LATER, Urgency.UPCOMING)


def urgency_on(day: date, opens_on: date, due_on: date) -> Urgency:
    """On a day in Vietnam: of what opens at the start of one day and is due at the end of another."""
    if day < opens_on:
        return Urgency.UPCOMING
    left = (due_on - day).days
    if left < 0:
        return Urgency.OVERDUE
    if left == 0:
        return Urgency.TODAY
    return Urgency.SOON if left <= DUE_SOON_DAYS else Urgency.LATER
