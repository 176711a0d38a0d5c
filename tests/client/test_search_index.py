import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.client.search import entries
from handbook.client.search.kept import MIN_SAMPLES, Texts, dictionary_of
from handbook.client.store import Store
from handbook.model.text import fold, nfc
from handbook.protocol.packs import Item, ItemKind
from tests.client.search_shelf import Shelf, document


def test_before_the_first_refresh_nothing_is_found_and_nothing_fails(shelf):
    shelf.publish(document("a", "chi bộ"))
    assert not shelf.search.is_ready()
    assert shelf.search.find("chi bộ").hits == ()
    assert shelf.search.refresh()
    assert shelf.search.is_ready()
    assert shelf.found("chi bộ") == ["a"]


def test_new_changed_and_withdrawn_documents_are_followed(shelf):
    shelf.add(document("a", "chi bộ"), document("b", "đảng bộ"))
    shelf.add(
        document("a", "tổ đảng", edition=2),
        document("c", "chi bộ"),
        Item(id="central/b", kind=ItemKind.WITHDRAWAL, edition=2),
    )
    assert shelf.found("chi bộ")[0] == "c"
    assert shelf.found("tổ đảng")[0] == "a"
    assert "b" not in shelf.found("đảng bộ")
    assert shelf.search.find("bộ").total == 1


def test_a_withdrawn_document_is_not_shown_even_before_the_index_knows(shelf):
    shelf.add(document("a", "chi bộ"))
    shelf.publish(Item(id="central/a", kind=ItemKind.WITHDRAWAL, edition=2))
    assert shelf.search.find("chi bộ").hits == ()


def test_the_index_outlives_the_program(shelf):
    shelf.add(document("a", "chi bộ"))
    again = shelf.reopened()
    assert again.is_ready()
    assert again.find("chi bộ").hits[0].document_id == "central/a"


def test_refreshing_when_nothing_changed_leaves_the_files_alone(shelf):
    shelf.add(document("a", "chi bộ"))
    before = {path: path.stat().st_mtime_ns for path in (shelf.folder / "index").rglob("*")}
    assert shelf.search.refresh()
    assert {path: path.stat().st_mtime_ns for path in (shelf.folder / "index").rglob("*")} == before


def test_a_cancelled_refresh_changes_nothing_and_the_next_one_finishes(shelf):
    shelf.add(document("a", "chi bộ"))
    shelf.publish(document("b", "chi bộ"))
    assert not shelf.search.refresh(lambda: True)
    assert shelf.found("chi bộ") == ["a"]
    assert shelf.search.refresh()
    assert set(shelf.found("chi bộ")) == {"a", "b"}


def test_a_cancelled_first_build_leaves_no_index(shelf):
    shelf.publish(document("a", "chi bộ"))
    assert not shelf.search.refresh(lambda: True)
    assert not shelf.reopened().is_ready()


def test_an_older_library_put_back_is_noticed(shelf):
    shelf.add(document("a", "chi bộ"))
    shelf.store.library.copy_to(shelf.folder / "older.db")
    shelf.add(document("b", "chi bộ"))
    shelf.store.close()
    for leftover in shelf.folder.glob("library.db*"):
        leftover.unlink()
    shutil.copy(shelf.folder / "older.db", shelf.folder / "library.db")
    shelf.store = Store(shelf.folder, b"k" * 32)
    shelf.search = shelf.reopened()
    assert shelf.search.refresh()
    assert shelf.search.find("chi bộ").total == 1


def _largest_file(folder: Path, pattern: str) -> Path:
    return max(folder.rglob(pattern), key=lambda path: path.stat().st_size)


def _replace(path: Path, data: bytes) -> None:
    """Not in place: a search of this process may have mapped the file."""
    path.unlink()
    path.write_bytes(data)


def _truncate(index: Path) -> None:
    path = _largest_file(index, "*.term")
    _replace(path, path.read_bytes()[:10])


def _remove_a_file(index: Path) -> None:
    _largest_file(index, "*.store").unlink()


