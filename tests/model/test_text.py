import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.model.text import (
    canonical_tone,
    document_numbers,
    exact,
    find_document_numbers,
    fold,
    nfc,
    number_key,
    syllables,
    telex_decode,
    words,
)

VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđbcghklmnpqrstvx"
vietnamese = st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " ,.-/0123456789\n")
any_text = st.one_of(vietnamese, st.text(), vietnamese.map(lambda text: unicodedata.normalize("NFD", text)))


@given(any_text)
def test_offsets_in_the_folded_and_exact_forms_are_offsets_in_the_original(text):
    assert len(fold(text)) == len(exact(text)) == len(nfc(text))


@given(any_text)
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)
    assert exact(exact(text)) == exact(text)


@given(any_text)
def test_a_decomposed_keyboard_types_the_same_word(text):
    decomposed = unicodedata.normalize("NFD", text)
    assert fold(decomposed) == fold(text)
    assert exact(decomposed) == exact(text)


@given(any_text)
def test_the_exact_form_folds_to_the_folded_form(text):
    assert fold(exact(text)) == fold(text)


@given(vietnamese)
def test_vietnamese_folds_to_plain_letters(text):
    assert fold(text).isascii()
    assert fold(text) == fold(text.upper()) == fold(text.lower())


def test_the_letter_d_with_stroke_is_found_by_d():
    assert fold("Đảng, đường lối; ÐƯỜNG") == "dang, duong loi; duong"


@given(any_text)
def test_syllables_stand_where_they_say(text):
    composed, previous = nfc(text), 0
    for syllable in syllables(text):
        assert composed[syllable.start : syllable.end] == syllable.text
        assert syllable.start >= previous
        assert syllable.text.isalnum()
        previous = syllable.end


@given(any_text)
def test_words_are_the_syllables_in_their_exact_form(text):
    assert words(text) == [exact(syllable.text) for syllable in syllables(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà bình", "hòa bình"),
        ("đảng uỷ", "đảng ủy"),
        ("khoẻ", "khỏe"),
        ("quý", "qúy"),
        ("quả", "qủa"),
        ("già", "gìa"),
        ("TOÀN DÂN", "TÒAN DÂN"),
        ("Thuý", "Thúy"),
        ("khuỷu", "khủyu"),
        ("ngoằn ngoèo", "ngòăn ngòeo"),
    ],
)
def test_both_places_of_the_tone_are_one_spelling(one, other):
    assert canonical_tone(one) == canonical_tone(other) == one


@pytest.mark.parametrize(
    "text", ["của mùa lúa", "giữa nghĩa gì", "thuở ấy", "hoài niệm", "tuyển cử", "résumé", "Ngoại"]
)
def test_spellings_with_one_place_for_the_tone_stay(text):
    assert canonical_tone(text) == text


@given(vietnamese)
def test_moving_a_tone_changes_no_letter(text):
    assert fold(canonical_tone(text)) == fold(text)
    assert canonical_tone(canonical_tone(text)) == canonical_tone(text)


def _typed_in_telex(word: str) -> str:
    """The keys, marks beside their letter and the tone last, as typing courses teach it."""
    keys, tone = [], ""
    marks = {"\u0302": "", "\u0306": "w", "\u031b": "w"}
    tones = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
    for letter in unicodedata.normalize("NFD", word.replace("đ", "dd")):
        if letter in tones:
            tone = tones[letter]
        elif letter == "\u0302":
            keys.append(keys[-1])
        else:
            keys.append(marks.get(letter, letter))
    return "".join(keys) + tone


SPELLED = (
    "được người việt chuyển đổi đảng không thuở hoặc quăng tiếng mưa nghị quyết uỷ giải quỹ rượu hưu khuỷu "
    "đường yêu giếng phường xã chỉ thị bộ chính trị cứu thuế nghiệp sạch tốt"
)
NO_TELEX = "nam dang dien bien phu office hello class for 15 nq15 đảng xx"


@pytest.mark.parametrize("word", SPELLED.split())
def test_raw_telex_is_understood(word):
    assert telex_decode(_typed_in_telex(word)) == word


@pytest.mark.parametrize("keys", ["dduwowcj", "dduowcj", "dduwojwc", "duwowcjd", "DDuwowcj"])
def test_telex_keys_are_understood_in_any_order_people_use(keys):
    assert telex_decode(keys) == "được"


