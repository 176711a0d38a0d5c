"""Every way into the server says who may take it; a way that says nothing is never opened."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.routing import BaseRoute

from handbook.errors import NotAllowed
from handbook.model.people import Action, Member, can


@dataclass(frozen=True, slots=True)
class Public:
    """Open to anybody, signed in or not."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Any one of these actions, on the unit the request names; if it names none, on any unit of a duty."""

    actions: tuple[Action, ...]


Access = Public | Needs
PUBLIC = Public()


def needs(*actions: Action) -> Needs:
    return Needs(actions)


class UndeclaredAccess(Exception):
    """A route was added without saying who may take it."""


def require_declared(routes: Iterable[BaseRoute]) -> None:
    """Raises UndeclaredAccess naming the routes whose endpoint (or mounted application) has no `access`."""
    undeclared = [
        f"{getattr(route, 'path', route)}"
        for route in routes
        if not isinstance(
            getattr(getattr(route, "endpoint", None) or getattr(route, "app", None), "access", None), Access
        )
    ]
    if undeclared:
        raise UndeclaredAccess(f"who may take these routes? {', '.join(undeclared)}")


def require(actor: Member, needed: Needs, unit: str | None) -> None:
    """Raises NotAllowed unless one of the actions is permitted on the unit; without one, on a duty's unit."""
    units = [unit] if unit is not None else [duty.unit for duty in actor.duties]
    if not any(can(actor, action, place) for action in needed.actions for place in units):
        raise NotAllowed(
            "Tài khoản của đồng chí không có nhiệm vụ cho phép việc này.",
            "Nếu thấy chưa đúng, hãy hỏi bí thư chi bộ.",
        )