def _garble_the_list_of_files(index: Path) -> None:
    _largest_file(index, "meta.json").write_text("{")


def _garble_the_stored_texts(index: Path) -> None:
    path = _largest_file(index, "*.store")
    _replace(path, b"\xff" * 40 + path.read_bytes()[40:])


def _replace_by_a_file(index: Path) -> None:
    shutil.rmtree(index)
    (index / "1").mkdir(parents=True)
    (index / "1" / "meta.json").write_text("")


@pytest.mark.expected_warnings("search index in 1 is damaged")
@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _remove_a_file,
        _garble_the_list_of_files,
        _garble_the_stored_texts,
        _replace_by_a_file,
        shutil.rmtree,
    ],
)
def test_a_damaged_index_is_made_again(shelf, damage: Callable[[Path], None]):
    shelf.add(document("a", "chi bộ"), document("b", *(f"đoạn {number}" for number in range(50))))
    damage(shelf.folder / "index")
    search = shelf.reopened()
    search.find("chi bộ")
    assert search.refresh()
    assert search.find("chi bộ").hits[0].document_id == "central/a"
    assert len([path for path in (shelf.folder / "index").iterdir() if path.is_dir()]) == 1


def test_an_index_of_an_older_program_is_made_again(shelf, monkeypatch):
    shelf.add(document("a", "chi bộ"))
    monkeypatch.setattr("handbook.client.search.entries.FORMAT", 999)
    search = shelf.reopened()
    assert not search.is_ready()
    assert search.refresh()
    assert search.find("chi bộ").hits


def test_searching_goes_on_while_the_index_is_made(shelf):
    shelf.add(document("a", "chi bộ"))
    shelf.publish(*(document(f"d{number}", "chi bộ") for number in range(30)))
    seen = []

    def look() -> bool:
        seen.append(shelf.search.find("chi bộ").total)
        return False

    assert shelf.search.refresh(look)
    assert seen and set(seen) == {1}
    assert shelf.search.find("chi bộ").total == 31


def test_many_threads_may_search_and_refresh(shelf):
    shelf.add(*(document(f"d{number}", "chi bộ") for number in range(20)))
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(5):
                if number == 0:
                    shelf.search.refresh()
                assert shelf.search.find("chi bộ").total == 20
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


KILLED = """
import os, sys
from pathlib import Path
from handbook.client.search import Search
from handbook.client.search import entries
from handbook.client.search.kept import MIN_SAMPLES, Texts, dictionary_of
from handbook.client.store import Store
from handbook.model.text import fold, nfc
folder, calls = Path(sys.argv[1]), int(sys.argv[2])
seen = 0
def die():
    global seen
    seen += 1
    if seen == calls:
        os.kill(os.getpid(), 9)
    return False
Search(Store(folder, b"k" * 32), folder / "index").refresh(die)
"""


@pytest.mark.slow
@pytest.mark.parametrize("calls", [1, 7, 25])
@pytest.mark.parametrize("built_before", [False, True])
def test_a_kill_while_indexing_does_no_harm(shelf, calls, built_before):
    if built_before:
        shelf.add(document("first", "chi bộ"))
    shelf.publish(*(document(f"d{number}", "chi bộ") for number in range(25)))
    shelf.store.close()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(shelf.folder), str(calls)], check=False)
    assert killed.returncode == -9
    shelf.store = Store(shelf.folder, b"k" * 32)
    search = shelf.reopened()
    assert search.find("chi bộ").total == (1 if built_before else 0)
    assert search.refresh()
    assert search.find("chi bộ").total == 25 + built_before


# --- segments, and texts as they are kept


def _found(shelf: Shelf) -> set[tuple[str, str]]:
    hits = shelf.reopened().find("chi bộ").hits
    return {(hit.document_id, "".join(span.text for span in hit.snippet)) for hit in hits}


