"""Links that came by mail, and the page that asks for one (C30, C34).

The law: looking at a link uses nothing up. Asking for one gives everybody the same answer in the
same time: what there is to do for an address that somebody has is done after the answer has gone.
"""

from __future__ import annotations

import logging

from starlette.background import BackgroundTask
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.choose_password import choose_password
from cardservice.services.send_link import send_asked_link
from cardservice.services.sign_in import start_signed_in
from cardservice.services.sign_in_links import link_of, sent_link_of
from cardservice.services.spaces import Space, spaces_of
from cardservice.webkit.forms import Shown
from partner_portal.pages.sign_in import go_on, label_of
from partner_portal.portal import SIGN_IN, PartnerVisit, route

_FIELDS = {
    "delegate_name_malformed": "prenom",
    "passwords_differ": "mot_de_passe_encore",
}
_log = logging.getLogger("cjeune.portal")


def show_forgotten(visit: PartnerVisit) -> Response:
    return visit.page("sign_in/forgotten.html", form=Shown())


def ask(visit: PartnerVisit) -> Response:
    answer = visit.page("sign_in/link_sent.html")
    answer.background = BackgroundTask(_send, visit, visit.form.text("courriel"))
    return answer


def show_link(visit: PartnerVisit) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        link = link_of(connection, _secret(visit), use_up=False)
        if link is None:
            is_known = sent_link_of(connection, _secret(visit)) is not None
            return _over(visit, is_known=is_known)
        invited = _invited(spaces_of(connection, link.credential_id, state="invited"), link.purpose)
        known = [*invited, *spaces_of(connection, link.credential_id)]
    first = next((space for space in known if space.first_name or space.last_name), None)
    typed = {} if first is None else {"prenom": first.first_name, "nom": first.last_name}
    return visit.page("sign_in/choose_password.html", form=Shown(typed), link=link, spaces=invited)


def use_link(visit: PartnerVisit) -> Response:
    form, secret = visit.form, _secret(visit)
    refused: Refused | None = None
    if form.raw("mot_de_passe") != form.raw("mot_de_passe_encore"):
        refused = Refused("passwords_differ")
    with unit_of_work(visit.office.engine) as connection:
        link = link_of(connection, secret, use_up=False)
        if link is None:
            return _over(visit, is_known=sent_link_of(connection, secret) is not None)
        invited = _invited(spaces_of(connection, link.credential_id, state="invited"), link.purpose)
        chosen = refused or choose_password(
            connection,
            visit.office.keys,
            secret=secret,
            password=form.raw("mot_de_passe"),
            first_name=form.text("prenom"),
            last_name=form.text("nom"),
        )
        if not isinstance(chosen, Refused):
            signed_in = start_signed_in(
                connection, credential_id=chosen.credential_id, browser=label_of(visit)
            )
    if isinstance(chosen, Refused):
        if chosen.code == "link_unknown":
            return _over(visit, is_known=True)
        field = _FIELDS.get(chosen.code, "mot_de_passe")
        return visit.refused_form(
            "sign_in/choose_password.html", chosen, field=field, link=link, spaces=invited
        )
    if isinstance(signed_in, Refused):
        return visit.without_session(visit.go(SIGN_IN, said="password_chosen"))
    return go_on(visit, signed_in)


def ask_again(visit: PartnerVisit) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        link = sent_link_of(connection, _secret(visit))
    if link is None:
        return _over(visit, is_known=False)
    answer = visit.page("sign_in/link_sent.html")
    answer.background = BackgroundTask(_send, visit, link.email, link.purpose)
    return answer


def _secret(visit: PartnerVisit) -> str:
    return str(visit.request.path_params["secret"])


def _invited(spaces: list[Space], purpose: str) -> list[Space]:
    """What an invitation opens; a link to a new password opens nothing."""
    return spaces if purpose == "invitation" else []


def _over(visit: PartnerVisit, *, is_known: bool) -> Response:
    return visit.page(
        "sign_in/link_over.html",
        status=410,
        sentence=visit.sentence_of(Refused("link_unknown")),
        is_known=is_known,
    )


def _send(visit: PartnerVisit, email: str, instead_of: str = "reset") -> None:
    office = visit.office
    try:
        with unit_of_work(office.engine) as connection:
            send_asked_link(
                connection,
                office.keys,
                email=email,
                network=visit.address,
                instead_of=instead_of,
            )
    except Exception as failure:
        # The answer has gone: the person asks again. An address has no place in a log.
        _log.warning("a link could not be made: %s", type(failure).__name__)


ROUTES = [
    route("GET", "/mot-de-passe-oublie", show_forgotten, roles=None),
    route("POST", "/mot-de-passe-oublie", ask, roles=None),
    route("GET", "/lien/{secret}", show_link, roles=None),
    route("POST", "/lien/{secret}", use_link, roles=None, slow=True),
    route("POST", "/lien/{secret}/nouveau", ask_again, roles=None),
]
