"""Invents the partners of a county and writes them as the register that the Département keeps.

The law: the same seed gives the same partners; every line passes the import's own rules. Three of
them are there for what scripts must find (design §5): the first covers both wallets and asks no
PIN, the last one's agreement has ended, the last but one will be suspended.

It refuses to know terminals and money: equipment.py and history.py deal with those.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any

from cardservice.demo.bank_accounts import invent_iban, invent_siret
from cardservice.demo.county import Commune, csv_bytes, mail_name, read_communes
from cardservice.services.partners_file import COLUMNS

FEWEST = 10
_FIRST_AGREEMENTS = date(2023, 9, 1)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A place where a partner sells."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Trade:
    """What a kind of partner sells; `above_cents` goes with a `pin` of `above`."""

    trade: str
    legal_name: str
    wallets: tuple[str, ...]
    share: int
    pin: str
    amounts_cents: tuple[int, ...]
    names: tuple[str, ...]
    above_cents: int | None = None


@dataclass(frozen=True, slots=True)
class InventedPartner:
    """A partner of the register; `ends_on` is the last day of its agreement."""

    siret: str
    trade_name: str
    trade: Trade
    address: str
    postal_code: str
    commune: str
    agreement_number: str
    starts_on: date
    ends_on: date | None
    iban: str
    outlets: tuple[Outlet, ...]


def words() -> dict[str, Any]:
    """The data file of trades: names of outlets and terminals, streets, banks."""
    return _data()


def invent_partners(random: Random, *, count: int, ended_on: date) -> list[InventedPartner]:
    """`count` partners, at least FEWEST; the last one's agreement ended on `ended_on`."""
    assert count >= FEWEST, "fewer could not show every case"
    communes = [place for place in read_communes() if place.population > 5_000]
    taken: set[str] = set()
    partners = []
    for place, trade in enumerate(_trades_of(count)):
        home = random.choices(communes, [town.population for town in communes])[0]
        name = _new_name(random, trade, home, taken)
        partners.append(
            _partner(
                random,
                place,
                trade,
                name=name,
                home=home,
                ends_on=ended_on if place == count - 1 else None,
            )
        )
    return partners


def as_register(partners: Iterable[InventedPartner]) -> bytes:
    """The register file: one line per outlet."""
    return csv_bytes(COLUMNS, (row for partner in partners for row in _rows(partner)))


def _trades_of(count: int) -> list[Trade]:
    """The trade of each partner: every trade in turn, as often as its share allows."""
    trades = [Trade(**_as_tuples(row)) for row in _data()["trades"]]
    left = {trade.trade: trade.share for trade in trades}
    chosen: list[Trade] = []
    while len(chosen) < count:
        if not any(left.values()):
            left = {trade.trade: trade.share for trade in trades}
        for trade in trades:
            if left[trade.trade] and len(chosen) < count:
                left[trade.trade] -= 1
                chosen.append(trade)
    return chosen


def _partner(
    random: Random, place: int, trade: Trade, *, name: str, home: Commune, ends_on: date | None
) -> InventedPartner:
    postal_code = random.choice(home.postal_codes)
    outlets = [
        Outlet(outlet, f"{_street(random)}, {postal_code} {home.town}")
        for outlet in _data()["outlets"][: random.choices((1, 2, 3), (7, 2, 1))[0]]
    ]
    # The first ones sold in the school year before: their agreements are the oldest.
    later = timedelta(days=0 if place < 3 else random.randrange(600))
    return InventedPartner(
        siret=invent_siret(random),
        trade_name=name,
        trade=trade,
        address=outlets[0].address.partition(",")[0],
        postal_code=postal_code,
        commune=home.town,
        agreement_number=f"CONV-{(_FIRST_AGREEMENTS + later).year}-{place + 1:04d}",
        starts_on=_FIRST_AGREEMENTS + later,
        ends_on=ends_on,
        iban=invent_iban(random, _data()["banks"]),
        outlets=tuple(outlets),
    )


def _rows(partner: InventedPartner) -> list[dict[str, str]]:
    legal_name = partner.trade.legal_name.format(name=partner.trade_name)
    mail = f"contact@{mail_name(partner.trade_name)[:60].strip('-')}.example"
    return [
        {
            "siret": partner.siret,
            "legal_name": legal_name,
            "trade_name": partner.trade_name,
            "trade": partner.trade.trade,
            "email": mail,
            "address": partner.address,
            "postal_code": partner.postal_code,
            "commune": partner.commune,
            "agreement_number": partner.agreement_number,
            "starts_on": partner.starts_on.isoformat(),
            "ends_on": partner.ends_on.isoformat() if partner.ends_on else "",
            "wallets": ",".join(partner.trade.wallets),
            "iban": partner.iban,
            "holder_name": legal_name[:70].strip(),
            "outlet": outlet.name,
            "outlet_address": outlet.address,
        }
        for outlet in partner.outlets
    ]


def _new_name(random: Random, trade: Trade, home: Commune, taken: set[str]) -> str:
    """A name that nobody has yet; a chain adds its commune, then a number."""
    free = [name for name in trade.names if name not in taken]
    name = random.choice(free or trade.names)
    if name in taken:
        name = f"{name} {home.town}"
    wanted, number = name, 1
    while name in taken:
        number += 1
        name = f"{wanted} {number}"
    taken.add(name)
    return name


def _street(random: Random) -> str:
    return f"{random.randrange(1, 180)} {random.choice(_data()['streets'])}"


def _as_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


@cache
def _data() -> dict[str, Any]:
    file = resources.files("cardservice.demo") / "trades.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
