"""Images and attachments on a PC: they come and go with their packs, and reading never waits for them."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from handbook.client.apply import Applied, Arrival, apply_pack
from handbook.client.assets import Assets
from handbook.client.library import Library
from handbook.client.outbox import Outbox
from handbook.client.rendering import render_sections
from handbook.client.search import Search
from handbook.client.store import Store
from handbook.client.tables.library import assets, items
from handbook.errors import NotFound, Untrusted
from handbook.model.changes import Change
from handbook.model.library import Document, MediaType, Section
from handbook.protocol.assets import asset_id, is_asset_id, sha256_of
from handbook.protocol.packs import Item, ItemKind, document_item
from tests import asset_files
from tests.client.http_server import serving
from tests.client.samples import NOW, document
from tests.client.test_apply import KEY, library_of, withdrawal
from tests.client.ward import Ward

Publish = Callable[..., Applied]
DRAWING, FORM = asset_files.png(), asset_files.PDF
SHA256 = sha256_of(DRAWING)
FIGURE = f"![Sơ đồ “một” <cửa>](asset:{SHA256})"


def with_files(**changes: object) -> Document:
    """The sample document with a picture in its second section and a form."""
    first, second, *rest = document().sections
    shown = replace(second, text=f"Trước hình.\n\n{FIGURE}\n\nSau hình.")
    fields: dict[str, object] = {
        "sections": (first, shown, *rest),
        "images": (asset_files.image(DRAWING),),
        "attachments": (replace(asset_files.attachment(FORM), title="Phiếu đăng ký thi đua"),),
    }
    return document(**fields | changes)


def held(store: Store) -> dict[str, bytes]:
    with store.library.read() as connection:
        return dict(connection.execute(select(assets.c.id, assets.c.data)).all())


@pytest.fixture
def library(signed_in: Store) -> Library:
    return Library(signed_in, Outbox.__new__(Outbox))


# --- coming and going


def test_a_document_is_read_before_its_files_are_there_and_they_are_announced_when_they_come(
    library: Library, store: Store, publish: Publish
) -> None:
    publish(document_item(with_files()))
    opened = library.open("central/15-nq-tw-2022")
    [form] = opened.attachments
    assert (form.title, form.length) == ("Phiếu đăng ký thi đua", len(FORM))
    assert (
        f'<img src="asset:{SHA256}" width="40" height="20"' in library.sections(opened.card.id, 1, 1)[0].html
    )
    here = Assets(store)
    assert here.data(SHA256) is None
    with pytest.raises(NotFound, match="chưa về máy"):
        here.attachment(form)

    heard: list[frozenset[Change]] = []
    store.subscribe(heard.append)
    applied = publish(asset_files.item(DRAWING), asset_files.item(FORM))
    assert len(applied.assets) == 2 and not applied.documents and not applied.withdrawn
    assert heard and Change.LIBRARY in heard[0]
    assert here.data(SHA256) == DRAWING
    assert here.attachment(form) == FORM


def test_a_withdrawn_file_is_gone_from_the_pc_and_no_older_pack_brings_it_back(
    store: Store, publish: Publish
) -> None:
    item = asset_files.item(DRAWING)
    publish(document_item(with_files()), item)
    applied = publish(withdrawal(item.id, 2))
    assert held(store) == {}
    assert applied.withdrawn == frozenset()  # no document was: nobody is told of one
    publish(item)
    assert held(store) == {}
    publish(replace(item, edition=3))
    assert held(store) == {item.id: DRAWING}


def test_the_bytes_are_kept_once_and_not_as_text(store: Store, publish: Publish) -> None:
    item = asset_files.item(DRAWING)
    publish(item)
    with store.library.read() as connection:
        row = connection.execute(select(items).where(items.c.id == item.id)).one()
    assert (row.kind, row.payload) == ("asset", "")


def test_a_commune_cannot_bring_files_of_the_centre_and_none_that_are_not_what_they_say(
    store: Store, publish: Publish
) -> None:
    with pytest.raises(Untrusted):
        publish(asset_files.item(DRAWING), publisher="hongson/anbinh")
    wrong = Item(id=asset_id("central", SHA256), kind=ItemKind.ASSET, edition=1, payload=FORM)
    with pytest.raises(Untrusted):
        publish(document_item(document()), wrong)
    assert held(store) == {} and library_of(store)["documents"] == []


def test_an_attachment_of_another_kind_than_it_says_is_not_handed_out(store: Store, publish: Publish) -> None:
    program = b"MZ\x90\x00 not a form"
    publish(asset_files.item(program))
    with pytest.raises(Untrusted, match="không đúng loại"):
        Assets(store).attachment(asset_files.attachment(program, "mau.pdf", MediaType.PDF))


_CHILD = """
import sys
from pathlib import Path
from handbook.client import apply
from handbook.client.store import Store
from handbook.protocol.packs import document_item
from tests import asset_files
from tests.client.samples import NOW
from tests.client.test_apply import KEY
from tests.client.test_assets import DRAWING, with_files

