"""Prefaces: for each publisher one file with all the small ones that its readers' first sync asks for.

Over a slow line every file that names the next costs a round trip. A preface brings them together; each is
judged as if it had come by itself, so that nothing needs to be signed here. A reader that finds none, or an
old one, asks for the files by name.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Snapshot, Targets

from handbook.authoring.durable import write_durably
from handbook.authoring.signed_folder import SignedFolder
from handbook.protocol import trust


def write_prefaces(folder: SignedFolder, version: int) -> None:
    """Writes those that this version of the snapshot leads to, where they are others than before."""
    file = folder.metadata_file(Snapshot.type, version)
    meta = Metadata[Snapshot].from_file(str(file)).signed.meta
    versions = {name.removesuffix(".json"): named.version for name, named in meta.items()}
    above = [file, folder.metadata_file(Targets.type, versions[Targets.type])]
    for role in versions:
        if role == Targets.type:
            continue
        publisher = trust.publisher_of_role(role)
        readers = [trust.role_of(each) for each in trust.publishers_for(publisher)]
        signed = [folder.metadata_file(each, versions[each]) for each in readers if each in versions]
        catalogues = [each for metadata in signed for each in _catalogues(folder, metadata)]
        _write(folder, publisher, [*above, *signed, *catalogues])


def _catalogues(folder: SignedFolder, metadata: Path) -> Iterator[Path]:
    """The catalogues that a publisher's role has signed, as long as they are in the folder."""
    try:
        targets = Metadata[Targets].from_file(str(metadata)).signed.targets
    except (RepositoryError, ValueError):
        return  # of a revoked key: readers refuse it by themselves
    for target in targets.values():
        if (file := folder.target_file(target)).exists():
            yield file


def _write(folder: SignedFolder, publisher: str, files: Iterable[Path]) -> None:
    named = {file.relative_to(folder.path).as_posix(): file.read_bytes() for file in files if file.exists()}
    data = trust.write_preface(named)
    preface = folder.path / trust.preface_path(publisher)
    if len(data) > trust.MAX_PREFACE_BYTES:
        preface.unlink(missing_ok=True)  # readers give up half way: better that they find none
    elif not preface.exists() or preface.read_bytes() != data:
        preface.parent.mkdir(parents=True, exist_ok=True)
        write_durably(preface, data)
