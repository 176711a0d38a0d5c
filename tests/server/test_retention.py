"""Erasure by the ward's rules, on both databases: words go, what figures and receipts need stays."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, func, insert, select, update

from handbook.errors import BadInput
from handbook.model.reflection import PassageComment, Review, Verdict
from handbook.model.retention import Rules
from handbook.model.study import CellMark, MarkKind, mark_subject
from handbook.protocol.api import Clash, Completion, Counts, FeedPage, Opening, SubmissionEntry
from handbook.protocol.receipts import Receipt, receipt_key, verify
from handbook.protocol.submissions import Submission, SubmissionKind, unpack_content
from handbook.server import retention, tables
from handbook.server.people import find_members
from handbook.server.retention import NO_REASON, compact, erase
from handbook.server.retention_due import NO_NAME, Due, What, due, keep_rules, rules_of
from handbook.server.ward import load_ward
from tests.server.harness import (
    CELL,
    COMMUNE,
    NOW,
    OTHER_CELL,
    SUBJECT,
    WARD,
    RunningServer,
    envelope,
    problem,
    read,
    reflection,
    review,
    revised,
    tick,
    withdrawal,
)
from tests.server.published import DOCUMENTS, assignment, publish_assignments
from tests.server.test_files import PHOTO, address, handed_in, named, pieces, text_with
from tests.server.test_restored import dump, offer, put_back

FIVE_YEARS = Rules(reflections=60, exemption_reasons=24, left_members=24)
LATER = datetime(2031, 11, 24, 8, 0, tzinfo=UTC)  # the first day on which what came at NOW is kept no longer
TWO_YEARS_LATER = datetime(2028, 11, 24, 8, 0, tzinfo=UTC)


def rule(server: RunningServer, rules: Rules = FIVE_YEARS) -> None:
    with server.house.database.write() as connection:
        keep_rules(connection, rules)


def run(server: RunningServer, now: datetime = LATER) -> Counter[What]:
    erased = erase(server.house.database, now)
    server.start_afresh()  # sessions have ended too
    return erased


def remarked(text: Submission) -> Submission:
    passage = PassageComment(part="nhan-thuc", quote="Bài", before="", after=" viết", comment="Lời góp ý")
    content = Review(
        lineage=text.lineage,
        revision=1,
        verdict=Verdict.ACCEPTED,
        comment="Lời khen",
        passages=(passage,),
        reviewed_at=NOW,
    )
    return envelope(content, SubmissionKind.REVIEW, text.lineage, "", 1, CELL)


def exempted(account: str = "binh", reason: str = "Đang điều trị bệnh") -> Submission:
    content = CellMark(member=account, assignment=SUBJECT, kind=MarkKind.EXEMPT, reason=reason, marked_at=NOW)
    return envelope(content, SubmissionKind.CELL_MARK, mark_subject(SUBJECT, account), "", 1, CELL)


def stored(server: RunningServer) -> str:
    """All that the tables hold of submissions, as text."""
    with server.house.database.read() as connection:
        return "".join(map(str, connection.execute(select(tables.submissions)).all()))


def told(page: FeedPage) -> list[SubmissionEntry]:
    return [entry.entry for entry in page.entries if entry.entry is not None]


def test_words_and_files_go_on_the_first_day_after_their_age_and_not_before(server: RunningServer) -> None:
    rule(server)
    text = handed_in(server)
    server.as_("bithu").hand_in(remarked(text))
    assert run(server, LATER - timedelta(days=1)) == Counter({What.SESSIONS: 2})
    assert run(server) == Counter({What.TEXTS: 1, What.REVIEWS: 1, What.FILES: 1})
    left = stored(server)
    for words in ("Bài viết", "Lời khen", "Lời góp ý", "Ảnh sổ ghi", named().sha256):
        assert words not in left


def test_nothing_goes_until_an_age_is_stated(server: RunningServer) -> None:
    text = handed_in(server)
    server.as_("bithu").hand_in(remarked(text))
    server.as_("bithu").hand_in(exempted())
    before = stored(server)
    assert run(server, datetime(2080, 1, 1, tzinfo=UTC)) == Counter({What.SESSIONS: 2})
    assert stored(server) == before


def test_the_latest_revision_decides_over_all_of_a_text(server: RunningServer) -> None:
    rule(server)
    text = reflection(text="Bản một")
    server.as_("an").hand_in(text)
    server.as_("bithu").hand_in(review(text, Verdict.RETURNED, comment="Viết thêm"))
    server.clock.pass_by(timedelta(days=30))
    server.as_("an").hand_in(revised(text, "Bản hai"))
    assert not run(server)[What.TEXTS]
    assert run(server, LATER + timedelta(days=30))[What.TEXTS] == 2


def test_receipts_given_before_still_hold_and_the_feed_still_proves_them(server: RunningServer) -> None:
    rule(server)
    text = reflection()
    receipt = server.as_("an").hand_in(text)
    run(server)
    (held,) = {entry.receipt: entry for entry in told(server.as_("an").feed())}.values()
    assert (held.receipt, held.erased_at) == (receipt, LATER)
    verify(held.receipt, [receipt_key(server.house.keys.receipts)])
    assert unpack_content(SubmissionKind.REFLECTION, held.submission.content).answers == ()


def test_figures_are_the_same_before_and_after(server: RunningServer, tmp_path: Path) -> None:
    rule(server)
    content = server.house.settings.content_dir
    shutil.rmtree(content, ignore_errors=True)
    publish_assignments(tmp_path, content, NOW, hoc_nghi_quyet=assignment())
    texts = {account: reflection(text=f"Bài của {account}") for account in ("an", "canbo", "xuatban")}
    for account, text in texts.items():
        server.as_(account).hand_in(text)
        server.as_(account).hand_in(tick(DOCUMENTS[0]))
    server.as_("bithu").hand_in(remarked(texts["an"]))
    server.as_("bithu").hand_in(review(texts["canbo"], Verdict.RETURNED, comment="Viết thêm"))
    server.as_("xuatban").hand_in(withdrawal(texts["xuatban"]))
    server.as_("bithu").hand_in(exempted())

    def figures() -> tuple[Counts, Completion]:
        counts = read(server.as_("canbo").get("/v1/counts", below=COMMUNE), Counts)
        path = f"/v1/cells/{CELL}/completion"
        completion = read(server.as_("bithu").get(path, assignment=SUBJECT), Completion)
        return replace(counts, counted_at=NOW), completion

    before = figures()
    assert run(server)[What.TEXTS] == 3
    assert figures() == before


def test_every_reader_is_told_once_more_and_a_new_reader_gets_no_words(server: RunningServer) -> None:
    rule(server)
    text = reflection(text="Điều riêng")
    server.as_("an").hand_in(text)
    server.as_("bithu").hand_in(remarked(text))
    seen = server.as_("bithu").feed()
    run(server)
    again = server.as_("bithu").feed(after=seen.next)
    assert [(entry.submission.kind, entry.erased_at) for entry in told(again)] == [
        (SubmissionKind.REFLECTION, LATER),
        (SubmissionKind.REVIEW, LATER),
    ]
    page = server.as_("pho").feed()
    assert all(entry.erased_at for entry in told(page))
    assert "Điều riêng" not in str(page) and "Lời khen" not in str(page)
    assert {entry.submission.lineage for entry in told(server.as_("an").feed())} >= {text.lineage}


def test_reading_an_erased_text_is_not_logged_as_reading(server: RunningServer) -> None:
    rule(server)
    text = reflection()
    server.as_("an").hand_in(text)
    run(server)
    server.as_("bithu").feed()
    assert read(server.as_("an").get("/v1/openings", lineage=text.lineage), tuple[Opening, ...]) == ()


def test_the_same_text_offered_again_is_held_and_not_stored_anew(server: RunningServer) -> None:
    rule(server)
    text = reflection(text="Điều riêng")
    receipt = server.as_("an").hand_in(text)
    run(server)
    again = server.as_("an").put(text)
    assert (again.status_code, read(again, Receipt)) == (200, receipt)
    assert offer(server.as_("an"), text, receipt) == (200, receipt)
    assert "Điều riêng" not in stored(server)


def test_another_text_of_an_old_pc_is_refused_with_the_day_of_erasure(server: RunningServer) -> None:
    rule(server)
    text = reflection()
    server.as_("an").hand_in(text)
    run(server)
    refused = server.as_("an").put(reflection(text="Bản của máy khác"))
    assert problem(refused) == (409, "conflict")
    assert read(refused, Clash).held.erased_at == LATER


def test_a_secretary_who_opens_a_file_of_an_erased_text_is_told_why_it_is_gone(server: RunningServer) -> None:
    rule(server)
    text = handed_in(server)
    run(server)
    answer = server.as_("bithu").get(address(text, named()), unit=CELL)
    assert problem(answer) == (404, "not-found")
    assert "Bài đã được xoá theo thời hạn lưu trữ ngày 24/11/2031." in answer.json()["message"]


def test_a_file_stays_while_another_text_names_it(server: RunningServer) -> None:
    rule(server)
    handed_in(server)
    server.clock.pass_by(timedelta(days=80))
    second = replace(text_with(named()), subject="tinh/phuong/khac")
    content = second.content.replace(SUBJECT, "tinh/phuong/khac")
    second = replace(second, content=content)
    server.as_("an").hand_in(second)
    erased = run(server)
    assert (erased[What.TEXTS], erased[What.FILES]) == (1, 0)
    assert server.as_("bithu").get(address(second, named()), unit=CELL).status_code == 200
    assert run(server, LATER + timedelta(days=80))[What.FILES] == 1


def test_pieces_whose_text_never_came_are_swept_after_a_while(server: RunningServer) -> None:
    for piece in pieces(PHOTO):
        server.as_("an").hand_in(piece)
    assert not run(server, NOW + timedelta(days=91))[What.FILES]
    listed = due(server.house.database, NOW + timedelta(days=100))
    assert listed == (Due(CELL, What.FILES, 1, date(2026, 11, 23)),)
    assert run(server, NOW + timedelta(days=100))[What.FILES] == 1
    assert named().sha256 not in stored(server)


def test_a_reason_goes_and_that_somebody_was_exempt_stays(server: RunningServer) -> None:
    rule(server)
    server.as_("bithu").hand_in(exempted())
    assert run(server, TWO_YEARS_LATER)[What.EXEMPTION_REASONS] == 1
    (mark, _) = [
        unpack_content(SubmissionKind.CELL_MARK, entry.submission.content)
        for entry in told(server.as_("binh").feed())
    ]
    assert (mark.kind, mark.reason) == (MarkKind.EXEMPT, NO_REASON)


def test_of_a_member_who_left_no_name_account_or_words_remain(server: RunningServer) -> None:
    rule(server, Rules(left_members=24))
    text = reflection(text="Điều riêng")
    server.as_("an").hand_in(text)
    server.as_("bithu").hand_in(remarked(text))
    with server.house.database.write() as connection:
        gone = tables.members.c.account == "an"
        connection.execute(tables.members.update().where(gone).values(active=False, left_on=NOW.date()))
    assert not run(server, NOW + timedelta(days=729))[What.MEMBERS]
    erased = run(server, NOW + timedelta(days=732))
    assert (erased[What.MEMBERS], erased[What.TEXTS], erased[What.REVIEWS]) == (1, 1, 1)
    with server.house.database.read() as connection:
        (member,) = find_members(connection, ["an"])
    assert (member.name, member.admitted_on, member.duties, member.active) == (NO_NAME, None, (), False)
    last = [entry.member for entry in server.as_("bithu").feed().entries if entry.member][-1]
    assert last == member
    assert run(server, NOW + timedelta(days=733))[What.MEMBERS] == 0


def test_a_member_who_moved_to_another_cell_keeps_what_they_wrote(server: RunningServer) -> None:
    rule(server)
    text = reflection(text="Điều riêng")
    server.as_("an").hand_in(text)
    with server.house.database.write() as connection:
        moved = tables.members.c.account == "an"
        connection.execute(tables.members.update().where(moved).values(unit=OTHER_CELL))
    assert not run(server, LATER - timedelta(days=1))[What.TEXTS]
    assert run(server)[What.TEXTS] == 1
    assert told(server.as_("bithu").feed())[-1].erased_at == LATER


def test_the_log_of_openings_and_used_codes_go_by_default(server: RunningServer) -> None:
    text = reflection()
    server.as_("an").hand_in(text)
    server.as_("bithu").feed()
    erased = run(server, TWO_YEARS_LATER)
    assert erased[What.OPENINGS] == 1
    with server.house.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.access_log)) == 0
        assert connection.scalar(select(func.count()).select_from(tables.tokens)) == 0


def test_a_code_that_is_issued_anew_while_old_ones_go_stays(server: RunningServer) -> None:
    database, fresh = server.house.database, LATER + timedelta(days=7)
    with database.write() as connection:
        code = {"account": "an", "digest": b"x", "issued_by": "bithu", "issued_at": NOW, "expires_at": NOW}
        connection.execute(insert(tables.codes), [code])

    def issue(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM codes"):
            connection.execute(update(tables.codes).values(issued_at=LATER, expires_at=fresh))

    event.listen(database.engine, "before_cursor_execute", issue)
    try:
        assert run(server)[What.CODES] == 0
    finally:
        event.remove(database.engine, "before_cursor_execute", issue)
    with database.read() as connection:
        assert connection.scalar(select(tables.codes.c.expires_at)) == fresh


class _Killed(BaseException):
    """The process ends here."""


def test_a_run_that_is_killed_between_two_transactions_is_taken_up_by_the_next(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(server)
    monkeypatch.setattr(retention, "ENTRIES_AT_ONCE", 2)
    texts = [reflection(text="Điều riêng", subject=f"{COMMUNE}/bai-{number}") for number in range(5)]
    for text in texts:
        server.as_("an").hand_in(text)
    commits = iter(range(3))  # units before the cell have nothing

    def killed() -> None:
        if next(commits, None) is None:
            raise _Killed

    with pytest.raises(_Killed):
        erase(server.house.database, LATER, killed)
    half = sum(each.count for each in due(server.house.database, LATER) if each.what is What.TEXTS)
    assert 0 < half < 5
    assert run(server)[What.TEXTS] == half
    assert "Điều riêng" not in stored(server)
    assert run(server) == Counter()
    with server.house.database.read() as connection:
        ends = connection.execute(select(tables.retention_runs.c.finished_at)).scalars().all()
        counted = connection.scalar(
            select(func.sum(tables.erasures.c.count)).where(tables.erasures.c.what == What.TEXTS.value)
        )
    assert (ends, counted) == ([None, LATER, LATER], 5)


def test_a_dry_run_counts_what_a_run_then_erases_and_changes_nothing(server: RunningServer) -> None:
    rule(server)
    text = reflection(text="Điều riêng")
    server.as_("an").hand_in(text)
    server.as_("bithu").hand_in(remarked(text))
    server.as_("hoa").hand_in(reflection(unit=OTHER_CELL))
    before = stored(server)
    listed = due(server.house.database, LATER)
    assert listed == (
        Due("", What.SESSIONS, 3, date(2027, 2, 21)),
        Due(OTHER_CELL, What.TEXTS, 1, date(2026, 11, 23)),
        Due(CELL, What.TEXTS, 1, date(2026, 11, 23)),
        Due(CELL, What.REVIEWS, 1, date(2026, 11, 23)),
    )
    assert stored(server) == before
    counted: Counter[What] = Counter()
    for each in listed:
        counted[each.what] += each.count
    assert run(server) == counted


def test_a_text_that_a_backup_brings_back_goes_again_at_the_next_run(server: RunningServer) -> None:
    rule(server)
    text = reflection(text="Điều riêng")
    receipt = server.as_("an").hand_in(text)
    backup = dump(server)
    run(server)
    put_back(server, backup)
    assert "Điều riêng" in stored(server)
    assert run(server)[What.TEXTS] == 1
    assert "Điều riêng" not in stored(server)
    # And one that the backup lacked, offered again with its receipt: its age is that of the receipt.
    with server.house.database.write() as connection:
        connection.execute(tables.submissions.delete())
        connection.execute(tables.entries.delete())
    server.start_afresh()
    assert offer(server.as_("an"), text, receipt) == (201, receipt)
    assert run(server)[What.TEXTS] == 1
    assert "Điều riêng" not in stored(server)


def test_erased_words_are_not_in_the_database_files_any_more(server: RunningServer) -> None:
    rule(server)
    server.as_("an").hand_in(reflection(text="Điều riêng tư ấy. " * 900))
    run(server)
    assert "Điều riêng" not in stored(server)
    for free in (lambda: None, lambda: compact(server.house.database)):
        free()
        if server.house.database.is_sqlite:
            file = Path(server.house.database.engine.url.database)
            for part in file.parent.glob(file.name + "*"):
                assert "Điều riêng".encode() not in part.read_bytes(), part.name


def test_prometheus_is_told_of_the_last_run_and_what_went(server: RunningServer) -> None:
    rule(server)
    server.as_("an").hand_in(reflection())
    assert "handbook_retention" not in server.anybody().get("/metrics").text
    run(server)
    metrics = server.anybody().get("/metrics").text
    assert f"handbook_retention_last_run_timestamp_seconds {LATER.timestamp():.0f}\n" in metrics
    assert 'handbook_retention_erased_total{what="texts"} 1\n' in metrics


def test_a_reader_who_asks_is_told_how_long_what_is_kept(server: RunningServer) -> None:
    rule(server)
    an = server.as_("an")
    assert an.feed().retention is None
    assert read(an.get("/v1/feed", unit=CELL, rules="1"), FeedPage).retention == FIVE_YEARS


def test_a_wards_file_states_the_rules_and_taking_them_out_brings_the_defaults_back(
    server: RunningServer, tmp_path: Path
) -> None:
    file = tmp_path / "ward.toml"
    plain = WARD.read_text(encoding="utf-8")
    file.write_text(
        f'{plain}\n[retention]\nreflections = "5 years"\nopening_log = "kept"\n', encoding="utf-8"
    )
    for path, rules in ((file, Rules(reflections=60, opening_log=None)), (WARD, Rules())):
        load_ward(server.house.database, path, NOW)
        with server.house.database.read() as connection:
            assert rules_of(connection) == rules


def test_a_wrong_rule_is_refused_with_its_line(server: RunningServer, tmp_path: Path) -> None:
    file = tmp_path / "ward.toml"
    plain = WARD.read_text(encoding="utf-8")
    file.write_text(
        f'[retention]\nopening_log = "2 years"\n# hay gõ nhầm\nreflections = "5"\n\n{plain}'.replace(
            'name = "Đảng bộ thử"', "", 1
        ).replace("[retention]", 'name = "Đảng bộ thử"\n[retention]', 1),
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match=r"dòng 5, phần \[retention\]: “5” không phải một thời hạn"):
        load_ward(server.house.database, file, NOW)
