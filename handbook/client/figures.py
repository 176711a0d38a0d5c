"""Python-Markdown's pictures as figures: the place of the picture, then its description as a paragraph.

Only `asset:` pictures that stand alone become figures; of others the description is left as text.
"""

import re
import xml.etree.ElementTree as etree
from collections.abc import Iterator

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

_ASSET = re.compile(r"asset:[0-9a-f]{64}")
_AFTER_INLINE = 15  # after pictures were made of the text (20), before it is laid out (10)


class Figures(Extension):
    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(_Figures(md), "figures", _AFTER_INLINE)


class _Figures(Treeprocessor):
    def run(self, root: etree.Element) -> None:
        for place, block in reversed(list(enumerate(root))):
            if _is_figure(block):
                root[place : place + 1] = _figure(block[0])
        for parent, place, picture in list(_pictures(root)):
            _leave_words(parent, place, picture)


def _is_figure(block: etree.Element) -> bool:
    return (
        block.tag == "p"
        and len(block) == 1
        and block[0].tag == "img"
        and not (block.text or "").strip()
        and not (block[0].tail or "").strip()
        and _ASSET.fullmatch(block[0].get("src", "")) is not None
    )


def _figure(picture: etree.Element) -> list[etree.Element]:
    shown, described = etree.Element("p", {"align": "center"}), etree.Element("p", {"align": "center"})
    etree.SubElement(shown, "a", {"href": picture.get("src", "")})
    etree.SubElement(described, "em").text = picture.get("alt", "")
    return [shown, described]


def _pictures(root: etree.Element) -> Iterator[tuple[etree.Element, int, etree.Element]]:
    """Each picture with its parent and its place there, the last of a parent first."""
    for parent in root.iter():
        for place, child in reversed(list(enumerate(parent))):
            if child.tag == "img":
                yield parent, place, child


def _leave_words(parent: etree.Element, place: int, picture: etree.Element) -> None:
    words = f"{picture.get('alt', '')}{picture.tail or ''}"
    del parent[place]
    if place:
        parent[place - 1].tail = f"{parent[place - 1].tail or ''}{words}"
    else:
        parent.text = f"{parent.text or ''}{words}"
