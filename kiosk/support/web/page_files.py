"""The files of a page for staff: its own, and the palette that all such pages share."""

import html
from collections.abc import Sequence
from importlib import resources
from pathlib import PurePosixPath

from starlette.responses import Response
from starlette.routing import Route

PALETTE = "palette.css"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class PageFiles:
    """The files in the folder `static` of `package`, and the palette, served below `home`/static.

    names: the files that are served as they are; the pages are read by `text`.
    """

    def __init__(self, home: str, package: str, names: Sequence[str]) -> None:
        self._folder = resources.files(package) / "static"
        palette = resources.files("kiosk.support.web") / "static" / PALETTE
        found = {name: self._folder / name for name in names} | {PALETTE: palette}
        self._served = {f"{home}/static/{name}": file.read_bytes() for name, file in found.items()}

    @property
    def paths(self) -> frozenset[str]:
        """The paths of the files; none of them needs a login."""
        return frozenset(self._served)

    def routes(self) -> list[Route]:
        """Return a route for each file."""
        return [
            Route(path, Response(content, media_type=MEDIA_TYPES[PurePosixPath(path).suffix]))
            for path, content in self._served.items()
        ]

    def text(self, name: str) -> str:
        """Return the HTML of a page."""
        return (self._folder / name).read_text("utf-8")

    def login(self, message: str) -> str:
        """Return the HTML of the login, with a message."""
        return self.text("login.html").replace("$message", html.escape(message))
