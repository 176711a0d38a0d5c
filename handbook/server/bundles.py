"""Takes bundles that somebody carried here: each submission as if its author had sent it over the network."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus

from handbook.errors import Expected
from handbook.model.people import Action
from handbook.protocol import codec
from handbook.protocol.bundles import (
    NONCE_BYTES,
    Answers,
    Bundle,
    BundleAnswer,
    BundleReply,
    Owed,
    seal_reply,
    unseal,
)
from handbook.protocol.submissions import Submission, SubmissionKind
from handbook.server import tokens
from handbook.server.access import needs, require
from handbook.server.database import Database
from handbook.server.errors import answer_to
from handbook.server.judging import Outcome
from handbook.server.keys import Keys
from handbook.server.submissions import HandedIn, Intake


def take(database: Database, keys: Keys, intake: Intake, bundle: Bundle, now: datetime) -> BundleReply:
    """What became of each submission, sealed for their author. Raises BadInput for what cannot be opened.

    A session that has ended is told inside: whoever carries the bundle learns nothing of its author.
    """
    owed = unseal(bundle, keys.receipts)
    answers = tuple(_answers(database, intake, owed, now))
    return seal_reply(Answers(answers), bundle.id, owed.token, secrets.token_bytes(NONCE_BYTES))


def _answers(database: Database, intake: Intake, owed: Owed, now: datetime) -> Iterator[BundleAnswer]:
    try:
        author = tokens.signed_in(database, owed.token, now).member
        require(author, needs(Action.SUBMIT_OWN), None)
    except Expected as refusal:
        yield from (_answer(submission, refusal) for submission in owed.submissions)
        return
    refused: set[str] = set()
    lacks_file = False
    for submission in owed.submissions:
        # As the outbox sends them: nothing before what it builds on has been received.
        waits = lacks_file and submission.kind is SubmissionKind.REFLECTION
        if not waits and refused.isdisjoint((submission.lineage, submission.subject)):
            (outcome,) = intake.accept([HandedIn(author, submission)], now)
            if isinstance(outcome, Expected):
                refused.add(submission.lineage)
                lacks_file = lacks_file or submission.kind is SubmissionKind.FILE
            yield _answer(submission, outcome)


def _answer(submission: Submission, outcome: Outcome) -> BundleAnswer:
    if isinstance(outcome, Expected):
        response = answer_to(outcome)
        status, body = response.status_code, bytes(response.body)
    else:
        status = HTTPStatus.CREATED if outcome.new else HTTPStatus.OK
        body = codec.encode(outcome.receipt)
    return BundleAnswer(
        lineage=submission.lineage,
        revision=submission.revision,
        sha256=submission.sha256,
        status=int(status),
        body=body.decode(),
    )
