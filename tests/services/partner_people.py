"""A partner's people as the verbs about them need them: who acts, with which code, where."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pyotp
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.totp import totp_secret
from cardservice.services.acting_delegate import ActingDelegate, acting_delegate
from cardservice.services.entrusted import Entrusted
from cardservice.services.web_sessions import session_of
from cardservice.wiring import Office
from tests.portals.people import TOTP_NONCE, Team, open_session

TILL_ONLY = Entrusted("cashier", None, None, None)


def acting(office: Office, team: Team, name: str = "lead") -> ActingDelegate:
    """The person as the pages know them now."""
    with unit_of_work(office.engine) as connection:
        found = acting_delegate(connection, team.people[name].delegate_id)
    assert found is not None, f"{name} may not act"
    return found


def code(office: Office) -> str:
    """What everybody's authenticator shows now; each person may use it once."""
    return pyotp.TOTP(totp_secret(office.keys, TOTP_NONCE)).now()


def rows(office: Office, statement: str, **values: Any) -> list[Any]:
    with unit_of_work(office.engine) as connection:
        return list(connection.execute(text(statement), values).all())


def delegate_row(office: Office, delegate_id: int) -> Any:
    (row,) = rows(office, "SELECT * FROM delegate WHERE delegate_id = :id", id=delegate_id)
    return row


def mails(office: Office, kind: str) -> list[Any]:
    """(recipient, facts) of the mails of a kind that wait."""
    return rows(
        office, "SELECT recipient, facts FROM waiting_mail WHERE kind = :kind ORDER BY 1", kind=kind
    )


def noted(office: Office, partner_id: int) -> list[tuple[str, str, str]]:
    """(actor, action, subject) of a partner's journal, in order."""
    found = rows(
        office,
        "SELECT actor, action, subject FROM journal WHERE partner_id = :id ORDER BY journal_id",
        id=partner_id,
    )
    return [tuple(row) for row in found]


class Browser:
    """A signed-in browser of somebody."""

    def __init__(self, office: Office, team: Team, name: str) -> None:
        self.office = office
        self.secret = open_session(office, team.people[name])

    @property
    def is_signed_in(self) -> bool:
        with unit_of_work(self.office.engine) as connection:
            return session_of(connection, self.secret, realm="partner") is not None


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What acts answer that begin at one instant, in their order."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        start.wait(20)
        answers[place] = act()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers
