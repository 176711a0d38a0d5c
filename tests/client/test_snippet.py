import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from handbook.client.search import Span
from handbook.client.search.closeness import Closeness
from handbook.client.search.snippet import SNIPPET_CHARACTERS, Sought, snippet
from handbook.model.text import fold, nfc

SOUGHT = Sought({"đổi": 2.0, "mới": 1.0}, {"so": 1.0})


def _snippet(text: str, sought: Sought = SOUGHT) -> tuple[Span, ...]:
    return snippet(text, fold(text), sought)


def test_neighbouring_words_are_marked_as_one_in_their_own_spelling():
    assert _snippet("Công cuộc ĐỔI MỚI, đồi moi, số 5 SO") == (
        Span("Công cuộc ", False), Span("ĐỔI MỚI", True), Span(", đồi moi, ", False), Span("số", True),
        Span(" 5 ", False), Span("SO", True),
    )  # fmt: skip


def test_a_long_text_is_cut_around_the_best_passage_at_whole_words():
    text = "xa xôi " * 3_000 + "đổi khác " + "xa xôi " * 3_000 + "sự nghiệp đổi mới " + "xa xôi " * 3_000
    spans = _snippet(text)
    shown = "".join(span.text for span in spans)
    assert [span.text for span in spans if span.marked] == ["đổi mới"]
    assert shown.startswith("… xa xôi") or shown.startswith("… xôi")
    assert shown.endswith(("xa …", "xôi …"))
    assert len(shown) <= SNIPPET_CHARACTERS + 4


def test_the_words_as_they_were_typed_are_shown_rather_than_an_earlier_scatter():
    text = "số đồi, mới, đổi " + "xa xôi " * 60 + "đổi mới số một " + "xa xôi " * 60
    assert [span.text for span in _snippet(text) if span.marked] == ["đổi mới số"]


def test_a_phrase_in_other_marks_is_not_taken_for_the_one_typed():
    text = "đồi mới số " + "xa xôi " * 60 + "đổi mới số " + "xa xôi " * 60
    assert [span.text for span in _snippet(text) if span.marked] == ["đổi mới số"]


def test_without_a_match_the_beginning_is_shown():
    assert _snippet("Không có gì ở đây") == (Span("Không có gì ở đây", False),)
    assert _snippet("") == ()


PIECES = ["đổi", "mới", "ĐỔI", "so", "doi", "\n", "😀", "Số", "x" * 90]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=120).map(" ".join)))
def test_a_snippet_is_a_piece_of_the_text_and_marks_only_what_was_sought(text):
    text = nfc(text)
    spans = _snippet(text)
    shown = "".join(span.text for span in spans)
    assert shown.removeprefix("… ").removesuffix(" …") in text.replace("\n", " ") or shown == text.replace(
        "\n", " "
    )
    assert len(shown) <= SNIPPET_CHARACTERS + 4
    for span in spans:
        if span.marked:
            assert set(re.findall(r"[^\W_]+", fold(span.text))) <= {"doi", "moi", "so"}


def test_a_name_in_composed_letters_is_as_near_as_in_single_ones():
    closeness, name = Closeness(Sought({"đổi": 2.0, "mới": 1.0}, {})), "Về sự nghiệp đổi mới"
    near = closeness.of(name, "", ())
    assert near == closeness.of(unicodedata.normalize("NFD", name), "", ()) > 0
