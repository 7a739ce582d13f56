"""Identify a card from what a till has read: who is in front of me, and what may be spent here?

The law: unknown, foreign and malformed readings take the same road to the same answer; a till sees
first name, initial, age and the wallets that its partner's agreement covers, nothing else; an
identification needs no write to be valid. The screen of a card is one more reading: its step
belongs to the first terminal that read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cardservice.domain.calendar import age_on
from cardservice.domain.card_code import fold_card_code
from cardservice.domain.identification import Identification, sign_identification
from cardservice.domain.keys import Keys, code_mac
from cardservice.domain.operation import WALLETS
from cardservice.domain.screen_code import ScreenCode, read_screen_payload
from cardservice.ledger.group_commit import Unavailable
from cardservice.ledger.reading_lane import CardRead, ScreenAsk
from cardservice.services.register import TerminalFacts
from cardservice.services.till import Till

VALID_FOR = timedelta(minutes=5)
_MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Identified:
    """A card that may pay here. `wallets` maps covered wallet to balance in cents."""

    terminal: TerminalFacts
    identification: str
    expires_at: datetime
    card_id: int
    beneficiary_id: int
    first_name: str
    last_name_initial: str
    age: int
    has_photo: bool
    last4: str
    school_year: int
    wallets: dict[str, int]


@dataclass(frozen=True, slots=True)
class NotIdentified:
    """A reading that leads to no card that may pay: the code says why."""

    terminal: TerminalFacts
    code: str
    card_id: int | None


async def identify_card(
    till: Till, *, key_hash: bytes, reading: str
) -> Identified | NotIdentified | None:
    """What a reading (1 to 200 characters) leads to; None when the terminal is no longer one.

    Raises Unavailable when the database cannot be asked.
    """
    read_as = _understood(till.keys, reading)
    for _ in range(_MOST_TRIES):
        terminal = await till.register.terminal(key_hash)
        if terminal is None or terminal.state != "active":
            return None
        version = till.register.version
        read = await _looked_up(till, terminal, read_as)
        if read.register_version == version:
            return _told(till, terminal, read)
        till.register.forget(newer_than=version)
    raise Unavailable("the register keeps moving")


def _understood(keys: Keys, reading: str) -> bytes | ScreenCode:
    # A printed code first: it is nearly every reading, and pays nothing for screens. What is
    # neither, a forged screen too, is looked up like a code that nobody has, and takes as long.
    code = fold_card_code(reading)
    if code is None:
        screen = read_screen_payload(keys, reading)
        if screen is not None:
            return screen
    return code_mac(keys, code or "")


async def _looked_up(till: Till, terminal: TerminalFacts, read_as: bytes | ScreenCode) -> CardRead:
    if isinstance(read_as, bytes):
        return await till.readings.ask(read_as)
    return await till.screens.ask(ScreenAsk(read_as.reference, read_as.step, terminal.terminal_id))


def _told(till: Till, terminal: TerminalFacts, read: CardRead) -> Identified | NotIdentified:
    if read.card_id is None:
        return NotIdentified(terminal, "card_unknown", None)
    if read.refusal is not None:
        return NotIdentified(terminal, read.refusal, read.card_id)
    assert read.beneficiary_id is not None and read.last4 is not None
    assert read.school_year is not None
    balances = read.wallets or {}
    covered = terminal.wallets_on(read.day) or ()
    expires_at = read.at + VALID_FOR
    return Identified(
        terminal=terminal,
        identification=sign_identification(
            till.keys,
            Identification(
                read.card_id,
                read.beneficiary_id,
                terminal.terminal_id,
                expires_at,
                holder_has_wallets=bool(balances),
            ),
        ),
        expires_at=expires_at,
        card_id=read.card_id,
        beneficiary_id=read.beneficiary_id,
        first_name=read.first_name or "",
        last_name_initial=(read.last_name or "")[:1],
        age=age_on(read.birth_date or date.min, read.day),
        has_photo=read.has_photo,
        last4=read.last4,
        school_year=read.school_year,
        wallets={
            wallet: balances[wallet]
            for wallet in WALLETS
            if wallet in balances and wallet in covered
        },
    )
