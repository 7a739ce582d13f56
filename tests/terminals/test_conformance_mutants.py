"""A server with one rule broken fails the check of that rule: the suite is no rubber stamp."""

from __future__ import annotations

import pytest

from tests.terminals.broken_servers import DEEDS, WORDS, Deed, Misspoken, Word
from tests.terminals.training_site import TrainingSite, opened_training
from tpe_client.conformance.catalogue import ALL
from tpe_client.conformance.runner import FAILED, PASSED, Result, run_checks

_BY_NAME = {check.name: check for check in ALL}


def _result(site: TrainingSite, name: str) -> Result:
    options = frozenset({"--with-budgets", "--with-pin-block"})
    (result,) = run_checks(
        [_BY_NAME[name]], base_url=site.base_url, manifest=site.manifest, options=options
    )
    return result


@pytest.mark.parametrize(("name", "deed"), DEEDS, ids=lambda one: getattr(one, "__name__", one))
def test_what_a_broken_server_does_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, deed: Deed
) -> None:
    with opened_training() as site:
        assert _result(site, name).outcome == PASSED
    deed(monkeypatch)
    with opened_training() as site:
        result = _result(site, name)
    assert result.outcome == FAILED, result.why


@pytest.mark.parametrize(("name", "word"), WORDS, ids=lambda one: getattr(one, "__name__", one))
def test_what_a_broken_server_says_is_noticed(name: str, word: Word) -> None:
    with opened_training(around=lambda app: Misspoken(app, word)) as site:
        result = _result(site, name)
    assert result.outcome == FAILED, result.why


def test_the_broken_servers_are_many() -> None:
    assert len(DEEDS) + len(WORDS) >= 40
