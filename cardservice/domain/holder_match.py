"""Is the account's holder the partner? Compares names as a clerk does (C68, C70).

Law: capitals, accents, dashes, the order of words, little words and legal forms (SARL, SAS,
association…) make no difference: `matching`. A part of the name, a cut one or a slip of the
fingers is `close`; anything else `different`. It is advice beside an IBAN: a person decides.

It refuses to know the bank's own answer and whose money it is.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MATCHING, CLOSE, DIFFERENT = "matching", "close", "different"

_SPELLED: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "&": " et ", "+": " et "})
_WORDS: Final = re.compile(r"[a-z0-9]+")
# What banks, registers and people put around a name, written together by _joined_letters.
_LEGAL_FORMS: Final = {
    "sarl", "eurl", "sas", "sasu", "sa", "sca", "scs", "snc", "sci", "scm", "scp", "scop", "scic",
    "sel", "selarl", "selas", "earl", "gaec", "gie", "ei", "eirl", "epic", "epa", "spl", "sem",
    "association", "assoc", "asso", "ass", "societe", "ste", "ets", "etablissement",
    "etablissements", "entreprise", "compagnie", "cie", "monsieur", "madame", "mademoiselle",
    "mr", "mme", "mlle", "me", "dr",
}  # fmt: skip
_LITTLE_WORDS: Final = {
    "l", "d", "m", "le", "la", "les", "de", "du", "des", "et", "en", "au", "aux", "a", "n", "s",
}  # fmt: skip
# How much of a name must be there before a cut or a part of it says anything.
_ENOUGH_LETTERS: Final = 5
_LETTERS_PER_ERROR: Final = 6


def compare_names(holder: str, names: Iterable[str]) -> str:
    """`matching`, `close` or `different`: the best that any of the partner's names gives."""
    found = {_compared(_words_of(holder), _words_of(name)) for name in names}
    return next((word for word in (MATCHING, CLOSE) if word in found), DIFFERENT)


def _words_of(name: str) -> list[str]:
    """The words that tell one name from another; all of them when none does."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_SPELLED))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = _joined_letters(_WORDS.findall(bare))
    telling = [word for word in words if word not in _LEGAL_FORMS | _LITTLE_WORDS]
    return telling or words


def _joined_letters(words: list[str]) -> list[str]:
    """`s a r l` as it comes out of `S.A.R.L.` is one word again."""
    joined: list[str] = []
    letters = ""
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            letters += word
            continue
        if letters:
            joined.append(letters)
            letters = ""
        if word:
            joined.append(word)
    return joined


def _compared(holder: list[str], name: list[str]) -> str:
    if not holder or not name:
        return DIFFERENT
    if sorted(holder) == sorted(name) or "".join(holder) == "".join(name):
        return MATCHING
    if _is_a_part(holder, name) or _is_a_part(name, holder):
        return CLOSE
    if _is_cut(holder, name) or _is_cut(name, holder) or _is_mistyped(holder, name):
        return CLOSE
    return DIFFERENT


def _is_a_part(some: list[str], words: list[str]) -> bool:
    return set(some) <= set(words) and len("".join(some)) >= _ENOUGH_LETTERS


def _is_cut(cut: list[str], name: list[str]) -> bool:
    """Banks keep as many characters as their form has."""
    begins = "".join(cut)
    return len(begins) >= 2 * _ENOUGH_LETTERS and "".join(name).startswith(begins)


def _is_mistyped(holder: list[str], name: list[str]) -> bool:
    one, other = "".join(sorted(holder)), "".join(sorted(name))
    most = min(len(one), len(other)) // _LETTERS_PER_ERROR
    return most > 0 and abs(len(one) - len(other)) <= most and _distance(one, other) <= most


def _distance(one: str, other: str) -> int:
    """How many letters are to be put in, left out or replaced."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, start=1):
        before, row[0] = row[0], place
        for at, against in enumerate(other, start=1):
            before, row[at] = (
                row[at],
                min(row[at] + 1, row[at - 1] + 1, before + (letter != against)),
            )
    return row[-1]
