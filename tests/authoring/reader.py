"""What a PC would see of a published folder: python-tuf's own client over the files."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import Updater
from tuf.ngclient.fetcher import FetcherInterface

from handbook.protocol import packs, trust


class Files(FetcherInterface):
    """Serves a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        file = self.folder / url
        if not file.exists():
            raise DownloadHTTPError(url, 404)
        yield file.read_bytes()


def catalogues(
    content_dir: Path, root: bytes, publishers: tuple[str, ...], now: datetime, cache: Path | None = None
) -> dict[str, trust.Catalogue]:
    """The verified catalogue of every publisher that has one; raises what python-tuf raises."""
    with TemporaryDirectory() as fresh:
        folder = cache or Path(fresh)
        updater = Updater(
            str(folder), "metadata/", str(folder), "targets/", fetcher=Files(content_dir), bootstrap=root
        )
        updater._trusted_set.reference_time = now
        updater.refresh()
        found = {}
        for publisher in publishers:
            if target := updater.get_targetinfo(trust.catalogue_path(publisher)):
                file = updater.download_target(target)
                found[publisher] = trust.read_catalogue(Path(file).read_bytes(), publisher)
        return found


def items(content_dir: Path, catalogue: trust.Catalogue) -> dict[str, packs.Item]:
    """The latest edition of every item, from packs checked against the catalogue."""
    held: dict[str, packs.Item] = {}
    for ref in catalogue.packs:
        data = (content_dir / trust.pack_path(ref.sha256)).read_bytes()
        assert len(data) == ref.length
        dictionary = packs.read_header(data).dictionary
        raw = (content_dir / trust.dictionary_path(dictionary)).read_bytes() if dictionary else b""
        found = list(packs.open_pack(data, ref.sha256, raw))
        assert len(found) == ref.items
        for item in found:
            assert item.id not in held or held[item.id].edition < item.edition
            held[item.id] = item
    return held
