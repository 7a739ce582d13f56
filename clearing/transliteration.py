"""Names as every European bank accepts them: capital Latin letters and a little punctuation.

Law kept: the EPC's SEPA character set (a-z A-Z 0-9 / - ? : ( ) . , ' + and space), no
slash at either end and never two in a row. A bank refuses a whole file for one accent.

Refuses to know: which field the text goes to; the caller gives the field's length.
"""

import re
import unicodedata

SEPA_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")

# « n° 12 » is read "number 12"; without this rule the sign would vanish and leave "N 12".
_NUMBER_SIGN = re.compile(r"\bn\s*[°º]|№", re.IGNORECASE)

# œ, Ø, Ł, ħ: Unicode does not decompose them, but their names say the letters they are.
_LATIN_LETTER = re.compile(r"LATIN (?:SMALL|CAPITAL) (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .*)?")

# What is read aloud, and punctuation that has a cousin in the set.
_READ_AS = {
    "&": " ET ",
    "€": " EUR ",
    "@": " AT ",
    "ð": "D",
    "Ð": "D",
    "þ": "TH",
    "Þ": "TH",
    "’": "'",
    "‘": "'",
    "`": "'",
    "´": "'",
    "‐": "-",
    "‑": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "_": "-",
    ";": ",",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    "\\": "/",
}


def to_sepa_text(text: str, max_length: int) -> str:
    """`text` in capitals of the SEPA character set, at most `max_length` characters.

    `Club Été & Sœurs n°1` gives `CLUB ETE ET SOEURS NO 1`. What cannot be written becomes a
    space. A text with letters or digits of which none can be written (a name in Greek or
    Chinese) gives its code points, `U5317 U4EAC`: ugly, but never empty and never another
    partner's name. A text without any letter or digit may give an empty string.
    """
    assert max_length >= 1, "a field holds at least one character"

    latin = _tidy(_in_capitals(text), max_length)
    if _has_letter_or_digit(latin) or not any(map(str.isalnum, text)):
        return latin

    code_points = " ".join(f"U{ord(sign):04X}" for sign in text if sign.isalnum())
    return _tidy(code_points, max_length)


def _in_capitals(text: str) -> str:
    return _NUMBER_SIGN.sub(" NO ", text).translate(_WRITTEN)


def _tidy(text: str, max_length: int) -> str:
    single_slashes = re.sub(r"/{2,}", "/", re.sub(r" +", " ", text))
    # Cut between the two strips: the cut itself may bring a space or a slash to the end.
    return single_slashes.strip(" /")[:max_length].rstrip(" /")


def _has_letter_or_digit(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


class _Written(dict[int, str]):
    """How each code point is written, worked out when it is first met: a run has many names."""

    def __missing__(self, code_point: int) -> str:
        self[code_point] = written = _write(chr(code_point))
        return written


def _write(sign: str) -> str:
    # An accent stands alone after decomposition: dropping it must not leave a space behind.
    decomposed = unicodedata.normalize("NFKD", sign)
    base = "".join(part for part in decomposed if not unicodedata.combining(part))
    return "".join(_allowed(part) for part in base.upper())


def _allowed(sign: str) -> str:
    if sign in SEPA_CHARACTERS:
        return sign
    letters = _LATIN_LETTER.fullmatch(unicodedata.name(sign, ""))
    return letters[1] if letters else " "


_WRITTEN = _Written(str.maketrans(_READ_AS))
