"""A reader in keyboard mode: key events become what it meant, whatever the machine's layout."""

from __future__ import annotations

from collections.abc import Iterator

import evdev
import pytest
from evdev import InputEvent, ecodes
from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.key_state import KeyState
from scanner.sources.keyboard_evdev import KeyboardReader, likely_nodes
from scanner.sources.reading import Reading, SourceFailed

CODE = "10AZQWM01SXK8N"
PRINTABLE = "".join(map(chr, range(33, 127)))

# The keys of an American keyboard by the names the kernel gives them.
NAMES = {
    "-": "MINUS", "=": "EQUAL", "[": "LEFTBRACE", "]": "RIGHTBRACE", ";": "SEMICOLON",
    "'": "APOSTROPHE", "`": "GRAVE", "\\": "BACKSLASH", ",": "COMMA", ".": "DOT", "/": "SLASH",
    " ": "SPACE", "\n": "ENTER", "\t": "TAB",
}  # fmt: skip
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
SHIFTS = (ecodes.KEY_LEFTSHIFT, ecodes.KEY_RIGHTSHIFT)


def strokes(text: str, *, shift: int = SHIFTS[0], at: float = 0.0) -> Iterator[InputEvent]:
    """The events of a reader that types this text, 10 ms a key, with its sync events."""
    for character in text:
        shifted = character.isupper() or character in SHIFTED
        plain = SHIFTED.get(character, character.lower())
        key = ecodes.ecodes["KEY_" + NAMES.get(plain, plain.upper())]
        events = [(key, 1), (key, 2), (key, 0)]
        if shifted:
            events = [(shift, 1), *events, (shift, 0)]
        for code, value in events:
            second, micro = divmod(round(at * 1_000_000), 1_000_000)
            yield InputEvent(second, micro, ecodes.EV_KEY, code, value)
            yield InputEvent(second, micro, ecodes.EV_SYN, 0, 0)
        at += 0.010


def typed(events: Iterator[InputEvent], state: KeyState | None = None) -> str:
    state = state or KeyState()
    return "".join(state.key(e.code, e.value) for e in events if e.type == ecodes.EV_KEY)


@pytest.mark.parametrize("shift", SHIFTS)
def test_every_printable_character_is_read_with_either_shift(shift: int) -> None:
    assert typed(strokes(PRINTABLE, shift=shift)) == PRINTABLE


def test_caps_lock_turns_letters_and_leaves_digits() -> None:
    state = KeyState()
    for value in (1, 0):
        assert state.key(ecodes.KEY_CAPSLOCK, value) == ""
    assert typed(strokes("az09-AZ"), state) == "AZ09-az"
    state.key(ecodes.KEY_CAPSLOCK, 1)
    assert typed(strokes("az"), state) == "az"


def test_the_keypad_writes_digits() -> None:
    keys = [getattr(ecodes, f"KEY_KP{digit}") for digit in range(10)]
    assert "".join(KeyState().key(key, 1) for key in keys) == "0123456789"
    assert KeyState().key(ecodes.KEY_KPENTER, 1) == "\n"


def test_a_character_typed_by_its_number_is_read() -> None:
    state = KeyState()
    state.key(ecodes.KEY_LEFTALT, 1)
    for digit in "0065":
        assert state.key(getattr(ecodes, f"KEY_KP{digit}"), 1) == ""
    assert state.key(ecodes.KEY_LEFTALT, 0) == "A"
    assert typed(strokes("b"), state) == "b"


@given(st.lists(st.tuples(st.integers(0, 800), st.integers(0, 2)), max_size=80))
def test_no_events_raise(events: list[tuple[int, int]]) -> None:
    state = KeyState()
    assert all(len(state.key(code, value)) <= 1 for code, value in events)


class _Node:
    """Stands in for the kernel's node; what it holds is real events."""

    def __init__(self, path: str) -> None:
        self.path, self.grabbed, self.closed = path, False, False

    def grab(self) -> None:
        self.grabbed = True

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> list[_Node]:
    opened: list[_Node] = []

    def open_node(path: str) -> _Node:
        opened.append(_Node(path))
        return opened[-1]

    monkeypatch.setattr(evdev, "InputDevice", open_node)
    return opened


def test_a_reader_is_grabbed_and_its_codes_are_readings(node: list[_Node]) -> None:
    with KeyboardReader("/dev/input/by-id/usb-Reader-event-kbd") as reader:
        assert node[0].grabbed
        reader.take(strokes(f"{CODE}\n{CODE.lower()}\t"))
        assert [reader.next(seconds=1) for _ in range(2)] == [
            Reading("keyboard", CODE),
            Reading("keyboard", CODE.lower()),
        ]
    assert node[0].closed


def test_a_code_without_an_end_is_over_when_the_next_begins(node: list[_Node]) -> None:
    with KeyboardReader("/dev/input/by-id/usb-Reader-event-kbd") as reader:
        reader.take(strokes(CODE))
        reader.take(strokes(CODE + "\n", at=5.0))
        assert [reader.next(seconds=1) for _ in range(2)] == [Reading("keyboard", CODE)] * 2


def test_a_node_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(SourceFailed) as failure:
        KeyboardReader("/dev/input/by-id/none")
    assert failure.value.code in ("not_found", "unreadable")


def test_only_what_calls_itself_a_reader_is_found_by_itself() -> None:
    names = [
        "/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd",
        "/dev/input/by-id/usb-Honeywell_Imaging_1950-event-kbd",
        "/dev/input/by-id/usb-WIT_Barcode_Scanner-event-kbd",
    ]
    assert likely_nodes(names) == names[1:]
