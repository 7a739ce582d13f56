"""The manifest: what a script must know to use a running demonstration (design §5, a contract).

The law: its fields and their values are relied upon outside the project. Secrets come from what the
demonstration keeps, states and balances from the database as they are at this start; the file is
private and appears under its name only when the service answers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.demo.equipment import fresh_codes
from cardservice.demo.kept import Kept, KeptCard, KeptTerminal, KeptUser, write_private
from cardservice.domain.operation import WALLETS
from cardservice.wiring import Office

MAIL = "mail"
SIGN_IN = "/partenaire/connexion"
AGENTS_SIGN_IN = "/departement/connexion"
YOUTHS_SIGN_IN = "/jeune/connexion"
# Full wallets first, then one of each case, then the rest of what is usable.
_FULL_FIRST: Final = 30
_CASES: Final = ("issued", "blocked", "paused", "replaced", "obsolete")

_CARDS: Final = text(
    "SELECT c.serial, c.state, b.beneficiary_id, b.first_name, b.last_name, b.birth_date,"
    " y.category, card_refusal(c, business_day(ledger_now())) AS refusal,"
    " coalesce((SELECT jsonb_object_agg(w.wallet, w.balance_cents) FROM wallet w"
    "  WHERE w.beneficiary_id = c.beneficiary_id AND w.school_year = c.school_year), '{}')"
    "  AS balances,"
    " EXISTS (SELECT FROM wallet w WHERE w.beneficiary_id = c.beneficiary_id"
    "  AND w.school_year = c.school_year AND w.balance_cents < w.granted_cents) AS is_touched"
    " FROM card c JOIN beneficiary b USING (beneficiary_id)"
    " JOIN beneficiary_year y USING (beneficiary_id, school_year)"
    " WHERE c.serial = ANY(:serials)"
)
# The agreement in force, else the one that ended last: what the terminal covers or covered.
_TERMINALS: Final = text(
    "SELECT t.public_id, t.label, t.kind, t.state, t.pin_required, t.above_cents, t.limit_cents,"
    " p.partner_id, p.siret, p.trade_name, p.state AS partner_state, o.name AS outlet,"
    " a.in_force, a.wallets"
    " FROM terminal t JOIN outlet o USING (outlet_id) JOIN partner p USING (partner_id)"
    " JOIN LATERAL (SELECT g.starts_on <= :today AND coalesce(:today < g.ends_before, true)"
    "   AS in_force, ARRAY(SELECT w.wallet FROM agreement_wallet w"
    "   WHERE w.agreement_id = g.agreement_id ORDER BY w.wallet) AS wallets"
    "  FROM agreement g WHERE g.partner_id = p.partner_id"
    "  ORDER BY in_force DESC, g.starts_on DESC LIMIT 1) a ON true"
    " WHERE t.public_id = ANY(:public_ids)"
)


def read_manifest(office: Office, kept: Kept, *, base_url: str) -> dict[str, Any]:
    """The manifest of this start; makes fresh activation codes, which ends the older ones."""
    assert office.private_server is not None, "a demonstration has its own server"
    mail_dir = office.settings.data_dir / MAIL
    mail_dir.mkdir(exist_ok=True)
    activation_codes = fresh_codes(office)
    with unit_of_work(office.engine) as connection:
        terminals = _terminals(connection, kept.terminals)
        cards = _cards(connection, kept.cards)
    return {
        "base_url": base_url,
        "terminals": terminals,
        "activation_codes": activation_codes,
        "cards": cards,
        "users": [_user(user, kept, base_url) for user in kept.users],
        "pid": os.getpid(),
        "mail_dir": str(mail_dir),
        "superuser_dsn": office.private_server.url("postgres"),
    }


def write_manifest(file: Path, manifest: dict[str, Any]) -> None:
    """FILE is there, whole, and nobody else can read it."""
    write_private(file, manifest)


def _user(user: KeptUser, kept: Kept, base_url: str) -> dict[str, Any]:
    facts = {
        "role": user.role,
        "email": user.email,
        "password": user.password,
        "totp_secret": user.totp_secret,
        "sign_in_url": base_url + AGENTS_SIGN_IN,
    }
    if user.card is not None:
        code = next(card.code for card in kept.cards if card.serial == user.card)
        return {**facts, "sign_in_url": base_url + YOUTHS_SIGN_IN, "card_code": code}
    if user.partner is None:
        return facts
    return {**facts, "sign_in_url": base_url + SIGN_IN, "partner": user.partner}


def _terminals(connection: Connection, kept: list[KeptTerminal]) -> list[dict[str, Any]]:
    """Those that sell first; the others after them."""
    today = paris_today(connection)
    rows = {
        row.public_id: row
        for row in connection.execute(
            _TERMINALS, {"today": today, "public_ids": [one.terminal_id for one in kept]}
        )
    }
    terminals = [_terminal(rows[one.terminal_id], one.key) for one in kept]
    return sorted(terminals, key=lambda terminal: bool(terminal["state"] != "active"))


def _terminal(row: Any, key: str) -> dict[str, Any]:
    return {
        "terminal_id": row.public_id,
        "label": row.label,
        "partner": row.trade_name,
        "kind": row.kind,
        "state": _terminal_state(row),
        "pin_required": row.pin_required,
        "above_cents": row.above_cents,
        "key": key,
        "wallets": list(row.wallets),
        "limit_cents": row.limit_cents,
        "outlet": row.outlet,
        "partner_id": row.partner_id,
        "partner_siret": row.siret,
    }


def _terminal_state(row: Any) -> str:
    if row.state != "active":
        return str(row.state)
    if row.partner_state == "suspended":
        return "suspended"
    return "active" if row.in_force else "agreement_ended"


@dataclass(frozen=True, slots=True)
class _ShownCard:
    facts: dict[str, Any]
    is_full: bool

    @property
    def state(self) -> str:
        return str(self.facts["state"])


def _cards(connection: Connection, kept: list[KeptCard]) -> list[dict[str, Any]]:
    rows = {
        row.serial: row
        for row in connection.execute(_CARDS, {"serials": [card.serial for card in kept]})
    }
    # Somebody who was erased since has no year of his own to show.
    shown = [_card(rows[card.serial], card) for card in kept if card.serial in rows]
    full = [card for card in shown if card.state == "active" and card.is_full]
    cases = [next((card for card in shown if card.state == state), None) for state in _CASES]
    usable = [card for card in shown if card.state == "active"]
    youth = next((card for card in usable if card.facts["category"] == "youth"), None)
    first = [*full[:_FULL_FIRST], *(card for card in (*cases, youth) if card is not None)]
    seen = {id(card) for card in first}
    rest = [card for card in usable if id(card) not in seen]
    return [card.facts for card in [*first, *rest]]


def _card(row: Any, kept: KeptCard) -> _ShownCard:
    balances = {wallet: row.balances.get(wallet, 0) for wallet in WALLETS}
    facts = {
        "code": kept.code,
        "qr_text": kept.code,
        "pin": kept.pin,
        "state": _card_state(row.state, row.refusal),
        "beneficiary": {
            "id": row.beneficiary_id,
            "first_name": row.first_name,
            "last_name": row.last_name,
            "birth_date": _iso(row.birth_date),
        },
        "wallets": balances,
        "category": row.category,
        "serial": row.serial,
    }
    return _ShownCard(facts, is_full=bool(row.balances) and not row.is_touched)


def _card_state(state: str, refusal: str | None) -> str:
    """`obsolete` is no state of a card but of the day: a later school year has begun."""
    if state == "active" and refusal is not None:
        return refusal.removeprefix("card_")
    return state


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
