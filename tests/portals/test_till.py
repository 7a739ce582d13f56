"""The till without scripts: a cashier's whole sale as ordinary pages and forms (C52 to C60)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.demo.portraits import draw_portrait
from cardservice.ledger.proofs import prove
from cardservice.services.block_card import block_card
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.set_photo import set_photo
from cardservice.services.suspend_partner import suspend_partner
from tests import makers
from tests.conftest import A_MORNING, Clock, superuser_dsn
from tests.faults.site import until
from tests.portals.conftest import SignedIn
from tests.portals.people import Team, make_team
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.portals.walk import Walk

TILL = "/partenaire/caisse"
SPORT, TUTORING = "sport_culture_leisure", "tutoring"


@pytest.fixture
def visitor(signed_in: SignedIn, team: Team) -> Visitor:
    return signed_in(team.people["cashier"])


@pytest.fixture
def cashier(visitor: Visitor) -> Walk:
    """Stands at the only outlet that is open to them."""
    return Walk(visitor).open(TILL)


def read(walk: Walk, code: str) -> Walk:
    return walk.open(TILL).press("Continuer", code_carte=code)


def amount(walk: Walk, card: makers.HeldCard, euros: str, wallet: str = SPORT) -> Walk:
    """From the card to the sentence that is confirmed."""
    read(walk, card.code).press("Identité vérifiée")
    return walk.press("Vérifier, puis débiter", porte_monnaie=wallet, montant=euros)


def sell(walk: Walk, card: makers.HeldCard, euros: str, wallet: str = SPORT) -> Walk:
    return amount(walk, card, euros, wallet).press("Débiter")


def operations(site: Site, kind: str = "debit") -> list[Any]:
    with unit_of_work(site.office.engine) as connection:
        return list(
            connection.execute(
                text("SELECT * FROM operation WHERE kind = :kind ORDER BY operation_no"),
                {"kind": kind},
            )
        )


def set_ceiling(site: Site, team: Team, cents: int) -> None:
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text("UPDATE delegate SET ceiling_cents = :cents WHERE delegate_id = :id"),
            {"cents": cents, "id": team.people["cashier"].delegate_id},
        )


# -- the sale --------------------------------------------------------------------------------------


def test_a_sale_takes_four_forms_from_the_card_to_the_accepted_debit(
    site: Site, team: Team, cashier: Walk
) -> None:
    card = makers.make_card(site.office)
    cashier.press("Continuer", code_carte=card.code)
    assert cashier.step == "identity" and "Léa M." in cashier.text
    cashier.press("Identité vérifiée")
    assert cashier.step == "amount" and "100,00 €" in cashier.text
    cashier.press("Vérifier, puis débiter", porte_monnaie=SPORT, montant="10,55")
    assert cashier.step == "review"
    cashier.press("Débiter 10,55 € – Sport, culture, loisirs")
    assert cashier.step == "result" and "Débit accepté" in cashier.text
    (debit,) = operations(site)
    assert (debit.outcome, debit.amount_cents, debit.wallet) == ("approved", 1055, SPORT)
    assert debit.actor_id == team.people["cashier"].delegate_id
    assert prove(site.office.engine).ok


def test_the_ribbon_counts_the_day_at_this_till(site: Site, cashier: Walk) -> None:
    card = makers.make_card(site.office)
    sell(cashier, card, "10,55")
    sell(cashier, card, "2", TUTORING)
    assert "Aujourd’hui : 2 débits" in cashier.text and "12,55 €" in cashier.text


def test_a_holder_is_shown_without_family_name_birth_date_or_code(
    site: Site, cashier: Walk
) -> None:
    holder = makers.make_beneficiary(site.office, last_name="Vasseur-Delmas")
    card = makers.make_card(site.office, holder)
    read(cashier, card.code)
    shown = cashier.answer.text
    assert "Léa V." in cashier.text and f"•••• {card.code[-4:]}" in cashier.text
    assert "Vasseur" not in shown and "2013" not in shown and card.code not in shown
    cashier.press("Identité vérifiée")
    assert card.code not in cashier.answer.text


def test_the_photo_has_an_address_that_dies_and_is_shown_again_on_request(
    site: Site, visitor: Visitor, cashier: Walk, clock: Clock
) -> None:
    card = makers.make_card(site.office)
    face = draw_portrait(Random(1))
    set_photo(site.office.engine, site.office.keys, card_name=card.code, image=face, actor="test")
    read(cashier, card.code)
    first = cashier.answer.text.split('src="/api/v1/photos/')[1].split('"')[0]
    assert visitor.http.get(f"/api/v1/photos/{first}").status_code == 200
    clock.set(A_MORNING.replace(minute=2))
    assert visitor.http.get(f"/api/v1/photos/{first}").status_code == 404
    cashier.press("Revoir la photo")
    again = cashier.answer.text.split('src="/api/v1/photos/')[1].split('"')[0]
    assert again != first and visitor.http.get(f"/api/v1/photos/{again}").status_code == 200
    with unit_of_work(site.office.engine) as connection:
        noted = connection.execute(
            text("SELECT count(*) FROM journal WHERE action = 'photo.again'")
        ).scalar_one()
    assert noted == 1


def test_the_whole_balance_is_one_button(site: Site, cashier: Walk) -> None:
    read(cashier, makers.make_card(site.office).code).press("Identité vérifiée")
    cashier.press("Solde entier", porte_monnaie=TUTORING)
    assert cashier.step == "review" and cashier.has("Débiter 50,00 €")


def test_a_single_wallet_is_chosen_alone(site: Site, signed_in: SignedIn) -> None:
    team = make_team(site.office, wallets=TUTORING)
    walk = Walk(signed_in(team.people["cashier"])).open(TILL)
    read(walk, makers.make_card(site.office).code).press("Identité vérifiée")
    walk.press("Vérifier, puis débiter", montant="3.5")
    assert walk.has("Débiter 3,50 € – Soutien scolaire")


@pytest.mark.parametrize("typed", ["", "dix", "10,555", "-3", "0", "0,00", "1000,01", "1e2"])
def test_an_amount_that_cannot_be_is_told_beside_its_field(
    site: Site, cashier: Walk, typed: str
) -> None:
    read(cashier, makers.make_card(site.office).code).press("Identité vérifiée")
    cashier.press("Vérifier, puis débiter", porte_monnaie=SPORT, montant=typed)
    assert cashier.answer.status_code == 422 and cashier.step == "amount"
    assert 'aria-invalid="true"' in cashier.answer.text
    assert not operations(site)


def test_a_wallet_must_be_chosen(site: Site, cashier: Walk) -> None:
    read(cashier, makers.make_card(site.office).code).press("Identité vérifiée")
    cashier.press("Vérifier, puis débiter", montant="10")
    assert cashier.answer.status_code == 422
    assert "Choisissez le porte-monnaie" in cashier.text


# -- readings --------------------------------------------------------------------------------------


def on_french_keys(code: str) -> str:
    """What an American reader types on a French keyboard."""
    return code.translate(str.maketrans("1234567890AQZWM", "&é\"'(-è_çàQAWZ?"))


@pytest.mark.parametrize("as_typed", [
    str.lower, on_french_keys, lambda code: f"]Q1{code}", lambda code: f"$A&{on_french_keys(code)}",
    lambda code: on_french_keys(code).swapcase(),
    lambda code: " ".join((code[:4], code[4:8], code[8:12], code[12:])),
])  # fmt: skip
def test_a_reading_is_understood_as_readers_and_people_type_it(
    site: Site, cashier: Walk, as_typed: Callable[[str], str]
) -> None:
    read(cashier, as_typed(makers.make_card(site.office).code))
    assert cashier.step == "identity", cashier.text


def test_a_reading_is_noted_for_its_holder(site: Site, cashier: Walk) -> None:
    card = makers.make_card(site.office)
    read(cashier, card.code)

    def readings() -> list[Any]:
        with unit_of_work(site.office.engine) as connection:
            return list(
                connection.execute(
                    text("SELECT FROM card_reading WHERE card_id = :id"), {"id": card.card_id}
                )
            )

    # Written every second, off the cashier's road.
    until(lambda: len(readings()) == 1)


def test_nothing_read_is_asked_for_again(cashier: Walk) -> None:
    cashier.press("Continuer", code_carte=" ")
    assert cashier.answer.status_code == 422 and "Scannez ou tapez" in cashier.text


def test_guessing_codes_ends_in_words_and_costs_no_debit(site: Site, cashier: Walk) -> None:
    card = makers.make_card(site.office)
    amount(cashier, card, "10")
    action, fields = cashier.form("Débiter")
    for _ in range(30):
        read(cashier, "ZZZZ ZZZZ ZZZZ ZZ")
    read(cashier, card.code)
    assert cashier.answer.status_code == 429
    assert int(cashier.answer.headers["retry-after"]) > 0
    assert "Trop de lectures" in cashier.text and "Attendez" in cashier.text
    assert "Débit accepté" in cashier.post(action, fields).text


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda o: "AAAA AAAA AAAA AB", "Aucune carte ne correspond"),
        (lambda o: makers.make_card(o, pin=None).code, "pas encore activée"),
        (lambda o: _blocked(o), "en opposition"),
        (lambda o: makers.make_card(o, makers.make_youth(o)).code, "ne permet pas de payer"),
    ],
)
def test_a_card_that_cannot_pay_is_refused_in_its_own_words(
    site: Site, cashier: Walk, make: Callable[[Any], str], words: str
) -> None:
    read(cashier, make(site.office))
    assert words in cashier.text and cashier.step == "ready"
    # The next card can be read at once.
    assert cashier.has("Continuer")


def _blocked(office: Any) -> str:
    card = makers.make_card(office)
    block_card(office.engine, office.keys, card_name=card.code, reason="lost", actor="test")
    return card.code


def test_a_refused_amount_keeps_the_card_and_takes_a_new_id(site: Site, cashier: Walk) -> None:
    card = makers.make_card(site.office)
    sell(cashier, card, "60,00", TUTORING)
    assert cashier.step == "declined" and "il reste 50,00 €" in cashier.text
    cashier.press("Autre montant").press(
        "Vérifier, puis débiter", porte_monnaie=TUTORING, montant="50"
    )
    assert "Débit accepté" in cashier.press("Débiter").text
    assert [one.outcome for one in operations(site)] == ["declined", "approved"]


def test_a_delegate_s_own_ceiling_is_told_as_theirs(site: Site, team: Team, cashier: Walk) -> None:
    set_ceiling(site, team, 2000)
    sell(cashier, makers.make_card(site.office), "20,01")
    assert "Ce plafond est le vôtre : 20,00 €" in cashier.text


def test_an_unchecked_identity_is_refused(site: Site, cashier: Walk) -> None:
    amount(cashier, makers.make_card(site.office), "10")
    action, fields = cashier.form("Débiter")
    cashier.post(action, fields | {"identite": ""})
    assert "identité du jeune doit être vérifiée" in cashier.text


def test_an_identification_that_is_too_old_asks_for_the_card(
    site: Site, cashier: Walk, clock: Clock
) -> None:
    amount(cashier, makers.make_card(site.office), "10")
    clock.set(A_MORNING.replace(minute=9))
    cashier.press("Débiter")
    assert cashier.step == "ready" and "trop ancienne" in cashier.text
    assert not operations(site)


# -- PIN -------------------------------------------------------------------------------------------


@pytest.fixture
def pin_cashier(site: Site, team: Team, cashier: Walk) -> Walk:
    """A till that asks for the PIN above 15 €."""
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text(
                "UPDATE terminal SET pin_required = 'above', above_cents = 1500"
                " WHERE kind = 'web_till'"
            )
        )
    return cashier


def test_the_pin_is_asked_where_it_is_due_and_never_shown_again(
    site: Site, pin_cashier: Walk
) -> None:
    card = makers.make_card(site.office)
    assert "Code PIN" not in amount(pin_cashier, card, "15,00").text
    amount(pin_cashier, card, "15,01")
    assert 'name="code_pin" type="password"' in pin_cashier.answer.text
    pin_cashier.press("Débiter", code_pin="")
    assert pin_cashier.answer.status_code == 422 and not operations(site)
    pin_cashier.press("Débiter", code_pin="7391")
    assert "Il reste deux essais" in pin_cashier.text
    assert "7391" not in pin_cashier.answer.text
    pin_cashier.press("Débiter", code_pin=makers.PIN)
    assert "Débit accepté" in pin_cashier.text
    assert operations(site)[-1].pin_checked


def test_three_wrong_pins_end_in_a_new_sale(site: Site, pin_cashier: Walk) -> None:
    amount(pin_cashier, makers.make_card(site.office), "20")
    for _ in range(3):
        pin_cashier.press("Débiter", code_pin="7391")
    assert "Il est maintenant bloqué" in pin_cashier.text
    assert not pin_cashier.has("Débiter")


# -- twice, lost, unknown --------------------------------------------------------------------------


def test_the_same_form_posted_twice_is_one_debit(site: Site, cashier: Walk) -> None:
    amount(cashier, makers.make_card(site.office), "10,55")
    action, fields = cashier.form("Débiter")
    first = cashier.post(action, fields).text
    assert cashier.post(action, fields).text == first
    assert len(operations(site)) == 1


def test_a_refused_form_posted_twice_tells_the_same_refusal(site: Site, cashier: Walk) -> None:
    amount(cashier, makers.make_card(site.office), "60", TUTORING)
    action, fields = cashier.form("Débiter")
    first = cashier.post(action, fields).text
    assert cashier.post(action, fields).text == first
    assert len(operations(site)) == 1


def test_the_same_id_with_another_amount_shows_what_was_recorded(site: Site, cashier: Walk) -> None:
    amount(cashier, makers.make_card(site.office), "10,55")
    action, fields = cashier.form("Débiter")
    cashier.post(action, fields)
    cashier.post(action, fields | {"montant": "99"})
    assert "Débit accepté" in cashier.text and "10,55 €" in cashier.text
    assert "avec un autre contenu" in cashier.text
    assert len(operations(site)) == 1


def test_an_id_that_never_arrived_is_sent_again_or_cancelled(site: Site, cashier: Walk) -> None:
    amount(cashier, makers.make_card(site.office), "10,55")
    action, fields = cashier.form("Débiter")
    cashier.post(f"{TILL}/operation/{fields['operation']}", fields)
    assert cashier.answer.status_code == 404 and cashier.step == "unknown"
    assert "invalide" not in cashier.text
    resend, again = cashier.form("Renvoyer ce débit")
    assert (resend, again["operation"]) == (action, fields["operation"])
    cashier.press("Renvoyer ce débit")
    assert "Débit accepté" in cashier.text and len(operations(site)) == 1


def test_a_service_that_cannot_tell_says_so_and_keeps_the_sale(site: Site, cashier: Walk) -> None:
    card = makers.make_card(site.office)
    amount(cashier, card, "10,55")
    with psycopg.connect(superuser_dsn(site.office)) as somebody:
        # Longer than the service waits for a lock.
        somebody.execute("SELECT FROM card WHERE card_id = %s FOR UPDATE", [card.card_id])
        cashier.press("Débiter")
        assert cashier.answer.status_code == 503 and cashier.step == "unknown"
        assert "Nous ne savons pas encore si le débit est passé" in cashier.text
        assert "invalide" not in cashier.text
    cashier.press("Demander ce qu’il en est").press("Renvoyer ce débit")
    assert "Débit accepté" in cashier.text and len(operations(site)) == 1


def test_a_debit_cancelled_before_it_came_can_never_pass(site: Site, cashier: Walk) -> None:
    amount(cashier, makers.make_card(site.office), "10,55")
    action, fields = cashier.form("Débiter")
    cashier.post(f"{TILL}/operation/{fields['operation']}", fields).press("Annuler ce débit")
    assert "Rien n’a été débité" in cashier.text
    assert "annulée avant" in cashier.post(action, fields).text
    assert operations(site)[0].outcome == "declined"


def test_no_operation_id_is_no_form_of_ours(site: Site, cashier: Walk) -> None:
    amount(cashier, makers.make_card(site.office), "10,55")
    action, fields = cashier.form("Débiter")
    assert cashier.post(action, fields | {"operation": "1"}).answer.status_code == 400


# -- cancellation and ticket -----------------------------------------------------------------------


def test_a_debit_is_cancelled_once_with_its_reason(site: Site, team: Team, cashier: Walk) -> None:
    sell(cashier, makers.make_card(site.office), "10,55")
    action, fields = cashier.form("Annuler ce débit")
    cashier.post(action, fields | {"motif": "wrong_amount"})
    assert "Débit annulé" in cashier.text and "recréditée de 10,55 €" in cashier.text
    assert cashier.post(action, fields).step == "result"
    (cancelled,) = operations(site, "cancellation")
    assert cancelled.actor_id == team.people["cashier"].delegate_id


def test_yesterday_s_debit_sends_to_a_regularisation(
    site: Site, team: Team, signed_in: SignedIn, clock: Clock
) -> None:
    clock.set(A_MORNING.replace(hour=22, minute=50))
    cashier = Walk(signed_in(team.people["cashier"]))
    sell(cashier, makers.make_card(site.office), "10,55")
    action, fields = cashier.form("Annuler ce débit")
    clock.set(A_MORNING.replace(hour=23, minute=10))
    assert "régularisation" in cashier.post(action, fields).text
    assert not cashier.has("Annuler ce débit")


def test_a_ticket_says_what_it_must_and_is_a_duplicate_the_second_time(
    site: Site, team: Team, cashier: Walk
) -> None:
    card = makers.make_card(site.office)
    sell(cashier, card, "10,55")
    address = f"{TILL}/operation/{operations(site)[0].operation_id}/ticket"
    ticket = cashier.open(address).text
    for words in (
        "DÉBIT", "10,55 €", "Sport, culture, loisirs", f"•••• {card.code[-4:]}", "Sofia B.",
        team.partner.trade_name, "Caisse en ligne", "Identité vérifiée", "Reste 89,45 €",
        "n’est pas une facture", "le jour même", "Exemplaire du bénéficiaire",
    ):  # fmt: skip
        assert words in ticket, words
    assert "DUPLICATA" not in ticket
    assert "DUPLICATA" in cashier.open(address).text


def test_the_partner_s_copy_of_a_ticket_tells_no_balance(site: Site, cashier: Walk) -> None:
    sell(cashier, makers.make_card(site.office), "10,55")
    address = f"{TILL}/operation/{operations(site)[0].operation_id}/ticket?exemplaire=partenaire"
    assert "89,45" not in cashier.open(address).text


def test_a_cancelled_debit_has_a_ticket_of_its_own(site: Site, cashier: Walk) -> None:
    sell(cashier, makers.make_card(site.office), "10,55").press("Annuler ce débit")
    ticket = cashier.open(f"{TILL}/operation/{operations(site)[0].operation_id}/ticket").text
    assert "ANNULATION" in ticket and "Débit annulé" in ticket and "100,00 €" in ticket


# -- who, where ------------------------------------------------------------------------------------


def test_a_lead_chooses_an_outlet_once(site: Site, team: Team, signed_in: SignedIn) -> None:
    lead = Walk(signed_in(team.people["lead"])).open(TILL)
    assert lead.step == "outlet"
    lead.post(*_outlet(lead, team.annex_id))
    assert lead.step == "ready" and "Annexe" in lead.text
    sell(lead, makers.make_card(site.office), "10")
    assert operations(site)[0].outlet_id == team.annex_id


def test_an_outlet_that_is_not_open_to_the_delegate_is_unknown(
    site: Site, team: Team, stranger_team: Team, cashier: Walk
) -> None:
    for outlet_id in (team.annex_id, stranger_team.annex_id, 2**62, 2**80):
        cashier.open(f"{TILL}/point-de-vente")
        answer = cashier.post(*_outlet(cashier, outlet_id)).answer
        assert answer.status_code == 404, outlet_id


def _outlet(walk: Walk, outlet_id: int) -> tuple[str, dict[str, str]]:
    action, fields = f"{TILL}/point-de-vente", dict(walk.forms[0].fields)
    return action, fields | {"point_de_vente": str(outlet_id)}


def test_another_partner_s_debit_looks_like_one_that_never_was(
    site: Site, stranger_team: Team, cashier: Walk, signed_in: SignedIn
) -> None:
    sell(cashier, makers.make_card(site.office), "10")
    operation_id = str(operations(site)[0].operation_id)
    stranger = Walk(signed_in(stranger_team.people["cashier"]))
    foreign = stranger.open(f"{TILL}/operation/{operation_id}")
    assert foreign.answer.status_code == 404
    nowhere = str(uuid4())
    foreign_page = foreign.answer.text.replace(operation_id, nowhere)
    assert foreign_page == stranger.open(f"{TILL}/operation/{nowhere}").answer.text
    assert stranger.open(f"{TILL}/operation/{operation_id}/ticket").answer.status_code == 404


@pytest.mark.parametrize("name", ["accountant", "editor"])
def test_who_does_not_sell_has_no_till(
    site: Site, team: Team, signed_in: SignedIn, name: str
) -> None:
    assert signed_in(team.people[name]).get(TILL).status_code == 403


def test_a_suspended_partner_is_told_before_a_card_is_read(
    site: Site, team: Team, cashier: Walk
) -> None:
    amount(cashier, makers.make_card(site.office), "10")
    action, fields = cashier.form("Débiter")
    suspend_partner(site.office.engine, partner_name=team.partner.siret, actor="test")
    assert cashier.open(TILL).step == "closed" and not cashier.has("Continuer")
    assert cashier.post(action, fields).answer.status_code == 403
    assert not operations(site)


def test_an_agreement_that_is_over_is_told_before_a_card_is_read(
    site: Site, signed_in: SignedIn
) -> None:
    team = make_team(site.office, ends_on="2026-10-31")
    walk = Walk(signed_in(team.people["cashier"])).open(TILL)
    assert walk.step == "closed" and "convention" in walk.text


def test_a_till_that_was_revoked_is_out_of_service(site: Site, team: Team, cashier: Walk) -> None:
    with unit_of_work(site.office.engine) as connection:
        public_id = connection.execute(
            text("SELECT public_id FROM terminal WHERE kind = 'web_till'")
        ).scalar_one()
    amount(cashier, makers.make_card(site.office), "10")
    action, fields = cashier.form("Débiter")
    revoke_terminal(site.office.engine, terminal_id=public_id, actor="test")
    assert "désactivée par le Département" in cashier.post(action, fields).text
    assert "désactivée par le Département" in cashier.open(TILL).text
    assert not operations(site)
