"""Opens a profile with all its rooms wired together; makes one by `activate` or `sign_in`."""

from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from handbook.client.account import Account, read_member, read_server
from handbook.client.activation import activate, begin_anew, sign_in
from handbook.client.answers import record_in
from handbook.client.assets import Assets
from handbook.client.assignments import Assignments
from handbook.client.attached import AttachedFiles
from handbook.client.base_content import shipped
from handbook.client.cell import Cell
from handbook.client.committee import Committee
from handbook.client.editions import Editions
from handbook.client.library import Library
from handbook.client.members import Members
from handbook.client.network import bytes_per_second, proxies, proxy_credentials
from handbook.client.notes import Notes
from handbook.client.openings import Openings
from handbook.client.outbox import Outbox
from handbook.client.profiles import ProfileCard, note_opening, profile_dir, read_profile, write_card
from handbook.client.reflection import Reflections
from handbook.client.search import Search
from handbook.client.settings import Settings, read_settings
from handbook.client.store import Store
from handbook.client.study import Study
from handbook.client.sync import Sync
from handbook.client.transport import HttpTransport, Transport
from handbook.client.vault import Vault
from handbook.errors import NotFound
from handbook.protocol.api import MAX_ANSWER_BYTES, Hello

__all__ = ["Handbook", "activate", "begin_anew", "open_handbook", "sign_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handbook:
    """One opened profile. Commands return what they changed; `store` announces it to subscribers."""

    store: Store
    account: Account
    library: Library
    editions: Editions
    assets: Assets
    notes: Notes
    study: Study
    reflections: Reflections
    attached: AttachedFiles
    cell: Cell
    committee: Committee
    members: Members
    openings: Openings
    outbox: Outbox
    search: Search
    sync: Sync
    transport: Transport

    def use_network(self, settings: Settings) -> None:
        """From now on reaches the server as the settings say, and as the person told of the proxy."""
        if isinstance(self.transport, HttpTransport):
            self.transport.use(proxies(settings, proxy_credentials(self.store)), bytes_per_second(settings))

    def server_name(self) -> str:
        """Whose server answers. Raises Offline, ProxyProblem, TooBusy, ServerBroken."""
        answer = self.transport.send("GET", "/v1/hello", limit=MAX_ANSWER_BYTES)
        return record_in(answer, Hello).commune_name

    def interrupt(self) -> None:
        """Breaks off what is under way with the server, so that a cancelled sync need not wait for it."""
        if isinstance(self.transport, HttpTransport):
            self.transport.interrupt()

    def close(self) -> None:
        """Releases the profile. Jobs that use it must have ended before."""
        if isinstance(self.transport, HttpTransport):
            self.transport.close()
        self.store.close()


def open_handbook(
    data_dir: Path, account: str, passphrase: str | None, *, transport: Transport | None = None
) -> Handbook:
    """Opens the account's profile; `passphrase` may be None where the keyring holds its key.

    Raises NotFound, Locked, SignInFailed, ProfileInUse, NewerData, DiskProblem, and then holds nothing open.
    """
    card = read_profile(data_dir, account)
    if card is None:
        raise NotFound(
            f"Tài khoản {account} chưa có trên máy này.", "Hãy kích hoạt bằng mã hoặc đăng nhập lần đầu."
        )
    folder = profile_dir(data_dir, account)
    vault = Vault(data_dir)
    key = vault.unlock(account, passphrase)
    store = Store(folder, key)
    try:
        with store.personal.read() as connection:
            server, member = read_server(connection), read_member(connection)
        transport = transport or HttpTransport(server)
        signed_in = Account(store, transport, lambda password: vault.rewrap(account, key, password))
        current = ProfileCard(
            account=account, name=member.name, unit_name=signed_in.cell_unit().name, server=server
        )
        if card != current:
            write_card(folder, current)
        note_opening(folder)
        opened = _wired(data_dir, store, signed_in, transport)
        opened.use_network(read_settings(data_dir))
        return opened
    except BaseException:
        store.close()
        raise


def _wired(data_dir: Path, store: Store, account: Account, transport: Transport) -> Handbook:
    assignments = Assignments(store, account)
    outbox = Outbox(store, account, SystemRandom())
    return Handbook(
        store=store,
        account=account,
        library=Library(store, outbox),
        editions=Editions(store),
        assets=Assets(store),
        notes=Notes(store),
        study=Study(store, account, assignments),
        reflections=Reflections(store, account, assignments, outbox),
        attached=AttachedFiles(store),
        cell=Cell(store, account, assignments, outbox),
        committee=Committee(store, account, transport),
        members=Members(store, account, transport),
        openings=Openings(account, transport),
        outbox=outbox,
        search=Search(store, store.profile_dir / "index"),
        sync=Sync(store, account, outbox, transport, data_dir, base=shipped()),
        transport=transport,
    )
