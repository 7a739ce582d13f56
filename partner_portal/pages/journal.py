"""The journal of a partner (C36): who did what, when and where, for its lead delegate to read.

The law: sentences are the portal's own, keyed by action; names are looked up here and stand in no
stored row. The Département's people are « Département » to a partner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.delegates import names_of
from cardservice.db.queries.partner_journal import (
    WINDOW_DAYS,
    Act,
    JournalPage,
    Place,
    acts_of,
    first_day_of,
)
from cardservice.domain.money import format_euros
from cardservice.domain.short_code import operation_reference
from cardservice.services.acting_delegate import LEAD
from cardservice.services.csv_lines import day_written
from cardservice.webkit.forms import Form, Shown
from partner_portal.portal import PAGES, PREFIX, PartnerVisit, route

_DEPARTMENT: Final = "department"
_PERSON: Final = re.compile("[0-9]{1,18}")
_PLACE: Final = re.compile("([0-9]{1,17})-(journal|operation)-([0-9]{1,18})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """An act in words."""

    at: datetime
    who: str
    what: str
    where: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose acts, of which days, from where on."""

    actor: str | None
    day: date | None
    last_day: date
    after: Place | None

    @property
    def first_day(self) -> date:
        return self.day or self.last_day - timedelta(days=WINDOW_DAYS - 1)


def show(visit: PartnerVisit) -> Response:
    """A page of acts, newest first, of one person or of one day if asked for."""
    partner_id = visit.signed_in.partner_id
    with unit_of_work(visit.office.engine) as connection:
        asked = _asked(visit.query, paris_today(connection))
        names = names_of(connection, partner_id)
        found = acts_of(
            connection,
            partner_id,
            first_day=asked.first_day,
            last_day=asked.last_day,
            actor=asked.actor,
            after=asked.after,
        )
        begins_on = first_day_of(connection, partner_id)
    return visit.page(
        "journal.html",
        form=Shown({name: visit.query.text(name) for name in ("qui", "jour")}),
        people=_people(names),
        lines=[in_words(act, names) for act in found.acts],
        asked=asked,
        older=_older(visit.query, asked, found, begins_on),
    )


def in_words(act: Act, names: dict[int, str]) -> Line:
    """An act as a person reads it; `names` are those of the partner's delegates."""
    sentences: dict[str, str] = PAGES.texts["acts"]
    sentence = sentences.get(act.action, sentences["other"])
    facts: dict[str, str] = {
        "action": act.action,
        "subject": _named(act.subject, act, names),
        "detail": _detail(act),
        "amount": "" if act.amount_cents is None else format_euros(act.amount_cents),
        "wallet": PAGES.texts["wallets"].get(act.wallet, ""),
        "reference": _reference(act),
    }
    where = " · ".join(place for place in (act.outlet_name, act.terminal_label) if place)
    return Line(act.at, _named(act.actor, act, names), sentence.format(**facts), where)


def _reference(act: Act) -> str:
    number = act.number if act.source == "operation" else None
    number = number if act.target_no is None else act.target_no
    return "" if number is None else operation_reference(number)


def _named(subject: str, act: Act, names: dict[int, str]) -> str:
    """A person, a terminal; whoever is neither works at the Département."""
    words = PAGES.texts["journal"]
    kind, _, number = subject.partition(":")
    if kind == "delegate" and number.isascii() and number.isdigit():
        return names.get(int(number)) or str(words["somebody"])
    if kind == "terminal":
        return act.terminal_label or number
    return str(words["department"])


def _detail(act: Act) -> str:
    words: dict[str, str] = PAGES.texts["act_details"]
    return ", ".join(words.get(one, one) for one in (act.detail or "").split(", "))


def _people(names: dict[int, str]) -> list[tuple[str, str]]:
    words = PAGES.texts["journal"]
    return [
        ("", words["everybody"]),
        *((str(delegate_id), name) for delegate_id, name in names.items()),
        (_DEPARTMENT, words["department"]),
    ]


def _asked(query: Form, today: date) -> _Asked:
    """What an address asks for; a part of it that nobody wrote is as if it were not there."""
    person, day = query.text("qui"), day_written(query.text("jour"))
    actor = None
    if person == _DEPARTMENT:
        actor = _DEPARTMENT
    elif _PERSON.fullmatch(person):
        actor = f"delegate:{person}"
    if day is not None and day > today:
        day = today
    until = day_written(query.text("fin"))
    last_day = day or (until if until is not None and until < today else today)
    return _Asked(actor, day, last_day, _place(query.text("apres")))


def _place(written: str) -> Place | None:
    match = _PLACE.fullmatch(written)
    if match is None:
        return None
    return Place(_EPOCH + timedelta(microseconds=int(match[1])), match[2], int(match[3]))


def _older(query: Form, asked: _Asked, found: JournalPage, begins_on: date) -> str | None:
    """The address of the page before this one in time, if there is one."""
    place: dict[str, Any] = {name: query.text(name) for name in ("qui", "jour")}
    if found.next_place is not None:
        passed = (found.next_place.at - _EPOCH) // timedelta(microseconds=1)
        place |= {
            "fin": asked.last_day.isoformat(),
            "apres": f"{passed}-{found.next_place.source}-{found.next_place.number}",
        }
    elif asked.day is None and asked.first_day > begins_on:
        place["fin"] = (asked.first_day - timedelta(days=1)).isoformat()
    else:
        return None
    return f"{PREFIX}/journal?{urlencode({name: text for name, text in place.items() if text})}"


ROUTES: Final = [route("GET", "/journal", show, roles=LEAD)]
