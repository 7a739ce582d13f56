"""Regularisations, accounts to verify and budgets at the desk: what forms do, and what is shown."""

from __future__ import annotations

import re

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.regularisation_inbox import case_of, cases, cases_by_state
from cardservice.services.bank_account import declare_account
from cardservice.services.partners_file import BankFields
from tests import makers
from tests.clearing.story import Fortnight
from tests.portals.desk.agents import PREFIX, Bureau, Officer, hire
from tests.portals.desk.conftest import AtDesk
from tests.portals.desk.inbox import Inbox, make_inbox, rows_of
from tests.portals.visitor import Fields, Visitor

REASON = "Le tarif réduit n’a pas été appliqué"
HOSTILE = '<script>hurle=1</script>" onfocus="hurle=1'


@pytest.fixture
def inbox(story: Fortnight, bureau: Bureau) -> Inbox:
    return make_inbox(story, bureau)


@pytest.fixture
def hotline(at_desk: AtDesk, inbox: Inbox) -> Visitor:
    return at_desk(inbox.bureau["hotline"])


@pytest.fixture
def approver(at_desk: AtDesk, inbox: Inbox) -> Visitor:
    return at_desk(inbox.bureau["finance_approver"])


def case_address(reference: str) -> str:
    return f"{PREFIX}/regularisations/{reference}"


def said(visitor: Visitor, address: str, fields: Fields) -> str:
    """What the page says after a form was taken."""
    answer = visitor.post(address, fields)
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["location"]).text


def refused(visitor: Visitor, address: str, fields: Fields) -> str:
    answer = visitor.post(address, fields)
    assert answer.status_code == 422, answer.status_code
    return answer.text


def given_cents(inbox: Inbox, reference: str) -> int:
    with unit_of_work(inbox.story.office.engine) as connection:
        case = case_of(connection, reference)
    assert case is not None
    return case.given_cents


# -- the questions -------------------------------------------------------------------------------


def test_what_waits_stands_first_and_each_state_is_counted(inbox: Inbox) -> None:
    with unit_of_work(inbox.story.office.engine) as connection:
        found = cases(connection, state=None, limit=10, offset=0)
        counts = cases_by_state(connection)
        only = cases(connection, state="second", limit=10, offset=0)
    assert {case.state for case in found[:2]} == {"open", "second"}
    assert (counts["open"], counts["second"], counts["granted"]) == (1, 1, 0)
    assert [case.reference for case in only] == [inbox.reference]
    assert (only[0].given_cents, only[0].waiting_cents, only[0].left_cents) == (1000, 4500, 500)
    assert only[0].asked_by == "hotline"
    opened = next(case for case in found if case.state == "open")
    assert (opened.asked_by, opened.asked_cents, opened.left_cents) == ("partner", 1200, 3000)
    assert opened.last4 is not None and len(opened.last4) == 4


# -- regularisations -----------------------------------------------------------------------------


def test_a_reference_typed_as_people_write_it_leads_to_its_debit(
    hotline: Visitor, inbox: Inbox
) -> None:
    typed = f" {inbox.reference.lower()} "
    answer = hotline.get(f"{PREFIX}/regularisations", params={"reference": typed})
    assert answer.headers["location"] == case_address(inbox.reference)
    nobodys = hotline.get(f"{PREFIX}/regularisations", params={"reference": "D0000000"})
    assert nobodys.status_code == 200 and "Aucun débit n’a cette référence" in nobodys.text


def test_the_form_begins_with_what_the_partner_says(hotline: Visitor, inbox: Inbox) -> None:
    page = hotline.get(case_address(inbox.open_reference)).text
    assert re.search(r'name="montant"[^>]*value="12,00"', page)
    assert "Tarif réduit" in page and "À traiter" in page


def test_what_is_given_back_answers_the_partner_and_is_asked_for_once(
    hotline: Visitor, inbox: Inbox
) -> None:
    address = f"{case_address(inbox.open_reference)}/demander"
    form = {"montant": "12,00", "motif": "wrong_amount", "piece": "Appel du 17"}
    assert "Le montant est rendu" in said(hotline, address, form)
    assert given_cents(inbox, inbox.open_reference) == 1200
    said(hotline, address, form)
    assert given_cents(inbox, inbox.open_reference) == 1200, "the same wish is one wish"
    said(hotline, address, form | {"autre": "oui"})
    assert given_cents(inbox, inbox.open_reference) == 2400
    assert "Accordée" in hotline.get(case_address(inbox.open_reference)).text


