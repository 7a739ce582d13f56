"""Bytes become the same readings wherever they are split; silence ends what nothing else does."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.line_splitter import MOST_BYTES, LineSplitter, TooLong

CODE, OTHER = "10AZQWM01SXK8N", "M9S346Q3D25V88"

lines = st.lists(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=40),
    max_size=8,
)
ends = st.sampled_from((b"\r", b"\n", b"\r\n", b"\t", b"\r\n\r\n"))


def all_of(pieces: list[bytes]) -> list[str]:
    splitter = LineSplitter()
    found = [one for piece in pieces for one in splitter.take(piece, 0.0)] + splitter.quiet(1.0)
    return [one if isinstance(one, str) else "too long" for one in found]


@given(lines, st.data())
def test_readings_are_the_same_wherever_the_bytes_are_split(
    texts: list[str], data: st.DataObject
) -> None:
    sent = b"".join(text.encode() + data.draw(ends) for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=20)))
    edges = [0, *cuts, len(sent)]
    pieces = [sent[a:b] for a, b in pairwise(edges)]
    assert all_of(pieces) == texts


def test_every_single_split_of_two_glued_codes_gives_the_two() -> None:
    sent = f"{CODE}\r{OTHER}\r\n".encode()
    for at in range(len(sent) + 1):
        assert all_of([sent[:at], sent[at:]]) == [CODE, OTHER]


@given(st.binary(max_size=900), st.integers(1, 50))
def test_no_noise_raises_and_a_clean_code_after_it_is_read(noise: bytes, size: int) -> None:
    pieces = [noise[at : at + size] for at in range(0, len(noise), size)]
    assert all_of([*pieces, b"\r", CODE.encode() + b"\r"])[-1] == CODE


def test_noise_that_is_no_text_does_not_spoil_a_code() -> None:
    assert all_of([b"\xff\x00\xfe" + CODE.encode() + b"\x80\r"]) == [CODE]


def test_silence_ends_a_reading_and_not_before_a_tenth_of_a_second() -> None:
    splitter = LineSplitter()
    assert splitter.take(CODE[:5].encode(), 0.0) == []
    assert splitter.take(CODE[5:].encode(), 0.099) == []
    assert splitter.quiet(0.198) == []
    assert splitter.quiet(0.2) == [CODE]
    assert splitter.quiet(9.0) == []


def test_a_second_code_after_silence_is_not_glued_to_the_first() -> None:
    splitter = LineSplitter()
    splitter.take(CODE.encode(), 0.0)
    assert splitter.take(OTHER.encode() + b"\r", 0.5) == [CODE, OTHER]


def test_where_silence_ends_nothing_a_pipe_may_pause() -> None:
    splitter = LineSplitter(silence_ends=False)
    splitter.take(CODE[:5].encode(), 0.0)
    assert splitter.quiet(60.0) == []
    assert splitter.take(CODE[5:].encode() + b"\n", 90.0) == [CODE]


def test_what_is_too_long_is_dropped_to_its_end_and_told_once() -> None:
    splitter = LineSplitter()
    for _ in range(20):
        assert splitter.take(b"A" * 100, 0.0) == []
    (told,) = splitter.take(b"\r", 0.0)
    assert isinstance(told, TooLong)
    assert splitter.take(CODE.encode() + b"\r", 0.0) == [CODE]


def test_the_longest_reading_is_still_read() -> None:
    assert all_of([b"A" * MOST_BYTES + b"\r"]) == ["A" * MOST_BYTES]
    assert all_of([b"A" * (MOST_BYTES + 1) + b"\r"]) == ["too long"]
