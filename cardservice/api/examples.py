"""An example of every answer, made by the very functions that answer.

The law: no example is typed by hand where a function can render it, so that the document cannot say
what the service does not. Only the facts are made up.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cardservice.api import answers
from cardservice.api.problems import problem_body
from cardservice.api.sentences import wallet_label
from cardservice.domain.codes import CANCELLATION_DECLINES, DECLINE_ORDER
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.services.cancel_debit import CancellationAnswer
from cardservice.services.check_debit import DebitVerdict
from cardservice.services.show_day_close import DayClosed, WalletClosed

OPERATION_ID: Final = UUID("01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88")
WALLET: Final = "sport_culture_leisure"
_AT: Final = datetime(2026, 11, 22, 13, 32, 7, 214_530, tzinfo=UTC)
_DAY: Final = date(2026, 11, 22)
_SETTINGS: Final = answers.settings_body(
    pin_required="above", above_cents=2000, limit_cents=10000, ticket=True
)
_IDENTIFICATION: Final = "AQAAAAAAABvRAAAAAAAAE4gAAAAAAAAAKgAGRrZ4sQ8gAV3mXk1dC0yqk9h2Yw7uRtI"
_PLACE: Final = {
    "partner": {"name": "Librairie du Cours"},
    "outlet": {"name": "Boutique", "address": "3 cours Mirabeau, 13100 Aix-en-Provence"},
}
_TERMINAL_ID: Final = "7K2M9QXR"

# A code of the catalogue that never ends a debit's row: nothing is stored for it.
_NOT_STORED: Final = "identification_expired"
# What a reading can be declined for.
READING_DECLINES: Final = (
    "card_unknown",
    "card_not_activated",
    "card_blocked",
    "card_paused",
    "screen_code_expired",
    "card_replaced",
    "card_obsolete",
    "school_year_not_started",
    "school_year_over",
)
# What a verdict can be, when nothing is stored and no PIN is tried.
CHECK_DECLINES: Final = tuple(
    code
    for code in DECLINE_ORDER
    if code not in ("operation_cancelled", "card_unknown", "pin_wrong")
)

debit_form: Final = {
    "identification": _IDENTIFICATION,
    "wallet": WALLET,
    "amount_cents": 1055,
    "identity_checked": True,
}


def debit_approved(*, replayed: bool = False) -> dict[str, Any]:
    """A debit of 10,55 €."""
    return answers.debit_body(_stored(), replayed=replayed)


def debit_declines(*, replayed: bool = False) -> dict[str, dict[str, Any]]:
    """One refused debit per code. A card is known by the time of its debit."""
    declined = {
        code: answers.debit_body(_stored(code), replayed=replayed)
        for code in DECLINE_ORDER
        if code not in (_NOT_STORED, "card_unknown")
    }
    if not replayed:
        declined[_NOT_STORED] = answers.expired_debit_body(
            OPERATION_ID, wallet=WALLET, amount_cents=1055
        )
    return declined


def stored_debits() -> dict[str, dict[str, Any]]:
    """What asking for a debit says."""
    approved = debit_approved(replayed=True)
    declined = debit_declines(replayed=True)["insufficient_balance"]
    return {
        "approved": {**approved, "cancellation": None},
        "cancelled_since": {**approved, "cancellation": _cancellation()},
        "declined": {**declined, "cancellation": None},
    }


def day_list() -> dict[str, Any]:
    """A page with a sale, a refusal, and a sale that was cancelled."""
    sale = answers.debit_body(_stored(), replayed=True, with_balance=False)
    refusal = answers.debit_body(_stored("insufficient_balance"), replayed=True, with_balance=False)
    return {
        "items": [
            {**refusal, "cancellation": None},
            {**sale, "cancellation": None},
            {**sale, "cancellation": _cancellation()},
        ],
        "totals": [{"wallet": WALLET, "count": 1, "amount_cents": 1055}],
        "next_cursor": None,
    }


def checks() -> dict[str, dict[str, Any]]:
    """The verdicts a check can give."""
    found = {
        "approved": answers.checked_body(DebitVerdict(None, WALLET, 1055, 4500, "7QXR")),
    }
    for code in CHECK_DECLINES:
        balance_cents = 830 if code == "insufficient_balance" else None
        found[code] = answers.checked_body(DebitVerdict(code, WALLET, 1055, balance_cents, "7QXR"))
    return found


def cancellations() -> dict[str, dict[str, Any]]:
    """Cancelled, a tombstone, and what is refused."""
    found = {
        "cancelled": answers.cancellation_body(_cancelled(balance_cents=4500)),
        "tombstone": answers.cancellation_body(_cancelled(balance_cents=None)),
    }
    for code in CANCELLATION_DECLINES:
        found[code] = answers.declined_body(code, operation_id=OPERATION_ID)
    return found


def identifications() -> dict[str, dict[str, Any]]:
    """A card that may pay, a youth without wallets, and every refusal."""
    identified = {
        "outcome": "identified",
        "identification": _IDENTIFICATION,
        "expires_at": answers.utc(_AT + timedelta(minutes=5)),
        "holder": {
            "first_name": "Inès",
            "last_name_initial": "B",
            "age": 13,
            "photo_url": "/api/v1/photos/AAAAAAAAE4gABka2c5u9QNMGgkTkVXRhrnLfRkqG8Wk",
        },
        "card": {"last4": "7QXR", "school_year": 2026},
        "wallets": [
            {
                "wallet": wallet,
                "label": wallet_label(wallet),
                "balance_cents": balance_cents,
            }
            for wallet, balance_cents in ((WALLET, 5555), ("tutoring", 5000))
        ],
        "pin": answers.pin_policy("above", 2000),
    }
    without_wallets = {
        **identified,
        "holder": {"first_name": "Tom", "last_name_initial": "R", "age": 19, "photo_url": None},
        "wallets": [],
        "pin": answers.pin_policy("never", None),
    }
    declined = {code: answers.declined_body(code) for code in READING_DECLINES}
    return {"identified": identified, "without_wallets": without_wallets, **declined}


def me() -> dict[str, Any]:
    """A terminal with one sale today."""
    return {
        "terminal": {"terminal_id": _TERMINAL_ID, "label": "Caisse 1", "kind": "phone"},
        **_PLACE,
        "settings": _SETTINGS,
        "today": answers.summed([{"wallet": WALLET, "count": 1, "amount_cents": 1055}]),
    }


def activation_recognised() -> dict[str, Any]:
    """Step 1."""
    return {
        "terminal_id": _TERMINAL_ID,
        "activation_token": "AR7sQm2vT8cX0bN5yJ4kLw9dPfGhZaUeIoKi3xVtRqSjMnBpCyDlEzFw",
        "kind": "phone",
        **_PLACE,
    }


def activation_done() -> dict[str, Any]:
    """Step 2."""
    return {
        "terminal_key": "ck_made-up-and-longer-than-this-in-truth",
        "terminal_id": _TERMINAL_ID,
        "settings": _SETTINGS,
    }


def day_close() -> dict[str, Any]:
    """A sealed day with one sale."""
    return answers.day_close_body(
        DayClosed(_DAY, 1, 1055, (WalletClosed(WALLET, 1, 1055),), bytes(range(32)))
    )


def day_comparisons() -> dict[str, dict[str, Any]]:
    """Figures that agree, and figures that do not."""
    return {
        "matches": {"matches": True, "differences": []},
        "differs": {
            "matches": False,
            "differences": [
                {"field": "count", "terminal": 2, "server": 1},
                {"field": "amount_cents", "terminal": 1555, "server": 1055},
            ],
        },
    }


def problem_example(code: str) -> dict[str, Any]:
    """The problem of a code, with the members it comes with."""
    members: dict[str, Any] = {}
    if code == "malformed_request":
        members["errors"] = [{"field": "amount_cents", "reason": "int_type"}]
    elif code == "unavailable":
        members["operation_id"] = str(OPERATION_ID)
    return problem_body(code, **members)


def _stored(code: str | None = None) -> DebitAnswer:
    balance_cents = 4500 if code is None else 830 if code == "insufficient_balance" else None
    return DebitAnswer(
        status="recorded",
        operation_no=4711,
        operation_id=OPERATION_ID,
        outcome="approved" if code is None else "declined",
        code=code,
        last4="7QXR",
        wallet=WALLET,
        amount_cents=1055,
        balance_after_cents=balance_cents,
        tries_left=2 if code == "pin_wrong" else None,
        accepted_at=_AT,
        business_day=_DAY,
    )


def _cancelled(*, balance_cents: int | None) -> CancellationAnswer:
    return CancellationAnswer(
        status="recorded",
        operation_no=4712,
        operation_id=OPERATION_ID,
        outcome="cancelled",
        code=None,
        balance_after_cents=balance_cents,
        accepted_at=_AT + timedelta(minutes=2),
        is_tombstone=balance_cents is None,
    )


def _cancellation() -> dict[str, Any]:
    done = answers.cancellation_body(_cancelled(balance_cents=4500))
    return {"reference": done["reference"], "cancelled_at": done["cancelled_at"]}