store, stop_at = Store(Path(sys.argv[1]), KEY), sys.argv[2]
put = apply._put

def put_and_wait(connection, table, rows):
    put(connection, table, rows)
    if table.name == stop_at:
        print("halfway", flush=True)
        sys.stdin.read()

apply._put = put_and_wait
items = [document_item(with_files(edition=2)), asset_files.item(DRAWING)]
apply.apply_pack(
    store, publisher="central", sequence=2, pack="second", items=items, arrival=apply.Arrival(2, NOW)
)
"""


@pytest.mark.parametrize("stop_at", ["items", "assets", "packs"])
def test_a_kill_while_files_are_written_leaves_neither_them_nor_the_new_text(
    tmp_path: Path, stop_at: str
) -> None:
    profile = tmp_path / "kp1.an"
    store = Store(profile, KEY)
    first = {"publisher": "central", "sequence": 1, "pack": "first", "arrival": Arrival(1, NOW)}
    apply_pack(store, items=[document_item(document())], **first)  # type: ignore[arg-type]
    before = library_of(store)
    store.close()
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(profile), stop_at],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"halfway\n"
        child.kill()
        child.wait(timeout=30)
    store = Store(profile, KEY)
    assert library_of(store) == before and held(store) == {}
    second = {"publisher": "central", "sequence": 2, "pack": "second", "arrival": Arrival(2, NOW)}
    new = [document_item(with_files(edition=2)), asset_files.item(DRAWING)]
    apply_pack(store, items=new, **second)  # type: ignore[arg-type]
    assert list(held(store).values()) == [DRAWING]
    store.close()


def test_a_picture_travels_once_and_goes_when_no_document_shows_it(store: Store, tmp_path: Path) -> None:
    """Written, published, fetched from a server and taken back, by the product's own path."""
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server") as server:
        ward = Ward(tmp_path, store, server)
        folder = ward.data / "central/resolutions"
        (folder / "so-do.png").write_bytes(DRAWING)
        shown = "## Một\n\n![Sơ đồ tổ chức](so-do.png)"
        ward.write("central", "a", shown)
        ward.write("central", "b", shown)
        ward.publish()
        report = ward.pull()
        assert {"central/a", "central/b"} <= report.changed
        assert not any(map(is_asset_id, report.changed))
        assert held(store) == {asset_id("central", SHA256): DRAWING}

        ward.write("central", "a", "## Một\n\nKhông còn hình.")
        ward.publish()
        ward.pull()
        assert held(store) == {asset_id("central", SHA256): DRAWING}

        (folder / "b.md").unlink()
        ward.publish()
        assert ward.pull().withdrawn == {"central/b"}
        assert held(store) == {}
        ward.transport.close()


# --- being found


