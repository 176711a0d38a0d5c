"""The tree of Party organisations, as far as this server knows it."""

from sqlalchemy import Connection, select

from handbook.errors import NotFound
from handbook.model.people import Member, Unit, UnitKind
from handbook.server import tables

_columns = (tables.units.c.path, tables.units.c.name, tables.units.c.kind)


def units_below(connection: Connection, unit: str) -> tuple[Unit, ...]:
    """The unit and everything below it, each superior before its subordinates. Raises NotFound."""
    below = tables.units.c.path.startswith(unit + "/", autoescape=True)
    found = _units(connection, (tables.units.c.path == unit) | below)
    if not found or found[0].path != unit:
        raise NotFound(f"Không có tổ chức đảng nào mang đường dẫn “{unit}”.")
    return found


def units_around(connection: Connection, member: Member) -> tuple[Unit, ...]:
    """The member's cell and the units above it, outermost first, then other units a duty is for."""
    line = ancestors(member.unit)
    others = {duty.unit for duty in member.duties} - set(line)
    units = _units(connection, tables.units.c.path.in_([*line, *others]))
    return tuple(u for u in units if u.path in line) + tuple(u for u in units if u.path in others)


def only_commune(connection: Connection) -> Unit | None:
    """The commune of the loaded ward; None when there is none or more than one."""
    communes = _units(connection, tables.units.c.kind == UnitKind.COMMUNE.value)
    return communes[0] if len(communes) == 1 else None


def ancestors(path: str) -> list[str]:
    """The paths of the units above and the path itself, outermost first."""
    names = path.split("/")
    return ["/".join(names[:depth]) for depth in range(1, len(names) + 1)]


def _units(connection: Connection, condition: object) -> tuple[Unit, ...]:
    rows = connection.execute(select(*_columns).where(condition)).all()
    kinds = {kind.value: kind for kind in UnitKind}
    units = [Unit(path, name, kinds[kind]) for path, name, kind in rows]
    # Not by the path alone: "a-b" would come before "a/b", below whose superior it is not.
    return tuple(sorted(units, key=lambda unit: unit.path.replace("/", "\0")))
