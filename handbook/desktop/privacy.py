"""Ai thấy gì?: every field that leaves this PC, who sees it, what for and how long it is kept.

`fields` name the records that requests carry and, as `PATH?NAME`, what requests name besides; a test holds
this list against every route of the server, so that no field is sent of which a member is not told.
"""

from dataclasses import dataclass
from typing import Final

from handbook.model.retention import Rules, age_text


@dataclass(frozen=True, slots=True)
class Kept:
    """How long the server keeps it: by a rule of the ward (model/retention.py), counted `since` something,
    and what is left `afterwards`. Without a rule `afterwards` says it all.
    """

    rule: str
    since: str
    afterwards: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What leaves the PC together, in a member's words. `when` says on which act of theirs."""

    what: str
    when: str
    seen_by: str
    why: str
    kept: Kept
    fields: tuple[str, ...]


def kept_text(kept: Kept, rules: Rules | None) -> str:
    """In a sentence or two how long it is kept; `rules` are None before the server has told them."""
    if not kept.rule:
        return kept.afterwards
    if rules is None:
        return "Chưa biết: máy chủ cho biết ở lần đồng bộ đầu tiên."
    months = getattr(rules, kept.rule)
    if months is None:
        return "Đảng uỷ chưa đặt thời hạn nên vẫn giữ."
    return f"{age_text(months)} {kept.since}. {kept.afterwards}".strip()


_AS_THE_TEXT = Kept(
    "reflections",
    "kể từ ngày máy chủ nhận bản nộp cuối, cùng với bài",
    "Bản trên máy của người viết thì còn.",
)
_FOR_FIGURES = Kept("", "", "Không có thời hạn: biên nhận và số liệu báo cáo cần đến.")


_OWN: Final = (
    Sent(
        what="Dấu “đã đọc”",
        when="Khi đồng chí bấm đánh dấu, hoặc bỏ dấu: tên văn bản, lần phát hành thứ mấy, đã đọc hay chưa, "
        "lúc nào.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí. Cán bộ tổng hợp của đảng uỷ thấy đồng chí đã đọc "
        "đủ hay chưa cho từng nhiệm vụ, không thấy đọc lúc nào.",
        why="Để chi bộ theo dõi việc học tập. Sổ tay không đo thời gian đọc và không tự đánh dấu.",
        kept=Kept("", "", "Không có thời hạn: số liệu học tập của chi bộ tính từ các dấu này."),
        fields=("Tick.document", "Tick.edition", "Tick.read", "Tick.ticked_at"),
    ),
    Sent(
        what="Bài thu hoạch đã nộp",
        when="Khi đồng chí bấm nộp: bài viết cho nhiệm vụ nào, lời ở từng phần. Bản nháp không rời máy này.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí. Cán bộ tổng hợp của đảng uỷ thấy bài đang ở bước "
        "nào và có muộn không, không đọc được nội dung.",
        why="Để chi bộ nhận, nhận xét, và máy chủ ký biên nhận.",
        kept=Kept(
            "reflections",
            "kể từ ngày máy chủ nhận bản nộp cuối",
            "Sau đó lời trong bài bị xoá trên máy chủ và trên máy của chi bộ; còn lại ngày nộp, kết quả và "
            "biên nhận. Bản trên máy này là của đồng chí, không bị xoá.",
        ),
        fields=("Reflection.assignment", "Reflection.answers", "Answer.part", "Answer.text"),
    ),
    Sent(
        what="Tệp kèm theo bài thu hoạch",
        when="Khi đồng chí bấm nộp bài có kèm tệp: tên tệp, dung lượng, mã kiểm tra và chính tệp ấy. Hình "
        "được làm lại trên máy này trước khi kèm, không còn vị trí nơi chụp và thông tin máy ảnh.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí, khi họ nhận được bài. Cấp trên không mở được.",
        why="Để chi bộ xem cùng bài viết; mã kiểm tra nằm trong bài nên biên nhận xác nhận cả tệp.",
        kept=_AS_THE_TEXT,
        fields=(
            "Reflection.files",
            "AttachedFile.sha256",
            "AttachedFile.name",
            "AttachedFile.size",
            "FilePiece.sha256",
            "FilePiece.size",
            "FilePiece.data",
        ),
    ),
    Sent(
        what="Rút lại bài đã nộp",
        when="Khi đồng chí bấm rút lại bài mà chi bộ chưa mở: bài nào, lần nộp nào, lúc nào.",
        seen_by="Bí thư và phó bí thư chi bộ thấy rằng bài đã được rút; lời trong bài không còn đọc được, "
        "bản trên máy của họ bị xoá ở lần đồng bộ sau.",
        why="Để đồng chí sửa bài trước khi có người đọc. Máy chủ vẫn giữ bản đã nộp để biên nhận "
        "còn kiểm tra được.",
        kept=Kept(
            "reflections",
            "kể từ ngày máy chủ nhận bản nộp cuối, với lời trong bản đã rút",
            "Dấu đã rút thì không có thời hạn: số liệu báo cáo cần đến.",
        ),
        fields=("Withdrawal.lineage", "Withdrawal.revision", "Withdrawal.withdrawn_at"),
    ),
    Sent(
        what="Gói bài mang bằng USB",
        when="Chỉ khi đồng chí bấm ghi gói bài ra USB: những mục đang chờ gửi và mã phiên, niêm phong để "
        "riêng máy chủ mở được.",
        seen_by="Người mang USB thấy gói gửi cho đảng uỷ nào, ghi lúc nào, lớn bao nhiêu; không thấy của ai, "
        "viết gì. Máy chủ mở gói và nhận từng mục như qua mạng.",
        why="Để nộp bài ở nơi không có mạng.",
        kept=Kept("", "", "Trên USB: đến khi nhập biên nhận, khi ấy sổ tay xoá gói. Máy chủ không giữ gói."),
        fields=(
            "Bundle.format",
            "Bundle.id",
            "Bundle.commune",
            "Bundle.key",
            "Bundle.ephemeral",
            "Bundle.body",
            "Owed.token",
            "Owed.submissions",
        ),
    ),
)

