"""Names of communes, read kindly: `ST REMY DE PROVENCE` is Saint-Rémy-de-Provence.

Law: two spellings of one commune fold to the same word, and the postal code beside it keeps two
communes of one name apart. Marseille's arrondissements are told apart by their postal codes alone.
It refuses to know which communes exist: they are rows of the database.
"""

import re
import unicodedata
from typing import Final

_SAINTS: Final = {"st": "saint", "ste": "sainte", "stes": "saintes", "sts": "saints"}
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae"})
# What the post office adds to a name: "13E ARRONDISSEMENT", "08", "CEDEX 20".
_ADDED: Final = re.compile(r"[0-9]+(?:er|e|eme)?|arrondissement|arr|cedex")
_WORDS: Final = re.compile(r"[a-z0-9]+")


def fold_place_name(name: str) -> str:
    """Lower case without accents, dashes or additions: equal for two spellings of one commune.

    Never raises on a str; an empty text for one without a letter.
    """
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LIGATURES))
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    words = (_SAINTS.get(word, word) for word in _WORDS.findall(bare))
    return " ".join(word for word in words if _ADDED.fullmatch(word) is None)
