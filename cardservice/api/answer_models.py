"""The shapes of what the counter says, for the API's document and for the tests that hold us to it.

The law: answers are rendered by answers.py alone; these models describe them, member by member, and
refuse any other. Nothing is rendered through them: a typed copy of each answer would cost more than
the answer.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cardservice.api.forms import Wallet

Cents = Annotated[int, Field(description="Euro cents.", json_schema_extra={"format": "int64"})]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Paris day.")]
Instant = Annotated[AwareDatetime, Field(description="RFC 3339, UTC, with `Z`.")]
TerminalKind = Literal["phone", "box", "reader", "web_till"]


class Said(BaseModel):
    """Exactly these members."""

    model_config = ConfigDict(extra="forbid")


class CardShown(Said):
    """All that is shown of a card's code: its last four characters."""

    last4: str


class CardIdentified(CardShown):
    """`school_year` 2026 is 2026-2027."""

    school_year: int


class DebitApproved(Said):
    """The money has moved."""

    outcome: Literal["approved"]
    operation_id: UUID
    reference: str
    wallet: Wallet
    amount_cents: Cents
    balance_after_cents: Cents
    accepted_at: Instant
    business_day: Day
    card: CardShown
    replayed: bool


class Declined(Said):
    """A refusal. `final`: trying again the same day cannot succeed. `message` can be read aloud."""

    outcome: Literal["declined"]
    code: str
    final: bool
    message: str
    next_step: str


class DebitDeclined(Declined):
    """A refused debit. It is stored (with reference and instants) unless the identification had
    expired; `balance_cents` comes with `insufficient_balance`, `tries_left` with `pin_wrong`."""

    operation_id: UUID
    reference: str | None = None
    wallet: Wallet
    amount_cents: Cents
    accepted_at: Instant | None = None
    business_day: Day | None = None
    balance_cents: Cents | None = None
    tries_left: Annotated[int, Field(ge=0, le=2)] | None = None
    replayed: bool


class CancellationShown(Said):
    """The cancellation of a stored debit; no reference for a tombstone that came first."""

    reference: str | None
    cancelled_at: Instant


class StoredApproved(DebitApproved):
    """A stored debit, asked for."""

    cancellation: CancellationShown | None


class StoredDeclined(DebitDeclined):
    """A stored refusal, asked for."""

    cancellation: CancellationShown | None


class ListedApproved(Said):
    """An approved debit in a list: without balance."""

    outcome: Literal["approved"]
    operation_id: UUID
    reference: str
    wallet: Wallet
    amount_cents: Cents
    accepted_at: Instant
    business_day: Day
    card: CardShown
    replayed: bool
    cancellation: CancellationShown | None


class WalletTotals(Said):
    """Approved and not cancelled debits of one wallet."""

    wallet: Wallet
    count: int
    amount_cents: Cents


class DayList(Said):
    """A page of the partner's debits of a day, newest first; totals are of the whole day."""

    items: list[ListedApproved | StoredDeclined]
    totals: list[WalletTotals]
    next_cursor: str | None


class CheckApproved(Said):
    """The debit would be approved now."""

    outcome: Literal["approved"]
    wallet: Wallet
    amount_cents: Cents
    balance_after_cents: Cents
    card: CardShown


class CheckDeclined(Declined):
    """The debit would be refused now."""

    wallet: Wallet
    amount_cents: Cents
    balance_cents: Cents | None = None


class CancellationDone(Said):
    """Cancelled. Reference and balance are null where no debit had come (a tombstone)."""

    outcome: Literal["cancelled"]
    operation_id: UUID
    reference: str | None
    balance_after_cents: Cents | None
    cancelled_at: Instant


class CancellationDeclined(Declined):
    """Not cancelled."""

    operation_id: UUID


class TicketSent(Said):
    """The ticket is written and goes out with the next mail."""

    sent: Literal[True]


class Holder(Said):
    """Whom the cashier should have in front of him."""

    first_name: str
    last_name_initial: str
    age: int
    photo_url: Annotated[
        str | None, Field(description="A same-origin address, valid for 60 seconds.")
    ]


class WalletShown(Said):
    """A wallet of the holder that the partner's agreement covers."""

    wallet: Wallet
    label: str
    balance_cents: Cents


class PinPolicy(Said):
    """`above` means strictly more than `above_cents`, which is null otherwise."""

    required: Literal["always", "above", "never"]
    above_cents: Cents | None


class CardHolderIdentified(Said):
    """A card that may pay here; `identification` serves this terminal until `expires_at`."""

    outcome: Literal["identified"]
    identification: str
    expires_at: Instant
    holder: Holder
    card: CardIdentified
    wallets: list[WalletShown]
    pin: PinPolicy


class Named(Said):
    """A partner, as the public knows it."""

    name: str


class OutletShown(Said):
    """An outlet and where it is."""

    name: str
    address: str


class TerminalSettings(Said):
    """How the terminal is set up."""

    pin: PinPolicy
    limit_cents: Cents
    ticket: bool


class TerminalShown(Said):
    """The terminal's public id, its label and its kind."""

    terminal_id: str
    label: str
    kind: TerminalKind


class Totals(Said):
    """Approved and not cancelled debits, with their parts per wallet."""

    count: int
    amount_cents: Cents
    wallets: list[WalletTotals]


class Me(Said):
    """The terminal about itself; `today` is its own."""

    terminal: TerminalShown
    partner: Named
    outlet: OutletShown
    settings: TerminalSettings
    today: Totals


class ActivationRecognised(Said):
    """Step 1: is this my place?"""

    terminal_id: str
    activation_token: str
    kind: TerminalKind
    partner: Named
    outlet: OutletShown


class ActivationDone(Said):
    """Step 2: `terminal_key` is told this once."""

    terminal_key: str
    terminal_id: str
    settings: TerminalSettings


class DayClose(Said):
    """A sealed day of the partner; `seal` is the SHA-256 seal of the whole day in hexadecimal."""

    business_day: Day
    count: int
    amount_cents: Cents
    wallets: list[WalletTotals]
    seal: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class DayDifference(Said):
    """A figure that differs."""

    field: Literal["count", "amount_cents"]
    terminal: int
    server: int


class DayCompared(Said):
    """The terminal's own figures against the ledger's."""

    matches: bool
    differences: list[DayDifference]


class FieldError(Said):
    """A field that is wrong, and why; its value is never repeated."""

    field: str
    reason: str


class Problem(Said):
    """RFC 9457, with a `code`. 422 names the `errors`, 503 the `operation_id` to ask again with."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None
    operation_id: UUID | None = None
