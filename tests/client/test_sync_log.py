"""What came by USB is in the log of syncs: when, from where, how much, and what went wrong."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from handbook.authoring.repository import trusted_root
from handbook.client.account import Account
from handbook.client.folder_transport import FolderTransport
from handbook.client.outbox import Outbox
from handbook.client.store import Store
from handbook.client.sync import LogLine, Sync
from handbook.client.usb_writing import usual_folder, write_out
from handbook.errors import Altered, NotFound
from handbook.model.changes import Change
from handbook.protocol import trust
from tests.client.http_server import serving
from tests.client.ward import COMMUNE, NOW, PUBLISHERS, Ward


class Far:
    """A stick that was written where there is a network, and the sync of a PC that has none."""

    def __init__(self, ward: Ward, store: Store, folder: Path) -> None:
        self.ward, self.store, self.usb = ward, store, folder / "usb"
        ward.publish()
        self.root = trusted_root(ward.content)
        (folder / "home" / "trust").mkdir(parents=True)
        (folder / "home" / "trust" / "root.json").write_bytes(self.root)
        self.write()
        account = Account(store, ward.transport, rewrap=lambda _: None)
        outbox = Outbox(store, account, Random(1))
        self.sync = Sync(store, account, outbox, ward.transport, folder / "home")

    def write(self) -> None:
        where = usual_folder(self.usb)
        write_out(FolderTransport(self.ward.content), self.root, PUBLISHERS, where, NOW)


@pytest.fixture
def far(tmp_path: Path, signed_in: Store) -> Iterator[Far]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        ward = Ward(tmp_path, signed_in, server)
        yield Far(ward, signed_in, tmp_path)
        ward.transport.close()


def test_what_a_stick_brought_is_a_line_with_the_place_it_came_from(far: Far) -> None:
    announced: list[frozenset[Change]] = []
    far.store.subscribe(announced.append)
    report = far.sync.take_in(far.usb, NOW)
    (line,) = far.sync.log()
    assert line == LogLine(
        started_at=NOW,
        finished_at=NOW,
        source=str(far.usb),
        documents_changed=3,
        bytes_down=report.bytes_down,
    )
    packs = sum(file.stat().st_size for file in usual_folder(far.usb).glob("packs/*"))
    assert packs < line.bytes_down < packs + 20_000
    assert any(Change.SYNC in changes for changes in announced)


def test_a_stick_without_news_and_one_that_is_refused_are_lines_too(far: Far) -> None:
    far.sync.take_in(far.usb, NOW)
    far.sync.take_in(far.usb, NOW + timedelta(minutes=1))
    far.ward.write("central", "nq-2")
    far.ward.publish()
    far.write()
    pack = usual_folder(far.usb) / trust.pack_path(far.ward.packs()[-1].stem)
    pack.write_bytes(bytes(pack.stat().st_size))
    with pytest.raises(Altered) as refused:
        far.sync.take_in(far.usb, NOW + timedelta(minutes=2))
    with pytest.raises(NotFound):
        far.sync.take_in(far.usb / "elsewhere", NOW + timedelta(minutes=3))
    missing, altered, nothing, first = far.sync.log()
    assert (first.documents_changed, nothing.documents_changed) == (3, 0)
    assert (altered.error, altered.advice) == (refused.value.message, refused.value.advice)
    assert altered.code == Altered.code
    assert (missing.code, missing.source) == (NotFound.code, str(far.usb / "elsewhere"))


def test_a_stick_says_nothing_of_the_server(far: Far) -> None:
    """When it was last reached, and that it could not be, is still what the screen says."""
    before = far.sync.status()
    far.sync.take_in(far.usb, NOW)
    assert far.sync.status() == before


def test_one_that_was_stopped_leaves_no_line(far: Far) -> None:
    assert far.sync.take_in(far.usb, NOW, cancelled=lambda: True).cancelled
    assert far.sync.log() == ()


def test_syncs_and_sticks_are_in_one_order(far: Far) -> None:
    far.sync.take_in(far.usb, NOW)
    far.sync.run(lambda: NOW + timedelta(minutes=1))
    assert [bool(line.source) for line in far.sync.log()] == [False, True]
    assert far.ward.documents() == {"central/nq-1": 1, f"{COMMUNE}/thong-bao": 1}
