"""What axe-core says of a page, and what it cannot see: focus, zoom, size of targets.

The law: a finding is a line that names the rule, the element and the page's address.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).parent / "vendor" / "axe.min.js"

_RUN = """async () => {
  const told = await axe.run(document, {resultTypes: ["violations"]});
  return told.violations.flatMap((v) => v.nodes.map((n) =>
    `${v.id} (${v.impact}): ${n.target.join(" ")}: ${(n.any[0] || n.all[0] || n.none[0] || v)
      .message || v.help}`));
}"""

_SKELETON = """() => ({
  headings: document.querySelectorAll("h1").length,
  title: document.title.trim(),
  lang: document.documentElement.lang,
  main: document.querySelectorAll("main").length,
  twice: [...document.querySelectorAll("[id]")].map((e) => e.id)
    .filter((id, i, all) => all.indexOf(id) !== i),
})"""

_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  const wide = document.documentElement.scrollWidth;
  if (wide <= room) return "";
  const culprits = [...document.body.querySelectorAll("*")]
    .filter((e) => e.getBoundingClientRect().right > room + 1)
    .slice(0, 3).map((e) => e.tagName.toLowerCase() + "." + e.className);
  return `${wide} px wide in ${room}: ${culprits.join(", ")}`;
}"""

# A column so narrow that a word stands on its head, a letter or two to the line.
_SQUEEZED = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim();
    if (text.length < 5 || !node.parentElement.checkVisibility()) continue;
    // What is there for readers of the screen alone stands in a box of one pixel.
    let box = node.parentElement;
    while (box && box.getBoundingClientRect().width > 2) box = box.parentElement;
    if (box) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = new Set([...range.getClientRects()].filter((r) => r.width > 1 && r.height > 1)
      .map((r) => Math.round(r.top)));
    if (lines.size > 2 && text.length / lines.size < 3) found.push(text.slice(0, 30));
  }
  return found;
}"""

_SMALL = """() => [...document.querySelectorAll(
    "button, select, textarea, input:not([type=hidden]):not([type=checkbox]):not([type=radio]),"
    + ".button, nav a, label.box, summary")]
  .filter((e) => e.checkVisibility())
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([e, box]) => box.height > 0 && box.height < 43.5)
  .map(([e, box]) => `${e.tagName.toLowerCase()} "${(e.innerText || e.name || "").trim()}"`
    + ` is ${Math.round(box.height)} px high`)"""

# Marks every control once, in the order of the document; of a group of radio buttons one.
_CONTROLS = """() => {
  const groups = new Set();
  return [...document.querySelectorAll(
      "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter((e) => !e.disabled && e.checkVisibility({visibilityProperty: true}))
    .filter((e) => {
      if (e.type !== "radio") return true;
      const group = e.name + (e.form ? [...document.forms].indexOf(e.form) : "");
      const first = !groups.has(group);
      groups.add(group);
      return first;
    })
    .map((e, i) => {
      const name = (e.innerText || e.value || e.name || e.getAttribute("aria-label") || "").trim();
      e.dataset.control = e.type === "radio" ? "radio " + e.name : `${i} ${name.slice(0, 40)}`;
      if (e.type === "radio") document.getElementsByName(e.name)
        .forEach((r) => { r.dataset.control = "radio " + e.name; });
      return e.dataset.control;
    });
}"""

_FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect();
  // A box to tick is shown by the label around it.
  const seen = [e, e.closest("label")].filter(Boolean).map((x) => getComputedStyle(x)).some((s) =>
    (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none");
  const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0;
  return {control: e.dataset.control || e.tagName + "#" + e.id, seen, inside};
}"""


def violations(page: Page) -> list[str]:
    """The violations axe finds, and what a page must have besides."""
    page.evaluate(_source())
    found = [f"axe {told}" for told in page.evaluate(_RUN)]
    skeleton: dict[str, Any] = page.evaluate(_SKELETON)
    if skeleton["headings"] != 1:
        found.append(f"{skeleton['headings']} h1")
    if skeleton["main"] != 1:
        found.append(f"{skeleton['main']} main")
    if len(skeleton["title"].split("–")[0].strip()) < 3:
        found.append(f"title: {skeleton['title']!r}")
    if skeleton["lang"] != "fr":
        found.append(f"lang: {skeleton['lang']!r}")
    found += [f"id twice: {name}" for name in skeleton["twice"]]
    return _of(page, found)


def too_wide(page: Page) -> list[str]:
    """What somebody must scroll sideways to read, or turn the head for."""
    told = page.evaluate(_TOO_WIDE)
    squeezed = [f"a letter to the line: {text}" for text in page.evaluate(_SQUEEZED)]
    return _of(page, [told, *squeezed] if told else squeezed)


def small_targets(page: Page) -> list[str]:
    """Controls that a thumb would miss (less than 44 px high)."""
    return _of(page, page.evaluate(_SMALL))


def out_of_reach(page: Page) -> list[str]:
    """Controls that Tab does not come to, in order, visibly."""
    wanted: list[str] = page.evaluate(_CONTROLS)
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    # From the very top, wherever a script has put the focus.
    page.evaluate("() => { document.body.tabIndex = -1; document.body.focus(); }")
    reached: list[str] = []
    found = []
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused is None or (reached and focused["control"] == reached[0]):
            break
        if reached and focused["control"] == reached[-1]:
            continue
        reached.append(focused["control"])
        if not focused["seen"]:
            found.append(f"focus cannot be seen on {focused['control']}")
        if not focused["inside"]:
            found.append(f"focus is out of sight on {focused['control']}")
    found += [f"Tab never reaches {one}" for one in wanted if one not in reached]
    known = [one for one in reached if one in wanted]
    if known != [one for one in wanted if one in reached]:
        found.append(f"Tab goes {known}")
    return _of(page, found)


@cache
def _source() -> str:
    assert _SCRIPT.exists(), f"{_SCRIPT.name} is missing: run `make env`"
    return _SCRIPT.read_text(encoding="utf-8")


def _of(page: Page, found: list[str]) -> list[str]:
    return [f"{page.url.partition('//')[2].partition('/')[2]}: {told}" for told in found]
