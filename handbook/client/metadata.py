"""What publishers have signed: asked for, judged by The Update Framework, read as catalogues.

python-tuf asks for one file after the other, each of which costs a line's delay. What it will ask for is
told by what it has: those files are fetched together, ahead of it, and judged as if they had come one by one.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from handbook.client import disk
from handbook.client.answers import refusal
from handbook.client.downloads import ADVICE
from handbook.client.transport import Answer
from handbook.errors import Expected, Lapsed, ServerBroken, Untrusted, WrongClock
from handbook.model.vietnamese import moment_text
from handbook.protocol import trust

if TYPE_CHECKING:
    from tuf.ngclient import TargetFile, Updater
    from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet

    from handbook.client.transport import Transport

CONTENT = "/content/"
_METADATA = f"{CONTENT}{trust.METADATA}/"
_TIMESTAMP = f"{_METADATA}timestamp.json"
_ROOT = ".root.json"  # the only files asked for that no preface brings
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Metadata:
    """The signed metadata of one server, as one sync finds it.

    `root` is the TUF root this PC was given, `now` by its clock, `known` the latest moment known to have
    passed (trusted_time). `count` is told how many bytes came, from any thread. `grace` is how long after
    their end the timestamp and the snapshot are still believed: what a person carries is never fresh.
    """

    def __init__(
        self,
        transport: "Transport",
        folder: Path,
        root: bytes,
        now: datetime,
        known: datetime,
        count: Callable[[int], None],
        grace: timedelta = timedelta(),
    ) -> None:
        self._transport, self._folder, self._root = transport, folder, root
        self._now, self._known, self._grace = now, known, grace
        self._ahead = _Ahead(transport, count, self._look_at)
        self._roles: tuple[str, ...] = ()
        self._count = count
        self._updater: Updater | None = None

    @property
    def told(self) -> datetime | None:
        """The time by the server's clock; None before it gave one."""
        skew = self._transport.clock_skew
        return None if skew is None else self._now + skew

    @property
    def judged_at(self) -> datetime:
        """The time by which the age of signatures is judged."""
        return max(self._now, self._known, self.told or self._now)

    @property
    def valid_until(self) -> datetime:
        """When the first of what was accepted ends."""
        return min(signed.expires for signed in self._trusted)

    @property
    def timestamp_ends(self) -> datetime:
        return self._trusted.timestamp.expires

    @property
    def lapsed_on(self) -> datetime | None:
        """Since when only the grace lets this be believed; None while it needs none."""
        trusted = self._trusted
        ends = min(trusted.timestamp.expires, trusted.snapshot.expires)
        return ends if ends <= self.judged_at else None

    def ask(self, etag: str, publishers: Sequence[str]) -> tuple[bytes | None, str]:
        """The server's timestamp.json and its ETag; None when it is still the one with `etag`."""
        if not etag:
            self._ahead.fetch([f"{_METADATA}{self._next_root()}{_ROOT}"])
            if publishers and not (self._folder / "metadata" / "snapshot.json").exists():
                self._ahead.begin_with(f"{CONTENT}{trust.preface_path(publishers[-1])}")
        headers = {"If-None-Match": etag} if etag else {}
        answer = self._transport.send("GET", _TIMESTAMP, headers=headers, limit=trust.MAX_TIMESTAMP_BYTES)
        self._count(len(answer.body))
        if answer.status == 304 and etag:
            return None, etag
        if answer.status == 404:
            raise ServerBroken(
                "Máy chủ chưa có nội dung phát hành.", "Hãy báo cho quản trị máy chủ; sổ tay vẫn dùng được."
            )
        if answer.status != 200:
            raise refusal(answer)
        return answer.body, answer.headers.get("ETag", "")

    def accept(self, timestamp: bytes, publishers: Iterable[str]) -> None:
        """Judges the server's metadata, beginning with this timestamp.json.

        Raises Untrusted, WrongClock, ServerBroken, Offline, TooBusy.
        """
        for name in ("metadata", "targets"):
            disk.make_folder(self._folder / name)
        self._ahead.fetch([f"{_METADATA}{self._next_root()}{_ROOT}"])
        self._roles = tuple(dict.fromkeys(role for publisher in publishers for role in _chain(publisher)))
        if version := _version_of(timestamp, "snapshot.json"):
            self._ahead.fetch([path] if (path := self._missing("snapshot", version)) else [])
        from handbook.client import judging

        def answer_for(path: str) -> Answer:
            return Answer(200, {}, timestamp) if path == _TIMESTAMP else self._ahead.of(path)

        with self.judged():
            self._updater = judging.updater(
                self._folder, _METADATA, f"{CONTENT}{trust.TARGETS}/", self._root, answer_for
            )
            judging.trusted(self._updater).reference_time = self.judged_at - self._grace
            self._updater.refresh()
        self._check_lasting(("root", "targets"))

    def catalogues(self, publishers: Iterable[str], problems: list[Untrusted]) -> Iterator[trust.Catalogue]:
        """The signed catalogue of each publisher that has signed one and may sign for itself.

        What is wrong with one publisher's is added to `problems`.
        """
        found: dict[str, TargetFile] = {}
        for publisher in publishers:
            try:
                if target := self._target(publisher):
                    found[publisher] = target
            except Untrusted as error:
                problems.append(error)
        missing = [target for target in found.values() if not self._accepted.find_cached_target(target)]
        self._ahead.fetch(_target_url(one.path, next(iter(one.hashes.values()))) for one in missing)
        for publisher, target in found.items():
            try:
                with self.judged():
                    file = self._accepted.find_cached_target(target) or self._accepted.download_target(target)
                yield trust.read_catalogue(Path(file).read_bytes(), publisher)
            except Untrusted as error:
                problems.append(error)

    def expired(self) -> Expected:
        """What to say of signatures that have ended by `judged_at`."""
        advice = "Hãy chỉnh lại ngày giờ của máy rồi đồng bộ lại. Nội dung đã cài vẫn đọc được."
        told = self.told
        if told is not None and abs(told - self._now) > trust.CLOCK_TOLERANCE:
            return WrongClock(
                f"Đồng hồ máy này chỉ {moment_text(self._now)}, máy chủ chỉ {moment_text(told)}.", advice
            )
        if self._known - self._now > trust.CLOCK_TOLERANCE:
            return WrongClock(
                f"Đồng hồ máy này chỉ {moment_text(self._now)}, nhưng sổ tay biết chắc đã qua "
                f"{moment_text(self._known)}.",
                advice,
            )
        return Lapsed(
            "Chữ ký trên nội dung của máy chủ đã quá hạn nên không có gì được nhận.",
            "Nội dung đã cài vẫn đọc được. Hãy báo quản trị máy chủ làm mới chữ ký.",
        )

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Puts the verdicts of python-tuf into words."""
        from handbook.client import judging

        with judging.in_words(self.expired):
            yield

    @property
    def _accepted(self) -> "Updater":
        if self._updater is None:
            raise RuntimeError("nothing was accepted yet")
        return self._updater

    @property
    def _trusted(self) -> "TrustedMetadataSet":
        from handbook.client import judging

        return judging.trusted(self._accepted)

    def _target(self, publisher: str) -> "TargetFile | None":
        """The publisher's catalogue as its role signed it."""
        known = self._trusted.snapshot.meta
        if any(f"{role}.json" not in known for role in _chain(publisher)):
            return None
        from handbook.client import judging

        with self.judged():
            try:
                target = self._accepted.get_targetinfo(trust.catalogue_path(publisher))
            except judging.UnsignedMetadataError as error:
                raise Untrusted(
                    f"Nội dung của “{publisher}” không mang chữ ký của khoá được cấp trên thừa nhận "
                    "(khoá cũ có thể đã bị thu hồi) nên không được nhận.",
                    ADVICE,
                ) from error
        self._check_lasting(_chain(publisher))
        if target is not None and target.length > trust.MAX_CATALOGUE_BYTES:
            raise Untrusted(f"Danh mục của “{publisher}” dài quá giới hạn.", ADVICE)
        return target

    def _check_lasting(self, roles: Iterable[str]) -> None:
        """No grace is given to what is signed for a year. Raises Lapsed, WrongClock."""
        trusted = self._trusted
        if any(trusted[role].is_expired(self.judged_at) for role in roles if role in trusted):
            raise self.expired()

    def _look_at(self, path: str, body: bytes) -> None:
        """Has what python-tuf will ask for next fetched, should this file prove to be good."""
        role = path.removesuffix(".json").partition(".")[2]
        if role == "snapshot":
            wanted = (
                self._missing(role, version)
                for role in ("targets", *self._roles)
                if (version := _version_of(body, f"{role}.json"))
            )
        elif role in self._roles:
            wanted = (self._missing_catalogue(role, body),)
        else:
            return
        self._ahead.fetch(path for path in wanted if path)

    def _missing_catalogue(self, role: str, body: bytes) -> str:
        """Where the catalogue that the role signed is asked for; empty when it is here already."""
        name = trust.catalogue_path(trust.publisher_of_role(role))
        targets = _signed(body).get("targets")
        target = targets.get(name) if isinstance(targets, dict) else None
        hashes = target.get("hashes") if isinstance(target, dict) else None
        digest = hashes.get("sha256") if isinstance(hashes, dict) else None
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            return ""
        held = self._folder / "targets" / quote(name, "")
        if held.exists() and hashlib.sha256(held.read_bytes()).hexdigest() == digest:
            return ""
        return _target_url(name, digest)

    def _missing(self, role: str, version: int) -> str:
        """Where this version of the role's metadata is asked for; empty when it is here already."""
        held = _signed_in(self._folder / "metadata" / f"{role}.json")
        return "" if held.get("version") == version else f"{_METADATA}{version}.{role}.json"

    def _next_root(self) -> int:
        """The version of the root that would follow the one held."""
        held = _signed_in(self._folder / "metadata" / "root.json").get("version")
        given = _signed(self._root).get("version")
        return max((version for version in (held, given) if isinstance(version, int)), default=0) + 1


