"""Activation codes, signing in and out, and how often somebody may try."""

import threading
import unicodedata
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from handbook.model.people import Duty, DutyKind
from handbook.protocol.api import Activation, CodeRequest, Codes, Session, SignIn
from handbook.server import accounts, attempts, tables, tokens
from tests.server.harness import NOW, RunningServer, problem, read

PASSWORD = "mật khẩu dài"


def code_for(server: RunningServer, account: str, issuer: str = "bithu") -> str:
    answer = server.as_(issuer).post("/v1/codes", CodeRequest(accounts=(account,)))
    assert answer.status_code == 200, answer.text
    (code,) = read(answer, Codes).codes
    return code.code


def activate(server: RunningServer, code: str, password: str = PASSWORD):
    return server.anybody().post("/v1/activate", Activation(code=code, password=password, device="PC"))


def sign_in(server: RunningServer, account: str, password: str = PASSWORD):
    return server.anybody().post("/v1/sign-in", SignIn(account=account, password=password, device="PC"))


def message(answer) -> str:
    return answer.json()["message"]


def test_a_member_activates_with_the_printed_code_and_then_signs_in(server: RunningServer) -> None:
    code = code_for(server, "an")
    assert len(code.replace("-", "")) == 12
    typed = code.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    session = read(activate(server, typed), Session)
    assert session.member.account == "an"
    assert session.member.duties == (Duty(DutyKind.MEMBER, "tinh/phuong/mot"),)
    assert [unit.path for unit in session.units] == ["tinh", "tinh/phuong", "tinh/phuong/mot"]
    assert session.expires_at - server.clock.now <= tokens.LIFETIME
    again = read(sign_in(server, " AN "), Session)
    assert again.token not in ("", session.token)
    assert again.member == session.member


def test_a_password_typed_with_composed_or_loose_marks_is_the_same(server: RunningServer) -> None:
    loose = unicodedata.normalize("NFD", PASSWORD)
    assert loose != PASSWORD
    assert activate(server, code_for(server, "an"), loose).status_code == 200
    assert sign_in(server, "an").status_code == 200


def test_wrong_used_and_expired_codes_each_get_their_own_message(server: RunningServer) -> None:
    used, expired = code_for(server, "an"), code_for(server, "binh")
    assert activate(server, used).status_code == 200
    repeated = activate(server, used)
    wrong = activate(server, "ABCD-EFGH-JKMN")
    server.clock.pass_by(accounts.CODE_LIFETIME)
    late = activate(server, expired)
    answers = (repeated, wrong, late)
    assert [problem(answer) for answer in answers] == [(401, "sign-in-failed")] * 3
    assert len({message(answer) for answer in answers}) == 3
    for answer in answers:
        assert "an" not in answer.text.split() and "Nguyễn" not in answer.text


def test_a_new_code_makes_the_older_one_worthless(server: RunningServer) -> None:
    old = code_for(server, "an")
    new = code_for(server, "an")
    assert message(activate(server, old)) == message(activate(server, "ABCD-EFGH-JKMN"))
    assert activate(server, new).status_code == 200


def test_a_code_is_not_used_up_by_a_password_that_is_too_short(server: RunningServer) -> None:
    code = code_for(server, "an")
    assert problem(activate(server, code, "1234567")) == (422, "bad-input")
    assert problem(activate(server, code, "x" * 201)) == (422, "bad-input")
    assert activate(server, code, "12345678").status_code == 200


def test_one_code_used_from_two_pcs_at_once_activates_one(server: RunningServer) -> None:
    code = code_for(server, "an")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(activate(server, code))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


def test_a_forgotten_password_is_replaced_by_a_new_code_and_old_sessions_end(server: RunningServer) -> None:
    old = read(activate(server, code_for(server, "an")), Session)
    assert activate(server, code_for(server, "an"), "mật khẩu mới").status_code == 200
    client = server.anybody()
    client.http.headers["Authorization"] = f"Bearer {old.token}"
    assert problem(client.get("/v1/me")) == (401, "sign-in-failed")
    assert problem(sign_in(server, "an")) == (401, "sign-in-failed")
    assert sign_in(server, "an", "mật khẩu mới").status_code == 200


