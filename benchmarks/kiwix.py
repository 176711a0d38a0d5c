"""Kiwix's engine as a peer for `benchmarks.peers`; run by a Python that has libzim, on its own.

`python kiwix.py DOCS.jsonl FOLDER` writes a ZIM with its full-text index into the folder, prints a line of
JSON about it, then answers each line of standard input: [question, whether to read the twenty entries found,
as a page of snippets needs them] with the seconds it took, by the clock and of this process. An empty list
opens the ZIM anew and warms it up by a question of its own.
"""

import html
import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path

from libzim.reader import Archive
from libzim.search import Query, Searcher
from libzim.writer import Creator, Hint, Item, StringProvider

HITS = 20
WARMING = "nghị quyết của Đảng"  # as handbook.client.search warms itself up


class _Page(Item):
    def __init__(self, document):
        super().__init__()
        self._document = document

    def get_path(self):
        return f"a/{self._document['id']}"

    def get_title(self):
        return self._document["title"]

    def get_mimetype(self):
        return "text/html"

    def get_contentprovider(self):
        title, body = html.escape(self._document["title"]), html.escape(self._document["body"])
        return StringProvider(
            f"<html><head><meta charset='utf-8'><title>{title}</title></head>"
            f"<body><h1>{title}</h1><p>{body}</p></body></html>"
        )

    def get_hints(self):
        return {Hint.FRONT_ARTICLE: True}


def main():
    documents, folder = Path(sys.argv[1]), Path(sys.argv[2])
    # libzim reports its progress on standard output: only answers may go there.
    answers = open(os.dup(1), "w", encoding="utf-8", buffering=1)  # noqa: SIM115 - open until the end
    os.dup2(2, 1)
    zim = folder / "library.zim"
    started = time.perf_counter()
    creator = Creator(zim)
    creator.config_indexing(True, "vie")
    creator.config_nbworkers(2)
    with creator, documents.open(encoding="utf-8") as lines:
        creator.set_mainpath("a/1")
        for line in lines:
            creator.add_item(_Page(json.loads(line)))
    about = {
        "version": importlib.metadata.version("libzim"),
        "seconds": time.perf_counter() - started,
        "bytes": zim.stat().st_size,
    }
    archive, searcher = opened(zim)
    print(json.dumps(about), file=answers)
    for line in sys.stdin:
        asked = json.loads(line)
        wall, cpu = time.perf_counter(), time.process_time()
        if asked:
            find(archive, searcher, *asked)
        else:
            archive, searcher = opened(zim)
        print(json.dumps((time.perf_counter() - wall, time.process_time() - cpu)), file=answers)


def opened(zim):
    archive = Archive(zim)
    searcher = Searcher(archive)
    find(archive, searcher, WARMING, True)
    return archive, searcher


def find(archive, searcher, question, reads):
    search = searcher.search(Query().set_query(question))
    search.getEstimatedMatches()
    for path in list(search.getResults(0, HITS)):
        if reads:
            bytes(archive.get_entry_by_path(path).get_item().content)


if __name__ == "__main__":
    main()