def test_more_than_what_is_left_is_refused_in_the_form(hotline: Visitor, inbox: Inbox) -> None:
    address = f"{case_address(inbox.open_reference)}/demander"
    form = {"montant": "30,01", "motif": "wrong_amount", "piece": HOSTILE}
    page = refused(hotline, address, form)
    assert "Il ne reste pas autant" in page and 'value="30,01"' in page
    assert "<script>hurle" not in page
    for amount in ("", "0", "abc", "-5"):
        assert "Saisissez un montant" in refused(hotline, address, form | {"montant": amount})
    refused(hotline, address, form | {"montant": "1,00", "motif": "because"})
    assert given_cents(inbox, inbox.open_reference) == 0


def test_who_asked_does_not_decide_and_a_second_agent_does_with_a_code(
    hotline: Visitor, at_desk: AtDesk, inbox: Inbox
) -> None:
    address = f"{case_address(inbox.reference)}/{inbox.waiting}/decider"
    own = inbox.bureau["hotline"]
    assert "Vous l’avez demandée" in hotline.get(case_address(inbox.reference)).text
    page = refused(hotline, address, {"decision": "accorder", "code": own.code()})
    assert "une autre personne doit agir" in page

    second: Officer = hire(inbox.story.office, "hotline")
    visitor = at_desk(second)
    assert "Ce n’est pas le code" in refused(
        visitor, address, {"decision": "accorder", "code": "000000"}
    )
    assert given_cents(inbox, inbox.reference) == 1000
    told = said(visitor, address, {"decision": "accorder", "code": second.code()})
    assert "Le montant est rendu" in told
    assert given_cents(inbox, inbox.reference) == 5500
    # Decided: the page that asks leads back, the form is refused.
    assert visitor.get(address).status_code == 303
    second.fresh_codes()
    assert "déjà été décidée" in refused(
        visitor, address, {"decision": "refuser", "code": second.code()}
    )


def test_a_second_agent_turns_it_down(at_desk: AtDesk, inbox: Inbox) -> None:
    second = inbox.bureau["administrator"]
    visitor = at_desk(second)
    address = f"{case_address(inbox.reference)}/{inbox.waiting}/decider"
    nothing = visitor.post(address, {"code": second.code()})
    assert nothing.status_code == 422, "neither button was pressed"
    told = said(visitor, address, {"decision": "refuser", "code": second.code()})
    assert "La régularisation est refusée" in told
    assert given_cents(inbox, inbox.reference) == 1000


def test_a_booked_one_is_undone_with_a_code(hotline: Visitor, inbox: Inbox) -> None:
    address = f"{case_address(inbox.reference)}/{inbox.booked}/annuler"
    own = inbox.bureau["hotline"]
    assert hotline.get(address).status_code == 200
    assert "Ce n’est pas le code" in refused(hotline, address, {"code": "123"})
    assert "est annulée" in said(hotline, address, {"code": own.code()})
    assert given_cents(inbox, inbox.reference) == 0


def test_a_number_of_another_debit_is_unknown(hotline: Visitor, inbox: Inbox) -> None:
    for verb in ("decider", "annuler"):
        address = f"{case_address(inbox.open_reference)}/{inbox.waiting}/{verb}"
        assert hotline.get(address).status_code == 404
        assert hotline.post(address, {"code": "1", "decision": "accorder"}).status_code == 404


def test_a_question_answered_with_no_is_told_to_the_partner_and_once(
    hotline: Visitor, inbox: Inbox
) -> None:
    address = f"{case_address(inbox.open_reference)}/repondre"
    assert "motif de 3 à 500" in refused(
        hotline, address, {"cote": "partner", "reponse_partner": " x "}
    )
    assert "La demande est refusée" in said(
        hotline, address, {"cote": "partner", "reponse_partner": REASON}
    )
    assert "déjà une réponse" in refused(
        hotline, address, {"cote": "partner", "reponse_partner": "Encore non"}
    )
    [file] = rows_of(inbox, "SELECT state, refusal_reason FROM regularisation_file")
    assert (file.state, file.refusal_reason) == ("refused", REASON)
    assert hotline.post(f"{case_address(inbox.reference)}/repondre").status_code == 404


