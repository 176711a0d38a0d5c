"""The ways in which one question reaches the search box."""

import unicodedata

from handbook.model.text import fold, nfc

_TONE_KEYS = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_HORN_AND_BREVE = "\u031b\u0306"
_CIRCUMFLEX = "\u0302"


def with_marks(text: str) -> str:
    return text


def without_marks(text: str) -> str:
    return fold(text)


def in_telex(text: str) -> str:
    """The keys of Telex, marks beside their letter and the tone at the end of the syllable."""
    return " ".join(_keys(word) for word in nfc(text).split())


WAYS = {"with marks": with_marks, "without marks": without_marks, "raw Telex": in_telex}


def _keys(word: str) -> str:
    keys, tone = [], ""
    for letter in unicodedata.normalize("NFD", word.lower().replace("đ", "dd")):
        if letter in _TONE_KEYS:
            tone = _TONE_KEYS[letter]
        elif letter == _CIRCUMFLEX:
            keys.append(keys[-1])
        elif letter in _HORN_AND_BREVE:
            keys.append("w")
        elif tone and not letter.isalpha():
            keys.append(tone + letter)
            tone = ""
        else:
            keys.append(letter)
    return "".join(keys) + tone
