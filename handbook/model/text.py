"""Vietnamese text as people type it: normal form, folding, syllables, tones, Telex, document numbers.

Every form made here has as many characters as the NFC text it was made from, so an offset found in one form
is valid in the others.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_TONES = "\u0301\u0300\u0309\u0303\u0323"  # acute, grave, hook above, tilde, dot below: s f r x j in Telex
_VOWELS = "aăâeêioôơuưy"
# Stands where a mark composes with nothing: keeps the length, is no letter, composes with nothing itself.
_LONE_MARK = "\u034f"


class _Table(dict[int, str]):
    """A translation of single characters, worked out when a character is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = result = self.translated(chr(code))
        return result

    def translated(self, character: str) -> str:
        if unicodedata.combining(character):
            return _LONE_MARK
        lower = character.lower()
        return lower if len(lower) == 1 else character


class _Folding(_Table):
    def translated(self, character: str) -> str:
        letter = unicodedata.normalize("NFD", character)[0]
        return letter.lower() if letter.isascii() else super().translated(character)


# Eth looks like đ and is typed for it.
_FOLDED = _Folding({ord(letter): "d" for letter in "đĐðÐ"})
_LOWERED = _Table()


def nfc(text: str) -> str:
    """The composed form in which all text is kept; half of Vietnamese keyboards produce the other one."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Lower case without marks, đ as d; as long as `nfc(text)`, and unchanged when folded again."""
    return nfc(text).translate(_FOLDED)


def exact(text: str) -> str:
    """Lower case with marks, tones where `canonical_tone` puts them; as long as `nfc(text)`."""
    return canonical_tone(nfc(text).translate(_LOWERED))


# --- syllables

_WORD = re.compile(r"[^\W_]+")


class Syllable(NamedTuple):
    """A run of letters and digits; `start` and `end` are offsets in the NFC text."""

    text: str
    start: int
    end: int


def syllables(text: str) -> Iterator[Syllable]:
    """What spaces and punctuation separate in the NFC text, in order, spelled as it is there."""
    for found in _WORD.finditer(nfc(text)):
        yield Syllable(found.group(), found.start(), found.end())


_ONSET = "ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx]"
_OPEN = (
    "uyu|uya|uôi|uây|uai|uay|uao|ươi|ươu|yêu|iêu|oai|oay|oao|oeo|ai|ao|au|ay|âu|ây|eo|êu|ia|iu|oa|oe|oi|ôi|ơi|ua|"
    "uê|ui|uơ|uy|ưa|ưi|ưu|[aeêioôơuưy]"
)
_CLOSED = "uyê|oa|oă|oe|uâ|uê|uy|iê|yê|uô|ươ|[aăâeêioôơuưy]"
_SYLLABLE = re.compile(f"(?:{_ONSET})?(?:(?:{_OPEN})|(?:{_CLOSED})(?:ng|nh|ch|[cmnpt]))")
_PLAIN_SYLLABLE = re.compile(_SYLLABLE.pattern.translate(_FOLDED))


# --- where the tone is written


_TONED = {nfc(vowel + tone): (vowel, tone) for vowel in _VOWELS + _VOWELS.upper() for tone in _TONES}
_RIME = re.compile(
    f"(?P<onset>qu(?=[{_VOWELS}])|gi(?=[{_VOWELS}])|[^{_VOWELS}]*)(?P<vowels>[{_VOWELS}]+)(?P<coda>[^{_VOWELS}]*)"
)


def _tone_place(plain: str) -> int:
    """Where the tone goes in a toneless lower-case syllable; -1 when it is no single syllable."""
    found = _RIME.fullmatch(plain)
    if not found:
        return -1
    start, vowels = found.start("vowels"), found["vowels"]
    marked = [place for place, vowel in enumerate(vowels) if vowel in "ăâêôơư"]
    if marked:
        return start + marked[-1]
    if found["coda"] or len(vowels) == 1:
        return start + len(vowels) - 1
    return start + (1 if len(vowels) > 2 or vowels in ("oa", "oe", "uy") else 0)


