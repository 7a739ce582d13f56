"""The fields of a sale under way, as every step hands them on to the next.

The law: the server made the operation id and signed the identification; the steps carry both in
their forms, so that nothing of a sale lives in a session and a restart loses none of it. The PIN is
read once and never handed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID, uuid4

from cardservice.api.forms import MOST_CENTS
from cardservice.api.wire import uuid_in
from cardservice.domain.money import format_euros, parse_euros
from cardservice.domain.operation import WALLETS
from cardservice.webkit.forms import Form, MalformedForm, Shown
from partner_portal.portal import PAGES

_PIN: Final = re.compile(r"[0-9]{4}")
_WORDS: Final = PAGES.texts["till"]


@dataclass(frozen=True, slots=True)
class SaleForm:
    """`wallet`, `amount_cents` and `pin` are None until they were given, and given right."""

    operation_id: UUID
    identification: str
    identity_checked: bool
    wallet: str | None
    amount_typed: str
    amount_cents: int | None
    pin: str | None = field(repr=False)

    @property
    def amount_shown(self) -> str:
        """What stands in the amount field when the form is shown again."""
        if self.amount_cents is None:
            return self.amount_typed
        return format_euros(self.amount_cents)[:-2]

    def again(self) -> SaleForm:
        """The same sale as a new try: an answered id keeps its answer for ever."""
        return replace(self, operation_id=uuid4(), pin=None)


def read_sale(form: Form) -> SaleForm:
    """The sale that a form carries. Raises MalformedForm for an operation id that is none."""
    operation_id = uuid_in(form.text("operation"))
    if operation_id is None:
        raise MalformedForm("no operation id")
    wallet = form.text("porte_monnaie")
    typed = form.text("montant")
    cents = parse_euros(typed)
    pin = form.raw("code_pin")
    return SaleForm(
        operation_id,
        form.text("identification"),
        form.text("identite") == "verifiee",
        wallet if wallet in WALLETS else None,
        typed[:20],
        cents if cents is not None and 0 < cents <= MOST_CENTS else None,
        pin if _PIN.fullmatch(pin) else None,
    )


def errors_of(sale: SaleForm) -> Shown:
    """What is still wrong with wallet and amount, as the page says it."""
    errors: dict[str, str] = {}
    if sale.wallet is None:
        errors["porte_monnaie"] = _WORDS["choose_wallet"]
    if sale.amount_cents is None:
        cents = parse_euros(sale.amount_typed)
        errors["montant"] = (
            _WORDS["type_amount"]
            if cents is None
            else _WORDS["amount_out_of_range"].format(most=format_euros(MOST_CENTS))
        )
    return Shown({"montant": sale.amount_shown, "porte_monnaie": sale.wallet or ""}, errors)


def pin_error() -> Shown:
    """The PIN is due and was not typed."""
    return Shown({}, {"code_pin": _WORDS["type_pin"]})
