"""`/jeune/parent/…`: a parent answers for a child under fifteen, and looks after the card (C16).

The law: the link in the mail is all there is: no password, no session, and who is signed in on the
same machine has no part in it. The page shows amounts, never where; the parent ends the parent's
own pause and nobody else's. A link that is over offers a new one, and tells nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.consents import consent_state, last_consent
from cardservice.db.queries.parent_view import card_seen_by_parent, child_of
from cardservice.domain.refusal import Refused
from cardservice.services.answer_consent import Agreement, give_consent, refuse_consent
from cardservice.services.member_links import open_parent_link, sent_member_link_of
from cardservice.services.pause_card import pause_card_of
from cardservice.services.resume_card import resume_card_of
from cardservice.services.send_parent_page import send_asked_parent_page
from cardservice.webkit.browser_label import browser_label
from cardservice.webkit.forms import Shown
from youth_portal.portal import PREFIX, MemberVisit, route

_PARENT: Final = f"{PREFIX}/parent"
_FIELD_OF: Final = {"parent_name_malformed": "nom", "parent_authority_needed": "autorite"}
_TEMPLATE_OF: Final = {"asked": "question", "given": "page"}


def show(visit: MemberVisit) -> Response:
    """The question, or the page of whoever has answered."""
    facts = _facts(visit)
    if facts is None:
        return _over(visit)
    return visit.page(_template(facts), form=Shown(), **facts)


def agree(visit: MemberVisit) -> Response:
    """The parent consents: for the first time, or after all."""
    facts = _facts(visit)
    if facts is None:
        return _over(visit)
    agreement = Agreement(
        parent_name=visit.form.text("nom"),
        has_authority=visit.form.checked("autorite"),
        browser=browser_label(visit.request.headers.get("user-agent", "")),
    )
    done = give_consent(
        visit.office.engine, visit.office.keys, secret=_secret(visit), agreement=agreement
    )
    if not isinstance(done, Refused):
        return _answered(visit, facts, "given")
    if done.code in _FIELD_OF:
        return visit.refused_form(_template(facts), done, field=_FIELD_OF[done.code], **facts)
    # Twice the same button: the answer stands.
    return visit.go(facts["address"]) if done.code == "consent_given" else _over(visit)


def refuse(visit: MemberVisit) -> Response:
    """The parent says no, or withdraws."""
    facts = _facts(visit)
    if facts is None:
        return _over(visit)
    done = refuse_consent(visit.office.engine, visit.office.keys, secret=_secret(visit))
    return _over(visit) if isinstance(done, Refused) else _answered(visit, facts, "refused")


def ask_withdrawal(visit: MemberVisit) -> Response:
    """Says what withdrawing does, before it is done."""
    facts = _facts(visit)
    if facts is None:
        return _over(visit)
    if facts["consent"].state != "given":
        return visit.go(facts["address"])
    return visit.page("parent/withdraw.html", **facts)


def pause(visit: MemberVisit) -> Response:
    """The parent's own pause begins."""
    return _pausing(visit, pause_card_of, "parent_paused")


def resume(visit: MemberVisit) -> Response:
    """The parent's own pause ends."""
    return _pausing(visit, resume_card_of, "parent_resumed")


def show_ask_link(visit: MemberVisit) -> Response:
    """For who has lost the mail."""
    return visit.page("parent/ask_link.html", form=Shown(), is_over=False, is_sent=False)


def ask_link(visit: MemberVisit) -> Response:
    """The same answer for every address."""
    refused = send_asked_parent_page(
        visit.office.engine,
        visit.office.keys,
        parent_email=visit.form.text("courriel"),
        network=visit.address,
    )
    if refused is not None:
        return visit.refused_form(
            "parent/ask_link.html", refused, field="courriel", is_over=False, is_sent=False
        )
    return visit.go(f"{_PARENT}/courriel")


def show_sent(visit: MemberVisit) -> Response:
    """Where the link is, if there is one."""
    return visit.page("parent/ask_link.html", form=Shown(), is_over=False, is_sent=True)


