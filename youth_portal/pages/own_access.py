"""`/jeune/compte/…` and `/jeune/code-pin`: a new password, another address, another PIN.

The law: the password is asked for with a new one; the address and the PIN change after it was given
a short time ago (proof.py). The old address counts until the new one has answered.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.activation import own_card
from cardservice.domain.refusal import Refused
from cardservice.services.change_member_email import ask_email_change
from cardservice.services.choose_member_password import change_member_password
from cardservice.services.choose_pin import choose_pin
from cardservice.webkit.forms import Shown
from youth_portal.pages.proof import must_prove
from youth_portal.portal import LINKED, MEMBERS, PREFIX, SIGN_IN, MemberVisit, route

_ACCOUNT: Final = f"{PREFIX}/compte"
_CHOOSE: Final = "account/password.html"
_EMAIL: Final = "account/email.html"
_PIN: Final = "account/pin.html"
_OLD: Final = ("password_wrong", "sign_in_delayed")


def show_password(visit: MemberVisit) -> Response:
    """Asks for both."""
    return visit.page(_CHOOSE, form=Shown())


def change_password(visit: MemberVisit) -> Response:
    """The other devices are signed out."""
    assert visit.session is not None
    with unit_of_work(visit.office.engine) as connection:
        secret = change_member_password(
            connection,
            visit.office.keys,
            visit.session,
            old=visit.form.raw("mot_de_passe"),
            new=visit.form.raw("mot_de_passe_nouveau"),
        )
    if isinstance(secret, Refused):
        field = "mot_de_passe" if secret.code in _OLD else "mot_de_passe_nouveau"
        return visit.refused_form(_CHOOSE, secret, field=field)
    if secret is None:
        return visit.go(SIGN_IN)
    return visit.with_session(visit.go(_ACCOUNT, said="password_changed"), secret)


def show_email(visit: MemberVisit) -> Response:
    """Asks for the new address."""
    return must_prove(visit, wanted=f"{_ACCOUNT}/adresse") or visit.page(_EMAIL, form=Shown())


def ask_email(visit: MemberVisit) -> Response:
    """Mails a link there."""
    missing = must_prove(visit, wanted=f"{_ACCOUNT}/adresse")
    if missing is not None:
        return missing
    with unit_of_work(visit.office.engine) as connection:
        refused = ask_email_change(
            connection,
            visit.office.keys,
            member_id=visit.signed_in.member_id,
            email=visit.form.text("courriel"),
            network=visit.address,
        )
    if refused is not None:
        return visit.refused_form(_EMAIL, refused, field="courriel")
    return visit.go(_ACCOUNT, said="email_asked")


def show_pin(visit: MemberVisit) -> Response:
    """Asks for the new PIN."""
    return must_prove(visit, wanted=f"{PREFIX}/code-pin") or visit.page(_PIN, form=Shown())


def change_pin(visit: MemberVisit) -> Response:
    """The holder's PIN from now on, on every card; wrong tries of the old one are forgotten."""
    missing = must_prove(visit, wanted=f"{PREFIX}/code-pin")
    if missing is not None:
        return missing
    member = visit.signed_in
    assert member.beneficiary_id is not None, "linked"
    with unit_of_work(visit.office.engine) as connection:
        card = own_card(connection, member.beneficiary_id)
    changed = (
        Refused("no_card_yet")
        if card is None
        else choose_pin(
            visit.office.engine,
            visit.office.keys,
            card_name=card.serial,
            pin=visit.form.text("code_pin"),
            actor=member.actor,
        )
    )
    if isinstance(changed, Refused):
        return visit.refused_form(_PIN, changed, field="code_pin")
    return visit.go(f"{PREFIX}/ma-carte", said="pin_changed")


ROUTES: Final = [
    route("GET", "/compte/mot-de-passe", show_password, roles=MEMBERS),
    route("POST", "/compte/mot-de-passe", change_password, roles=MEMBERS, slow=True),
    route("GET", "/compte/adresse", show_email, roles=MEMBERS),
    route("POST", "/compte/adresse", ask_email, roles=MEMBERS),
    route("GET", "/code-pin", show_pin, roles=LINKED),
    route("POST", "/code-pin", change_pin, roles=LINKED),
]
