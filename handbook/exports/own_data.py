"""A member's own data as one .zip: a page to read, JSON for programs, Markdown, attached files."""

import io
import json
import re
import zipfile
from collections.abc import Iterable
from html import escape
from typing import Final

from handbook.model.own_data import OwnData, OwnText
from handbook.model.vietnamese import moment_text

INDEX: Final = "index.html"
NAMES: Final = {
    "account": "Tài khoản trên máy này",
    "drafts": "Bản nháp",
    "draft_versions": "Các bản trước của bản nháp",
    "revisions": "Bài đã nộp, nguyên văn",
    "clashes": "Bài máy chủ không nhận vì đã có bản khác",
    "withdrawals": "Bài đã rút lại",
    "receipts": "Biên nhận",
    "reviews": "Nhận xét đã nhận",
    "cell_marks": "Miễn học tập, bài nộp giấy",
    "attached_files": "Danh mục tệp kèm theo",
    "ticks": "Dấu “đã đọc”",
    "saved": "Văn bản đã lưu",
    "opened": "Văn bản đã mở",
    "positions": "Chỗ đang đọc",
    "notes": "Đoạn tô màu và ghi chú",
    "bookmarks": "Đánh dấu trang",
    "phrases": "Câu mẫu để nhận xét",
    "passed_words": "Từ đồng chí bảo sổ tay không nhắc khi soát chính tả",
    "outbox": "Đang chờ gửi",
    "acknowledged": "Đã gửi và được xác nhận",
    "sync_log": "Nhật ký đồng bộ",
}
"""In the order of the page."""
LEFT_OUT: Final = (
    "Mật khẩu, mã phiên đăng nhập và các khoá.",
    "Bài viết của người khác và nhận xét đồng chí viết cho bài của họ, vì trong đó có lời của họ.",
    "Văn bản đã công bố trong thư viện.",
)
_STYLE: Final = (
    "body{font:16px/1.55 'Segoe UI',Arial,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;"
    "border-bottom:1px solid #ccc}table{border-collapse:collapse;width:100%}td,th{text-align:left;"
    "padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}.warn{background:#fff3d6;"
    "border-left:4px solid #b36b00;padding:.6rem 1rem}.text{white-space:pre-wrap;overflow-wrap:anywhere}"
)
_NOT_IN_NAMES = re.compile(r"[^\w.\- ]+")


def to_zip(own: OwnData) -> bytes:
    """The archive; in it only names that every system takes, each below its folder."""
    texts = list(zip(_text_names(own.texts), own.texts, strict=True))
    files = [(f"tep/{file.sha256[:8]}-{_safe(file.name)}", file) for file in own.files]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(INDEX, _page(own, texts, [(path, file.name) for path, file in files]))
        for name, rows in own.tables.items():
            archive.writestr(_json_name(name), _json(rows))
        if own.server_part is not None:
            archive.writestr(_json_name("may-chu"), _json(own.server_part.held))
        for path, text in texts:
            archive.writestr(path, _markdown(text))
        for path, file in files:
            archive.writestr(path, file.data)
    return out.getvalue()