_CONNECTED: Final = (
    Sent(
        what="Đăng nhập",
        when="Khi kích hoạt hoặc đăng nhập lần đầu trên một máy: mã kích hoạt hoặc tài khoản, mật khẩu, tên "
        "máy. Sau đó mỗi lần kết nối gửi một mã phiên, không gửi mật khẩu.",
        seen_by="Chỉ máy chủ. Mật khẩu không được lưu lại, máy chủ chỉ giữ dạng đã băm.",
        why="Để biết đúng là đồng chí, và để thu hồi một máy bị mất.",
        kept=Kept(
            "",
            "",
            "Phiên và tên máy: đến khi đăng xuất, hoặc 90 ngày sau lần kết nối cuối. Mật khẩu đã băm: đến "
            "khi đổi mật khẩu hoặc tài khoản bị xoá.",
        ),
        fields=(
            "Activation.code",
            "Activation.password",
            "Activation.device",
            "SignIn.account",
            "SignIn.password",
            "SignIn.device",
        ),
    ),
    Sent(
        what="Thông tin đi kèm mỗi lần gửi",
        when="Cùng với mỗi mục ở trên: loại mục, mã riêng của mục và lần sửa, việc được nói đến, chi bộ, "
        "đảng bộ cơ sở, thời điểm viết theo đồng hồ máy này.",
        seen_by="Máy chủ của đảng bộ; bí thư và phó bí thư chi bộ.",
        why="Để mỗi mục được nhận đúng một lần, đúng nơi, và biết có kịp hạn không.",
        kept=_FOR_FIGURES,
        fields=(
            "Submission.kind",
            "Submission.lineage",
            "Submission.revision",
            "Submission.commune",
            "Submission.unit",
            "Submission.subject",
            "Submission.written_at",
            "Submission.content",
            "/v1/submissions/{lineage}/{revision}?lineage",
            "/v1/submissions/{lineage}/{revision}?revision",
            "/v1/acknowledged/{lineage}/{revision}?lineage",
            "/v1/acknowledged/{lineage}/{revision}?revision",
        ),
    ),
    Sent(
        what="Hỏi máy chủ có gì mới",
        when="Mỗi lần sổ tay đồng bộ: chi bộ nào, đã nhận đến mục thứ mấy; bài và tệp nào còn thiếu. Khi mở "
        "trang tương ứng: đơn vị, nhiệm vụ hay bài cần xem. Kèm mã phiên, phiên bản sổ tay và địa chỉ mạng.",
        seen_by="Chỉ máy chủ của đảng bộ, và người vận hành nó.",
        why="Để nhận đúng phần còn thiếu, không tải lại từ đầu.",
        kept=Kept(
            "", "", "Máy chủ không lưu các câu hỏi này; nhật ký của nó không có tên, tài khoản, địa chỉ mạng."
        ),
        fields=(
            "/v1/feed?unit",
            "/v1/feed?after",
            "/v1/feed?mark",
            "/v1/feed?limit",
            "/v1/feed?seen_since",
            "/v1/feed?rules",
            "/v1/files/{lineage}/{revision}/{sha256}/{number}?lineage",
            "/v1/files/{lineage}/{revision}/{sha256}/{number}?revision",
            "/v1/files/{lineage}/{revision}/{sha256}/{number}?sha256",
            "/v1/files/{lineage}/{revision}/{sha256}/{number}?number",
            "/v1/files/{lineage}/{revision}/{sha256}/{number}?unit",
            "/v1/cells/{unit:path}/completion?unit",
            "/v1/cells/{unit:path}/completion?assignment",
            "/v1/counts?below",
            "/v1/members?below",
            "/v1/openings?lineage",
            "/v1/units?below",
        ),
    ),
    Sent(
        what="Tải văn bản",
        when="Khi đồng bộ: máy hỏi có gì mới và tải các gói văn bản. Yêu cầu này không kèm tên, tài khoản.",
        seen_by="Máy chủ nội dung thấy địa chỉ mạng và các gói được tải, như mọi trang web.",
        why="Để thư viện đọc được khi không có mạng.",
        kept=Kept(
            "", "", "Do người vận hành máy chủ nội dung đặt, như mọi trang web; sổ tay không yêu cầu lưu."
        ),
        fields=(),
    ),
    Sent(
        what="Ngày kết nối gần nhất",
        when="Mỗi lần sổ tay đồng bộ: máy chủ ghi lại ngày hôm đó, không ghi giờ, không ghi đã làm gì.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí.",
        why="Để biết ai đã lâu chưa đồng bộ, khi ấy bài đã viết có thể còn nằm trên máy.",
        kept=Kept("", "", "Chỉ giữ ngày gần nhất; ngày mới thay ngày cũ."),
        fields=(),
    ),
    Sent(
        what="Sổ ghi ai nhận, ai mở bài",
        when="Máy chủ tự ghi mỗi khi bài của đồng chí được đưa tới máy của người khác, hoặc có người mở bài: "
        "ai, bản nộp nào, lúc nào. Xem ở trang biên nhận của bài.",
        seen_by="Chỉ chính đồng chí, và người vận hành máy chủ.",
        why="Để đồng chí biết ai đã đọc bài của mình.",
        kept=Kept("opening_log", "kể từ khi ghi", "Sau đó dòng ấy bị xoá."),
        fields=(),
    ),
    Sent(
        what="Gửi lại sau khi máy chủ khôi phục",
        when="Chỉ khi máy chủ phải dùng bản sao lưu và thiếu mục đồng chí đã nộp: mục ấy và biên nhận của "
        "nó.",
        seen_by="Như mục ấy lúc gửi lần đầu.",
        why="Để không mất bài đã có biên nhận; biên nhận và ngày nộp giữ nguyên.",
        kept=Kept("", "", "Như mục ấy, tính từ ngày ghi trên biên nhận, không tính lại từ đầu."),
        fields=(
            "SubmissionEntry.author",
            "SubmissionEntry.submission",
            "SubmissionEntry.receipt",
            "SubmissionEntry.erased_at",
            "Receipt.server",
            "Receipt.author",
            "Receipt.kind",
            "Receipt.lineage",
            "Receipt.revision",
            "Receipt.sha256",
            "Receipt.received_at",
            "Receipt.key",
            "Receipt.signature",
        ),
    ),
)

