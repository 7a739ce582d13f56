"""The terminal API as a document: one entry per call, written from our forms, models and examples.

The law: what stands here is what terminals rely on (design §4). Routes carry their entry;
openapi.py puts the whole together.
"""

from __future__ import annotations

from typing import Final

from cardservice.api import answer_models as said
from cardservice.api import examples, forms
from cardservice.api.contract_entry import (
    entry,
    in_path,
    in_query,
    json_content,
    one_of,
    reference_to,
)

_OPERATION_ID: Final = in_path(
    "operation_id",
    "A UUID (8-4-4-4-12, any case, any version) that the terminal makes and stores before sending.",
    {"type": "string", "format": "uuid"},
    str(examples.OPERATION_ID),
)
_BUSINESS_DAY: Final = in_path(
    "business_day", "A Paris day.", {"type": "string", "format": "date"}, "2026-11-22"
)

ACTIVATE: Final = entry(
    "recogniseActivationCode",
    "Activate a terminal, step 1: is this my place?",
    "Shows whose code it is. It may be repeated until step 2 or until the code expires (24 hours);"
    " the token lives 10 minutes. Needs no key. Wrong, used and expired codes are one answer.",
    form=forms.ActivationForm,
    sent={"code": {"activation_code": "7K2M 9QXR T4B"}},
    answers={
        201: (
            "Whose code it is",
            json_content(
                reference_to(said.ActivationRecognised),
                {"recognised": examples.activation_recognised()},
            ),
        )
    },
    problems=("activation_unknown", "too_many_lookups"),
    with_key=False,
)
CONFIRM: Final = entry(
    "confirmActivation",
    "Activate a terminal, step 2: yes, and the key",
    "Succeeds once; the key is told this once. When the answer is lost: revoke the terminal and"
    " make a new code.",
    form=forms.ConfirmationForm,
    sent={
        "label": {
            "activation_token": examples.activation_recognised()["activation_token"],
            "label": "Caisse 1",
        }
    },
    answers={
        201: (
            "The terminal's key and settings",
            json_content(reference_to(said.ActivationDone), {"done": examples.activation_done()}),
        )
    },
    problems=("activation_unknown", "too_many_lookups"),
    with_key=False,
)
ME: Final = entry(
    "showMe",
    "Who am I?",
    "The terminal, its partner, outlet and settings, and its own sales of the day, net of"
    " cancellations.",
    answers={200: ("The terminal", json_content(reference_to(said.Me), {"me": examples.me()}))},
)
IDENTIFICATION: Final = entry(
    "identifyCard",
    "Identify a card",
    "Reads the text of a QR code or a typed code. The identification serves any number of debits"
    " of this terminal for 5 minutes. A holder or an agreement without wallets is identified with"
    " an empty list. Readings that find no card have budgets per terminal, partner and address."
    " A phone shows 36 characters that change every 30 seconds: each is good for a minute, at the"
    " first terminal that read it; afterwards, and elsewhere, it is `screen_code_expired`.",
    form=forms.ReadingForm,
    sent={
        "typed": {"reading": "7K2M 9QXR T4BC 5D"},
        "scanned": {"reading": "7K2M9QXRT4BC5D"},
        "screen": {"reading": "D17K3M9QXWTB4H1S218000000000000000ZZ"},
    },
    answers={
        200: (
            "Identified, or declined with the reason",
            json_content(
                one_of(said.CardHolderIdentified, said.Declined), examples.identifications()
            ),
        )
    },
    problems=("partner_suspended", "too_many_lookups"),
)
PHOTO: Final = entry(
    "showPhoto",
    "The holder's photo",
    "The address comes with an identification and lives 60 seconds. It needs no key, because an"
    " image of a page cannot present one.",
    parameters=(
        in_path("token", "From `photo_url`.", {"type": "string"}, "AAAAAAAAE4gABka2c5u9QNMG"),
    ),
    answers={
        200: (
            "The photo",
            {"image/jpeg": {"schema": {"type": "string", "contentMediaType": "image/jpeg"}}},
        )
    },
    problems=("not_found",),
    with_key=False,
)
CHECK_DEBIT: Final = entry(
    "checkDebit",
    "Check a debit without taking it",
    "The verdict that the same debit would get now. Writes nothing, tries no PIN: where one is due"
    " the verdict is `pin_required`.",
    form=forms.CheckForm,
    sent={"check": examples.debit_form},
    answers={
        200: (
            "The verdict",
            json_content(one_of(said.CheckApproved, said.CheckDeclined), examples.checks()),
        )
    },
    problems=("partner_suspended",),
)
TAKE_DEBIT: Final = entry(
    "takeDebit",
    "Take a debit",
    "The same id and content (card, wallet, amount) always get the stored answer, refusals"
    " included: send again whenever an answer was lost. A refusal is final for its id. After"
    " `unavailable` or `identification_expired` nothing is stored, and the same id may come again."
    " The first refusal that applies wins, in the order of the examples.",
    parameters=(_OPERATION_ID,),
    form=forms.DebitForm,
    sent={
        "debit": examples.debit_form,
        "with_pin": {**examples.debit_form, "amount_cents": 2550, "pin": "4927"},
    },
    answers={
        201: (
            "Decided now: approved or declined",
            json_content(
                one_of(said.DebitApproved, said.DebitDeclined),
                {
                    "approved": examples.debit_approved(),
                    **{
                        code: body
                        for code, body in examples.debit_declines().items()
                        if code != "identification_expired"
                    },
                },
            ),
        ),
        200: (
            "Decided before (`replayed`), or not decided: `identification_expired`",
            json_content(
                one_of(said.DebitApproved, said.DebitDeclined),
                {
                    "replayed": examples.debit_approved(replayed=True),
                    "replayed_refusal": examples.debit_declines(replayed=True)["card_blocked"],
                    "identification_expired": examples.debit_declines()["identification_expired"],
                },
            ),
        ),
    },
    problems=("partner_suspended", "operation_id_reused"),
)
ASK_DEBIT: Final = entry(
    "askDebit",
    "Ask what became of a debit",
    "The stored answer and its cancellation. Any terminal of the same partner may ask. A 404 is no"
    " proof that nothing will come: send the debit again, or cancel it.",
    parameters=(_OPERATION_ID,),
    answers={
        200: (
            "The stored answer",
            json_content(
                one_of(said.StoredApproved, said.StoredDeclined), examples.stored_debits()
            ),
        )
    },
    problems=("operation_unknown",),
)
CANCEL_DEBIT: Final = entry(
    "cancelDebit",
    "Cancel a debit",
    "Undoes a whole debit on its own business day, once. For an operation never seen it leaves a"
    " tombstone: the late debit is declined `operation_cancelled`. Repeating it is safe.",
    parameters=(_OPERATION_ID,),
    form=forms.CancellationForm,
    sent={"mistake": {"reason": "mistake"}, "without_reason": {}},
    body_required=False,
    answers={
        status: (
            meaning,
            json_content(
                one_of(said.CancellationDone, said.CancellationDeclined),
                examples.cancellations(),
            ),
        )
        for status, meaning in ((201, "Decided now"), (200, "Decided before"))
    },
    problems=("operation_id_reused",),
)
MAIL_TICKET: Final = entry(
    "mailTicket",
    "Mail the ticket of a debit",
    "The holder's copy, with the balance, to an address that the holder gives. For debits that were"
    " approved today, also after their cancellation. Three times per debit, 20 times in 10 minutes"
    " per terminal.",
    parameters=(_OPERATION_ID,),
    form=forms.TicketForm,
    sent={"holder": {"email": "ines@example.org"}},
    answers={
        202: ("On its way", json_content(reference_to(said.TicketSent), {"sent": {"sent": True}}))
    },
    problems=("operation_unknown", "too_many_tickets"),
)
LIST_DEBITS: Final = entry(
    "listDebits",
    "List the debits of a day",
    "The partner's debits, refused ones too, newest first, without balances. Totals count what was"
    " approved and not cancelled, over the whole day.",
    parameters=(
        in_query(
            "business_day",
            "Default: today.",
            {"type": "string", "format": "date"},
            "2026-11-22",
        ),
        in_query(
            "limit",
            "1 to 200.",
            {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
            50,
        ),
        in_query("cursor", "`next_cursor` of the page before.", {"type": "string"}, ""),
    ),
    answers={
        200: ("A page", json_content(reference_to(said.DayList), {"page": examples.day_list()}))
    },
)
DAY_CLOSE: Final = entry(
    "showDayClose",
    "Show a closed day",
    "The partner's figures of a day that was closed and sealed.",
    parameters=(_BUSINESS_DAY,),
    answers={
        200: (
            "The sealed day",
            json_content(reference_to(said.DayClose), {"closed": examples.day_close()}),
        )
    },
    problems=("day_not_closed",),
)
COMPARE_DAY: Final = entry(
    "compareDayClose",
    "Compare a closed day with the terminal's own figures",
    "The terminal sends what its own journal says, net of cancellations.",
    parameters=(_BUSINESS_DAY,),
    form=forms.DayFiguresForm,
    sent={"figures": {"count": 1, "amount_cents": 1055}},
    answers={
        200: (
            "Whether they agree",
            json_content(reference_to(said.DayCompared), examples.day_comparisons()),
        )
    },
    problems=("day_not_closed",),
)
