"""The French sentences of the papers, read once from `texts_fr.toml`.

Law kept (house style 11): sentences are whole and live in the catalogue; code only fills in
facts. A missing sentence is our defect and raises at once, not on a partner's paper.

Refuses to know: remittances, pages and formats.
"""

import tomllib
from functools import lru_cache
from importlib import resources


def say(key: str, **facts: str) -> str:
    """The sentence `section.name`, its braces filled with `facts`. KeyError if unknown."""
    section, name = key.split(".")
    # Facts are put in, never parsed: a partner called `{number}` stays `{number}`.
    return _catalogue()[section][name].format(**facts)


def wallet_label(wallet: str) -> str:
    """The name of a wallet as partners read it; a wallet of next year keeps its key."""
    return _catalogue()["wallets"].get(wallet, wallet)


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, dict[str, str]]:
    texts = resources.files(__package__).joinpath("texts_fr.toml").read_text(encoding="utf-8")
    return tomllib.loads(texts)


@lru_cache(maxsize=1)
def words_of_numbers() -> dict[str, str]:
    """The words that amounts in letters are put together from."""
    texts = resources.files(__package__).joinpath("numbers_fr.toml").read_text(encoding="utf-8")
    words: dict[str, str] = tomllib.loads(texts)
    return words
