"""Publishing: what authors wrote, where it differs from what is published, becomes signed packs.

Who lacks the server's two keys signs their own part; the server seals it into sight (`refresh_timestamp`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from handbook.authoring import keys
from handbook.authoring.check import check
from handbook.authoring.collection import collect
from handbook.authoring.repository import Repository
from handbook.authoring.shelf import Shelf
from handbook.authoring.source import PublisherSource, publisher_folders, read_publisher
from handbook.errors import BadInput
from handbook.model.library import Document, Recall
from handbook.model.study import Assignment
from handbook.protocol import packs, trust
from handbook.protocol.assets import Asset, asset_id
from handbook.protocol.packs import Item, ItemKind
from handbook.protocol.receipts import ReceiptKey

Record = Document | Assignment | Recall


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one publisher's part of a publishing did, as ids; nothing at all when nothing had changed.

    Images and attachments are not named: they come and go with the documents that show or carry them.
    """

    publisher: str
    version: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    pack_bytes: int

    @property
    def is_unchanged(self) -> bool:
        return not (self.added or self.changed or self.withdrawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """`without_key` are publishers that were left alone because their key is not at hand.

    `visible` says whether readers get it now; otherwise the server must still seal it.
    """

    published: tuple[Published, ...]
    without_key: tuple[str, ...]
    visible: bool


def publish(
    data_dir: Path,
    content_dir: Path,
    keys_dir: Path,
    now: datetime,
    receipt_keys: Iterable[ReceiptKey] = (),
    *,
    unlock: keys.Unlock = keys.no_passphrase,
) -> PublishReport:
    """Publishes every publisher folder below `data_dir` whose key is in `keys_dir`.

    `receipt_keys` are added to those that the communes among them publish. Raises BadInput with every problem
    of every file, one a line, and then changes nothing; NotAllowed, Untrusted, DiskProblem.
    """
    sources = [read_publisher(folder) for folder in publisher_folders(data_dir)]
    if not sources:
        raise BadInput(f"{data_dir} không có thư mục nào chứa publisher.toml.")
    ours = [source for source in sources if _has_key(keys_dir, source)]
    if not ours:
        raise BadInput(f"{keys_dir} không có khoá của nơi phát hành nào trong {data_dir}.")
    repository = Repository(content_dir, keys_dir, unlock)
    with repository.locked(new=True):
        shelves = {source.path: repository.shelf(source.path) for source in sources if source.path}
        _require_no_problems(ours, sources, {path: shelf.items for path, shelf in shelves.items()})
        repository.create(now)
        published = []
        for source in ours:
            repository.delegate(source.path)
            for_receipts = tuple(receipt_keys) if "/" in source.path else ()
            files = {
                asset_id(source.path, file.sha256): file.data
                for written in source.documents
                for file in written.files
            }
            published.append(
                publish_records(
                    repository,
                    shelves[source.path],
                    path=source.path,
                    name=source.name,
                    records=[
                        written.record
                        for written in (*source.documents, *source.assignments, *source.recalls)
                    ],
                    files=files,
                    receipt_keys=for_receipts,
                )
            )
        visible = repository.commit(now)
        if visible:
            collect(repository, now)
    return PublishReport(
        published=tuple(published),
        without_key=tuple(source.path for source in sources if source not in ours),
        visible=visible,
    )


def refresh_timestamp(content_dir: Path, keys_dir: Path, now: datetime) -> None:
    """What the server does every day: seals what publishers have signed and brought, under a fresh timestamp.

    Raises BadInput when there is nothing published or the keys are missing; Untrusted, when the rest is
    visible, for a file in the folder that is not signed by who may sign it; DiskProblem.
    """
    repository = Repository(content_dir, keys_dir)
    with repository.locked():
        if repository.root() is None:
            raise BadInput(f"{content_dir} chưa có nội dung phát hành.")
        if not repository.seal(now):
            raise BadInput(f"{keys_dir} thiếu khoá {' hoặc '.join(keys.ONLINE_NAMES)}.")
        collect(repository, now)


def _has_key(keys_dir: Path, source: PublisherSource) -> bool:
    # A publisher.toml that cannot be read must be reported, not passed over.
    return not source.path or keys.can_sign(keys_dir, trust.role_of(source.path))


def _require_no_problems(
    ours: Sequence[PublisherSource], sources: Sequence[PublisherSource], held: dict[str, dict[str, Item]]
) -> None:
    known = {written.record.id for source in sources for written in (*source.documents, *source.assignments)}
    known |= {
        item.id for items in held.values() for item in items.values() if item.kind is not ItemKind.WITHDRAWAL
    }
    problems = [problem for source in ours for problem in check(source, known)]
    paths = [source.path for source in ours]
    doubled = sorted({path for path in paths if paths.count(path) > 1})
    lines = [*map(str, problems), *(f"hai thư mục cùng mang đường dẫn “{path}”" for path in doubled)]
    if lines:
        raise BadInput("\n".join(lines), f"Chưa phát hành gì. Hãy sửa {len(lines)} chỗ trên rồi làm lại.")


def publish_records(
    repository: Repository,
    shelf: Shelf,
    *,
    path: str,
    name: str,
    records: Sequence[Record],
    files: Mapping[str, bytes],
    receipt_keys: tuple[ReceiptKey, ...] = (),
) -> Published:
    """Writes the packs and the catalogue by which a publisher comes to stand at these records.

    `files` are images and attachments by item id. Readers see it after `repository.commit`. Raises BadInput
    for a record that is too large, or when a publisher that begins anew does not say its receipt keys.
    """
    held, catalogue = shelf.items, shelf.catalogue
    fresh, added, changed, recalled = [], [], [], []
    for record in records:
        before = held.get(record.id)
        if before and packs.record_of(before) == replace(record, edition=before.edition):
            continue
        if isinstance(record, Recall):
            recalled.append(record.id)
        elif before is not None and before.kind is not ItemKind.WITHDRAWAL:
            changed.append(record.id)
        else:
            added.append(record.id)
        fresh.append(_item(replace(record, edition=before.edition + 1 if before else 1)))
    ids = {record.id for record in records} | files.keys()
    gone = [item for item in held.values() if item.id not in ids and item.kind is not ItemKind.WITHDRAWAL]
    fresh += [Item(id=item.id, kind=ItemKind.WITHDRAWAL, edition=item.edition + 1) for item in gone]
    texts = tuple(fresh)
    # Last, so that what can be read already has come when a slow line brings the pictures.
    for id, data in files.items():
        before = held.get(id)
        if before is None or before.kind is ItemKind.WITHDRAWAL:
            fresh.append(packs.asset_item(Asset(id, before.edition + 1 if before else 1, data)))

    lineage = repository.lineage(path) if catalogue is None else catalogue.lineage
    if lineage and catalogue is None and "/" in path and not receipt_keys:
        raise BadInput(
            f"Khoá cũ của “{path}” đã bị thu hồi nên danh sách khoá biên nhận cũng phải lập lại.",
            "Hãy phát hành lại với --receipt-key của mọi máy chủ của nơi này, cũ và mới.",
        )
    old_keys = catalogue.receipt_keys if catalogue else ()
    all_keys = tuple({key.id: key for key in (*old_keys, *receipt_keys)}.values())
    version, pack_bytes = (catalogue.version if catalogue else 0), 0
    is_new = catalogue is None or (catalogue.name, catalogue.receipt_keys) != (name, all_keys)
    if fresh or is_new:
        version += 1
        dictionaries = catalogue.dictionaries if catalogue else ()
        dictionary = shelf.dictionaries[dictionaries[-1].sha256] if dictionaries else b""
        if not dictionary and (dictionary := packs.train_dictionary(texts)):
            dictionaries = (repository.write_dictionary(dictionary),)
        refs, pack_bytes = shelf.next_packs(fresh, version, dictionary, repository.write_pack)
        signed = trust.Catalogue(
            publisher=path,
            name=name,
            version=version,
            receipt_keys=all_keys,
            dictionaries=dictionaries,
            packs=refs,
            lineage=lineage,
        )
        repository.write_catalogue(signed, trust.write_catalogue(signed))
    return Published(
        publisher=path,
        version=version,
        added=tuple(added),
        changed=tuple(changed),
        withdrawn=(*recalled, *(item.id for item in gone if item.kind is not ItemKind.ASSET)),
        pack_bytes=pack_bytes,
    )


def _item(record: Record) -> Item:
    match record:
        case Document():
            return packs.document_item(record)
        case Assignment():
            return packs.assignment_item(record)
        case Recall():
            return packs.recall_item(record)