@lru_cache(maxsize=1 << 16)
def _canonical_word(word: str) -> str:
    toned = [place for place, letter in enumerate(word) if letter in _TONED]
    if len(toned) != 1:
        return word
    letters = list(word)
    letters[toned[0]], tone = _TONED[word[toned[0]]]
    place = _tone_place("".join(letters).translate(_LOWERED))
    if place < 0:
        return word
    letters[place] = nfc(letters[place] + tone)
    return "".join(letters)


def canonical_tone(text: str) -> str:
    """The NFC text with each tone on the main vowel: hòa as hoà, qúy as quý, gìa as già."""
    return _WORD.sub(lambda found: _canonical_word(found.group()), nfc(text))


def words(text: str) -> list[str]:
    """The exact forms of the text's syllables, in order."""
    return [_canonical_word(word) for word in _WORD.findall(nfc(text).translate(_LOWERED))]


# --- raw Telex

_TELEX_TONES = dict(zip("sfrxj", _TONES, strict=True))
_TELEX_CIRCUMFLEX = {"a": "â", "e": "ê", "o": "ô"}
_TELEX_HORN = {"a": "ă", "o": "ơ", "u": "ư"}


def telex_decode(word: str) -> str:
    """The syllable meant by Telex keys typed without an input method (`dduwowcj` is `được`), in lower case.

    '' when the keys change nothing, cannot be Telex, or already spell a syllable without marks.
    """
    keys = word.lower()
    if not keys.isascii() or not keys.isalpha() or len(keys) > 12 or _PLAIN_SYLLABLE.fullmatch(keys):
        return ""
    letters, tone = "", ""
    for key in keys:
        vowel_seen = any(letter in _VOWELS for letter in letters)
        if key in _TELEX_TONES and vowel_seen:
            if tone == key:
                return ""
            tone = key
        elif key == "z" and tone:
            tone = ""
        elif key == "d" and letters.startswith("d"):
            letters = "đ" + letters[1:]
        elif key in _TELEX_CIRCUMFLEX and _takes_circumflex(letters, key):
            place = letters.rindex(key)
            letters = letters[:place] + _TELEX_CIRCUMFLEX[key] + letters[place + 1 :]
        elif key == "w":
            letters = _with_horn(letters)
        else:
            letters += key
    if letters.endswith("ươ"):
        letters = letters[:-2] + "uơ"
    if not _SYLLABLE.fullmatch(letters) or (letters, tone) == (keys, ""):
        return ""
    if letters.endswith(("c", "ch", "p", "t")) and tone not in ("s", "j"):
        return ""
    if tone:
        place = _tone_place(letters)
        letters = letters[:place] + nfc(letters[place] + _TELEX_TONES[tone]) + letters[place + 1 :]
    return letters


def _takes_circumflex(letters: str, key: str) -> bool:
    """Whether the key repeats a vowel rather than ending oao or oeo."""
    place = letters.rfind(key)
    return place >= 0 and not (key == "o" and letters[place + 1 :] in ("a", "e"))


def _with_horn(letters: str) -> str:
    for plain, horned in (("uo", "ươ"), ("ưo", "ươ"), ("uu", "ưu")):
        if plain in letters:
            return letters.replace(plain, horned, 1)
    if "ua" in letters and not letters.startswith("q"):
        return letters.replace("ua", "ưa", 1)
    for place in range(len(letters) - 1, -1, -1):
        if letters[place] in _TELEX_HORN:
            return letters[:place] + _TELEX_HORN[letters[place]] + letters[place + 1 :]
    return letters + "ư"


# --- document numbers

NumberKey = tuple[str, ...]

