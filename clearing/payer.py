"""Who pays: the account that the bank file draws on.

The law: it is set by whoever runs the instance, and never guessed: a file that draws on somebody
else's account must not exist. Only a database whose clock can be moved, which pays nobody, has an
example to draw on.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.iban import iban_is_valid, normal_iban
from cardservice.domain.refusal import Refused
from cardservice.settings import Settings
from clearing.pain001 import Debtor

_EXAMPLE = Debtor(
    name="CJEUNE DEMONSTRATION",
    iban="FR7630004000031234567890143",
    bic=None,
    organisation_id="DEMONSTRATION",
    lei=None,
)


def debtor_of(engine: Engine, settings: Settings) -> Debtor | Refused | None:
    """The payer of an instance; None where the public accountant pays, from the payment list, and
    no file for a bank is made. Refused: debtor_not_set, unless settings name a whole one."""
    if settings.payment_route == "accountant":
        return None
    name, iban = settings.debtor_name, settings.debtor_iban
    organisation_id = settings.debtor_organisation_id
    if name and iban and organisation_id and iban_is_valid(normal_iban(iban)):
        return Debtor(name, normal_iban(iban), settings.debtor_bic, organisation_id, None)
    with unit_of_work(engine) as connection:
        is_demo = connection.execute(text("SELECT to_regclass('demo_clock')")).scalar_one()
    if is_demo and not (name or iban or organisation_id):
        return _EXAMPLE
    return Refused("debtor_not_set")
