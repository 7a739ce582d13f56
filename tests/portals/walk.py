"""A person without scripts: reads a page, fills in one of its forms, presses one of its buttons.

The law: only what stands in the page is posted (hidden fields too), and redirects are followed as a
browser would, so that a page whose form forgets something is found out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from tests.portals.visitor import Visitor

Pairs = list[tuple[str, str | None]]


@dataclass
class PageForm:
    """A form as it stands in a page."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.step = ""
        self.text: list[str] = []
        self._open: PageForm | None = None
        self._button: tuple[str, str] | None = None
        self._select = ""
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: Pairs) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag in ("template", "script", "style", "title"):
            self._unseen += 1
        if facts.get("id") == "till":
            self.step = facts["data-step"]
        if tag == "form":
            self._open = PageForm(facts["action"])
            self.forms.append(self._open)
        if self._open is None:
            return
        name, value = facts.get("name", ""), facts.get("value", "")
        if tag == "input" and name:
            if facts.get("type") not in ("radio", "checkbox") or "checked" in facts:
                self._open.fields[name] = value
        elif tag == "button" and facts.get("type", "submit") == "submit":
            self._button = (name, value)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._open.fields.setdefault(self._select, value)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("template", "script", "style", "title"):
            self._unseen -= 1
        if tag == "form":
            self._open = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if self._unseen or not words:
            return
        self.text.append(words)
        if self._button is not None and self._open is not None:
            self._open.buttons.setdefault(words, self._button)


class Walk:
    """The page one is looking at."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.answer: httpx.Response
        self.step = ""
        self.text = ""
        self.forms: list[PageForm] = []

    def open(self, path: str) -> Walk:
        """Goes to an address."""
        return self._look(self._visitor.http.get(path))

    def press(self, words: str, **filled: str) -> Walk:
        """Fills in the form of the button that says `words`, and presses it."""
        form, button = self._button(words)
        body = {**form.fields, **filled}
        if button[0]:
            body[button[0]] = button[1]
        return self._look(self._visitor.http.post(form.action, data=body))

    def form(self, words: str) -> tuple[str, dict[str, str]]:
        """The address and the fields behind a button."""
        form, _ = self._button(words)
        return form.action, dict(form.fields)

    def post(self, action: str, fields: dict[str, str]) -> Walk:
        """Sends what another page showed."""
        return self._look(self._visitor.http.post(action, data=fields))

    def has(self, words: str) -> bool:
        """Whether a button of the page says this."""
        return any(words in label for form in self.forms for label in form.buttons)

    def _button(self, words: str) -> tuple[PageForm, tuple[str, str]]:
        for form in self.forms:
            for label, button in form.buttons.items():
                if words in label:
                    return form, button
        raise AssertionError(f"no button says {words!r} in: {self.text}")

    def _look(self, answer: httpx.Response) -> Walk:
        for _ in range(5):
            if answer.status_code not in (302, 303):
                break
            answer = self._visitor.http.get(answer.headers["location"])
        page = _Forms()
        page.feed(answer.text)
        self.answer, self.step, self.forms = answer, page.step, page.forms
        # No-break spaces are judged elsewhere; a test reads words.
        self.text = " ".join(page.text).replace("\u00a0", " ")
        return self
