"""How a person works a page: with a mouse or a finger, or with the keyboard alone.

The law: controls are found by what a person reads; the keyboard gets to them by Tab and by nothing
else, so that a control it cannot come to stops the story.
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

_FURTHEST = 80
_HAS_FOCUS = "e => e === document.activeElement"


class Hands:
    """Somebody in front of a page."""

    def __init__(self, page: Page, *, keyboard: bool = False) -> None:
        self.page = page
        self.keyboard = keyboard

    def go(self, path: str) -> None:
        self.page.goto(path)

    def press(self, words: str, *, kind: str = "button") -> None:
        """A button or a link, by its words."""
        role = "link" if kind == "link" else "button"
        self._use(self.page.get_by_role(role, name=words).first, "Enter")

    def write(self, label: str, text: str, *, pause_ms: int = 0) -> None:
        """Text into the field of a label, with a pause between two keys."""
        field = self.page.get_by_label(label, exact=True)
        if not self.keyboard:
            field.fill(text)
            return
        self._reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text, delay=pause_ms)

    def tick(self, label: str) -> None:
        """A box or a round button, by the words beside it."""
        box = self.page.get_by_label(label).first
        if not self.keyboard:
            box.check()
            return
        if box.get_attribute("type") == "radio":
            self._reach_group(box)
            return
        self._reach(box)
        if not box.is_checked():
            self.page.keyboard.press("Space")

    def choose(self, label: str, words: str) -> None:
        """An entry of a list."""
        self.page.get_by_label(label, exact=True).select_option(label=words)

    def unfold(self, words: str) -> None:
        """What is folded away under a summary."""
        self._use(self.page.locator("summary", has_text=words), "Enter")

    def sees(self, words: str) -> None:
        """These words stand on the page, in any tag."""
        expect(self.page.locator("main")).to_contain_text(words)

    def reads(self, heading: str) -> None:
        """The page's one heading."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)

    def _use(self, control: Locator, key: str) -> None:
        if not self.keyboard:
            control.click()
            return
        self._reach(control)
        self.page.keyboard.press(key)

    def _reach(self, control: Locator) -> None:
        expect(control).to_be_visible()
        for _ in range(_FURTHEST):
            if control.evaluate(_HAS_FOCUS):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never comes to {control}")

    def _reach_group(self, wanted: Locator) -> None:
        """Tab comes to one of a group of round buttons; arrows go on from there."""
        name = wanted.get_attribute("name")
        expect(wanted).to_be_visible()
        for _ in range(_FURTHEST):
            if self.page.evaluate("name => document.activeElement.name === name", name):
                break
            self.page.keyboard.press("Tab")
        for _ in range(_FURTHEST):
            if wanted.evaluate(_HAS_FOCUS):
                if not wanted.is_checked():
                    self.page.keyboard.press("Space")
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow comes to {wanted}")
