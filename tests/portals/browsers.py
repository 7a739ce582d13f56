"""A real Chromium, driven by Playwright, in a thread of its own.

The law: a page that complains fails its test: console errors, uncaught errors, refused by its own
policy, or asking anything of another origin. Without Chromium a test fails and says what to run.

Playwright's plain interface leaves an event loop running in the thread that started it, and tests
elsewhere run loops of their own: so whatever drives the browser runs in this one thread, the body
of the test too (conftest.py).
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    Route,
    expect,
    sync_playwright,
)

from tests.portals.site import fresh_address

PHONE, DESKTOP = 390, 1280
# `width` and `dark` of a test that looks at pages; two of the four belong to the long run.
on_every_screen = pytest.mark.parametrize(
    ("width", "dark"),
    [
        pytest.param(PHONE, False, id="phone"),
        pytest.param(DESKTOP, True, id="desktop dark"),
        pytest.param(PHONE, True, id="phone dark", marks=pytest.mark.soak),
        pytest.param(DESKTOP, False, id="desktop", marks=pytest.mark.soak),
    ],
)
_HEIGHTS = {PHONE: 844, DESKTOP: 800}
# The engine without the browser's own window takes two fifths less CPU for the same page; where
# there is none, the whole browser does its work. What a window shows (notifications) takes that.
SHELL, WHOLE_BROWSER = "chromium-headless-shell", "chromium"
# QUIC and the sandbox need what a container has not.
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage")
_PATIENCE_MS = 10_000
expect.set_options(timeout=_PATIENCE_MS)

_Result = TypeVar("_Result")


@dataclass
class Complaints:
    """What went wrong in the pages of one test, in the order it did."""

    origin: str
    _found: list[tuple[str, str]] = field(default_factory=list)
    _refused_pages: set[str] = field(default_factory=set)

    @property
    def found(self) -> list[str]:
        """Each complaint in a line. A form that comes back with its errors (422) is none."""
        return [told for told, page in self._found if page not in self._refused_pages]

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._said)
        context.on("weberror", lambda failure: self._note(f"uncaught: {failure.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)

    def is_to_fail(self, address: str) -> None:
        """The test itself makes what is asked for at this address fail."""
        self._refused_pages.add(address)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            address = str(message.location.get("url", ""))
            failed = "Failed to load resource" in message.text
            told = f"console {message.type}: {message.text} ({address})"
            self._note(told, page=address if failed else "")

    def _asked(self, request: Request) -> None:
        if request.url.startswith("http") and not request.url.startswith(self.origin + "/"):
            self._note(f"asked another origin: {request.url}")

    def _answered(self, response: Response) -> None:
        # A page that is refused, and a form refused to the script that has sent it, are answers.
        asked = response.request
        if response.status >= 400 and (asked.is_navigation_request() or asked.method == "POST"):
            self._refused_pages.add(response.url)

    def _note(self, told: str, page: str = "") -> None:
        self._found.append((told, page))


class BrowserThread:
    """Chromium and the thread that may talk to it."""

    def __init__(self, flags: tuple[str, ...] = (), *, program: str = SHELL) -> None:
        self._flags = flags
        self._program = program
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="browser")
        self._thread: threading.Thread | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def start(self) -> None:
        self.run(self._launch)

    def run(self, work: Callable[..., _Result], *arguments: Any, **named: Any) -> _Result:
        """Does `work` in the browser's thread, where the body of a test may be already."""
        if threading.current_thread() is self._thread:
            return work(*arguments, **named)
        return self._pool.submit(work, *arguments, **named).result()

    def stop(self) -> None:
        self.run(self._end)
        self._pool.shutdown()

    def context(self, origin: str, *, scripts: bool = True, **options: Any) -> BrowserContext:
        """A fresh profile: no cookie, French, in Paris, from an address of its own."""
        assert self._browser is not None
        context = self._browser.new_context(
            base_url=origin,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            java_script_enabled=scripts,
            extra_http_headers={"X-Forwarded-For": fresh_address()},
            **options,
        )
        context.set_default_timeout(_PATIENCE_MS)
        return context

    def _launch(self) -> None:
        self._thread = threading.current_thread()
        chromium = shutil.which(self._program) or shutil.which(WHOLE_BROWSER)
        assert chromium is not None, f"{WHOLE_BROWSER} is not on PATH: run `make tools`"
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=chromium, headless=True, args=[*_FLAGS, *self._flags]
        )

    def _end(self) -> None:
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()


def screen(width: int) -> dict[str, Any]:
    """A phone or a desktop of this width, as options of a context."""
    return {
        "viewport": {"width": width, "height": _HEIGHTS.get(width, 800)},
        "has_touch": width <= PHONE,
    }


# Asked for by nobody else; every service answers it. A hundred times are seconds.
_HARMLESS = "/healthz?intercept"
_UNTIL_HANDED_OVER = f"""async () => {{
  for (let tries = 0; tries < 100; tries++)
    if ((await fetch('{_HARMLESS}')).status === 204) return true;
  return false;
}}"""


def intercept(page: Page, pattern: str, answer: Callable[[Route], object]) -> None:
    """Has `answer` take what an open page asks for from now on.

    Chromium says at once that it hands requests over, and the page learns of it a moment later:
    what it asks for in between is neither handed over nor told of. So it asks for something
    harmless first, until that is handed over."""
    page.route(pattern, answer)
    harmless = re.compile(re.escape(_HARMLESS) + "$")
    page.route(harmless, lambda told: told.fulfill(status=204))
    assert page.evaluate(_UNTIL_HANDED_OVER), "Chromium hands nothing over"
    page.unroute(harmless)


def sits_still(page: Page) -> None:
    """Returns when nothing moves any more: motion is for people, not for pictures."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts ? document.fonts.ready.then(() => true) : true")
