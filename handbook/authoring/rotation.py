"""Another key for a publisher: planned, both keys valid meanwhile, or at once when the old was stolen."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from handbook.authoring import keys
from handbook.authoring.keys import KeyFile
from handbook.authoring.repository import Repository
from handbook.errors import BadInput
from handbook.protocol import trust


@dataclass(frozen=True, slots=True)
class Rotation:
    """`named`: the one above accepts the new key now; otherwise its public file has to be sent there.

    `settled`: the old key counts no more. `visible`: readers know it; else the server must still seal it.
    """

    key: KeyFile
    named: bool
    settled: bool
    visible: bool


def rotate(
    content_dir: Path,
    keys_dir: Path,
    publisher: str,
    now: datetime,
    *,
    public: Path | None = None,
    passphrase: str = "",
    unlock: keys.Unlock = keys.no_passphrase,
) -> Rotation:
    """A planned change: content stays readable throughout, and nobody fetches anything again.

    Without `public` a new pair is made in `keys_dir`, locked by `passphrase`. Where the key of the one above
    is at hand, it names the new key beside the old, which ends when the new one has signed: at once when it
    is here too, else with the next publishing or rotation there. Doing it again after a kill goes on where it
    stopped. Raises BadInput, NotAllowed, Untrusted, DiskProblem.
    """
    role = _role(publisher)
    repository = Repository(content_dir, keys_dir, unlock)
    with repository.locked():
        named = repository.delegations(trust.delegator_of(role)).get(role)
        if named is None:
            raise _unknown(publisher)
        key = keys.read_public(public) if public else _next_key(keys_dir, role, named.keyids, passphrase)
        if not repository.may_name(role):
            return Rotation(key, named=False, settled=False, visible=False)
        repository.name_key(publisher, key.key, beside=True)
        visible = repository.commit(now)
        left = repository.delegations(trust.delegator_of(role))[role].keyids
        return Rotation(key, named=True, settled=left == [key.key.keyid], visible=visible)


def revoke(
    content_dir: Path,
    keys_dir: Path,
    publisher: str,
    now: datetime,
    *,
    public: Path | None = None,
    unlock: keys.Unlock = keys.no_passphrase,
) -> bool:
    """The publisher's keys count no more, from now on and for what they signed; `public` takes their place.

    Readers keep what is installed and take nothing in until the publisher has published with the new key;
    then all that the old key signed is replaced. Without `public` nobody may sign meanwhile. Returns whether
    readers know it already. Raises BadInput, NotAllowed, Untrusted, DiskProblem.
    """
    role = _role(publisher)
    repository = Repository(content_dir, keys_dir, unlock)
    with repository.locked():
        named = repository.delegations(trust.delegator_of(role)).get(role)
        if named is None:
            raise _unknown(publisher)
        key = keys.read_public(public).key if public else None
        if key and key.keyid in named.keyids:
            raise BadInput(
                f"{public} chính là khoá đang bị thu hồi.", "Hãy tạo khoá mới: handbook keys rotate"
            )
        repository.name_key(publisher, key)
        return repository.commit(now)


def _next_key(keys_dir: Path, role: str, named: list[str], passphrase: str) -> KeyFile:
    known = keys.key_files(keys_dir, role)
    if known and known[-1].can_sign and known[-1].key.keyid not in named:
        return known[-1]
    return keys.create_next(keys_dir, role, passphrase)


def _role(publisher: str) -> str:
    if not trust.is_publisher_path(publisher):
        raise _unknown(publisher)
    return trust.role_of(publisher)


def _unknown(publisher: str) -> BadInput:
    return BadInput(
        f"“{publisher}” chưa được uỷ quyền phát hành trong thư mục này.",
        "handbook keys list cho biết những nơi đã được uỷ quyền.",
    )
