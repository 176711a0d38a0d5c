"""A member takes away all that is theirs, and nothing of what others wrote."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert

from handbook.client import own_data
from handbook.client.openings import Openings
from handbook.client.own_data import ask_server, gather
from handbook.client.tables.personal import personal, phrases
from handbook.exports.own_data import NAMES, to_zip
from handbook.model.people import DutyKind
from handbook.model.reflection import Answer, PassageComment
from handbook.protocol.packs import assignment_item, document_item
from tests.client.samples import NOW, assignment, document
from tests.client.simulated_server import Device, Ward

Devices = Callable[..., Device]
TASK = "hongson/anbinh/hoc-tap-nq15"
ITEMS = (document_item(document()), assignment_item(assignment(min_words=1)))
SECRET = "chuyện-riêng-của-người-khác"
SCAN = b"%PDF-1.4\n" + b"trang quet " * 100 + b"%%EOF"


@pytest.fixture
def an_and_hanh(ward: Ward, device: Devices) -> tuple[Device, Device]:
    cell = ward.new_cell({"An": (), "Hanh": (DutyKind.CELL_SECRETARY,)})
    return device("An", cell, ITEMS), device("Hanh", cell, ITEMS)


def write(pc: Device, text: str) -> None:
    pc.reflections.save(TASK, (Answer("nhan-thuc", text), Answer("lien-he", text)), NOW)


def exported(pc: Device) -> dict[str, bytes]:
    told = ask_server(pc.store, pc.account, Openings(pc.account, pc.line), pc.line)
    with zipfile.ZipFile(io.BytesIO(to_zip(gather(pc.store, pc.account, told, NOW)))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def everything(files: dict[str, bytes]) -> str:
    return "\n".join(data.decode(errors="replace") for data in files.values())


def review(hanh: Device, quote: str) -> None:
    hanh.pull()
    (view,) = hanh.cell.to_review(hanh.cell_path)
    passage = PassageComment(part="nhan-thuc", quote=quote, before="", after="", comment="Chỗ này hay.")
    hanh.cell.return_for_revision(view.lineage, "Viết rõ hơn.", NOW, passages=(passage,))
    hanh.deliver()


def test_every_table_is_either_given_out_or_left_out_on_purpose() -> None:
    told = (own_data.WHOLE, own_data.OF_OWN_TEXTS, own_data.OF_OWN_KINDS, own_data.PICKED, own_data.LEFT_OUT)
    names = [table.name for group in told for table in group]
    assert sorted(names) == sorted(personal.tables)


def test_texts_files_reviews_and_what_the_server_holds_are_in_the_file(
    an_and_hanh: tuple[Device, Device],
) -> None:
    an, hanh = an_and_hanh
    write(an, "lời của An <b>đậm</b>")
    an.reflections.attach(TASK, "quét.pdf", SCAN, NOW)
    an.reflections.submit(TASK, NOW)
    assert an.deliver().error is None
    review(hanh, "lời của An")
    an.pull()
    an.reflections.revise(TASK, NOW)
    write(an, "bản nháp mới")
    files = exported(an)
    page = files["index.html"].decode()
    assert "lời của An &lt;b&gt;đậm&lt;/b&gt;" in page
    assert "<b>đậm" not in page
    for said in (
        "bản nháp mới",
        "Viết rõ hơn.",
        "Chỗ này hay.",
        "không được mã hoá",
        "Hanh được đưa tới",
    ):
        assert said in page
    assert SCAN in files.values()
    texts = [data.decode() for name, data in sorted(files.items()) if name.startswith("bai-thu-hoach/")]
    assert len(texts) == 2
    assert any("## Nhận thức\n\nlời của An <b>đậm</b>" in text for text in texts)
    held = json.loads(files["json/may-chu.json"])
    kinds = [entry["entry"]["submission"]["kind"] for entry in held if entry["entry"]]
    assert sorted(kinds) == ["reflection", "review"]
    assert {name for name in files if name.startswith("json/")} == {
        "json/may-chu.json",
        *(f"json/{name}.json" for name in NAMES),
    }
    (sent,) = json.loads(files["json/revisions.json"])
    (receipt,) = [each for each in json.loads(files["json/receipts.json"]) if each["kind"] == "reflection"]
    assert (sent["lineage"], sent["revision"]) == (receipt["lineage"], receipt["revision"])


def test_a_secretary_takes_no_text_of_others_and_nobody_a_token_or_key(
    an_and_hanh: tuple[Device, Device],
) -> None:
    an, hanh = an_and_hanh
    write(an, SECRET)
    an.reflections.submit(TASK, NOW)
    an.deliver()
    write(hanh, "bài của chính Hanh")
    hanh.reflections.submit(TASK, NOW)
    hanh.deliver()
    review(hanh, SECRET)
    hanh.pull()
    with hanh.store.personal.write() as connection:
        connection.execute(insert(phrases).values(text="câu mẫu của Hanh", kept_at=NOW))
    told = everything(exported(hanh))
    assert "bài của chính Hanh" in told
    assert "câu mẫu của Hanh" in told
    for secret in (SECRET, "Viết rõ hơn.", hanh.account.token, hanh.key.hex()):
        assert secret not in told


def test_without_the_server_the_page_says_what_is_missing_and_how_to_get_it(
    an_and_hanh: tuple[Device, Device],
) -> None:
    an, _ = an_and_hanh
    write(an, "viết khi mất mạng")
    an.line.is_down = True
    files = exported(an)
    assert "json/may-chu.json" not in files
    page = files["index.html"].decode()
    assert "Thiếu phần máy chủ đang giữ." in page
    assert "xuất lại ở Cài đặt" in page
    assert "viết khi mất mạng" in page


def test_names_of_files_and_assignments_stay_below_their_folders(
    an_and_hanh: tuple[Device, Device],
) -> None:
    an, _ = an_and_hanh
    write(an, "có tệp")
    an.reflections.attach(TASK, 'ảnh: "1?.pdf', SCAN, NOW)
    for name in exported(an):
        assert not set(name) & set('\\:*?"<>|')
        assert not Path(name).is_absolute()
        assert ".." not in Path(name).parts
