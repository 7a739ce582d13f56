"""The transfers of an approved run as its bank file names them: one per remittance that is paid.

The law: an EndToEndId belongs to one attempt at paying one sum. A remittance that presents money
again carries its own number and how many times the money is presented again: `BR-2026-000130-R1`.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Final

from sqlalchemy import Connection, text

from clearing.payment_file import CreditTransfer
from clearing.run.read_remittance import remittance_number

# Longer lists would not fit into what a bank shows of a transfer.
_MOST_NAMED: Final = 4

_TRANSFERS = text(
    "SELECT m.remittance_id, m.number_year, m.number, m.presentation, m.transfer_cents, m.iban,"
    " m.holder_name, p.commune FROM remittance m JOIN partner p USING (partner_id)"
    " WHERE m.run_id = :run_id AND m.transfer_cents > 0 ORDER BY m.number"
)
_PRESENTED_AGAIN = text(
    "SELECT p.into_remittance_id, f.number_year, f.number FROM remittance_re_presentation p"
    " JOIN remittance m ON m.remittance_id = p.into_remittance_id"
    " JOIN remittance f ON f.remittance_id = p.from_remittance_id"
    " WHERE m.run_id = :run_id ORDER BY f.number_year, f.number"
)


def end_to_end_id(year: int, number: int, presentation: int) -> str:
    """The name under which the bank answers: `BR-2026-000123`, `BR-2026-000130-R1`."""
    again = f"-R{presentation}" if presentation else ""
    return f"{remittance_number(year, number)}{again}"


def transfers_of(connection: Connection, run_id: int) -> tuple[CreditTransfer, ...]:
    """Every transfer of a run that has its numbers, in their order."""
    failed: dict[int, list[str]] = {}
    for row in connection.execute(_PRESENTED_AGAIN, {"run_id": run_id}):
        failed.setdefault(row.into_remittance_id, []).append(
            remittance_number(row.number_year, row.number)
        )
    return tuple(
        CreditTransfer(
            end_to_end_id=end_to_end_id(row.number_year, row.number, row.presentation),
            amount_cents=row.transfer_cents,
            creditor_name=row.holder_name,
            creditor_iban=row.iban,
            remittance_text=_remittance_text(
                remittance_number(row.number_year, row.number), failed.get(row.remittance_id, [])
            ),
            town=row.commune,
            country=row.iban[:2],
        )
        for row in connection.execute(_TRANSFERS, {"run_id": run_id})
    )


def _remittance_text(number: str, failed: list[str]) -> str:
    if not failed:
        return _texts()["first"].format(number=number)
    key = "again" if len(failed) <= _MOST_NAMED else "again_and_others"
    return _texts()[key].format(number=number, failed=" ".join(failed[:_MOST_NAMED]))


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    found = resources.files(__package__).joinpath("transfer_text_fr.toml")
    return tomllib.loads(found.read_text(encoding="utf-8"))
