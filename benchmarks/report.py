"""Rows of figures, as a table for people and as JSON for plots."""

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `ratio` is to the floor or peer named in `beside`; None without one."""

    what: str
    value: float
    unit: str
    ratio: float | None = None
    beside: str = ""


def table(rows: Sequence[Row]) -> str:
    """Columns aligned for a terminal."""
    cells = [("", "value", "", "ratio", "")] + [
        (row.what, _figure(row.value), row.unit, "" if row.ratio is None else _figure(row.ratio), row.beside)
        for row in rows
    ]
    first, second, third, fourth = (max(len(line[place]) for line in cells) for place in range(4))
    return "\n".join(
        f"{what:<{first}}  {value:>{second}} {unit:<{third}}  {ratio:>{fourth}}  {beside}".rstrip()
        for what, value, unit, ratio, beside in cells
    )


def write_json(path: Path, rows: Sequence[Row]) -> None:
    """The rows with what they depend on, and nothing that names this machine."""
    about = {"python": platform.python_version(), "system": platform.system()}
    path.write_text(
        json.dumps(about | {"rows": [asdict(row) for row in rows]}, ensure_ascii=False, indent=1), "utf-8"
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _figure(value: float) -> str:
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:,.2f}"
