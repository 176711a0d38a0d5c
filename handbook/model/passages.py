"""Comments on passages of a reflection: made on the words that are shown, and found again by them.

The parts are handed in as they are shown, without marks of formatting; `SectionText.anchor` is the part's id.
A text that its author has changed since is searched as documents are for the notes of a reader.
"""

from collections.abc import Iterable, Sequence

from handbook.model.anchoring import Edition
from handbook.model.notes import Anchor, Place, SectionText
from handbook.model.reflection import PassageComment


def comment_on(parts: Iterable[SectionText], place: Place, comment: str = "") -> PassageComment:
    """A comment on a passage. KeyError for a part that there is not."""
    anchor = Edition(parts).anchor(place)
    return PassageComment(
        part=anchor.section, quote=anchor.quote, before=anchor.before, after=anchor.after, comment=comment
    )


def find_passages(
    parts: Iterable[SectionText], comments: Sequence[PassageComment]
) -> tuple[Place | None, ...]:
    """Where each comment's passage stands in the parts; None for one whose words are gone."""
    edition = Edition(parts)
    return tuple(
        edition.find(
            Anchor(
                section=comment.part,
                quote=comment.quote,
                before=comment.before,
                after=comment.after,
                position=0,
            )
        )
        for comment in comments
    )
