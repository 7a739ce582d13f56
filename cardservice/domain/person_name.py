"""Names of people, read kindly: `LÉA  de la Tour` is Lea Delatour to whoever compares (C24).

The law: accents, case, hyphens, apostrophes and particles make no difference; one forename of
several is enough, because rosters write them all and people use one. What is compared is not
stored. It refuses to know whose names they are: equal names alone prove nothing.
"""

import re
import unicodedata
from typing import Final

LONGEST_NAME: Final = 60
# A letter first; then letters, marks, hyphens, apostrophes, dots and single spaces.
_NAME: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f'’.\- ])*")
_SPELLED: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})
_WORDS: Final = re.compile(r"[a-z0-9]+")
_PARTICLES: Final = {
    "d", "de", "du", "des", "l", "la", "le", "les", "van", "von", "der", "den", "el", "al", "ben",
    "da", "do", "dos", "di", "del", "della",
}  # fmt: skip


def name_written(typed: str) -> str | None:
    """A name as it is kept; None for what is none."""
    name = unicodedata.normalize("NFC", " ".join(typed.split()))
    is_one = len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None
    return name if is_one else None


def same_last_name(one: str, other: str) -> bool:
    """Whether two spellings are of one family name."""
    words, others = _words_of(one), _words_of(other)
    if not words or not others:
        return False
    return "".join(words) == "".join(others) or _bare(words) == _bare(others)


def same_first_name(one: str, other: str) -> bool:
    """Whether two spellings are of one person's forenames: all of them, or the first ones."""
    words, others = _words_of(one), _words_of(other)
    if not words or not others:
        return False
    shorter, longer = sorted((words, others), key=len)
    return "".join(words) == "".join(others) or longer[: len(shorter)] == shorter


def name_traces(first_name: str, last_name: str) -> tuple[set[str], set[str]]:
    """For who may keep digests of a name and not the name: what to keep of one, and what to ask
    with; one of the first set is in the second when both names are one person's."""
    words = _words_of(last_name)
    lasts = {"".join(words), "".join(_bare(words))}
    forenames = _words_of(first_name)
    whole = "".join(forenames)
    starts = {"".join(forenames[:count]) for count in range(1, len(forenames) + 1)}
    kept = {f"={whole} {last}" for last in lasts}
    kept |= {f"<{start} {last}" for start in starts for last in lasts}
    asked = {f"<{whole} {last}" for last in lasts}
    asked |= {f"={start} {last}" for start in starts for last in lasts}
    return kept, asked


def _bare(words: list[str]) -> list[str]:
    """The words without particles; all of them when there is nothing else."""
    return [word for word in words if word not in _PARTICLES] or words


def _words_of(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_SPELLED))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _WORDS.findall(bare)
