"""Ai thấy gì?: every field that leaves this PC, who sees it and what for.

`fields` name the records of `handbook.protocol` and `handbook.model` that travel; a test holds this list
against them, so that no field is sent of which a member is not told.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What leaves the PC together, in a member's words. `when` says on which act of theirs."""

    what: str
    when: str
    seen_by: str
    why: str
    fields: tuple[str, ...]


SENT: Final = (
    Sent(
        what="Dấu “đã đọc”",
        when="Khi đồng chí bấm đánh dấu, hoặc bỏ dấu: tên văn bản, lần phát hành thứ mấy, đã đọc hay chưa, "
        "lúc nào.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí. Cán bộ tổng hợp của đảng uỷ thấy đồng chí đã đọc "
        "đủ hay chưa cho từng nhiệm vụ, không thấy đọc lúc nào.",
        why="Để chi bộ theo dõi việc học tập. Sổ tay không đo thời gian đọc và không tự đánh dấu.",
        fields=("Tick.document", "Tick.edition", "Tick.read", "Tick.ticked_at"),
    ),
    Sent(
        what="Bài thu hoạch đã nộp",
        when="Khi đồng chí bấm nộp: bài viết cho nhiệm vụ nào, lời ở từng phần. Bản nháp không rời máy này.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí. Cán bộ tổng hợp của đảng uỷ thấy bài đang ở bước "
        "nào và có muộn không, không đọc được nội dung.",
        why="Để chi bộ nhận, nhận xét, và máy chủ ký biên nhận.",
        fields=("Reflection.assignment", "Reflection.answers", "Answer.part", "Answer.text"),
    ),
    Sent(
        what="Tệp kèm theo bài thu hoạch",
        when="Khi đồng chí bấm nộp bài có kèm tệp: tên tệp, dung lượng, mã kiểm tra và chính tệp ấy. Hình "
        "được làm lại trên máy này trước khi kèm, không còn vị trí nơi chụp và thông tin máy ảnh.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí, khi họ nhận được bài. Cấp trên không mở được.",
        why="Để chi bộ xem cùng bài viết; mã kiểm tra nằm trong bài nên biên nhận xác nhận cả tệp.",
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
        fields=("Withdrawal.lineage", "Withdrawal.revision", "Withdrawal.withdrawn_at"),
    ),
    Sent(
        what="Nhận xét của bí thư, phó bí thư",
        when="Khi người có nhiệm vụ mở bài, trả lại hoặc đánh giá Đạt: bài nào, lần nộp nào, kết luận, lời "
        "nhận xét, đoạn được góp ý kèm lời góp ý, lúc nào.",
        seen_by="Người viết bài, bí thư và phó bí thư chi bộ.",
        why="Để người viết biết bài của mình đến đâu và cần sửa gì.",
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
        what="Thông tin đi kèm mỗi lần gửi",
        when="Cùng với mỗi mục ở trên: loại mục, mã riêng của mục và lần sửa, việc được nói đến, chi bộ, "
        "đảng bộ cơ sở, thời điểm viết theo đồng hồ máy này.",
        seen_by="Máy chủ của đảng bộ; bí thư và phó bí thư chi bộ.",
        why="Để mỗi mục được nhận đúng một lần, đúng nơi, và biết có kịp hạn không.",
        fields=(
            "Submission.kind",
            "Submission.lineage",
            "Submission.revision",
            "Submission.commune",
            "Submission.unit",
            "Submission.subject",
            "Submission.written_at",
            "Submission.content",
        ),
    ),
    Sent(
        what="Đăng nhập",
        when="Khi kích hoạt hoặc đăng nhập lần đầu trên một máy: mã kích hoạt hoặc tài khoản, mật khẩu, tên "
        "máy. Sau đó mỗi lần kết nối gửi một mã phiên, không gửi mật khẩu.",
        seen_by="Chỉ máy chủ. Mật khẩu không được lưu lại, máy chủ chỉ giữ dạng đã băm.",
        why="Để biết đúng là đồng chí, và để thu hồi một máy bị mất.",
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
        what="Cấp mã kích hoạt",
        when="Chỉ khi bí thư cấp mã: tài khoản của những người được cấp.",
        seen_by="Máy chủ của đảng bộ.",
        why="Để in phiếu kích hoạt cho đảng viên trong chi bộ.",
        fields=("CodeRequest.accounts",),
    ),
    Sent(
        what="Quản lý đảng viên",
        when="Chỉ khi bí thư chi bộ hoặc quản trị đảng uỷ thêm, sửa, chuyển, cho thôi một đảng viên, "
        "hoặc nhập danh sách từ Excel: họ tên, chi bộ, ngày vào Đảng, chính thức hay dự bị, nhiệm vụ, tài "
        "khoản. Cột ngày sinh, số định danh, điện thoại trong tệp không rời máy.",
        seen_by="Máy chủ của đảng bộ; quản trị đảng uỷ, bí thư và phó bí thư chi bộ; chính đảng viên ấy.",
        why="Để biết ai thuộc chi bộ nào, ai có nhiệm vụ gì. Người đã thôi không đăng nhập được nữa.",
        fields=(
            "MemberEdit.before",
            "MemberEdit.name",
            "MemberEdit.unit",
            "MemberEdit.admitted_on",
            "MemberEdit.probationary",
            "MemberEdit.duty",
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
        ),
    ),
    Sent(
        what="Sổ ghi ai nhận, ai mở bài",
        when="Máy chủ tự ghi mỗi khi bài của đồng chí được đưa tới máy của người khác, hoặc có người mở bài: "
        "ai, bản nộp nào, lúc nào. Xem ở trang biên nhận của bài.",
        seen_by="Chỉ chính đồng chí, và người vận hành máy chủ.",
        why="Để đồng chí biết ai đã đọc bài của mình.",
        fields=(),
    ),
    Sent(
        what="Ngày kết nối gần nhất",
        when="Mỗi lần sổ tay đồng bộ: máy chủ ghi lại ngày hôm đó, không ghi giờ, không ghi đã làm gì.",
        seen_by="Bí thư và phó bí thư chi bộ của đồng chí.",
        why="Để biết ai đã lâu chưa đồng bộ, khi ấy bài đã viết có thể còn nằm trên máy.",
        fields=(),
    ),
    Sent(
        what="Tải văn bản",
        when="Khi đồng bộ: máy hỏi có gì mới và tải các gói văn bản. Yêu cầu này không kèm tên, tài khoản.",
        seen_by="Máy chủ nội dung thấy địa chỉ mạng và các gói được tải, như mọi trang web.",
        why="Để thư viện đọc được khi không có mạng.",
        fields=(),
    ),
)

KEPT: Final = (
    "Bản nháp và mọi bản trước khi nộp",
    "Chữ đã tìm, văn bản đã mở, chỗ đang đọc, thời gian đọc",
    "Văn bản đã lưu, đoạn tô màu, ghi chú, đánh dấu trang",
    "Mật khẩu và khoá của dữ liệu trên máy này",
    "Báo cáo lỗi của chương trình",
)
"""What stays on this PC and is never sent."""
