"""Names a browser as a person would (`Firefox sur Windows`), from what it says of itself.

The law: what is kept is this label and nothing finer: it is for a person to recognise their own
sessions by, not for anybody to follow them.
"""

from __future__ import annotations

from typing import Final

# The first that is found wins: Edge calls itself Chrome too, Chrome calls itself Safari.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_UNKNOWN: Final = "Navigateur inconnu"


def browser_label(user_agent: str) -> str:
    """At most three words; browsers nobody knows are all alike."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is None:
        return _UNKNOWN
    return browser if system is None else f"{browser} sur {system}"
