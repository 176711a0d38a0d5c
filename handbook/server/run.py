"""Runs the server until it is told to stop."""

import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from handbook.errors import Expected, Fault, NotFound
from handbook.protocol.api import Code, RosterAnswer, RosterRequest
from handbook.server import accounts, roster, units
from handbook.server.app import Clock, create_app, utc_now
from handbook.server.database import open_database
from handbook.server.keys import load_keys
from handbook.server.logs import log_to_standard_error
from handbook.server.settings import Settings
from handbook.server.ward import Loaded, load_ward

KEEP_ALIVE_SECONDS = 30
ALLOCATIONS_BEFORE_COLLECTION = 20_000  # some batches of requests; nearly all they made is gone by itself
SECONDS_TO_FINISH = 10  # what requests under way are given when the server stops


class PortTaken(Expected):
    """The address cannot be listened on."""

    fault = Fault.COMPUTER
    code = "port-taken"


class Server(uvicorn.Server):
    """Says its URL once it accepts connections; `should_exit = True` from any thread stops it."""

    def __init__(self, settings: Settings, ready: Callable[[str], None], clock: Clock = utc_now) -> None:
        config = uvicorn.Config(
            create_app(settings, clock),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
        )
        super().__init__(config)
        self._host = settings.host
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self._ready(f"http://{host}:{port}")


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT, then finishes the requests under way and returns.

    `ready` gets the URL, with the port the system chose if it was 0. Raises PortTaken.
    """
    log_to_standard_error()
    server = Server(settings, ready)
    gc.freeze()  # what stands now stands until the end: no collection needs to go over it
    gc.set_threshold(ALLOCATIONS_BEFORE_COLLECTION)
    with _stopped_by_signals(server):
        try:
            server.run()
        except SystemExit as error:
            raise PortTaken(
                f"Không mở được cổng {settings.port} trên {settings.host}.",
                "Có thể một máy chủ khác đang chạy; hãy tắt nó hoặc chọn cổng khác.",
            ) from error


@contextmanager
def _stopped_by_signals(server: Server) -> Iterator[None]:
    """uvicorn raises the signal that stopped it once more when it has finished: by then it is only noted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def load_ward_into(settings: Settings, file: Path) -> Loaded:
    """Loads a ward's TOML file into the database of these settings, whether or not a server runs on it."""
    database = open_database(settings.database_url)
    try:
        return load_ward(database, file, datetime.now(UTC))
    finally:
        database.close()


def commune_path(settings: Settings) -> str:
    """The commune this server is for. Raises NotFound when settings do not say and it has not just one."""
    if settings.commune:
        return settings.commune
    database = open_database(settings.database_url)
    try:
        with database.read() as connection:
            only = units.only_commune(connection)
    finally:
        database.close()
    if only is None:
        raise NotFound(
            "Không rõ máy chủ này là của đảng uỷ nào.",
            "Hãy nạp ward.toml, hoặc đặt HANDBOOK_COMMUNE là đường dẫn của đảng uỷ.",
        )
    return only.path


def apply_roster(settings: Settings, unit: str, request: RosterRequest) -> RosterAnswer:
    """What a list of members changes, by whoever runs the server; carried out when it is confirmed."""
    database = open_database(settings.database_url)
    try:
        return roster.apply_roster(database, None, unit, request, datetime.now(UTC))
    finally:
        database.close()


def issue_codes(settings: Settings, account_names: list[str]) -> tuple[Code, ...]:
    """Activation codes by whoever runs the server. Raises BadInput naming unknown accounts."""
    database = open_database(settings.database_url)
    try:
        keys = load_keys(settings.data_dir)
        return accounts.issue_codes_on_server(database, keys, account_names, datetime.now(UTC))
    finally:
        database.close()
