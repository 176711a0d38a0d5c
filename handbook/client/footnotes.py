"""Python-Markdown's footnotes for one section of a document: numbered through the document, linked both ways.

The extension of the library numbers from 1 at every conversion and writes ids that QTextDocument does not
follow. Here anchors are `<a name>`: `fn.3` at the note, `fnref.3` where it is first referred to; no section's
anchor has a full stop.
"""

import re
import xml.etree.ElementTree as etree
from collections.abc import Mapping

from markdown import Markdown
from markdown.extensions.footnotes import FootnoteExtension, FootnoteInlineProcessor


class Footnotes(FootnoteExtension):
    """Markdown extension; `begin` tells it what the next conversion is of."""

    def begin(self, numbers: Mapping[str, int]) -> None:
        """`numbers` has the number in the document of every label met so far, other sections' too."""
        self.numbers = numbers
        self.linked: set[str] = set()

    def extendMarkdown(self, md: Markdown) -> None:
        super().extendMarkdown(md)
        md.inlinePatterns.register(_Reference(r"\[\^([^\]]+)\]", self), "footnote", 175)

    def makeFootnotesDiv(self, root: etree.Element) -> etree.Element | None:
        """A line, then each note in small print under its number, which leads back to the text."""
        if not self.footnotes:
            return None
        notes = etree.Element("div")
        etree.SubElement(notes, "hr")
        for label, text in self.footnotes.items():
            blocks = etree.Element("div")
            self.parser.parseChunk(blocks, text)
            if len(blocks) == 0 or blocks[0].tag != "p":
                blocks.insert(0, etree.Element("p"))
            for place, block in enumerate(list(blocks)):
                if block.tag != "p":
                    notes.append(block)
                    continue
                small = etree.SubElement(etree.SubElement(notes, "p"), "small")
                small.text = block.text
                small.extend(block)
                if place == 0:
                    self._lead_back(small, label)
        return notes

    def _lead_back(self, note: etree.Element, label: str) -> None:
        number = self.numbers[label]
        link = etree.Element("a", {"name": f"fn.{number}", "href": f"#fnref.{number}"})
        link.text = f"{number}."
        link.tail = f" {note.text or ''}"
        note.text = ""
        note.insert(0, link)


class _Reference(FootnoteInlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[etree.Element | None, int | None, int | None]:
        notes = self.footnotes
        number = notes.numbers.get(m.group(1))
        if number is None:
            return None, None, None
        raised = etree.Element("sup")
        link = etree.SubElement(raised, "a", {"href": f"#fn.{number}"})
        if m.group(1) in notes.footnotes and m.group(1) not in notes.linked:
            notes.linked.add(m.group(1))
            link.set("name", f"fnref.{number}")
        link.text = str(number)
        return raised, m.start(0), m.end(0)
