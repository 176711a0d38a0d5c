"""What an entry of the index keeps of its section: what a hit tells of it, and its text for the snippet."""

import logging
from datetime import date
from threading import Lock

import msgspec
import zstandard

from handbook.model.library import Kind
from handbook.model.text import fold

log = logging.getLogger(__name__)

# A section of a law is short, so that half of what it takes is words that all of them share.
DICTIONARY_BYTES = 64 * 1024
MIN_SAMPLES = 100
MAX_SAMPLES = 500
MAX_SAMPLE_CHARACTERS = 4_000
# Left to itself zstd tries many sizes of segment, for seconds, to save one byte in a hundred.
_SEGMENT_BYTES, _HASHED_BYTES = 512, 8
_LEVEL = 3

_TEXT = "utf-16-le"  # four times as fast to decode as UTF-8


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A section as it was indexed. `text` is `Texts.packed`, of so many `characters`; `heading` is NFC."""

    document: str
    anchor: str
    heading: str
    number: str
    title: str
    kind: Kind
    issued_on: date
    characters: int
    text: bytes


_DECODER = msgspec.msgpack.Decoder(Kept)
_ENCODER = msgspec.msgpack.Encoder()


def packed(kept: Kept) -> bytes:
    return _ENCODER.encode(kept)


def unpacked(data: bytes) -> Kept:
    """Raises ValueError for what `packed` did not make."""
    try:
        return _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


class Texts:
    """Texts of sections beside the same folded, both small on disk and quick to read. Thread-safe."""

    def __init__(self, dictionary: bytes) -> None:
        """`dictionary` is what `dictionary_of` made, and may be empty."""
        self.dictionary = dictionary
        shared = zstandard.ZstdCompressionDict(dictionary)
        self._compressor = zstandard.ZstdCompressor(_LEVEL, dict_data=shared, write_dict_id=False)
        self._decompressor = zstandard.ZstdDecompressor(dict_data=shared)
        self._busy = Lock()  # neither may be used by two threads at a time
        self.damaged = False
        """Whether one was met that cannot be read."""

    def packed(self, text: str) -> bytes:
        """Of an NFC text."""
        with self._busy:
            return self._compressor.compress(_both(text))

    def unpacked(self, data: bytes, characters: int) -> tuple[str, str]:
        """The text, and the same folded with '?' for what is not Latin; both empty for what is damaged."""
        try:
            with self._busy:
                both = self._decompressor.decompress(data)
            return both[characters:].decode(_TEXT), both[:characters].decode("ascii")
        except (zstandard.ZstdError, UnicodeDecodeError) as error:
            log.info("a text of the search index cannot be read: %s", error)
            self.damaged = True
            return "", ""


def dictionary_of(samples: list[str]) -> bytes:
    """What many of these NFC texts share; empty where there are too few to tell."""
    if len(samples) < MIN_SAMPLES:
        return b""
    parts = [_both(text[:MAX_SAMPLE_CHARACTERS]) for text in samples]
    try:
        return zstandard.train_dictionary(
            DICTIONARY_BYTES, parts, k=_SEGMENT_BYTES, d=_HASHED_BYTES
        ).as_bytes()
    except zstandard.ZstdError:  # they have too little in them
        return b""


def _both(text: str) -> bytes:
    # One byte a character: folded texts are looked through, and compared by offset.
    return fold(text).encode("ascii", "replace") + text.encode(_TEXT)
