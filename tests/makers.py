"""Plain functions that make what a test needs, through the services themselves.

The law: nothing is inserted behind the services' backs; what cannot happen in production cannot
happen in a test by accident. Every maker may be called again for one more.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.activate_card import activate_card
from cardservice.services.activate_terminal import confirm_activation, recognise_activation_code
from cardservice.services.add_agent import add_agent
from cardservice.services.agent_secrets import AgentWithSecrets
from cardservice.services.import_partners import import_partners
from cardservice.services.import_roster import import_roster
from cardservice.services.issue_cards import issue_cards
from cardservice.services.make_terminal_code import NewTerminal, TerminalCode, make_terminal_code
from cardservice.services.partners_file import COLUMNS as PARTNER_COLUMNS
from cardservice.services.roster_file import COLUMNS as ROSTER_COLUMNS
from cardservice.services.show_screen_card import show_screen_card
from cardservice.services.verify_iban import IbanVerified, verify_iban
from cardservice.wiring import Office

YEAR = 2026
PIN = "4826"
PASSWORD = "a long enough password"
IBAN, OTHER_IBAN = "FR7630004000031234567890143", "FR7610107001011234567890129"
BOTH_WALLETS = ("sport_culture_leisure", "tutoring")

_numbers = itertools.count(1)


def pupil(**fields: str) -> dict[str, str]:
    """A roster line of a collégien, as fields by column; any of them can be set."""
    number = next(_numbers)
    return {
        "ine": f"{number:09d}AB",
        "last_name": f"Martin {number}",
        "first_name": "Léa",
        "birth_date": "2013-05-14",
        "postal_code": "13080",
        "commune": "Aix-en-Provence",
        "school": "Collège Mignet",
        "school_kind": "college",
        "email": "",
    } | fields


def youth(**fields: str) -> dict[str, str]:
    """A roster line of a youth of nineteen: a card without money."""
    return pupil(**({"birth_date": "2007-03-02", "school": "", "school_kind": ""} | fields))


def roster(lines: Iterable[dict[str, str]]) -> bytes:
    """A roster file."""
    return csv_file(ROSTER_COLUMNS, lines)


def csv_file(columns: tuple[str, ...], lines: Iterable[dict[str, str]]) -> bytes:
    """A `;` file of these columns, no field quoted."""
    rows = [";".join(columns), *(";".join(line[column] for column in columns) for line in lines)]
    return ("\n".join(rows) + "\n").encode()


@dataclass(frozen=True)
class Holder:
    """A person of the roster."""

    beneficiary_id: int
    ine: str
    birth_date: date


def make_beneficiary(office: Office, *, school_year: int = YEAR, **fields: str) -> Holder:
    """A collégien with both wallets, or whoever the fields say."""
    line = pupil(**fields)
    done = import_roster(
        office.engine, office.keys, roster([line]), actor="test", school_year=school_year
    )
    assert not isinstance(done, Refused) and done.taken, done
    with unit_of_work(office.engine) as connection:
        row = connection.execute(
            text("SELECT beneficiary_id, ine, birth_date FROM beneficiary WHERE ine = :ine"),
            {"ine": line["ine"]},
        ).one()
    return Holder(*row)


def make_youth(office: Office, *, school_year: int = YEAR, **fields: str) -> Holder:
    """A person of nineteen who gets no money."""
    return make_beneficiary(office, school_year=school_year, **youth(**fields))


@dataclass(frozen=True)
class HeldCard:
    """A card and the code only its holder and its printer know."""

    holder: Holder
    card_id: int
    serial: str
    code: str


def make_card(
    office: Office,
    holder: Holder | None = None,
    *,
    school_year: int = YEAR,
    pin: str | None = PIN,
) -> HeldCard:
    """An active card with a PIN; `pin=None` leaves it as issued."""
    holder = holder or make_beneficiary(office, school_year=school_year)
    issued = issue_cards(
        office.engine,
        office.keys,
        school_year=school_year,
        draw=secrets.randbelow,
        prove=lambda code: None,
        actor="test",
        ine=holder.ine,
    )
    assert not isinstance(issued, Refused), issued
    (card,) = issued.cards
    if pin is not None:
        done = activate_card(office.engine, office.keys, reading=card.code, pin=pin, actor="test")
        assert not isinstance(done, Refused), done
    with unit_of_work(office.engine) as connection:
        card_id = connection.execute(
            text("SELECT card_id FROM card WHERE serial = :serial"), {"serial": card.serial}
        ).scalar_one()
    return HeldCard(holder, card_id, card.serial, card.code)


def partner_line(**fields: str) -> dict[str, str]:
    """A line of the partners' register, as fields by column; any of them can be set."""
    number = next(_numbers)
    return {
        "siret": siret(number),
        "legal_name": f"Librairie {number} SARL",
        "trade_name": f"Librairie {number}",
        "trade": "librairie",
        "email": f"contact{number}@librairie.example",
        "address": "3 cours Mirabeau",
        "postal_code": "13100",
        "commune": "Aix-en-Provence",
        "agreement_number": f"CONV-{number:05d}",
        "starts_on": "2023-09-01",
        "ends_on": "",
        "wallets": ",".join(BOTH_WALLETS),
        "iban": IBAN,
        "holder_name": f"LIBRAIRIE {number}",
        "outlet": "Boutique",
        "outlet_address": "3 cours Mirabeau, 13100 Aix-en-Provence",
    } | fields


def register(lines: Iterable[dict[str, str]]) -> bytes:
    """A register of partners as a file."""
    return csv_file(PARTNER_COLUMNS, lines)


