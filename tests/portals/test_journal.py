"""A partner's journal: every act with its sentence, person and day, and nobody else's (C36)."""

from __future__ import annotations

import ast
import re
from datetime import timedelta

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.delegates import names_of
from cardservice.db.queries.journal import note
from cardservice.db.queries.partner_journal import Act, acts_of
from cardservice.services.suspend_partner import suspend_partner
from partner_portal.pages.journal import in_words
from partner_portal.portal import PAGES
from tests.conftest import A_MORNING, Clock
from tests.makers import make_card, make_terminal, verify_partner
from tests.portals.belongings import make_two_sides
from tests.portals.conftest import SignedIn
from tests.portals.people import Team, open_session
from tests.portals.site import Site
from tests.portals.visitor import SESSION_COOKIE, Visitor
from tests.tidy.tree import own_files, parsed, shown

JOURNAL = "/partenaire/journal"


@pytest.fixture
def lead(team: Team, signed_in: SignedIn) -> Visitor:
    return signed_in(team.people["lead"])


def acts(site: Site, partner_id: int, **wanted: object) -> list[Act]:
    with unit_of_work(site.office.engine) as connection:
        today = paris_today(connection)
        return acts_of(
            connection,
            partner_id,
            first_day=today - timedelta(days=30),
            last_day=today,
            limit=1000,
            **wanted,  # type: ignore[arg-type]
        ).acts


