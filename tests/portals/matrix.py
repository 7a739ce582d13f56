"""One row for each route of the portal: how it is asked, with whose things, with which form.

The law: a route without a row fails (test_matrix.py), and so does a row without its route. What a
row does not say follows from the route itself: who may pass is `route.roles`, and no row can say
otherwise.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cardservice.domain.short_code import make_short_code, operation_reference
from partner_portal.routes import ROUTES
from tests.counter import SPORT
from tests.makers import OTHER_IBAN
from tests.portals.belongings import Belongings
from tests.portals.people import PASSWORD
from tests.portals.site import PREFIX
from tests.portals.visitor import Fields


@dataclass(frozen=True)
class Row:
    """How a route is asked.

    `place` gives the values that stand in the address (the braces of its path), `query` what
    follows it, `form` the fields of a post that is taken. `names` are the fields of the form that
    name a thing: a foreign one is refused exactly like one that does not exist.
    `statuses` are those of an answer to somebody who may, `but` those of a role that sees less.
    `downloads` where it is no page; `of_nobody` says why what stands in the address is nobody's;
    `again` why posting twice may do it twice.
    """

    place: Callable[[Belongings], Mapping[str, Any]] = lambda _: {}
    query: str = ""
    form: Callable[[Belongings], Fields] = lambda _: {}
    names: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (200, 303)
    but: Mapping[str, int] = field(default_factory=dict)
    downloads: bool = False
    of_nobody: str = ""
    again: str = ""

    def fits(self, role: str | None, status: int) -> bool:
        """Whether this is an answer for whoever may."""
        return status == self.but[role] if role in self.but else status in self.statuses


def _sale(step: int) -> Callable[[Belongings], Fields]:
    """The fields of a sale under way, as its steps hand them on: 1 identity, 2 amount, 3 debit."""

    def fields(side: Belongings) -> Fields:
        carried = {"operation": str(uuid.uuid4()), "identification": side.identification}
        if step > 1:
            carried["identite"] = "verifiee"
        if step > 2:
            carried |= {"porte_monnaie": SPORT, "montant": "1,50"}
        return carried

    return fields


def _debit(side: Belongings) -> Mapping[str, Any]:
    return {"operation_id": side.today.operation_id}


def _old_debit(side: Belongings) -> Mapping[str, Any]:
    return {"operation_id": side.before.operation_id}


def _remittance(side: Belongings) -> Mapping[str, Any]:
    return {"name": side.remittance_number}


def _invitation(side: Belongings) -> Mapping[str, Any]:
    return {"secret": side.invitation}


def _delegate(name: str) -> Callable[[Belongings], Mapping[str, Any]]:
    return lambda side: {"delegate_id": side.team.people[name].delegate_id}


def _pass(side: Belongings) -> Mapping[str, Any]:
    return {"delegate_id": side.pass_id}


def _proof(side: Belongings) -> dict[str, str]:
    """Password and second factor, given again."""
    return {"mot_de_passe": PASSWORD, "code": side.code()}


def _entrusted(side: Belongings) -> dict[str, str | list[str]]:
    return {
        "role": "cashier",
        "points_de_vente": [str(side.team.partner.outlet_id)],
        "dernier_jour": "2026-12-24",
        "plafond": "50,00",
    }


# The bearer of a day's pass sees his own sales, and these were made by somebody else.
_OWN_SALES = {"day_cashier": 404}
_NEW_PASSWORD = "huit lampes vertes et trois ponts 42"

ROWS: Final[dict[str, Row]] = {
    # Coming in
    "GET /connexion": Row(),
    "POST /connexion": Row(
        form=lambda side: {
            "courriel": side.team.people["cashier"].email or "",
            "mot_de_passe": PASSWORD,
        },
        again="signing in twice is two sessions of one person",
    ),
    "GET /connexion/code": Row(),
    "POST /connexion/code": Row(form=lambda _: {"code": "000000"}),
    "GET /connexion/application": Row(),
    "POST /connexion/application": Row(form=lambda _: {"code": "000000"}),
    "GET /connexion/espace": Row(),
    "POST /connexion/espace": Row(
        form=lambda side: {"espace": str(side.team.people["lead"].delegate_id)}
    ),
    "POST /deconnexion": Row(),
    "GET /mot-de-passe-oublie": Row(),
    "POST /mot-de-passe-oublie": Row(
        form=lambda side: {"courriel": side.team.people["accountant"].email or ""},
        again="whoever asks twice gets a newer link, which ends the older one",
    ),
    "GET /lien/{secret}": Row(place=_invitation),
    "POST /lien/{secret}": Row(
        place=_invitation,
        form=lambda _: {
            "prenom": "Nadia",
            "nom": "Venue",
            "mot_de_passe": _NEW_PASSWORD,
            "mot_de_passe_encore": _NEW_PASSWORD,
        },
    ),
    "POST /lien/{secret}/nouveau": Row(
        place=_invitation, again="whoever asks twice gets a newer link, which ends the older one"
    ),
    # The till
    "GET /caisse": Row(),
    "GET /caisse/point-de-vente": Row(),
    "POST /caisse/point-de-vente": Row(
        form=lambda side: {"point_de_vente": str(side.team.partner.outlet_id)},
        names=("point_de_vente",),
    ),
    "POST /caisse/lecture": Row(form=lambda side: {"code_carte": side.card.code}),
    "POST /caisse/photo": Row(form=_sale(1), again="each look at a photo is noted"),
    "POST /caisse/identite": Row(form=_sale(2)),
    "POST /caisse/montant": Row(form=_sale(3)),
    "POST /caisse/debit": Row(form=_sale(3)),
    "GET /caisse/operation/{operation_id}": Row(place=_debit),
    "POST /caisse/operation/{operation_id}": Row(place=_debit, form=_sale(3)),
    "POST /caisse/operation/{operation_id}/annulation": Row(
        place=_debit,
        form=lambda _: {"motif": "mistake"},
        of_nobody="an id that is nobody's may still arrive: cancelling it leaves a mark",
    ),
    "GET /caisse/operation/{operation_id}/ticket": Row(place=_debit),
    # Transactions
    "GET /transactions": Row(),
    "GET /transactions.csv": Row(downloads=True),
    "GET /transactions/demandes": Row(),
    "GET /transactions/{operation_id}": Row(place=_debit, but=_OWN_SALES),
    "POST /transactions/{operation_id}/annulation": Row(
        place=_debit, form=lambda _: {"motif": "mistake"}, but=_OWN_SALES
    ),
    "POST /transactions/{operation_id}/regularisation": Row(
        place=_old_debit,
        form=lambda _: {
            "motif": "wrong_amount",
            "montant": "1,00",
            "explication": "Tapé deux fois",
        },
    ),
    # Reimbursements
    "GET /remboursements": Row(),
    "GET /remboursements/{name}": Row(place=_remittance),
    "GET /remboursements/telecollectes": Row(),
    "GET /remboursements/telecollectes/{day}": Row(
        place=lambda _: {"day": "2026-11-22"}, of_nobody="a day is everybody's"
    ),
    "GET /remboursements/{name}/bordereau.css": Row(
        place=_remittance, downloads=True, of_nobody="one style sheet for all"
    ),
    "GET /remboursements/{name}/bordereau.{kind}": Row(
        place=lambda side: {"name": side.remittance_number, "kind": "csv"}, downloads=True
    ),
    "GET /calendrier/{secret}.ics": Row(
        place=lambda side: {"secret": side.calendar}, downloads=True
    ),
    "POST /calendrier/renouvellement": Row(
        again="each time ends the address before it: that is what is asked for"
    ),
    # Home and account
    "GET /": Row(),
    "GET /compte": Row(),
    "POST /compte/mot-de-passe": Row(
        form=lambda _: {
            "mot_de_passe": PASSWORD,
            "mot_de_passe_nouveau": _NEW_PASSWORD,
            "mot_de_passe_encore": _NEW_PASSWORD,
        }
    ),
    "GET /compte/application": Row(),
    "POST /compte/application": Row(
        form=lambda _: {"mot_de_passe": PASSWORD, "code": "000000"}, statuses=(422,)
    ),
    "GET /compte/secours": Row(),
    "POST /compte/secours": Row(
        form=lambda _: {"mot_de_passe": PASSWORD},
        again="codes are told once: asking again makes others, and ends those before",
    ),
    "POST /compte/sessions": Row(),
    "POST /compte/sessions/{handle}": Row(
        place=lambda side: {"handle": side.other_session},
        but=dict.fromkeys(("cashier", "accountant", "editor"), 404),
    ),
    # Delegates
    "GET /delegues": Row(),
    "GET /delegues/{delegate_id:number}": Row(place=_delegate("cashier")),
    "GET /delegues/{delegate_id:number}/suspendre": Row(place=_delegate("cashier")),
    "POST /delegues/{delegate_id:number}/suspendre": Row(place=_delegate("cashier")),
    "POST /delegues/{delegate_id:number}/reprendre": Row(place=_delegate("suspended")),
    "GET /delegues/{delegate_id:number}/retirer": Row(place=_delegate("editor")),
    "POST /delegues/{delegate_id:number}/retirer": Row(place=_delegate("editor")),
    "POST /delegues/{delegate_id:number}/relancer": Row(
        place=_delegate("invited"), again="each sends a newer link, which ends the older one"
    ),
    "GET /delegues/inviter": Row(),
    "POST /delegues/inviter": Row(
        form=lambda side: _entrusted(side) | {"courriel": f"neuf{side.pass_id}@librairie.example"},
        names=("points_de_vente",),
    ),
    "GET /delegues/{delegate_id:number}/modifier": Row(place=_delegate("cashier")),
    "POST /delegues/{delegate_id:number}/modifier": Row(
        place=_delegate("cashier"), form=_entrusted, names=("points_de_vente",)
    ),
    "GET /delegues/{delegate_id:number}/principal": Row(place=_delegate("accountant")),
    "POST /delegues/{delegate_id:number}/principal": Row(
        place=_delegate("accountant"), form=lambda side: _proof(side) | {"ensuite": "comptable"}
    ),
    "GET /delegues/passe": Row(),
    "POST /delegues/passe": Row(
        form=lambda side: {
            "prenom": "Lou",
            "nom": "Marché",
            "jour": "2026-12-02",
            "plafond": "30,00",
            "point_de_vente": str(side.team.partner.outlet_id),
        },
        names=("point_de_vente",),
    ),
    "GET /delegues/passe/{delegate_id:number}": Row(place=_pass),
    "GET /delegues/passe/{delegate_id:number}/terminer": Row(place=_pass),
    "POST /delegues/passe/{delegate_id:number}/terminer": Row(place=_pass),
    "GET /passe/{secret}": Row(place=lambda side: {"secret": side.pass_secret}),
    "POST /passe/{secret}": Row(
        place=lambda side: {"secret": side.pass_secret},
        again="the second browser takes the till over from the first",
    ),
    "GET /journal": Row(),
    # Terminals
    "GET /terminaux": Row(),
    "GET /terminaux/{public_id}/revoquer": Row(
        place=lambda side: {"public_id": side.till.public_id}
    ),
    "POST /terminaux/{public_id}/revoquer": Row(
        place=lambda side: {"public_id": side.till.public_id}
    ),
    "GET /terminaux/nouveau": Row(),
    "POST /terminaux/nouveau": Row(
        form=lambda side: {
            "point_de_vente": str(side.team.partner.outlet_id),
            "nom": "Téléphone de Sofia",
        },
        names=("point_de_vente",),
    ),
    "GET /terminaux/{public_id}/code": Row(place=lambda side: {"public_id": side.waiting_terminal}),
    "POST /terminaux/{public_id}/code": Row(
        place=lambda side: {"public_id": side.waiting_terminal},
        again="each time ends the code before it",
    ),
    # The bank account
    "GET /coordonnees-bancaires": Row(),
    "GET /coordonnees-bancaires/changer": Row(),
    "POST /coordonnees-bancaires/changer": Row(
        form=lambda side: _proof(side) | {"iban": OTHER_IBAN, "titulaire": "LIBRAIRIE"}
    ),
    "GET /coordonnees-bancaires/annuler": Row(),
    "POST /coordonnees-bancaires/annuler": Row(form=_proof),
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

    def address(self, belongings: Belongings) -> str:
        return self._filled({k: str(v) for k, v in self.row.place(belongings).items()})

    def unknown_address(self, belongings: Belongings) -> str:
        """The same address of a thing that does not exist."""
        place = self.row.place(belongings)
        return self._filled({name: unlike(str(value)) for name, value in place.items()})

    def names_in(self, belongings: Belongings) -> list[str]:
        """What stands in both addresses, and may stand in their pages."""
        values = [str(value) for value in self.row.place(belongings).values()]
        return values + [unlike(value) for value in values]

    @property
    def of_a_thing(self) -> bool:
        return "{" in self.path and self.roles is not None and not self.row.of_nobody

    def _filled(self, place: Mapping[str, str]) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda m: place[m[1]], self.path) + self.row.query


def key_of(method: str, path: str) -> str:
    """`POST /delegues/{delegate_id:number}`; the home page is `GET /`."""
    return f"{method} {path.removeprefix(PREFIX) or '/'}"


def unlike(name: str) -> str:
    """A name of the same shape that nothing has."""
    if name.isdigit():
        return "999999999"
    if re.fullmatch(r"[0-9a-f-]{36}", name):
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    if re.fullmatch(r"BR-\d{4}-\d{6}", name):
        return name[:-6] + "999999"
    if name == _reference_like(name):
        return operation_reference(987_654)
    if re.fullmatch(r"[0-9A-Z]{8}", name):
        return make_short_code(7, lambda bound: 0)
    return name[::-1]


def _reference_like(name: str) -> str:
    return name if re.fullmatch(r"D[0-9A-Z]{7}", name) else ""


def asked(*methods: str) -> list[Asked]:
    """Every route of these methods that has its row."""
    return [
        Asked(key, route.method, route.path, route.roles, ROWS[key])
        for route in ROUTES
        if route.method in (methods or ("GET", "POST"))
        and (key := key_of(route.method, route.path)) in ROWS
    ]
