"""A reader is told from a person by rhythm alone, with time given (design §7)."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from scanner.bursts import Burst, Bursts

CODE = "10AZQWM01SXK8N"


def typed(bursts: Bursts, text: str, *, gap: float, start: float = 0.0) -> list[Burst]:
    """What ends while these keys come, one every `gap` seconds."""
    times = (start + gap * place for place in range(len(text)))
    return fed(bursts, zip(text, times, strict=False))


def fed(bursts: Bursts, keys: Iterable[tuple[str, float]]) -> list[Burst]:
    found = [bursts.key(character, at) for character, at in keys]
    return [burst for burst in found if burst is not None]


def test_a_reader_that_ends_with_enter_is_a_scan() -> None:
    for end in "\r\n\t":
        assert typed(Bursts(), CODE + end, gap=0.012) == [Burst(CODE, scanned=True)]


def test_a_person_that_ends_with_enter_has_typed() -> None:
    assert typed(Bursts(), CODE + "\r", gap=0.15) == [Burst(CODE, scanned=False)]


def test_a_reader_without_an_end_is_over_after_a_tenth_of_a_second() -> None:
    bursts = Bursts()
    assert typed(bursts, CODE, gap=0.010) == []
    assert bursts.quiet(0.13 + 0.099) is None
    assert bursts.quiet(0.13 + 0.101) == Burst(CODE, scanned=True)
    assert bursts.quiet(9.0) is None


def test_a_person_who_pauses_goes_on() -> None:
    bursts = Bursts()
    typed(bursts, "10AZ", gap=0.2)
    assert bursts.quiet(30.0) is None
    assert typed(bursts, "QWM0\r", gap=0.2, start=31.0) == [Burst("10AZQWM0", scanned=False)]


def test_what_a_hand_began_before_a_scan_is_dropped() -> None:
    bursts = Bursts()
    typed(bursts, "10A", gap=0.2)
    assert typed(bursts, CODE + "\r", gap=0.01, start=5.0) == [Burst(CODE, scanned=True)]


def test_two_scans_without_ends_are_two() -> None:
    bursts = Bursts()
    first = typed(bursts, CODE, gap=0.01)
    second = typed(bursts, CODE + "\r", gap=0.01, start=1.0)
    # The key that opens the second scan is what ends the first.
    assert first == []
    assert second == [Burst(CODE, scanned=True)] * 2


def test_seven_quick_characters_are_no_scan() -> None:
    assert typed(Bursts(), "1234567\r", gap=0.01) == [Burst("1234567", scanned=False)]
    assert typed(Bursts(), "12345678\r", gap=0.01) == [Burst("12345678", scanned=True)]


def test_the_median_decides_and_one_long_gap_spoils() -> None:
    slow_start = [(c, 0.07 * min(i, 3) + 0.01 * max(0, i - 3)) for i, c in enumerate(CODE)]
    assert fed(Bursts(), [*slow_start, ("\r", 0.4)]) == [Burst(CODE, scanned=True)]
    steady = [(c, 0.036 * i) for i, c in enumerate(CODE)]
    assert fed(Bursts(), [*steady, ("\r", 0.6)]) == [Burst(CODE, scanned=False)]


def test_a_screen_can_hide_a_scan_that_is_coming() -> None:
    bursts = Bursts()
    typed(bursts, "10A", gap=0.01)
    assert bursts.in_a_scan
    slow = Bursts()
    typed(slow, "10A", gap=0.2)
    assert not slow.in_a_scan


def test_a_key_that_hangs_fills_no_memory() -> None:
    bursts = Bursts()
    typed(bursts, "A" * 10_000, gap=0.03)
    (burst,) = typed(bursts, "\r", gap=0.01, start=300.01)
    assert len(burst.text) <= 256


def test_an_end_alone_is_nothing() -> None:
    assert typed(Bursts(), "\r\n\r\n\t", gap=0.01) == []


@given(st.lists(st.tuples(st.characters(), st.floats(0, 0.3)), max_size=60))
def test_no_rhythm_raises_and_no_character_is_invented(keys: list[tuple[str, float]]) -> None:
    bursts, at, told = Bursts(), 0.0, ""
    for character, gap in keys:
        at += gap
        burst = bursts.key(character, at)
        told += burst.text if burst else ""
    left = bursts.quiet(at + 1)
    told += left.text if left else ""
    assert len(told) <= len(keys)
