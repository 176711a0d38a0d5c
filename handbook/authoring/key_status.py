"""Which key signs what, until when its signature is believed, and what somebody has to do before long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tuf.api.metadata import Root

from handbook.authoring import keys
from handbook.authoring.repository import Repository
from handbook.errors import BadInput
from handbook.protocol import trust

_LIFETIMES = {
    "root": trust.ROOT_LIFETIME,
    "snapshot": trust.SNAPSHOT_LIFETIME,
    "timestamp": trust.TIMESTAMP_LIFETIME,
}

SHORT_ID = 8  # characters of a key's id that people compare


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleStatus:
    """`keyids` are the keys that may sign, the newest last; `here` those whose private half is at hand.

    `expires` is None when the role has signed nothing that holds, `revoked` when it had before.
    """

    role: str
    threshold: int
    keyids: tuple[str, ...]
    here: tuple[str, ...]
    expires: datetime | None
    revoked: bool

    def needs_renewal(self, now: datetime, ahead: timedelta) -> bool:
        """Whether somebody has to sign within that time, or has to already.

        What is signed every day is late when half of its lifetime is gone, however far one looks ahead.
        """
        late = min(ahead, _LIFETIMES.get(self.role, trust.TARGETS_LIFETIME) / 2)
        return self.revoked or (self.expires is not None and self.expires - now < late)


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """All roles, outermost first, and private keys in the folder that nothing names (any more)."""

    roles: tuple[RoleStatus, ...]
    unused: tuple[Path, ...]


def key_status(content_dir: Path, keys_dir: Path) -> KeyStatus:
    """Raises BadInput when nothing is published there, Untrusted, DiskProblem."""
    repository = Repository(content_dir, keys_dir)
    root = repository.root()
    if root is None:
        raise BadInput(f"{content_dir} chưa có nội dung phát hành.", "Hãy đưa đúng thư mục nội dung.")
    held = {
        file.key.keyid: file.private
        for public in sorted(keys_dir.glob("*.pub"))
        if (file := keys.read_public(public)).can_sign
    }
    found = []
    for name in (Root.type, *keys.ONLINE_NAMES):
        role = root.signed.roles[name]
        expires = root.signed.expires if name == Root.type else repository.online_expiry(name)
        found.append(_status(name, role.threshold, role.keyids, held, expires, revoked=False))
    for name in repository.roles():
        keyids = repository.keyids(name)
        metadata = repository.sound(name)
        expires = metadata.signed.expires if metadata else None
        revoked = metadata is None and repository.is_revoked(name)
        found.append(_status(name, 1, keyids, held, expires, revoked=revoked))
    named = {keyid for role in found for keyid in role.keyids}
    unused = tuple(private for keyid, private in held.items() if keyid not in named)
    return KeyStatus(tuple(found), unused)


def _status(
    role: str,
    threshold: int,
    keyids: list[str],
    held: dict[str, Path],
    expires: datetime | None,
    *,
    revoked: bool,
) -> RoleStatus:
    return RoleStatus(
        role=role,
        threshold=threshold,
        keyids=tuple(keyids),
        here=tuple(keyid for keyid in keyids if keyid in held),
        expires=expires,
        revoked=revoked,
    )


def signs_what(role: str) -> str:
    """What a role is for, in words."""
    fixed = {
        "root": "gốc tin cậy: khoá nào ký cho bốn vai trò trên cùng",
        "targets": "trung ương và các tỉnh nào được phát hành",
        "snapshot": "bản nào của mỗi nơi là mới nhất (máy chủ)",
        "timestamp": "niêm phong hằng ngày (máy chủ)",
    }
    if role in fixed:
        return fixed[role]
    publisher = trust.publisher_of_role(role)
    below = "" if "/" in publisher or publisher == trust.CENTRAL else ", và khoá của các xã, phường bên dưới"
    return f"nội dung của {publisher}{below}"
