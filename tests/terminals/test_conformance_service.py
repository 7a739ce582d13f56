"""The real service passes the conformance suite, on a county made by its own services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.block_card import block_card
from cardservice.services.pause_card import pause_card
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.terminals.conftest import Service
from tpe_client.conformance.catalogue import ALL
from tpe_client.conformance.manifest import manifest_in
from tpe_client.conformance.runner import FAILED, NOT_RUN, run_checks

EVERYTHING = frozenset({"--with-budgets", "--with-pin-block"})
BOTH = list(makers.BOTH_WALLETS)


def _terminal(office: Office, shop: makers.Shop, **options: Any) -> dict[str, Any]:
    wallets = options.pop("wallets", BOTH)
    state = options.pop("state", "active")
    made = makers.make_terminal(office, shop, **options)
    return {
        "terminal_id": made.public_id,
        "partner": shop.siret,
        "state": state,
        "pin_required": options.get("pin_required", "never"),
        "above_cents": options.get("above_cents"),
        "wallets": wallets,
        "key": made.key,
    }


def _card(office: Office, **options: Any) -> dict[str, Any]:
    state, category = options.pop("state", "active"), options.pop("category", "collegien")
    holder = makers.make_youth(office) if category == "youth" else None
    held = makers.make_card(office, holder, **options)
    full = {wallet: 0 if category == "youth" else 5000 for wallet in BOTH}
    return {
        "code": held.code,
        "pin": makers.PIN,
        "state": state,
        "wallets": full,
        "category": category,
        "serial": held.serial,
    }


def _county(office: Office) -> dict[str, Any]:
    shop = makers.make_partner(office)
    pool = makers.make_partner(office, wallets=BOTH[0])
    ended = makers.make_partner(office, ends_on="2026-06-30")
    suspended = makers.make_partner(office)
    terminals = [
        _terminal(office, shop),
        _terminal(office, shop),
        _terminal(office, shop, pin_required="always"),
        _terminal(office, shop, pin_required="above", above_cents=2000),
        _terminal(office, pool, wallets=BOTH[:1]),
        _terminal(office, pool, wallets=BOTH[:1]),
        _terminal(office, ended, state="agreement_ended"),
        _terminal(office, suspended, state="suspended"),
        _terminal(office, shop, state="revoked"),
    ]
    cards = [_card(office) for _ in range(5)]
    cards += [
        _card(office, state="blocked"),
        _card(office, state="paused"),
        _card(office, state="issued", pin=None),
        _card(office, category="youth"),
    ]
    _become(office, terminals[-1], suspended, cards)
    return {
        "terminals": terminals,
        "cards": cards,
        "activation_codes": [makers.make_terminal_waiting(office, shop).activation_code],
    }


def _become(
    office: Office, revoked: dict[str, Any], suspended: makers.Shop, cards: list[dict[str, Any]]
) -> None:
    """What was made whole becomes what its state says, as an agent would do it."""
    engine, actor = office.engine, "test"
    serial_of = {card["state"]: card["serial"] for card in cards}
    for done in (
        revoke_terminal(engine, terminal_id=revoked["terminal_id"], actor=actor),
        suspend_partner(engine, partner_name=suspended.siret, actor=actor),
        block_card(engine, office.keys, card_name=serial_of["blocked"], reason="lost", actor=actor),
        pause_card(engine, office.keys, card_name=serial_of["paused"], actor=actor),
    ):
        assert not isinstance(done, Refused), done


def test_the_service_passes_the_suite(service: Service, office: Office, clock: Clock) -> None:
    clock.set(A_MORNING - timedelta(days=1))
    county = _county(office)
    manifest = manifest_in(county)
    results = list(
        run_checks(ALL, base_url=service.base_url, manifest=manifest, options=EVERYTHING)
    )
    failed = [(one.check.name, one.why) for one in results if one.outcome == FAILED]
    assert failed == []
    not_run = {one.check.name for one in results if one.outcome == NOT_RUN}
    # One day old: nothing is closed yet, and no card of the service changes at the last moment.
    assert not_run == {
        "cards-refuse-debits",
        "cancellation-ends-with-the-day",
        "closed-days-are-sealed",
        "comparisons-name-what-differs",
    }
    with unit_of_work(office.engine) as connection:
        left = connection.execute(
            text("SELECT count(*) FROM wallet WHERE balance_cents > granted_cents")
        ).scalar_one()
    assert left == 0
