"""Markdown split into sections at its headings, and the anchors that name them."""

import html
import re
import unicodedata
from collections.abc import Sequence

from handbook.model.library import Section

MAX_LEVEL = 4
MAX_ANCHOR_CHARACTERS = 60

HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_DEFINITION = re.compile(r" {0,3}\[\^([^\]\s]+)\]:")
_REFERENCE = re.compile(r"\[\^([^\]\s]+)\](?!:)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_EMPHASIS = re.compile(r"(?<!\\)(\*\*|__|\*|`)")


def split(markdown: str) -> tuple[Section, ...]:
    """The sections of a document, in order; none when there is no text.

    The shallowest heading has level 1. A footnote's definition goes to every section that refers to it, or
    stays where it is when none does.
    """
    parts = _parts(markdown)
    shallowest = min((hashes for hashes, _, _ in parts if hashes), default=1)
    bodies, defined, definitions = [], [], {}
    for _, _, lines in parts:
        kept, taken_out = _take_definitions(lines)
        bodies.append(kept)
        defined.append(taken_out)
        definitions |= taken_out
    referred = {name for body in bodies for name in _REFERENCE.findall(body)}
    # A definition may itself refer to another footnote.
    referred |= {name for text in definitions.values() for name in _REFERENCE.findall(text)}
    sections, taken = [], set()
    for (hashes, heading, _), body, own in zip(parts, bodies, defined, strict=True):
        used = _footnotes_of(f"{heading}\n{body}", definitions)
        used += [name for name in own if name not in referred]
        text = "\n\n".join(filter(None, (body, "\n".join(definitions[name] for name in used))))
        if not hashes and not text:
            continue
        plain = plain_heading(heading)
        sections.append(
            Section(
                anchor=_unique(anchor_of(plain) if hashes else "mo-dau", taken),
                level=min(MAX_LEVEL, hashes - shallowest + 1) if hashes else 0,
                heading=plain,
                text=text,
            )
        )
    return tuple(sections)


def headings(markdown: str) -> list[tuple[int, int, str]]:
    """Each heading's line (from 1), number of hashes and text."""
    found, fenced = [], ""
    for number, line in enumerate(markdown.split("\n"), 1):
        fenced, inside = _fence_state(line, fenced)
        if not inside and (match := HEADING.match(line)):
            found.append((number, len(match[1]), match[2]))
    return found


def fenced(lines: Sequence[str]) -> list[bool]:
    """Of each line, whether it belongs to a code block."""
    found, fence = [], ""
    for line in lines:
        fence, inside = _fence_state(line, fence)
        found.append(inside)
    return found


def plain_heading(text: str) -> str:
    """A heading's text without footnote marks, emphasis marks and escapes."""
    unmarked = _ESCAPE.sub(r"\1", _EMPHASIS.sub("", _REFERENCE.sub("", text)))
    return html.unescape(unmarked).strip()


def anchor_of(text: str) -> str:
    """Lower-case ASCII words joined by hyphens; at most MAX_ANCHOR_CHARACTERS, cut between words."""
    folded = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in folded if not unicodedata.combining(c)))
    anchor = ""
    for word in words:
        longer = f"{anchor}-{word}" if anchor else word[:MAX_ANCHOR_CHARACTERS]
        if len(longer) > MAX_ANCHOR_CHARACTERS:
            break
        anchor = longer
    return anchor or "muc"


def _parts(markdown: str) -> list[tuple[int, str, list[str]]]:
    """(hashes, heading, lines below), the first with no heading."""
    parts: list[tuple[int, str, list[str]]] = [(0, "", [])]
    fenced = ""
    for line in markdown.split("\n"):
        fenced, inside = _fence_state(line, fenced)
        if not inside and (match := HEADING.match(line)):
            parts.append((len(match[1]), match[2], []))
        else:
            parts[-1][2].append(line)
    return parts


def _fence_state(line: str, fenced: str) -> tuple[str, bool]:
    """The fence that is open after this line, and whether the line belongs to a code block."""
    match = _FENCE.match(line)
    if match is None:
        return fenced, bool(fenced)
    if not fenced:
        return match[1], True
    return ("" if match[1] == fenced else fenced), True


def _take_definitions(lines: list[str]) -> tuple[str, dict[str, str]]:
    """The text without its footnote definitions, and those by name.

    A definition goes on to the next blank line, and beyond it with what is indented by four spaces.
    """
    kept: list[str] = []
    defined: dict[str, list[str]] = {}
    current: list[str] | None = None
    fenced = ""
    for line in lines:
        fenced, inside = _fence_state(line, fenced)
        if not inside and (match := _DEFINITION.match(line)):
            current = defined.setdefault(match[1], [])
            current.append(line)
        elif current is not None and (not line.strip() or line.startswith("    ") or current[-1].strip()):
            current.append(line)
        else:
            current = None
            kept.append(line)
    return "\n".join(kept).strip("\n"), {name: "\n".join(text).rstrip() for name, text in defined.items()}


def _footnotes_of(text: str, definitions: dict[str, str]) -> list[str]:
    """Names of the footnotes that the text refers to, directly or through another footnote, in order."""
    names: list[str] = []
    waiting = _REFERENCE.findall(text)
    while waiting:
        name = waiting.pop(0)
        if name in definitions and name not in names:
            names.append(name)
            waiting += _REFERENCE.findall(definitions[name])
    return names


def _unique(anchor: str, taken: set[str]) -> str:
    number, candidate = 1, anchor
    while candidate in taken:
        number += 1
        candidate = f"{anchor}-{number}"
    taken.add(candidate)
    return candidate
