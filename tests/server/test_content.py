"""Published content as static files: conditional, resumable, cacheable for as long as it is true."""

import hashlib
import http.client
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from handbook.server.content import IMMUTABLE, REVALIDATE
from tests.server.harness import NOW, RunningServer, problem
from tests.server.published import assignment, publish_assignments

DATA = bytes(range(256)) * 1000
PACK = f"packs/{hashlib.sha256(DATA).hexdigest()}.pack"


@pytest.fixture
def content(server: RunningServer) -> Path:
    """The content folder, with one pack and a timestamp."""
    folder = server.house.settings.content_dir
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "packs").mkdir(parents=True)
    (folder / "metadata").mkdir()
    (folder / PACK).write_bytes(DATA)
    (folder / "metadata" / "timestamp.json").write_text('{"version": 1}')
    return folder


def get(server: RunningServer, path: str, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.anybody().http.get(f"{server.url}/content/{path}", headers=named, timeout=30)


def test_a_pack_comes_whole_and_may_be_kept_for_ever(server: RunningServer, content: Path) -> None:
    answer = get(server, PACK)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["Cache-Control"] == IMMUTABLE
    assert answer.headers["Accept-Ranges"] == "bytes"
    head = server.anybody().http.head(f"{server.url}/content/{PACK}", timeout=30)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(DATA)), b"")


def test_the_timestamp_is_asked_for_each_time_and_costs_little_when_unchanged(
    server: RunningServer, content: Path
) -> None:
    path = "metadata/timestamp.json"
    first = get(server, path)
    assert first.headers["Cache-Control"] == REVALIDATE
    same = get(server, path, If_None_Match=first.headers["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["ETag"] == first.headers["ETag"]
    assert same.headers["Cache-Control"] == REVALIDATE
    assert get(server, path, If_None_Match=f'W/{first.headers["ETag"]}, "other"').status_code == 304
    assert get(server, path, If_None_Match='"other"').status_code == 200


def test_two_publishings_within_one_second_are_told_apart(server: RunningServer, content: Path) -> None:
    file = content / "metadata" / "timestamp.json"
    first = get(server, "metadata/timestamp.json")
    status = file.stat()
    file.write_text('{"version": 2}')
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    again = get(
        server,
        "metadata/timestamp.json",
        If_None_Match=first.headers["ETag"],
        If_Modified_Since=first.headers["Last-Modified"],
    )
    assert again.json() == {"version": 2}
    since = get(server, "metadata/timestamp.json", If_Modified_Since=first.headers["Last-Modified"])
    assert since.status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=255900-", 255_900, 256_000), ("bytes=-10", 255_990, 256_000)],
)
def test_a_broken_download_goes_on_where_it_stopped(
    server: RunningServer, content: Path, asked: str, start: int, end: int
) -> None:
    answer = get(server, PACK, Range=asked)
    assert (answer.status_code, answer.content) == (206, DATA[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert answer.headers["Cache-Control"] == IMMUTABLE


def test_a_download_does_not_go_on_in_another_file(server: RunningServer, content: Path) -> None:
    etag = get(server, PACK).headers["ETag"]
    assert get(server, PACK, Range="bytes=10-", If_Range=etag).status_code == 206
    changed = get(server, PACK, Range="bytes=10-", If_Range='"other"')
    assert (changed.status_code, changed.content) == (200, DATA)
    past_the_end = get(server, PACK, Range="bytes=256000-")
    assert past_the_end.status_code == 416
    assert past_the_end.headers["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "path",
    [
        "/content/../data/receipt-key.pem",
        "/content/%2e%2e/data/receipt-key.pem",
        "/content/..%2fdata/receipt-key.pem",
        "/content//etc/passwd",
        "/content/packs/%00",
        "/content/packs",
        "/content/" + "x" * 300,
        "/content/.publishing.lock",
        "/content/link",
    ],
)
def test_nothing_outside_the_folder_is_given_out(server: RunningServer, content: Path, path: str) -> None:
    (content / ".publishing.lock").write_text("")
    key = server.house.settings.data_dir / "receipt-key.pem"
    assert key.exists()
    (content / "link").symlink_to(key)
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 404
    assert b"PRIVATE" not in body


def test_before_the_first_publishing_there_is_nothing(server: RunningServer) -> None:
    shutil.rmtree(server.house.settings.content_dir, ignore_errors=True)
    assert problem(get(server, "metadata/timestamp.json")) == (404, "not-found")


def test_what_the_publisher_writes_is_cached_by_what_each_name_promises(
    server: RunningServer, tmp_path: Path
) -> None:
    folder = server.house.settings.content_dir
    shutil.rmtree(folder, ignore_errors=True)
    publish_assignments(tmp_path, folder, NOW, hoc=assignment())
    files = [file.relative_to(folder).as_posix() for file in folder.rglob("[!.]*") if file.is_file()]
    kept = {path for path in files if get(server, path).headers["Cache-Control"] == IMMUTABLE}
    asked_again = {path for path in files if path.startswith("prefaces/")} | {"metadata/timestamp.json"}
    assert set(files) - kept == asked_again
    assert "prefaces/tinh.phuong.preface" in asked_again
    assert {"metadata/1.root.json", "metadata/1.tinh.phuong.json"} <= kept
