"""Any order of submitting, resubmitting and reviewing ends where a small model of the rules ends."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.model.reflection import Answer, Reflection, Verdict
from handbook.protocol.submissions import Submission, SubmissionKind, pack_content
from tests.server.harness import NOW, SUBJECT, RunningServer, new_lineage, reflection, review

AUTHORS = ("an", "bithu")
REVIEWERS = ("bithu", "pho")


@dataclass
class Model:
    """What the server should hold: lineage and texts by author, decisions by author and revision."""

    lineage: dict[str, int] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    decisions: dict[tuple[str, int], Verdict] = field(default_factory=dict)

    def submit(self, author: str, lineage: int, revision: int, text: str) -> int:
        """The status that the server must answer with."""
        texts = self.texts.get(author, [])
        if self.lineage.setdefault(author, lineage) != lineage:
            return 409
        if revision <= len(texts):
            return 200 if texts[revision - 1] == text else 409
        if revision != len(texts) + 1:
            if not texts:
                del self.lineage[author]
            return 422
        if self.decisions.get((author, len(texts))) is Verdict.ACCEPTED:
            return 409
        self.texts[author] = [*texts, text]
        return 201

    def review(self, reviewer: str, author: str, lineage: int, revision: int, verdict: Verdict) -> int:
        if self.lineage.get(author) != lineage or revision > len(self.texts[author]):
            return 404
        if reviewer == author:
            return 403
        if verdict is not Verdict.OPENED:
            self.decisions[author, revision] = verdict
        return 201


submits = st.tuples(
    st.just("submit"),
    st.sampled_from(AUTHORS),
    st.integers(0, 1),
    st.integers(1, 3),
    st.sampled_from(["một", "hai"]),
)
reviews = st.tuples(
    st.just("review"),
    st.sampled_from(REVIEWERS),
    st.sampled_from(AUTHORS),
    st.integers(0, 1),
    st.integers(1, 3),
    st.sampled_from(list(Verdict)),
)
steps = st.lists(st.one_of(submits, submits, reviews), max_size=25)


def written(lineage: str, subject: str, revision: int, text: str) -> Submission:
    content = pack_content(Reflection(subject, (Answer("nhan-thuc", text),)))
    return replace(reflection(lineage=lineage, subject=subject), revision=revision, content=content)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_every_sequence_is_answered_and_kept_as_the_rules_say(server: RunningServer, steps: list) -> None:
    model = Model()
    # Each example has lineages and a subject of its own in the one database.
    lineages = {(author, number): new_lineage() for author in AUTHORS for number in (0, 1)}
    subject = f"{SUBJECT}-{lineages['an', 0]}"
    after = server.as_("pho").feed().next
    while (page := server.as_("pho").feed(after=after)).entries:
        after = page.next
    accepted = []
    for minute, step in enumerate(steps):
        if step[0] == "submit":
            _, author, number, revision, text = step
            submission = written(lineages[author, number], subject, revision, text)
            sender, expected = author, model.submit(author, number, revision, text)
        else:
            _, sender, author, number, revision, verdict = step
            of = written(lineages[author, number], subject, revision, "")
            submission = review(of, verdict, at=NOW + timedelta(minutes=minute))
            expected = model.review(sender, author, number, revision, verdict)
        assert server.as_(sender).put(submission).status_code == expected
        if expected == 201:
            accepted.append((sender, submission))
    entries = server.as_("pho").feed(after=after).entries
    assert [(entry.entry.author, entry.entry.submission) for entry in entries] == accepted
    for author in AUTHORS:
        mine = [s for a, s in accepted if a == author and s.kind is SubmissionKind.REFLECTION]
        assert [s.revision for s in mine] == list(range(1, len(model.texts.get(author, [])) + 1))
