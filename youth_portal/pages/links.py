"""`/jeune/lien/…`: what a link by mail opens: a first password, a new one, a new address.

The law: looking uses nothing up. A password that is taken signs its member in at once: whoever has
the mail has just proved who they are, and types nothing twice.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.change_member_email import confirm_email
from cardservice.services.choose_member_password import choose_member_password
from cardservice.services.member_links import MemberLink, member_link_of
from cardservice.services.sign_in_member import open_member_session
from cardservice.webkit.forms import Shown
from youth_portal.pages.sign_in import browser_of, leave
from youth_portal.portal import PREFIX, SIGN_IN, MemberVisit, route

_CHOOSE: Final = "sign_in/choose_password.html"
_CONFIRM: Final = "sign_in/confirm_email.html"
_PURPOSES: Final = ("sign_up", "reset", "email")


def show(visit: MemberVisit) -> Response:
    """What the link is for, or that it is over."""
    link = _link(visit)
    if link is None:
        return _over(visit)
    return visit.page(_CONFIRM if link.purpose == "email" else _CHOOSE, form=Shown(), link=link)


def use(visit: MemberVisit) -> Response:
    """Takes the password, or confirms the address."""
    link = _link(visit)
    if link is None:
        return _over(visit)
    return _confirm(visit) if link.purpose == "email" else _choose(visit, link)


def _choose(visit: MemberVisit, link: MemberLink) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        chosen = choose_member_password(
            connection,
            visit.office.keys,
            secret=_secret(visit),
            password=visit.form.raw("mot_de_passe"),
        )
        secret = None
        if not isinstance(chosen, Refused):
            secret = open_member_session(
                connection, member_id=chosen.member_id, browser=browser_of(visit)
            )
    if isinstance(chosen, Refused):
        if chosen.code == "link_unknown":
            return _over(visit)
        return visit.refused_form(_CHOOSE, chosen, field="mot_de_passe", link=link)
    assert secret is not None
    leave(visit)
    onward = (
        visit.go(f"{PREFIX}/activer") if chosen.joined else visit.go(PREFIX, said="password_new")
    )
    return visit.remembering(visit.with_session(onward, secret), chosen.email)


def _confirm(visit: MemberVisit) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        refused = confirm_email(connection, secret=_secret(visit))
    if refused is not None:
        return _over(visit)
    return visit.go(SIGN_IN if visit.person is None else f"{PREFIX}/compte", said="email_changed")


def _over(visit: MemberVisit) -> Response:
    return visit.page("sign_in/link_over.html", status=404)


def _link(visit: MemberVisit) -> MemberLink | None:
    with unit_of_work(visit.office.engine) as connection:
        link = member_link_of(connection, _secret(visit))
    # A parent's link opens the parent's pages, and nothing here.
    return link if link is not None and link.purpose in _PURPOSES else None


def _secret(visit: MemberVisit) -> str:
    return str(visit.request.path_params["secret"])


ROUTES: Final = [
    route("GET", "/lien/{secret}", show, roles=None),
    route("POST", "/lien/{secret}", use, roles=None, slow=True),
]
