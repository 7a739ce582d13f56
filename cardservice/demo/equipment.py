"""Takes on the partners of a demonstration and equips them with terminals, as in real life.

The law: an account is verified by an agent who did not declare it; every terminal goes through its
two activation steps, its key is told once and kept by the demonstration alone. There is every PIN
policy, a revoked terminal, and some that wait for scripts.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.demo.cast import ACTOR, Progress, in_many_hands, succeed
from cardservice.demo.kept import KeptTerminal
from cardservice.demo.partners import InventedPartner, as_register, words
from cardservice.domain.keys import secret_hash
from cardservice.services.activate_terminal import confirm_activation, recognise_activation_code
from cardservice.services.import_partners import import_partners
from cardservice.services.lend_terminal import lend_terminal
from cardservice.services.make_terminal_code import NewTerminal, TerminalCode, make_terminal_code
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.verify_iban import verify_iban
from cardservice.wiring import Office

WAITING: Final = 3
_KINDS: Final = ("phone", "box", "reader")
# Partners bring their own phones.
_LENT: Final = ("box", "reader")


@dataclass(frozen=True, slots=True)
class PlannedTerminal:
    """A terminal to make, at which of the partner's outlets."""

    partner: InventedPartner
    outlet: str
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Till:
    """An activated terminal and what is sold there."""

    partner: InventedPartner
    terminal_id: str
    key: str

    @property
    def key_hash(self) -> bytes:
        """What the office knows the terminal by."""
        return secret_hash(self.key)

    @property
    def kept(self) -> KeptTerminal:
        """What the demonstration keeps of it."""
        return KeptTerminal(self.terminal_id, self.key)


def take_on(
    office: Office,
    partners: Sequence[InventedPartner],
    *,
    verified_by: str,
    progress: Progress = lambda done, total: None,
) -> list[Till]:
    """Partners join: register, accounts, terminals; `verified_by` is an agent's mail address."""
    taken = succeed(import_partners(office.engine, as_register(partners), actor=ACTOR))
    assert taken.taken, f"lines of the invented register are bad: {taken.bad_lines[:3]}"
    for partner in partners:
        succeed(verify_iban(office.engine, partner_name=partner.siret, email=verified_by))
    return equip(office, plan_terminals(partners), progress=progress)


def plan_terminals(partners: Sequence[InventedPartner]) -> list[PlannedTerminal]:
    """Three at a partner's first outlet, one at each further one."""
    planned = []
    for number, partner in enumerate(partners):
        for place, outlet in enumerate(partner.outlets):
            how_many = 1 if place else 3
            for at in range(how_many):
                kind = _KINDS[(number + place + at) % len(_KINDS)]
                label = words()["terminals"][(place + at) % len(words()["terminals"])]
                planned.append(PlannedTerminal(partner, outlet.name, kind, label))
    return planned


def equip(
    office: Office,
    planned: Sequence[PlannedTerminal],
    *,
    progress: Progress = lambda done, total: None,
) -> list[Till]:
    """Makes and activates the terminals; in the order of the plan."""
    made: dict[PlannedTerminal, Till] = {}

    def one(terminal: PlannedTerminal) -> None:
        made[terminal] = activate(office, terminal)

    in_many_hands(one, planned, progress=progress)
    return [made[terminal] for terminal in planned]


def activate(office: Office, terminal: PlannedTerminal) -> Till:
    """Both steps, as the partner's delegate takes them."""
    waiting = succeed(_make(office, terminal))
    facts = succeed(
        recognise_activation_code(
            office.engine, office.keys, activation_code=waiting.activation_code
        )
    )
    done = succeed(
        confirm_activation(
            office.engine,
            office.keys,
            activation_token=facts.activation_token,
            label=terminal.label,
        )
    )
    if terminal.kind in _LENT:
        serial = f"DEMO-{done.terminal_id}"
        succeed(
            lend_terminal(office.engine, terminal_id=done.terminal_id, serial=serial, actor=ACTOR)
        )
    return Till(terminal.partner, done.terminal_id, done.terminal_key)


def lose_one(office: Office, partner: InventedPartner) -> Till:
    """A terminal that was activated, lost and revoked."""
    outlet = partner.outlets[0].name
    lost = activate(office, PlannedTerminal(partner, outlet, "phone", words()["terminals"][-1]))
    succeed(revoke_terminal(office.engine, terminal_id=lost.terminal_id, actor=ACTOR))
    return lost


def fresh_codes(office: Office) -> list[str]:
    """Codes of WAITING terminals that nobody has activated yet; terminals are made where they lack.

    The codes told before die: one code at a time lives (make_terminal_code.py).
    """
    with unit_of_work(office.engine) as connection:
        waiting = list(
            connection.execute(
                text(
                    "SELECT public_id FROM terminal WHERE state = 'waiting'"
                    " ORDER BY terminal_id LIMIT :most"
                ),
                {"most": WAITING},
            ).scalars()
        )
        # The oldest partner that may still sell: a code must lead to a till that works.
        partner_id, outlet = connection.execute(
            text(
                "SELECT partner_id, o.name FROM outlet o JOIN partner p USING (partner_id)"
                " WHERE p.state = 'active' ORDER BY outlet_id LIMIT 1"
            )
        ).one()
    meant: list[NewTerminal | str] = list(waiting)
    for number in range(len(waiting) + 1, WAITING + 1):
        label = f"{words()['waiting_terminal']} {number}"
        meant.append(NewTerminal(str(partner_id), "phone", label, "never", outlet_name=outlet))
    return [
        succeed(
            make_terminal_code(office.engine, one, draw=secrets.randbelow, actor=ACTOR)
        ).activation_code
        for one in meant
    ]


def _make(office: Office, terminal: PlannedTerminal) -> TerminalCode:
    trade = terminal.partner.trade
    return succeed(
        make_terminal_code(
            office.engine,
            NewTerminal(
                terminal.partner.siret,
                terminal.kind,
                terminal.label,
                trade.pin,
                outlet_name=terminal.outlet,
                above_cents=trade.above_cents,
                ticket=terminal.kind == "box",
            ),
            draw=secrets.randbelow,
            actor=ACTOR,
        )
    )
