"""Loads the scheme into the database: school years, grants, rules, communes, fortnights.

The law: the file is what the Département decided, so its rows replace older values of the same key;
a row that left the file stays, because cards and operations may stand on it. A second run changes
nothing.

Runs as the owning role, at `cjeune db upgrade`: the service itself cannot change the scheme.
"""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import Fortnight, fortnights_from

SCHEME_FILE = "bouches_du_rhone.toml"
FORTNIGHTS_A_YEAR = 24


@dataclass(frozen=True, slots=True)
class SchemeApplied:
    """How many rows were new or different, by table; all zero the second time."""

    changed: dict[str, int]


def apply_scheme(engine: Engine, *, actor: str, scheme_file: str = SCHEME_FILE) -> SchemeApplied:
    """Brings the scheme's tables to what the package's `scheme_file` says.

    Fortnights are made from the first school year to a year ahead of today, and at least to the
    end of the last school year (C66).
    """
    scheme = _read(scheme_file)
    with unit_of_work(engine) as connection:
        changed = {
            table: _merge(connection, table=table, key=key, rows=rows)
            for table, key, rows in (
                ("school_year", ("school_year",), scheme["school_years"]),
                ("wallet_grant", ("school_year", "wallet"), scheme["wallet_grants"]),
                ("scheme_rule", ("name", "valid_from"), _rules(scheme)),
                ("commune", ("insee_code",), _communes(scheme["communes"])),
            )
        }
        changed["fortnight"] = _add_fortnights(connection, scheme["school_years"])
        if any(changed.values()):
            counts = ", ".join(f"{table}={count}" for table, count in changed.items())
            note(connection, actor=actor, action="scheme.apply", subject="scheme", detail=counts)
    return SchemeApplied(changed)


def _read(name: str) -> dict[str, Any]:
    file = resources.files("cardservice.scheme") / name
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _rules(scheme: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**row, "value": json.dumps(row["value"])} for row in scheme["rules"]]


def _communes(name: str) -> list[dict[str, Any]]:
    file = resources.files("cardservice.scheme") / name
    lines = file.read_text(encoding="utf-8").splitlines()
    return [
        {
            "insee_code": line["insee_code"],
            "name": line["name"],
            "postal_codes": line["postal_codes"].split(),
        }
        for line in csv.DictReader(lines, delimiter=";")
    ]


def _merge(
    connection: Connection, *, table: str, key: tuple[str, ...], rows: list[dict[str, Any]]
) -> int:
    """Inserts or replaces rows of one shape; returns how many were new or different."""
    columns = list(rows[0])
    others = [column for column in columns if column not in key]
    values = ", ".join(
        f"CAST(:{column} AS jsonb)" if column == "value" else f":{column}" for column in columns
    )
    # Names of tables and columns are ours, from the calls above; values are bound.
    statement = text(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE"
        f" SET {', '.join(f'{column} = excluded.{column}' for column in others)}"
        f" WHERE ({', '.join(f'{table}.{column}' for column in others)})"
        f" IS DISTINCT FROM ({', '.join(f'excluded.{column}' for column in others)})"
    )
    return sum(connection.execute(statement, row).rowcount for row in rows)


def _add_fortnights(connection: Connection, school_years: list[dict[str, Any]]) -> int:
    first = min(row["first_day"] for row in school_years)
    until = max(
        max(row["last_day"] for row in school_years),
        paris_today(connection) + timedelta(days=366),
    )
    statement = text(
        "INSERT INTO fortnight (period_key, starts_on, ends_before)"
        " VALUES (:period_key, :starts_on, :ends_before) ON CONFLICT (period_key) DO NOTHING"
    )
    return sum(
        connection.execute(
            statement,
            {
                "period_key": period.period_key,
                "starts_on": period.starts_on,
                "ends_before": period.ends_before,
            },
        ).rowcount
        for period in _fortnights(first, until)
    )


def _fortnights(first: date, until: date) -> list[Fortnight]:
    years = until.year - first.year + 1
    periods = fortnights_from(first, FORTNIGHTS_A_YEAR * years)
    return [period for period in periods if period.starts_on <= until]
