"""What stands above the text of a document: its name, who issued it and when, its force, its relations."""

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from handbook.desktop import attachments
from handbook.model.library import KIND_NAMES, RELATION_NAMES, STATUS_NAMES, Relation, Status
from handbook.model.vietnamese import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handbook.client.library import DocumentCard, DocumentView
    from handbook.desktop.reader_differences import Offer


def _tr(text: str) -> str:
    return QCoreApplication.translate("TitleBlock", text)


def name_of(card: "DocumentCard") -> str:
    """Nghị quyết số 57-NQ/TW; of a document without a number its title."""
    return f"{KIND_NAMES[card.kind]} số {card.number}" if card.number else card.title


def title_block(view: "DocumentView", offers: "Sequence[Offer]" = (), on_paper: bool = False) -> str:
    """As HTML; a related document that is in the library is a link `handbook:<its id>`.

    `offers` are the comparisons that can be looked at, as links too.
    """
    card = view.card
    force = STATUS_NAMES[card.status].lower()
    force = (
        f"<b>{force}</b>" if card.status is Status.IN_FORCE else f"<mark><b>&nbsp;{force}&nbsp;</b></mark>"
    )
    force = f"{_tr('Hiệu lực')}: {force}"
    if view.expired_on:
        ended = _tr("đã hết hạn (đến hết ngày {})").format(date_text(view.expired_on))
        force = f"<mark><b>&nbsp;{ended}&nbsp;</b></mark>"
    issued = _tr("Ban hành ngày {}").format(date_text(card.issued_on))
    facts = f"{html.escape(card.issuer)} · {issued} · {force}"
    parts = [f'<p class="muted"><b>{html.escape(name_of(card))}</b></p>'] if card.number else []
    parts += [f"<h1>{html.escape(card.title)}</h1>", f'<p class="muted">{facts}</p>']
    by_kind: dict[str, list[str]] = {}
    for relation in view.relations:
        by_kind.setdefault(RELATION_NAMES[relation.kind], []).append(_related(relation))
    parts += [f"<p>{name}: {', '.join(named)}</p>" for name, named in by_kind.items()]
    if offers:
        links = (f'<a href="{html.escape(offer.address)}">{html.escape(offer.text)}</a>' for offer in offers)
        parts.append(f"<p>{_tr('Điểm mới')}: {', '.join(links)}</p>")
    if card.summary:
        parts.append(f'<p class="muted"><i>{html.escape(card.summary)}</i></p>')
    parts.append(attachments.listed(view.attachments, on_paper))
    return "".join(parts)


def _related(relation: Relation) -> str:
    name = relation.number
    if relation.issued_on:
        name = _tr("{} ngày {}").format(name, date_text(relation.issued_on))
    name = html.escape(name)
    if not relation.target:
        return name
    return f'<a href="handbook:{html.escape(relation.target)}">{name}</a>'
