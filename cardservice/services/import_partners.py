"""Takes the partners' register: partners, agreements, outlets, bank accounts.

The law: a partner is known by SIRET, an agreement by number, an outlet by its name at its partner.
With a bad line nothing is taken unless the caller accepts the valid ones. The same file twice
changes nothing, not even `register_version`: a statement is only sent where something differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import turns
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.bank_account import declare_account
from cardservice.services.csv_lines import BadLine
from cardservice.services.lead_delegate import correct_waiting_lead, name_first_lead
from cardservice.services.partners_file import AgreementFields, PartnerEntry, parse_partners


@dataclass(frozen=True, slots=True)
class PartnersImported:
    """What an import did, counted in partners. `taken` is false when bad lines held all back."""

    taken: bool
    bad_lines: list[BadLine]
    created: int = 0
    updated: int = 0
    unchanged: int = 0


def import_partners(
    engine: Engine,
    content: bytes,
    *,
    actor: str,
    accept_valid: bool = False,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> PartnersImported | Refused:
    """Takes the bytes of a register file.

    Refused: file_too_large, file_too_long, file_columns_differ. Bad lines are a result.
    """
    parsed = parse_partners(content)
    if isinstance(parsed, Refused):
        return parsed
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    with unit_of_work(engine) as connection:
        turns.wait_for_turn(connection, turns.PARTNERS)
        entries, strangers = _known_agreements_apart(connection, parsed.entries)
        bad_lines = sorted([*parsed.bad_lines, *strangers], key=lambda line: line.number)
        if bad_lines and not accept_valid:
            return PartnersImported(False, bad_lines)
        for done, entry in enumerate(entries, start=1):
            outcome = _take(connection, entry, actor=actor)
            counts[outcome] += 1
            progress(done, len(entries))
    return PartnersImported(True, bad_lines, **counts)


def _known_agreements_apart(
    connection: Connection, entries: dict[str, PartnerEntry]
) -> tuple[list[PartnerEntry], list[BadLine]]:
    """The entries to take, and those whose agreement number another partner already holds."""
    holders: dict[str, str] = {
        number: siret
        for number, siret in connection.execute(
            text("SELECT number, siret FROM agreement JOIN partner USING (partner_id)")
        )
    }
    good, bad = [], []
    for siret, entry in entries.items():
        if holders.get(entry.agreement.number, siret) == siret:
            good.append(entry)
        else:
            bad.append(BadLine(entry.number, "agreement_of_another", "agreement_number"))
    return good, bad


def _take(connection: Connection, entry: PartnerEntry, *, actor: str) -> str:
    """Brings one partner to what the file says: `created`, `updated` or `unchanged`."""
    fields = asdict(entry.partner)
    stored = connection.execute(
        text(
            "SELECT partner_id, siret, legal_name, trade_name, trade, email, address, postal_code,"
            " commune FROM partner WHERE siret = :siret FOR NO KEY UPDATE"
        ),
        {"siret": entry.partner.siret},
    ).one_or_none()
    partner_id = _create_partner(connection, fields) if stored is None else stored.partner_id

    changed: list[str] = []
    if stored is not None and _rest(stored._asdict(), "partner_id") != fields:
        _update_partner(connection, partner_id, fields)
        changed.append("partner")
        if correct_waiting_lead(connection, partner_id=partner_id, email=fields["email"]):
            changed.append("lead")
    if _fix_agreement(connection, partner_id, entry.agreement):
        changed.append("agreement")
    if _fix_outlets(connection, partner_id, entry.outlets):
        changed.append("outlet")
    if declare_account(connection, partner_id, entry.bank, changed_by=actor):
        changed.append("bank_account")

    outcome = "created" if stored is None else "updated" if changed else "unchanged"
    if outcome != "unchanged":
        note(
            connection,
            actor=actor,
            action="partner.create" if stored is None else "partner.update",
            subject=f"partner:{partner_id}",
            detail=", ".join(changed),
            partner_id=partner_id,
        )
    return outcome


def _rest(row: dict[str, Any], without: str) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column != without}


def _create_partner(connection: Connection, fields: dict[str, str]) -> int:
    made = connection.execute(
        text(
            "INSERT INTO partner (siret, legal_name, trade_name, trade, email, address,"
            " postal_code, commune, created_at) VALUES (:siret, :legal_name, :trade_name, :trade,"
            " :email, :address, :postal_code, :commune, ledger_now()) RETURNING partner_id"
        ),
        fields,
    )
    partner_id = int(made.scalar_one())
    name_first_lead(connection, partner_id=partner_id, email=fields["email"])
    return partner_id


def _update_partner(connection: Connection, partner_id: int, fields: dict[str, str]) -> None:
    connection.execute(
        text(
            "UPDATE partner SET legal_name = :legal_name, trade_name = :trade_name,"
            " trade = :trade, email = :email, address = :address, postal_code = :postal_code,"
            " commune = :commune WHERE partner_id = :partner_id"
        ),
        {**_rest(fields, "siret"), "partner_id": partner_id},
    )


def _fix_agreement(connection: Connection, partner_id: int, agreement: AgreementFields) -> bool:
    stored = connection.execute(
        text(
            "SELECT agreement_id, starts_on, ends_before, ARRAY(SELECT wallet"
            "  FROM agreement_wallet w WHERE w.agreement_id = a.agreement_id) AS wallets"
            " FROM agreement a WHERE number = :number"
        ),
        {"number": agreement.number},
    ).one_or_none()
    period = {"starts_on": agreement.starts_on, "ends_before": agreement.ends_before}
    if stored is None:
        agreement_id = connection.execute(
            text(
                "INSERT INTO agreement (partner_id, number, starts_on, ends_before)"
                " VALUES (:partner_id, :number, :starts_on, :ends_before) RETURNING agreement_id"
            ),
            {"partner_id": partner_id, "number": agreement.number, **period},
        ).scalar_one()
        _fix_wallets(connection, agreement_id, set(), agreement.wallets)
        return True

    changed = _fix_wallets(connection, stored.agreement_id, set(stored.wallets), agreement.wallets)
    if (stored.starts_on, stored.ends_before) != (agreement.starts_on, agreement.ends_before):
        connection.execute(
            text(
                "UPDATE agreement SET starts_on = :starts_on, ends_before = :ends_before"
                " WHERE agreement_id = :agreement_id"
            ),
            {"agreement_id": stored.agreement_id, **period},
        )
        changed = True
    return changed


def _fix_wallets(
    connection: Connection, agreement_id: int, stored: set[str], wanted: frozenset[str]
) -> bool:
    for wallet in sorted(wanted - stored):
        connection.execute(
            text("INSERT INTO agreement_wallet VALUES (:agreement_id, :wallet)"),
            {"agreement_id": agreement_id, "wallet": wallet},
        )
    for wallet in sorted(stored - wanted):
        connection.execute(
            text(
                "DELETE FROM agreement_wallet"
                " WHERE agreement_id = :agreement_id AND wallet = :wallet"
            ),
            {"agreement_id": agreement_id, "wallet": wallet},
        )
    return stored != wanted


def _fix_outlets(connection: Connection, partner_id: int, outlets: dict[str, str]) -> bool:
    stored: dict[str, str] = {
        name: address
        for name, address in connection.execute(
            text("SELECT name, address FROM outlet WHERE partner_id = :partner_id"),
            {"partner_id": partner_id},
        )
    }
    changed = False
    for name, address in outlets.items():
        if stored.get(name) == address:
            continue
        changed = True
        statement = (
            "UPDATE outlet SET address = :address WHERE partner_id = :partner_id AND name = :name"
            if name in stored
            else "INSERT INTO outlet (partner_id, name, address)"
            " VALUES (:partner_id, :name, :address)"
        )
        connection.execute(
            text(statement), {"partner_id": partner_id, "name": name, "address": address}
        )
    return changed
