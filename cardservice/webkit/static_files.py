"""Style sheets, scripts and images of the portals, read once and served from memory.

The law: an address carries the digest of the whole set, so that a browser may keep a file for ever
and never mixes two versions, and modules find each other by relative paths. Only files of the
listed folders have an address, and what the settings make (`made`: see dress.py).
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

PREFIX = "/statique"
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
_FOR_EVER = "public, max-age=31536000, immutable"
# A worker has the policy of its own script: the decoder compiles WebAssembly, pages never do.
_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
_WORKER_SUFFIX = ".worker.js"


@dataclass(frozen=True)
class StaticFile:
    """What is served at an address."""

    body: bytes
    media_type: str
    policy: str | None = None


class StaticFiles:
    """Folders by the name under which their files are addressed, and files made at start."""

    def __init__(
        self, folders: dict[str, Path], made: Mapping[str, StaticFile] = MappingProxyType({})
    ) -> None:
        self._files = dict(made) | {
            f"{name}/{file.relative_to(folder).as_posix()}": _read(file)
            for name, folder in sorted(folders.items())
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        digest = hashlib.sha256()
        for path, file in self._files.items():
            digest.update(path.encode() + b"\0" + file.body)
        self.digest = digest.hexdigest()[:12]

    def address(self, path: str) -> str:
        """The address of `webkit/kit.css`; KeyError for a file that is not there."""
        if path not in self._files:
            raise KeyError(f"no static file {path}")
        return f"{PREFIX}/{self.digest}/{path}"

    def text(self, path: str) -> str:
        """What stands in a file, for a page that hands it out under an address of its own."""
        return self._files[path].body.decode()

    def routes(self) -> list[Route]:
        """The one route that serves them."""
        return [Route(f"{PREFIX}/{{digest}}/{{path:path}}", self._show, methods=["GET"])]

    async def _show(self, request: Request) -> Response:
        file = self._files.get(request.path_params["path"])
        if file is None or request.path_params["digest"] != self.digest:
            return PlainTextResponse("", status_code=404)
        headers = {"cache-control": _FOR_EVER}
        if file.policy is not None:
            headers["content-security-policy"] = file.policy
        return Response(file.body, media_type=file.media_type, headers=headers)


def _read(file: Path) -> StaticFile:
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    policy = _WORKER_POLICY if file.name.endswith(_WORKER_SUFFIX) else None
    return StaticFile(file.read_bytes(), kind or "application/octet-stream", policy)
