"""What the ledger is made of: the kinds of operation, their two legs, and their hash.

Law: the kind alone fixes both accounts, money always moves `from` → `to` by a positive
number of cents, and what has been answered is never changed: the hash covers every
stored fact, in fixed width and never as text, so that no locale, rounding or
spelling can make two honest computations differ. The same bytes are built in SQL.

Numbers here go into hashes: they are never changed or reused.
It refuses to know who a beneficiary is: rows hold pseudonymous ids only.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from struct import Struct
from typing import Final
from uuid import UUID

from cardservice.domain import codes

WALLETS: Final = ("sport_culture_leisure", "tutoring")
WALLET_NUMBERS: Final = {"sport_culture_leisure": 1, "tutoring": 2}

OUTCOME_NUMBERS: Final = {"approved": 1, "declined": 2, "cancelled": 3}

# The accounts, each one per ... :
DEPARTMENT_FUND: Final = "department_fund"  # school year and wallet
BENEFICIARY_WALLET: Final = "beneficiary_wallet"  # beneficiary, school year and wallet
PARTNER_PAYABLE: Final = "partner_payable"  # partner and wallet
LAPSED: Final = "lapsed"  # school year and wallet
IN_TRANSIT: Final = "in_transit"  # one: handed to the bank, not yet confirmed
PAID: Final = "paid"  # one: confirmed by the bank


@dataclass(frozen=True, slots=True)
class OperationKind:
    """A kind of operation: its stable number, one sentence of meaning, its two legs."""

    name: str
    number: int
    meaning: str
    from_account: str
    to_account: str


_KINDS: Final = (
    OperationKind(
        name="grant",
        number=1,
        meaning="The department gives a collégien the money of a wallet for a school year (C10).",
        from_account=DEPARTMENT_FUND,
        to_account=BENEFICIARY_WALLET,
    ),
    OperationKind(
        name="debit",
        number=2,
        meaning="The holder pays a partner, who is owed the same amount from then on (C55).",
        from_account=BENEFICIARY_WALLET,
        to_account=PARTNER_PAYABLE,
    ),
    OperationKind(
        name="cancellation",
        number=3,
        meaning="The partner undoes a whole debit on its own day (C60, C61).",
        from_account=PARTNER_PAYABLE,
        to_account=BENEFICIARY_WALLET,
    ),
    OperationKind(
        name="regularisation",
        number=4,
        meaning="The hotline gives money back after the day of the debit is over (C62).",
        from_account=PARTNER_PAYABLE,
        to_account=BENEFICIARY_WALLET,
    ),
    OperationKind(
        name="lapse",
        number=5,
        meaning="What a wallet still holds when its school year is over is lost (C22).",
        from_account=BENEFICIARY_WALLET,
        to_account=LAPSED,
    ),
    OperationKind(
        name="reimbursement",
        number=6,
        meaning="A remittance is handed to the bank as a credit transfer (C66).",
        from_account=PARTNER_PAYABLE,
        to_account=IN_TRANSIT,
    ),
    OperationKind(
        name="payment_confirmed",
        number=7,
        meaning="The bank confirms that the credit transfer was booked (C67).",
        from_account=IN_TRANSIT,
        to_account=PAID,
    ),
    OperationKind(
        name="transfer_return",
        number=8,
        meaning="The bank sends the credit transfer back: the partner is owed it again (C68).",
        from_account=IN_TRANSIT,
        to_account=PARTNER_PAYABLE,
    ),
    OperationKind(
        name="late_regularisation",
        number=9,
        meaning="A regularisation after the wallet has lapsed: what lapsed grows, not the wallet.",
        from_account=PARTNER_PAYABLE,
        to_account=LAPSED,
    ),
    OperationKind(
        name="regularisation_reversal",
        number=10,
        meaning="A regularisation was a mistake: the partner is owed the money again (C62).",
        from_account=BENEFICIARY_WALLET,
        to_account=PARTNER_PAYABLE,
    ),
    OperationKind(
        name="late_regularisation_reversal",
        number=11,
        meaning="The same after the wallet has lapsed: it comes out of what lapsed.",
        from_account=LAPSED,
        to_account=PARTNER_PAYABLE,
    ),
    OperationKind(
        name="paid_transfer_return",
        number=12,
        meaning="The partner's bank sends back what was paid already: it is owed again (C68).",
        from_account=PAID,
        to_account=PARTNER_PAYABLE,
    ),
)

OPERATION_KINDS: Final[dict[str, OperationKind]] = {kind.name: kind for kind in _KINDS}
KIND_NUMBERS: Final[dict[str, int]] = {kind.name: kind.number for kind in _KINDS}


def legs(kind: str) -> tuple[str, str]:
    """(from account, to account) of a kind of operation. KeyError for an unknown kind."""
    return OPERATION_KINDS[kind].from_account, OPERATION_KINDS[kind].to_account


@dataclass(frozen=True, slots=True)
class Operation:
    """One answered request, exactly as stored; refusals included.

    Amounts are euro cents, `accepted_at` an aware instant, `business_day` a Paris day.
    None means "does not apply": a lapse has no terminal, an unknown card no beneficiary.
    """

    operation_no: int
    operation_id: UUID
    kind: str
    outcome: str
    code: str | None
    partner_id: int | None
    outlet_id: int | None
    terminal_id: int | None
    actor_id: int | None
    card_id: int | None
    beneficiary_id: int | None
    school_year: int | None
    wallet: str | None
    amount_cents: int | None
    balance_after_cents: int | None
    wallet_seq: int | None
    tries_left: int | None
    pin_checked: bool
    target_id: UUID | None
    accepted_at: datetime
    business_day: date
    hash: bytes


# PostgreSQL's binary form of a record: how many columns, then each behind the number of its type
# and its width.
_UUID: Final = (2950, 16, "16s")
_BIGINT: Final = (20, 8, "q")
_INTEGER: Final = (23, 4, "i")
_SMALLINT: Final = (21, 2, "h")
_BOOLEAN: Final = (16, 1, "?")
_INSTANT: Final = (1184, 8, "q")  # microseconds since 2000, UTC
_DATE: Final = (1082, 4, "i")  # days since 1 January 2000
_COLUMNS: Final = (
    *(_UUID, _UUID),  # the operation, its target
    *(_INTEGER, _INTEGER, _INTEGER),  # kind, outcome, code
    *(_BIGINT, _BIGINT, _BIGINT),  # partner, outlet, terminal
    *(_BIGINT, _BIGINT, _BIGINT),  # actor, card, beneficiary
    *(_SMALLINT, _INTEGER),  # school year, wallet
    *(_BIGINT, _BIGINT),  # amount, balance after
    *(_INTEGER, _SMALLINT, _BOOLEAN),  # number in the wallet, tries left, PIN checked
    *(_INSTANT, _DATE),
)
_CANONICAL: Final = Struct(">i" + "".join(f"ii{form}" for _, _, form in _COLUMNS))
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_NO_TARGET: Final = bytes(16)

EMPTY_HEAD: Final = bytes(32)


def operation_hash(op: Operation) -> bytes:
    """SHA-256 (32 bytes) of the canonical bytes of a row: fixed-width, big-endian.

    Neither `hash` itself nor `operation_no` (assigned by the database) is covered.
    None is written as 0, except for amounts, balances and tries, where 0 says something
    and None is -1. KeyError for an unknown kind, outcome, code or wallet; struct.error
    for a number that does not fit; TypeError for a naive `accepted_at`.
    """
    values = (
        op.operation_id.bytes,
        _NO_TARGET if op.target_id is None else op.target_id.bytes,
        KIND_NUMBERS[op.kind],
        OUTCOME_NUMBERS[op.outcome],
        0 if op.code is None else codes.by_name[op.code].number,
        op.partner_id or 0,
        op.outlet_id or 0,
        op.terminal_id or 0,
        op.actor_id or 0,
        op.card_id or 0,
        op.beneficiary_id or 0,
        op.school_year or 0,
        0 if op.wallet is None else WALLET_NUMBERS[op.wallet],
        -1 if op.amount_cents is None else op.amount_cents,
        -1 if op.balance_after_cents is None else op.balance_after_cents,
        op.wallet_seq or 0,
        -1 if op.tries_left is None else op.tries_left,
        op.pin_checked,
        (op.accepted_at - _EPOCH) // _MICROSECOND,
        op.business_day.toordinal() - _EPOCH_DAY,
    )
    parts = [
        part
        for (type_number, width, _), value in zip(_COLUMNS, values, strict=True)
        for part in (type_number, width, value)
    ]
    return sha256(_CANONICAL.pack(len(_COLUMNS), *parts)).digest()


def chain(previous_head: bytes, hash: bytes) -> bytes:
    """The head of a wallet after one more operation; the first follows `EMPTY_HEAD`.

    Both arguments and the result are 32 bytes; ValueError otherwise.
    """
    if len(previous_head) != 32 or len(hash) != 32:
        raise ValueError("a head and a hash are 32 bytes each")
    return sha256(previous_head + hash).digest()
