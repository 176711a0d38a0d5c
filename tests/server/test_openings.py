"""A member is told who was given their reflections; nobody is told that of another's."""

from handbook.model.reflection import Verdict
from handbook.protocol.api import Opening, OpeningKind
from tests.server.harness import CELL, RunningServer, problem, read, reflection, review


def openings(server: RunningServer, of: str, lineage: str) -> list[tuple[str, int, OpeningKind]]:
    answer = server.as_(of).get("/v1/openings", lineage=lineage)
    assert answer.status_code == 200, answer.text
    return [(each.reader, each.revision, each.kind) for each in read(answer, tuple[Opening, ...])]


def test_copies_and_openings_are_told_once_each_in_the_order_of_time(server: RunningServer) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    assert openings(server, "an", text.lineage) == []
    for _ in range(2):
        server.as_("bithu").feed(CELL)
    server.as_("bithu").hand_in(review(text, Verdict.OPENED))
    server.as_("pho").feed(CELL)
    assert openings(server, "an", text.lineage) == [
        ("Lê Bí Thư", 1, OpeningKind.COPIED),
        ("Lê Bí Thư", 1, OpeningKind.OPENED),
        (name(server, "pho"), 1, OpeningKind.COPIED),
    ]


def test_who_read_anothers_reflection_is_told_to_nobody_else(server: RunningServer) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    server.as_("bithu").feed(CELL)
    assert openings(server, "binh", text.lineage) == []
    assert openings(server, "bithu", text.lineage) == []
    assert problem(server.anybody().get("/v1/openings", lineage=text.lineage)) == (401, "sign-in-failed")


def name(server: RunningServer, account: str) -> str:
    return server.as_(account).get("/v1/me").json()["member"]["name"]
