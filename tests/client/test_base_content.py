"""Content that came with the program is read in at the first sync, verified, and never in the way."""

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from handbook.authoring.repository import trusted_root
from handbook.client.account import Account
from handbook.client.base_content import FOLDER_NAME, shipped
from handbook.client.folder_transport import FolderTransport
from handbook.client.outbox import Outbox
from handbook.client.store import Store
from handbook.client.sync import Sync, SyncReport
from handbook.client.usb_reading import GRACE
from handbook.client.usb_writing import write_out
from handbook.errors import Altered, NotFound
from handbook.protocol import trust
from tests.client.http_server import serving
from tests.client.ward import COMMUNE, NOW, PUBLISHERS, Ward

ALL = {"central/nq-1": 1, f"{COMMUNE}/thong-bao": 1}


class Installed:
    """A program with base content for the sample member's commune, on a PC of its own."""

    def __init__(self, ward: Ward, store: Store, folder: Path) -> None:
        self.ward, self.base, self.home = ward, folder / "base", folder / "home"
        ward.publish()
        self.pack()
        account = Account(store, ward.transport, rewrap=lambda _: None)
        outbox = Outbox(store, account, Random(1))
        self.sync = Sync(store, account, outbox, ward.transport, self.home, base=self.base)

    @property
    def root(self) -> Path:
        return self.home / "trust" / "root.json"

    def pack(self, publishers: tuple[str, ...] = PUBLISHERS) -> None:
        content = self.ward.content
        write_out(FolderTransport(content), trusted_root(content), publishers, self.base, NOW)

    def run(self, now: datetime = NOW) -> SyncReport:
        self.ward.server.paths()
        return self.sync.run(lambda: now)

    def packs_fetched(self) -> int:
        return sum("/packs/" in path for path in self.ward.server.paths())


@pytest.fixture
def installed(tmp_path: Path, signed_in: Store) -> Iterator[Installed]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        ward = Ward(tmp_path, signed_in, server)
        yield Installed(ward, signed_in, tmp_path)
        ward.transport.close()


def test_the_first_sync_reads_it_in_and_fetches_nothing_twice(installed: Installed) -> None:
    assert installed.run().documents_changed == 3
    assert installed.packs_fetched() == 0
    assert installed.ward.documents() == ALL
    assert installed.root.read_bytes() == trusted_root(installed.ward.content)
    assert installed.run().documents_changed == 0


def test_without_a_network_there_is_something_to_read_all_the_same(installed: Installed) -> None:
    installed.ward.server.close()
    installed.run()
    assert installed.ward.documents() == ALL


def test_what_is_newer_on_the_network_wins(installed: Installed) -> None:
    installed.ward.write("central", "nq-2")
    installed.ward.publish()
    installed.run()
    assert installed.ward.documents() == {**ALL, "central/nq-2": 1}
    assert installed.packs_fetched() == 1


def test_one_that_is_older_than_what_is_here_is_never_looked_at(installed: Installed) -> None:
    installed.run()
    (installed.base / trust.pack_path(installed.ward.packs()[0].stem)).write_bytes(b"broken")
    assert not any(isinstance(error, Altered) for error in installed.run().errors)


def test_one_that_is_too_old_or_for_another_commune_is_passed_over(installed: Installed) -> None:
    late = NOW + trust.TIMESTAMP_LIFETIME + GRACE
    installed.ward.server.close()
    installed.run(late)
    assert installed.ward.documents() == {}
    installed.pack(("central",))
    assert not any(isinstance(error, NotFound) for error in installed.run(NOW + timedelta(hours=1)).errors)
    assert installed.ward.documents() == {}


def test_an_altered_one_is_refused_and_the_network_brings_it(installed: Installed) -> None:
    (installed.base / trust.pack_path(installed.ward.packs()[0].stem)).write_bytes(b"broken")
    report = installed.run()
    assert "bộ cài bị sửa hoặc hỏng" in str(report.errors[0])
    assert installed.ward.documents() == ALL


def test_one_of_another_root_than_this_pcs_is_left_alone(installed: Installed) -> None:
    installed.root.parent.mkdir(parents=True)
    other = b'{"signed": {"version": 1}}'
    installed.root.write_bytes(other)
    installed.run()
    assert installed.ward.documents() == {}
    assert installed.root.read_bytes() == other


def test_a_pc_without_a_root_and_without_base_content_says_what_to_do(installed: Installed) -> None:
    shutil.rmtree(installed.base)
    assert "chưa có tệp khoá gốc" in str(installed.run().errors[0])


def test_it_is_looked_for_inside_the_installed_program_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shipped() is None
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert shipped() is None
    (tmp_path / FOLDER_NAME).mkdir()
    assert shipped() == tmp_path / FOLDER_NAME