def test_a_wrong_password_and_an_unknown_account_are_told_alike(server: RunningServer) -> None:
    activate(server, code_for(server, "an"))
    answers = [
        sign_in(server, "an", "sai mật khẩu"),
        sign_in(server, "khong-co-ai"),
        sign_in(server, "binh"),  # never activated
        sign_in(server, "an\0"),
        sign_in(server, "an", "x" * 5000),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_an_unknown_account_costs_one_password_check_as_a_known_one_does(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate(server, code_for(server, "an"))
    checked = []

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            checked.append(stored.split("$")[:4])
            return hasher.verify(stored, password)

        def hash(self, password: str) -> str:
            return hasher.hash(password)

    hasher = accounts._hasher
    monkeypatch.setattr(accounts, "_hasher", Counting())
    for account in ("an", "khong-co-ai"):
        sign_in(server, account, "sai mật khẩu")
    known, unknown = checked
    assert known == unknown


def test_a_deactivated_member_gets_in_by_no_way(server: RunningServer) -> None:
    activate(server, code_for(server, "an"))
    waiting = code_for(server, "binh")
    session = server.as_("an")
    with server.house.database.write() as connection:
        connection.execute(
            tables.members.update().values(active=False).where(tables.members.c.account.in_(["an", "binh"]))
        )
    assert problem(session.get("/v1/me")) == (401, "sign-in-failed")
    assert problem(sign_in(server, "an")) == (401, "sign-in-failed")
    assert problem(activate(server, waiting)) == (401, "sign-in-failed")
    refused = server.as_("bithu").post("/v1/codes", CodeRequest(accounts=("an",)))
    assert problem(refused) == (403, "not-allowed")


def test_trying_passwords_of_one_account_is_stopped_and_later_allowed_again(server: RunningServer) -> None:
    activate(server, code_for(server, "an"))
    for _ in range(attempts.ALLOWED_OF_ACCOUNT):
        assert sign_in(server, "an", "sai mật khẩu").status_code == 401
    stopped = sign_in(server, "an")
    assert problem(stopped) == (429, "too-busy")
    assert 0 < int(stopped.headers["Retry-After"]) <= attempts.WINDOW.total_seconds()
    assert sign_in(server, "binh").status_code == 401
    server.clock.pass_by(attempts.WINDOW)
    assert sign_in(server, "an").status_code == 200


def test_a_good_password_clears_the_failures_before_it(server: RunningServer) -> None:
    activate(server, code_for(server, "an"))
    for _ in range(2):
        for _ in range(attempts.ALLOWED_OF_ACCOUNT - 1):
            assert sign_in(server, "an", "sai mật khẩu").status_code == 401
        assert sign_in(server, "an").status_code == 200


def test_guessing_codes_from_one_address_is_stopped(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "ALLOWED_OF_ADDRESS", 3)
    answers = [activate(server, "ABCD-EFGH-JKMN") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


def test_signing_out_makes_the_token_worthless_at_once(server: RunningServer) -> None:
    client = server.as_("an")
    assert client.get("/v1/me").status_code == 200
    assert client.post("/v1/sign-out").status_code == 204
    assert problem(client.get("/v1/me")) == (401, "sign-in-failed")


def test_who_is_signed_in_is_told_without_the_token(server: RunningServer) -> None:
    session = read(server.as_("canbo").get("/v1/me"), Session)
    assert (session.token, session.member.account) == ("", "canbo")
    assert [unit.path for unit in session.units] == ["tinh", "tinh/phuong", "tinh/phuong/mot"]


def test_a_session_lasts_while_it_is_used_and_ends_ninety_days_after(server: RunningServer) -> None:
    client = server.as_("an")
    for _ in range(3):
        server.clock.pass_by(tokens.LIFETIME - timedelta(days=1))
        assert client.get("/v1/me").status_code == 200
    server.clock.pass_by(tokens.LIFETIME)
    assert problem(client.get("/v1/me")) == (401, "sign-in-failed")


def test_the_database_holds_no_password_code_token_or_address_in_the_clear(server: RunningServer) -> None:
    code = code_for(server, "an")
    session = read(activate(server, code), Session)
    sign_in(server, "an", "sai mật khẩu")
    held = ""
    with server.house.database.read() as connection:
        for table in (tables.codes, tables.tokens, tables.credentials, tables.attempts):
            held += str([tuple(row) for row in connection.execute(select(table))])
    for secret in (code, code.replace("-", ""), session.token, PASSWORD, "127.0.0.1"):
        assert secret not in held
    assert "$argon2id$" in held


def test_a_secretary_issues_codes_for_the_cell_only_and_all_or_none(server: RunningServer) -> None:
    mixed = server.as_("bithu").post("/v1/codes", CodeRequest(accounts=("an", "hoa")))
    unknown = server.as_("bithu").post("/v1/codes", CodeRequest(accounts=("an", "khong-co")))
    assert problem(mixed) == problem(unknown) == (403, "not-allowed")
    assert message(mixed).replace("hoa", "X") == message(unknown).replace("khong-co", "X")
    with server.house.database.read() as connection:
        assert connection.execute(select(tables.codes)).all() == []
    issued = server.as_("quantri").post("/v1/codes", CodeRequest(accounts=("hoa", "an", "hoa")))
    assert [code.account for code in read(issued, Codes).codes] == ["hoa", "an"]


@pytest.mark.parametrize("accounts_asked", [(), tuple(f"a{n}" for n in range(501))])
def test_none_or_too_many_codes_at_once_are_refused(server: RunningServer, accounts_asked: tuple) -> None:
    answer = server.as_("quantri").post("/v1/codes", CodeRequest(accounts=accounts_asked))
    assert problem(answer) == (422, "bad-input")


def test_passwords_are_hashed_with_argon2id_and_64_mib(cheap_passwords: PasswordHasher) -> None:
    started = cheap_passwords.hash(PASSWORD).split("$")
    assert started[1] == "argon2id"
    assert "m=65536" in started[3]


def test_codes_expire_when_the_sheet_says(server: RunningServer) -> None:
    answer = server.as_("bithu").post("/v1/codes", CodeRequest(accounts=("an",)))
    (code,) = read(answer, Codes).codes
    assert timedelta(0) <= code.expires_at - NOW - accounts.CODE_LIFETIME < timedelta(minutes=1)
    assert code.name == "Nguyễn Văn An"