def _page(own: OwnData, texts: list[tuple[str, OwnText]], files: list[tuple[str, str]]) -> str:
    lines = [
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Dữ liệu của {escape(own.name)}'
        f"</title><style>{_STYLE}</style></head><body><h1>Dữ liệu của {escape(own.name)}</h1>",
        f"<p>Tài khoản {escape(own.account)}, {escape(own.unit)}. Xuất lúc {moment_text(own.taken_at)}.</p>",
        '<p class="warn">Tệp này không được mã hoá: ai có tệp đều đọc được. Hãy cất ở nơi riêng và xoá khi '
        "không cần nữa.</p>",
        "<h2>Bài thu hoạch</h2>",
    ]
    lines += [_shown(path, text) for path, text in texts] or ["<p>Chưa có bài nào.</p>"]
    lines += ["<h2>Nhận xét đã nhận</h2>", *_reviews(own)]
    lines += ["<h2>Đoạn tô màu và ghi chú</h2>", *_notes(own)]
    lines += ["<h2>Tệp kèm theo bài</h2>", "<ul>"]
    lines += [f"<li>{_link(path, name)}</li>" for path, name in files]
    lines += [f"<li>{escape(name)}: chưa có trên máy này</li>" for name in own.missing]
    lines += ["</ul>" if files or own.missing else "</ul><p>Không có tệp nào.</p>"]
    lines += ["<h2>Toàn bộ, dạng JSON</h2>", "<table><tr><th>Loại</th><th>Số mục</th></tr>"]
    lines += [
        f"<tr><td>{_link(_json_name(name), NAMES[name])}</td><td>{len(own.tables[name])}</td></tr>"
        for name in NAMES
    ]
    lines += ["</table>", "<h2>Trên máy chủ</h2>", *_server(own)]
    lines += ["<h2>Không có trong tệp này</h2><ul>", *(f"<li>{said}</li>" for said in LEFT_OUT), "</ul>"]
    return "\n".join([*lines, "</body></html>\n"])


def _shown(path: str, text: OwnText) -> str:
    head = f"{text.title}, {text.standing}, {moment_text(text.written_at)}"
    body = "\n\n".join(f"{title}\n{words}" for title, words in text.parts)
    return (
        f'<details><summary>{escape(head)}</summary><div class="text">{escape(body)}</div>'
        f"<p>{_link(path, 'Tệp Markdown')}</p></details>"
    )


def _reviews(own: OwnData) -> Iterable[str]:
    for review in own.tables["reviews"]:
        said = "\n".join([review["comment"], *(each.get("comment", "") for each in review["passages"])])
        yield f'<p class="text">{escape(said.strip() or "Không có lời nhận xét.")}</p>'
    if not own.tables["reviews"]:
        yield "<p>Chưa có nhận xét nào.</p>"


def _notes(own: OwnData) -> Iterable[str]:
    kept = [note for note in own.tables["notes"] if not note["removed_at"]]
    for note in kept:
        yield (
            f'<p class="text"><b>{escape(note["title"])}</b>: “{escape(note["quote"])}”'
            f"\n{escape(note['text'])}</p>"
        )
    if not kept:
        yield "<p>Chưa có ghi chú nào.</p>"


def _server(own: OwnData) -> Iterable[str]:
    if own.server_part is None:
        yield (
            f'<p class="warn">Thiếu phần máy chủ đang giữ. {escape(own.server_problem)} Khi có mạng, hãy '
            f"xuất lại ở Cài đặt, mục Dữ liệu của tôi, hoặc hỏi quản trị máy chủ {escape(own.server)}.</p>"
        )
        return
    yield f"<p>{_link(_json_name('may-chu'), 'Những mục máy chủ đang giữ')}: {len(own.server_part.held)}.</p>"
    yield "<table><tr><th>Ai nhận, ai mở bài</th><th>Bài</th><th>Lần đầu lúc</th></tr>"
    for opening in own.server_part.openings:
        yield (
            f"<tr><td>{escape(opening.reader)} {opening.how}</td><td>{escape(opening.assignment)}, bản nộp "
            f"lần {opening.revision}</td><td>{moment_text(opening.first_at)}</td></tr>"
        )
    yield "</table>"


def _markdown(text: OwnText) -> str:
    lines = [f"# {text.title}", f"*{text.standing}, {moment_text(text.written_at)}*"]
    for title, words in text.parts:
        lines += [f"## {title}", words]
    return "\n\n".join(lines) + "\n"


def _text_names(texts: Iterable[OwnText]) -> list[str]:
    return [
        f"bai-thu-hoach/{number:03}-{_safe(text.assignment.rpartition('/')[2])}.md"
        for number, text in enumerate(texts, 1)
    ]


def _safe(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)[:80].strip(" .") or "tep"


def _json_name(table: str) -> str:
    return f"json/{table}.json"


def _json(rows: object) -> str:
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _link(path: str, words: str) -> str:
    return f'<a href="{escape(path)}">{escape(words)}</a>'