def actions_noted_for_partners() -> dict[str, str]:
    """Action -> the file that notes it with a partner."""
    found: dict[str, str] = {}
    for file in own_files(".py", under=("cardservice", "clearing", "partner_portal")):
        constants = _constants(parsed(file))
        for node in ast.walk(parsed(file)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            words = {word.arg: word.value for word in node.keywords}
            is_noted = node.func.id == "note" and "partner_id" in words
            if is_noted or node.func.id == "note_in_spaces":
                for action in _texts(words["action"], constants):
                    found[action] = shown(file)
    return found


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def _texts(node: ast.expr, constants: dict[str, str]) -> list[str]:
    """What an expression may be: a literal, one of two, a constant of the module."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, constants) + _texts(node.orelse, constants)
    if isinstance(node, ast.Name):
        # An argument has no text of its own: whoever hands it over is looked at too.
        return [constants[node.id]] if node.id in constants else []
    return []


def test_every_action_that_is_noted_for_a_partner_has_its_sentence() -> None:
    noted = actions_noted_for_partners()
    assert len(noted) > 20
    missing = {action: file for action, file in noted.items() if action not in PAGES.texts["acts"]}
    assert missing == {}


def test_every_sentence_can_be_filled_in() -> None:
    for action in PAGES.texts["acts"]:
        act = Act(
            A_MORNING, "journal", 1, "delegate:1", action, "terminal:ABC", "role, outlets",
            None, None, "tutoring", 1055, 7,
        )  # fmt: skip
        line = in_words(act, {1: "Sofia Blanc"})
        assert line.who == "Sofia Blanc"
        assert "{" not in line.what and line.what.endswith(".")


def test_an_action_without_a_sentence_is_seen() -> None:
    call = ast.parse('note(c, actor=a, action="new.act" if x else OTHER, partner_id=1)').body[0]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
    (action,) = [word.value for word in call.value.keywords if word.arg == "action"]
    assert _texts(action, {"OTHER": "other.act"}) == ["new.act", "other.act"]


def test_the_departements_acts_are_its_own_and_terminals_go_by_their_label(
    site: Site, team: Team, lead: Visitor
) -> None:
    verify_partner(site.office, team.partner)
    make_terminal(site.office, team.partner, label="Caisse du fond", outlet_name="Boutique")
    suspend_partner(site.office.engine, partner_name=team.partner.siret, actor="command:0")
    page = re.sub(r"\s+", " ", lead.get(JOURNAL).text)
    assert "Structure suspendue" in page and "Département" in page
    assert "Terminal « Caisse du fond » mis en service." in page
    assert "Nouveau compte bancaire vérifié" in page
    assert "agent:" not in page and "command:" not in page


def test_debits_and_cancellations_stand_with_their_amount_and_their_person(
    site: Site, signed_in: SignedIn
) -> None:
    ours, theirs = make_two_sides(site.office)
    lead = signed_in(ours.team.people["lead"])
    page = lead.get(JOURNAL).text
    for action in ("debit.approved", "cancellation.cancelled"):
        for act in acts(site, ours.team.partner.partner_id):
            if act.action == action:
                assert in_words(act, {}).what.split(" –")[0] in page
    assert theirs.team.partner.trade_name not in page


def test_a_partners_journal_holds_nothing_of_another(
    site: Site, team: Team, stranger_team: Team, lead: Visitor
) -> None:
    with unit_of_work(site.office.engine) as connection:
        for one, detail in ((team, "OURS"), (stranger_team, "THEIRS")):
            note(
                connection,
                actor=f"delegate:{one.people['lead'].delegate_id}",
                action="delegate.sign_in",
                subject="delegate:0",
                detail=detail,
                partner_id=one.partner.partner_id,
            )
    page = lead.get(JOURNAL).text
    assert "Connexion depuis OURS." in page and "THEIRS" not in page
    foreign = stranger_team.people["lead"].delegate_id
    assert "THEIRS" not in lead.get(f"{JOURNAL}?qui={foreign}").text


def test_it_is_filtered_by_person_and_by_day(site: Site, team: Team, lead: Visitor) -> None:
    _sign_in(site, team, "cashier", "LUNDI")
    Clock(site.office).set(A_MORNING + timedelta(days=1))
    lead = _again(lead, site, team)
    _sign_in(site, team, "accountant", "MARDI")
    cashier = team.people["cashier"].delegate_id
    assert _seen(lead, "") == {"LUNDI", "MARDI"}
    assert _seen(lead, f"?qui={cashier}") == {"LUNDI"}
    assert _seen(lead, "?qui=department") == set()
    assert _seen(lead, "?jour=2026-11-23") == {"MARDI"}
    assert _seen(lead, "?jour=22/11/2026") == {"LUNDI"}
    assert _seen(lead, f"?qui={cashier}&jour=2026-11-23") == set()


def test_pages_follow_each_other_without_a_gap_and_without_a_twin(
    site: Site, team: Team, lead: Visitor
) -> None:
    for number in range(120):
        _sign_in(site, team, "cashier", f"N{number:03d}")
    seen: list[str] = []
    address = JOURNAL
    for _ in range(3):
        page = lead.get(address).text
        seen += re.findall(r"N\d{3}", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"N{number:03d}" for number in reversed(range(120))]


def test_older_windows_are_reached_until_the_partner_began(
    site: Site, team: Team, lead: Visitor
) -> None:
    _sign_in(site, team, "cashier", "JADIS")
    Clock(site.office).set(A_MORNING + timedelta(days=70))
    lead = _again(lead, site, team)
    address, pages = JOURNAL, 0
    while address:
        page = lead.get(address).text
        pages += 1
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert pages == 3
    assert "JADIS" in page


@pytest.mark.parametrize(
    "query",
    [
        "?qui=x", "?qui=%27%20OR%201=1", "?jour=demain", "?jour=2026-02-31", "?jour=9999-12-31",
        "?jour=1900-01-01", "?fin=1900-01-01", "?fin=9999-12-31", "?apres=x",
        "?apres=99999999999999999-journal-1", "?apres=0-operation-999999999999999999",
    ],
)  # fmt: skip
def test_an_address_that_nobody_wrote_gets_a_page(lead: Visitor, query: str) -> None:
    assert lead.get(JOURNAL + query).status_code == 200


def test_names_are_those_of_everybody_who_ever_acted(site: Site, team: Team) -> None:
    with unit_of_work(site.office.engine) as connection:
        names = names_of(connection, team.partner.partner_id)
    assert names[team.people["day_cashier"].delegate_id] == "Jules Renfort"
    assert len(names) == len(team.people)


def test_a_card_is_never_named_in_it(site: Site, signed_in: SignedIn) -> None:
    ours, _ = make_two_sides(site.office)
    make_card(site.office)
    page = signed_in(ours.team.people["lead"]).get(JOURNAL).text
    assert ours.card.code not in page and ours.card.code[-4:] not in page


def _sign_in(site: Site, team: Team, name: str, detail: str) -> None:
    with unit_of_work(site.office.engine) as connection:
        note(
            connection,
            actor=f"delegate:{team.people[name].delegate_id}",
            action="delegate.sign_in",
            subject=f"delegate:{team.people[name].delegate_id}",
            detail=detail,
            partner_id=team.partner.partner_id,
        )


def _seen(lead: Visitor, query: str) -> set[str]:
    return set(re.findall("LUNDI|MARDI", lead.get(JOURNAL + query).text))


def _again(lead: Visitor, site: Site, team: Team) -> Visitor:
    """The same browser, signed in anew: a session does not outlive the day."""
    lead.http.cookies.set(SESSION_COOKIE, open_session(site.office, team.people["lead"]))
    return lead
