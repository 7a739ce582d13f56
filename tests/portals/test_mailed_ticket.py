"""A ticket that a terminal asks for arrives by real mail, as its holder reads it."""

from __future__ import annotations

from uuid import uuid4

import httpx

from tests import makers
from tests.portals.letterbox import text_of
from tests.portals.site import Site

HOLDER = "ines.ticket@example.org"


def test_the_holder_reads_amount_balance_and_reference_and_no_name(site: Site) -> None:
    terminal, card = makers.make_terminal(site.office), makers.make_card(site.office)
    operation = f"/debits/{uuid4()}"
    with httpx.Client(
        base_url=site.url("/api/v1"), headers={"Authorization": f"Bearer {terminal.key}"}
    ) as till:
        read = till.post("/identifications", json={"reading": card.code}).json()
        sold = till.put(
            operation,
            json={
                "identification": read["identification"],
                "wallet": "sport_culture_leisure",
                "amount_cents": 1055,
                "identity_checked": True,
            },
        ).json()
        assert till.post(f"{operation}/ticket", json={"email": HOLDER}).status_code == 202
    mail = site.letterbox.mail_to(HOLDER)
    words = (
        text_of(mail).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    )
    for said in (
        "DÉBIT de 10,55 €",
        "Reste dans ce porte-monnaie : 89,45 €",
        f"Référence : {sold['reference']}",
        f"•••• {card.code[-4:]}",
        "Identité vérifiée",
        "Ce ticket n’est pas une facture",
    ):
        assert said in words, words
    assert read["holder"]["first_name"] not in words
    assert card.code not in mail.as_string()
