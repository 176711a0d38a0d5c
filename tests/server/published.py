"""Content for the test ward, published by the real publisher."""

from datetime import datetime
from pathlib import Path

from handbook.authoring.keys import create_authority
from handbook.authoring.publish import publish
from tests.server.harness import COMMUNE

DOCUMENTS = ("central/tai-lieu-mot", "central/tai-lieu-hai")


def publish_assignments(folder: Path, content_dir: Path, now: datetime, **assignments: str) -> None:
    """Publishes two documents and the commune's assignments, each as TOML under its slug (`_` for `-`)."""
    source, keys = folder / "source", folder / "keys"
    if not keys.exists():
        create_authority(keys, ["central", "tinh", COMMUNE])
    _write(source / "central" / "publisher.toml", 'path = "central"\nname = "Trung ương"\n')
    _write(source / "tinh" / "publisher.toml", 'path = "tinh"\nname = "Tỉnh uỷ"\n')
    _write(source / COMMUNE / "publisher.toml", f'path = "{COMMUNE}"\nname = "Đảng uỷ"\n')
    for number, document in enumerate(DOCUMENTS, 1):
        slug = document.partition("/")[2]
        _write(
            source / "central" / "resolutions" / f"{slug}.md",
            f'+++\nkind = "resolution"\nnumber = "{number}-NQ/TW"\ntitle = "Tài liệu {number}"\n'
            'issuer = "Bộ Chính trị"\nissued_on = 2025-01-02\nstatus = "in_force"\ntopics = ["học tập"]\n'
            'summary = "Tóm tắt."\nsources = ["Báo Nhân Dân, ngày 3/1/2025"]\n+++\n## Nội dung\n\n'
            "Đây là tài liệu học tập, không thay cho văn bản gốc.\n",
        )
    for slug, text in assignments.items():
        _write(source / COMMUNE / "assignments" / f"{slug.replace('_', '-')}.toml", text)
    publish(source, content_dir, keys, now)


def assignment(
    *,
    title: str = "Học nghị quyết",
    documents: tuple[str, ...] = DOCUMENTS,
    units: tuple[str, ...] = (COMMUNE,),
    parts: bool = True,
) -> str:
    """An assignment open since the first of the month and due at the end of 30 November 2026."""
    text = (
        f'title = "{title}"\ndocuments = {list(documents)}\nquestion = "Đồng chí làm gì?"\n'
        f"min_words = 1\nopens_on = 2026-11-01\ndue_on = 2026-11-30\ngrace_days = 3\nunits = {list(units)}\n"
    )
    if not parts:
        return text + "parts = []\n"
    return text + '[[parts]]\nid = "nhan-thuc"\ntitle = "I. Nhận thức"\nhint = "Viết bằng lời của mình."\n'


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
