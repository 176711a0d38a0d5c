"""What a member is told at the top of their reflection: where it is, who reads it, what has to be decided."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from handbook.desktop.session import Place, Route
from handbook.desktop.widgets import Action, Banner, Kind
from handbook.errors import Expected
from handbook.model.attached import files_problem
from handbook.model.reflection import State
from handbook.model.vietnamese import moment_text

if TYPE_CHECKING:
    from handbook.client.reflection import Draft


def _tr(text: str) -> str:
    return QCoreApplication.translate("ReflectionNotices", text)


def notices(
    draft: "Draft",
    cell_name: str,
    go: Callable[[Route], object],
    note_changes: Callable[[], object],
    compare: Callable[[], object],
) -> list[Banner]:
    """The banners for this draft; none while it is simply being written.

    `note_changes` is run when the person has seen what the publisher changed of the assignment, `compare` to
    see two texts in one before the choice between them.
    """
    if clashes(draft):
        return [
            _banner(
                Kind.WARN,
                draft.refused,
                _tr("Dưới đây là bản của máy kia, rồi đến bản viết trên máy này. Hãy chọn bản dùng tiếp."),
                Action(_tr("So hai bản"), compare),
            )
        ]
    if draft.refused and not draft.can_write:
        return [
            _banner(
                Kind.ERROR,
                _tr("Chưa gửi được: {}").format(draft.refused),
                _tr("Bài vẫn nguyên trên máy này. Hãy bấm “Viết lại từ bài đã nộp”, sửa rồi nộp lại."),
            )
        ]
    if draft.can_write:
        said = _asked_otherwise(draft, note_changes) + _too_much_attached(draft)
        return [*said, _newer(draft, compare)] if draft.newer else said
    recalled = [_recalled(_tr("Bài đã nộp vẫn xem, in và lưu được ở Xem trang."))] if draft.recalled else []
    return recalled + _standing(draft, cell_name, go)


def _standing(draft: "Draft", cell_name: str, go: Callable[[Route], object]) -> list[Banner]:
    """What became of the text that was handed in."""
    readers = _tr("Người đọc được: bí thư, phó bí thư {}.").format(cell_name)
    receipt = _receipt(draft, go)
    when = moment_text(draft.versions[0].receipt.received_at) if receipt else ""
    match draft.state:
        case State.RECEIVED:
            said = _tr("Máy chủ của đảng uỷ đã nhận bài lúc {}.").format(when)
            return [_banner(Kind.OK, said, readers, receipt)]
        case State.OPENED:
            said = _tr("Chi bộ đã mở bài của đồng chí. Máy chủ nhận lúc {}.").format(when)
            return [_banner(Kind.OK, said, readers, receipt)]
        case State.RETURNED:
            advice = _tr("Xem góp ý, rồi bấm “Viết lại từ bài đã nộp” để sửa và nộp lại.")
            if draft.recalled:
                advice = _tr("Nhiệm vụ đã được rút nên không cần nộp lại.")
            return [_banner(Kind.WARN, _tr("Chi bộ trả lại để viết thêm."), advice, receipt)]
        case State.WITHDRAWN:
            return [_banner(Kind.INFO, _tr("Đồng chí đã rút lại bài; chi bộ không còn đọc được."))]
        case State.ACCEPTED:
            return [_banner(Kind.OK, _tr("Chi bộ đã đánh giá Đạt."), action=receipt)]
    return [_banner(Kind.INFO, _tr("Đã lưu an toàn; sẽ tự gửi khi có mạng."), readers)]


def withdrawal_notice(draft: "Draft", understood: Callable[[], object]) -> Banner | None:
    """That the text is on its way back, or why it does not come; `understood` ends the latter."""
    if draft.not_withdrawn:
        return _banner(
            Kind.WARN,
            _tr("Không rút lại được bài: {}").format(draft.not_withdrawn),
            _tr("Bài đã nộp vẫn nguyên ở chi bộ. Cần sửa thì đề nghị chi bộ trả lại."),
            Action(_tr("Đã hiểu"), understood),
        )
    if draft.withdrawing:
        return _banner(
            Kind.INFO,
            _tr("Đang rút lại bài: chờ máy chủ xác nhận chi bộ chưa mở."),
            _tr("Được xác nhận thì bài trở lại thành bản nháp để viết tiếp; chưa có mạng thì tự gửi sau."),
        )
    return None


def late_if_withdrawn(withdraw: Callable[[], object]) -> Banner:
    """Asked before a text that was in time is taken back too late to hand it in in time again."""
    return Banner(
        Kind.WARN,
        _tr("Đã qua hạn nộp: rút lại rồi nộp lại sẽ ghi là nộp muộn."),
        "",
        Action(_tr("Vẫn rút lại"), withdraw),
    )


def clashes(draft: "Draft") -> bool:
    """Whether the member still has to choose between this PC's text and another's."""
    return any(text.settled_at is None for text in draft.kept)


def not_saved(error: Expected, retry: Callable[[], object]) -> Banner:
    """The disk did not take the text, which is still on the screen."""
    advice = _tr("{} Chữ vừa gõ vẫn ở trên màn hình; đừng đóng sổ tay.").format(error.advice).strip()
    said = _tr("Chưa lưu được: {}").format(error.message)
    return Banner(Kind.ERROR, said, advice, Action(_tr("Lưu lại"), retry))


def nowhere_to_save(copy: Callable[[], object]) -> Banner:
    """What was typed has no draft any more to go to, because another PC handed in meanwhile."""
    return _banner(
        Kind.WARN,
        _tr("Bài này đã được nộp từ máy khác nên chữ vừa gõ không lưu vào bài được."),
        _tr("Chữ vẫn ở trên màn hình. Hãy sao chép để giữ lại, rồi xem bài đã nộp."),
        Action(_tr("Sao chép rồi xem bài đã nộp"), copy, "copy"),
    )


def _asked_otherwise(draft: "Draft", note_changes: Callable[[], object]) -> list[Banner]:
    if draft.recalled:
        advice = _tr(
            "Bài đang viết vẫn được giữ trên máy và vẫn viết tiếp được, nhưng không nộp được nữa. Bấm Xem "
            "trang để in hoặc lưu Word, PDF; hoặc sao chép bài sang nơi khác."
        )
        return [_recalled(advice)]
    if draft.changed:
        said = _tr("Đảng uỷ vừa sửa nhiệm vụ này. Chữ đã viết vẫn nguyên.")
        return [
            _banner(Kind.INFO, said, " ".join(draft.changed), Action(_tr("Đã rõ"), note_changes, "check"))
        ]
    return []


def _too_much_attached(draft: "Draft") -> list[Banner]:
    """Two texts made one bring the files of both: what has to go is told before the person hands in."""
    problem = "" if draft.recalled else files_problem(draft.files)
    advice = _tr("Hãy bỏ bớt ở phần Tệp kèm theo, dưới bài viết, rồi nộp.")
    return [_banner(Kind.WARN, problem, advice)] if problem else []


def _recalled(advice: str) -> Banner:
    return _banner(Kind.WARN, _tr("Đảng uỷ đã rút nhiệm vụ này."), advice)


def _newer(draft: "Draft", compare: Callable[[], object]) -> Banner:
    said = _tr("Máy khác của đồng chí đã nộp bản {} lúc {}.")
    if draft.newer.state is State.WITHDRAWN:
        said = _tr("Máy khác của đồng chí đã nộp bản {} lúc {}, rồi đã rút lại.")
    said = said.format(draft.newer.revision, moment_text(draft.newer.submitted_at))
    advice = _tr("Trước khi nộp, hãy so hai bản rồi chọn bản dùng tiếp; bản nào cũng được giữ.")
    return _banner(Kind.WARN, said, advice, Action(_tr("So hai bản"), compare))


def _receipt(draft: "Draft", go: Callable[[Route], object]) -> Action | None:
    latest = draft.versions[0] if draft.versions else None
    if not latest or not latest.receipt:
        return None
    route = Route(
        place=Place.RECEIPT,
        assignment=draft.assignment.assignment.id,
        lineage=latest.lineage,
        revision=latest.revision,
    )
    return Action(_tr("Xem biên nhận"), lambda: go(route), "receipt")


def _banner(kind: Kind, text: str, advice: str = "", action: Action | None = None) -> Banner:
    return Banner(kind, text, advice, action, dismissible=False)