class _Ahead:
    """Small files fetched together, each at most once; `of` waits for the one that is needed next.

    `came` is told of each as soon as it is here, and may have others fetched; called from any thread.
    """

    def __init__(
        self, transport: "Transport", count: Callable[[int], None], came: Callable[[str, bytes], None]
    ) -> None:
        self._transport, self._count, self._came = transport, count, came
        self._lock = threading.Lock()
        self._ended: dict[str, Answer | BaseException] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._preface: threading.Thread | None = None
        self._brought: Mapping[str, bytes] = {}  # by the preface; no more than answers that came early

    def begin_with(self, path: str) -> None:
        """Begins to fetch a preface: what it brings is not asked for again."""
        self._preface = threading.Thread(target=self._bring, args=(path,), name="metadata", daemon=True)
        self._preface.start()

    def fetch(self, paths: Iterable[str]) -> None:
        """Begins to fetch those that were not asked for yet."""
        with self._lock:
            for path in paths:
                if path not in self._threads:
                    thread = threading.Thread(target=self._get, args=(path,), name="metadata", daemon=True)
                    self._threads[path] = thread
                    thread.start()

    def of(self, path: str) -> Answer:
        """The server's answer for the path. Raises what `Transport.send` does."""
        self.fetch([path])
        self._threads[path].join()
        ended = self._ended[path]
        if isinstance(ended, BaseException):
            raise ended
        return ended

    def _bring(self, path: str) -> None:
        try:
            answer = self._transport.send("GET", path, limit=trust.MAX_PREFACE_BYTES)
            self._count(len(answer.body))
            if answer.status == 200:
                self._brought = trust.read_preface(answer.body)
        except Expected:
            return  # there is none, or the line broke: whoever needs a file asks for it and meets the same

    def _answer(self, path: str) -> Answer:
        if self._preface and not path.endswith(_ROOT):
            self._preface.join()
        if (body := self._brought.get(path.removeprefix(CONTENT))) is not None:
            return Answer(200, {}, body)
        answer = self._transport.send("GET", path, limit=trust.MAX_TARGETS_BYTES)
        self._count(len(answer.body))
        return answer

    def _get(self, path: str) -> None:
        try:
            answer = self._answer(path)
            if answer.status == 200:
                self._came(path.rpartition("/")[2], answer.body)
            self._ended[path] = answer
        except BaseException as problem:  # whoever needs the file meets it
            self._ended[path] = problem


