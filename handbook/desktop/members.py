"""Đảng viên: who belongs to the cell or the commune, their accounts and duties, lists they come from.

The list is the one last asked for, so that it can be read offline too; whatever changes it needs the server.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from handbook.desktop.banners import Banner, kind_of
from handbook.desktop.member_codes import MemberCodes
from handbook.desktop.member_form import MemberForm, edit_of
from handbook.desktop.member_import import Compared, MemberImport
from handbook.desktop.member_list import MemberList
from handbook.desktop.saving import ask_for_file, save_file
from handbook.desktop.screen import Screen
from handbook.desktop.session import Route, Session
from handbook.desktop.slips import Slip
from handbook.desktop.widgets import Action, Column, Toast
from handbook.desktop.work import Lane
from handbook.errors import BadInput, Expected, Fault, NotAllowed
from handbook.model.changes import Change, Changes
from handbook.model.duties import administers, secretaries
from handbook.model.people import Member, Unit
from handbook.model.vietnamese import VIETNAM, moment_text
from handbook.protocol.api import MemberEdit, MemberState

if TYPE_CHECKING:
    from handbook.client.members import KeptPage
    from handbook.protocol.api import Code, MembersPage

T = TypeVar("T")
PAGE_WIDTH = 1600
FORM_WIDTH = 760
OF_SERVER = ("members.add", "members.import", "members.codes.all")
"""What the header offers that is of no use while the server does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    unit: Unit | None
    kept: "KeptPage | None" = None
    me: str = ""
    administers: bool = False
    server: str = ""

    @property
    def page(self) -> "MembersPage":
        return self.kept.page


