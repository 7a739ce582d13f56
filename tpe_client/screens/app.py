"""The full-screen program: keys and answers go to the till, what it shows goes to the screen.

The law: the screen holds no state of its own but the photo, which it forgets after 20 seconds. A
crash shows where, never with what values: they could hold a PIN; nor does anything here log.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

from rich.segment import Segments
from rich.text import Text
from textual import constants, events
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from tpe_client.screens import drawing
from tpe_client.screens.key_gate import HOLD_SECONDS, KeyGate
from tpe_client.screens.menu_views import menu_view
from tpe_client.screens.photo import photo_text
from tpe_client.screens.sale_views import sale_view
from tpe_client.texts import say
from tpe_client.till.effects import Effect, Quit, Ring
from tpe_client.till.events import CardRead, Event, Key, Tick
from tpe_client.till.states import Identity, Till
from tpe_client.till.step import first_till, step

PHOTO_SECONDS: Final = 20
_WIDE, _BESIDE_A_FACE = 74, 46
_NAMES: Final = {
    "backspace": "back", "delete": "back", "enter": "enter", "escape": "escape", "up": "up",
    "down": "down", "tab": "enter",
}  # fmt: skip
_SIGNS: Final = {"+": "menu", ",": ",", ".": ","}
_BELLS: Final = {"approved": 1, "attention": 2, "declined": 3}

# Set in the environment, these would write every key, a PIN's among them, to a file or a socket.
vars(constants).update(LOG_FILE=None, DEBUG=False)


class DeskAtWork(Protocol):
    """Who does what the till wants done."""

    def start(self) -> None: ...

    def do(self, effect: Effect) -> None: ...

    def load_photo(self, url: str, *, shown: Callable[[bytes], None]) -> None: ...

    def close(self) -> None: ...


class Told(Message):
    """An event from another thread."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class PhotoCame(Message):
    """The holder's photo, and the turn it belongs to."""

    def __init__(self, turn: int, data: bytes) -> None:
        super().__init__()
        self.turn = turn
        self.data = data


class TillApp(App[None], inherit_bindings=False):
    """The box's screen."""

    CSS_PATH = Path(__file__).with_name("till.tcss")
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, *, ticks: bool = True) -> None:
        super().__init__()
        # Developer tools would show and store keys.
        self.features = frozenset()
        self._ticks = ticks
        self._desk: DeskAtWork | None = None
        self._gate = KeyGate()
        self._face: Text | None = None
        self.till, self._first_effects = first_till()

    def attach(self, desk: DeskAtWork) -> None:
        """Names who does the effects; before the program runs."""
        self._desk = desk

    def tell(self, event: Event) -> None:
        """Takes an event from any thread; nobody listens before the start and after the end."""
        if self.is_running:
            with contextlib.suppress(RuntimeError):
                self.post_message(Told(event))

    def compose(self) -> ComposeResult:
        yield Horizontal(Static(id="place"), Static(id="states"), id="top")
        yield Static(id="title")
        yield Container(
            Static(id="face"),
            Vertical(Static(id="big"), Static(id="body"), id="words"),
            id="middle",
        )
        yield Static(id="keys")

    def on_mount(self) -> None:
        assert self._desk is not None
        self._draw()
        self._desk.start()
        for effect in self._first_effects:
            self._do(effect)
        if self._ticks:
            self.set_interval(1, lambda: self.handle(Tick()))

    def on_unmount(self) -> None:
        if self._desk is not None:
            self._desk.close()

    def on_resize(self) -> None:
        self._draw()

    def on_told(self, message: Told) -> None:
        self.handle(message.event)

    def on_photo_came(self, message: PhotoCame) -> None:
        if message.turn != self.till.turn:
            return
        self._face = photo_text(message.data)
        self._draw()
        self.set_timer(PHOTO_SECONDS, lambda: self._forget_face(message.turn))

    def on_key(self, event: events.Key) -> None:
        character = event.character if event.is_printable and event.character else ""
        name = _NAMES.get(event.key) or _SIGNS.get(character) or character
        event.stop()
        event.prevent_default()
        if not name:
            return
        self._take(self._gate.key(name, character=character, at=time.monotonic()))
        self.set_timer(HOLD_SECONDS + 0.01, self._let_go)

    def on_paste(self, event: events.Paste) -> None:
        """Some terminals hand a reader's burst over as one paste."""
        event.stop()
        self.handle(CardRead(event.text.strip()[:256]))

    def handle(self, event: Event) -> None:
        """One step of the till."""
        before = self.till
        self.till, effects = step(self.till, event)
        if self.till.state is not before.state:
            self._state_changed(before)
        for effect in effects:
            self._do(effect)
        self._draw()

    def _let_go(self) -> None:
        self._take(self._gate.quiet(time.monotonic()))

    def _take(self, released: list[Key | CardRead]) -> None:
        for one in released:
            self.handle(one)

    def _do(self, effect: Effect) -> None:
        assert self._desk is not None
        if isinstance(effect, Ring):
            for number in range(_BELLS[effect.sound]):
                self.set_timer(0.05 + number * 0.25, self.bell)
        elif isinstance(effect, Quit):
            self.exit()
        else:
            self._desk.do(effect)

    def _state_changed(self, before: Till) -> None:
        if self.till.turn == before.turn:
            return
        self._face = None
        state, turn = self.till.state, self.till.turn
        if isinstance(state, Identity) and state.found.holder.photo_url:
            assert self._desk is not None
            self._desk.load_photo(
                state.found.holder.photo_url,
                shown=lambda data: self._photo_came(turn, data),
            )

    def _photo_came(self, turn: int, data: bytes) -> None:
        self.post_message(PhotoCame(turn, data))

    def _forget_face(self, turn: int) -> None:
        if turn == self.till.turn and self._face is not None:
            self._face = None
            self._draw()

    def _draw(self) -> None:
        if not self.is_mounted_and_ready():
            return
        view = sale_view(self.till) or menu_view(self.till)
        columns = _WIDE if self._face is None else _BESIDE_A_FACE
        self.screen.set_classes(view.tone)
        self._put("#place", drawing.place_text(self.till))
        self._put("#states", drawing.states_text(self.till))
        self._put("#title", Text(view.title))
        self._put("#big", drawing.big_text(view, columns=columns))
        self.query_one("#big").display = view.big is not None
        self._put("#body", drawing.body_text(view, columns=columns))
        self.query_one("#body").set_class(drawing.is_a_table(view), "left")
        self.query_one("#words").set_class(self._face is not None, "beside")
        self.query_one("#face").set_class(self._face is not None, "shown")
        self._put("#face", self._face or Text(""))
        self._put("#keys", drawing.keys_text(view.keys))

    def is_mounted_and_ready(self) -> bool:
        """Whether there is something to draw on."""
        return self.is_running and bool(self.screen.query("#keys"))

    def _put(self, selector: str, text: Text) -> None:
        self.query_one(selector, Static).update(text)

    def _handle_exception(self, error: Exception) -> None:
        """The library would print every variable: here the kind of the error and its places."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        lines = [say("command.crashed", name=type(error).__name__)]
        for frame in traceback.extract_tb(error.__traceback__):
            lines.append(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}")
        text = Text("\n".join(lines))
        self._exit_renderables.append(Segments(self.console.render(text)))
        self._close_messages_no_wait()

    def _log(self, *_: Any, **__: Any) -> None:
        """The library's own log would hold keys."""