def show_answered(visit: MemberVisit) -> Response:
    """What follows an answer: the link has served, the next is in the mail."""
    state = "given" if visit.query.text("reponse") == "accord" else "refused"
    return visit.page("parent/answered.html", state=state)


def _secret(visit: MemberVisit) -> str:
    secret: str = visit.request.path_params["secret"]
    return secret


def _facts(visit: MemberVisit) -> dict[str, Any] | None:
    """What the pages of a live link show; None for one that is over or another parent's turn."""
    with unit_of_work(visit.office.engine) as connection:
        link = open_parent_link(connection, _secret(visit))
        if link is None or link.member_id is None or link.purpose not in ("consent", "parent"):
            return None
        consent = last_consent(connection, link.member_id)
        if consent is None or consent.parent_email != link.email:
            return None
        # From the fifteenth birthday on, also one that the roster has corrected since.
        if consent_state(connection, link.member_id) == "not_needed":
            return None
        child = child_of(connection, link.member_id)
        card = (
            None
            if child.beneficiary_id is None or consent.state == "asked"
            else card_seen_by_parent(connection, child.beneficiary_id)
        )
    return {
        "address": f"{_PARENT}/{_secret(visit)}",
        "purpose": link.purpose,
        "consent": consent,
        "first_name": child.first_name,
        "beneficiary_id": child.beneficiary_id,
        "card": card,
    }


def _template(facts: dict[str, Any]) -> str:
    return f"parent/{_TEMPLATE_OF.get(facts['consent'].state, 'refused')}.html"


def _answered(visit: MemberVisit, facts: dict[str, Any], state: str) -> Response:
    if facts["purpose"] == "parent":
        return visit.go(facts["address"])
    return visit.go(f"{_PARENT}/merci", reponse="accord" if state == "given" else "refus")


def _pausing(visit: MemberVisit, verb: Any, said: str) -> Response:
    facts = _facts(visit)
    if facts is None or facts["purpose"] != "parent":
        return _over(visit)
    if facts["beneficiary_id"] is None:
        return visit.go(facts["address"])
    done = verb(
        visit.office.engine,
        beneficiary_id=facts["beneficiary_id"],
        actor=f"parent:{facts['consent'].member_id}",
        paused_by="parent",
    )
    # Twice the same button, or a card that has changed meanwhile: the page says how it stands.
    return visit.go(facts["address"], said=None if isinstance(done, Refused) else said)


def _over(visit: MemberVisit) -> Response:
    if _is_grown(visit):
        return visit.page("parent/grown.html", status=410)
    return visit.page("parent/ask_link.html", status=404, form=Shown(), is_over=True, is_sent=False)


def _is_grown(visit: MemberVisit) -> bool:
    """Whether the link was this parent's, and the child is of the age: nothing else is told."""
    with unit_of_work(visit.office.engine) as connection:
        link = sent_member_link_of(connection, _secret(visit))
        if link is None or link.member_id is None or link.purpose not in ("consent", "parent"):
            return False
        consent = last_consent(connection, link.member_id)
        is_theirs = consent is not None and consent.parent_email == link.email
        return is_theirs and consent_state(connection, link.member_id) == "not_needed"


def as_parent(page: Callable[[MemberVisit], Response]) -> Callable[[MemberVisit], Response]:
    """The page without whoever is signed in on the same machine: no menu, no name of theirs."""
    return lambda visit: page(replace(visit, person=None))


ROUTES: Final = [
    route("GET", "/parent", as_parent(show_ask_link), roles=None),
    route("POST", "/parent", as_parent(ask_link), roles=None),
    route("GET", "/parent/courriel", as_parent(show_sent), roles=None),
    route("GET", "/parent/merci", as_parent(show_answered), roles=None),
    route("GET", "/parent/{secret}", as_parent(show), roles=None),
    route("POST", "/parent/{secret}/accord", as_parent(agree), roles=None),
    route("POST", "/parent/{secret}/refus", as_parent(refuse), roles=None),
    route("GET", "/parent/{secret}/retrait", as_parent(ask_withdrawal), roles=None),
    route("POST", "/parent/{secret}/pause", as_parent(pause), roles=None),
    route("POST", "/parent/{secret}/reprise", as_parent(resume), roles=None),
]