class MembersScreen(Screen):
    concerns = frozenset({Change.MEMBERS, Change.ACCOUNT})

    def __init__(self, session: Session) -> None:
        super().__init__(session, scrolls=False)
        self.header.show_text(self.tr("Đảng viên"))
        self._content_read: _Content | None = None
        self._asked_for = ""
        self._answers = True
        self._act_was_lost = False
        session.sync_changed.connect(self._sync_changed)
        self._offers: dict[str, QWidget] = {}
        self._compared: Compared | None = None
        for words, act, icon, name in (
            (self.tr("Thêm…"), self._ask_new, "plus", "members.add"),
            (self.tr("Nhập từ Excel…"), self._ask_file, "import", "members.import"),
            (self.tr("Tệp mẫu…"), self._ask_template, "export", "members.template"),
            (self.tr("Cấp mã cho người chưa kích hoạt"), self._issue_all, "key", "members.codes.all"),
        ):
            button = self.header.add_action(Action(words, act, icon))
            button.setObjectName(name)
            self._offers[name] = button
        self._build_pages()

    # -- coming and reading

    def show_route(self, route: Route) -> None:
        self.route = route
        self._asked_for = ""
        self.refresh()

    def refresh(self) -> None:
        if self._content_read is None:
            self.show_loading(self.tr("Đang mở danh sách đảng viên…"))
        handbook = self.session.handbook

        def read() -> _Content:
            unit = handbook.members.unit()
            if unit is None:
                return _Content(unit=None)
            return _Content(
                unit=unit,
                kept=handbook.members.page(unit.path),
                me=handbook.account.member().account,
                administers=administers(handbook.account.member(), unit.path),
                server=handbook.account.server,
            )

        self.load(read, self._show_content)

    def _ask_server(self) -> None:
        """Have the list as it is now; the one of last time stays until the answer is there."""
        members, unit, now = self.session.handbook.members, self._content_read.unit.path, self.session.now()
        self._asked_for = unit
        if self._content_read.kept is None:
            self.show_loading(self.tr("Đang hỏi máy chủ danh sách đảng viên…"))
        self.session.work.run(
            lambda: members.ask_page(unit, now), self._answered, self._not_answered, self, Lane.NET
        )

    def _answered(self, _: Changes) -> None:
        if not self._answers:
            self.clear_banner()
        self._set_answers(True)

    def _not_answered(self, error: Expected) -> None:
        again = Action(self.tr("Thử lại"), self._ask_server, "sync")
        none_yet = self._content_read is None or self._content_read.kept is None
        if none_yet or isinstance(error, NotAllowed):  # the duty is over, and the list went with it
            self.clear_banner()
            self.show_error(error, again)
            return
        self._set_answers(False)
        seen = self.tr("Đây là danh sách lúc {}. Thêm, sửa, cấp mã, nhập danh sách phải chờ có máy chủ.")
        why = "" if error.fault is Fault.NETWORK else error.advice
        advice = f"{why} {seen.format(moment_text(self._content_read.kept.asked_at))}".strip()
        self.show_banner(Banner(kind_of(error), error.message, advice, again, dismissible=False))

    def _set_answers(self, answers: bool) -> None:
        """Whether the server answered when it was last asked: without it nothing can be changed."""
        self._answers = answers
        self._list.set_changeable(answers)
        self._show_offers()

    def _sync_changed(self) -> None:
        """Ask again once a sync has found the server."""
        session = self.session
        found = not (session.syncing or session.sync_error or session.sync_stopped)
        if found and not self._answers and self.isVisible():
            self._ask_server()

    def _show_content(self, content: _Content) -> None:
        if content.unit is None:
            self._content_read = None
            self._show_offers()
            self.show_empty(
                "user",
                self.tr("Đồng chí không được phân công quản lý đảng viên"),
                self.tr("Trang này dành cho bí thư chi bộ và quản trị của đảng uỷ."),
            )
            return
        self._content_read = content
        if content.unit.path != self._asked_for:
            self._ask_server()
        if content.kept is None:
            self.header.show_text(self.tr("Đảng viên"), content.unit.name)
            self._show_offers()
            return
        self._list.show_page(content.page, content.me)
        members = [state for state in content.page.members if state.member.active]
        said = self.tr("{} đảng viên").format(len(members))
        if unused := sum(not state.activated for state in members):
            said += self.tr(", {} đồng chí chưa kích hoạt sổ tay").format(unused)
        asked_at = self.tr("danh sách lúc {}").format(moment_text(content.kept.asked_at))
        self.header.show_text(self.tr("Đảng viên"), f"{content.unit.name} · {said} · {asked_at}")
        self.show_ready()

    # -- one member

    def _ask_new(self) -> None:
        self._ask(None)

    def _ask(self, member: Member | None) -> None:
        content = self._content_read
        if content is None:
            return
        members = [state.member for state in content.page.members]
        cells = content.page.units
        cell = self._list.cell or cells[0].path
        today = self.session.now().astimezone(VIETNAM).date()
        self._form.ask(member, cells, cell, members, content.me, today, administers=content.administers)
        self._show_page(self._form_page)

    def _keep(self, edit: MemberEdit) -> None:
        members = self.session.handbook.members
        if edit.before is None:
            self._send(lambda: members.add(edit), self._added)
        elif edit == self._same(edit.before):
            self._back_to_list()
        else:
            self._change(edit, self.tr("Đã lưu {}.").format(edit.name))

    def _added(self, member: Member) -> None:
        self._back_to_list()
        said = self.tr("Đã thêm {}, tài khoản {}. Hãy cấp mã kích hoạt.").format(member.name, member.account)
        Toast(self.window(), said, seconds=8)
        self._ask_server()

    def _same(self, member: Member) -> MemberEdit:
        return edit_of(member, administers=self._content_read.administers)

    def _let_go(self, state: MemberState) -> None:
        said = self.tr("{} đã thôi sinh hoạt: không đăng nhập được nữa, dữ liệu được giữ theo quy định.")
        self._change(replace(self._same(state.member), active=False), said.format(state.member.name))

    def _take_back(self, state: MemberState) -> None:
        said = self.tr("{} sinh hoạt trở lại; đăng nhập bằng mật khẩu cũ hoặc mã mới.")
        self._change(replace(self._same(state.member), active=True), said.format(state.member.name))

    def _change(self, edit: MemberEdit, said: str) -> None:
        """Changes the member and offers to put back what was there, unless the own duty went with it."""
        members, me = self.session.handbook.members, self._content_read.me
        unit, administered = self._content_read.unit.path, self._content_read.administers
        before = {state.member.account: state.member for state in self._content_read.page.members}

        def done(changed: tuple[Member, ...]) -> None:
            self._back_to_list()
            own = changed[0] if changed[0].account == me else None
            if me in {member.account for member in changed[1:]}:
                Toast(self.window(), self.tr("Đã bàn giao nhiệm vụ bí thư chi bộ."), seconds=8)
            elif own and administered and not administers(own, unit):
                Toast(self.window(), self.tr("Đồng chí đã thôi làm quản trị của đảng uỷ."), seconds=8)
            elif own and not (administered or secretaries([own], unit)):
                Toast(self.window(), self.tr("Đồng chí đã thôi làm bí thư chi bộ."), seconds=8)
            else:
                self.undo_offered.emit(said, lambda: self._undo(changed, before))
            self._ask_if_still_theirs()

        self._send(lambda: members.change(edit), done)

    def _undo(self, changed: tuple[Member, ...], before: dict[str, Member]) -> None:
        members = self.session.handbook.members
        edits = {account: self._same(member) for account, member in before.items()}

        def put_back() -> None:
            # Who gets the secretary's duty back relieves the other one by that.
            present = {member.account: member for member in changed}
            for account in [member.account for member in (*changed[1:], changed[0])]:
                edit = replace(edits[account], before=present[account])
                present |= {member.account: member for member in members.change(edit)}

        self._send(put_back, lambda _: self._ask_server())

    def _ask_if_still_theirs(self) -> None:
        """Ask for the list anew, unless the duty has just been given away: `refresh` finds out."""
        self._asked_for = ""
        self.refresh()

    # -- codes

    def _issue_all(self) -> None:
        if waiting := self._list.without_account():
            self._issue([member.account for member in waiting])

    def _issue(self, accounts: Sequence[str]) -> None:
        members = self.session.handbook.members
        self._send(lambda: members.issue_codes(accounts), self._show_codes)

    def _show_codes(self, issued: "tuple[Code, ...]") -> None:
        content = self._content_read
        names = {unit.path: unit.name for unit in content.page.units}
        cells = {
            state.member.account: names.get(state.member.unit, content.unit.name)
            for state in content.page.members
        }
        slips = [Slip(code=code, unit_name=cells[code.account], server=content.server) for code in issued]
        self._codes.show_slips(slips)
        self._show_page(self._codes_page)

    # -- lists from files

    def _ask_template(self) -> None:
        title, kind = self.tr("Lưu tệp mẫu"), self.tr("Bảng Excel")
        ask_for_file(self, title, self.tr("Danh sách đảng viên"), kind, "xlsx", self.save_template)

    def save_template(self, path: Path) -> None:
        def save() -> None:
            from handbook.exports.roster import template

            save_file(path, template())

        said = self.tr("Đã lưu {}").format(path.name)
        self._send(save, lambda _: Toast(self.window(), said, seconds=6))

    def _ask_file(self) -> None:
        if self._content_read is None:
            return
        kind = self.tr("Danh sách (*.xlsx *.csv)")
        dialog = QFileDialog(self, self.tr("Chọn danh sách đảng viên"), "", kind)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda file: self.compare(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def compare(self, file: Path, *, complete: bool = False) -> None:
        """Show what the list in the file would change."""
        content = self._content_read
        cells = content.page.units
        # A list without a column for it is about the chosen cell, or the only one.
        cell = self._list.cell or (cells[0].path if len(cells) == 1 else "")
        members, today = self.session.handbook.members, self.session.now().astimezone(VIETNAM).date()

        def read() -> Compared:
            from handbook.exports.roster import read_tables
            from handbook.model.roster_sheet import read_sheet

            sheets = (read_sheet(table, today, cell) for table in read_tables(file))
            sheet = next((each for each in sheets if each), None)
            if sheet is None or not (sheet.rows or sheet.problems):
                raise BadInput(
                    self.tr("Trong tệp {} không có danh sách nào.").format(file.name),
                    self.tr("Bảng cần một dòng tiêu đề có cột Họ và tên, như trong tệp mẫu."),
                )
            compared = Compared(file=file.name, sheet=sheet, answer=None, complete=complete)
            if not sheet.rows:
                return compared
            whole = compared.tells_who_left
            return replace(compared, answer=members.compare(content.unit.path, sheet.rows, complete=whole))

        def show(compared: Compared) -> None:
            self._compared, self._file = compared, file
            self._import.show_compared(compared, cells)
            self._show_page(self._import_page)

        self._send(read, show)

    def _write_list(self) -> None:
        compared, unit = self._compared, self._content_read.unit.path
        members = self.session.handbook.members

        def done(_: object) -> None:
            self._back_to_list()
            said = self.tr("Đã ghi {} thay đổi từ danh sách.").format(len(compared.changes))
            Toast(self.window(), said, seconds=8)
            self._ask_if_still_theirs()

        self._send(
            lambda: members.carry_out(
                unit, compared.sheet.rows, complete=compared.tells_who_left, seen=compared.answer
            ),
            done,
        )

    @property
    def typed(self) -> str:
        return self._form.typed if self._stack.currentWidget() is self._form_page else ""

    # -- the frame

    def _send(self, act: Callable[[], T], done: Callable[[T], object]) -> None:
        """Asks the server in the background; a refusal becomes a banner and what was typed stays."""
        if self._answers:
            self.clear_banner()
        self.session.work.run(act, done, self._cannot_do, self, Lane.NET)

    def _cannot_do(self, error: Expected) -> None:
        lost = error.fault is Fault.NETWORK
        if lost and self._stack.currentWidget() is self._list_page:
            self._not_answered(error)
            return
        self._act_was_lost = lost
        super()._cannot_do(error)

    def _show_page(self, page: Column) -> None:
        self._stack.setCurrentWidget(page)
        self.scroll_head_with(page)
        self._show_offers()
        page.verticalScrollBar().setValue(0)

    def _show_offers(self) -> None:
        """What the header offers for the list; without the server only what needs none."""
        of_list = self._stack.currentWidget() is self._list_page
        there = of_list and self._answers and self._content_read is not None and self._content_read.kept
        for name, offer in self._offers.items():
            offer.setVisible(bool(there) if name in OF_SERVER else of_list and self._content_read is not None)
        self._offers["members.codes.all"].setEnabled(bool(self._list.without_account()))

    def _back_to_list(self) -> None:
        self._show_page(self._list_page)
        self._list.take_focus()
        if self._act_was_lost:
            self._act_was_lost = False
            self.clear_banner()
            self._ask_server()

    def _build_pages(self) -> None:
        self._list = MemberList()
        self._list.edit_asked.connect(lambda state: self._ask(state.member))
        self._list.code_asked.connect(lambda state: self._issue([state.member.account]))
        self._list.leave_asked.connect(self._let_go)
        self._list.return_asked.connect(self._take_back)
        self._list.shown.connect(self._show_offers)
        self._form = MemberForm()
        self._form.kept.connect(self._keep)
        self._form.cancelled.connect(self._back_to_list)
        self._codes = MemberCodes(self)
        self._codes.left.connect(self._codes_done)
        self._import = MemberImport()
        self._import.confirmed.connect(self._write_list)
        self._import.cancelled.connect(self._back_to_list)
        self._import.completeness_changed.connect(lambda on: self.compare(self._file, complete=on))
        self._stack = QStackedWidget()
        self._list_page = self._page_of(self._list, PAGE_WIDTH, fills=True)
        self._form_page = self._page_of(self._form, FORM_WIDTH)
        self._codes_page = self._page_of(self._codes, PAGE_WIDTH)
        self._import_page = self._page_of(self._import, PAGE_WIDTH)
        self.body.addWidget(self._stack, 1)
        self.scroll_head_with(self._list_page)

    def _page_of(self, content: QWidget, width: float, *, fills: bool = False) -> Column:
        """The content in the stack; it scrolls where it does not fit."""
        page = Column(width)
        page.body.addWidget(content, 1 if fills else 0)
        if not fills:
            page.body.addStretch(1)
        self._stack.addWidget(page)
        return page

    def _codes_done(self) -> None:
        self._back_to_list()
        self._ask_server()
