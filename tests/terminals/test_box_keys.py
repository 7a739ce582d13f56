"""A reader and a person on one keyboard: a burst is a card, and never a PIN, an amount or a yes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.card_payload import meaning_of
from tpe_client.screens.key_gate import HOLD_SECONDS, KeyGate
from tpe_client.till.events import CardRead, Key

CODE = "7K3M9QXWTB4HDN"


def typed(gate: KeyGate, text: str, *, every: float, start: float = 0.0) -> list[Key | CardRead]:
    out: list[Key | CardRead] = []
    at = start
    for character in text:
        name = "enter" if character == "\r" else character
        out += gate.key(name, character="" if character == "\r" else character, at=at)
        at += every
    return out + gate.quiet(at + 1)


def test_a_burst_is_one_card_and_its_enter_is_its_own() -> None:
    assert typed(KeyGate(), CODE + "\r", every=0.008) == [CardRead(CODE)]


def test_a_burst_without_enter_ends_with_silence() -> None:
    assert typed(KeyGate(), CODE, every=0.016) == [CardRead(CODE)]


def test_a_persons_keys_come_one_by_one_in_their_order() -> None:
    out = typed(KeyGate(), "10,55\r", every=0.15)
    assert out == [Key(name) for name in ("1", "0", ",", "5", "5", "enter")]


def test_quick_fingers_are_no_reader() -> None:
    assert typed(KeyGate(), "4826\r", every=0.02) == [Key(k) for k in (*"4826", "enter")]


def test_a_persons_key_before_a_burst_stays_a_persons() -> None:
    gate = KeyGate()
    first = typed(gate, "1", every=0.01)
    assert first + typed(gate, CODE + "\r", every=0.01, start=2) == [Key("1"), CardRead(CODE)]


def test_a_burst_mangled_by_a_french_keyboard_is_still_the_card() -> None:
    (card,) = typed(KeyGate(), "èK\"?çAXZTB'HDN\r", every=0.008)
    assert isinstance(card, CardRead) and meaning_of(card.reading).readings == (CODE,)


def test_a_key_that_is_stuck_is_nothing() -> None:
    gate = KeyGate()
    out = typed(gate, "7" * 5000, every=0.03)
    assert (
        len(out) == 1 and isinstance(out[0], CardRead) and not meaning_of(out[0].reading).readings
    )


@given(st.lists(st.tuples(st.sampled_from([*"0123456789", "enter", "escape"]),
                          st.floats(0.0, 0.3)), max_size=60))  # fmt: skip
def test_no_key_is_lost_or_changes_places(keys: list[tuple[str, float]]) -> None:
    gate, at, out = KeyGate(), 0.0, []
    for name, gap in keys:
        at += gap
        out += gate.key(name, character=name if len(name) == 1 else "", at=at)
    out += gate.quiet(at + 2 * HOLD_SECONDS)
    spelled = "".join(
        one.reading
        if isinstance(one, CardRead)
        else {"enter": "E", "escape": "X"}.get(one.name, one.name)
        for one in out
    )
    given_keys = "".join({"enter": "E", "escape": "X"}.get(name, name) for name, _ in keys)
    # A card swallows its own Enter and nothing else.
    assert spelled.replace("E", "") == given_keys.replace("E", "")
