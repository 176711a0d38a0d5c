"""Whether a word can be a Vietnamese syllable at all, and the syllables near one that cannot.

A Vietnamese syllable is an onset (or none), a rime and one of six tones; only so many of each exist, and
which go together, and how they are written, is settled. The inventory follows Đoàn Thiện Thuật, *Ngữ âm tiếng
Việt* (1977), the spelling the general rules of chữ Quốc ngữ: c before back vowels and k before e, ê, i, y;
likewise g and gh, ng and ngh; q always with u; iê is yê where nothing stands before it; a rime that ends in
c, ch, p or t bears sắc or nặng; the tone mark is on the main vowel, in oa, oe and uy on either letter (*hoà*,
*hòa*). Whether a syllable that can be is the right one at its place is not asked.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from handbook.model.text import fold, nfc, telex_decode

_VOWELS: Final = "aăâeêioôơuưy"
_ALPHABET: Final = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
_TONES: Final = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
"""Ngang, sắc, huyền, hỏi, ngã, nặng."""

_ABRUPT: Final = frozenset(("\u0301", "\u0323"))
_STOPS: Final = ("c", "ch", "p", "t")

_OPEN: Final = (
    "a ai ao au ay âu ây e eo ê êu i ia iu iêu o oi ô ôi ơ ơi u ua ui uôi ư ưa ưi ưu ươi ươu y "
    "oa oai oao oay oe oeo uây uê uêu uơ uy uya uyu yêu"
)
_CLOSED: Final = (
    "am an ang anh ac ach ap at ăm ăn ăng ăc ăp ăt âm ân âng âc âp ât em en eng ec ep et êm ên ênh êch êp êt "
    "im in inh ich ip it iêm iên iêng iêc iêp iêt om on ong oc op ot oong ooc ôm ôn ông ôc ôp ôt ơm ơn ơp ơt "
    "um un ung uc up ut uôm uôn uông uôc uôt ưm ưn ưng ưc ưt ươm ươn ương ươc ươp ươt "
    "oam oan oang oanh oac oach oap oat oăm oăn oăng oăc oăt oem oen oeng oec oet uân uâng uât uênh uêch "
    "uyn uynh uych uyt uyp uyên uyêt yêm yên yêng yêt"
)
_RIMES: Final = (*_OPEN.split(), *_CLOSED.split())
_FRONT: Final = ("e", "ê", "i", "y")
_AFTER_Q: Final = (
    "a ai ao au ay âu ây e eo ê êu i iu ơ y yu ang anh ac ach an am at ap ăc ăm ăn ăng ăt ăp ân âng "
    "âc ât âp em en eng ec et êch ênh ên êt ôc yn ynh ych yt yên yêt it in"
)
"""What is written after qu: the u is the medial."""

_BOTH_I_AND_Y: Final = frozenset(("h", "k", "l", "m", "s", "t", "v", "x"))
_ONSETS: Final = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()  # noqa: SIM905
_UNITS: Final = frozenset(("dl", "dm", "kg", "km", "kw", "kwh", "mg", "ml", "mm", "cl", "cm"))
_LONGEST: Final = max(map(len, _ONSETS)) + max(map(len, _RIMES))

_WORD: Final = re.compile(
    r"(?<![\w@./\\-])(?:[^\W\d_][\u0300-\u036f]*)+(?![\w@\\/-]|[.@]\w)",
)


class Word(NamedTuple):
    """`start` and `end` are offsets in the text as it was given; `text` is composed and in lower case."""

    text: str
    start: int
    end: int


def words_to_check(text: str) -> Iterator[Word]:
    """The words of the text that can be judged.

    Left out are single letters, units of measure, words with a digit or with a capital that
    does not begin a sentence (names, abbreviations, numbers of documents), words joined by hyphens (as
    foreign ones are written), addresses.
    """
    for found in _WORD.finditer(text):
        word = nfc(found.group())
        lower = word.lower()
        if len(word) < 2 or lower in _UNITS:
            continue
        if word == lower or (word[1:] == lower[1:] and _begins_sentence(text, found.start(), found.end())):
            yield Word(lower, found.start(), found.end())


def _begins_sentence(text: str, start: int, end: int) -> bool:
    """Whether a capital is due to the place of the word: a name is often followed by another capital."""
    before, after = text[:start].rstrip(' "“(*'), text[end : end + 2].strip()
    return (not before or before[-1] in ".!?…:\n") and not after[:1].isupper()


@lru_cache(maxsize=1 << 14)
def is_syllable(word: str) -> bool:
    """Whether these composed lower-case letters spell a syllable that can be."""
    letters, tone, place = _without_tone(word)
    if place == _SEVERAL or len(letters) > _LONGEST:
        return False
    return any(
        _is_toned_well(rime, tone, place - len(onset))
        for onset, rime in _divided(letters)
        if _may_go(onset, rime)
    )


def near(word: str) -> tuple[str, ...]:
    """Syllables that may be meant, likelier kinds first: what its keys say as Telex, another tone or place of
    it, other marks, one letter more, less or other.
    """
    letters, tone, _ = _without_tone(word)
    found: dict[str, None] = {}
    decoded = telex_decode(word)
    if decoded and is_syllable(decoded):
        found[decoded] = None
    if len(letters) > _LONGEST + 1:  # such as a key that was held down: no syllable is one letter away
        return tuple(found)
    for each in (tone, *_TONES):
        _add(found, letters, each)
    for other in _other_marks(letters):
        for each in (tone, *_TONES):
            _add(found, other, each)
    for other in _one_edit_away(letters):
        for each in (tone, *(() if tone else _TONES)):
            _add(found, other, each)
    found.pop(word, None)
    return tuple(found)


def is_close(word: str, other: str) -> bool:
    """Whether the two differ in marks only."""
    return fold(word) == fold(other)


# -- how a syllable is made

_SEVERAL: Final = -2
_NONE: Final = -1


def _without_tone(word: str) -> tuple[str, str, int]:
    """The letters, the tone and where it stands; _NONE without a tone, _SEVERAL with more than one."""
    letters, tone, place = [], "", _NONE
    for at, letter in enumerate(word):
        bare, own = _BARE.get(letter, (letter, ""))
        if own:
            tone, place = own, at if place == _NONE else _SEVERAL
        letters.append(bare)
    return "".join(letters), tone, place


def _divided(letters: str) -> Iterator[tuple[str, str]]:
    yield "", letters
    for onset in _ONSETS:
        if letters.startswith(onset):
            yield onset, letters[len(onset) :]


def _may_go(onset: str, rime: str) -> bool:
    """Whether the two are written together."""
    if onset == "qu":
        return rime in _RIMES_AFTER_Q
    if rime not in _KNOWN:
        return False
    front, has_medial = rime.startswith(_FRONT), rime.startswith(("oa", "oă", "oe", "uâ", "uê", "uơ", "uy"))
    if rime.startswith("yê"):
        return not onset
    if rime == "y":
        return not onset or onset in _BOTH_I_AND_Y
    if rime.startswith("iê"):
        # After gi the two i are one letter, and the syllable is divided as g and iê.
        return onset not in ("", "c", "ng", "gi") and (onset != "gh" or rime == "iên")
    match onset:
        case "c":
            return not front and not has_medial
        case "k" | "ngh":
            return front
        case "gh":
            return rime.startswith(("e", "ê")) or rime in ("i", "im")
        case "g":
            return not front or rime in ("i", "in")
        case "ng":
            return not front
        case "gi":
            return not rime.startswith(("i", "y"))
    return True


def _is_toned_well(rime: str, tone: str, place: int) -> bool:
    """`place` is that of the tone mark in the rime."""
    if rime.endswith(_STOPS) and tone not in _ABRUPT:
        return False
    return not tone or place in _places(rime)


@lru_cache(maxsize=512)
def _places(rime: str) -> tuple[int, ...]:
    """Where the tone mark may stand; the first is where it is put."""
    marked = [at for at, letter in enumerate(rime) if letter in "ăâêôơư"]
    if marked:
        return (marked[-1],)
    vowels = len(rime) - len(rime.lstrip(_VOWELS))
    if vowels < len(rime) or vowels == 1:
        return (vowels - 1,)
    if vowels > 2:
        return (1,)
    return (1, 0) if rime in ("oa", "oe", "uy") else (0,)


_BARE: Final = {nfc(vowel + tone): (vowel, tone) for vowel in _VOWELS for tone in _TONES if tone}
_KNOWN: Final = frozenset(_RIMES)
_RIMES_AFTER_Q: Final = frozenset(_AFTER_Q.split())


# -- what is near

_GROUPS: Final = {letter: group for group in ("aăâ", "eê", "oôơ", "uư", "dđ") for letter in group}


def _add(found: dict[str, None], letters: str, tone: str) -> None:
    for onset, rime in _divided(letters):
        if _may_go(onset, rime) and (tone in _ABRUPT or not rime.endswith(_STOPS)):
            at = len(onset) + _places(rime)[0]
            found.setdefault(nfc(letters[: at + 1] + tone + letters[at + 1 :]))


def _other_marks(letters: str) -> Iterator[str]:
    """The same keys with other marks, one or two letters changed; uo and ươ are typed alike."""
    once = {
        letters[:at] + other + letters[at + 1 :]
        for at, letter in enumerate(letters)
        for other in _GROUPS.get(letter, "")
    }
    yield from sorted(once)
    for former in sorted(once):
        for at, letter in enumerate(former):
            for other in _GROUPS.get(letter, ""):
                yield former[:at] + other + former[at + 1 :]


def _one_edit_away(letters: str) -> Iterator[str]:
    for at in range(len(letters)):
        yield letters[:at] + letters[at + 1 :]
    for at in range(len(letters) - 1):
        yield letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :]
    for at in range(len(letters) + 1):
        for letter in _ALPHABET:
            yield letters[:at] + letter + letters[at:]
    for at in range(len(letters)):
        for letter in _ALPHABET:
            yield letters[:at] + letter + letters[at + 1 :]
