"""Makes a member's profile on this PC out of an activation code or a password: whole, or not at all.

The profile is prepared beside its place and moved there by one rename. What an installation that was killed
left is cleared by the next one.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from handbook.client import disk
from handbook.client.account import composed, keep_session, request_session
from handbook.client.network import ProxyCredentials, proxies
from handbook.client.profiles import ProfileCard, is_account_name, profile_dir, write_card
from handbook.client.settings import change_settings, read_settings
from handbook.client.store import Store, profile_lock
from handbook.client.transport import HttpTransport, Transport
from handbook.client.vault import Vault
from handbook.errors import BadInput, Expected, Locked, ProfileInUse, ServerBroken, SignInFailed
from handbook.protocol.api import MIN_PASSWORD_CHARACTERS, Activation, Session, SignIn

INSTALL_WAIT_SECONDS = 10


def activate(
    data_dir: Path,
    server: str,
    code: str,
    password: str,
    device: str,
    *,
    transport: Transport | None = None,
    now: datetime,
) -> str:
    """Uses up an activation code, sets the account's password, and makes its profile on this PC.

    `device` names this PC to the member. Returns the account. Whatever fails, no half profile is left; what
    is wrong with this PC or the password shows before the code is used. A profile that is here already is
    kept and gets the new session.

    Raises BadInput, SignInFailed, Offline, TooBusy, ServerBroken, DiskProblem; for a profile that is here
    also ProfileInUse, and Locked when it opens with a former password only.
    """
    _check_password(password)
    server = _url(server)
    request = Activation(code=code.strip(), password=composed(password), device=device)
    with _installing(data_dir):
        with _line(transport, server, data_dir) as line:
            session = request_session(line, "/v1/activate", request)
        _install_activated(data_dir, server, session, password, device, now)
    return session.member.account


def begin_anew(
    data_dir: Path,
    server: str,
    account: str,
    code: str,
    password: str,
    device: str,
    *,
    transport: Transport | None = None,
    now: datetime,
) -> str:
    """As `activate`, for an account whose profile on this PC nobody can open any more: it is put away first.

    What the server holds comes back with the next sync; the rest stays locked in the folder that was put
    away, where nothing is deleted. The profile keeps its place when the code is not accepted, or is for
    another account, which is activated then. Raises as `activate`.
    """
    _check_password(password)
    server = _url(server)
    folder = profile_dir(data_dir, account)
    request = Activation(code=code.strip(), password=composed(password), device=device)
    with _installing(data_dir):
        if folder.is_dir():
            profile_lock(folder).release()  # raises while another program has it open
        with _line(transport, server, data_dir) as line:
            session = request_session(line, "/v1/activate", request)
        if session.member.account == account and folder.is_dir():
            _put_away(folder)
        _install_activated(data_dir, server, session, password, device, now)
    return session.member.account


def sign_in(
    data_dir: Path,
    server: str,
    account: str,
    password: str,
    device: str,
    *,
    transport: Transport | None = None,
    now: datetime,
) -> str:
    """Signs in to an account that was activated elsewhere, or again on this PC; otherwise as `activate`."""
    server = _url(server)
    profile_dir(data_dir, account)
    request = SignIn(account=account, password=composed(password), device=device)
    with _installing(data_dir):
        with _line(transport, server, data_dir) as line:
            session = request_session(line, "/v1/sign-in", request)
        if session.member.account != account:
            raise ServerBroken("Máy chủ trả lời bằng một tài khoản khác.", "Hãy báo quản trị máy chủ.")
        _install(data_dir, server, session, password, device, now)
    return account


def _put_away(folder: Path) -> None:
    """Takes the profile out of the list. Raises DiskProblem."""
    number = 1
    while (target := folder.with_name(f".{folder.name}.old-{number}")).exists():
        number += 1
    try:
        folder.rename(target)
    except OSError as error:
        raise disk.from_os(error, folder) from error


def _check_password(password: str) -> None:
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise BadInput(
            f"Mật khẩu cần ít nhất {MIN_PASSWORD_CHARACTERS} ký tự.",
            "Một câu ngắn dễ nhớ với riêng đồng chí là mật khẩu tốt.",
        )


@contextmanager
def _installing(data_dir: Path) -> Iterator[None]:
    """One installation at a time on this PC; finds out first whether the disk takes one at all."""
    root = data_dir / "profiles"
    disk.make_folder(root)
    try:
        lock = FileLock(root / ".installing", timeout=INSTALL_WAIT_SECONDS)
        lock.acquire()
    except Timeout as error:
        raise ProfileInUse(
            "Một cửa sổ khác của sổ tay đang đăng nhập.", "Hãy hoàn tất ở cửa sổ ấy, rồi thử lại."
        ) from error
    except OSError as error:
        raise disk.from_os(error, root) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _line(transport: Transport | None, server: str, data_dir: Path) -> Iterator[Transport]:
    """The given transport, or one to the server for the time of the block."""
    if transport is not None:
        yield transport
        return
    own = HttpTransport(server, proxies=proxies(read_settings(data_dir), ProxyCredentials()))
    try:
        yield own
    finally:
        own.close()


def _install_activated(
    data_dir: Path, server: str, session: Session, password: str, device: str, now: datetime
) -> None:
    try:
        _install(data_dir, server, session, password, device, now)
    except Expected as error:
        # The server has done its part: what is left is signing in.
        account = session.member.account
        advice = f"{error.advice} Mã kích hoạt đã dùng xong: lần sau hãy đăng nhập bằng tài khoản {account}"
        raise type(error)(error.message, f"{advice} và mật khẩu vừa đặt.".strip()) from error


def _install(
    data_dir: Path, server: str, session: Session, password: str, device: str, now: datetime
) -> None:
    """Makes the profile of the session, whole or not at all; one that is here gets the session."""
    account = session.member.account
    if not is_account_name(account):
        raise ServerBroken("Máy chủ trả lời bằng tên tài khoản không hợp lệ.", "Hãy báo quản trị máy chủ.")
    folder = profile_dir(data_dir, account)
    vault = Vault(data_dir)
    if folder.is_dir():
        _renew(folder, vault, server, session, password, device, now)
    else:
        draft = folder.with_name(f".{account}.new")
        try:
            shutil.rmtree(draft, ignore_errors=True)  # of an installation that was killed
            key = vault.create(account, password, folder=draft)
            _keep(draft, key, server, session, device, now)
            try:
                draft.rename(folder)
                disk.sync_folder(folder.parent)
            except OSError as error:
                raise disk.from_os(error, folder) from error
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    change_settings(data_dir, server=server, last_account=account)


def _renew(
    folder: Path, vault: Vault, server: str, session: Session, password: str, device: str, now: datetime
) -> None:
    account = session.member.account
    try:
        key = vault.unlock(account, password)
    except SignInFailed as error:
        raise Locked(
            "Máy chủ nhận mật khẩu này, nhưng dữ liệu của tài khoản trên máy này còn khoá bằng mật khẩu cũ.",
            "Hãy mở sổ tay bằng mật khẩu cũ; khi mục Đồng bộ hỏi lại mật khẩu thì gõ mật khẩu mới.",
        ) from error
    _keep(folder, key, server, session, device, now)
    vault.rewrap(account, key, password)


def _keep(folder: Path, key: bytes, server: str, session: Session, device: str, now: datetime) -> None:
    store = Store(folder, key)
    try:
        with store.personal.write() as connection:
            keep_session(connection, session, server=server, device=device, now=now)
        cell = next(unit for unit in session.units if unit.path == session.member.unit)
        write_card(
            folder,
            ProfileCard(
                account=session.member.account, name=session.member.name, unit_name=cell.name, server=server
            ),
        )
    finally:
        store.close()


def _url(server: str) -> str:
    """The base URL as it is kept: what a person types without a scheme is meant as HTTPS."""
    server = server.strip().rstrip("/")
    return server if "://" in server or not server else f"https://{server}"
