"""Whatever happens in whatever order: no sale without a checked identity and a confirmed amount."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from api_client.answers import Cancelled, DayList, NoAnswer, Problem, Unknown
from tests.terminals.till_stories import (
    ABOVE,
    ALWAYS,
    APPROVED,
    AT,
    CODE,
    ME,
    NEVER,
    OPERATION,
    declined,
    found,
)
from tpe_client.screens.menu_views import menu_view
from tpe_client.screens.sale_views import sale_view
from tpe_client.till.effects import Identify, LoadDay, SendDebit
from tpe_client.till.events import (
    CancelAnswered,
    CardAnswered,
    CardRead,
    DayAnswered,
    DebitAnswered,
    Event,
    JournalBroken,
    Key,
    LineSeen,
    MeSeen,
    Resumed,
    Tick,
)
from tpe_client.till.pin import Pin
from tpe_client.till.states import Confirming, Identity, PinEntry, Sending
from tpe_client.till.step import first_till, step

_KEYS = st.sampled_from(
    [*"0123456789", *"11111", "enter", "enter", "enter", "back", "escape", "menu", ",", "up",
     "down", "K", "é"]
)  # fmt: skip
_REVOKED = Problem(401, "terminal_revoked", "revoked")
_ANY_END = st.sampled_from(
    [APPROVED, declined("pin_wrong", tries_left=2), declined("pin_required"),
     declined("insufficient_balance", balance_cents=100), declined("card_blocked", final=True),
     Unknown("T7K2M9QXR", OPERATION), _REVOKED, Problem(403, "partner_suspended", "no")]
)  # fmt: skip


def pins_in(value: Any) -> list[Pin]:
    """Every PIN that can be reached from a value."""
    if isinstance(value, Pin):
        return [value]
    if is_dataclass(value):
        return [pin for one in fields(value) for pin in pins_in(getattr(value, one.name))]
    if isinstance(value, tuple):
        return [pin for one in value for pin in pins_in(one)]
    return []


class AnyCounter(RuleBasedStateMachine):
    """A counter where anything happens; it remembers what a person has agreed to."""

    def __init__(self) -> None:
        super().__init__()
        self.till, _ = first_till()
        # What the cashier has said since the card was read.
        self.checked: object = None
        self.confirmed: object = None
        self.asked: Identify | None = None
        self.day_asked: LoadDay | None = None
        self.under_way = 0
        self.step_by(Resumed((), (), None))

    def step_by(self, event: Event) -> None:
        before = self.till
        pins = pins_in(before)
        if isinstance(event, Key):
            if isinstance(before.state, Identity) and event.name == "1":
                self.checked = before.state.found
            if isinstance(before.state, Confirming) and event.name == "enter":
                self.confirmed = before.state.sale
        self.till, effects = step(before, event)
        for effect in effects:
            if isinstance(effect, SendDebit):
                self.judge(effect)
            elif isinstance(effect, Identify):
                self.asked = effect
            elif isinstance(effect, LoadDay):
                self.day_asked = effect
        if isinstance(before.state, Sending) and not isinstance(self.till.state, Sending):
            assert isinstance(event, DebitAnswered | JournalBroken)
            self.under_way -= 1
        kept = [id(pin) for pin in pins_in(self.till) + pins_in(effects)]
        assert all(len(pin) == 0 or id(pin) in kept for pin in pins), "a PIN was left behind"

    def judge(self, effect: SendDebit) -> None:
        sale = effect.sale
        assert self.checked is sale.found
        assert self.confirmed == sale
        assert sale.wallet.wallet in [wallet.wallet for wallet in sale.found.wallets]
        assert 0 < sale.amount_cents <= 100_000
        if sale.found.pin.asks_for(sale.amount_cents):
            assert effect.pin is not None and effect.pin.is_whole
        self.under_way += 1
        assert self.under_way == 1

    @rule(names=st.lists(_KEYS, min_size=1, max_size=6))
    def keys(self, names: list[str]) -> None:
        for name in names:
            self.step_by(Key(name))

    @rule(policy=st.sampled_from([NEVER, ALWAYS, ABOVE]), count=st.integers(0, 2))
    def card(self, policy: Any, count: int) -> None:
        self.step_by(CardRead(CODE))
        if self.asked is not None:
            wallets = found().wallets[:count]
            self.step_by(CardAnswered(self.asked.turn, found(policy, wallets)))

    @precondition(lambda self: isinstance(self.till.state, Identity))
    @rule(amount=st.sampled_from(["1", "20", "20,01", "55,55", "0", "99"]))
    def most_of_a_sale(self, amount: str) -> None:
        for name in ["1", "1", *amount, "enter"]:
            self.step_by(Key(name))

    @rule(answer=_ANY_END)
    def debit_ends(self, answer: Any) -> None:
        self.step_by(DebitAnswered(answer))

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.step_by(Tick())

    @rule(event=st.sampled_from([
        MeSeen(ME), MeSeen(_REVOKED), MeSeen(NoAnswer("offline")), LineSeen(False),
        Resumed((), ("T7K2M9QXR",), None), JournalBroken("not_writable"), CardRead("nonsense"),
        CancelAnswered(OPERATION, Cancelled(OPERATION, "C9", 5555, AT)),
    ]))  # fmt: skip
    def something_else(self, event: Any) -> None:
        self.step_by(event)

    @rule()
    def day_comes(self) -> None:
        if self.day_asked is not None:
            self.step_by(DayAnswered(self.day_asked.turn, DayList((APPROVED,), ())))

    @invariant()
    def no_pin_outlives_its_screen(self) -> None:
        if not isinstance(self.till.state, PinEntry):
            assert pins_in(self.till) == []

    @invariant()
    def there_is_a_screen_for_it(self) -> None:
        view = sale_view(self.till) or menu_view(self.till)
        assert view.title
        assert "Inès" not in repr(self.till) and "I N È S" not in repr(view)


TestAnyCounter = AnyCounter.TestCase
TestAnyCounter.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