# The kind as it is written out, and the letters that stand for it in a number. Quyết định and quy định
# share QĐ; QĐi was used for the latter around 2018-2020.
_KIND_CODES = {
    "nghi quyet": "nq",
    "chi thi": "ct",
    "ket luan": "kl",
    "quyet dinh": "qd",
    "quy dinh": "qd",
    "quy che": "qc",
    "huong dan": "hd",
    "ke hoach": "kh",
    "thong bao": "tb",
    "bao cao": "bc",
    "chuong trinh": "ctr",
    "thong tri": "tt",
    "thong tu": "tt",
    "nghi dinh": "nd",
    "phap lenh": "pl",
    "cong van": "cv",
    "luat": "luat",
    "bo luat": "luat",
}
_NAMED_KINDS = "|".join(name.replace(" ", r"\s+") for name in sorted(_KIND_CODES, key=len, reverse=True))
_WRITTEN_CODES = "nq|ct|kl|qdi|qd|qc|hd|kh|tb|bc|ctr|tt|nd"
_ISSUERS = "tw|cp|tu|du|qh|bct|bbt|ttg|ubnd|hdnd|vptw|btctw|btgtw|btgdvtw|bdvtw|ubkttw|mttq"
_DASH = r"\s*[-–—/]\s*"
_NUMBER = re.compile(
    rf"""
    (?: (?<!\w) (?P<named>{_NAMED_KINDS}|{_WRITTEN_CODES})
        [\s.:-]* (?: so [\s.:]* )? | (?<![\w/.,-]) )
    (?P<number>\d{{1,5}})
    (?: {_DASH} (?P<year>(?:19|20)\d\d) {_DASH}
        (?P<dated>[a-z]{{1,6}}\d{{0,3}} (?: {_DASH} [a-z]{{2,10}} ){{0,3}})
      | {_DASH} (?P<formal>[a-z]{{1,6}} (?: {_DASH} [a-z]{{2,10}} ){{1,3}})
      | [\s/–-]* (?P<code>{_WRITTEN_CODES}) (?: [\s/–-]+ (?P<issuer>{_ISSUERS}) )?
      | [\s/–-]+ (?P<only_issuer>{_ISSUERS})
    )?
    (?! \w | [/.-]\d )
    """,
    re.VERBOSE,
)


class NumberFound(NamedTuple):
    """A document number in a text: its key, and where it stands in the NFC text."""

    key: NumberKey
    start: int
    end: int


def find_document_numbers(text: str) -> Iterator[NumberFound]:
    """Each document number in the text, in every habit: 15-NQ/TW, NQ15, nghị quyết số 15, 10/NQ-CP.

    A key is the number without leading zeros, then what was said of year, kind and issuer, folded:
    ('15', 'nq', 'tw'), ('15', 'nq'), ('117', '2025', 'qh15').
    """
    for found in _NUMBER.finditer(fold(text)):
        named = found["named"] or ""
        parts = [found["year"], *re.split(r"[^a-z0-9]+", found["dated"] or found["formal"] or "")]
        parts += [found["code"], found["issuer"]]
        if not any(parts) and not named:
            continue
        if named and not any(parts[1:]):
            parts.append(_KIND_CODES.get(" ".join(named.split()), named))
        elif found["only_issuer"] and not named:
            continue
        parts.append(found["only_issuer"])
        said = tuple("qd" if part == "qdi" else part for part in parts if part)
        yield NumberFound((found["number"].lstrip("0") or "0", *said), found.start(), found.end())


def document_numbers(text: str) -> tuple[NumberKey, ...]:
    """The keys of the document numbers in the text, each once, in the order met."""
    return tuple(dict.fromkeys(found.key for found in find_document_numbers(text)))


def number_key(number: str) -> str:
    """One document's own number as text that sorts by its digits and is equal however it was typed.

    `00015-nq-tw` for 15-NQ/TW and 15-nq/tw; a number without the usual form is folded; '' stays ''.
    """
    keys = document_numbers(number)
    if not keys:
        return "-".join(_WORD.findall(fold(number)))
    return "-".join((keys[0][0].zfill(5), *keys[0][1:]))
