"""The next root of trust: drafted, signed by two of three people on machines of their own, put in place.

The draft is a TUF root without signatures. Each signer adds one to the file, or to a copy of it; copies are
brought together at the end. Nothing that a reader sees changes before.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from securesystemslib.exceptions import StorageError
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization import DeserializationError

from handbook.authoring import keys
from handbook.authoring.durable import write_durably
from handbook.authoring.repository import Repository, until
from handbook.errors import BadInput, DiskProblem
from handbook.protocol import trust

MIN_KEY_ID = 8  # characters of a key's id that name it


def draft_root(content_dir: Path, replacements: Sequence[tuple[str, Path]], now: datetime) -> Metadata[Root]:
    """The root after the present one, unsigned: valid for a year from now, some keys replaced.

    A replacement is a key of the present root, by its public file or the start of its id, and the public file
    of the new one. Raises BadInput.
    """
    metadata = Repository(content_dir, content_dir).root()
    if metadata is None:
        raise BadInput(f"{content_dir} chưa có nội dung phát hành.", "Hãy đưa đúng thư mục nội dung.")
    root = metadata.signed
    for old, file in replacements:
        keyid, new = _known_key(root, old), keys.read_public(file).key
        if new.keyid in root.keys:
            raise BadInput(f"{file} đã có trong gốc tin cậy.", "Mỗi vai trò phải có khoá riêng.")
        for name, role in root.roles.items():
            if keyid in role.keyids:
                root.revoke_key(keyid, name)
                root.add_key(new, name)
    root.version += 1
    root.expires = until(now, trust.ROOT_LIFETIME)
    metadata.signatures.clear()
    return metadata


def read_draft(file: Path) -> Metadata[Root]:
    """Raises BadInput."""
    try:
        draft = Metadata[Root].from_file(str(file))
        if not isinstance(draft.signed, Root):
            raise ValueError("metadata of another role")
        return draft
    except (StorageError, DeserializationError, RepositoryError, ValueError) as error:
        raise BadInput(
            f"{file} không phải bản thảo gốc tin cậy.", "Hãy lấy lại tệp mà handbook keys root-draft đã tạo."
        ) from error


def write_draft(file: Path, draft: Metadata[Root]) -> None:
    try:
        write_durably(file, draft.to_bytes())
    except OSError as error:
        raise DiskProblem(f"Không ghi được {file} ({error.strerror}).", "Hãy kiểm tra quyền ghi.") from error


def sign_draft(file: Path, key: Path, unlock: keys.Unlock = keys.no_passphrase) -> Metadata[Root]:
    """Adds the signature of one private key to the draft. Raises BadInput, DiskProblem."""
    draft = read_draft(file)
    draft.sign(keys.open_signer(key, unlock), append=True)
    write_draft(file, draft)
    return draft


def finish_root(
    content_dir: Path,
    keys_dir: Path,
    files: Iterable[Path],
    now: datetime,
    unlock: keys.Unlock = keys.no_passphrase,
) -> tuple[int, bool]:
    """Brings the signatures together and puts the root in place: its version, and whether readers see it.

    Raises BadInput when signatures are missing or the draft is not the next root, NotAllowed when it names a
    key for `targets` or the server that is not in `keys_dir`; then nothing changes. DiskProblem.
    """
    drafts = [read_draft(file) for file in files]
    whole = drafts[0]
    for other in drafts[1:]:
        if other.signed != whole.signed:
            raise BadInput("Các tệp không phải cùng một bản thảo.", "Hãy ký lại trên cùng một tệp.")
        whole.signatures |= other.signatures
    repository = Repository(content_dir, keys_dir, unlock)
    with repository.locked():
        present = repository.root()
        if present is None or whole.signed.version != present.signed.version + 1:
            raise BadInput(
                "Bản thảo này không phải bản kế tiếp của gốc tin cậy đang dùng.",
                "Có thể nó đã được đưa vào rồi, hoặc gốc đã đổi; hãy lập bản thảo mới.",
            )
        for root in (present.signed, whole.signed):
            result = root.get_verification_result(Root.type, whole.signed_bytes, whole.signatures)
            if not result.verified:
                raise BadInput(
                    f"Bản thảo mới có {len(result.signed)} chữ ký gốc hợp lệ, cần {result.threshold}.",
                    "Hãy đưa tệp cho người giữ khoá gốc khác ký: handbook keys root-sign",
                )
        return whole.signed.version, repository.take_root(whole, now)


def _known_key(root: Root, named: str) -> str:
    """The id of the key of the root that is named by its file or the start of its id."""
    if Path(named).exists():
        found = [keys.read_public(Path(named)).key.keyid]
    else:
        found = [keyid for keyid in root.keys if len(named) >= MIN_KEY_ID and keyid.startswith(named)]
    if len(found) != 1 or found[0] not in root.keys:
        raise BadInput(
            f"“{named}” không phải một khoá của gốc tin cậy.",
            "Hãy đưa tệp .pub của khoá cũ, hoặc tám chữ số đầu của mã khoá trong handbook keys list.",
        )
    return found[0]
