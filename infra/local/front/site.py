"""The application's files, as CloudFront serves them from the site's bucket."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Parvis</title>
<p>The application's pages are not built on this machine; the API answers under /api/.</p></html>"""


class Site:
    """Serves a folder of built files; a page it does not know is index.html, which is the application."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def __call__(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        path = request.path_params.get("path", "")
        found = self._file(path)
        if found is not None:
            return self._answer(found, request)
        if Path(path).suffix and not path.endswith(".html"):
            # A file that is not there must not come back as a page: a script would be read as HTML.
            return Response("Not found", status_code=404, media_type="text/plain")
        index = self._file("index.html")
        return (
            self._answer(index, request) if index else HTMLResponse(_NOT_BUILT, headers={"Cache-Control": "no-cache"})
        )

    def _file(self, path: str) -> Path | None:
        try:
            candidate = (self._folder / path.lstrip("/")).resolve()
            inside = candidate.is_relative_to(self._folder) and candidate.is_file()
        except (OSError, ValueError):
            return None
        return candidate if inside else None

    def _answer(self, file: Path, request: Request) -> Response:
        headers = {"Vary": "Accept-Encoding"}
        in_assets = file.relative_to(self._folder).parts[0] == "assets"
        if in_assets and _HASHED.search(file.name):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers["Cache-Control"] = "no-cache"
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
        for name, suffix in _ENCODINGS:
            packed = file.with_name(file.name + suffix)
            if name in accepted and packed.is_file():
                headers["Content-Encoding"] = name
                return FileResponse(packed, headers=headers, media_type=media_type)
        return FileResponse(file, headers=headers, media_type=media_type)
