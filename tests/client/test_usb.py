"""Content on a USB stick: written whole or not at all, judged when read, no harm to what is there."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handbook.authoring.publish import refresh_timestamp
from handbook.authoring.repository import trusted_root
from handbook.client import convoy
from handbook.client.content import ContentReport
from handbook.client.folder_transport import FOLDER_NAME, README, FolderTransport
from handbook.client.store import Store
from handbook.client.usb_reading import GRACE, take_in
from handbook.client.usb_writing import UsbReport, usual_folder, write_out
from handbook.errors import (
    Altered,
    BadInput,
    DiskProblem,
    Expected,
    Lapsed,
    NotFound,
    Offline,
    Outdated,
    Untrusted,
)
from handbook.protocol import trust
from tests.client.http_server import serving
from tests.client.ward import COMMUNE, NOISE, NOW, PUBLISHERS, Ward

ALL = {"central/nq-1", f"{COMMUNE}/thong-bao", f"{COMMUNE}/hoc"}


class Carried:
    """A ward that publishes, a stick, and a PC that never sees the network."""

    def __init__(self, ward: Ward, store: Store, folder: Path) -> None:
        self.ward, self.store = ward, store
        self.usb = folder / "usb" / FOLDER_NAME
        self.pc = folder / "far" / "content"
        ward.publish()
        self.root = trusted_root(ward.content)

    def write(self, publishers: tuple[str, ...] = PUBLISHERS, **given) -> UsbReport:
        transport = FolderTransport(self.ward.content)
        return write_out(transport, self.root, publishers, self.usb, self.ward.now, **given)

    def read(self, now=NOW, publishers: tuple[str, ...] = PUBLISHERS, **given) -> ContentReport:
        given = {"progress": lambda *_: None, "cancelled": lambda: False, **given}
        return take_in(self.store, self.usb.parent, self.pc, self.root, publishers, now, **given)

    def refused(self, kind: type[Expected], match: str, **given) -> None:
        """Reads, expects that error, and that what is installed is as before; the sound parts come in."""
        before = self.ward.documents()
        with pytest.raises(kind, match=match) as raised:
            self.read(**given)
        assert type(raised.value) is kind
        assert raised.value.advice
        assert self.ward.documents().items() >= before.items()

    def files(self) -> dict[str, bytes]:
        found = (file for file in self.usb.rglob("*") if file.is_file() and file.name != README)
        return {file.relative_to(self.usb).as_posix(): file.read_bytes() for file in found}

    def pack(self) -> Path:
        return self.usb / trust.pack_path(self.ward.packs()[0].stem)


@pytest.fixture
def carried(tmp_path: Path, store: Store) -> Iterator[Carried]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        ward = Ward(tmp_path, store, server)
        yield Carried(ward, store, tmp_path)
        ward.transport.close()


# Written ---------------------------------------------------------------------------------------------


def test_a_stick_is_the_servers_own_layout_and_brings_everything(carried: Carried) -> None:
    report = carried.write()
    assert (report.publishers, report.kept) == (PUBLISHERS, 0)
    for name, data in carried.files().items():
        assert (carried.ward.content / name).read_bytes() == data
    assert carried.read().changed == ALL
    assert carried.ward.documents() == {"central/nq-1": 1, f"{COMMUNE}/thong-bao": 1}
    assert carried.read().changed == set()


def test_the_same_is_written_from_a_publishers_folder_and_over_the_network(carried: Carried) -> None:
    carried.write()
    over_folder = carried.files()
    shutil.rmtree(carried.usb)
    write_out(carried.ward.transport, carried.root, PUBLISHERS, carried.usb, NOW)
    assert carried.files() == over_folder


def test_only_what_the_chosen_commune_needs_is_written(carried: Carried) -> None:
    carried.write(("central",))
    assert {file.name.split(".")[0] for file in (carried.usb / "packs").iterdir()} == {
        file.stem for file in carried.ward.packs()
    }
    carried.refused(NotFound, f"không có nội dung của “{COMMUNE}”")
    assert carried.read(publishers=("central",)).changed == {"central/nq-1"}


def test_writing_again_adds_what_is_new_and_takes_away_what_nobody_names(carried: Carried) -> None:
    first = carried.write()
    before = set(carried.files())
    carried.ward.write("central", "nq-2")
    carried.ward.publish()
    second = carried.write()
    assert second.kept == first.written
    assert 0 < second.written < first.written
    assert f"{trust.METADATA}/1.central.json" in before - set(carried.files())
    assert carried.read().changed == {*ALL, "central/nq-2"}


def test_a_readme_in_vietnamese_lies_beside_the_content(carried: Carried) -> None:
    carried.write()
    text = (carried.usb / README).read_bytes().decode("utf-8-sig")
    assert "22/11/2026" in text
    assert "Nhập từ USB" in text
    assert "- central\r\n" in text


def test_a_line_that_breaks_leaves_the_former_export_or_none(carried: Carried) -> None:
    carried.ward.write("central", "lon", NOISE)
    carried.ward.publish()
    pack = carried.ward.packs()[-1]
    hidden = pack.rename(pack.with_suffix(".away"))
    with pytest.raises(NotFound):
        carried.write()
    carried.refused(NotFound, "chưa được ghi xong")
    hidden.rename(pack)
    carried.write()
    assert "central/lon" in carried.read().changed
    carried.ward.write("central", "nq-2")
    carried.ward.publish()
    carried.ward.packs()[-1].unlink()
    with pytest.raises(NotFound):
        carried.write()
    assert carried.read().changed == set()  # the former one, whole


def test_an_export_that_is_stopped_is_none(carried: Carried) -> None:
    assert carried.write(cancelled=lambda: True).cancelled
    carried.refused(NotFound, "chưa được ghi xong")


@pytest.mark.parametrize("where", ["content", "keys"])
def test_a_folder_of_somebody_else_is_never_written_into(carried: Carried, where: str) -> None:
    carried.usb = carried.ward.content if where == "content" else carried.ward.keys
    if where == "keys":
        (carried.usb / "packs").mkdir()
    before = carried.files()
    with pytest.raises(BadInput, match="dữ liệu khác"):
        carried.write()
    assert carried.files() == before


def test_a_stick_without_room_is_said_before_anything_is_written(
    carried: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 1024))
    with pytest.raises(DiskProblem, match="còn trống 0,0 MB, cần 1"):
        carried.write()
    assert carried.files() == {}


def test_without_a_network_an_export_says_so(carried: Carried) -> None:
    carried.ward.server.close()
    with pytest.raises(Offline):
        write_out(carried.ward.transport, carried.root, PUBLISHERS, carried.usb, NOW)
    assert not carried.usb.exists()


def test_either_the_stick_or_its_folder_may_be_chosen() -> None:
    assert usual_folder(Path("E:/")) == usual_folder(Path("E:/") / FOLDER_NAME) == Path("E:/") / FOLDER_NAME


# Read ------------------------------------------------------------------------------------------------


def test_a_stick_is_believed_after_its_timestamp_ended_and_says_since_when(carried: Carried) -> None:
    carried.write()
    ends = NOW + trust.TIMESTAMP_LIFETIME
    assert carried.read(ends - timedelta(seconds=1)).lapsed_on is None
    report = carried.read(ends + GRACE - timedelta(seconds=1))
    assert report.lapsed_on == ends


def test_beyond_the_grace_nothing_is_taken(carried: Carried) -> None:
    carried.write()
    carried.refused(Lapsed, "quá hạn hơn 60 ngày", now=NOW + trust.TIMESTAMP_LIFETIME + GRACE)


def test_what_is_signed_for_a_year_gets_no_grace(carried: Carried) -> None:
    almost = NOW + trust.TARGETS_LIFETIME - timedelta(days=20)
    refresh_timestamp(carried.ward.content, carried.ward.keys, almost)
    carried.ward.now = almost
    carried.write()
    carried.refused(Lapsed, "quá hạn", now=NOW + trust.TARGETS_LIFETIME + timedelta(days=1))


def test_an_older_stick_never_leads_back(carried: Carried) -> None:
    carried.write()
    old = shutil.copytree(carried.usb, carried.usb.parent / "old")
    carried.ward.write("central", "nq-1", "## Một\n\nĐã sửa.", "1-NQ/TW")
    carried.ward.publish()
    carried.write()
    carried.read()
    shutil.rmtree(carried.usb)
    shutil.move(old, carried.usb)
    carried.refused(Outdated, "cũ hơn nội dung máy này đã có")
    assert carried.ward.documents()["central/nq-1"] == 2


def test_after_a_stick_the_network_goes_on_from_there(carried: Carried) -> None:
    carried.write()
    carried.ward.pc = carried.pc
    carried.read(NOW + timedelta(days=1))
    assert carried.ward.pull().bytes_down < 4096
    carried.ward.write("central", "nq-2")
    carried.ward.publish()
    assert carried.ward.pull().changed == {"central/nq-2"}


@pytest.mark.parametrize("part", ["pack", "catalogue", "role", "timestamp"])
def test_a_tampered_stick_is_refused(carried: Carried, part: str) -> None:
    carried.write()
    file = {
        "pack": carried.pack(),
        "catalogue": next((carried.usb / "targets/central").iterdir()),
        "role": carried.usb / "metadata/1.central.json",
        "timestamp": carried.usb / "metadata/timestamp.json",
    }[part]
    data = bytearray(file.read_bytes())
    place = data.index(b"expires") + 12 if part in ("role", "timestamp") else len(data) // 2
    data[place] ^= 1
    file.write_bytes(bytes(data))
    if part in ("pack", "catalogue"):
        carried.refused(Altered, "khác với tệp đã được ký")
    else:
        carried.refused(Untrusted, "không đúng|không mang chữ ký")


def test_a_file_that_was_cut_short_is_refused_and_a_whole_one_taken_later(carried: Carried) -> None:
    carried.write()
    whole = carried.pack().read_bytes()
    carried.pack().write_bytes(whole[:-5])
    carried.refused(Altered, "khác với tệp đã được ký")
    carried.pack().write_bytes(whole)
    assert "central/nq-1" in carried.read().changed


def test_a_longer_file_is_not_read_to_its_end(carried: Carried) -> None:
    carried.write()
    with carried.pack().open("ab") as file:
        file.write(b"more")
    carried.refused(Altered, "khác với tệp đã được ký")


def test_another_systems_stick_says_that_it_is_one(carried: Carried, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "server").mkdir()
    with serving(other / "server") as server:
        ward = Ward(other, carried.store, server)
        ward.publish()
        root = trusted_root(ward.content)
        write_out(FolderTransport(ward.content), root, PUBLISHERS, carried.usb, NOW)
        ward.transport.close()
    carried.refused(Untrusted, "hệ thống khác phát hành")


def test_a_stick_that_lacks_a_file_names_it(carried: Carried) -> None:
    carried.write()
    carried.pack().unlink()
    carried.refused(NotFound, f"thiếu tệp {carried.pack().name}")


def test_a_folder_without_content_says_what_to_choose(carried: Carried) -> None:
    carried.usb.parent.mkdir()
    carried.refused(NotFound, "không có nội dung của sổ tay")


def test_a_stick_taken_out_in_the_middle_can_be_put_back(
    carried: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convoy, "CONNECTIONS", 1)  # side by side all of so little may have been read already
    carried.write()
    away = carried.usb.with_name("away")

    def take_out(stage: str, done: int, total: int) -> None:
        if done and carried.usb.exists():
            carried.usb.rename(away)

    with pytest.raises(DiskProblem, match="USB có thể đã bị rút ra"):
        carried.read(progress=take_out)
    away.rename(carried.usb)
    carried.read()
    assert carried.ward.documents() == {"central/nq-1": 1, f"{COMMUNE}/thong-bao": 1}


def test_reading_can_be_stopped_and_goes_on_later(carried: Carried) -> None:
    carried.write()
    assert carried.read(cancelled=lambda: True).cancelled
    assert carried.read().changed == ALL
