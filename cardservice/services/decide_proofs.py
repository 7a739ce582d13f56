"""An agent's decision on what a youth has sent: admitted, or refused with a coded reason (C8, C14).

The law: the pictures are gone with the decision, whatever it is. Admitting needs every proof that
is asked for and the scheme's own rules; it links the member to the person of the roster who has
these names and this birth date, or makes the beneficiary, so that nobody is there twice and nobody
gets money twice. Money comes by the one road of all grants (give_grants.py), budgets held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import turns
from cardservice.db.queries.admission import category_said, year_of_admission
from cardservice.db.queries.agents import Agent
from cardservice.db.queries.consents import consent_state
from cardservice.db.queries.journal import note
from cardservice.db.queries.proofs import ProofCase, asked_kinds, case_waiting
from cardservice.db.queries.scheme import SchoolYear
from cardservice.domain.eligibility import NotEligible
from cardservice.domain.keys import Keys
from cardservice.domain.person_name import same_first_name, same_last_name
from cardservice.domain.refusal import Refused
from cardservice.services.erased_people import is_among, macs_kept
from cardservice.services.give_grants import give_missing_grants
from cardservice.services.make_card import CardMaker
from cardservice.services.write_mail import write_mail

PROOF_REASONS: Final = (
    "unreadable",
    "not_matching",
    "too_old",
    "incomplete",
    "not_concerned",
    "has_account",
    "not_a_portrait",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What an agent saw when deciding: `proof_ids` of the page that was open, and `said`, the
    digest of the facts that it showed (ProofCase.said). `is_same_person`: the agent has compared
    whoever the roster holds under these names, down to commune and school."""

    member_id: int
    proof_ids: tuple[int, ...]
    said: str
    is_same_person: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """`accepted` or `refused`. `beneficiary_id` of who was admitted; `grants_refused` says why a
    collégien has no money yet."""

    state: str
    beneficiary_id: int | None = None
    grants_refused: Refused | None = None


def accept_proofs(
    engine: Engine,
    keys: Keys,
    decision: Decision,
    *,
    by: Agent,
    draw: Callable[[int], int],
    prove: Callable[[str], object],
) -> Decided | Refused:
    """`draw` and `prove` make the code of a card, as in issue_cards.

    Refused: proofs_decided, proofs_without_consent, proofs_missing, proofs_not_eligible,
    beneficiary_has_member, proofs_person_unsure, person_erased_this_year, school_year_unknown.
    """
    with unit_of_work(engine) as connection:
        case = _locked_case(connection, decision)
        if isinstance(case, Refused):
            return case
        if case.is_portrait:
            _hang_up_portrait(connection, case, by)
            return _decided(connection, case, by, "accepted", case.beneficiary_id)
        year = year_of_admission(connection)
        if year is None:
            return Refused("school_year_unknown", {"school_year": "–"})
        admitted = _admit(connection, keys, case, decision, year)
        if isinstance(admitted, Refused):
            return admitted
        _order_card(connection, admitted, CardMaker(connection, keys, year, draw=draw, prove=prove))
        decided = _decided(connection, case, by, "accepted", admitted)
    granted = give_missing_grants(engine, year.school_year)
    if isinstance(granted, Refused):
        return Decided(decided.state, decided.beneficiary_id, granted)
    return decided


def refuse_proofs(
    engine: Engine, decision: Decision, *, by: Agent, reason: str
) -> Decided | Refused:
    """`reason` is one of PROOF_REASONS. Refused: proofs_decided, proof_reason_unknown."""
    if reason not in PROOF_REASONS:
        return Refused("proof_reason_unknown")
    with unit_of_work(engine) as connection:
        case = _locked_case(connection, decision)
        if isinstance(case, Refused):
            return case
        return _decided(connection, case, by, "refused", None, reason)


def _locked_case(connection: Connection, decision: Decision) -> ProofCase | Refused:
    """What waits, as the agent saw it: nobody decides on a picture that came after, nor about
    somebody whom the member says to be since."""
    connection.execute(
        text("SELECT FROM member WHERE member_id = :member_id FOR NO KEY UPDATE"),
        {"member_id": decision.member_id},
    )
    case = case_waiting(connection, decision.member_id)
    seen = (sorted(decision.proof_ids), decision.said)
    if case is None or (sorted(case.proof_ids), case.said) != seen:
        return Refused("proofs_decided")
    return case


