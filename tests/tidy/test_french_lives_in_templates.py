"""French sentences live in templates and *_fr.toml, keyed by code; Python holds none.

A sentence in Python would be worded twice, reviewed by nobody who writes to families, and missed
when the words change. English prose may name a thing by the users' word (« collégien »).
"""

from __future__ import annotations

import ast
import re

from tests.tidy.tree import literals, own_files, parsed, place, shown

QUOTES = re.compile(r"«\s*\w|\w\s*»")
ACCENTED = re.compile(r"[^\W\d_]*[àâäçéèêëîïôöùûüÿœæ][^\W\d_]*", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+")
MOST_WORDS = 2
# A French sentence can do without accents, not without these.
SMALL_WORDS = {
    "le", "la", "les", "des", "du", "une", "est", "sont", "vous", "votre", "pas", "cette", "ce",
    "dans", "pour", "avec", "sur", "aux", "qui", "que",
}  # fmt: skip

SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE)\s+[\w(*\"]")

# The users' own words, which English prose borrows.
BORROWED = {"collégien", "collégiens", "département", "télécollecte", "collège"}

EXCEPTIONS = {
    "cardservice/settings.py": "the département's name: a default of the instance, not a sentence",
}


def is_french(text: str) -> bool:
    """Whether a literal is French prose; of an SQL statement only its quoted texts are judged."""
    if SQL.match(text):
        return any(is_french(quoted) for quoted in re.findall(r"'([^']*)'", text))
    words = [word.lower() for word in WORD.findall(text)]
    if words and QUOTES.search(text):
        return True
    accented = {word.lower() for word in ACCENTED.findall(text)} - BORROWED
    if accented and len(words) > MOST_WORDS:
        return True
    return len(words) > MOST_WORDS + 1 and len(SMALL_WORDS & set(words)) >= 2


def french_in(tree: ast.Module) -> list[tuple[int, str]]:
    return [(node.lineno, str(node.value)) for node in literals(tree) if is_french(str(node.value))]


def test_no_french_sentence_stands_in_python() -> None:
    found = [
        f"{shown(file)}:{line}: {text[:70]!r}"
        for file in own_files(".py")
        if place(file)[0] != "tests" and shown(file) not in EXCEPTIONS
        for line, text in french_in(parsed(file))
    ]
    assert not found, "\n".join(found)


def test_every_exception_is_still_needed() -> None:
    for file in own_files(".py"):
        if shown(file) in EXCEPTIONS:
            assert french_in(parsed(file)), f"{shown(file)} holds no French any more"
    assert EXCEPTIONS.keys() <= {shown(file) for file in own_files(".py")}


def test_french_is_seen_and_docstrings_and_borrowed_words_are_not() -> None:
    tree = ast.parse(
        '"""Une docstring entière en français."""\n'
        'a = "Solde insuffisant : voyez le délégué"\n'
        'b = f"Carte {last4} bloquée par son titulaire"\n'
        'c = "« ticket »"\n'
        'd = "La carte est dans le portefeuille"\n'
        'e = "The money a collégien has left"\n'
        'f = "é"\n'
        "g = \"INSERT INTO person VALUES ('Prénom', 'Nom', :birth_date)\"\n"
        "h = \"INSERT INTO person VALUES ('Prénom de la personne')\"\n"
    )
    assert sorted(line for line, _ in french_in(tree)) == [2, 3, 4, 5, 9]