def test_no_page_of_the_hotline_shows_a_name_of_a_youth(hotline: Visitor, inbox: Inbox) -> None:
    people = rows_of(inbox, "SELECT first_name, last_name, ine FROM beneficiary")
    assert people
    for address in (f"{PREFIX}/regularisations", case_address(inbox.open_reference)):
        page = hotline.get(address).text
        assert not [one for one in people if one.last_name in page or one.ine in page]


# -- accounts ------------------------------------------------------------------------------------


def account_address(inbox: Inbox, verb: str = "") -> str:
    return f"{PREFIX}/coordonnees-bancaires/{inbox.account_id}{verb}"


def test_the_list_tells_how_the_names_compare(approver: Visitor, inbox: Inbox) -> None:
    page = approver.get(f"{PREFIX}/coordonnees-bancaires").text
    assert "Non concordant" in page and "MME INCONNUE CLAIRE" in page
    assert makers.IBAN not in page


def test_another_name_takes_evidence_and_a_code(approver: Visitor, inbox: Inbox) -> None:
    own = inbox.bureau["finance_approver"]
    address = account_address(inbox, "/verifier")
    page = refused(approver, address, {"preuve": "", "code": own.code()})
    assert "Dites comment vous avez vérifié" in page
    assert "Ce n’est pas le code" in refused(approver, address, {"preuve": REASON, "code": "1"})
    told = said(approver, address, {"preuve": REASON, "code": own.code()})
    assert "Le compte est vérifié" in told
    [kept] = rows_of(
        inbox,
        "SELECT state, holder_match, match_evidence FROM bank_account WHERE bank_account_id = %s",
        inbox.account_id,
    )
    assert tuple(kept) == ("verified", "different", REASON)
    again = approver.post(address, {"preuve": REASON, "code": own.code()})
    assert again.headers["location"].endswith("dit=iban_gone")


def test_the_whole_number_is_shown_once_asked_for_and_noted(
    approver: Visitor, inbox: Inbox
) -> None:
    grouped = "FR76 3000 4000 0312 3456 7890 143"
    assert grouped not in approver.get(account_address(inbox)).text
    for _ in range(2):
        assert grouped in approver.post(account_address(inbox, "/numero")).text
    noted = rows_of(inbox, "SELECT actor, subject FROM journal WHERE action = 'iban.show'")
    own = inbox.bureau["finance_approver"]
    assert [tuple(one) for one in noted] == [
        (f"agent:{own.agent_id}", f"bank_account:{inbox.account_id}")
    ]


def test_who_declared_an_account_does_not_verify_it_and_nobody_inside_its_hold(
    approver: Visitor, inbox: Inbox
) -> None:
    own = inbox.bureau["finance_approver"]
    partner = inbox.story.partners[0]
    with unit_of_work(inbox.story.office.engine) as connection:
        declare_account(
            connection,
            partner.partner_id,
            BankFields(makers.OTHER_IBAN, partner.trade_name),
            changed_by=f"agent:{own.agent_id}",
        )
    [waiting] = rows_of(
        inbox,
        "SELECT bank_account_id FROM bank_account WHERE partner_id = %s AND state = 'unverified'",
        partner.partner_id,
    )
    address = f"{PREFIX}/coordonnees-bancaires/{waiting.bank_account_id}"
    page = approver.get(address).text
    assert "Vous avez déclaré ce compte" in page and f"{address}/verifier" not in page
    assert "encore 48" in page
    told = refused(approver, f"{address}/verifier", {"code": own.code()})
    assert "une autre personne doit le vérifier" in told


