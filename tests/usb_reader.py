"""A USB reader in front of a page: a keyboard that types a card's code faster than anybody."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

_BETWEEN_KEYS_SECONDS: Final = 0.008
# A Bluetooth line or a busy machine; longer than the gaps within a code, shorter than a hand takes
# from the keys to the card.
_FALTERS_SECONDS: Final = 0.2
# A hand, from key to key.
_BY_HAND_SECONDS: Final = 0.15
# Keys of an American reader as a French keyboard writes them; `code` names the key itself.
_FRENCH: Final = dict(zip("1234567890AQZWM", "&é\"'(-è_çàQAWZ?", strict=True))


def type_fast(
    page: Page,
    code: str,
    *,
    french: bool = False,
    falters_after: int | None = None,
    after_hand: str = "",
    end: str = "Enter",
) -> None:
    """Types `code` into whatever has the focus, each key at its time, whatever this machine is busy
    with. `french`: the keyboard is, the reader is not. `falters_after`: how many keys come before
    a pause. `after_hand`: what a hand types just before."""
    line = page.context.new_cdp_session(page)
    at = page.evaluate("performance.timeOrigin + performance.now()") / 1000
    pauses = [_BETWEEN_KEYS_SECONDS] * len(code)
    if falters_after is not None:
        pauses[falters_after] = _FALTERS_SECONDS
    if after_hand:
        pauses = [*[_BY_HAND_SECONDS] * len(after_hand), _FALTERS_SECONDS, *pauses[1:]]
    for key, pause in zip(after_hand + code, pauses, strict=True):
        at += pause
        written = _FRENCH.get(key, key) if french else key
        name = f"Digit{key}" if key.isdigit() else f"Key{key}"
        pressed = {"text": written, "key": written, "code": name, "timestamp": at}
        line.send("Input.dispatchKeyEvent", {"type": "keyDown", **pressed})
        line.send(
            "Input.dispatchKeyEvent",
            {"type": "keyUp", "key": written, "code": name, "timestamp": at + 0.004},
        )
    page.keyboard.press(end)
