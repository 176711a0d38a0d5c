"""The published folder does not grow for ever, and no reader is led to a file that is gone."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from handbook.authoring.collection import GRACE
from handbook.authoring.publish import PublishReport, publish, refresh_timestamp
from handbook.protocol import trust
from tests.authoring.conftest import NOW
from tests.authoring.reader import catalogues, items
from tests.published_ward import PUBLISHERS, write_document

Publish = Callable[..., PublishReport]


def aged(content_dir: Path, day: datetime) -> None:
    """What was written so far was written on that day."""
    for file in content_dir.rglob("*"):
        if file.is_file() and file.stat().st_mtime > day.timestamp():
            os.utime(file, (day.timestamp(), day.timestamp()))


def files(content_dir: Path) -> set[str]:
    return {str(file.relative_to(content_dir)) for file in content_dir.rglob("*") if file.is_file()}


@pytest.fixture
def after_a_year(publish_now: Publish, data_dir: Path, content_dir: Path) -> datetime:
    """A document changes every other day; the day after the last change."""
    day = NOW
    for number in range(16):
        day = NOW + timedelta(days=2 * number)
        write_document(data_dir, "central", "nq-1", f"## Một\n\nLần thứ {number}.")
        publish_now(day)
        aged(content_dir, day)
    return day + timedelta(days=1)


def test_what_nothing_names_any_more_goes_after_the_grace(
    after_a_year: datetime, content_dir: Path, keys_dir: Path
) -> None:
    before = files(content_dir)
    assert len([file for file in before if file.startswith("targets/central")]) <= GRACE.days / 2 + 2
    later = after_a_year + GRACE
    refresh_timestamp(content_dir, keys_dir, later)
    left = files(content_dir)
    root = (content_dir / "metadata/1.root.json").read_bytes()
    seen = catalogues(content_dir, root, PUBLISHERS, later)
    assert items(content_dir, seen["central"])["central/nq-1"].edition == 16
    named = {trust.pack_path(ref.sha256) for catalogue in seen.values() for ref in catalogue.packs}
    assert {file for file in left if file.startswith("packs/")} == named
    assert len([file for file in left if file.endswith(".snapshot.json")]) == 1


def test_a_reader_with_an_old_timestamp_finds_everything_it_leads_to(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path, tmp_path: Path
) -> None:
    publish_now()
    aged(content_dir, NOW)
    timestamp = content_dir / "metadata/timestamp.json"
    cached = timestamp.read_bytes()
    root = (content_dir / "metadata/1.root.json").read_bytes()
    for days in range(1, GRACE.days, 4):
        day = NOW + timedelta(days=days)
        write_document(data_dir, "central", "nq-1", f"## Một\n\nNgày {days}.")
        publish_now(day)
        aged(content_dir, day)
        present = timestamp.read_bytes()
        timestamp.write_bytes(cached)
        seen = catalogues(content_dir, root, PUBLISHERS, day)
        assert items(content_dir, seen["central"])["central/nq-1"].edition == 1
        timestamp.write_bytes(present)


def test_what_a_publisher_brought_and_nobody_sealed_yet_stays(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path, tmp_path: Path
) -> None:
    publish_now()
    ward = tmp_path / "ward"
    ward.mkdir()
    for suffix in ("pem", "pub"):
        (keys_dir / f"hongson.anbinh.{suffix}").rename(ward / f"hongson.anbinh.{suffix}")
    write_document(data_dir, "hongson/anbinh", "moi", number="8-TB/ĐU")
    publish(data_dir, content_dir, ward, NOW)
    late = NOW + 10 * GRACE
    (content_dir / ".0123.tmp").write_bytes(b"half")
    aged(content_dir, NOW)
    refresh_timestamp(content_dir, keys_dir, late)
    root = (content_dir / "metadata/1.root.json").read_bytes()
    seen = catalogues(content_dir, root, PUBLISHERS, late)
    assert "hongson/anbinh/moi" in items(content_dir, seen["hongson/anbinh"])
    assert not (content_dir / ".0123.tmp").exists()


def test_what_has_just_come_is_not_judged_yet(
    publish_now: Publish, content_dir: Path, keys_dir: Path
) -> None:
    publish_now()
    stray = content_dir / trust.pack_path("0" * 64)
    stray.write_bytes(b"on its way")
    now = datetime.fromtimestamp(stray.stat().st_mtime, NOW.tzinfo)
    refresh_timestamp(content_dir, keys_dir, now + GRACE - timedelta(minutes=1))
    assert stray.exists()
    refresh_timestamp(content_dir, keys_dir, now + GRACE + timedelta(minutes=1))
    assert not stray.exists()
