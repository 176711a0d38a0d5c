"""The published folder: signed metadata, catalogues and packs, always in a state that readers can use.

Files are written before anything names them, and `timestamp.json`, which makes a state visible, comes last. A
process killed in between leaves files that nobody looks at yet; the next publishing or sealing takes them up.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from filelock import FileLock
from tuf.api.exceptions import RepositoryError
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
from handbook.errors import BadInput, DiskProblem, NotAllowed, Untrusted
from handbook.protocol import packs, trust

S = TypeVar("S", bound=Signed)

_LOCK = ".publishing.lock"
_COMPACT = JSONSerializer(compact=True)


class Repository:
    """The folder `content_dir` and the keys at hand. Changes are gathered, then written by `commit`.

    Raises DiskProblem for what the disk refuses, Untrusted for a file in the folder that is not signed well.
    """

    def __init__(self, content_dir: Path, keys_dir: Path, passphrase: str = "") -> None:
        self._dir = content_dir
        self._keys_dir = keys_dir
        self._passphrase = passphrase
        self._changed: dict[str, Metadata[Targets]] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time; wraps disk errors."""
        try:
            self._dir.mkdir(parents=True, exist_ok=True)
            with FileLock(self._dir / _LOCK):
                yield
        except OSError as error:
            raise DiskProblem(
                f"Không ghi được vào thư mục phát hành {self._dir} ({error.strerror or error}).",
                "Những gì đã phát hành vẫn dùng được. Hãy kiểm tra ổ đĩa, quyền ghi rồi làm lại.",
            ) from error

    def root(self) -> Metadata[Root] | None:
        version = self._newest("root")
        return Metadata[Root].from_file(str(self._metadata_file("root", version))) if version else None

    def role(self, role: str) -> Metadata[Targets] | None:
        """The newest signed state of `targets` or a publisher's role, None when it has signed nothing yet."""
        if role in self._changed:
            return self._changed[role]
        version = self._newest(role)
        if not version:
            return None
        file = self._metadata_file(role, version)
        delegator = self.root() if role == Targets.type else self.role(trust.delegator_of(role))
        try:
            metadata = Metadata[Targets].from_file(str(file))
            if delegator is None or metadata.signed.version != version:
                raise RepositoryError("not delegated, or misnamed")
            delegator.signed.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        except (RepositoryError, ValueError) as error:
            raise Untrusted(
                f"Tệp {file} không mang chữ ký của nơi được uỷ quyền nên bị từ chối.",
                "Hãy gỡ tệp này ra rồi hỏi lại nơi đã gửi.",
            ) from error
        return metadata

    def catalogue(self, publisher: str) -> trust.Catalogue | None:
        """What the publisher has signed last, None when nothing."""
        metadata = self.role(trust.role_of(publisher))
        target = metadata.signed.targets.get(trust.catalogue_path(publisher)) if metadata else None
        if target is None:
            return None
        data = self._target_file(target).read_bytes()
        try:
            target.verify_length_and_hashes(data)
        except RepositoryError as error:
            raise Untrusted(f"Danh mục đã phát hành của “{publisher}” bị thay đổi trên đĩa.") from error
        return trust.read_catalogue(data, publisher)

    def items(self, catalogue: trust.Catalogue) -> dict[str, packs.Item]:
        """The latest edition of every id in a catalogue, withdrawn ones included."""
        dictionaries = {
            ref.sha256: (self._dir / trust.dictionary_path(ref.sha256)).read_bytes()
            for ref in catalogue.dictionaries
        }
        held: dict[str, packs.Item] = {}
        for ref in catalogue.packs:
            data = (self._dir / trust.pack_path(ref.sha256)).read_bytes()
            dictionary = dictionaries.get(packs.read_header(data).dictionary, b"")
            for item in packs.open_pack(data, ref.sha256, dictionary):
                if item.id not in held or held[item.id].edition < item.edition:
                    held[item.id] = item
        return held

    def dictionary(self, catalogue: trust.Catalogue) -> bytes:
        """The bytes of the dictionary that new packs of this publisher use, or none."""
        if not catalogue.dictionaries:
            return b""
        return (self._dir / trust.dictionary_path(catalogue.dictionaries[-1].sha256)).read_bytes()

    def create(self, now: datetime) -> None:
        """Makes root and targets where there are none yet. Raises BadInput when keys are missing for that."""
        if self.root() is None:
            root = Root(version=1, expires=_until(now, trust.ROOT_LIFETIME), consistent_snapshot=True)
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
        key = self._public_key(role)
        delegator = trust.delegator_of(role)
        above = self.role(delegator)
        if above is None and keys.private_file(self._keys_dir, delegator).exists():
            # A province that publishes nothing itself must be found all the same on the way to its communes.
            self.delegate(trust.publisher_of_role(delegator))
            above = self._changed[delegator] = Metadata(Targets())
        known = above.signed.delegations if above else None
        if known and known.roles and role in known.roles:
            if key.keyid not in known.roles[role].keyids:
                raise NotAllowed(
                    f"Khoá {keys.public_file(self._keys_dir, role)} không phải khoá đã được uỷ quyền "
                    f"cho “{publisher}”.",
                    "Hãy dùng đúng khoá, hoặc xin cấp trên đổi khoá uỷ quyền.",
                )
            return
        if above is None or not keys.private_file(self._keys_dir, delegator).exists():
            raise NotAllowed(
                f"“{publisher}” chưa được uỷ quyền phát hành.",
                f"Hãy gửi tệp {keys.public_file(self._keys_dir, role).name} cho nơi giữ khoá “{delegator}” "
                "để được uỷ quyền trước.",
            )
        if known is None:
            known = above.signed.delegations = Delegations(keys={}, roles={})
        known.roles = known.roles or {}
        known.roles[role] = DelegatedRole(role, [], 1, terminating=True, paths=trust.paths_of(publisher))
        above.signed.add_key(key, role)
        self._changed[delegator] = above

    def write_pack(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self._write(self._dir / trust.pack_path(sha256), data)
        return sha256

    def write_dictionary(self, data: bytes) -> trust.DictionaryRef:
        sha256 = hashlib.sha256(data).hexdigest()
        self._write(self._dir / trust.dictionary_path(sha256), data)
        return trust.DictionaryRef(sha256=sha256, length=len(data))

    def write_catalogue(self, catalogue: trust.Catalogue, data: bytes) -> None:
        """Writes a catalogue whose packs are written, and has its publisher's role name it."""
        role = trust.role_of(catalogue.publisher)
        target = TargetFile.from_data(trust.catalogue_path(catalogue.publisher), data, ["sha256"])
        self._write(self._target_file(target), data)
        metadata = self.role(role) or Metadata(Targets())
        metadata.signed.targets[target.path] = target
        self._changed[role] = metadata

    def commit(self, now: datetime) -> bool:
        """Signs what has changed or will expire before long, with the keys at hand, then seals it.

        Returns whether readers see it: without the server's two keys it waits for `seal` there.
        """
        self._renew(now)
        for role, metadata in self._changed.items():
            metadata.signed.version = self._newest(role) + 1
            metadata.signed.expires = _until(now, trust.TARGETS_LIFETIME)
            self._sign(metadata, role, role)
        self._changed.clear()
        return self.seal(now)

    def seal(self, now: datetime) -> bool:
        """Makes all that publishers have signed visible, under a fresh timestamp.

        Nothing is signed, and False returned, when the server's two keys are not at hand.
        """
        if not all(keys.private_file(self._keys_dir, name).exists() for name in keys.ONLINE_NAMES):
            return False
        old = self._timestamp()
        snapshot = self._snapshot(old, now)
        data = self._metadata_file(Snapshot.type, snapshot).read_bytes()
        timestamp = Timestamp(
            version=old.version + 1 if old else 1,
            expires=_until(now, trust.TIMESTAMP_LIFETIME),
            snapshot_meta=MetaFile(snapshot, len(data), {"sha256": hashlib.sha256(data).hexdigest()}),
        )
        self._sign(Metadata(timestamp), Timestamp.type, Timestamp.type)
        return True

    def _snapshot(self, timestamp: Timestamp | None, now: datetime) -> int:
        """The version of a snapshot that names the newest state of every role; a new one when needed."""
        meta = {f"{role}.json": MetaFile(version) for role, version in self._visible_roles()}
        current = timestamp.snapshot_meta.version if timestamp else 0
        if current:
            old = Metadata[Snapshot].from_file(str(self._metadata_file(Snapshot.type, current))).signed
            lost = [
                name for name, was in old.meta.items() if name not in meta or meta[name].version < was.version
            ]
            if lost:
                raise Untrusted(
                    f"Thư mục phát hành thiếu bản ký mới nhất của {', '.join(lost)}.",
                    "Hãy chép lại các tệp này từ bản sao lưu; máy đọc sẽ không nhận bản cũ hơn.",
                )
            if old.meta == meta and not _is_half_gone(old.expires, trust.SNAPSHOT_LIFETIME, now):
                return current
        snapshot = Snapshot(version=current + 1, expires=_until(now, trust.SNAPSHOT_LIFETIME), meta=meta)
        self._sign(Metadata(snapshot), Snapshot.type, Snapshot.type)
        return snapshot.version

    def _visible_roles(self) -> Iterator[tuple[str, int]]:
        """Every role that is delegated and has signed something, with its newest version."""
        waiting = [Targets.type]
        while waiting:
            role = waiting.pop(0)
            metadata = self.role(role)
            if metadata is None:
                continue
            yield role, metadata.signed.version
            if metadata.signed.delegations and metadata.signed.delegations.roles:
                waiting += metadata.signed.delegations.roles

    def _renew(self, now: datetime) -> None:
        """Has every role signed anew that we have the key of and whose signature is half over."""
        root = self.root()
        if root and _is_half_gone(root.signed.expires, trust.ROOT_LIFETIME, now):
            at_hand = [name for name in keys.ROOT_NAMES if keys.private_file(self._keys_dir, name).exists()]
            if len(at_hand) >= trust.ROOT_THRESHOLD:
                root.signed.version += 1
                root.signed.expires = _until(now, trust.ROOT_LIFETIME)
                self._sign_root(root)
        for role, _ in list(self._visible_roles()):
            metadata = self.role(role)
            at_hand = keys.private_file(self._keys_dir, role).exists()
            half_gone = metadata and _is_half_gone(metadata.signed.expires, trust.TARGETS_LIFETIME, now)
            if half_gone and at_hand and role not in self._changed:
                self._changed[role] = metadata

    def _timestamp(self) -> Timestamp | None:
        file = self._metadata_file(Timestamp.type, 0)
        return Metadata[Timestamp].from_file(str(file)).signed if file.exists() else None

    def _sign_root(self, metadata: Metadata[Root]) -> None:
        metadata.signatures.clear()
        for name in keys.ROOT_NAMES:
            if signer := keys.signer(self._keys_dir, name, self._passphrase):
                metadata.sign(signer, append=True)
        if len(metadata.signatures) < trust.ROOT_THRESHOLD:
            raise BadInput(f"Cần ít nhất {trust.ROOT_THRESHOLD} khoá gốc trong {self._keys_dir}.")
        self._write_metadata(metadata, Root.type)

    def _sign(self, metadata: Metadata[S], role: str, key_name: str) -> None:
        signer = keys.signer(self._keys_dir, key_name, self._passphrase)
        if signer is None:
            raise BadInput(f"Trong {self._keys_dir} không có khoá {key_name}.pem để ký.")
        metadata.sign(signer)
        self._write_metadata(metadata, role)

    def _write_metadata(self, metadata: Metadata[S], role: str) -> None:
        version = 0 if role == Timestamp.type else metadata.signed.version
        self._write(self._metadata_file(role, version), metadata.to_bytes(_COMPACT), replace=True)

    def _public_key(self, name: str) -> keys.SSlibKey:
        key = keys.public_key(self._keys_dir, name)
        if key is None:
            raise BadInput(f"Trong {self._keys_dir} không có khoá {name}.pub.")
        return key

    def _newest(self, role: str) -> int:
        """The highest version of a role's metadata in the folder, 0 for none."""
        found = (self._dir / trust.METADATA).glob(f"*.{role}.json")
        versions = (file.name.removesuffix(f".{role}.json") for file in found)
        return max((int(version) for version in versions if version.isdecimal()), default=0)

    def _metadata_file(self, role: str, version: int) -> Path:
        return self._dir / trust.METADATA / (f"{version}.{role}.json" if version else f"{role}.json")

    def _target_file(self, target: TargetFile) -> Path:
        folder, _, name = target.path.rpartition("/")
        return self._dir / trust.TARGETS / folder / f"{target.hashes['sha256']}.{name}"

    def _write(self, file: Path, data: bytes, *, replace: bool = False) -> None:
        """The whole file or nothing, on the disk when this returns; a file named by its hash once only."""
        if not replace and file.exists() and file.read_bytes() == data:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with draft.open("xb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
        if os.name == "posix":
            folder = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def trusted_root(content_dir: Path) -> bytes:
    """The newest root of a published folder, which an installer places on a PC. Raises BadInput."""
    repository = Repository(content_dir, content_dir)
    root = repository.root()
    if root is None:
        raise BadInput(f"{content_dir} chưa có nội dung phát hành.")
    return root.to_bytes(_COMPACT)


def _until(now: datetime, lifetime: timedelta) -> datetime:
    return (now + lifetime).replace(microsecond=0)


def _is_half_gone(expires: datetime, lifetime: timedelta, now: datetime) -> bool:
    return expires - now < lifetime / 2
