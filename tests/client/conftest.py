"""What tests of the client share: an opened profile in a temporary folder, and no keyring of this PC."""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from handbook.client.account import keep_session
from handbook.client.apply import Applied, apply_pack, next_arrival
from handbook.client.store import Store
from handbook.protocol.packs import Item, document_item
from tests.client.samples import NOW, session
from tests.client.search_shelf import Shelf

if TYPE_CHECKING:
    from tests.client.simulated_server import Device, Ward


@pytest.fixture
def key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Where a profile lies or will lie."""
    return tmp_path / "profiles" / "kp1.an"


@pytest.fixture
def store(profile: Path, key: bytes) -> Iterator[Store]:
    """An opened, empty profile."""
    opened = Store(profile, key)
    yield opened
    opened.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "profile")
    yield shelf
    shelf.store.close()


@pytest.fixture
def signed_in(store: Store) -> Store:
    """The opened profile with a session of the sample member."""
    with store.personal.write() as connection:
        keep_session(connection, session(), server="https://so-tay.example", device="PC khu phố", now=NOW)
    return store


@pytest.fixture
def publish(store: Store) -> Callable[..., Applied]:
    """Applies items of one publisher as one content sync."""

    def apply(*items: Item, publisher: str = "central", at: datetime = NOW) -> Applied:
        with store.library.read() as connection:
            arrival = next_arrival(connection, at)
        return apply_pack(
            store,
            publisher=publisher,
            sequence=arrival.number,
            pack=secrets.token_hex(32),
            items=items,
            arrival=arrival,
        )

    return apply


@pytest.fixture
def library_with(publish: Callable[..., Applied]) -> Callable[..., Applied]:
    """Publishes documents of `central` as one content sync."""
    return lambda *documents: publish(*(document_item(one) for one in documents))


class PocketKeyring(KeyringBackend):
    """A keyring in memory, as a desktop's would behave; `broken` makes it fail as a locked one does."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.broken = False

    def get_password(self, service: str, username: str) -> str | None:
        self._work()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._work()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._work()
        del self.held[service, username]

    def _work(self) -> None:
        if self.broken:
            raise keyring.errors.KeyringLocked("the collection is locked")


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    """No test touches the keyring of the person who runs it."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def pocket_keyring() -> PocketKeyring:
    """A usable keyring on this PC."""
    backend = PocketKeyring()
    keyring.set_keyring(backend)
    return backend


@pytest.fixture(scope="session")
def ward(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Ward]":
    """The real server on a port of its own; each test makes a cell of its own in it."""
    # Here, not above: most tests of the client need no server.
    from tests.client.simulated_server import running_ward

    with running_ward(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def device(ward: "Ward", tmp_path: Path) -> "Iterator[Callable[..., Device]]":
    """Makes a member's PC: `device("An", cell, items)`; each call is another PC."""
    from tests.client.simulated_server import Device

    made: list[Device] = []

    def make(name: str, cell: str, items: tuple[Item, ...] = (), **options: bool) -> Device:
        made.append(Device(tmp_path / f"pc-{len(made)}", ward, name, cell, items, **options))
        return made[-1]

    ward.now = NOW
    yield make
    for one in made:
        one.close()