@pytest.mark.parametrize("word", [*NO_TELEX.split(), "", "w" * 50])
def test_what_is_not_telex_is_left_alone(word):
    assert telex_decode(word) == ""


@given(st.one_of(st.text(), st.text(alphabet="abcdeghiklmnopqrstuvxyfwjz", max_size=14)))
def test_telex_decoding_gives_a_spelling_or_nothing(keys):
    decoded = telex_decode(keys)
    assert decoded == exact(decoded)
    assert decoded == "" or decoded.isalpha()


@pytest.mark.parametrize(
    "typed",
    ["15-NQ/TW", "15-nq/tw", "NQ 15-TW", "NQ15/TW", "15 nq tw", "15nq/tw", "015-NQ/TW", "15–NQ / TW",
     "15-NQ-TW", "Nghị quyết số 15-NQ/TW ngày 5/5/2022 của Bộ Chính trị", "nghị quyết 15-TW",
     "nghi quyet so 15 tw"],
)  # fmt: skip
def test_every_habit_of_writing_a_number_gives_one_key(typed):
    assert document_numbers(typed) == (("15", "nq", "tw"),)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("nghị quyết 15", ("15", "nq")),
        ("nghi quyet 15", ("15", "nq")),
        ("NQ15", ("15", "nq")),
        ("nq số 15", ("15", "nq")),
        ("chỉ thị số 05", ("5", "ct")),
        ("10/NQ-CP", ("10", "nq", "cp")),
        ("339-QĐ/TW", ("339", "qd", "tw")),
        ("66-QĐi/TW", ("66", "qd", "tw")),
        ("quy định 339", ("339", "qd")),
        ("117/2025/QH15", ("117", "2025", "qh15")),
        ("Luật 117/2025/QH15", ("117", "2025", "qh15")),
        ("luật số 117", ("117", "luat")),
        ("Nghị định 356/2025/NĐ-CP", ("356", "2025", "nd", "cp")),
        ("36-HD/VPTW", ("36", "hd", "vptw")),
        ("01/2010/TTLT-BTP-BNV", ("1", "2010", "ttlt", "btp", "bnv")),
    ],
)
def test_numbers_keep_what_was_said_of_them(typed, key):
    assert document_numbers(typed) == (key,)


@pytest.mark.parametrize(
    "text", ["10/11/2025", "Điều 5", "15", "năm 2030", "15 tw", "3.000 đồng", "", "NQ", "số 7"]
)
def test_other_numbers_are_no_document_numbers(text):
    assert document_numbers(text) == ()


def test_several_numbers_in_a_sentence_are_all_found_where_they_stand():
    text = "Quy định 399-QĐ/TW thay Quy định 66-QĐ/TW, theo NQ15 và lại 399-QĐ/TW"
    assert document_numbers(text) == (("399", "qd", "tw"), ("66", "qd", "tw"), ("15", "nq"))
    assert [text[found.start : found.end] for found in find_document_numbers(text)] == [
        "Quy định 399-QĐ/TW", "Quy định 66-QĐ/TW", "NQ15", "399-QĐ/TW"
    ]  # fmt: skip


@given(st.text())
def test_any_text_may_be_asked_for_numbers(text):
    for key in document_numbers(text):
        assert key[0].isdigit() and len(key) > 1 and all(key)
    number_key(text)


@given(
    st.integers(1, 9999),
    st.sampled_from(["NQ", "CT", "KL", "QĐ", "HD", "KH", "TB"]),
    st.sampled_from(["TW", "TU", "ĐU"]),
)
def test_a_written_number_is_read_back_whatever_the_case(number, kind, issuer):
    key = (str(number), fold(kind), fold(issuer))
    for typed in (
        f"{number}-{kind}/{issuer}",
        f"{kind} {number}-{issuer}",
        f"{number:02}{kind}/{issuer}".lower(),
    ):
        assert document_numbers(typed) == (key,)


def test_number_keys_sort_by_value_and_ignore_the_typing():
    numbers = ["9-NQ/TW", "15-NQ/TW", "100-QĐ/TW"]
    assert sorted(reversed(numbers), key=number_key) == numbers
    assert number_key("15-NQ/TW") == number_key(" 15 – nq/tw") == "00015-nq-tw"
    assert number_key("") == ""
    assert number_key("Không số") == "khong-so"
