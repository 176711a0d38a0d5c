"""How one server process is set up: from the environment, overridden by what its command line says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from handbook.errors import BadInput

DEFAULT_PORT = 8750


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`database_url` is an SQLAlchemy URL. `server_name` is what receipts are signed as: it stays.

    `content_dir` holds what /content serves. An empty `commune` means the only commune of the loaded ward.
    `port` 0 lets the system choose.
    """

    data_dir: Path
    database_url: str
    content_dir: Path
    commune: str = ""
    commune_name: str = ""
    server_name: str = "handbook"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT


def settings_from(environ: Mapping[str, str], data_dir: Path, **chosen: object) -> Settings:
    """Settings of the environment's HANDBOOK_ variables; a `chosen` field that is not None wins over them."""
    data_dir = data_dir.absolute()
    settings = Settings(
        data_dir=data_dir,
        database_url=_with_driver(environ.get("HANDBOOK_DATABASE_URL", ""))
        or f"sqlite:///{data_dir}/server.db",
        content_dir=Path(environ.get("HANDBOOK_CONTENT_DIR") or data_dir / "content").absolute(),
        commune=environ.get("HANDBOOK_COMMUNE", ""),
        commune_name=environ.get("HANDBOOK_COMMUNE_NAME", ""),
        server_name=environ.get("HANDBOOK_SERVER_NAME", "handbook"),
        host=environ.get("HANDBOOK_HOST", "127.0.0.1"),
        port=_port(environ.get("HANDBOOK_PORT", str(DEFAULT_PORT))),
    )
    return replace(settings, **{name: value for name, value in chosen.items() if value is not None})


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 1 << 16:
        return int(text)
    raise BadInput(f"HANDBOOK_PORT là “{text}”, không phải một cổng.", "Hãy đặt một số từ 0 đến 65535.")


def _with_driver(url: str) -> str:
    """The URL as people write it (`postgres://`, `postgresql://`) with the driver this server brings."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if separator and scheme in ("postgres", "postgresql") else url
