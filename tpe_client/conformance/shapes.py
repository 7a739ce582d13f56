"""The shapes of answers, member by member, as design §4 writes them.

The law: exactly these members, of exactly these types; a shape is a function from a value to what
is wrong with it, so that a failure names the member and never prints a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

# (value, where it stands) -> what is wrong, or None
Shape = Callable[[Any, str], str | None]

_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_REFERENCE: Final = re.compile("D[0-9A-HJKMNP-TV-Z]{7,}")
_SEAL: Final = re.compile("[0-9a-f]{64}")


def _that(test: Callable[[Any], bool], wanted: str) -> Shape:
    return lambda value, where: None if test(value) else f"{where} is not {wanted}"


def _written(pattern: re.Pattern[str], wanted: str) -> Shape:
    return _that(lambda v: isinstance(v, str) and pattern.fullmatch(v) is not None, wanted)


TEXT: Final = _that(lambda v: isinstance(v, str) and v.strip() != "", "a text")
INTEGER: Final = _that(lambda v: type(v) is int, "an integer")
CENTS: Final = _that(lambda v: type(v) is int and v >= 0, "an integer of cents from 0 on")
FLAG: Final = _that(lambda v: type(v) is bool, "true or false")
OPERATION_ID: Final = _written(_UUID, "a UUID in lower case")
INSTANT: Final = _written(_INSTANT, "an RFC 3339 instant in UTC with Z")
REFERENCE: Final = _written(_REFERENCE, "a reference (D and at least seven characters)")
SEAL: Final = _written(_SEAL, "a SHA-256 in hexadecimal")
DAY: Final = _that(
    lambda v: isinstance(v, str) and _DAY.fullmatch(v) is not None and _is_a_day(v), "a day"
)


def _is_a_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def only(*values: object) -> Shape:
    """One of a few values."""
    return _that(
        lambda v: any(v == one and type(v) is type(one) for one in values),
        " or ".join(repr(one) for one in values),
    )


def maybe(shape: Shape) -> Shape:
    """The shape, or null."""
    return lambda value, where: None if value is None else shape(value, where)


def each(shape: Shape) -> Shape:
    """A list of it."""

    def judged(value: Any, where: str) -> str | None:
        if not isinstance(value, list):
            return f"{where} is not a list"
        found = (shape(one, f"{where}[{at}]") for at, one in enumerate(value))
        return next((wrong for wrong in found if wrong), None)

    return judged


def members(required: Mapping[str, Shape], **optional: Shape) -> Shape:
    """An object with exactly these members; optional ones may be left out, never null."""

    def judged(value: Any, where: str) -> str | None:
        if not isinstance(value, dict):
            return f"{where} is not an object"
        for name in required:
            if name not in value:
                return f"{where}.{name} is missing"
        for name, found in value.items():
            shape = required.get(name) or optional.get(name)
            if shape is None:
                return f"{where}.{name} is no member of the contract"
            wrong = shape(found, f"{where}.{name}")
            if wrong:
                return wrong
        return None

    return judged


WALLET: Final = only("sport_culture_leisure", "tutoring")
_LAST4: Final = members({"last4": _that(lambda v: isinstance(v, str) and len(v) == 4, "4 letters")})
_PLACE: Final = {
    "partner": members({"name": TEXT}),
    "outlet": members({"name": TEXT, "address": TEXT}),
}
_KIND: Final = only("phone", "box", "reader", "web_till")
_PIN: Final = members({"required": only("always", "above", "never"), "above_cents": maybe(CENTS)})
_TOTALS: Final = each(members({"wallet": WALLET, "count": CENTS, "amount_cents": CENTS}))
SETTINGS: Final = members({"pin": _PIN, "limit_cents": CENTS, "ticket": FLAG})
SUMMED: Final = {"count": CENTS, "amount_cents": CENTS, "wallets": _TOTALS}

RECOGNISED: Final = members(
    {"terminal_id": TEXT, "activation_token": TEXT, "kind": _KIND, **_PLACE}
)
ACTIVATED: Final = members({"terminal_key": TEXT, "terminal_id": TEXT, "settings": SETTINGS})
ME: Final = members(
    {
        "terminal": members({"terminal_id": TEXT, "label": TEXT, "kind": _KIND}),
        **_PLACE,
        "settings": SETTINGS,
        "today": members(SUMMED),
    }
)
IDENTIFIED: Final = members(
    {
        "outcome": only("identified"),
        "identification": TEXT,
        "expires_at": INSTANT,
        "holder": members(
            {
                "first_name": TEXT,
                "last_name_initial": _that(
                    lambda v: isinstance(v, str) and len(v) == 1, "one letter"
                ),
                "age": CENTS,
                "photo_url": maybe(TEXT),
            }
        ),
        "card": members(
            {
                "last4": _that(lambda v: isinstance(v, str) and len(v) == 4, "4 letters"),
                "school_year": INTEGER,
            }
        ),
        "wallets": each(members({"wallet": WALLET, "label": TEXT, "balance_cents": CENTS})),
        "pin": _PIN,
    }
)
_DECLINED: Final = {
    "outcome": only("declined"),
    "code": TEXT,
    "final": FLAG,
    "message": TEXT,
    "next_step": TEXT,
}
NOT_IDENTIFIED: Final = members(_DECLINED)
_AMOUNT: Final = {"wallet": WALLET, "amount_cents": CENTS}
_WHEN: Final = {"accepted_at": INSTANT, "business_day": DAY}
_APPROVED: Final = {
    "outcome": only("approved"),
    "operation_id": OPERATION_ID,
    "reference": REFERENCE,
    **_AMOUNT,
    **_WHEN,
    "card": _LAST4,
    "replayed": FLAG,
}
APPROVED: Final = members({**_APPROVED, "balance_after_cents": CENTS})
_STORED_REFUSAL: Final = {
    **_DECLINED,
    "operation_id": OPERATION_ID,
    "reference": REFERENCE,
    **_AMOUNT,
    **_WHEN,
    "replayed": FLAG,
}
_TRIES: Final = only(0, 1, 2)
DECLINED: Final = members(_STORED_REFUSAL, balance_cents=CENTS, tries_left=_TRIES)
NOT_DECIDED: Final = members(
    {**_DECLINED, "operation_id": OPERATION_ID, **_AMOUNT, "replayed": only(False)}
)
CHECK_APPROVED: Final = members(
    {"outcome": only("approved"), **_AMOUNT, "balance_after_cents": CENTS, "card": _LAST4}
)
CHECK_DECLINED: Final = members({**_DECLINED, **_AMOUNT}, balance_cents=CENTS)
_CANCELLATION: Final = maybe(members({"reference": maybe(REFERENCE), "cancelled_at": INSTANT}))
ASKED_APPROVED: Final = members(
    {**_APPROVED, "balance_after_cents": CENTS, "cancellation": _CANCELLATION}
)
ASKED_DECLINED: Final = members(
    {**_STORED_REFUSAL, "cancellation": _CANCELLATION}, balance_cents=CENTS, tries_left=_TRIES
)
CANCELLED: Final = members(
    {
        "outcome": only("cancelled"),
        "operation_id": OPERATION_ID,
        "reference": REFERENCE,
        "balance_after_cents": CENTS,
        "cancelled_at": INSTANT,
    }
)
TOMBSTONE: Final = members(
    {
        "outcome": only("cancelled"),
        "operation_id": OPERATION_ID,
        "reference": only(None),
        "balance_after_cents": only(None),
        "cancelled_at": INSTANT,
    }
)
NOT_CANCELLED: Final = members({**_DECLINED, "operation_id": OPERATION_ID})
_LISTED_APPROVED: Final = members({**_APPROVED, "cancellation": _CANCELLATION})
_LISTED_DECLINED: Final = members(
    {**_STORED_REFUSAL, "cancellation": _CANCELLATION}, tries_left=_TRIES
)


def listed(value: Any, where: str) -> str | None:
    """A debit in a list: approved or declined, never with a balance."""
    is_approved = isinstance(value, dict) and value.get("outcome") == "approved"
    return (_LISTED_APPROVED if is_approved else _LISTED_DECLINED)(value, where)


DAY_LIST: Final = members({"items": each(listed), "totals": _TOTALS, "next_cursor": maybe(TEXT)})
DAY_CLOSE: Final = members({"business_day": DAY, **SUMMED, "seal": SEAL})
COMPARED: Final = members(
    {
        "matches": FLAG,
        "differences": each(
            members(
                {"field": only("count", "amount_cents"), "terminal": INTEGER, "server": INTEGER}
            )
        ),
    }
)
PROBLEM: Final = members(
    {"type": TEXT, "title": TEXT, "status": INTEGER, "detail": TEXT, "code": TEXT},
    errors=each(members({"field": _that(lambda v: isinstance(v, str), "a text"), "reason": TEXT})),
    operation_id=OPERATION_ID,
)
