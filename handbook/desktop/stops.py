"""Where reading stood when the person followed a link, so that Alt+Left leads back to that line."""

from collections import deque
from typing import TYPE_CHECKING

from handbook.desktop.session import Route

if TYPE_CHECKING:
    from handbook.client.library import Position

REMEMBERED = 50


class Stops:
    """The window's history shows the very route again that was left; a new click on the same document makes a
    route that is equal, and begins where the document was last read."""

    def __init__(self) -> None:
        self._stops: deque[tuple[Route, Position]] = deque(maxlen=REMEMBERED)

    def remember(self, route: Route, position: "Position") -> None:
        self.take(route)
        self._stops.append((route, position))

    def take(self, route: Route) -> "Position | None":
        """Where reading stood when this route was left; None for one that is new."""
        for stop in self._stops:
            if stop[0] is route:
                self._stops.remove(stop)
                return stop[1]
        return None
