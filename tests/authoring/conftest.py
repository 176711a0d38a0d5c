"""A small ward's sources, keys and published folder, for tests of authoring."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handbook.authoring import keys
from handbook.authoring.publish import PublishReport, publish
from tests.published_ward import PUBLISHERS, write_assignment, write_document, write_publisher

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

ASSIGNMENT = """title = "Học nghị quyết"
documents = ["central/nq-1"]
question = "Liên hệ thế nào?"
min_words = 100
opens_on = 2026-11-01
due_on = 2026-11-30
grace_days = 3
units = ["hongson/anbinh"]

[[parts]]
id = "nhan-thuc"
title = "I. Nhận thức"
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Three publishers; two documents of the centre, one of the commune, and an assignment."""
    data = tmp_path / "data"
    for path, name in zip(PUBLISHERS, ("Trung ương", "Hồng Sơn", "An Bình"), strict=True):
        write_publisher(data, path, name)
    write_document(data, "central", "nq-1")
    write_document(data, "central", "nq-2", number="2-NQ/TW")
    write_document(data, "hongson/anbinh", "thong-bao")
    write_assignment(data, "hongson/anbinh", "hoc-nq-1", ASSIGNMENT)
    return data


@pytest.fixture
def content_dir(tmp_path: Path) -> Path:
    return tmp_path / "content"


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    """All keys of the service."""
    keys.create_authority(tmp_path / "keys", PUBLISHERS)
    return tmp_path / "keys"


@pytest.fixture
def publish_now(data_dir: Path, content_dir: Path, keys_dir: Path) -> Callable[..., PublishReport]:
    """Publishes the sources as they are."""
    return lambda now=NOW, **given: publish(data_dir, content_dir, keys_dir, now, **given)
