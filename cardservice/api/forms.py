"""What terminals may send: one strict form per call (design §4).

The law: anything else is 422 `malformed_request`. Amounts are JSON integers of euro cents.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cardservice.api.wire import Form

Wallet = Literal["sport_culture_leisure", "tutoring"]
CancellationReason = Literal[
    "mistake", "wrong_amount", "wrong_wallet", "holder_changed_mind", "other"
]
MOST_CENTS = 100_000

AmountCents = Annotated[
    int, Field(ge=1, le=MOST_CENTS, description="Euro cents, as a JSON integer.")
]
# [0-9]: \d would also take Arabic digits.
Pin = Annotated[str, Field(pattern="^[0-9]{4}$", description="Four digits, as a string.")]


class ReadingForm(Form):
    """A card as it was read: the text of its QR code, or its typed code."""

    reading: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="Spaces, dashes and case are ignored; O reads as 0, I and L as 1.",
        ),
    ]


class CheckForm(Form):
    """A debit to be judged without being taken: it never carries a PIN."""

    identification: Annotated[str, Field(description="From `POST /identifications`.")]
    wallet: Annotated[Wallet, Field(description="One that the identification lists.")]
    amount_cents: AmountCents
    identity_checked: Annotated[
        bool, Field(description="The cashier has compared photo and first name with the person.")
    ]


class DebitForm(CheckForm):
    """A debit. `pin` is ignored where the terminal's policy does not ask for it."""

    pin: Pin | None = None


class CancellationForm(Form):
    """A whole debit is cancelled, never a part of it."""

    reason: Annotated[
        CancellationReason | None, Field(description="For the partner's own list.")
    ] = None


class TicketForm(Form):
    """Where the holder wants the ticket: an address for this mail, kept no longer than it."""

    email: Annotated[str, Field(min_length=3, max_length=254, description="A mail address.")]


class DayFiguresForm(Form):
    """The terminal's own figures of a business day, net of cancellations."""

    count: Annotated[
        int, Field(ge=0, le=10**9, description="Approved debits that were not cancelled.")
    ]
    amount_cents: Annotated[int, Field(ge=0, le=10**15, description="Their sum in euro cents.")]


class ActivationForm(Form):
    """The code that the partner's lead delegate was given for this terminal."""

    activation_code: Annotated[
        str,
        Field(min_length=1, max_length=100, description="Spaces, dashes and case are ignored."),
    ]


class ConfirmationForm(Form):
    """The token of step 1, and how the shop calls this terminal."""

    activation_token: Annotated[
        str, Field(min_length=1, max_length=500, description="From step 1, for 10 minutes.")
    ]
    label: Annotated[
        str,
        Field(min_length=1, max_length=60, description="Visible characters; shown on tickets."),
    ]
