"""A serial reader on a real pty: split, noisy, glued, unplugged and plugged in again (issue 4)."""

from __future__ import annotations

import os
import select
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.card_payload import Kind, meaning_of
from scanner.sources.line_splitter import SILENCE_SECONDS
from scanner.sources.reading import Happening, Reading, SourceFailed
from scanner.sources.serial_reader import SerialReader

CODE, OTHER = "10AZQWM01SXK8N", "M9S346Q3D25V88"


class Hand:
    """The reader's clock, moved by hand: no stall of the machine is a silence of the line.

    Each look at it costs a microsecond, so that a wait for nothing comes to its end.
    """

    _MOST_LOOKS = 2_000

    def __init__(self) -> None:
        self.now = 0.0
        self._looks = 0

    def clock(self) -> float:
        self._looks += 1
        assert self._looks < self._MOST_LOOKS, "what was waited for never came"
        self.now += 1e-6
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


class Plug:
    """A reader at the end of a cable: the place stays, what is plugged in changes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ours = self._theirs = -1

    def plug_in(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.place.symlink_to(os.ttyname(self._theirs))

    def unplug(self) -> None:
        self.place.unlink(missing_ok=True)
        for end in (self._theirs, self._ours):
            if end != -1:
                os.close(end)
        self._ours = self._theirs = -1

    def send(self, content: bytes) -> None:
        """Returns when the other end can read it: the kernel carries it over in its own time."""
        if content:
            os.write(self._ours, content)
            arrived, _, _ = select.select([self._theirs], [], [], 60)
            assert arrived


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    plug = Plug(tmp_path / "ttyACM0")
    plug.plug_in()
    yield plug
    plug.unplug()


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def reader(plug: Plug, hand: Hand) -> Iterator[SerialReader]:
    with SerialReader(str(plug.place), clock=hand.clock, wait=hand.wait) as reader:
        yield reader


def told(reader: SerialReader, count: int) -> list[str]:
    """The next so many readings and happenings."""
    found: list[str] = []
    while len(found) < count:
        came = reader.next(seconds=30)
        if came is not None:
            found.append(came.text if isinstance(came, Reading) else f"<{came}>")
    return found


def nothing_yet(reader: SerialReader) -> bool:
    """Lets the reader take what has arrived; whether that has ended nothing."""
    return reader.next(seconds=2e-6) is None


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\t", ""])
def test_a_code_with_any_end_or_none_is_one_reading(
    plug: Plug, reader: SerialReader, hand: Hand, end: str
) -> None:
    plug.send((CODE + end).encode())
    if not end:
        assert nothing_yet(reader)
        hand.wait(SILENCE_SECONDS)
    assert told(reader, 1) == [CODE]
    hand.wait(1)
    assert nothing_yet(reader)


def test_a_code_may_be_split_anywhere(plug: Plug, reader: SerialReader) -> None:
    for at in range(len(CODE) + 1):
        plug.send(CODE[:at].encode())
        # The reader has really taken the first piece before the second is sent.
        assert nothing_yet(reader)
        plug.send(CODE[at:].encode() + b"\r")
        assert told(reader, 1) == [CODE]


def test_bytes_that_trickle_in_make_one_code(plug: Plug, reader: SerialReader, hand: Hand) -> None:
    *bytes_before, end = f"]Q1{CODE}\r".encode()
    for byte in bytes_before:
        plug.send(bytes([byte]))
        assert nothing_yet(reader)
        hand.wait(SILENCE_SECONDS * 0.9)
    plug.send(bytes([end]))
    (text,) = told(reader, 1)
    assert meaning_of(text).readings == (CODE,)


def test_a_silence_between_two_bytes_ends_a_reading(
    plug: Plug, reader: SerialReader, hand: Hand
) -> None:
    plug.send(CODE.encode())
    assert nothing_yet(reader)
    hand.wait(SILENCE_SECONDS)
    plug.send(f"{OTHER}\r".encode())
    assert told(reader, 2) == [CODE, OTHER]


def test_two_glued_codes_are_two(plug: Plug, reader: SerialReader) -> None:
    plug.send(f"{CODE}\r{OTHER}\r".encode())
    assert told(reader, 2) == [CODE, OTHER]


def test_two_codes_glued_without_an_end_are_never_taken_for_one(
    plug: Plug, reader: SerialReader
) -> None:
    plug.send(f"{CODE}{OTHER}\r".encode())
    (text,) = told(reader, 1)
    assert meaning_of(text).kind is Kind.FOREIGN


def test_noise_is_no_card_and_the_next_code_is_read(plug: Plug, reader: SerialReader) -> None:
    noise = bytes(byte for byte in range(256) if byte not in b"\r\n\t")
    plug.send(noise * 3 + b"\r" + CODE.encode() + b"\r")
    *before, last = told(reader, 2)
    assert last == CODE
    assert before == ["<too_long>"]


def test_an_unplugged_reader_is_told_once_and_found_again(plug: Plug, reader: SerialReader) -> None:
    for code in (CODE, OTHER):
        plug.send(code.encode() + b"\r")
        assert told(reader, 1) == [code]
        # Half a code dies with the plug.
        plug.send(b"10AZ")
        assert nothing_yet(reader)
        plug.unplug()
        assert told(reader, 1) == ["<lost>"]
        assert reader.next(seconds=0.3) is None
        plug.plug_in()
        assert told(reader, 1) == ["<found>"]
    plug.send(CODE.encode() + b"\r")
    assert told(reader, 1) == [CODE]


def test_tries_for_a_lost_reader_are_spaced_ever_wider(plug: Plug) -> None:
    now, waits = [0.0], list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        now[0] += max(seconds, 1e-6)

    with SerialReader(str(plug.place), clock=lambda: now[0], wait=wait) as reader:
        plug.unplug()
        assert reader.next(seconds=1.0) is Happening.LOST
        assert reader.next(seconds=60.0) is None
    assert [round(seconds, 3) for seconds in waits[:5]] == [0.2, 0.5, 1.0, 2.0, 5.0]
    assert max(waits) < 5.01 and sum(waits) == pytest.approx(60, abs=0.01)


def test_a_port_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed) as failure:
        SerialReader(str(tmp_path / "none"))
    assert failure.value.code == "not_found"


def test_what_is_no_serial_port_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(CODE)
    with pytest.raises(SourceFailed) as failure:
        SerialReader(str(tmp_path / "file"))
    assert failure.value.code == "unreadable"


def test_closing_twice_does_no_harm(plug: Plug) -> None:
    reader = SerialReader(str(plug.place))
    reader.close()
    reader.close()
