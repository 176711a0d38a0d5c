import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from handbook.model.repeats import RUN, Repeats, repeats

SENTENCE = "Xây dựng Thủ đô Hà Nội văn hiến, văn minh, hiện đại; trở thành trung tâm động lực."
words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=60).map(" ".join)


def test_a_sentence_taken_over_is_counted_whatever_its_case_and_signs():
    own = f"Theo tôi: {SENTENCE.upper().replace(';', ' -')} Tôi sẽ làm theo."
    decomposed = unicodedata.normalize("NFD", SENTENCE)
    assert repeats(own, [decomposed]) == Repeats(18, 18 + 2 + 4)


def test_a_few_words_in_common_are_not_repeated():
    assert repeats("xây dựng Thủ đô Hà Nội", [SENTENCE]) == Repeats(0, 6)
    assert repeats("", [SENTENCE]).share == 0.0


@given(words, words)
def test_only_what_stands_in_a_common_run_is_counted(own, source):
    counted = repeats(own, [source])
    assert 0 <= counted.words <= counted.of == len(own.split())
    spelled = own.split()
    runs = [" ".join(spelled[start : start + RUN]) for start in range(len(spelled) - RUN + 1)]
    assert (counted.words > 0) == any(f" {run} " in f" {source} " for run in runs)


@given(words)
def test_a_text_repeats_itself_whole(text):
    counted = repeats(text, [text])
    assert counted.words == (counted.of if counted.of >= RUN else 0)
