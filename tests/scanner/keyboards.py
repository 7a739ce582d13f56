"""What a French keyboard's layout writes where a reader has typed American keys.

Written down a second time, from the keys and not from the repair table, so that a slip in one is
seen by the other.
"""

from __future__ import annotations

# Each American key (without, with shift) and what the same key writes in France, row by row.
_AMERICAN = "1234567890-= qwertyuiop[] asdfghjkl;' zxcvbnm,./"
_AMERICAN_SHIFTED = '!@#$%^&*()_+ QWERTYUIOP{} ASDFGHJKL:" ZXCVBNM<>?'
_FRENCH = "&é\"'(-è_çà)= azertyuiop^$ qsdfghjklmù wxcvbn,;:!"
_FRENCH_SHIFTED = "1234567890°+ AZERTYUIOP¨£ QSDFGHJKLM% WXCVBN?./§"
assert len(_AMERICAN) == len(_AMERICAN_SHIFTED) == len(_FRENCH) == len(_FRENCH_SHIFTED)

_WRITTEN = dict(zip(_AMERICAN + _AMERICAN_SHIFTED, _FRENCH + _FRENCH_SHIFTED, strict=True))
# French CapsLock on Windows holds shift down for every key, and shift then lets it go.
_LOCKED = dict(zip(_AMERICAN + _AMERICAN_SHIFTED, _FRENCH_SHIFTED + _FRENCH, strict=True))


def on_a_french_keyboard(text: str, *, caps_lock: bool = False) -> str:
    """What arrives when a reader types `text` as on an American keyboard."""
    table = _LOCKED if caps_lock else _WRITTEN
    return "".join(table.get(character, character) for character in text)
