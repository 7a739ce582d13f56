"""The files of the phone terminal as the service hands them out (design §9)."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import zxingcpp
from PIL import Image
from starlette.applications import Starlette

from api_client.operation_id import local_reference
from cardservice import phone_terminal
from cardservice.domain.short_code import operation_reference
from cardservice.phone_terminal import phone_terminal_routes
from cardservice.settings import Settings
from tests.makers import HeldCard
from tests.terminals.phone.conftest import PhoneOf

PWA = Path(phone_terminal.__file__).parents[1] / "tpe_client" / "pwa"
FRENCH = re.compile(r"[àâçéèêëîïôùûœ]|\b(vous|votre|est|sont|pas|carte|vente)\b", re.IGNORECASE)


class Routes:
    """The phone terminal's routes alone, asked without a server."""

    def __init__(self, settings: Settings) -> None:
        self._app = Starlette(routes=phone_terminal_routes(settings))

    def get(self, path: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://phone") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(asked())


@pytest.fixture
def app(tmp_path: Path) -> Routes:
    """Routes with names that would break out of a page."""
    return Routes(Settings(data_dir=tmp_path, scheme_name='Carte <b>"13"</b>', colour="#7d2f3c"))


def test_the_page_runs_nothing_but_our_files(app: Routes) -> None:
    page = app.get("/tpe/")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy and "form-action 'none'" in policy
    assert page.headers["permissions-policy"].startswith("camera=(self)")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?![^>]* src=)| style=| on[a-z]+=|javascript:", page.text)


def test_only_the_decoder_may_compile(app: Routes) -> None:
    policies = {
        path: app.get(f"/tpe/{path}").headers.get("content-security-policy", "")
        for path in ("", "sw.js", "decoder.worker.js", "js/app.js")
    }
    assert [path for path, policy in policies.items() if "wasm" in policy] == ["decoder.worker.js"]


def test_names_of_the_settings_are_text(app: Routes) -> None:
    assert "<b>" not in app.get("/tpe/").text.partition("<title>")[2].partition("</title>")[0]
    manifest = app.get("/tpe/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    assert json.loads(manifest.text)["name"] == 'SMART TPE – Carte <b>"13"</b>'
    assert "%SCHEME%" not in app.get("/tpe/").text


def test_the_icons_are_drawn_in_the_colour_of_the_settings(app: Routes) -> None:
    manifest = json.loads(app.get("/tpe/manifest.webmanifest").text)
    drawn = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert drawn
    for icon in drawn:
        image = Image.open(io.BytesIO(app.get(f"/tpe/{icon['src']}").content))
        assert f"{image.width}x{image.height}" == icon["sizes"]
        assert image.getpixel((3, 3)) == (0x7D, 0x2F, 0x3C)
    assert app.get("/tpe/icon-4000.png").status_code == 404


def test_a_file_that_did_not_change_is_not_sent_again(app: Routes) -> None:
    first = app.get("/tpe/js/app.js")
    again = app.get("/tpe/js/app.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"
    for path in ("sw.js", "shell.js"):
        assert app.get(f"/tpe/{path}").headers["cache-control"] == "no-store"


def test_every_file_of_the_shell_is_there_and_any_change_makes_a_version(
    app: Routes, tmp_path: Path
) -> None:
    def shell(routes: Routes) -> dict[str, object]:
        told = routes.get("/tpe/shell.js").text
        return dict(json.loads(told.removeprefix("self.SHELL = ").rstrip(";\n")))

    kept = shell(app)
    files = kept["files"]
    assert isinstance(files, list)
    assert {"./", "js/app.js", "app.css", "kit.css", "couleurs.css", "logo"} <= set(files)
    for path in files:
        assert app.get(f"/tpe/{path}").status_code == 200, path
    other = Settings(data_dir=tmp_path, scheme_name="Une autre carte")
    assert shell(Routes(other))["version"] != kept["version"]


@pytest.mark.parametrize("path", ["../phone_terminal.py", "..%2F__init__.py", "js/", "nothing"])
def test_nothing_but_the_files_has_an_address(app: Routes, path: str) -> None:
    assert app.get(f"/tpe/{path}").status_code == 404


def test_without_the_folder_the_service_starts_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(phone_terminal, "_PROGRAM", "no_such_program")
    with caplog.at_level(logging.WARNING):
        assert phone_terminal_routes(Settings(data_dir=tmp_path)) == []
    assert [one.getMessage() for one in caplog.records] == [
        "the phone terminal is not served: files are missing, run `make env`"
    ]


def test_no_script_holds_a_french_sentence() -> None:
    found = [
        f"{file.name}:{number}: {text}"
        for file in (*sorted(PWA.glob("js/*.js")), *PWA.glob("*.js"))
        for number, line in enumerate(file.read_text().splitlines(), 1)
        for text in re.findall(r'"[^"]*"|`[^`]*`', line.partition("//")[0])
        if FRENCH.search(text) and " " in text
    ]
    assert not found, "\n".join(found)


def test_every_word_and_screen_that_a_script_asks_for_is_on_the_page(app: Routes) -> None:
    page = app.get("/tpe/").text
    scripts = "".join(file.read_text() for file in (PWA / "js").glob("*.js"))
    for name in re.findall(r'\bshow\(\s*"([\w-]+)"', scripts):
        assert f'id="t-{name}"' in page, name
    for key in re.findall(r'\bword\("([\w.]+)"', scripts):
        assert f'data-word="{key}"' in page, key


def test_the_local_reference_is_the_one_of_every_terminal(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.goto("/tpe/")
    made = phone.page.evaluate(
        "import('/tpe/js/operation_id.js').then(({ newOperationId, localReference }) =>"
        " Array.from({ length: 200 }, newOperationId)"
        ".map((id) => [id, localReference(id)]))"
    )
    assert len({identifier for identifier, _ in made}) == 200
    for identifier, reference in made:
        assert UUID(identifier).version == 7
        assert local_reference(UUID(identifier)) == reference


def test_the_qr_of_a_ticket_is_read_by_any_reader(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    for number in (0, 1, 37, 4711, 2**31, 2**63 - 1):
        reference = operation_reference(number)
        phone.page.evaluate(
            "(text) => import('/tpe/js/qr.js').then(({ qrOf }) => {"
            " const place = document.createElement('div'); place.className = 'ticket ticket-qr';"
            " place.append(qrOf(text, text)); document.querySelector('main')"
            ".replaceChildren(place); })",
            reference,
        )
        picture = phone.page.locator(".ticket-qr svg").screenshot()
        (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
        assert (found.text, found.format) == (reference, zxingcpp.BarcodeFormat.QRCode)