def _admit(
    connection: Connection, keys: Keys, case: ProofCase, decision: Decision, year: SchoolYear
) -> int | Refused:
    """The beneficiary whom the member is from now on."""
    if case.beneficiary_id is not None or case.birth_date is None:
        return Refused("proofs_decided")
    if consent_state(connection, case.member_id) not in ("not_needed", "given"):
        return Refused("proofs_without_consent")
    if set(asked_kinds(connection, case.member_id)) - set(case.kinds):
        return Refused("proofs_missing")
    # Two agents, or an agent and a roster, who take in the same person come one after the other.
    turns.wait_for_turn(connection, turns.ROSTER)
    category = category_said(connection, case.birth_date, case.school_kind or "")
    if isinstance(category, NotEligible):
        return Refused("proofs_not_eligible")
    known = same_people(connection, case)
    if any(one.has_member for one in known) or len(known) > 1:
        return Refused("beneficiary_has_member")
    if any(one.has_used_card for one in known) and not decision.is_same_person:
        # Names and a birth date are not enough for somebody's money: there are namesakes.
        return Refused("proofs_person_unsure")
    # After the lock on who is known: an erasure that was under way is over.
    if is_among(keys, macs_kept(connection), case):
        return Refused("person_erased_this_year")
    beneficiary_id = known[0].beneficiary_id if known else _made(connection, case)
    connection.execute(
        text(
            "INSERT INTO beneficiary_year (beneficiary_id, school_year, category)"
            " VALUES (:beneficiary_id, :school_year, :category) ON CONFLICT DO NOTHING"
        ),
        {
            "beneficiary_id": beneficiary_id,
            "school_year": year.school_year,
            "category": category,
        },
    )
    connection.execute(
        text(
            "UPDATE member SET beneficiary_id = :beneficiary_id, linked_at = ledger_now()"
            " WHERE member_id = :member_id"
        ),
        {"beneficiary_id": beneficiary_id, "member_id": case.member_id},
    )
    return beneficiary_id


def same_people(connection: Connection, case: ProofCase) -> Sequence[Any]:
    """Who is known already with these names and this birth date: rows with `beneficiary_id`,
    `has_member`, `has_used_card`, `commune` and `school`, locked until the transaction ends."""
    born_then = connection.execute(
        text(
            "SELECT b.beneficiary_id, b.first_name, b.last_name, b.commune, b.school,"
            " EXISTS (SELECT FROM card c WHERE c.beneficiary_id = b.beneficiary_id"
            "  AND c.activated_at IS NOT NULL) AS has_used_card,"
            " EXISTS (SELECT FROM member m WHERE m.beneficiary_id = b.beneficiary_id) AS has_member"
            " FROM beneficiary b WHERE b.birth_date = :birth_date AND b.erased_at IS NULL"
            " ORDER BY b.beneficiary_id FOR NO KEY UPDATE OF b"
        ),
        {"birth_date": case.birth_date},
    ).all()
    first_name, last_name = case.first_name or "", case.last_name or ""
    return [
        one
        for one in born_then
        if same_last_name(last_name, one.last_name) and same_first_name(first_name, one.first_name)
    ]


def _made(connection: Connection, case: ProofCase) -> int:
    made: int = connection.execute(
        text(
            "INSERT INTO beneficiary (first_name, last_name, birth_date, postal_code, commune,"
            " school, school_kind, email, created_at)"
            " SELECT first_name, last_name, birth_date, postal_code, commune, '',"
            " coalesce(school_kind, ''), email, ledger_now() FROM member"
            " WHERE member_id = :member_id RETURNING beneficiary_id"
        ),
        {"member_id": case.member_id},
    ).scalar_one()
    return made


def _order_card(connection: Connection, beneficiary_id: int, maker: CardMaker) -> None:
    """A card of the year for who has none, to be activated on the screen, and its plastic."""
    has_one = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM card WHERE beneficiary_id = :beneficiary_id"
            " AND school_year = :school_year)"
        ),
        {"beneficiary_id": beneficiary_id, "school_year": maker.school_year},
    ).scalar_one()
    if has_one:
        return
    card_id, _ = maker.make(beneficiary_id)
    connection.execute(
        text("INSERT INTO plastic_order (card_id, ordered_at) VALUES (:card_id, ledger_now())"),
        {"card_id": card_id},
    )


def _hang_up_portrait(connection: Connection, case: ProofCase, by: Agent) -> None:
    connection.execute(
        text(
            "INSERT INTO holder_photo (beneficiary_id, image, stored_at)"
            " SELECT :beneficiary_id, image, ledger_now() FROM proof_file"
            " WHERE proof_id = ANY(:proof_ids) ON CONFLICT (beneficiary_id) DO UPDATE"
            " SET image = excluded.image, stored_at = excluded.stored_at"
        ),
        {"beneficiary_id": case.beneficiary_id, "proof_ids": case.proof_ids},
    )
    subject = f"beneficiary:{case.beneficiary_id}"
    note(connection, actor=by.actor, action="beneficiary.photo", subject=subject)


def _decided(
    connection: Connection,
    case: ProofCase,
    by: Agent,
    state: str,
    beneficiary_id: int | None,
    reason: str | None = None,
) -> Decided:
    connection.execute(
        text(
            "UPDATE proof_file SET state = :state, image = NULL, decided_by = :agent_id,"
            " decided_at = ledger_now(), refusal_reason = :reason WHERE proof_id = ANY(:proof_ids)"
        ),
        {
            "state": state,
            "agent_id": by.agent_id,
            "reason": reason,
            "proof_ids": case.proof_ids,
        },
    )
    note(
        connection,
        actor=by.actor,
        action=f"proof.{state}",
        subject=f"member:{case.member_id}",
        detail=reason if beneficiary_id is None else f"beneficiary:{beneficiary_id}",
    )
    email = connection.execute(
        text("SELECT email FROM member WHERE member_id = :member_id"),
        {"member_id": case.member_id},
    ).scalar_one()
    write_mail(connection, recipient=email, kind="youth_proofs_answered", facts={})
    return Decided(state, beneficiary_id)
