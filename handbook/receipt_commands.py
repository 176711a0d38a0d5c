"""`handbook verify-receipt`: whether a saved receipt is genuine, without a network and without a password."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.errors import BadInput, DiskProblem, Untrusted

if TYPE_CHECKING:
    from handbook.model.reflection import AttachedFile
    from handbook.protocol.receipt_files import Finding, ReceiptFile
    from handbook.protocol.receipts import ReceiptKey


def verify_receipt(data_dir: Path, file: Path, content: Path | None, as_json: bool) -> int:
    """Exit code 0 when it is genuine, 3 for another text, 4 for another receipt, 5 for an unknown key.

    Keys are believed as this PC has synced them, or as the content folder publishes them. Raises BadInput for
    a file that cannot be read as a receipt.
    """
    from handbook.client.receipts import trusted_keys
    from handbook.protocol.receipt_files import MAX_FILE_BYTES, from_bytes, judge

    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadInput(
            f"Không đọc được {file} ({error.strerror}).", "Hãy kiểm tra đường dẫn và quyền đọc."
        ) from error
    receipt_file = from_bytes(data)
    finding = judge(receipt_file, _published_in(content) if content else trusted_keys(data_dir))
    print(_as_json(receipt_file, finding) if as_json else _in_words(receipt_file, finding))
    return {"valid": 0, "altered-text": 3, "altered-receipt": 4, "unknown-key": 5}[finding]


def _published_in(content: Path) -> "list[ReceiptKey]":
    """Raises BadInput when the folder has nothing that is signed as it should be."""
    from handbook.authoring.repository import Repository
    from handbook.protocol.trust import publisher_of_role

    repository = Repository(content, content / "no-keys")
    found: list[ReceiptKey] = []
    try:
        if repository.root() is None:
            raise BadInput(f"{content} không phải thư mục nội dung đã phát hành.")
        for role in repository.roles()[1:]:
            catalogue = repository.catalogue(publisher_of_role(role))
            found += catalogue.receipt_keys if catalogue else ()
    except (DiskProblem, Untrusted) as error:
        raise BadInput(f"Không tin được nội dung trong {content}. {error.message}", error.advice) from error
    return found


def _facts(file: "ReceiptFile") -> dict[str, object]:
    receipt = file.receipt
    return {
        "code": _code(file),
        "server": receipt.server,
        "author": receipt.author,
        "kind": receipt.kind.value,
        "lineage": receipt.lineage,
        "revision": receipt.revision,
        "received_at": receipt.received_at.isoformat(),
        "sha256": receipt.sha256,
        "key": receipt.key,
        "files": [{"name": one.name, "sha256": one.sha256, "size": one.size} for one in _files(file)],
    }


def _files(file: "ReceiptFile") -> "tuple[AttachedFile, ...]":
    """The files that the text of a receipt names; none where it was altered beyond reading."""
    from handbook.protocol.submissions import SubmissionKind, unpack_content

    if file.receipt.kind is not SubmissionKind.REFLECTION:
        return ()
    try:
        return unpack_content(SubmissionKind.REFLECTION, file.content).files
    except BadInput:
        return ()


def _code(file: "ReceiptFile") -> str:
    try:
        return file.receipt.code
    except ValueError:  # an altered signature need not be base64
        return ""


def _as_json(file: "ReceiptFile", finding: "Finding") -> str:
    return json.dumps({"result": finding.value} | _facts(file), ensure_ascii=False)


def _in_words(file: "ReceiptFile", finding: "Finding") -> str:
    from handbook.model.vietnamese import VIETNAM, date_text
    from handbook.protocol.receipt_files import Finding

    said = {
        Finding.VALID: "HỢP LỆ: máy chủ đã ký nhận đúng bài trong tệp này.",
        Finding.ALTERED_TEXT: "BÀI ĐÃ BỊ SỬA: biên nhận là thật, nhưng không phải của bài trong tệp này.",
        Finding.ALTERED_RECEIPT: "BIÊN NHẬN ĐÃ BỊ SỬA: chữ ký của máy chủ không khớp với nội dung biên nhận.",
        Finding.UNKNOWN_KEY: "CHƯA TIN ĐƯỢC: khoá đã ký chưa được đảng uỷ nào mà máy này biết công bố. "
        "Hãy đồng bộ sổ tay trên máy này, hoặc chỉ thư mục nội dung bằng --content.",
    }[finding]
    receipt, moment = file.receipt, file.receipt.received_at.astimezone(VIETNAM)
    lines = (
        said,
        f"Mã biên nhận: {_code(file)}",
        f"Người nộp: {receipt.author}, bản {receipt.revision}",
        f"Máy chủ {receipt.server} nhận lúc {moment:%H:%M:%S} ngày {date_text(moment)}",
        f"Mã của bài (SHA-256): {receipt.sha256}",
        f"Khoá: {receipt.key}",
        *(f"Tệp kèm theo {named.name} (SHA-256): {named.sha256}" for named in _files(file)),
    )
    return "\n".join(lines)
