"""What can be done with a run now, by whoever looks, and why the rest cannot.

The law: this only says which buttons stand on the page; the clearing house decides again, under its
lock, whatever a page showed. One action is the one of the moment; a button that is off says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardservice.db.queries.agents import Agent
from cardservice.db.queries.runs import DeskRun
from clearing.run.papers import PapersProgress
from department_desk.portal import APPROVER, FINANCE, PREPARER


@dataclass(frozen=True, slots=True)
class Action:
    """A button by its name in texts_fr.toml. `why` is the code of the reason that it is off;
    `asks` leads to a page that asks something first."""

    name: str
    path: str
    why: str | None = None
    asks: bool = False
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What the buttons depend on besides the run's state."""

    person: Agent
    controls_hold: bool = True
    changed_an_account: bool = False
    papers: PapersProgress | None = None


def actions_on(run: DeskRun, seen: Situation) -> Sequence[Action]:
    """The action of the moment first; empty when nothing is left to do."""
    if run.state in ("draft", "rejected"):
        return (_submit(seen), _draft(seen, again=True), _cancel(seen))
    if run.state == "submitted":
        return (_approve(run, seen), _reject(seen), _cancel(seen))
    if run.state == "approved":
        return (*_release(seen), _cancel(seen))
    if run.state in ("exported", "accepted"):
        name = "take_answer" if run.state == "exported" else "confirm"
        return (Action(name, "/banque", why=_unless(seen, FINANCE), asks=True, is_main=True),)
    if run.state in ("cancelled", "bank_rejected"):
        return (_draft(seen, again=False),)
    return ()


def _draft(seen: Situation, *, again: bool) -> Action:
    why = _unless(seen, PREPARER)
    return Action("draft_again" if again else "draft", "/preparer", why=why, is_main=not again)


def _submit(seen: Situation) -> Action:
    why = _unless(seen, PREPARER) or (None if seen.controls_hold else "controls")
    return Action("submit", "/soumettre", why=why, is_main=True)


def _approve(run: DeskRun, seen: Situation) -> Action:
    why = _unless(seen, APPROVER)
    if run.submitted_by == seen.person.agent_id:
        why = "same_person"
    elif why is None and seen.changed_an_account:
        why = "changed_an_account"
    return Action("approve", "/valider", why=why, asks=True, is_main=True)


def _reject(seen: Situation) -> Action:
    return Action("reject", "/renvoyer", why=_unless(seen, APPROVER), asks=True)


def _cancel(seen: Situation) -> Action:
    return Action("cancel", "/annuler", why=_unless(seen, FINANCE), asks=True)


def _release(seen: Situation) -> tuple[Action, ...]:
    """The papers first, then the bank file: nothing leaves with a paper missing."""
    role = _unless(seen, FINANCE)
    papers = seen.papers
    if papers is None or papers.is_complete:
        return (Action("export", "/exporter", why=role, asks=True, is_main=True),)
    return (
        Action("export", "/exporter", why=role or "papers", asks=True, is_main=True),
        Action("render", "/documents", why=role),
    )


def _unless(seen: Situation, roles: frozenset[str]) -> str | None:
    """Why somebody of another role may not: the roles that may, as a code."""
    if seen.person.role in roles:
        return None
    return "role_" + ("finance" if roles == FINANCE else next(iter(roles)))
