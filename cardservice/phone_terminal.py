"""`/tpe/`: the phone terminal, an installable app served beside the API that it calls (C47, C48).

The law: the app is a client like any other, it knows the service by API v1 alone; here are only its
files, found in the folder of the terminal program and never imported. A page of it runs nothing but
these files, and WebAssembly is compiled in the decoder's worker alone. Where the folder is missing
the service starts without it and says so in one line.

Made from the settings, not found: the département's colours, logo, names and icons.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from cardservice.phone_icons import ICON_SIDES, drawn_icon
from cardservice.settings import Settings
from cardservice.webkit.dress import settings_files

PREFIX: Final = "/tpe"
_PROGRAM: Final = "tpe_client"
# Without it nothing of the app runs: its modules are one graph.
_DRAWER: Final = "vendor/uqr/index.mjs"
_DECODER: Final = "vendor/zxing/zxing_reader.wasm"
_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
# A worker has the policy of its own script; only the decoder may compile WebAssembly.
_WORKER_POLICIES: Final = {
    "decoder.worker.js": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"
    " connect-src 'self'",
    "sw.js": "default-src 'none'; script-src 'self'; connect-src 'self'",
}
# What decides which version runs is asked for each time; the rest is compared by its digest.
_NEVER_KEPT: Final = frozenset(("index.html", "sw.js", "shell.js"))
_SCREENS: Final = b"%SCREENS%"
_VERSION: Final = b"%VERSION%"
# The page's style is the portals' own: one visual language, one file of it.
_KIT: Final = ("kit.css", "forms.css")

log = logging.getLogger("cjeune.phone_terminal")


@dataclass(frozen=True)
class _File:
    body: bytes
    media_type: str
    etag: str


def phone_terminal_routes(settings: Settings) -> list[Route]:
    """The routes of the app; none, and a line in the log, without its files."""
    folder = _folder()
    if folder is None or not (folder / _DRAWER).is_file():
        log.warning("the phone terminal is not served: files are missing, run `make env`")
        return []
    if not (folder / _DECODER).is_file():
        log.warning("the phone terminal has no decoder, codes are typed: run `make env`")
    files = _files(folder, settings)
    return [
        Route(PREFIX, _to_the_app, methods=["GET"]),
        Route(f"{PREFIX}/icon-{{side:int}}.png", _icon_shower(settings), methods=["GET"]),
        Route(f"{PREFIX}/{{path:path}}", _file_shower(files), methods=["GET"]),
    ]


def _folder() -> Path | None:
    """Where the app's files lie; the program itself is not imported."""
    found = importlib.util.find_spec(_PROGRAM)
    for place in (found and found.submodule_search_locations) or ():
        folder = Path(place) / "pwa"
        if (folder / "index.html").is_file():
            return folder
    return None


def _files(folder: Path, settings: Settings) -> dict[str, _File]:
    bodies = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix not in (".py", ".part")
    }
    # One page for the browser, several files for whoever writes its sentences.
    screens = [path for path in bodies if path.startswith("screens/")]
    page = bodies["index.html"].replace(_SCREENS, b"\n".join(map(bodies.pop, screens)))
    bodies["index.html"] = _named(page, settings, quoted=escape)
    bodies["manifest.webmanifest"] = _named(
        bodies["manifest.webmanifest"], settings, quoted=lambda text: json.dumps(text)[1:-1]
    )
    kit = resources.files("cardservice.webkit") / "static"
    bodies["kit.css"] = b"".join((kit / name).read_bytes() for name in _KIT)
    bodies["icons.svg"] = (kit / "icons.svg").read_bytes()
    files = {path: _file(path, body) for path, body in bodies.items()}
    made = settings_files(settings)
    colours, logo = made["settings/colours.css"], made["settings/logo"]
    files["couleurs.css"] = _file("couleurs.css", colours.body)
    files["logo"] = _file("logo", logo.body, media_type=logo.media_type)
    version = _version(files)
    page = files["index.html"].body.replace(_VERSION, version.encode())
    files["index.html"] = _file("index.html", page)
    files["shell.js"] = _file("shell.js", _shell(files, version))
    return files


def _named(template: bytes, settings: Settings, *, quoted: Callable[[str], str]) -> bytes:
    """A file with the scheme's names in their places."""
    text = template.decode()
    for place, name in (
        ("%SCHEME%", settings.scheme_name),
        ("%ASSISTANCE%", settings.assistance_phone),
    ):
        text = text.replace(place, quoted(name))
    return text.encode()


def _version(files: dict[str, _File]) -> str:
    """Another one with any byte of any file."""
    digest = hashlib.sha256()
    for path, file in sorted(files.items()):
        digest.update(f"{path}\0{file.etag}\n".encode())
    return digest.hexdigest()[:12]


def _shell(files: dict[str, _File], version: str) -> bytes:
    """What the service worker keeps, and the version it keeps it under."""
    kept = sorted(path for path in files if path not in ("index.html", "sw.js"))
    shell = {"version": version, "files": ["./", *kept]}
    return f"self.SHELL = {json.dumps(shell)};\n".encode()


def _file(path: str, body: bytes, *, media_type: str | None = None) -> _File:
    suffix = Path(path).suffix
    kind = media_type or _TYPES.get(suffix) or mimetypes.guess_type(path)[0]
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    return _File(body, kind or "application/octet-stream", etag)


async def _to_the_app(_request: Request) -> Response:
    return RedirectResponse(f"{PREFIX}/", status_code=308)


def _file_shower(files: dict[str, _File]) -> Callable[[Request], Response]:
    def show(request: Request) -> Response:
        path = request.path_params["path"] or "index.html"
        file = files.get(path)
        if file is None:
            return PlainTextResponse("", status_code=404)
        headers = _headers(path, file)
        if request.headers.get("if-none-match") == file.etag and path not in _NEVER_KEPT:
            return Response(status_code=304, headers=headers)
        return Response(file.body, media_type=file.media_type, headers=headers)

    return show


def _headers(path: str, file: _File) -> dict[str, str]:
    headers = {"etag": file.etag, "cache-control": "no-cache", "referrer-policy": "no-referrer"}
    if path in _NEVER_KEPT:
        headers["cache-control"] = "no-store"
    if path == "index.html":
        headers["permissions-policy"] = "camera=(self), microphone=(), geolocation=()"
        headers["content-security-policy"] = _PAGE_POLICY
    elif path in _WORKER_POLICIES:
        headers["content-security-policy"] = _WORKER_POLICIES[path]
    return headers


def _icon_shower(settings: Settings) -> Callable[[Request], Response]:
    def show(request: Request) -> Response:
        side = request.path_params["side"]
        if side not in ICON_SIDES:
            return PlainTextResponse("", status_code=404)
        image = drawn_icon(side, settings.colour, settings.accent)
        return Response(image, media_type="image/png", headers={"cache-control": "max-age=86400"})

    return show
