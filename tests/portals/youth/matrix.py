"""One row for each route of the youths' portal: how it is asked, with which form.

The law: a route without a row fails (test_matrix.py), and so does a row without its route. Who may
pass is `route.roles`, and no row can say otherwise. A page that is added gets its line here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.portals.desk.sent_proofs import a_picture
from tests.portals.people import PASSWORD
from tests.portals.visitor import Fields
from tests.portals.youth.household import Household
from tests.portals.youth.people import PREFIX
from youth_portal.routes import ROUTES


@dataclass(frozen=True)
class Row:
    """How a route is asked: `place` fills its address, `form` is a post that is taken (or refused
    with a page), `statuses` those of an answer to who may. `downloads` where it is no page,
    `part` where it is one of a page, `stream` where it does not end by itself, `files` of a form
    that carries any; `again` says why posting twice may do it twice."""

    place: Callable[[Household], Mapping[str, str]] = lambda _: {}
    form: Callable[[Household], Fields] = lambda _: {}
    statuses: tuple[int, ...] = (200, 303)
    downloads: bool = False
    part: bool = False
    stream: bool = False
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)
    again: str = ""


def _consent(house: Household) -> Mapping[str, str]:
    return {"secret": house.consent_secret}


def _sign_up(house: Household) -> Mapping[str, str]:
    return {"secret": house.sign_up_secret}


def _no_payment(_: Household) -> Mapping[str, str]:
    return {"reference": "D00049PD"}


_WHO: Final = {
    "prenom": "Léa",
    "nom": "Martin",
    "naissance": "14052011",
    "postal": "13080",
    "ecole": "college",
}

ROWS: Final[dict[str, Row]] = {
    # Coming in
    "GET /inscription": Row(),
    "POST /inscription": Row(
        form=lambda _: {"courriel": "quelquun@mail.example"}, again="a second mail, a few an hour"
    ),
    "GET /inscription/courriel": Row(),
    "GET /connexion": Row(),
    "POST /connexion": Row(
        form=lambda one: {"courriel": one.linked.email, "mot_de_passe": PASSWORD},
        again="signing in twice is two sessions of one person",
    ),
    "POST /deconnexion": Row(),
    "GET /mot-de-passe-oublie": Row(),
    "POST /mot-de-passe-oublie": Row(
        form=lambda one: {"courriel": one.linked.email}, again="a second mail, a few an hour"
    ),
    "GET /mot-de-passe-oublie/courriel": Row(),
    "GET /lien/{secret}": Row(place=_sign_up),
    "POST /lien/{secret}": Row(place=_sign_up, form=lambda _: {"mot_de_passe": PASSWORD}),
    "POST /facile": Row(form=lambda _: {"facile": "oui"}),
    # A member's own access
    "GET /": Row(),
    "GET /verifier": Row(),
    "POST /verifier": Row(
        form=lambda _: {"mot_de_passe": PASSWORD}, again="the proof is renewed each time"
    ),
    "GET /compte": Row(),
    "POST /compte/sessions": Row(),
    # Everybody else's session is nobody's.
    "POST /compte/sessions/{handle}": Row(
        place=lambda one: {"handle": one.other_session}, statuses=(404,)
    ),
    "GET /compte/mot-de-passe": Row(),
    "POST /compte/mot-de-passe": Row(
        form=lambda _: {"mot_de_passe": PASSWORD, "mot_de_passe_nouveau": "court"}, statuses=(422,)
    ),
    "GET /compte/adresse": Row(),
    "POST /compte/adresse": Row(
        form=lambda _: {"courriel": "nouvelle@mail.example"}, again="a newer link, the older ends"
    ),
    "GET /code-pin": Row(),
    "POST /code-pin": Row(form=lambda _: {"code_pin": "7392"}, again="the same PIN, chosen again"),
    # Activation
    "GET /activer": Row(),
    "GET /activer/qui": Row(),
    "POST /activer/qui": Row(
        form=lambda _: _WHO, statuses=(303, 422), again="the same person, told again"
    ),
    "GET /activer/parent": Row(),
    "POST /activer/parent": Row(form=lambda _: {"courriel_parent": "parent@mail.example"}),
    "GET /activer/carte": Row(),
    "POST /activer/carte": Row(
        form=lambda one: {"code_carte": one.other.held.code},
        statuses=(303, 422),
        again="each try is counted",
    ),
    "GET /activer/ine": Row(),
    "POST /activer/ine": Row(
        form=lambda one: {"ine": one.other.held.holder.ine},
        statuses=(303, 422),
        again="each try is counted",
    ),
    "GET /activer/code-pin": Row(),
    "POST /activer/code-pin": Row(form=lambda _: {"code_pin": "7392"}),
    "GET /activer/fin": Row(),
    # The card
    "GET /carte": Row(),
    "GET /ma-carte": Row(),
    "POST /ma-carte/pause": Row(),
    # Nobody has paused it.
    "POST /ma-carte/reprise": Row(statuses=(422,)),
    "GET /ma-carte/opposition": Row(),
    "POST /ma-carte/opposition": Row(form=lambda _: {"raison": "perdue"}),
    "GET /ma-carte/nouvelle": Row(),
    "POST /ma-carte/nouvelle": Row(
        form=lambda house: {"carte": house.linked.held.serial}, statuses=(303, 422)
    ),
    "GET /ma-carte/lectures": Row(),
    # Parents
    "GET /parent": Row(),
    "POST /parent": Row(
        form=lambda _: {"courriel": "parent@mail.example"}, again="a second mail, a few an hour"
    ),
    "GET /parent/courriel": Row(),
    "GET /parent/merci": Row(),
    "GET /parent/{secret}": Row(place=_consent),
    "POST /parent/{secret}/accord": Row(
        place=_consent,
        form=lambda _: {"nom": "Anne Martin", "autorite": "oui"},
        statuses=(200, 303, 422),
    ),
    "POST /parent/{secret}/refus": Row(place=_consent, statuses=(200, 303, 404)),
    "GET /parent/{secret}/retrait": Row(place=_consent, statuses=(200, 303, 404)),
    "POST /parent/{secret}/pause": Row(place=_consent, statuses=(200, 303, 404)),
    "POST /parent/{secret}/reprise": Row(place=_consent, statuses=(200, 303, 404)),
    # Proofs, the photo, one's own data
    "GET /justificatifs": Row(),
    **{
        f"POST /justificatifs/{name}": Row(
            files={"image": ("carte.jpg", a_picture(), "image/jpeg")},
            statuses=(303, 422),
            again="a newer picture takes the place of the first",
        )
        for name in ("identite", "domicile", "scolarite")
    },
    "GET /ma-photo": Row(),
    "POST /ma-photo": Row(
        files={"image": ("moi.jpg", a_picture(), "image/jpeg")},
        again="a newer picture takes the place of the first",
    ),
    "GET /ma-photo/image.jpg": Row(statuses=(200, 404), downloads=True),
    "GET /qui-voit-quoi": Row(),
    "GET /mes-donnees": Row(),
    "GET /mes-donnees/donnees.json": Row(downloads=True),
    "GET /mes-donnees/effacer": Row(),
    "POST /mes-donnees/effacer": Row(form=lambda _: {"compris": "oui"}),
    "GET /efface": Row(),
    # Notices, live pages, the app of the home screen
    "GET /avis": Row(),
    "POST /avis/choix": Row(
        form=lambda _: {"page": "oui", "calme_de": "22:00", "calme_a": "7h"},
        again="the same choice, noted again",
    ),
    "POST /avis/appareils": Row(
        form=lambda _: {"adresse": "https://evil.example"}, statuses=(422,)
    ),
    # Everybody else's browser is nobody's.
    "POST /avis/appareils/{number:number}/retirer": Row(
        place=lambda _: {"number": "999999999"}, statuses=(404,)
    ),
    # Everybody else's payment is nobody's.
    "GET /paiements/{reference}": Row(place=_no_payment, statuses=(404,)),
    "POST /paiements/{reference}/contester": Row(place=_no_payment, statuses=(404,)),
    "GET /flux": Row(stream=True, downloads=True),
    # A part of the home page, which is asked for above.
    "GET /a-jour": Row(part=True),
    "GET /app.webmanifest": Row(downloads=True),
    "GET /sw.js": Row(downloads=True),
    "GET /hors-ligne": Row(),
    # Whatever else is asked for
    "GET /{rest:path}": Row(place=lambda _: {"rest": "nulle-part"}, statuses=(404,)),
}


@dataclass(frozen=True)
class Asked:
    """A route with its row."""

    key: str
    method: str
    path: str
    roles: frozenset[str] | None
    row: Row = field(repr=False)

    def address(self, house: Household) -> str:
        return self._filled(self.row.place(house))

    def unknown_address(self, house: Household) -> str:
        """The same address of a thing that does not exist."""
        return self._filled({name: _unlike(value) for name, value in self.row.place(house).items()})

    def _filled(self, place: Mapping[str, str]) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(place[found[1]]), self.path)


def key_of(method: str, path: str) -> str:
    """`POST /ma-carte/pause`; the home page is `GET /`."""
    return f"{method} {path.removeprefix(PREFIX) or '/'}"


def asked(*methods: str) -> list[Asked]:
    """Every route of these methods that has its row."""
    return [
        Asked(key, route.method, route.path, route.roles, ROWS[key])
        for route in ROUTES
        if route.method in (methods or ("GET", "POST"))
        and (key := key_of(route.method, route.path)) in ROWS
    ]


def _unlike(name: str) -> str:
    return "999999999" if name.isdigit() else name[::-1]
