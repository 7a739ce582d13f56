"""One row for each route of the desk: how it is asked, with which form.

The law: a route without a row fails (test_matrix.py), and so does a row without its route. Who may
pass is `route.roles`, and no row can say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from department_desk.routes import ROUTES
from tests.portals.desk.agents import PASSWORD, PREFIX
from tests.portals.desk.dossier import Dossier
from tests.portals.visitor import Fields


@dataclass(frozen=True)
class Row:
    """How a route is asked: `place` fills its address, `form` is a post that is taken (or refused
    with a page), `statuses` those of an answer to who may, `but` those of a role that sees less.
    `downloads` where it is no page; `has_file` where the form carries one; `again` says why posting
    twice may do it twice."""

    place: Callable[[Dossier], Mapping[str, Any]] = lambda _: {}
    form: Callable[[Dossier], Fields] = lambda _: {}
    statuses: tuple[int, ...] = (200, 303)
    but: Mapping[str, int] = field(default_factory=dict)
    downloads: bool = False
    has_file: bool = False
    again: str = ""

    def fits(self, role: str | None, status: int) -> bool:
        """Whether this is an answer for whoever may."""
        return status == self.but[role] if role in self.but else status in self.statuses


def _waiting(dossier: Dossier) -> Mapping[str, Any]:
    return {"period": dossier.waiting_period}


def _sent(dossier: Dossier) -> Mapping[str, Any]:
    return {"period": dossier.sent_period}


def _sent_remittance(dossier: Dossier) -> Mapping[str, Any]:
    return {"period": dossier.sent_period, "remittance_id": dossier.sent_remittance_id}


def _failed(dossier: Dossier) -> Mapping[str, Any]:
    return {"number": dossier.failed_number}


def _partner(dossier: Dossier) -> Mapping[str, Any]:
    return {"partner_id": dossier.held_partner_id}


def _reason(_: Dossier) -> Fields:
    return {"motif": "À revoir avec le partenaire"}


def _case(dossier: Dossier) -> Mapping[str, Any]:
    return {"reference": dossier.inbox.open_reference}


def _waiting_regularisation(dossier: Dossier) -> Mapping[str, Any]:
    return {"reference": dossier.inbox.reference, "number": dossier.inbox.waiting}


def _booked_regularisation(dossier: Dossier) -> Mapping[str, Any]:
    return {"reference": dossier.inbox.reference, "number": dossier.inbox.booked}


def _account(dossier: Dossier) -> Mapping[str, Any]:
    return {"account_id": dossier.inbox.account_id}


def _budget(_: Dossier) -> Mapping[str, Any]:
    return {"year": "2026", "wallet": "tutoring"}


def _proofs(dossier: Dossier) -> Mapping[str, Any]:
    return {"member_id": dossier.proofs.member_id}


def _pictures(dossier: Dossier) -> Fields:
    proofs = dossier.proofs
    return {"images": ",".join(map(str, proofs.proof_ids)), "dit": proofs.said}


_PROOFS: Final = "/justificatifs/{member_id:number}"
_CASE: Final = "/regularisations/{reference}"
_ACCOUNT: Final = "/coordonnees-bancaires/{account_id:number}"
_BUDGET: Final = "/budgets/{year:number}/{wallet}"
_RUN: Final = "/quinzaines/{period}"
_ONE: Final = f"{_RUN}/bordereaux/{{remittance_id:number}}"

ROWS: Final[dict[str, Row]] = {
    # Coming in
    "GET /connexion": Row(),
    "POST /connexion": Row(
        form=lambda one: {"courriel": one.bureau["hotline"].email, "mot_de_passe": PASSWORD},
        again="signing in twice is two sessions of one person",
    ),
    "GET /connexion/code": Row(),
    "POST /connexion/code": Row(form=lambda _: {"code": "000000"}),
    "POST /deconnexion": Row(),
    "GET /compte": Row(),
    "POST /compte/sessions": Row(),
    "POST /compte/sessions/{handle}": Row(
        place=lambda one: {"handle": one.other_session},
        # Everybody else's session is nobody's.
        but=dict.fromkeys(("finance_approver", "hotline", "moderator", "administrator"), 404),
    ),
    "GET /": Row(),
    # Runs
    "GET /quinzaines": Row(),
    f"GET {_RUN}": Row(place=_waiting),
    f"POST {_RUN}/preparer": Row(place=_waiting),
    f"POST {_RUN}/soumettre": Row(place=_waiting),
    f"GET {_RUN}/valider": Row(place=_waiting),
    f"POST {_RUN}/valider": Row(
        place=_waiting, form=lambda _: {"total": "1,00", "code": "000000"}, statuses=(422,)
    ),
    f"GET {_RUN}/renvoyer": Row(place=_waiting),
    f"POST {_RUN}/renvoyer": Row(place=_waiting, form=_reason),
    f"GET {_RUN}/annuler": Row(place=_waiting),
    f"POST {_RUN}/annuler": Row(place=_waiting, form=_reason),
    f"GET {_RUN}/exporter": Row(place=_waiting),
    f"POST {_RUN}/exporter": Row(
        place=_waiting, form=lambda _: {"code": "000000"}, statuses=(422,)
    ),
    f"POST {_RUN}/documents": Row(place=_sent),
    f"GET {_RUN}/documents/avancement.json": Row(place=_sent, downloads=True),
    f"GET {_RUN}/fichiers/{{file}}": Row(
        place=lambda one: {"period": one.sent_period, "file": "fichier-bancaire.xml"},
        downloads=True,
        # Whole account numbers: for who works with the file.
        but={"administrator": 404},
    ),
    f"GET {_ONE}": Row(place=_sent_remittance),
    f"GET {_ONE}/bordereau.css": Row(place=_sent_remittance, downloads=True),
    f"GET {_ONE}/bordereau.{{kind}}": Row(
        place=lambda one: {**_sent_remittance(one), "kind": "csv"}, downloads=True
    ),
    f"GET {_RUN}/preuve": Row(place=_sent),
    f"POST {_RUN}/preuve": Row(place=_sent, again="each proof reads everything anew"),
    f"GET {_RUN}/preuve/avancement.json": Row(place=_sent, downloads=True),
    f"GET {_ONE}/preuve": Row(place=_sent_remittance),
    # The bank
    "GET /banque": Row(),
    "POST /banque/fichier": Row(has_file=True, statuses=(422,)),
    "GET /banque/messages/{message_id:number}": Row(
        place=lambda one: {"message_id": one.message_id}
    ),
    "GET /banque/virement": Row(),
    "POST /banque/virement": Row(
        form=lambda one: {
            "numero": one.failed_number,
            "issue": "failed",
            "motif_banque": "AC04",
            "jour": "2026-12-02",
        }
    ),
    "GET /banque/quinzaines/{period}/payer": Row(place=_sent),
    "POST /banque/quinzaines/{period}/payer": Row(
        place=_sent, form=lambda _: {"jour": "2026-12-02", "reference": "RELEVE-12"}
    ),
    "GET /banque/quinzaines/{period}/refuser": Row(place=_sent),
    "POST /banque/quinzaines/{period}/refuser": Row(
        place=_sent,
        form=lambda _: {"jour": "2026-12-02", "motif_banque": "FF01", "code": "000000"},
        statuses=(422,),
    ),
    "GET /banque/virements/{number}/liberer": Row(place=_failed),
    "POST /banque/virements/{number}/liberer": Row(
        place=_failed,
        form=lambda _: {"motif": "Le partenaire a un nouveau compte", "code": "000000"},
        statuses=(422,),
    ),
    # Partners and debits
    "GET /partenaires": Row(),
    "GET /partenaires/{partner_id:number}": Row(place=_partner),
    "POST /partenaires/{partner_id:number}/retenir": Row(place=_partner, form=_reason),
    "POST /partenaires/{partner_id:number}/liberer": Row(place=_partner),
    "GET /debits": Row(),
    "GET /debits/{reference}": Row(place=lambda one: {"reference": one.reference}),
    # Regularisations, accounts to verify, budgets
    "GET /regularisations": Row(),
    f"GET {_CASE}": Row(place=_case),
    f"POST {_CASE}/demander": Row(
        place=_case, form=lambda _: {"montant": "2,50", "motif": "mistake", "piece": "Appel"}
    ),
    f"POST {_CASE}/repondre": Row(
        place=_case, form=lambda _: {"cote": "partner", "reponse_partner": "Rien à rendre ici"}
    ),
    f"GET {_CASE}/{{number:number}}/decider": Row(place=_waiting_regularisation),
    f"POST {_CASE}/{{number:number}}/decider": Row(
        place=_waiting_regularisation,
        form=lambda _: {"decision": "accorder", "code": "000000"},
        statuses=(422,),
    ),
    f"GET {_CASE}/{{number:number}}/annuler": Row(place=_booked_regularisation),
    f"POST {_CASE}/{{number:number}}/annuler": Row(
        place=_booked_regularisation, form=lambda _: {"code": "000000"}, statuses=(422,)
    ),
    "GET /coordonnees-bancaires": Row(),
    f"GET {_ACCOUNT}": Row(place=_account),
    f"POST {_ACCOUNT}/numero": Row(place=_account),
    f"POST {_ACCOUNT}/verifier": Row(
        place=_account,
        form=lambda _: {"preuve": "Rappelée à la mairie", "code": "000000"},
        statuses=(422,),
    ),
    f"GET {_ACCOUNT}/refuser": Row(place=_account),
    f"POST {_ACCOUNT}/refuser": Row(place=_account, form=_reason),
    "GET /budgets": Row(),
    f"GET {_BUDGET}": Row(place=_budget),
    f"POST {_BUDGET}": Row(
        place=_budget, form=lambda _: {"montant": "90000,00", "motif": "Délibération n° 3"}
    ),
    # What youths have sent
    "GET /justificatifs": Row(),
    f"GET {_PROOFS}": Row(place=_proofs),
    f"GET {_PROOFS}/images/{{kind}}": Row(
        place=lambda one: {**_proofs(one), "kind": "identity"}, downloads=True
    ),
    f"POST {_PROOFS}/accepter": Row(place=_proofs, form=_pictures),
    f"POST {_PROOFS}/refuser": Row(
        place=_proofs, form=lambda one: {**_pictures(one), "motif": "unreadable"}
    ),
    # Who is at the desk
    "GET /sessions": Row(),
    "POST /sessions/{agent_id:number}/{handle}": Row(
        place=lambda one: {
            "agent_id": one.bureau["finance_preparer"].agent_id,
            "handle": one.other_session,
        }
    ),
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

    def address(self, dossier: Dossier) -> str:
        return self._filled({k: str(v) for k, v in self.row.place(dossier).items()})

    def unknown_address(self, dossier: Dossier) -> str:
        """The same address of a thing that does not exist."""
        return self._filled(
            {name: _unlike(str(value)) for name, value in self.row.place(dossier).items()}
        )

    def _filled(self, place: Mapping[str, str]) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: place[found[1]], self.path)


def key_of(method: str, path: str) -> str:
    """`POST /quinzaines/{period}/valider`; the home page is `GET /`."""
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
    if name.isdigit():
        return "999999999"
    if re.fullmatch(r"\d{4}-\d{2}-[AB]", name):
        return "2031-01-A"
    return name[::-1]
