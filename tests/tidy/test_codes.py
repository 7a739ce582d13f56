"""Every refusal is whole: a number that both languages agree on, a French sentence, a test.

A code without a sentence would reach a cashier as a bare English word; a number that differs
between Python and SQL would make one operation hash two ways.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from cardservice.domain import codes
from cardservice.domain.operation import KIND_NUMBERS
from tests.tidy.tree import ROOT, own_files, place

SQL = ROOT / "cardservice" / "db" / "sql" / "functions"
API_SENTENCES = ROOT / "cardservice" / "api" / "codes_fr.toml"
VERB_SENTENCES = ROOT / "cardservice" / "commands" / "refusals_fr.toml"
PORTAL_SENTENCES = ROOT / "cardservice" / "webkit" / "refusals_fr.toml"
YOUTH_SENTENCES = ROOT / "youth_portal" / "refusals_fr.toml"

STORED = codes.DECLINE_ORDER + codes.CANCELLATION_DECLINES
GROUPS = ("code", "declines", "problems", "refusals", "lines")
# What the same files say beside refusals.
OTHER_WORDS = ("wallets",)
# They list all codes: being there proves nothing.
CATALOGUES = {("tests", "rules", "test_codes.py"), ("tests", "tidy", "test_codes.py")}


def numbers_in(sql: str) -> dict[str, int]:
    """WHEN 'name' THEN number, of a CASE."""
    return {name: int(number) for name, number in re.findall(r"WHEN '(\w+)' THEN (\d+)", sql)}


def without_sentences(
    sentences: dict[str, Any], names: tuple[str, ...], *, fields: tuple[str, ...] = ()
) -> list[str]:
    """The codes whose entry is missing or says nothing in one of the fields."""
    return [name for name in names if not _is_said(sentences.get(name), fields)]


def _is_said(entry: object, fields: tuple[str, ...]) -> bool:
    if isinstance(entry, dict):
        wanted = fields or tuple(entry)
        texts = [entry.get(field) for field in wanted]
        return bool(texts) and all(isinstance(text, str) and text.strip() for text in texts)
    return not fields and isinstance(entry, str) and bool(entry.strip())


def loaded(file: Path) -> dict[str, Any]:
    """Code -> its entry, whatever tables ([declines], [problems]…) the file groups them in.

    A name outside the catalogue stays in: it is a sentence that nobody can ever see.
    """
    entries: dict[str, Any] = {}
    for name, found in tomllib.loads(file.read_text()).items():
        entries |= found if name in GROUPS and isinstance(found, dict) else {name: found}
    return {name: entry for name, entry in entries.items() if name not in OTHER_WORDS}


def named_in(texts: list[str], names: tuple[str, ...]) -> set[str]:
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return words & set(names)


def test_every_decline_has_a_message_and_a_next_step_in_french() -> None:
    silent = without_sentences(loaded(API_SENTENCES), STORED, fields=("message", "next_step"))
    assert silent == []


def test_every_problem_has_a_title_and_a_detail_in_french() -> None:
    silent = without_sentences(loaded(API_SENTENCES), codes.PROBLEMS, fields=("title", "detail"))
    assert silent == []


def test_every_refusal_of_a_verb_has_a_sentence_in_french() -> None:
    assert without_sentences(loaded(VERB_SENTENCES), codes.VERB_REFUSALS) == []


def test_every_refusal_of_a_portal_has_a_sentence_in_french() -> None:
    assert without_sentences(loaded(PORTAL_SENTENCES), codes.PORTAL_REFUSALS) == []


def test_every_refusal_of_a_youth_has_a_sentence_in_french() -> None:
    assert without_sentences(loaded(YOUTH_SENTENCES), codes.YOUTH_REFUSALS) == []


def test_no_sentence_is_left_without_its_code() -> None:
    for file in (API_SENTENCES, VERB_SENTENCES, PORTAL_SENTENCES, YOUTH_SENTENCES):
        assert loaded(file).keys() <= codes.by_name.keys(), file.name


def test_every_stored_code_has_its_number_in_sql() -> None:
    in_sql = numbers_in((SQL / "decline_number.sql").read_text())
    assert in_sql == {name: codes.by_name[name].number for name in STORED}


def test_every_kind_of_operation_has_its_number_in_sql() -> None:
    assert numbers_in((SQL / "kind_number.sql").read_text()) == KIND_NUMBERS


def test_every_code_belongs_to_one_list() -> None:
    lists = (*STORED, *codes.PROBLEMS, *codes.VERB_REFUSALS, *codes.PORTAL_REFUSALS)
    lists += codes.YOUTH_REFUSALS
    assert len(lists) == len(set(lists))
    assert set(lists) == codes.by_name.keys()


def test_every_code_that_can_decline_a_debit_has_its_place_in_the_order() -> None:
    declines = {name for name, code in codes.by_name.items() if code.number <= 30}
    assert declines == set(codes.DECLINE_ORDER)


def test_every_code_is_named_in_a_test() -> None:
    texts = [
        file.read_text() for file in own_files(".py", under=("tests",))
        if place(file) not in CATALOGUES
    ]  # fmt: skip
    names = tuple(codes.by_name)
    assert sorted(set(names) - named_in(texts, names)) == []


def test_a_silent_code_is_seen() -> None:
    said = {
        "pin_wrong": {"message": "Code faux.", "next_step": "Redemandez-le."},
        "pin_blocked": {"message": "Code bloqué.", "next_step": " "},
        "card_exists": "Une carte existe déjà.",
        "too_old": {},
    }
    fields = ("message", "next_step")
    names = ("pin_wrong", "pin_blocked", "pin_required")
    assert without_sentences(said, names, fields=fields) == ["pin_blocked", "pin_required"]
    assert without_sentences(said, ("card_exists", "too_old")) == ["too_old"]


def test_a_number_that_differs_is_seen() -> None:
    assert numbers_in("CASE WHEN 'pin_wrong' THEN 21\n WHEN 'x' THEN 2 END") == {
        "pin_wrong": 21, "x": 2,
    }  # fmt: skip


def test_a_code_is_named_only_by_its_whole_word() -> None:
    assert named_in(["assert x == 'pin_wrong'", "pin_required_always"], ("pin_wrong",)) == {
        "pin_wrong"
    }
    assert named_in(["pin_required_always"], ("pin_required",)) == set()
