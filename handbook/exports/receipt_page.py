"""A receipt on one sheet: everything that is needed to compare it with what a server or a file says."""

from dataclasses import dataclass
from datetime import date

from handbook.exports.reflection_page import PageLines, Style, letterhead, line_of
from handbook.model.reflection import AttachedFile
from handbook.model.vietnamese import VIETNAM, date_text
from handbook.protocol.receipts import Receipt

GROUP = 8
"""Characters of a long code between two spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPaper:
    """What stands on the sheet beside the receipt; `superior` and `place` may be empty."""

    superior: str
    unit: str
    place: str
    printed_on: date
    study: str
    author: str
    receipt: Receipt
    files: tuple[AttachedFile, ...] = ()


def receipt_lines(paper: ReceiptPaper) -> PageLines:
    receipt = paper.receipt
    left, right = letterhead(paper.superior, paper.unit, paper.place, paper.printed_on)
    moment = receipt.received_at.astimezone(VIETNAM)
    facts = (
        f"Mã biên nhận: {receipt.code}",
        f"Người nộp: {paper.author} (tài khoản {receipt.author})",
        f"Bài nộp: bản {receipt.revision}",
        f"Máy chủ nhận lúc: {moment:%H:%M:%S} ngày {date_text(moment)}",
        f"Máy chủ: {receipt.server}",
    )
    codes = (
        ("Mã của bài (SHA-256)", in_groups(receipt.sha256)),
        ("Mã số bài", receipt.lineage),
        ("Chữ ký của máy chủ (Ed25519)", in_groups(receipt.signature)),
        ("Khoá của máy chủ", in_groups(receipt.key)),
    )
    return PageLines(
        left=left,
        right=right,
        body=(
            line_of(Style.TITLE, "BIÊN NHẬN BÀI THU HOẠCH"),
            line_of(Style.STUDY, paper.study),
            line_of(Style.RULE, "-----"),
            *(line_of(Style.PERSON, fact) for fact in facts),
            line_of(Style.PART, "Để kiểm tra"),
            *(line_of(Style.CODE, f"{name}: {code}") for name, code in codes),
            *(
                line_of(Style.CODE, f"Tệp kèm theo “{file.name}” (SHA-256): {in_groups(file.sha256)}")
                for file in paper.files
            ),
            line_of(
                Style.BODY,
                "Máy chủ của đảng uỷ đã ký xác nhận giữ đúng bài có mã trên. Kiểm tra: mở mục Biên nhận trên "
                "sổ tay, bấm Kiểm tra chữ ký; hoặc chạy lệnh handbook verify-receipt với tệp biên nhận. "
                "Không cần mạng.",
            ),
        ),
        signature=(),
    )


def in_groups(code: str) -> str:
    """A long code with spaces, so that it wraps and can be compared by eye."""
    return " ".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))
