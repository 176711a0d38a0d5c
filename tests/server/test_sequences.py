"""Any order of submitting, taking back, submitting again and reviewing ends where the rules say."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.model.reflection import Answer, Reflection, Verdict
from handbook.model.study import Assignment, Part
from handbook.protocol.submissions import Submission, SubmissionKind, pack_content
from handbook.server.completion import cell_completion
from tests.server.harness import (
    CELL,
    NOW,
    SUBJECT,
    RunningServer,
    new_lineage,
    reflection,
    review,
    withdrawal,
)

AUTHORS = ("an", "bithu")
REVIEWERS = ("bithu", "pho")


@dataclass
class Model:
    """What the server should hold: lineage and texts by author, and by author and revision the decisions,
    what was opened, what was taken back."""

    lineage: dict[str, int] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    decisions: dict[tuple[str, int], Verdict] = field(default_factory=dict)
    reviewed: set[tuple[str, int]] = field(default_factory=set)
    withdrawn: set[tuple[str, int]] = field(default_factory=set)

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
        if (author, revision) in self.withdrawn:
            return 409
        self.reviewed.add((author, revision))
        if verdict is not Verdict.OPENED:
            self.decisions[author, revision] = verdict
        return 201

    def withdraw(self, sender: str, author: str, lineage: int, revision: int) -> int:
        mine = sender == author and self.lineage.get(author) == lineage
        if not mine or revision > len(self.texts[author]):
            return 404
        if revision < len(self.texts[author]) or (author, revision) in self.reviewed:
            return 409
        self.withdrawn.add((author, revision))
        return 201

    def state(self, author: str) -> str:
        """The state of the author's latest text that still counts as handed in; '' without one."""
        for revision in range(len(self.texts.get(author, [])), 0, -1):
            if (author, revision) in self.withdrawn:
                continue
            if decision := self.decisions.get((author, revision)):
                return decision.value
            return "opened" if (author, revision) in self.reviewed else "received"
        return ""


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
withdrawals = st.tuples(
    st.just("withdraw"),
    st.sampled_from(AUTHORS),
    st.sampled_from(AUTHORS),
    st.integers(0, 1),
    st.integers(1, 3),
)
steps = st.lists(st.one_of(submits, submits, reviews, withdrawals), max_size=25)


def written(lineage: str, subject: str, revision: int, text: str) -> Submission:
    content = pack_content(Reflection(subject, (Answer("nhan-thuc", text),)))
    return replace(reflection(lineage=lineage, subject=subject), revision=revision, content=content)


def task(subject: str) -> Assignment:
    return Assignment(
        id=subject,
        edition=1,
        title="Học tập",
        documents=(),
        question="",
        parts=(Part("nhan-thuc", "Nhận thức"),),
        min_words=0,
        opens_on=NOW.date(),
        due_on=NOW.date(),
        grace_days=0,
        units=(CELL,),
    )


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
        elif step[0] == "withdraw":
            _, sender, author, number, revision = step
            submission = withdrawal(written(lineages[author, number], subject, revision, ""))
            expected = model.withdraw(sender, author, number, revision)
        else:
            _, sender, author, number, revision, verdict = step
            of = written(lineages[author, number], subject, revision, "")
            submission = review(of, verdict, at=NOW + timedelta(minutes=minute))
            expected = model.review(sender, author, number, revision, verdict)
        assert server.as_(sender).put(submission).status_code == expected
        if expected == 201:
            accepted.append((sender, submission))
    entries = server.as_("pho").feed(after=after).entries
    given_out = [
        (author, submission)
        for author, submission in accepted
        if submission.kind is not SubmissionKind.REFLECTION
        or (author, submission.revision) not in model.withdrawn
    ]
    assert [(entry.entry.author, entry.entry.submission) for entry in entries] == given_out
    counted = cell_completion(server.house.database, CELL, task(subject)).members
    assert {each.account: each.reflection for each in counted if each.account in AUTHORS} == {
        author: model.state(author) for author in AUTHORS
    }
    for author in AUTHORS:
        mine = [s for a, s in accepted if a == author and s.kind is SubmissionKind.REFLECTION]
        assert [s.revision for s in mine] == list(range(1, len(model.texts.get(author, [])) + 1))