_ON_DUTY: Final = (
    Sent(
        what="Nhận xét của bí thư, phó bí thư",
        when="Khi người có nhiệm vụ mở bài, trả lại hoặc đánh giá Đạt: bài nào, lần nộp nào, kết luận, lời "
        "nhận xét, đoạn được góp ý kèm lời góp ý, lúc nào.",
        seen_by="Người viết bài, bí thư và phó bí thư chi bộ.",
        why="Để người viết biết bài của mình đến đâu và cần sửa gì.",
        kept=Kept(
            "reflections",
            "kể từ ngày máy chủ nhận bản nộp cuối, cùng với bài",
            "Kết luận đạt hay trả lại thì còn; lời nhận xét trên máy của người viết cũng còn.",
        ),
        fields=(
            "Review.lineage",
            "Review.revision",
            "Review.verdict",
            "Review.comment",
            "Review.passages",
            "Review.reviewed_at",
            "PassageComment.part",
            "PassageComment.quote",
            "PassageComment.before",
            "PassageComment.after",
            "PassageComment.comment",
        ),
    ),
    Sent(
        what="Miễn học tập, bài nộp giấy",
        when="Khi bí thư, phó bí thư ghi nhận, hoặc bỏ ghi nhận, cho một đảng viên trong chi bộ: đảng viên "
        "nào, nhiệm vụ nào, miễn vì lý do gì hoặc nhận bài giấy ngày nào, ghi lúc nào.",
        seen_by="Bí thư và phó bí thư chi bộ, và chính đảng viên ấy. Đảng viên khác không thấy; cấp trên chỉ "
        "thấy có được miễn hay đã nộp giấy, không thấy lý do.",
        why="Để không nhắc người được miễn hoặc đã nộp giấy. Lý do có thể liên quan sức khoẻ nên chỉ nên ghi "
        "ngắn gọn, đủ để hiểu.",
        kept=Kept(
            "exemption_reasons",
            "kể từ ngày ghi, với lý do",
            "Còn lại: được miễn, hoặc đã nộp giấy ngày nào.",
        ),
        fields=(
            "CellMark.member",
            "CellMark.assignment",
            "CellMark.kind",
            "CellMark.reason",
            "CellMark.handed_in_on",
            "CellMark.marked_at",
        ),
    ),
    Sent(
        what="Cấp mã kích hoạt",
        when="Chỉ khi bí thư cấp mã: tài khoản của những người được cấp.",
        seen_by="Máy chủ của đảng bộ.",
        why="Để in phiếu kích hoạt cho đảng viên trong chi bộ.",
        kept=Kept("activation_codes", "sau khi mã đã dùng hoặc hết hạn", ""),
        fields=("CodeRequest.accounts",),
    ),
    Sent(
        what="Quản lý đảng viên",
        when="Chỉ khi bí thư chi bộ hoặc quản trị đảng uỷ thêm, sửa, chuyển, cho thôi một đảng viên, "
        "hoặc nhập danh sách từ Excel: họ tên, chi bộ, ngày vào Đảng, chính thức hay dự bị, nhiệm vụ, tài "
        "khoản. Cột ngày sinh, số định danh, điện thoại trong tệp không rời máy.",
        seen_by="Máy chủ của đảng bộ; quản trị đảng uỷ, bí thư và phó bí thư chi bộ; chính đảng viên ấy.",
        why="Để biết ai thuộc chi bộ nào, ai có nhiệm vụ gì; máy chủ ghi lại ai giao và thôi nhiệm vụ nào, "
        "lúc nào. Người đã thôi không đăng nhập được nữa.",
        kept=Kept(
            "left_members",
            "kể từ ngày thôi sinh hoạt",
            "Sau đó tên, ngày vào Đảng, tài khoản và lời trong các bài của người ấy bị xoá.",
        ),
        fields=(
            "MemberEdit.before",
            "Member.account",
            "Member.name",
            "Member.unit",
            "Member.duties",
            "Member.admitted_on",
            "Member.probationary",
            "Member.active",
            "Duty.kind",
            "Duty.unit",
            "MemberEdit.name",
            "MemberEdit.unit",
            "MemberEdit.admitted_on",
            "MemberEdit.probationary",
            "MemberEdit.duty",
            "MemberEdit.commune_duties",
            "MemberEdit.active",
            "RosterRequest.rows",
            "RosterRequest.complete",
            "RosterRequest.confirmed",
            "RosterRow.line",
            "RosterRow.name",
            "RosterRow.cell",
            "RosterRow.admitted_on",
            "RosterRow.probationary",
            "RosterRow.duty",
            "RosterRow.account",
            "/v1/members?unit",
            "/v1/members/{account}?account",
            "/v1/members/{account}?unit",
            "/v1/roster?unit",
        ),
    ),
)

SENT: Final = {
    "Khi đồng chí học và nộp bài": _OWN,
    "Khi sổ tay kết nối với máy chủ": _CONNECTED,
    "Chỉ khi có nhiệm vụ trong chi uỷ, đảng uỷ": _ON_DUTY,
}
"""What leaves this PC, by occasion."""

KEPT: Final = (
    "Bản nháp và mọi bản trước khi nộp",
    "Chữ đã tìm, văn bản đã mở, chỗ đang đọc, thời gian đọc",
    "Văn bản đã lưu, đoạn tô màu, ghi chú, đánh dấu trang",
    "Mật khẩu và khoá của dữ liệu trên máy này",
    "Báo cáo lỗi của chương trình",
)
"""What stays on this PC and is never sent."""
