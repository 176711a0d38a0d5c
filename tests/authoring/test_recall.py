"""A faulty document is recalled with its reason, replaced, and put back when the recall was the mistake."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from handbook.authoring.publish import PublishReport
from handbook.authoring.recall import recall
from handbook.authoring.repository import Repository
from handbook.errors import BadInput
from handbook.model.library import Document, Recall
from handbook.protocol import packs
from handbook.protocol.packs import ItemKind
from tests.published_ward import write_document

DAY = date(2026, 11, 23)
Publish = Callable[..., PublishReport]


def item_of(content_dir: Path, keys_dir: Path, id: str) -> packs.Item:
    return Repository(content_dir, keys_dir).shelf(id.rpartition("/")[0]).items[id]


def test_a_recall_is_published_with_its_reason_and_without_the_text(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path
) -> None:
    publish_now()
    file, asking = recall(data_dir, "central/nq-2", "In  sai\nsố liệu", "central/nq-1", DAY)
    assert (file.name, asking) == ("nq-2.md", ())
    central = publish_now().published[0]
    assert (central.withdrawn, central.changed) == (("central/nq-2",), ())
    item = item_of(content_dir, keys_dir, "central/nq-2")
    assert item.kind is ItemKind.WITHDRAWAL
    assert packs.record_of(item) == Recall(
        id="central/nq-2",
        edition=2,
        number="2-NQ/TW",
        title="Về công tác năm",
        recalled_on=DAY,
        reason="In sai số liệu",
        replaced_by="central/nq-1",
    )
    assert publish_now().published[0].is_unchanged


def test_a_recall_can_be_changed_and_taken_back(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path
) -> None:
    file = data_dir / "central/resolutions/nq-2.md"
    before = file.read_text("utf-8")
    publish_now()
    recall(data_dir, "central/nq-2", 'Lý do "đầu"', "central/nq-1", DAY)
    recall(data_dir, "central/nq-2", "Lý do sau", "", DAY)
    publish_now()
    record = packs.record_of(item_of(content_dir, keys_dir, "central/nq-2"))
    assert isinstance(record, Recall)
    assert (record.reason, record.replaced_by) == ("Lý do sau", "")
    file.write_text(before, "utf-8")
    assert publish_now().published[0].added == ("central/nq-2",)
    assert isinstance(packs.record_of(item_of(content_dir, keys_dir, "central/nq-2")), Document)


def test_removing_the_file_later_keeps_the_reason(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path
) -> None:
    publish_now()
    file, _ = recall(data_dir, "central/nq-2", "Sai", "", DAY)
    publish_now()
    file.unlink()
    assert publish_now().published[0].is_unchanged
    assert item_of(content_dir, keys_dir, "central/nq-2").payload


def test_a_text_that_should_never_have_been_published_can_be_recalled(
    publish_now: Publish, data_dir: Path
) -> None:
    publish_now()
    write_document(data_dir, "central", "nq-2", "TỐI MẬT\n\n## Một", "2-NQ/TW")
    with pytest.raises(BadInput, match="độ mật"):
        publish_now()
    (data_dir / "central/resolutions/nq-2.md").write_text(
        (data_dir / "central/resolutions/nq-2.md")
        .read_text("utf-8")
        .replace("+++\n", '+++\nrecalled_on = 2026-11-23\nrecall_reason = "Không được phổ biến"\n', 1),
        "utf-8",
    )
    assert publish_now().published[0].withdrawn == ("central/nq-2",)


def test_assignments_that_ask_for_a_recalled_document_are_named_and_hold_up_their_publisher(
    publish_now: Publish, data_dir: Path
) -> None:
    file = data_dir / "hongson/anbinh/assignments/hoc-nq-1.toml"
    file.write_text(file.read_text("utf-8").replace("central/nq-1", "hongson/anbinh/thong-bao"), "utf-8")
    publish_now()
    _, asking = recall(data_dir, "hongson/anbinh/thong-bao", "Sai", "", DAY)
    assert asking == ("hongson/anbinh/hoc-nq-1",)
    with pytest.raises(BadInput, match=r"hoc-nq-1\.toml:2: không có văn bản"):
        publish_now()


@pytest.mark.parametrize(
    ("id", "reason", "instead", "message"),
    [
        ("central/nq-2", "  ", "", "lý do"),
        ("central/khong-co", "Sai", "", "không có văn bản “central/khong-co”"),
        ("central/nq-2", "Sai", "central/khong-co", "để thay thế"),
        ("central/nq-2", "Sai", "central/nq-2", "để thay thế"),
    ],
)
def test_a_recall_that_makes_no_sense_changes_nothing(
    data_dir: Path, id: str, reason: str, instead: str, message: str
) -> None:
    file = data_dir / "central/resolutions/nq-2.md"
    before = file.read_bytes()
    with pytest.raises(BadInput, match=message):
        recall(data_dir, id, reason, instead, DAY)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ('recall_reason = "Sai"', "phải có ngày"),
        ("recalled_on = 2026-11-23", "thiếu trường “recall_reason”"),
        ('units = ["haivan/x"]', "không thuộc “hongson/anbinh”"),
        ("expires_on = 2001-01-01", "ngày hết hạn sớm hơn"),
    ],
)
def test_fields_of_recall_audience_and_expiry_are_checked(
    publish_now: Publish, data_dir: Path, field: str, message: str
) -> None:
    file = data_dir / "hongson/anbinh/resolutions/thong-bao.md"
    file.write_text(file.read_text("utf-8").replace("+++\n", f"+++\n{field}\n", 1), "utf-8")
    with pytest.raises(BadInput, match=message):
        publish_now()


def test_audience_and_expiry_travel_with_the_document(
    publish_now: Publish, data_dir: Path, content_dir: Path, keys_dir: Path
) -> None:
    file = data_dir / "hongson/anbinh/resolutions/thong-bao.md"
    limits = 'units = ["hongson/anbinh/kp1"]\nexpires_on = 2026-12-31\n'
    file.write_text(file.read_text("utf-8").replace("+++\n", f"+++\n{limits}", 1), "utf-8")
    publish_now()
    record = packs.record_of(item_of(content_dir, keys_dir, "hongson/anbinh/thong-bao"))
    assert isinstance(record, Document)
    assert (record.units, record.expires_on) == (("hongson/anbinh/kp1",), date(2026, 12, 31))
