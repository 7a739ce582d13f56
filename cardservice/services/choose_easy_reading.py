"""Keeps whether a member wants the easy-to-read pages (FALC)."""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work


def choose_easy_reading(engine: Engine, *, member_id: int, wants: bool) -> None:
    """From the next page on, on every device."""
    with unit_of_work(engine) as connection:
        connection.execute(
            text("UPDATE member SET easy_reading = :wants WHERE member_id = :member_id"),
            {"wants": wants, "member_id": member_id},
        )