def test_small_segments_are_joined_and_answer_as_before(shelf):
    for number in range(3):
        shelf.add(document(f"d{number}", f"chi bộ {number}"))
    reading = shelf.search._index.reading()
    assert reading.searcher.num_segments == 3
    before = _found(shelf)
    entries.join_segments(reading.index, reading.folder)
    again = shelf.reopened()
    assert again._index.reading().searcher.num_segments == 1
    assert again._index.reading().state == reading.state
    assert _found(shelf) == before
    assert again.find("chi bộ").total == 3
    shelf.search = again
    shelf.add(document("d3", "chi bộ 3"))
    assert len(_found(shelf)) == 4


def test_a_long_library_is_made_in_one_segment(shelf, monkeypatch):
    monkeypatch.setattr(entries, "WRITER_HEAP_BYTES", 15_000_000)  # tantivy's least
    words = [f"{chr(97 + number % 26)}{number}" for number in range(40_000)]
    texts = (" ".join(words[place : place + 400]) for place in range(0, len(words), 400))
    shelf.add(*(document(f"d{place}", text) for place, text in enumerate(texts)))
    assert shelf.search._index.reading().searcher.num_segments == 1
    assert shelf.found("a26") == ["d0"]
    listed = json.loads((shelf.folder / "index" / "1" / "meta.json").read_bytes())
    assert listed["index_settings"] == {"docstore_compression": "none", "docstore_blocksize": 2048}


def test_snippets_are_whole_with_what_texts_have_in_common_and_after_more_came(shelf):
    many = [
        document(f"d{n}", f"Điều {n}. Đồng chí bí thư đảng uỷ phường họp chi bộ {n}.") for n in range(150)
    ]
    shelf.add(*many)
    assert shelf.search._index.reading().texts.dictionary
    shelf.add(document("later", "Bí thư đảng uỷ phường họp thêm 🎉 buổi tối."))
    for search in (shelf.search, shelf.reopened()):
        (hit,) = search.find("họp thêm").hits[:1]
        assert "".join(span.text for span in hit.snippet) == "Bí thư đảng uỷ phường họp thêm 🎉 buổi tối."
        assert len(search.find("họp chi bộ", limit=200).hits) == 151


@pytest.mark.expected_warnings("search index in 1 is damaged")
def test_a_text_that_cannot_be_read_shows_nothing_and_the_index_is_made_again(shelf, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(Texts, "packed", lambda self, text: b"no text")
        shelf.add(document("a", "chi bộ"))
    hit = shelf.search.find("chi bộ").hits[0]
    assert hit.snippet == ()
    assert shelf.search.find("chi bộ").hits == ()
    assert shelf.search.refresh()
    assert "".join(span.text for span in shelf.search.find("chi bộ").hits[0].snippet) == "chi bộ"


def test_a_document_that_was_renamed_is_called_so_before_the_index_knows(shelf):
    shelf.add(document("a", "chi bộ", title="Bài cũ"))
    shelf.publish(document("a", "chi bộ", title="Bài mới", number="7-HD/TW", edition=2))
    (hit,) = shelf.search.find("bài").hits
    assert (hit.title, hit.number) == ("Bài mới", "7-HD/TW")
    assert "".join(span.text for span in hit.marked_title) == "Bài mới"


COMMON = dictionary_of([f"Điều {n}. Đồng chí bí thư đảng uỷ phường họp chi bộ" for n in range(MIN_SAMPLES)])


@given(st.text(), st.sampled_from([b"", COMMON]))
def test_a_text_is_kept_as_it_is_beside_its_folded_form(text, dictionary):
    text = nfc(text)
    texts = Texts(dictionary)
    whole, folded = texts.unpacked(texts.packed(text), len(text))
    assert whole == text
    assert folded == "".join(one if one.isascii() else "?" for one in fold(text))
    assert not texts.damaged


def test_too_few_texts_have_nothing_in_common():
    assert dictionary_of(["chi bộ"] * (MIN_SAMPLES - 1)) == b""
    assert dictionary_of([""] * MIN_SAMPLES) == b""
