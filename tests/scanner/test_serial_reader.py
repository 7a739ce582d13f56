"""A serial reader on a real pty: split, noisy, glued, unplugged and plugged in again (issue 4)."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.card_payload import Kind, meaning_of
from scanner.sources.reading import Happening, Reading, SourceFailed
from scanner.sources.serial_reader import SerialReader

CODE, OTHER = "10AZQWM01SXK8N", "M9S346Q3D25V88"


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
        os.write(self._ours, content)


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    plug = Plug(tmp_path / "ttyACM0")
    plug.plug_in()
    yield plug
    plug.unplug()


@pytest.fixture
def reader(plug: Plug) -> Iterator[SerialReader]:
    with SerialReader(str(plug.place)) as reader:
        yield reader


def told(reader: SerialReader, count: int) -> list[str]:
    """The next so many readings and happenings."""
    found: list[str] = []
    for _ in range(60):
        came = reader.next(seconds=0.5)
        if came is not None:
            found.append(came.text if isinstance(came, Reading) else f"<{came}>")
        if len(found) == count:
            break
    return found


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\t", ""])
def test_a_code_with_any_end_or_none_is_one_reading(
    plug: Plug, reader: SerialReader, end: str
) -> None:
    plug.send((CODE + end).encode())
    assert told(reader, 1) == [CODE]
    assert reader.next(seconds=0.15) is None


def test_a_code_may_be_split_anywhere(plug: Plug, reader: SerialReader) -> None:
    for at in range(len(CODE) + 1):
        plug.send(CODE[:at].encode())
        # The reader has really taken the first piece before the second is sent.
        assert reader.next(seconds=0.001) is None
        plug.send(CODE[at:].encode() + b"\r")
        assert told(reader, 1) == [CODE]


def test_bytes_that_trickle_in_make_one_code(plug: Plug, reader: SerialReader) -> None:
    def trickle() -> None:
        pause = threading.Event()
        for byte in f"]Q1{CODE}\r\n".encode():
            plug.send(bytes([byte]))
            pause.wait(0.005)

    hand = threading.Thread(target=trickle)
    hand.start()
    (text,) = told(reader, 1)
    hand.join(5)
    assert meaning_of(text).readings == (CODE,)


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
        reader.next(seconds=0.001)
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
