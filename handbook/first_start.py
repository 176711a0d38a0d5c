"""A new member opens the installed program where there is no network: a tour, as `handbook demo --tour`.

The program has to carry the content of the sample ward that it is shown in; `dev.py build` sees to that.
"""

from pathlib import Path

from handbook.client.base_content import shipped
from handbook.client.sync import LogLine
from handbook.demo import PASSWORD, SampleWard
from handbook.errors import NotFound
from handbook.protocol import trust
from handbook.tour import Step, StepFailed, Tour

NEWCOMER = "kp1.tuyet"
BESIDE_PACKS_BYTES = 8 * 1024
"""What a small change may cost beside the documents themselves (docs/benchmarks.md, `sync`)."""
NEWS_TITLE = "Thông báo ra sau ngày đóng gói chương trình (mẫu)"
NEWS = f"""+++
kind = "article"
number = ""
title = "{NEWS_TITLE}"
issuer = "Đảng uỷ phường An Bình (mẫu)"
issued_on = 2026-11-20
status = "in_force"
topics = ["bản tin"]
summary = "Bài mẫu: chương trình đã cài chưa có bài này, lần đồng bộ đầu tiên có mạng mới mang về."
sources = ["Tư liệu giả định của nhóm biên soạn"]
+++
Bài này được phát hành sau khi bộ cài đã giao cho đảng viên. Lần đầu có mạng, sổ tay chỉ tải bài này về.
"""


def run_first_start(pictures: Path, folder: Path) -> int:
    """Returns 0 when every step happened. `folder` is the sample ward whose content the program carries.

    Raises NotFound when it carries none.
    """
    base = shipped()
    if base is None:
        raise NotFound("Chương trình này không mang theo nội dung.", "Xem docs/usb.md.")
    from handbook.desktop.unseen import paint_unseen_without_a_display

    paint_unseen_without_a_display()
    ward = SampleWard(folder)
    try:
        ward.prepare(())
        home = ward.admit(NEWCOMER)
        ward.server.stop()
        tour = FirstStart(ward, pictures, home, base, folder / "content")
        return tour.run(tour.steps())
    finally:
        ward.close()


class FirstStart(Tour):
    """`base` is what the program carries, `content` what the server hands out in the last step."""

    def __init__(self, ward: SampleWard, pictures: Path, home: Path, base: Path, content: Path) -> None:
        super().__init__(ward, pictures, home)
        self._base, self._content = base, content

    def steps(self) -> list[Step]:
        return [
            ("with no network, the library of the installed program is there", self.open),
            ("its documents are listed", self.library),
            ("searching without marks finds the resolution", self.search),
            ("the document opens with its contents panel", self.reader),
            ("with a network, only what is new since then comes", self.difference),
        ]

    def open(self) -> None:
        self.desktop.start(NEWCOMER, PASSWORD)
        self.wait("the profile", lambda: self.desktop.session)
        self.wait("the end of the first sync", lambda: not self.desktop.session.syncing)
        done = self.last_sync()
        if done.bytes_down or done.code != "offline":
            raise StepFailed(f"there was a network: {done}")
        if not done.documents_changed:
            raise StepFailed(f"nothing was read in: {done}")

    def difference(self) -> None:
        self.ward.server.start()
        self.ward.publish_more({"hongson/anbinh/bulletin/sau-ngay-dong-goi.md": NEWS})
        before = self.last_sync()
        self.click("rail.sync")
        self.click("sync.now")
        self.wait("the end of the sync", lambda: self.last_sync() != before)
        self.click("rail.library")
        self.clear_search()
        self.wait("the new document", lambda: self.shows("library.list", NEWS_TITLE))
        packs = {file.name: file.stat().st_size for file in (self._content / trust.PACKS).iterdir()}
        held = {file.name for file in (self._base / trust.PACKS).iterdir()}
        new = sum(size for name, size in packs.items() if name not in held)
        done = self.last_sync()
        print(f"   {done.bytes_down} bytes came, {new} of them packs; all packs have {sum(packs.values())}")
        if done.code or done.documents_changed != 1 or done.bytes_down > new + BESIDE_PACKS_BYTES:
            raise StepFailed(f"more than the difference came: {done}")

    def last_sync(self) -> LogLine:
        return self.desktop.session.handbook.sync.log()[0]