def test_inside_the_hold_the_page_says_until_when(
    approver: Visitor, at_desk: AtDesk, inbox: Inbox
) -> None:
    partner = inbox.story.partners[0]
    with unit_of_work(inbox.story.office.engine) as connection:
        declare_account(
            connection,
            partner.partner_id,
            BankFields(makers.OTHER_IBAN, partner.trade_name),
            changed_by="delegate:1",
        )
    [waiting] = rows_of(
        inbox,
        "SELECT bank_account_id FROM bank_account WHERE partner_id = %s AND state = 'unverified'",
        partner.partner_id,
    )
    address = f"{PREFIX}/coordonnees-bancaires/{waiting.bank_account_id}"
    assert "pourra être vérifié à partir du 19/12/2026 10:00" in approver.get(address).text
    own = inbox.bureau["finance_approver"]
    told = refused(approver, f"{address}/verifier", {"code": own.code()})
    assert "délai de sécurité court encore" in told


def test_an_account_is_refused_with_a_reason(approver: Visitor, inbox: Inbox) -> None:
    address = account_address(inbox, "/refuser")
    assert approver.get(address).status_code == 200
    assert "motif de 3 à 500" in refused(approver, address, {"motif": ""})
    assert "Le compte est refusé" in said(approver, address, {"motif": HOSTILE})
    page = approver.get(f"{PREFIX}/coordonnees-bancaires").text
    assert "Refusé" in page and "<script>hurle" not in page
    assert approver.get(f"{PREFIX}/coordonnees-bancaires/999999999").status_code == 404


# -- budgets -------------------------------------------------------------------------------------

SPORT_2026 = f"{PREFIX}/budgets/2026/sport_culture_leisure"


def test_the_budgets_page_tells_the_figures_and_draws_them(approver: Visitor, inbox: Inbox) -> None:
    page = approver.get(f"{PREFIX}/budgets").text
    assert "250,00\u00a0€" in page, "the ceiling"
    assert "200,00\u00a0€" in page, "two holders were granted 100,00"
    assert page.count('class="plot-spent" points=') == 2
    assert page.count('class="plot-ceiling" x1="0" x2="1000"') == 2
    assert "août 2027" in page


def test_a_budget_is_set_and_stays_in_the_history(approver: Visitor, inbox: Inbox) -> None:
    form = {"montant": "1 000,50", "motif": HOSTILE}
    assert "Le budget est fixé" in said(approver, SPORT_2026, form)
    said(approver, SPORT_2026, form)
    kept = rows_of(
        inbox,
        "SELECT amount_cents FROM wallet_budget WHERE wallet = 'sport_culture_leisure'"
        " ORDER BY wallet_budget_id",
    )
    assert [one.amount_cents for one in kept] == [25_000, 100_050], "posted twice, set once"
    page = approver.get(f"{PREFIX}/budgets?annee=2026").text
    assert "1\u00a0000,50\u00a0€" in page and "<script>hurle" not in page


def test_a_budget_below_what_was_granted_is_confirmed(approver: Visitor, inbox: Inbox) -> None:
    form = {"montant": "199,99", "motif": "Décision modificative n° 2"}
    assert "Cochez la case" in refused(approver, SPORT_2026, form)
    said(approver, SPORT_2026, form | {"confirme": "oui"})
    assert "inférieur aux dotations déjà versées" in approver.get(f"{PREFIX}/budgets").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"montant": "beaucoup", "motif": REASON}, "Saisissez un montant"),
        ({"montant": "1000", "motif": ""}, "motif de 3 à 500"),
        ({"montant": "99999999999,00", "motif": REASON}, "10 milliards"),
    ],
)
def test_what_is_no_budget_is_refused_in_the_form(
    approver: Visitor, inbox: Inbox, form: Fields, sentence: str
) -> None:
    assert sentence in refused(approver, SPORT_2026, form)


@pytest.mark.parametrize(
    "path", ["/budgets?annee=1999", "/budgets/1999/tutoring", "/budgets/2026/culture"]
)
def test_a_year_or_a_wallet_that_is_not_there_is_unknown(
    approver: Visitor, inbox: Inbox, path: str
) -> None:
    assert approver.get(PREFIX + path).status_code == 404


def test_who_prepares_reads_budgets_and_sets_none(at_desk: AtDesk, inbox: Inbox) -> None:
    visitor = at_desk(inbox.bureau["finance_preparer"])
    page = visitor.get(f"{PREFIX}/budgets")
    assert page.status_code == 200 and "Changer le budget" not in page.text
    assert visitor.get(SPORT_2026).status_code == 403
