"""A throw-away instance to measure on: the real schema, the real clock, made-up cards by the
thousand. It lives in a folder of its own and is never an instance that people use."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import make_engine, unit_of_work
from cardservice.db.upgrade import OWNER
from cardservice.domain.card_code import last4, make_card_code
from cardservice.domain.identification import Identification, sign_identification
from cardservice.domain.keys import Keys, code_mac, secret_hash
from cardservice.services.lead_delegate import name_first_lead
from cardservice.wiring import Office

WALLET = "sport_culture_leisure"
PARTNERS = 50
# So much that no debit of one cent is ever refused in a run.
GRANT_CENTS = 100_000_000
_CHUNK = 2_000
# Cards made in one transaction, and wallets given, between two lines of progress.
_BETWEEN_LINES = 200_000


@dataclass(frozen=True)
class BenchInstance:
    """What the load needs to know. `tickets` pairs a terminal key with an identification."""

    cards: int
    tickets: list[tuple[str, str]]
    codes: list[str]
    terminal_keys: list[str]


def fill(
    office: Office,
    cards: int,
    *,
    tickets: int = 20_000,
    say: Callable[[str], None] = lambda _line: None,
) -> BenchInstance:
    """Puts partners, terminals and `cards` holders with one wallet each into an empty database."""
    assert office.private_server is not None, "the bench measures on its own private server"
    owner = make_engine(office.private_server.url(OWNER), serving=False)
    try:
        with unit_of_work(owner) as connection:
            year, until = _school_year(connection)
            keys = make_partners(connection, PARTNERS)
        codes = [make_card_code(secrets.randbelow) for _ in range(cards)]
        for made in range(0, cards, _BETWEEN_LINES):
            with unit_of_work(owner) as connection:
                some = codes[made : made + _BETWEEN_LINES]
                make_holders(connection, office.keys, some, year, first=made + 1)
            say(f"{made + len(some)} of {cards} cards made")
        for given in range(0, cards, _BETWEEN_LINES):
            end = min(given + _BETWEEN_LINES, cards)
            give_wallets(owner, year, range(given + 1, end + 1))
            say(f"{end} of {cards} wallets given")
        with unit_of_work(owner) as connection:
            connection.execute(text("ANALYZE"))
    finally:
        owner.dispose()
    return BenchInstance(
        cards, [_ticket(office.keys, keys, cards, until) for _ in range(tickets)], codes, keys
    )


def load_files(data_dir: Path, instance: BenchInstance) -> dict[str, str]:
    """What wrk's scripts read, written once, by the names they know it by."""
    tickets, readings = data_dir / "tickets.tsv", data_dir / "readings.tsv"
    if not tickets.exists():
        tickets.write_text("".join(f"{key}\t{one}\n" for key, one in instance.tickets))
        keys = instance.terminal_keys
        readings.write_text(
            "".join(
                f"{keys[n % len(keys)]}\t{code}\n" for n, code in enumerate(instance.codes[:20_000])
            )
        )
    return {"BENCH_TICKETS": str(tickets), "BENCH_READINGS": str(readings)}


def _school_year(connection: Connection) -> tuple[int, datetime]:
    # The only rule that the service asks for by itself.
    connection.execute(
        text(
            "INSERT INTO scheme_rule (name, valid_from, value, source)"
            " VALUES ('consent_age', '2000-01-01', '15', 'bench')"
        )
    )
    row = connection.execute(
        text(
            "INSERT INTO school_year"
            " SELECT 2000, today - 30, today + 300, 'bench'"
            " FROM (SELECT business_day(ledger_now()) AS today) t"
            " RETURNING school_year, ledger_now() AS now"
        )
    ).one()
    return row.school_year, row.now + timedelta(days=1)


