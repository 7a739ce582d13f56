"""`/transactions.csv`: what is filtered, as a file for the accountant (C64, C65).

The law: the same lines as the page in the same order, every one of them, read in short
transactions one batch after the other, so that a long list takes no more memory than a short one.
The amount column adds up to the page's total: a refused or cancelled debit stands there with zero.
The header is a contract; it is only ever added to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Engine
from starlette.responses import Response, StreamingResponse

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.transactions import Scope, Transaction, Wanted, page_of
from cardservice.domain.calendar import format_day, format_minute
from cardservice.domain.money import decimal_comma
from clearing.documents.bordereau_csv import disarmed
from partner_portal.pages.transactions import ROLES, number_of
from partner_portal.pages.transactions_asked import asked_in
from partner_portal.portal import PAGES, PartnerVisit, route

HEADER: Final = (
    "reference", "date", "heure", "point_de_vente", "terminal", "delegue", "carte",
    "porte_monnaie", "etat", "montant", "paye_le", "virement",
)  # fmt: skip
BATCH: Final = 500
_BYTE_ORDER_MARK: Final = "\ufeff"


def download(visit: PartnerVisit) -> Response:
    """The file, written as it is sent."""
    with unit_of_work(visit.office.engine) as connection:
        asked = asked_in(connection, visit.signed_in, visit.query)
    first, last = asked.wanted.first_day, asked.wanted.last_day
    name = f"transactions-{first.isoformat()}"
    if last != first:
        name += f"-{last.isoformat()}"
    return StreamingResponse(
        _file(visit.office.engine, asked.scope, asked.wanted),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{name}.csv"',
            "cache-control": "no-store",
        },
    )


def _file(engine: Engine, scope: Scope, wanted: Wanted) -> Iterator[bytes]:
    yield _written([HEADER], start=_BYTE_ORDER_MARK)
    last: Transaction | None = None
    while True:
        with unit_of_work(engine) as connection:
            batch = page_of(connection, scope, wanted, limit=BATCH, before=last)
        if batch:
            yield _written([_cells(line) for line in batch])
        if len(batch) < BATCH:
            return
        last = batch[-1]


def _written(rows: list[tuple[str, ...]], *, start: str = "") -> bytes:
    text = io.StringIO(start, newline="")
    text.seek(0, io.SEEK_END)
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    # Half a character pair cannot be written in UTF-8; it must not cost the whole file.
    return text.getvalue().encode("utf-8", "replace")


def _cells(line: Transaction) -> tuple[str, ...]:
    day, _, hour = format_minute(line.accepted_at).partition(" ")
    texts = PAGES.texts
    return (
        disarmed(line.reference),
        day,
        hour,
        disarmed(line.outlet),
        disarmed(line.terminal),
        disarmed(line.delegate),
        disarmed(texts["csv"]["card_masked"].format(last4=line.last4)) if line.last4 else "",
        disarmed(texts["wallets"][line.wallet]),
        texts["states"][line.state]["label"],
        decimal_comma(line.owed_cents),
        format_day(line.paid_on) if line.state == "paid" and line.paid_on else "",
        _transfer(line),
    )


def _transfer(line: Transaction) -> str:
    """The reference of the bank transfer, once there is one."""
    return disarmed(number_of(line)) if line.state in ("sent", "paid") else ""


ROUTES = [route("GET", "/transactions.csv", download, roles=ROLES)]
