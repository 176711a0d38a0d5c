"""What a document says it is tied to, with the documents of this library that are meant."""

from dataclasses import replace

from sqlalchemy import Connection, Row, select

from handbook.client.tables.library import documents, relations
from handbook.model.library import Relation, RelationKind
from handbook.model.text import number_key


def relations_of(connection: Connection, document_id: str) -> tuple[Relation, ...]:
    """In the order they were published; `target` is filled in whenever that document is in this library."""
    rows = connection.execute(
        select(relations).where(relations.c.document == document_id).order_by(relations.c.position)
    ).all()
    if not rows:
        return ()
    keys = {number_key(row.number) for row in rows}
    candidates = connection.execute(
        select(documents.c.id, documents.c.number_key, documents.c.issued_on).where(
            documents.c.number_key.in_(keys) | documents.c.id.in_({row.target for row in rows})
        )
    ).all()
    found = []
    for row in rows:
        named = Relation(
            kind=RelationKind(row.kind), number=row.number, issued_on=row.issued_on, target=row.target
        )
        here = [
            other.id
            for other in candidates
            if (other.id == row.target if row.target else _is_named(other, row))
        ]
        # Numbers begin anew each term: several candidates without a date are no answer.
        found.append(replace(named, target=here[0] if len(here) == 1 else ""))
    return tuple(found)


def _is_named(document: Row, relation: Row) -> bool:
    return document.number_key == number_key(relation.number) and relation.issued_on in (
        None,
        document.issued_on,
    )
