"""Published content as static files: trust metadata, catalogues and packs, as `publish` wrote them."""

import os
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from handbook.server.access import PUBLIC

# A name with a SHA-256 in it, or that of versioned TUF metadata such as `3.root.json`: never another content.
_IMMUTABLE_NAME = re.compile(r"(.*[._-])?[0-9a-f]{64}([._-].*)?|[1-9][0-9]*\.[^/]+\.json")
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


class PublishedFiles:
    """Serves GET and HEAD with ETag, If-None-Match and Range."""

    access = PUBLIC

    def __init__(self, folder: Path) -> None:
        self._files = _Files(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._files(scope, receive, send)


class _Files(StaticFiles):
    async def check_config(self) -> None:
        """The folder may come into being with the first publishing; until then everything is 404."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Hidden files, such as the publisher's lock, are not there."""
        if any(name.startswith(".") for name in path.split(os.sep)):
            return "", None
        return super().lookup_path(path)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        immutable = _IMMUTABLE_NAME.fullmatch(os.path.basename(full_path)) is not None
        response.headers["Cache-Control"] = IMMUTABLE if immutable else REVALIDATE
        return response

    def is_not_modified(self, response_headers: Headers, request_headers: Headers) -> bool:
        """By ETag only: two publishings within one second have one Last-Modified."""
        if "if-none-match" not in request_headers:
            return False
        return super().is_not_modified(response_headers, request_headers)
