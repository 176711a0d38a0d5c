"""One collection of Anki's, for `benchmarks.sync_peers`; run by a Python that has `anki`, on its own.

`python -I anki_client.py COLLECTION ENDPOINT` signs in, prints a line of JSON about itself, then does what
each line of standard input says and answers with a line of JSON: the seconds it took and the most memory, in
bytes, that this process ever held.

    ["fill", FILE]     adds a note for each line of the file: {"front": ..., "back": ...}
    ["change", N]      changes that many notes
    ["upload"]         makes the server's collection this one
    ["sync"]           as Anki's button does; whole collections are fetched where the server asks for it
"""

import importlib.metadata
import json
import sys
import time
from pathlib import Path

from anki.collection import AddNoteRequest, Collection

USER, PASSWORD = "u", "p"


class Client:
    def __init__(self, file, endpoint):
        self._collection = Collection(file)
        self._auth = self._collection.sync_login(USER, PASSWORD, endpoint)
        self._auth.endpoint = endpoint

    def fill(self, file):
        collection = self._collection
        kind, deck = collection.models.by_name("Basic"), collection.decks.id("Default")
        requests = []
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                texts = json.loads(line)
                note = collection.new_note(kind)
                note["Front"], note["Back"] = texts["front"], texts["back"]
                requests.append(AddNoteRequest(note, deck))
        collection.add_notes(requests)

    def change(self, count):
        for number, id in enumerate(self._collection.find_notes("deck:*")[:count]):
            note = self._collection.get_note(id)
            note["Back"] += f"\nĐã sửa câu thứ {number} trong lần phát hành này.\n"
            self._collection.update_note(note)

    def upload(self):
        self._collection.sync_collection(self._auth, False)
        self._whole(upload=True)

    def sync(self):
        done = self._collection.sync_collection(self._auth, False)
        if done.required in (done.FULL_SYNC, done.FULL_DOWNLOAD):
            self._whole(upload=False)
        elif done.required != done.NO_CHANGES:
            raise RuntimeError(f"Anki wants to send its collection: {done.required}")

    def notes(self):
        return self._collection.note_count()

    def _whole(self, *, upload):
        self._collection.close_for_full_sync()
        self._collection.full_upload_or_download(auth=self._auth, server_usn=None, upload=upload)
        self._collection.reopen(after_full_sync=True)


def peak_bytes():
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main():
    client = Client(sys.argv[1], sys.argv[2])
    print(json.dumps({"version": importlib.metadata.version("anki")}), flush=True)
    for line in sys.stdin:
        name, *given = json.loads(line)
        began = time.perf_counter()
        getattr(client, name)(*given)
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "peak": peak_bytes(), "notes": client.notes()}), flush=True)


if __name__ == "__main__":
    main()