def siret(number: int) -> str:
    """A SIRET with a right key."""
    digits = f"8{number:012d}"
    doubled = [int(digit) * (1 + (place + 1) % 2) for place, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return digits + str(-total % 10)


@dataclass(frozen=True)
class Shop:
    """A partner with an agreement, one outlet and an IBAN that waits to be verified."""

    partner_id: int
    outlet_id: int
    agreement_id: int
    siret: str
    trade_name: str


def make_partner(office: Office, **fields: str) -> Shop:
    """A partner whose agreement covers both wallets, or whatever the fields say."""
    line = partner_line(**fields)
    done = import_partners(office.engine, register([line]), actor="test")
    assert not isinstance(done, Refused) and done.taken, done
    with unit_of_work(office.engine) as connection:
        row = connection.execute(
            text(
                "SELECT partner_id, outlet_id, agreement_id, siret, trade_name FROM partner"
                " JOIN outlet USING (partner_id) JOIN agreement USING (partner_id)"
                " WHERE siret = :siret"
            ),
            {"siret": line["siret"]},
        ).one()
    return Shop(*row)


def make_terminal_waiting(
    office: Office,
    shop: Shop | None = None,
    *,
    kind: str = "phone",
    label: str = "Caisse 1",
    pin_required: str = "never",
    above_cents: int | None = None,
    limit_cents: int | None = None,
    outlet_name: str | None = None,
) -> TerminalCode:
    """A terminal that waits for its activation, with its code."""
    shop = shop or make_partner(office)
    made = make_terminal_code(
        office.engine,
        NewTerminal(
            shop.siret,
            kind,
            label,
            pin_required,
            outlet_name=outlet_name,
            above_cents=above_cents,
            limit_cents=limit_cents,
        ),
        draw=secrets.randbelow,
        actor="test",
    )
    assert not isinstance(made, Refused), made
    return made


@dataclass(frozen=True)
class Till:
    """An active terminal: its surrogate id, its public id, its key."""

    terminal_id: int
    public_id: str
    key: str


def make_terminal(
    office: Office,
    shop: Shop | None = None,
    *,
    kind: str = "phone",
    label: str = "Caisse 1",
    pin_required: str = "never",
    above_cents: int | None = None,
    limit_cents: int | None = None,
    outlet_name: str | None = None,
) -> Till:
    """An active terminal; by default it asks for no PIN and has the scheme's limit."""
    waiting = make_terminal_waiting(
        office,
        shop,
        kind=kind,
        label=label,
        pin_required=pin_required,
        above_cents=above_cents,
        limit_cents=limit_cents,
        outlet_name=outlet_name,
    )
    facts = recognise_activation_code(
        office.engine, office.keys, activation_code=waiting.activation_code
    )
    assert not isinstance(facts, Refused), facts
    done = confirm_activation(
        office.engine, office.keys, activation_token=facts.activation_token, label=label
    )
    assert not isinstance(done, Refused), done
    with unit_of_work(office.engine) as connection:
        terminal_id = connection.execute(
            text("SELECT terminal_id FROM terminal WHERE public_id = :public_id"),
            {"public_id": done.terminal_id},
        ).scalar_one()
    return Till(terminal_id, done.terminal_id, done.terminal_key)


def make_agent(office: Office, role: str = "finance_approver") -> AgentWithSecrets:
    """An agent of this role."""
    done = add_agent(
        office.engine,
        office.keys,
        email=f"agent{next(_numbers)}@departement13.example",
        role=role,
        password=PASSWORD,
        actor="test",
    )
    assert not isinstance(done, Refused), done
    return done


def verify_partner(office: Office, shop: Shop, agent: AgentWithSecrets | None = None) -> None:
    """Verifies the IBAN that waits."""
    agent = agent or make_agent(office)
    done = verify_iban(office.engine, partner_name=shop.siret, email=agent.email)
    assert isinstance(done, IbanVerified), done


def screens_of(office: Office, card: HeldCard) -> tuple[str, ...]:
    """What the screen of a card shows from now on, a payload for each step."""
    shown = show_screen_card(office.engine, office.keys, beneficiary_id=card.holder.beneficiary_id)
    assert not isinstance(shown, Refused), shown
    return shown.payloads


def screen_of(office: Office, card: HeldCard) -> str:
    """What the screen of a card shows now."""
    return screens_of(office, card)[0]


def make_cards(office: Office, count: int, *, school_year: int = YEAR) -> list[HeldCard]:
    """Many active cards of as many holders, quicker than one by one; all with the same PIN."""
    lines = [pupil() for _ in range(count)]
    done = import_roster(
        office.engine, office.keys, roster(lines), actor="test", school_year=school_year
    )
    assert not isinstance(done, Refused) and done.taken, done
    issued = issue_cards(
        office.engine,
        office.keys,
        school_year=school_year,
        draw=secrets.randbelow,
        prove=lambda code: None,
        actor="test",
    )
    assert not isinstance(issued, Refused), issued
    codes = {card.serial: card.code for card in issued.cards}
    for code in codes.values():
        activated = activate_card(office.engine, office.keys, reading=code, pin=PIN, actor="test")
        assert not isinstance(activated, Refused), activated
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text(
                "SELECT beneficiary_id, ine, birth_date, card_id, serial"
                " FROM card JOIN beneficiary USING (beneficiary_id)"
                " WHERE serial = ANY(:serials) ORDER BY card_id"
            ),
            {"serials": list(codes)},
        ).all()
    return [
        HeldCard(
            Holder(row.beneficiary_id, row.ine, row.birth_date),
            row.card_id,
            row.serial,
            codes[row.serial],
        )
        for row in rows
    ]