@pytest.mark.parametrize("words", ["so do mot cua", "phiếu đăng ký thi đua"])
def test_descriptions_of_pictures_and_titles_of_attachments_are_found(
    signed_in: Store, publish: Publish, tmp_path: Path, words: str
) -> None:
    publish(document_item(with_files()), document_item(document("khac", number="1-CT/TW", title="Việc khác")))
    search = Search(signed_in, tmp_path / "index")
    assert search.refresh()
    [found] = search.find(words).hits[:1]
    assert found.document_id == "central/15-nq-tw-2022"


# --- being shown


def shown(text: str, *known: str) -> str:
    images = tuple(replace(asset_files.image(DRAWING), sha256=sha256) for sha256 in known)
    return render_sections([Section(anchor="a", level=1, heading="A", text=text)], images)[0].html


def test_a_figure_is_the_picture_and_below_it_what_it_shows() -> None:
    [rendered] = render_sections(
        [Section(anchor="a", level=1, heading="A", text=f"Trước.\n\n{FIGURE}\n\nSau.")],
        (asset_files.image(DRAWING),),
    )
    assert re.search(
        rf'<p align="center" style="line-height:100%"><a href="asset:{SHA256}">'
        rf'<img src="asset:{SHA256}" width="40" height="20" '
        r'alt="Sơ đồ “một” &lt;cửa&gt;"></a></p>\s*<p align="center"><em>Sơ đồ “một” &lt;cửa&gt;</em></p>',
        rendered.html,
    )
    assert rendered.text == "Trước.\nSơ đồ “một” <cửa>\nSau."


ATTACKS = [
    "![a](https://theo-doi.example/a.png)",
    "![a](//theo-doi.example/a.png)",
    "![a](file:///etc/passwd)",
    "![a](C:\\anh.png)",
    "![a](/etc/a.png)",
    "![a](a.png)",
    "![a](qrc:/icons/a.png)",
    "![a](data:image/png;base64,AAAA)",
    "![a](javascript:alert(1))",
    f"![a](ASSET:{SHA256})",
    f"![a](asset:{SHA256}/../x)",
    f"![a](asset://theo-doi.example/{SHA256})",
    "![a](asset:" + "0" * 64 + ")",
    '<img src="https://theo-doi.example/a.png">',
    f'<img src="asset:{SHA256}" width="99999" height="99999">',
    f'<img src="asset:{SHA256}" onerror="x()">',
    '<img srcset="https://theo-doi.example/a.png 2x">',
    '<picture><source srcset="https://theo-doi.example/a"></picture>',
    '<svg><image href="https://theo-doi.example/a.png"/></svg>',
    '<table background="https://theo-doi.example/a.png"><tr><td>x</td></tr></table>',
    '<object data="file:///etc/passwd"></object>',
    '<input type="image" src="https://theo-doi.example/a.png">',
    "[a]: https://theo-doi.example/a.png\n\n![a]",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_picture_is_shown_but_those_the_document_was_signed_with(attack: str) -> None:
    html = shown(f"Trước.\n\n{attack}\n\nSau.", SHA256)
    assert "<img" not in html
    assert not re.search(r"src=|srcset|background|file:|data:|onerror", html)
    assert "Trước." in html and "Sau." in html


PART = st.sampled_from(
    [*ATTACKS, FIGURE, "\n\n", "\n", " ", "- ", "> ", "| a |\n|---|\n| ", " |", "**", "`", "<p>"]
)


@given(st.lists(PART, max_size=6).map("".join))
def test_whatever_is_put_together_shows_only_known_pictures_in_their_own_measures(text: str) -> None:
    for tag in re.findall(r"<img[^>]*>", shown(text, SHA256)):
        assert re.fullmatch(rf'<img src="asset:{SHA256}" width="40" height="20" alt="[^"<>]*">', tag)


def test_a_picture_inside_a_line_leaves_its_words() -> None:
    html = shown(f"Trước ![sơ đồ](asset:{SHA256}) sau.", SHA256)
    assert html == "<p>Trước sơ đồ sau.</p>"
