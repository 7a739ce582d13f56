"""Checks of identifications: kind readings, equal answers, photos, and whom they serve."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tpe_client.conformance.bench import Bench, new_id
from tpe_client.conformance.check import check
from tpe_client.conformance.expect import (
    equal,
    has_shape,
    is_declined,
    is_problem,
    same_but,
    status_is,
    true,
)
from tpe_client.conformance.shapes import IDENTIFIED, NOT_DECIDED, NOT_IDENTIFIED

# Well formed, with true check characters, and given to nobody.
UNKNOWN_CODE: Final = "M9S346Q3D25V88"


@check(
    "identification-is-whole",
    "A card that may pay is identified with holder, card, wallets, PIN policy and an end.",
    section="§4 identifications",
)
def identification_is_whole(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    answer = till.read(card.code)
    body = has_shape(answer, IDENTIFIED)
    equal(body["card"]["last4"], card.code[-4:], "card.last4")
    true(card.code not in str(body), "the whole card code is told")
    served = sorted(wallet["wallet"] for wallet in body["wallets"])
    equal(served, sorted(till.terminal.wallets), "the wallets")
    # Against the service's own clock, which in a demonstration is not the machine's.
    sale = till.debit(till.order(card, identification=body["identification"])).json
    lasts = _instant(body["expires_at"]) - _instant(sale["accepted_at"])
    true(240 <= lasts <= 310, f"the identification lasts {lasts:.0f} seconds, not 5 minutes")


@check(
    "readings-are-read-kindly",
    "Spaces, dashes and case are ignored; O reads as 0, I and L as 1.",
    section="§4 identifications",
)
def readings_are_read_kindly(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    code = card.code
    groups = [code[at : at + 4] for at in range(0, len(code), 4)]
    for reading in (
        " ".join(groups),
        "-".join(groups).lower(),
        f"  {code}\r\n",
        code.replace("0", "O").replace("1", "I"),
        code.lower().replace("0", "o").replace("1", "l"),
    ):
        body = has_shape(till.read(reading), IDENTIFIED)
        equal(body["card"]["last4"], code[-4:], "card.last4")


@check(
    "strangers-are-one-answer",
    "Unknown, malformed and foreign codes get the same answer: declined card_unknown.",
    section="§3, §4 identifications",
)
def strangers_are_one_answer(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    swapped = card.code[1] + card.code[0] + card.code[2:]
    if swapped == card.code:
        swapped = card.code[:-1]
    answers = [
        till.read(reading)
        for reading in (UNKNOWN_CODE, swapped, "https://example.org/?c=1", "3017620422003", "é☃")
    ]
    first = is_declined(answers[0], "card_unknown", 200)
    has_shape(answers[0], NOT_IDENTIFIED)
    for answer in answers[1:]:
        same_but(first, is_declined(answer, "card_unknown", 200))


@check(
    "readings-have-a-length",
    "A reading has 1 to 200 characters and is a text; anything else is 422.",
    section="§4 identifications",
)
def readings_have_a_length(bench: Bench) -> None:
    till = bench.till()
    half = till.call("POST", "/identifications", raw=b'{"reading":"\\ud800"}')
    is_problem(half, 422, "malformed_request")
    for body in (
        {"reading": ""},
        {"reading": "7" * 201},
        {"reading": 70},
        {"reading": None},
        {"reading": ["7"]},
        {},
        {"reading": UNKNOWN_CODE, "wallet": "tutoring"},
    ):
        answer = till.call("POST", "/identifications", body=body)
        is_problem(answer, 422, "malformed_request")


@check(
    "cards-say-why-not",
    "A card that may not pay says why at its reading, without operation_id.",
    section="§4 Declined",
)
def cards_say_why_not(bench: Bench) -> None:
    till = bench.till()
    bench.card_where(lambda card: card.refused_reading is not None, "that is refused")
    for card in bench.manifest.cards:
        if card.refused_reading is not None:
            answer = till.read(card.code)
            is_declined(answer, card.refused_reading, 200)
            has_shape(answer, NOT_IDENTIFIED)


@check(
    "only-covered-wallets-are-shown",
    "A partner sees only the wallets that its agreement covers; without one, none.",
    section="§3",
)
def only_covered_wallets_are_shown(bench: Bench) -> None:
    card = bench.card()
    single = bench.till(wallets=1)
    shown = [wallet["wallet"] for wallet in single.identified(card)["wallets"]]
    equal(shown, list(single.terminal.wallets), "the wallets of a single-wallet partner")
    for ended in bench.tills(state="agreement_ended")[:1]:
        equal(ended.identified(card)["wallets"], [], "the wallets without an agreement")


@check(
    "holder-without-wallets-is-identified",
    "A holder without wallets is identified with `wallets: []`, and a debit is declined.",
    section="§4 identifications",
)
def holder_without_wallets_is_identified(bench: Bench) -> None:
    till = bench.till()
    card = bench.card_where(
        lambda card: (
            card.state == "active" and card.category == "youth" and not any(card.wallets.values())
        ),
        "of a holder without wallets",
    )
    body = till.identified(card)
    equal(body["wallets"], [], "wallets")
    order = till.order(card, identification=body["identification"])
    is_declined(till.debit(order), "holder_has_no_wallets", 201)


@check(
    "identification-serves-many",
    "One identification serves any number of debits of its terminal.",
    section="§4 Identifications",
)
def identification_serves_many(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    order = till.order(card)
    for _ in range(3):
        equal(till.debit(order).json.get("outcome"), "approved", "outcome")


@check(
    "identification-is-its-terminals",
    "Another terminal's or a forged identification is declined identification_expired (200), "
    "stores nothing, and the same id may come again.",
    section="§4 Identifications, Operation ids",
)
def identification_is_its_terminals(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    other = bench.till(not_terminal=till.terminal.terminal_id)
    foreign = other.identification(card)
    operation_id = new_id()
    for stale in (foreign, "forged", foreign[:-4] + "AAAA"):
        answer = till.debit(till.order(card, identification=stale), operation_id)
        is_declined(answer, "identification_expired", 200)
        has_shape(answer, NOT_DECIDED)
    is_problem(till.ask(operation_id), 404, "operation_unknown")
    status_is(till.debit(till.order(card), operation_id), 201)


@check(
    "photos-need-their-address",
    "`photo_url` is a same-origin address that needs no key and shows an image; a forged one is "
    "404.",
    section="§4 identifications",
)
def photos_need_their_address(bench: Bench) -> None:
    till = bench.till()
    plain = [card for card in bench.manifest.cards if card.is_plain][:8]
    addresses = [till.identified(card)["holder"]["photo_url"] for card in plain]
    is_problem(bench.call("GET", "/api/v1/photos/forged"), 404, "not_found")
    for address in addresses:
        if address is not None:
            true(address.startswith("/"), "photo_url is not an address of the same origin")
            answer = status_is(bench.call("GET", address), 200)
            true(answer.headers["content-type"].startswith("image/"), "no image is shown")
            forged = address[:-4] + ("AAAA" if not address.endswith("AAAA") else "BBBB")
            is_problem(bench.call("GET", forged), 404, "not_found")
            return


def _instant(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


CHECKS = (
    identification_is_whole,
    readings_are_read_kindly,
    strangers_are_one_answer,
    readings_have_a_length,
    cards_say_why_not,
    only_covered_wallets_are_shown,
    holder_without_wallets_is_identified,
    identification_serves_many,
    identification_is_its_terminals,
    photos_need_their_address,
)
