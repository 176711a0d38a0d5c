"""A small ward's sources, keys and published folder, for tests of authoring."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handbook.authoring import keys
from handbook.authoring.publish import PublishReport, publish

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PUBLISHERS = ("central", "hongson", "hongson/anbinh")

DOCUMENT = """+++
kind = "resolution"
number = "{number}"
title = "Về công tác năm"
issuer = "Bộ Chính trị"
issued_on = 2022-05-05
status = "in_force"
topics = ["công tác"]
summary = "Tóm tắt."
+++
{body}
"""

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
        (data / path).mkdir(parents=True)
        (data / path / "publisher.toml").write_text(f'path = "{path}"\nname = "{name}"\n', "utf-8")
    write_document(data, "central", "nq-1")
    write_document(data, "central", "nq-2", number="2-NQ/TW")
    write_document(data, "hongson/anbinh", "thong-bao")
    (data / "hongson/anbinh/assignments").mkdir()
    (data / "hongson/anbinh/assignments/hoc-nq-1.toml").write_text(ASSIGNMENT, "utf-8")
    return data


def write_document(
    data: Path, publisher: str, slug: str, body: str = "## Một\n\nNội dung.", number: str = "1-NQ/TW"
) -> Path:
    file = data / publisher / "resolutions" / f"{slug}.md"
    file.parent.mkdir(exist_ok=True)
    file.write_text(DOCUMENT.format(number=number, body=body), "utf-8")
    return file


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
