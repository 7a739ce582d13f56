"""A cashier's hands on a phone: what is pressed is found by the words that stand on it.

The law: a page that complains fails its test (console, uncaught errors, other origins); answers of
the service that refuse are answers, not complaints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from cardservice.services.make_terminal_code import TerminalCode
from tests import makers
from tests.conftest import A_MORNING

APP = "/tpe/"
TILL_CODE = "407182"
LABEL = "Caisse 1"

# Answers that refuse, and a test that wants no service worker.
_EXPECTED = re.compile("Failed to load resource|Service Worker registration blocked")

# The phone's clock shows the day of the test's service.
_CLOCK = """(() => {
  const shift = %d - Date.now(), Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + shift); }
    static now() { return Real.now() + shift; }
  };
})()"""

# The till code's key in a blink: guessing it is not what is judged (test_phone_activation.py does).
_QUICK_SEAL = """(() => {
  const { subtle } = crypto, derive = subtle?.deriveKey.bind(subtle);
  if (subtle) subtle.deriveKey = (how, ...more) =>
    derive(how.iterations ? { ...how, iterations: 1 } : how, ...more);
})()"""


@dataclass
class Watch:
    """What the pages of one phone asked for, and what they complained of."""

    context: BrowserContext
    origin: str
    quick_seal: bool = True
    complaints: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.add_init_script(_CLOCK % int(A_MORNING.timestamp() * 1000))
        if self.quick_seal:
            self.context.add_init_script(_QUICK_SEAL)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda failure: self.complaints.append(str(failure.error)))
        self.context.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)
        if message.type in ("error", "warning") and not _EXPECTED.search(message.text):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        self.asked.append(request.url)
        if not request.url.startswith((self.origin + "/", "data:", "blob:")):
            self.complaints.append(f"asked another origin: {request.url}")


@dataclass
class Phone:
    """A phone in somebody's hands."""

    page: Page
    watch: Watch
    waiting: TerminalCode

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words).first.click()

    def reads(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)

    def sees(self, words: str) -> None:
        """Words that are shown: what is hidden does not count."""
        expect(self.page.locator("main")).to_contain_text(words, use_inner_text=True)

    def on(self, screen: str) -> None:
        expect(self.page.locator(f'body[data-screen="{screen}"]')).to_be_attached()

    def activate(self, *, till_code: str = TILL_CODE) -> None:
        self.page.goto(APP)
        self.page.get_by_label("Ou taper le code d’activation").fill(self.waiting.activation_code)
        self.press("Continuer")
        self.confirm(till_code=till_code)

    def confirm(self, *, till_code: str = TILL_CODE) -> None:
        """Step 2: this is the place, its name and its code."""
        self.press("Oui, c’est ici")
        self.page.get_by_label("Nom de la caisse").fill(LABEL)
        self.page.get_by_label("Code de caisse", exact=True).fill(till_code)
        self.page.get_by_label("Le même code, une seconde fois").fill(till_code)
        self.press("Activer la caisse")
        self.on("home")

    def tap(self, digits: str) -> None:
        """On the pad of the page."""
        for digit in digits:
            self.page.locator(f'main [data-key="{digit}"]').click()

    def unlock(self, till_code: str = TILL_CODE) -> None:
        self.on("locked")
        self.tap(till_code)
        self.press("Valider")

    def reload(self) -> None:
        self.page.reload()
        self.unlock()

    def read(self, code: str) -> None:
        """A card, its code typed."""
        self.press("Taper le code")
        self.page.get_by_label("Code de la carte").fill(code)
        self.press("Continuer")

    def read_from_result(self, card: makers.HeldCard) -> None:
        """Another card, from the screen of a result."""
        self.press("Accueil")
        self.read(card.code)

    def to_amount(self, card: makers.HeldCard) -> None:
        self.read(card.code)
        self.press("Identité vérifiée")
        self.on("amount")

    def enter(self, amount: str, *, wallet: str = "Sport, culture, loisirs") -> None:
        """Wallet and amount, on the keypad."""
        self.page.get_by_label(wallet).check()
        self.tap(amount)

    def sell(self, card: makers.HeldCard, amount: str) -> None:
        """Up to the press on the button that debits."""
        self.to_amount(card)
        self.enter(amount)
        self.page.locator("[data-do]").click()

    def enter_pin(self, pin: str) -> None:
        self.on("pin")
        self.tap(pin)
        self.press("Valider")

    def hurry(self) -> None:
        """The app's own waits get fifty times shorter, until the page is loaded anew."""
        self.page.evaluate(
            "const real = setTimeout;"
            " window.setTimeout = (work, ms, ...more) => real(work, ms / 50, ...more); 0"
        )

    def stored(self) -> list[Any]:
        """Everything the browser keeps: the databases, both storages, the history's state."""
        return list(self.page.evaluate(_DUMP))


_DUMP = """async () => {
  const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage),
    JSON.stringify(history.state), String(history.length), document.documentElement.outerHTML];
  for (const { name } of await indexedDB.databases()) {
    const base = await new Promise((done) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
    });
    for (const shelf of base.objectStoreNames) {
      const rows = await new Promise((done) => {
        const asked = base.transaction(shelf).objectStore(shelf).getAll();
        asked.onsuccess = () => done(asked.result);
      });
      for (const row of rows) kept.push(JSON.stringify(row, (_, value) =>
        value instanceof ArrayBuffer ? [...new Uint8Array(value)]
          : value instanceof CryptoKey ? `CryptoKey extractable=${value.extractable}` : value));
    }
    base.close();
  }
  return kept;
}"""
