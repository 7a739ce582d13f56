"""An amount in French letters, as a public accountant wants it beneath a list (« Arrêté à… »).

Law kept: traditional spelling (vingt et un, quatre-vingts, deux cents), agreed as it is read aloud;
letters and figures come from the same integer cents. Refuses to know: what is paid.
"""

from clearing.documents.wording import words_of_numbers

_LARGEST_EUROS = 999_999_999_999


def amount_in_words(amount_cents: int) -> str:
    """`mille deux cent trente-quatre euros et cinquante-six centimes`. AssertionError below zero
    or from a thousand billions on."""
    euros, cents = divmod(amount_cents, 100)
    assert 0 <= euros <= _LARGEST_EUROS, "no list pays this"
    words = words_of_numbers()
    told = _number(euros)
    # « un million d’euros », but « un million deux cents euros ».
    link = words["of"] if euros >= 1_000_000 and euros % 1_000_000 == 0 else " "
    told += link + words["euro" if euros < 2 else "euros"]
    if cents:
        told += words["and"] + _number(cents) + " " + words["cent" if cents < 2 else "cents"]
    return told


def _number(value: int) -> str:
    words = words_of_numbers()
    if value < 1000:
        return _below_thousand(value, is_last=True)
    parts = []
    for size, one, many in (
        (1_000_000_000, "billion", "billions"),
        (1_000_000, "million", "millions"),
    ):
        count, value = divmod(value, size)
        if count:
            parts.append(_below_thousand(count, is_last=True))
            parts.append(words[one if count == 1 else many])
    thousands, rest = divmod(value, 1000)
    if thousands:
        # « mille », never « un mille »; « deux cent mille » and « quatre-vingt mille » without s.
        parts += [] if thousands == 1 else [_below_thousand(thousands, is_last=False)]
        parts.append(words["thousand"])
    if rest:
        parts.append(_below_thousand(rest, is_last=True))
    return " ".join(parts)


def _below_thousand(value: int, *, is_last: bool) -> str:
    words = words_of_numbers()
    hundreds, rest = divmod(value, 100)
    parts = []
    if hundreds:
        parts += [] if hundreds == 1 else [words[str(hundreds)]]
        plural = hundreds > 1 and rest == 0 and is_last
        parts.append(words["hundreds" if plural else "hundred"])
    if rest or not hundreds:
        parts.append(_below_hundred(rest, is_last=is_last))
    return " ".join(parts)


def _below_hundred(value: int, *, is_last: bool) -> str:
    words = words_of_numbers()
    if str(value) in words:
        return words["eighty_s"] if value == 80 and is_last else words[str(value)]
    # 70 and 90 are counted on from 60 and 80.
    ten = value // 10 * 10
    ten = {70: 60, 90: 80}.get(ten, ten)
    joined = words["and_one"] if value % 10 == 1 and ten < 80 else "-"
    return words[str(ten)] + joined + words[str(value - ten)]