def _chain(publisher: str) -> list[str]:
    """The publisher's role and those above it, up to the ones that `targets` delegates to."""
    chain = [trust.role_of(publisher)]
    while (above := trust.delegator_of(chain[-1])) != "targets":
        chain.append(above)
    return chain


def _target_url(path: str, digest: str) -> str:
    """Where python-tuf will ask for a target: consistent snapshots put its hash before its name."""
    folder, _, name = path.rpartition("/")
    return f"{CONTENT}{trust.TARGETS}/{folder}/{digest}.{name}"


def _signed(data: bytes) -> Mapping[str, Any]:
    """The signed part of a metadata file that nobody has judged yet; empty when it is none."""
    try:
        signed = json.loads(data)["signed"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return {}
    return signed if isinstance(signed, dict) else {}


def _signed_in(file: Path) -> Mapping[str, Any]:
    try:
        return _signed(file.read_bytes())
    except FileNotFoundError:
        return {}


def _version_of(data: bytes, name: str) -> int:
    """The version that not yet judged metadata names of another file; 0 when it names none."""
    meta = _signed(data).get("meta")
    named = meta.get(name) if isinstance(meta, dict) else None
    version = named.get("version") if isinstance(named, dict) else None
    return version if isinstance(version, int) and version > 0 else 0
