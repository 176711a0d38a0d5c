"""Where the links and pictures in a document's text lead."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from handbook.desktop import attachments, images
from handbook.desktop.attachments import Attachments
from handbook.desktop.images import Pictures
from handbook.desktop.picture_view import PictureView
from handbook.desktop.reader_differences import SCHEME as DIFFERENCES
from handbook.desktop.reader_differences import ReaderDifferences
from handbook.desktop.reading import DocumentText
from handbook.desktop.screen import Screen
from handbook.desktop.session import Place, Route
from handbook.desktop.widgets import Action, Banner, Kind

if TYPE_CHECKING:
    from handbook.client.library import DocumentView


class ReaderLinks(QObject):
    """Follows what is clicked in the text. `opened` gives the document in front; None while there is none."""

    def __init__(
        self,
        screen: Screen,
        text: DocumentText,
        opened: "Callable[[], DocumentView | None]",
        differences: ReaderDifferences,
    ) -> None:
        super().__init__(screen)
        self._screen = screen
        self._text = text
        self._opened = opened
        self._differences = differences
        self.attachments = Attachments(screen, opened)
        self.pictures = self._new_pictures()
        text.show_pictures(self.pictures)
        text.followed.connect(self._follow)

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "handbook":
            route = Route(place=Place.READER, document=url.path(), anchor=url.fragment())
            self._screen.navigate.emit(route)
        elif url.scheme() in ("http", "https"):
            self._offer_web_page(url)
        elif url.scheme() == DIFFERENCES:
            self._differences.go(url.path())
        elif url.scheme() == attachments.SCHEME:
            self.attachments.follow(url)
        elif url.scheme() == images.SCHEME:
            self._enlarge(url.path())
        elif name := url.fragment():
            self._go_to(name)

    def _go_to(self, name: str) -> None:
        """A named place of the document in front."""
        view = self._opened()
        if view is None:
            return
        route = Route(place=Place.READER, document=view.card.id, anchor=name)
        anchors = [entry.anchor for entry in view.outline]
        if name not in anchors:
            self._text.go_to_name(name)
        elif route != self._screen.route:
            self._screen.navigate.emit(route)
        else:
            self._text.go_to(anchors.index(name))

    def _new_pictures(self) -> Pictures:
        session = self._screen.session
        return Pictures(session.work, lambda sha256: session.handbook.assets.data(sha256), self._screen)

    def _enlarge(self, sha256: str) -> None:
        if found := self._text.pictures.find(sha256):
            PictureView(self._screen.window(), self._new_pictures(), sha256, *found)

    def _offer_web_page(self, url: QUrl) -> None:
        self._screen.show_banner(
            Banner(
                Kind.INFO,
                self.tr("Liên kết này dẫn ra trang web bên ngoài sổ tay."),
                url.toDisplayString(),
                Action(self.tr("Mở bằng trình duyệt"), lambda: QDesktopServices.openUrl(url)),
            )
        )
