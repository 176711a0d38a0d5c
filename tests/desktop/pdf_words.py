"""Reads the words back from a PDF that Qt wrote."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.S)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.S)
_FONT = re.compile(rb"/(F\d+) (\d+) 0 R")
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9a-fA-F]+)>\s*(?:Tj|\])?")
_RANGE = re.compile(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]{4})> (?:<([0-9a-fA-F]+)>|\[(.*?)\])")


def words_of(pdf: bytes) -> str:
    """All that is written on the pages, in the order it was painted, without spaces."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    named = [pair for body in objects.values() for pair in _FONT.findall(body)]
    fonts = {name: _letters(objects, int(number)) for name, number in named}
    said = []
    for body in objects.values():
        content = _content(body)
        if b" Tf" not in content:
            continue
        letters: dict[int, str] = {}
        for font, shown in _SHOWN.findall(content):
            if font:
                letters = fonts.get(font, {})
            else:
                glyphs = (int(shown[at : at + 4], 16) for at in range(0, len(shown), 4))
                said.append("".join(letters.get(glyph, "") for glyph in glyphs))
    return "".join("".join(said).split())


def _content(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if not found:
        return b""
    return zlib.decompressobj().decompress(found[1]) if b"FlateDecode" in body else found[1]


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """The letter of each glyph, by the font's table for copying text."""
    table = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    letters: dict[int, str] = {}
    if not table:
        return letters
    for first, last, begin, listed in _RANGE.findall(_content(objects[int(table[1])])):
        each = re.findall(rb"<([0-9a-fA-F]+)>", listed)
        for at in range(int(last, 16) - int(first, 16) + 1):
            code = bytes.fromhex((each[at] if each else begin).decode()).decode("utf-16-be")
            letters[int(first, 16) + at] = code if each else chr(ord(code) + at)
    return letters
