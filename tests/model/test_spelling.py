"""What can be a Vietnamese syllable: sound rules, not a list of words."""

from collections.abc import Callable
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model import spelling
from handbook.model.spelling import is_close, is_syllable, near, words_to_check
from handbook.model.text import exact

SOUND = """
    Tôi đã học nghị quyết và hiểu rõ hơn trách nhiệm của mình trong công việc hằng ngày ở khu phố; mỗi người
    cần gương mẫu, nói đi đôi với làm, khuyến khích bà con giữ gìn vệ sinh, thuở trước khó khăn, nay khởi sắc.
    Uể oải thì việc không xong, quyết liệt thì việc gì cũng nên. Kỹ sư, bác sỹ, quý vị, quỹ khuyến học, hoà
    giải hay hòa giải, khoẻ hay khỏe, thuỷ hay thủy đều được. Xoong nồi, quả quýt, khúc khuỷu, ngoằn ngoèo,
    nguệch ngoạc, huých, giếng, giết, giặc, giũa, yểm trợ, ý kiến, ưỡn ngực, ngoạm, khuây khoả, bâng khuâng,
    toáng, tuýp, xoẹt, ếch
"""
IMPOSSIBLE = (
    "cac nhàa nghành ngiêng kủa cẻ gía qúa hòan thúê giãc khoc nghuyên kyên cê ghanh gê ngề quyêt ddang "
    "nguời dduowcj tronng thưc đảngg tríển đựơc lợí họcc bàit tấmm iêu qoan ơng"
)


def test_sound_sentences_are_not_doubted() -> None:
    assert [word.text for word in words_to_check(SOUND) if not is_syllable(word.text)] == []


@pytest.mark.parametrize("word", IMPOSSIBLE.split())
def test_what_can_be_no_syllable_is_doubted(word: str) -> None:
    assert not is_syllable(word)


def test_names_numbers_abbreviations_units_and_foreign_compounds_are_not_judged() -> None:
    text = "UBND xã Krông Pắc, 15-nq/tw, lần2, 5 kg, ra-đi-ô, v.v., a@b.vn, handbook.vn, đ/c Bình, bài th"
    assert [word.text for word in words_to_check(text)] == ["xã", "bài", "th"]


def test_the_first_word_of_a_sentence_is_judged_and_a_name_is_not() -> None:
    text = "Nghành ta. Tríển khai; Tríển gì? “Nghĩ” rồi làm: Đắk Lắk, Krông Nô"
    assert [word.text for word in words_to_check(text)] == [
        *("nghành", "ta", "tríển", "khai", "gì", "nghĩ", "rồi", "làm"),
    ]


def test_letters_that_differ_in_marks_only_are_close() -> None:
    assert is_close("đựơc", "được")
    assert not is_close("nghành", "ngành")


def test_words_keep_their_place_in_decomposed_text() -> None:
    text = "ta\u0301m bài"
    assert [(word.text, text[word.start : word.end]) for word in words_to_check(text)] == [
        ("tám", "ta\u0301m"),
        ("bài", "bài"),
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("qúa", "quá"),
        ("hòan", "hoàn"),
        ("tríển", "triển"),
        ("đựơc", "được"),
        ("nghành", "ngành"),
        ("ngiên", "nghiên"),
        ("tronng", "trong"),
        ("dduwowcj", "được"),
        ("thưc", "thực"),
        ("nguời", "người"),
        ("kủa", "của"),
        ("trogn", "trong"),
        ("thể̀", "thể"),
    ],
)
def test_what_is_meant_is_near_what_was_typed(typed: str, meant: str) -> None:
    assert meant in near(typed)


@given(st.sampled_from([word.text for word in words_to_check(SOUND)]))
def test_all_that_is_near_is_a_syllable_with_its_tone_in_place_and_another(word: str) -> None:
    found = near(word)
    assert word not in found
    assert all(is_syllable(each) and exact(each) == each for each in found)
    assert len(set(found)) == len(found)


SMOOTH = "\u0300\u0309\u0303"
ABRUPT = str.maketrans("", "", "\u0301\u0323")
SHORT = [word.text for word in words_to_check(SOUND) if word.text.endswith(("c", "ch", "p", "t"))]


def test_a_key_that_was_held_down_is_not_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(spelling, "_add", tried)
    assert near("a" * 2_000) == ()


@given(st.sampled_from(SHORT), st.sampled_from(SMOOTH))
def test_an_abrupt_rime_with_a_smooth_tone_is_doubted_and_its_own_is_near(word: str, tone: str) -> None:
    wrong = with_tone(word, tone)
    assert not is_syllable(wrong)
    assert word in near(wrong)
    assert not is_syllable(with_tone(word, ""))


def with_tone(word: str, tone: str) -> str:
    """The word with this tone in the place of its own."""
    return normalize("NFC", "".join(_with_tone(normalize("NFD", letter), tone) for letter in word))


def _with_tone(parts: str, tone: str) -> str:
    bare = parts.translate(ABRUPT)
    return bare + tone if bare != parts else bare


def doubled(word: str) -> set[str]:
    return {word[:at] + word[at] + word[at:] for at in range(len(word))}


def swapped(word: str) -> set[str]:
    return {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)} - {word}


def wrong_onset(word: str) -> set[str]:
    pairs = [("ngh", "ng"), ("ng", "ngh"), ("gh", "g"), ("g", "gh"), ("c", "k"), ("k", "c"), ("qu", "q")]
    own = word[: next(at for at, letter in enumerate(word) if normalize("NFD", letter)[0] in "aeiouy")]
    return {other + word[len(own) :] for onset, other in pairs if own == onset}


@pytest.mark.parametrize(("slips", "caught"), [(doubled, 0.98), (swapped, 0.95), (wrong_onset, 0.9)])
def test_most_slips_of_the_finger_are_doubted(slips: Callable[[str], set[str]], caught: float) -> None:
    made = [slip for word in words_to_check(SOUND) for slip in slips(word.text)]
    share = sum(not is_syllable(slip) for slip in made) / len(made)
    assert share >= caught, f"{share:.0%} of {len(made)}"
