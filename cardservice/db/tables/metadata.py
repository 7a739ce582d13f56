"""The one registry of tables, and the few column shapes that every room shares."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, MetaData

from cardservice.domain.operation import WALLETS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identity(name: str) -> Column[int]:
    """A surrogate key: what the ledger knows of a person, an outlet or a card."""
    return Column(name, BigInteger, Identity(always=True), primary_key=True)


def instant(name: str, **options: Any) -> Column[Any]:
    """An aware UTC instant."""
    return Column(name, DateTime(timezone=True), **options)


def one_of(column: str, values: tuple[str, ...], name: str | None = None) -> CheckConstraint:
    """A column that holds one of a few words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or f"{column}_known")


def wallet_known(column: str = "wallet") -> CheckConstraint:
    """A column that names a wallet."""
    return one_of(column, WALLETS)
