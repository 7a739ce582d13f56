"""Every act that a partner's journal keeps has its sentence there: no lead reads a bare code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from partner_portal.portal import PAGES
from tests.portals.belongings import Belongings
from tests.portals.conftest import SignedIn
from tests.portals.matrix import asked
from tests.portals.test_matrix import ask
from tests.tidy.tree import own_files, parsed


def actions_of_partners(tree: ast.Module) -> Iterator[str]:
    """The actions that a module notes for a partner's own journal."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        if not node.func.id.startswith("note") or "action" not in named:
            continue
        value = named["action"]
        is_told = "partner_id" in named or node.func.id == "note_in_spaces"
        if is_told and isinstance(value, ast.Constant):
            yield str(value.value)


def test_every_act_that_is_noted_for_a_partner_has_its_sentence() -> None:
    noted = {
        action
        for file in own_files(".py", under=("cardservice", "partner_portal", "clearing"))
        for action in actions_of_partners(parsed(file))
    }
    assert len(noted) > 15, noted
    assert sorted(noted - PAGES.texts["acts"].keys()) == []


def test_what_a_days_visit_leaves_is_told_in_sentences(
    ours: Belongings, signed_in: SignedIn
) -> None:
    lead = signed_in(ours.team.people["lead"], at=ours.team.partner.outlet_id)
    for route in asked("GET"):
        if "lead" in (route.roles or ()):
            ask(lead, route, route.address(ours), ours)
    page = lead.get("/partenaire/journal").text
    bare = PAGES.texts["acts"]["other"].partition("{")[0]
    assert not re.findall(rf"{re.escape(bare)}[^<]*", page)


def test_an_act_without_a_sentence_is_seen() -> None:
    tree = ast.parse(
        "note(c, action='a.b', partner_id=1)\nnote(c, action='c.d')\n"
        "note_in_spaces(c, 1, action='e.f')\n"
    )
    assert sorted(actions_of_partners(tree)) == ["a.b", "e.f"]
