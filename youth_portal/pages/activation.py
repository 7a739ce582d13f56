"""`/jeune/activer`: from an address to a card that pays, step by step (C16, C24, C58).

The law: the step is found out anew each time (queries/activation.py), so that whoever leaves goes
on where they were, and an address of a later step leads back to the one that is due. Each reason
why a step cannot be taken is told with what to do next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.activation import next_step, own_card
from cardservice.db.queries.consents import consent_state, last_consent
from cardservice.db.queries.members import Member, member_of_id
from cardservice.db.queries.proofs import proofs_of
from cardservice.domain.refusal import Refused
from cardservice.services.activate_own_card import activate_own_card
from cardservice.services.ask_parent import ask_parent
from cardservice.services.link_member import Linked, link_by_address, link_by_code, link_by_ine
from cardservice.services.say_who import WhoRefused, WhoSaid, communes_of, say_who
from cardservice.webkit.forms import Shown
from youth_portal.portal import LINKED, MEMBERS, PREFIX, MemberVisit, route

_ACTIVATE: Final = f"{PREFIX}/activer"
_PAGE_OF: Final = {
    "who": f"{_ACTIVATE}/qui",
    "consent": f"{_ACTIVATE}/parent",
    "card": f"{_ACTIVATE}/carte",
    "pin": f"{_ACTIVATE}/code-pin",
    "done": f"{_ACTIVATE}/fin",
}
# Field of the form -> field of the service; none begins with `code`, which is never shown again.
_WHO_FIELDS: Final = {
    "prenom": "first_name",
    "nom": "last_name",
    "naissance": "birth_date",
    "postal": "postal_code",
    "commune": "commune",
    "ecole": "school_kind",
}
_NO_SCHOOL: Final = "none"
_ABOUT_PIN: Final = ("link_pin_needed", "link_pin_wrong", "link_pin_blocked")
# A camera may read any QR of the world.
_LONGEST_READING: Final = 200


def begin(visit: MemberVisit) -> Response:
    """Goes to the step that is due; somebody whom the roster knows by their address skips one."""
    step = _due(visit)
    if step == "card":
        link_by_address(visit.office.engine, member_id=visit.signed_in.member_id)
        step = _due(visit)
    return visit.go(_PAGE_OF[step])


def show_who(visit: MemberVisit) -> Response:
    """Asks who it is, with what was told before; open until the card is linked."""
    member = visit.signed_in
    if member.role == "linked":
        return visit.go(_ACTIVATE)
    born = "" if member.birth_date is None else f"{member.birth_date:%d/%m/%Y}"
    told = {
        "prenom": member.first_name or "",
        "nom": member.last_name or "",
        "naissance": born,
        "postal": member.postal_code or "",
        "commune": member.commune or "",
        "ecole": "" if member.school_kind is None else member.school_kind or _NO_SCHOOL,
    }
    return visit.page(
        "activation/who.html", form=Shown(told), communes=[], has_sent=_has_sent(visit)
    )


def say(visit: MemberVisit) -> Response:
    """Takes it, or says field by field what is wrong."""
    typed = {theirs: visit.form.text(ours) for ours, theirs in _WHO_FIELDS.items()}
    kind = typed["school_kind"]
    # "" is the roster's word for no school that counts: here it means that nothing was ticked.
    typed["school_kind"] = "" if kind == _NO_SCHOOL else kind or "?"
    with unit_of_work(visit.office.engine) as connection:
        said = say_who(connection, member_id=visit.signed_in.member_id, said=WhoSaid(**typed))
        communes = communes_of(connection, typed["postal_code"])
    if isinstance(said, WhoRefused):
        ours = {theirs: name for name, theirs in _WHO_FIELDS.items()} | {"": ""}
        errors = {ours[field]: visit.sentence_of(refused) for field, refused in said.fields.items()}
        several = [(one, one) for one in communes] if "commune" in errors else []
        return visit.refused_form(
            "activation/who.html", errors, communes=several, has_sent=_has_sent(visit)
        )
    return visit.go(_ACTIVATE)


def show_parent(visit: MemberVisit) -> Response:
    """Asks for a parent's address, or says that the answer is awaited."""
    return _parent_page(visit, None)


def ask_a_parent(visit: MemberVisit) -> Response:
    """Sends the parent a mail."""
    if _due(visit) != "consent":
        return visit.go(_ACTIVATE)
    asked = ask_parent(
        visit.office.engine,
        visit.office.keys,
        member_id=visit.signed_in.member_id,
        parent_email=visit.form.text("courriel_parent"),
        network=visit.address,
    )
    if isinstance(asked, Refused):
        return _parent_page(visit, asked)
    return visit.go(_PAGE_OF["consent"])


def show_card(visit: MemberVisit) -> Response:
    """Asks for the code: the camera, or typing."""
    return _if_due(visit, "card", lambda: visit.page("activation/card.html", **_card_facts()))


def give_card(visit: MemberVisit) -> Response:
    """Links the card of this code to its holder."""

    def link(reading: str) -> Linked | Refused:
        return link_by_code(
            visit.office.engine,
            visit.office.keys,
            member_id=visit.signed_in.member_id,
            reading=reading,
            pin=visit.form.text("code_pin"),
            network=visit.address,
        )

    return _give(visit, "activation/card.html", "code_carte", link)


