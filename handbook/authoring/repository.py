"""The published folder: signed metadata, catalogues and packs, always in a state that readers can use.

Files are written before anything names them, and `timestamp.json`, which makes a state visible, comes last. A
process killed in between leaves files that nobody looks at yet; the next publishing or sealing takes them up.
"""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from securesystemslib.signer import SSlibKey
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from handbook.authoring import keys
from handbook.authoring.durable import write_durably
from handbook.authoring.prefaces import write_prefaces
from handbook.authoring.signed_folder import SignedFolder, delegated, keyids_of
from handbook.errors import BadInput, NotAllowed, Untrusted
from handbook.protocol import trust

S = TypeVar("S", bound=Signed)

_ORDINARY_VERSION = 2**30  # no snapshot reaches it by being signed every day
_COMPACT = JSONSerializer(compact=True)


class Repository(SignedFolder):
    """A published folder and the keys at hand. Changes are gathered, then written by `commit`."""

    def __init__(self, content_dir: Path, keys_dir: Path, unlock: keys.Unlock = keys.no_passphrase) -> None:
        super().__init__(content_dir)
        self._keys_dir = keys_dir
        self._unlock = unlock

    def lineage(self, publisher: str) -> str:
        """What its next catalogue bears when it has to begin anew because its key was revoked; else ''."""
        role = trust.role_of(publisher)
        if not self.is_revoked(role):
            return ""
        signer = keys.signer(
            self._keys_dir, role, self._unlock, self.delegations(trust.delegator_of(role))[role].keyids
        )
        if signer is None:
            raise self._no_key(role)
        return signer.public_key.keyid

    def create(self, now: datetime) -> None:
        """Makes root and targets where there are none yet. Raises BadInput when keys are missing for that."""
        if self.root() is None:
            root = Root(version=1, expires=until(now, trust.ROOT_LIFETIME), consistent_snapshot=True)
            for name in keys.ROOT_NAMES:
                root.add_key(self._public_key(name), Root.type)
            root.roles[Root.type].threshold = trust.ROOT_THRESHOLD
            for name in (Targets.type, *keys.ONLINE_NAMES):
                root.add_key(self._public_key(name), name)
            self._sign_root(Metadata(root))
        if self.role(Targets.type) is None:
            self._changed[Targets.type] = Metadata(Targets())

    def delegate(self, publisher: str) -> None:
        """Lets the publisher's key sign below its path, if it may not yet.

        Raises NotAllowed when the role belongs to another key, or when the one who decides it is not at hand.
        """
        role = trust.role_of(publisher)
        delegations = self.delegations(trust.delegator_of(role))
        if role in delegations:
            if not keys.can_sign(self._keys_dir, role, delegations[role].keyids):
                raise NotAllowed(
                    f"Khoá {keys.public_file(self._keys_dir, role)} không phải khoá đã được uỷ quyền "
                    f"cho “{publisher}”.",
                    "Hãy dùng đúng khoá, hoặc xin cấp trên đổi khoá uỷ quyền.",
                )
            return
        self.name_key(publisher, self._public_key(role))

    def name_key(self, publisher: str, key: SSlibKey | None, *, beside: bool = False) -> None:
        """Has the delegator name this key for the publisher, instead of those it has or `beside` them.

        Without a key nobody may sign for the publisher. Raises NotAllowed when the delegator's own key is not
        at hand, BadInput for a key that another role has.
        """
        role = trust.role_of(publisher)
        delegator = trust.delegator_of(role)
        above = self.role(delegator)
        if above is None and keys.private_file(self._keys_dir, delegator).exists():
            # A province that publishes nothing itself must be found all the same on the way to its communes.
            self.delegate(trust.publisher_of_role(delegator))
            above = Metadata(Targets())
        if above is None or not self._at_hand(delegator):
            raise NotAllowed(
                f"“{publisher}” chưa được uỷ quyền phát hành.",
                f"Hãy gửi tệp {keys.public_file(self._keys_dir, role).name} cho nơi giữ khoá “{delegator}” "
                "để được uỷ quyền trước.",
            )
        known = above.signed.delegations
        if known is None:
            known = above.signed.delegations = Delegations(keys={}, roles={})
        known.roles = known.roles or {}
        if key and any(key.keyid in other.keyids for name, other in known.roles.items() if name != role):
            raise BadInput("Khoá này đã được uỷ quyền cho nơi khác.", "Mỗi nơi phải có khoá riêng.")
        held = known.roles.get(role)
        before = list(held.keyids) if held else []
        if held is None:
            known.roles[role] = DelegatedRole(role, [], 1, terminating=True, paths=trust.paths_of(publisher))
        for keyid in before:
            if not beside and (key is None or keyid != key.keyid):
                above.signed.revoke_key(keyid, role)
        if key and key.keyid not in known.roles[role].keyids:
            above.signed.add_key(key, role)
        self._changed[delegator] = above

    def write_pack(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self._write(self.path / trust.pack_path(sha256), data)
        return sha256

    def write_dictionary(self, data: bytes) -> trust.DictionaryRef:
        sha256 = hashlib.sha256(data).hexdigest()
        self._write(self.path / trust.dictionary_path(sha256), data)
        return trust.DictionaryRef(sha256=sha256, length=len(data))

    def write_catalogue(self, catalogue: trust.Catalogue, data: bytes) -> None:
        """Writes a catalogue whose packs are written, and has its publisher's role name it."""
        role = trust.role_of(catalogue.publisher)
        target = TargetFile.from_data(trust.catalogue_path(catalogue.publisher), data, ["sha256"])
        self._write(self.target_file(target), data)
        metadata = self.role(role) or Metadata(Targets())
        metadata.signed.targets[target.path] = target
        self._changed[role] = metadata

    def commit(self, now: datetime) -> bool:
        """Signs what has changed or will expire before long, with the keys at hand, then seals it.

        Returns whether readers see it: without the server's two keys it waits for `seal` there.
        """
        self._renew(now)
        self._drop_replaced_keys()
        for role in sorted(self._changed, key=lambda role: (role != Targets.type, role.count("."))):
            metadata = self._changed[role]
            metadata.signed.version = self._newest(role) + 1
            metadata.signed.expires = until(now, trust.TARGETS_LIFETIME)
            self._sign(metadata, role, self._delegator(role))
        self._changed.clear()
        return self.seal(now)

    def seal(self, now: datetime) -> bool:
        """Makes all that publishers have signed visible, under a fresh timestamp.

        Nothing is signed, and False returned, when the server's two keys are not at hand. A file that its
        role did not sign stays out and holds up nobody: it is raised as Untrusted when the rest is sealed.
        """
        root = self.root()
        if root is None or not all(
            keys.can_sign(self._keys_dir, name, root.signed.roles[name].keyids) for name in keys.ONLINE_NAMES
        ):
            return False
        problems: list[Untrusted] = []
        snapshot = self._snapshot(root.signed, now, problems)
        write_prefaces(self, snapshot)
        data = self.metadata_file(Snapshot.type, snapshot).read_bytes()
        old = self._timestamp()
        timestamp = Timestamp(
            version=old.version + 1 if old else 1,
            expires=until(now, trust.TIMESTAMP_LIFETIME),
            snapshot_meta=MetaFile(snapshot, len(data), {"sha256": hashlib.sha256(data).hexdigest()}),
        )
        self._sign(Metadata(timestamp), Timestamp.type, root.signed)
        if problems:
            raise problems[0]
        return True

    def _snapshot(self, root: Root, now: datetime, problems: list[Untrusted]) -> int:
        """The version of a snapshot that names the newest state of every role; a new one when needed."""
        old = self._visible_snapshot()
        named = {f"{role}.json": version for role, version in self._trusted_versions(problems).items()}
        if old:
            lost = [name for name, was in old.meta.items() if self._newest(name[:-5]) < was.version]
            if lost:
                raise Untrusted(
                    f"Thư mục phát hành thiếu bản ký mới nhất của {', '.join(lost)}.",
                    "Hãy chép lại các tệp này từ bản sao lưu; máy đọc sẽ không nhận bản cũ hơn.",
                )
            before = {name: was.version for name, was in old.meta.items()}
            # What a revoked key signed stays named, for readers to refuse: no role may leave a snapshot.
            named = before | named
            is_current = before == named
            if is_current and not _is_half_gone(old.expires, trust.SNAPSHOT_LIFETIME, now):
                return old.version
        snapshot = Snapshot(
            version=old.version + 1 if old else self._first_snapshot(),
            expires=until(now, trust.SNAPSHOT_LIFETIME),
            meta={name: MetaFile(version) for name, version in named.items()},
        )
        self._sign(Metadata(snapshot), Snapshot.type, root)
        return snapshot.version

    def _first_snapshot(self) -> int:
        """The version with which a new snapshot key begins: no cache on the way knows another file by it.

        What a thief may have signed with the old key, up to the largest of numbers, does not count.
        """
        timestamp = self._timestamp()
        used = [version for version in self.versions(Snapshot.type) if version < _ORDINARY_VERSION]
        return max([timestamp.snapshot_meta.version if timestamp else 0, *used]) + 1

    def _trusted_versions(self, problems: list[Untrusted]) -> dict[str, int]:
        """Every role that is delegated and has signed something, with its newest version that holds."""
        visible = self.visible_versions()
        found: dict[str, int] = {}
        waiting = [Targets.type]
        while waiting:
            role = waiting.pop(0)
            versions = [version for version in self.versions(role) if version >= visible.get(role, 1)]
            refused: list[Untrusted] = []
            for version in sorted(versions, reverse=True):
                try:
                    metadata = self._judged(role, version)
                except Untrusted as error:
                    refused.append(error)
                    continue
                found[role] = version
                waiting += delegated(metadata)
                problems += refused
                break
        return found

    def _renew(self, now: datetime) -> None:
        """Has every role signed anew that we have the key of and whose signature is half over."""
        root = self.root()
        half_gone = root and _is_half_gone(root.signed.expires, trust.ROOT_LIFETIME, now)
        if half_gone and len(self._root_signers(root.signed)) >= trust.ROOT_THRESHOLD:
            root.signed.version += 1
            root.signed.expires = until(now, trust.ROOT_LIFETIME)
            self._sign_root(root)
        for role in self.roles():
            metadata = self.sound(role)
            half_gone = metadata and _is_half_gone(metadata.signed.expires, trust.TARGETS_LIFETIME, now)
            if half_gone and self._at_hand(role):
                self._changed.setdefault(role, metadata)

    def _drop_replaced_keys(self) -> None:
        """Of roles that have a new key beside the old, takes the old away once the new one has signed."""
        for delegator in self.roles():
            for role, named in self.delegations(delegator).items():
                two = len(named.keyids) > 1 and self._at_hand(delegator)
                metadata = self.sound(role) if two else None
                if metadata is None:
                    continue
                newest = named.keyids[-1]
                has_signed = newest in metadata.signatures
                if has_signed or keys.can_sign(self._keys_dir, role, [newest]):
                    if not has_signed:
                        self._changed.setdefault(role, metadata)
                    publisher = trust.publisher_of_role(role)
                    above = self.role(delegator)
                    self.name_key(publisher, above.signed.delegations.keys[newest])

    def _root_signers(self, root: Root) -> list[str]:
        keyids = root.roles[Root.type].keyids
        return [name for name in keys.ROOT_NAMES if keys.can_sign(self._keys_dir, name, keyids)]

    def _sign_root(self, metadata: Metadata[Root]) -> None:
        metadata.signatures.clear()
        for name in self._root_signers(metadata.signed):
            signer = keys.signer(self._keys_dir, name, self._unlock, metadata.signed.roles[Root.type].keyids)
            metadata.sign(signer, append=True)
        if len(metadata.signatures) < trust.ROOT_THRESHOLD:
            raise BadInput(f"Cần ít nhất {trust.ROOT_THRESHOLD} khoá gốc trong {self._keys_dir}.")
        self._write_metadata(metadata, Root.type)

    def take_root(self, metadata: Metadata[Root], now: datetime) -> bool:
        """Puts the next root in place and signs with the keys it names what they are for; `seal`s.

        The caller has verified it. Raises NotAllowed, and changes nothing, when a new key is not at hand.
        """
        old, new = self.root(), metadata.signed
        changed = [
            name
            for name in (Targets.type, *keys.ONLINE_NAMES)
            if set(keyids_of(new, name)) != set(keyids_of(old.signed, name))
        ]
        for name in changed:
            if not keys.can_sign(self._keys_dir, name, keyids_of(new, name)):
                raise NotAllowed(
                    f"Bản gốc mới đổi khoá {name}, nhưng khoá mới không có trong {self._keys_dir}.",
                    f"Hãy chạy lệnh này trên máy giữ khoá {name} mới.",
                )
        if Targets.type in changed and (targets := self.role(Targets.type)):
            targets.signed.version += 1
            targets.signed.expires = until(now, trust.TARGETS_LIFETIME)
            self._sign(targets, Targets.type, new)
        self._write_metadata(metadata, Root.type)
        return self.seal(now)

    def may_name(self, role: str) -> bool:
        """Whether the key that decides who signs for the role is at hand."""
        return self._at_hand(trust.delegator_of(role))

    def _at_hand(self, role: str) -> bool:
        """Whether a key that may sign for the role now lies in the folder of keys."""
        delegator = self._delegator(role)
        keyids = keyids_of(delegator, role) if delegator else None
        return keys.can_sign(self._keys_dir, role, keyids)

    def _sign(self, metadata: Metadata[S], role: str, delegator: Root | Targets | None) -> None:
        keyids = keyids_of(delegator, role) if delegator else ()
        signer = keys.signer(self._keys_dir, role, self._unlock, keyids)
        if signer is None:
            raise self._no_key(role)
        metadata.sign(signer)
        self._write_metadata(metadata, role)

    def _no_key(self, role: str) -> BadInput:
        return BadInput(
            f"Trong {self._keys_dir} không có khoá {role}.pem để ký.",
            "Hãy đưa vào thư mục khoá đang được uỷ quyền; handbook keys list cho biết đó là khoá nào.",
        )

    def _write_metadata(self, metadata: Metadata[S], role: str) -> None:
        version = 0 if role == Timestamp.type else metadata.signed.version
        self._write(self.metadata_file(role, version), metadata.to_bytes(_COMPACT), replace=True)

    def _public_key(self, name: str) -> SSlibKey:
        key = keys.public_key(self._keys_dir, name)
        if key is None:
            raise BadInput(f"Trong {self._keys_dir} không có khoá {name}.pub.")
        return key

    def _write(self, file: Path, data: bytes, *, replace: bool = False) -> None:
        """The whole file or nothing, on the disk when this returns; a file named by its hash once only."""
        if not replace and file.exists() and file.read_bytes() == data:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, data)


def trusted_root(content_dir: Path) -> bytes:
    """The newest root of a published folder, which an installer places on a PC. Raises BadInput."""
    repository = Repository(content_dir, content_dir)
    root = repository.root()
    if root is None:
        raise BadInput(f"{content_dir} chưa có nội dung phát hành.")
    return root.to_bytes(_COMPACT)


def until(now: datetime, lifetime: timedelta) -> datetime:
    return (now + lifetime).replace(microsecond=0)


def _is_half_gone(expires: datetime, lifetime: timedelta, now: datetime) -> bool:
    return expires - now < lifetime / 2
