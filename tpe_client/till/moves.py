"""How the till moves: the three ways a step can end."""

from __future__ import annotations

from dataclasses import replace

from tpe_client.till.effects import Effect, Ring
from tpe_client.till.states import PinEntry, State, Stopped, Till

Move = tuple[Till, tuple[Effect, ...]]


def goes(till: Till, state: State, *effects: Effect) -> Move:
    """To another state. What a turn before asked for no longer counts."""
    return replace(till, state=state, turn=till.turn + 1, seconds=0), effects


def rests(till: Till) -> Move:
    """The event means nothing here."""
    return till, ()


def stops(till: Till, message: str) -> Move:
    """The key is gone: nothing can be sold any more; what is still open is named."""
    if isinstance(till.state, PinEntry):
        till.state.pin.wipe()
    return goes(till, Stopped(message, till.open_sales), Ring("attention"))
