"""Who was identified, once more: what a till shows again of a card that it has read already.

The law: an identification opens its own card and nothing else, at the terminal that made it and for
as long as it lives; what is shown is what identify_card shows, with the balances of this instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.calendar import age_on
from cardservice.domain.identification import read_identification
from cardservice.domain.keys import Keys
from cardservice.domain.operation import WALLETS
from cardservice.services.register import TerminalFacts
from cardservice.services.show_photo import VISIBLE_FOR, sign_photo_token

_HOLDER = text(
    "SELECT ledger_now() AS at, business_day(ledger_now()) AS day, b.first_name,"
    " left(b.last_name, 1) AS last_name_initial, b.birth_date, c.last4::text, c.school_year,"
    " EXISTS (SELECT FROM holder_photo p WHERE p.beneficiary_id = b.beneficiary_id) AS has_photo,"
    " (SELECT jsonb_object_agg(w.wallet, w.balance_cents) FROM wallet w"
    "  WHERE w.beneficiary_id = c.beneficiary_id AND w.school_year = c.school_year) AS wallets"
    " FROM card c JOIN beneficiary b USING (beneficiary_id) WHERE c.card_id = :card_id"
)


@dataclass(frozen=True, slots=True)
class Holder:
    """A person at the till. `wallets` maps covered wallet to balance in cents; `photo_token` is
    the last part of the photo's address, None without a photo."""

    card_id: int
    first_name: str
    last_name_initial: str
    age: int
    last4: str
    wallets: dict[str, int]
    photo_token: str | None
    expires_at: datetime


def recall_holder(
    engine: Engine, keys: Keys, *, terminal: TerminalFacts, identification: str
) -> Holder | None:
    """The holder behind an identification; None when it is forged, foreign or over."""
    read = read_identification(keys, identification)
    if read is None or read.terminal_id != terminal.terminal_id:
        return None
    with unit_of_work(engine) as connection:
        row = connection.execute(_HOLDER, {"card_id": read.card_id}).one_or_none()
    if row is None or row.first_name is None or row.at >= read.until:
        return None
    balances: dict[str, int] = row.wallets or {}
    covered = terminal.wallets_on(row.day) or ()
    token = sign_photo_token(keys, beneficiary_id=read.beneficiary_id, until=row.at + VISIBLE_FOR)
    return Holder(
        card_id=read.card_id,
        first_name=row.first_name,
        last_name_initial=row.last_name_initial or "",
        age=age_on(row.birth_date, row.day),
        last4=row.last4,
        wallets={one: balances[one] for one in WALLETS if one in balances and one in covered},
        photo_token=token if row.has_photo else None,
        expires_at=read.until,
    )