def make_partners(connection: Connection, count: int) -> list[str]:
    """Partners 1 to `count` of an empty database, each with an outlet and a terminal of its own
    number; the terminals' keys."""
    keys = []
    for number in range(1, count + 1):
        key = f"ck_{secrets.token_urlsafe(32)}"
        partner = connection.execute(
            text(
                "WITH p AS (INSERT INTO partner (siret, legal_name, trade_name, trade, email,"
                "  address, postal_code, commune, created_at) VALUES (:name, :name, :name, 'x',"
                "  'x', 'x', '13000', 'x', ledger_now()) RETURNING partner_id),"
                " a AS (INSERT INTO agreement (partner_id, number, starts_on)"
                "  SELECT partner_id, :name, '2000-01-01' FROM p RETURNING agreement_id),"
                " w AS (INSERT INTO agreement_wallet SELECT agreement_id, :wallet FROM a),"
                " o AS (INSERT INTO outlet (partner_id, name, address)"
                "  SELECT partner_id, 'x', 'x' FROM p RETURNING outlet_id)"
                " INSERT INTO terminal (public_id, outlet_id, kind, label, state, key_hash,"
                "  pin_required, limit_cents, ticket, created_at)"
                " SELECT :name, outlet_id, 'phone', 'x', 'active', :key_hash, 'never', 10000,"
                "  false, ledger_now() FROM o RETURNING (SELECT partner_id FROM p)"
            ),
            {"name": f"bench-{number}", "wallet": WALLET, "key_hash": secret_hash(key)},
        )
        # No partner is without a lead when its transaction ends.
        name_first_lead(connection, partner_id=partner.scalar_one(), email="lead@bench.invalid")
        keys.append(key)
    return keys


def make_holders(
    connection: Connection, keys: Keys, codes: list[str], year: int, *, first: int = 1
) -> None:
    """A holder and an active card of school year `year` for each code; `first` is the next number
    of the database."""
    connection.execute(
        text(
            "INSERT INTO beneficiary (ine, last_name, first_name, birth_date)"
            " SELECT 'BENCH' || n, 'Nom', 'Prénom', '2008-01-01'"
            " FROM generate_series(CAST(:first AS bigint), :last) AS n ORDER BY n"
        ),
        {"first": first, "last": first + len(codes) - 1},
    )
    connection.execute(
        text(
            "INSERT INTO card (serial, code_mac, last4, beneficiary_id, school_year, state,"
            "  valid_from, valid_until, issued_at, activated_at)"
            " SELECT 'B' || number, mac, last4, number, :year, 'active', first_day, last_day + 1,"
            "  ledger_now(), ledger_now()"
            " FROM school_year, unnest(CAST(:macs AS bytea[]), CAST(:last4s AS text[]))"
            "  WITH ORDINALITY AS one (mac, last4, n),"
            "  LATERAL (SELECT n + :first - 1 AS number) numbered"
            " WHERE school_year.school_year = :year ORDER BY n"
        ),
        {
            "year": year,
            "first": first,
            "macs": [code_mac(keys, code) for code in codes],
            "last4s": [last4(code) for code in codes],
        },
    )


def give_wallets(owner: Engine, year: int, holders: range) -> None:
    """One wallet of that year for each of `holders`."""
    for first in holders[::_CHUNK]:
        some = list(range(first, min(first + _CHUNK, holders.stop)))
        with unit_of_work(owner) as connection:
            connection.execute(
                text(
                    "SELECT grant_many(CAST(:ids AS uuid[]), CAST(:holders AS bigint[]),"
                    " CAST(:year AS smallint), :wallet, :cents)"
                ),
                {
                    "ids": [uuid4() for _ in some],
                    "holders": some,
                    "year": year,
                    "wallet": WALLET,
                    "cents": GRANT_CENTS,
                },
            )


def _ticket(keys: Keys, terminal_keys: list[str], cards: int, until: datetime) -> tuple[str, str]:
    """A terminal's key and an identification of its own, for a card drawn at random."""
    terminal = secrets.randbelow(len(terminal_keys))
    card = secrets.randbelow(cards) + 1
    return terminal_keys[terminal], sign_identification(
        keys, Identification(card, card, terminal + 1, until, holder_has_wallets=True)
    )
