"""Who is signed in, and what happens when the server no longer knows the session."""

from collections.abc import Callable

import pytest

from handbook.client.account import Account, keep_session
from handbook.client.store import Store
from handbook.client.transport import HttpTransport
from handbook.errors import NotAllowed, Offline, ServerBroken, SignInFailed, TooBusy
from handbook.model.changes import Change
from handbook.model.people import Action, DutyKind, Member, Unit, UnitKind
from handbook.protocol.api import Activation, Session
from handbook.server.accounts import activate, issue_codes_on_server
from tests.client.samples import NOW, UNITS, member, session
from tests.client.simulated_server import Device, Fault, Ward

PASSWORD = "Mùa thu năm ấy"


@pytest.fixture
def account(signed_in: Store) -> Account:
    return Account(signed_in, HttpTransport("https://so-tay.example"), rewrap=lambda _: None)


def become(store: Store, who: Member) -> None:
    with store.personal.write() as connection:
        keep_session(connection, session(who), server="https://so-tay.example", device="PC", now=NOW)


def test_the_session_is_kept_as_the_server_gave_it(account: Account) -> None:
    assert account.member() == member()
    assert account.units() == UNITS
    assert account.cell_unit() == Unit("hongson/anbinh/khu-pho-1", "Chi bộ Khu phố 1", UnitKind.CELL)
    assert (account.token, account.server) == ("tok-1", "https://so-tay.example")
    assert not account.session_expired()


@pytest.mark.parametrize(
    ("duties", "probationary", "text"),
    [
        ((DutyKind.MEMBER,), False, "Đảng viên"),
        ((DutyKind.MEMBER,), True, "Đảng viên dự bị"),
        ((DutyKind.MEMBER, DutyKind.CELL_SECRETARY), False, "Bí thư chi bộ"),
        (
            (DutyKind.PUBLISHER, DutyKind.MEMBER, DutyKind.CELL_DEPUTY),
            False,
            "Phó bí thư chi bộ, Cán bộ xuất bản",
        ),
        ((), False, "Đảng viên"),
    ],
)
def test_duties_are_said_as_people_say_them(
    account: Account, signed_in: Store, duties: tuple[DutyKind, ...], probationary: bool, text: str
) -> None:
    who = member(duties=duties)
    become(
        signed_in, Member(**{n: getattr(who, n) for n in Member.__slots__} | {"probationary": probationary})
    )
    assert account.duty_text() == text


def test_only_a_duty_permits_reading_the_cell(account: Account, signed_in: Store) -> None:
    cell = UNITS[-1].path
    assert not account.can(Action.READ_CELL, cell)
    become(signed_in, member(duties=(DutyKind.MEMBER, DutyKind.CELL_SECRETARY)))
    assert account.can(Action.READ_CELL, cell)
    assert not account.can(Action.READ_CELL, "hongson/anbinh/khu-pho-2")


def test_a_refused_token_is_remembered_and_announced(account: Account, signed_in: Store) -> None:
    heard: list[frozenset[Change]] = []
    signed_in.subscribe(heard.append)
    assert account.mark_expired() == {Change.ACCOUNT}
    assert account.session_expired()
    assert heard == [{Change.ACCOUNT}]


@pytest.fixture
def pc(ward: Ward, device: Callable[..., Device]) -> Device:
    """A's PC, signed in on the real server with PASSWORD."""
    pc = device("An", ward.new_cell({"An": []}))
    (code,) = issue_codes_on_server(ward.database, ward._house.keys, [pc.account_name], NOW)
    wanted = Activation(code=code.code, password=PASSWORD, device="PC")
    activate(ward.database, ward._house.keys, wanted, "192.0.2.1", NOW)
    with pc.store.personal.write() as connection:
        keep_session(connection, ward.sign_in(pc.account_name), server=ward.url, device="PC khu phố", now=NOW)
    return pc


@pytest.fixture
def rewrapped(pc: Device) -> list[str]:
    """The passwords that were made to open the profile."""
    passwords: list[str] = []
    pc.account = Account(pc.store, pc.line, rewrap=passwords.append)
    return passwords


def test_signing_in_again_ends_the_expiry_with_a_new_token(pc: Device, rewrapped: list[str]) -> None:
    pc.ward.sign_out_everywhere(pc.account_name)
    with pytest.raises(SignInFailed):
        pc.account.refresh()
    assert pc.account.session_expired()
    before = pc.account.token
    assert pc.account.sign_in_again(PASSWORD, NOW) == {Change.ACCOUNT}
    assert not pc.account.session_expired()
    assert pc.account.token not in ("", before)
    assert rewrapped == [PASSWORD]
    pc.account.refresh()


def test_a_wrong_password_leaves_everything_as_it_was(pc: Device, rewrapped: list[str]) -> None:
    pc.account.mark_expired()
    before = pc.account.token
    with pytest.raises(SignInFailed):
        pc.account.sign_in_again("không phải", NOW)
    assert (pc.account.token, pc.account.session_expired(), rewrapped) == (before, True, [])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.LOST, Offline),
        (Fault.PORTAL, ServerBroken),
        (Fault.BROKEN, ServerBroken),
        (Fault.BUSY, TooBusy),
    ],
)
def test_a_bad_line_is_not_taken_for_a_wrong_password(
    pc: Device, rewrapped: list[str], fault: Fault, error: type[Exception]
) -> None:
    before = pc.account.token
    for ask in (lambda: pc.account.sign_in_again(PASSWORD, NOW), pc.account.refresh):
        pc.line.faults.append(fault)
        with pytest.raises(error):
            ask()
    assert (pc.account.token, pc.account.session_expired(), rewrapped) == (before, False, [])


def test_a_new_duty_is_learned_from_the_server(pc: Device, rewrapped: list[str]) -> None:
    assert pc.account.refresh() == frozenset()
    pc.ward.load(pc.cell_path, {"An": [DutyKind.CELL_SECRETARY]})
    assert Change.ACCOUNT in pc.account.refresh()
    assert pc.account.duty_text() == "Bí thư chi bộ"
    assert pc.account.can(Action.REVIEW, pc.cell_path)
    assert pc.account.token, "the answer of /v1/me has no token: the old one stays"


def test_a_duty_that_ended_while_signed_out_takes_away_what_was_kept_for_it_everywhere(
    pc: Device, rewrapped: list[str]
) -> None:
    pc.ward.load(pc.cell_path, {"An": [DutyKind.CELL_SECRETARY]})
    changes = pc.account.refresh()
    pc.ward.load(pc.cell_path, {"An": []})
    pc.account.mark_expired()
    assert pc.account.sign_in_again(PASSWORD, NOW) == changes > {Change.ACCOUNT}
    assert not pc.account.can(Action.REVIEW, pc.cell_path)


def test_an_answer_about_another_account_changes_nothing(pc: Device, rewrapped: list[str]) -> None:
    become(pc.store, member("kp9.khac"))
    with pytest.raises((SignInFailed, NotAllowed)):
        pc.account.sign_in_again(PASSWORD, NOW)
    assert pc.account.member().account == "kp9.khac"


def test_a_session_without_the_members_cell_is_not_believed(signed_in: Store) -> None:
    from handbook.client.account import checked

    broken = session()
    without = Session(token="t", member=broken.member, units=broken.units[:-1], expires_at=broken.expires_at)
    with pytest.raises(ServerBroken, match="thuộc chi bộ nào"):
        checked(without)
    assert checked(broken) == broken