def show_ine(visit: MemberVisit) -> Response:
    """Asks for the national number instead."""
    return _if_due(visit, "card", lambda: visit.page("activation/ine.html", **_card_facts()))


def give_ine(visit: MemberVisit) -> Response:
    """Links the card of the pupil of this number to its holder."""

    def link(ine: str) -> Linked | Refused:
        return link_by_ine(
            visit.office.engine,
            visit.office.keys,
            member_id=visit.signed_in.member_id,
            ine=ine,
            pin=visit.form.text("code_pin"),
            network=visit.address,
        )

    return _give(visit, "activation/ine.html", "ine", link)


def show_pin(visit: MemberVisit) -> Response:
    """Asks for a PIN; or says that there is no card yet."""
    return _if_due(visit, "pin", lambda: _pin_page(visit, None))


def choose_first_pin(visit: MemberVisit) -> Response:
    """The card is active from here on."""

    def activate() -> Response:
        done = activate_own_card(
            visit.office.engine,
            visit.office.keys,
            member=visit.signed_in,
            pin=visit.form.text("code_pin"),
        )
        if isinstance(done, Refused):
            return _pin_page(visit, done)
        return visit.go(_PAGE_OF["done"])

    return _if_due(visit, "pin", activate)


def show_done(visit: MemberVisit) -> Response:
    """Both wallets and the last day."""
    with unit_of_work(visit.office.engine) as connection:
        assert visit.signed_in.beneficiary_id is not None, "linked"
        due = next_step(connection, visit.signed_in)
        card = own_card(connection, visit.signed_in.beneficiary_id)
    if due != "done" or card is None:
        return visit.go(_ACTIVATE)
    return visit.page("activation/done.html", card=card)


def _if_due(visit: MemberVisit, step: str, answer: Callable[[], Response]) -> Response:
    return answer() if _due(visit) == step else visit.go(_ACTIVATE)


def _due(visit: MemberVisit) -> str:
    """The step as of now: this very request may have taken one."""
    with unit_of_work(visit.office.engine) as connection:
        member = member_of_id(connection, visit.signed_in.member_id)
        return next_step(connection, _still(member))


def _still(member: Member | None) -> Member:
    assert member is not None, "closed in this very moment"
    return member


def _has_sent(visit: MemberVisit) -> bool:
    """Whether proofs wait that another answer to « Qui es-tu » would make worthless."""
    with unit_of_work(visit.office.engine) as connection:
        sent = proofs_of(connection, visit.signed_in.member_id)
    return any(one.state == "waiting" for one in sent.values())


def _parent_page(visit: MemberVisit, refused: Refused | None) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        state = consent_state(connection, visit.signed_in.member_id)
        last = last_consent(connection, visit.signed_in.member_id)
    if state in ("not_needed", "given"):
        return visit.go(_ACTIVATE)
    facts: dict[str, Any] = {"state": state, "last": last}
    if refused is not None:
        return visit.refused_form(
            "activation/parent.html", refused, field="courriel_parent", **facts
        )
    return visit.page("activation/parent.html", form=Shown(), **facts)


def _card_facts() -> dict[str, Any]:
    return {"form": Shown(), "asks_pin": False, "reading": "", "no_match": False}


def _give(
    visit: MemberVisit, page: str, field: str, link: Callable[[str], Linked | Refused]
) -> Response:
    """Links by what was typed or read into `field` of this page; back to it when it does not."""
    if _due(visit) != "card":
        return visit.go(_ACTIVATE)
    given = visit.form.text(field)[:_LONGEST_READING]
    linked = link(given)
    if isinstance(linked, Linked):
        return visit.go(_ACTIVATE)
    asks_pin = linked.code in _ABOUT_PIN
    return visit.refused_form(
        page,
        linked,
        field="code_pin" if asks_pin else field,
        asks_pin=asks_pin,
        # Their own, typed a moment ago: only where the PIN is all that lacks.
        reading=given if asks_pin else "",
        no_match=linked.code == "link_no_match",
    )


def _pin_page(visit: MemberVisit, refused: Refused | None) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        beneficiary_id = visit.signed_in.beneficiary_id
        card = None if beneficiary_id is None else own_card(connection, beneficiary_id)
    if card is None:
        return visit.page("activation/no_card.html")
    if refused is None:
        return visit.page("activation/pin.html", form=Shown(), card=card)
    return visit.refused_form("activation/pin.html", refused, field="code_pin", card=card)


ROUTES: Final = [
    route("GET", "/activer", begin, roles=MEMBERS),
    route("GET", "/activer/qui", show_who, roles=MEMBERS),
    route("POST", "/activer/qui", say, roles=MEMBERS),
    route("GET", "/activer/parent", show_parent, roles=MEMBERS),
    route("POST", "/activer/parent", ask_a_parent, roles=MEMBERS),
    route("GET", "/activer/carte", show_card, roles=MEMBERS),
    route("POST", "/activer/carte", give_card, roles=MEMBERS),
    route("GET", "/activer/ine", show_ine, roles=MEMBERS),
    route("POST", "/activer/ine", give_ine, roles=MEMBERS),
    route("GET", "/activer/code-pin", show_pin, roles=MEMBERS),
    route("POST", "/activer/code-pin", choose_first_pin, roles=MEMBERS),
    route("GET", "/activer/fin", show_done, roles=LINKED),
]
