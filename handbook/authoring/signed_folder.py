"""The published folder as it is read: metadata that is believed only when the right key signed it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Metadata,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from handbook.authoring.shelf import Shelf, StoredPack
from handbook.errors import BadInput, DiskProblem, Untrusted
from handbook.protocol import trust

_LOCK = ".publishing.lock"


class SignedFolder:
    """The folder `content_dir`; `_changed` holds the states that are about to be signed.

    Raises DiskProblem for what the disk refuses, Untrusted for a file in the folder that is not signed well.
    """

    def __init__(self, content_dir: Path) -> None:
        self.path = content_dir
        self._changed: dict[str, Metadata[Targets]] = {}

    @contextmanager
    def locked(self, *, new: bool = False) -> Iterator[None]:
        """One writer at a time; wraps disk errors. Only a `new` folder is made: a mistyped one is not."""
        if not new and not self.path.is_dir():
            raise BadInput(f"{self.path} chưa có nội dung phát hành.", "Hãy kiểm tra đường dẫn rồi làm lại.")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / _LOCK):
                yield
        except OSError as error:
            raise DiskProblem(
                f"Không ghi được vào thư mục phát hành {self.path} ({error.strerror or error}).",
                "Những gì đã phát hành vẫn dùng được. Hãy kiểm tra ổ đĩa, quyền ghi rồi làm lại.",
            ) from error

    def root(self) -> Metadata[Root] | None:
        version = self._newest("root")
        return Metadata[Root].from_file(str(self.metadata_file("root", version))) if version else None

    def role(self, role: str) -> Metadata[Targets] | None:
        """The newest signed state of `targets` or a publisher's role.

        None when it has signed nothing yet, or nothing since its key was revoked. Raises Untrusted for a file
        that was never signed as it should be.
        """
        if role in self._changed:
            return self._changed[role]
        version = self._newest(role)
        if not version:
            return None
        try:
            return self._judged(role, version)
        except Untrusted:
            if self.is_revoked(role):
                return None
            raise

    def sound(self, role: str) -> Metadata[Targets] | None:
        """As `role`, None for what cannot be trusted: whose it is not is not to be held up by it."""
        try:
            return self.role(role)
        except Untrusted:
            return None

    def is_revoked(self, role: str) -> bool:
        """Whether what readers see of the role was signed with a key that has been taken from it since."""
        visible = self.visible_versions().get(role, 0)
        try:
            return bool(visible) and self._judged(role, visible) is None
        except Untrusted:
            return True

    def roles(self) -> tuple[str, ...]:
        """`targets` and every role delegated below it, outermost first."""
        found, waiting = [], [Targets.type]
        while waiting:
            role = waiting.pop(0)
            found.append(role)
            waiting += delegated(self.sound(role))
        return tuple(found)

    def delegations(self, delegator: str) -> Mapping[str, DelegatedRole]:
        """The roles below one, by name; none when it has signed nothing."""
        return delegated(self.role(delegator))

    def keyids(self, role: str) -> list[str]:
        """The keys that may sign for `targets` or a publisher's role, the newest last."""
        delegator = self._delegator(role)
        return keyids_of(delegator, role) if delegator else []

    def visible_versions(self) -> dict[str, int]:
        """The version of every role that readers see now."""
        snapshot = self._visible_snapshot()
        return (
            {name.removesuffix(".json"): file.version for name, file in snapshot.meta.items()}
            if snapshot
            else {}
        )

    def online_expiry(self, name: str) -> datetime | None:
        """Until when readers believe `snapshot` or `timestamp`; None when its key was replaced since."""
        signed = self._timestamp() if name == Timestamp.type else self._visible_snapshot()
        return signed.expires if signed else None

    def catalogue(self, publisher: str) -> trust.Catalogue | None:
        """What the publisher has signed last, None when nothing."""
        metadata = self.role(trust.role_of(publisher))
        target = metadata.signed.targets.get(trust.catalogue_path(publisher)) if metadata else None
        if target is None:
            return None
        data = self.target_file(target).read_bytes()
        try:
            target.verify_length_and_hashes(data)
        except RepositoryError as error:
            raise Untrusted(f"Danh mục đã phát hành của “{publisher}” bị thay đổi trên đĩa.") from error
        return trust.read_catalogue(data, publisher)

    def shelf(self, publisher: str) -> Shelf:
        """All that the publisher has published, its packs checked against what it signed."""
        catalogue = self.catalogue(publisher)
        if catalogue is None:
            return Shelf()
        packs_of = (
            StoredPack.of(ref, (self.path / trust.pack_path(ref.sha256)).read_bytes())
            for ref in catalogue.packs
        )
        dictionaries = {
            ref.sha256: (self.path / trust.dictionary_path(ref.sha256)).read_bytes()
            for ref in catalogue.dictionaries
        }
        return Shelf(catalogue, tuple(packs_of), dictionaries)

    def _judged(self, role: str, version: int) -> Metadata[Targets]:
        """That state of the role. Raises Untrusted unless it is signed with a key that the role has today."""
        file = self.metadata_file(role, version)
        try:
            metadata = Metadata[Targets].from_file(str(file))
            delegator = self._delegator(role)
            if delegator is None or metadata.signed.version != version:
                raise RepositoryError("not delegated, or misnamed")
            delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        except (RepositoryError, ValueError) as error:
            raise Untrusted(
                f"Tệp {file} không mang chữ ký của nơi được uỷ quyền nên bị từ chối.",
                "Hãy gỡ tệp này ra rồi hỏi lại nơi đã gửi.",
            ) from error
        return metadata

    def _delegator(self, role: str) -> Root | Targets | None:
        """What says which keys sign for the role."""
        above = self.root() if role == Targets.type else self.role(trust.delegator_of(role))
        return above.signed if above else None

    def _timestamp(self) -> Timestamp | None:
        """What readers see now; None when its key has been replaced since: then versions begin anew."""
        return self._online(Timestamp.type, 0)

    def _visible_snapshot(self) -> Snapshot | None:
        timestamp = self._timestamp()
        return self._online(Snapshot.type, timestamp.snapshot_meta.version) if timestamp else None

    def _online(self, name: str, version: int) -> Timestamp | Snapshot | None:
        root, file = self.root(), self.metadata_file(name, version)
        if root is None or not file.exists():
            return None
        metadata = Metadata.from_file(str(file))
        try:
            root.signed.verify_delegate(name, metadata.signed_bytes, metadata.signatures)
        except RepositoryError:
            return None
        return metadata.signed

    def _newest(self, role: str) -> int:
        """The highest version of a role's metadata in the folder, 0 for none."""
        return max(self.versions(role), default=0)

    def versions(self, role: str) -> list[int]:
        """The versions of a role's metadata in the folder, whoever signed them."""
        found = (self.path / trust.METADATA).glob(f"*.{role}.json")
        versions = (file.name.removesuffix(f".{role}.json") for file in found)
        return [int(version) for version in versions if version.isdecimal()]

    def metadata_file(self, role: str, version: int) -> Path:
        return self.path / trust.METADATA / (f"{version}.{role}.json" if version else f"{role}.json")

    def target_file(self, target: TargetFile) -> Path:
        folder, _, name = target.path.rpartition("/")
        return self.path / trust.TARGETS / folder / f"{target.hashes['sha256']}.{name}"


def keyids_of(delegator: Root | Targets, role: str) -> list[str]:
    """The keys that may sign for the role, the latest last."""
    if isinstance(delegator, Root):
        return delegator.roles[role].keyids
    roles = (delegator.delegations.roles or {}) if delegator.delegations else {}
    return roles[role].keyids if role in roles else []


def delegated(metadata: Metadata[Targets] | None) -> Mapping[str, DelegatedRole]:
    known = metadata.signed.delegations if metadata else None
    return (known.roles or {}) if known else {}
