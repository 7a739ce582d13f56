"""Broken servers: the school with one rule broken, and the check that must notice.

A mutant either changes what the school does (`deeds`, by monkeypatch) or what it says (`words`, on
the way out). Each is one line of the table at the end of its half.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tpe_client.training import activation, counter, days, desk, forms, stub, verdict
from tpe_client.training.books import Books
from tpe_client.training.problems import Refused

Patch = pytest.MonkeyPatch
Deed = Callable[[Patch], None]
Body = dict[str, Any]
# (method, path, status, body) -> (status, body)
Word = Callable[[str, str, int, Body], tuple[int, Body]]


def _replay_moves_money(patch: Patch) -> None:
    take = counter.take

    def again(books: Books, terminal: Any, operation_id: UUID, **more: Any) -> Any:
        known = books.sales.get(operation_id)
        if known is not None and known.card is not None:
            books.balances[known.card.name, known.wallet] -= known.amount_cents
        return take(books, terminal, operation_id, **more)

    patch.setattr(counter, "take", again)


def _replay_costs_a_try(patch: Patch) -> None:
    take = counter.take

    def again(books: Books, terminal: Any, operation_id: UUID, **more: Any) -> Any:
        known = books.sales.get(operation_id)
        if known is not None and known.code == "pin_wrong" and known.card is not None:
            books.tries[known.card.name] += 1
        return take(books, terminal, operation_id, **more)

    patch.setattr(counter, "take", again)


def _unknown_fields(patch: Patch) -> None:
    judged = forms._judged
    patch.setattr(
        forms,
        "_judged",
        lambda form, members: judged(form, {k: v for k, v in members.items() if k in form}),
    )


def _kind_integers(patch: Patch) -> None:
    wrong = forms._wrong

    def kind(rule: Any, value: object) -> str | None:
        if rule["type"] == "integer" and isinstance(value, float) and value.is_integer():
            value = int(value)
        return wrong(rule, value)

    patch.setattr(forms, "_wrong", kind)


def _order(first: str, second: str) -> Deed:
    """`first` is judged before `second`, against the contract."""

    def broken(patch: Patch) -> None:
        names = [name for name in verdict.DECLINES if name != first]
        names.insert(names.index(second), first)
        patch.setattr(verdict, "DECLINES", {name: verdict.DECLINES[name] for name in names})

    return broken


def _overdraft(patch: Patch) -> None:
    stable = verdict.stable_refusal

    def lenient(books: Books, terminal: Any, card: Any, asked: Any) -> str | None:
        found = stable(books, terminal, card, asked)
        if found == "insufficient_balance":
            books.balances[card.name, asked.wallet] = asked.amount_cents
            return None
        return found

    patch.setattr(counter, "stable_refusal", lenient)


def _pin_at_the_limit(patch: Patch) -> None:
    patch.setattr(
        counter,
        "pin_is_due",
        lambda terminal, card, cents: (
            terminal.pin_required == "always"
            or (terminal.pin_required == "above" and cents >= (terminal.above_cents or 0))
        ),
    )


def _right_pin_keeps_the_count(patch: Patch) -> None:
    settle = verdict.settle_pin

    def forgetful(books: Books, card: Any, pin: str | None) -> Any:
        before = books.tries[card.name]
        found = settle(books, card, pin)
        books.tries[card.name] = max(before, books.tries[card.name])
        return found

    patch.setattr(counter, "settle_pin", forgetful)


def _pin_costs_nothing(patch: Patch) -> None:
    patch.setattr(
        counter,
        "settle_pin",
        lambda books, card, pin: (None, None) if pin == card.pin else ("pin_wrong", 2),
    )


def _any_terminals_reading(patch: Patch) -> None:
    patch.setattr(
        counter, "_has_expired", lambda books, terminal, read: books.clock() >= read.expires_at
    )


def _expired_is_stored(patch: Patch) -> None:
    take = counter.take

    def stored(books: Books, terminal: Any, operation_id: UUID, **more: Any) -> Any:
        body, status = take(books, terminal, operation_id, **more)
        if body.get("code") == "identification_expired":
            counter._booked(
                books, terminal, operation_id, asked=more["asked"], card=None,
                code="identification_expired", tries_left=None,
            )  # fmt: skip
        return body, status

    patch.setattr(counter, "take", stored)


def _second_cancellation_pays(patch: Patch) -> None:
    cancel = counter.cancel

    def generous(books: Books, terminal: Any, operation_id: UUID) -> Any:
        sale = books.sales.get(operation_id)
        if operation_id in books.cancellations and sale is not None and sale.card is not None:
            books.balances[sale.card.name, sale.wallet] += sale.amount_cents
        return cancel(books, terminal, operation_id)

    patch.setattr(counter, "cancel", generous)


def _no_tombstone(patch: Patch) -> None:
    cancel = counter.cancel

    def forgetful(books: Books, terminal: Any, operation_id: UUID) -> Any:
        told = cancel(books, terminal, operation_id)
        if operation_id not in books.sales:
            del books.cancellations[operation_id]
        return told

    patch.setattr(counter, "cancel", forgetful)


def _check_takes_money(patch: Patch) -> None:
    check = counter.check

    def greedy(books: Books, terminal: Any, asked: Any, identification: str) -> Any:
        body, status = check(books, terminal, asked, identification)
        read = books.identifications.read(identification)
        if body["outcome"] == "approved" and read is not None:
            books.balances[read.card.name, asked.wallet] -= asked.amount_cents
        return body, status

    patch.setattr(counter, "check", greedy)


def _revoked_may_call(patch: Patch) -> None:
    terminal_of = desk.terminal_of

    def lenient(request: Any) -> Any:
        try:
            return terminal_of(request)
        except Refused as refused:
            if refused.code != "terminal_revoked":
                raise
            key = request.headers["authorization"].partition(" ")[2]
            return desk.books_of(request).terminals[key]

    patch.setattr(stub, "terminal_of", lenient)


def _ids_are_case_sensitive(patch: Patch) -> None:
    uuid_in = forms.uuid_in

    def sensitive(text: str) -> UUID:
        found = uuid_in(text)
        return found if text == text.lower() else uuid5(found, text)

    patch.setattr(stub, "uuid_in", sensitive)


def _activation_serves_twice(patch: Patch) -> None:
    confirm = activation.confirm

    def generous(books: Books, token: str, **more: Any) -> Any:
        told = confirm(books, token, **more)
        books.used_activations.clear()
        return told

    patch.setattr(activation, "confirm", generous)


def _set(owner: object, name: str, value: object) -> Deed:
    return lambda patch: patch.setattr(owner, name, value)


DEEDS: list[tuple[str, Deed]] = [
    ("replay-gives-the-stored-answer", _replay_moves_money),
    ("replays-cost-no-try", _replay_costs_a_try),
    ("debit-form-is-strict", _unknown_fields),
    ("debit-form-is-strict", _kind_integers),
    ("limit-comes-before-the-balance", _order("insufficient_balance", "identity_not_checked")),
    ("identity-comes-before-the-limit", _order("amount_above_terminal_limit", "card_unknown")),
    ("uncovered-wallets-are-declined", _order("identity_not_checked", "card_unknown")),
    ("no-wallets-come-before-the-agreement", _order("agreement_not_in_force", "card_unknown")),
    ("debit-never-exceeds-the-balance", _overdraft),
    ("rivals-never-overdraw", _overdraft),
    ("pin-is-due-strictly-above", _pin_at_the_limit),
    ("wrong-pins-are-counted", _right_pin_keeps_the_count),
    ("third-wrong-pin-blocks", _pin_costs_nothing),
    ("identification-is-its-terminals", _any_terminals_reading),
    ("identification-is-its-terminals", _expired_is_stored),
    ("cancellation-gives-back-once", _second_cancellation_pays),
    ("tombstone-stops-the-late-debit", _no_tombstone),
    ("check-writes-nothing", _check_takes_money),
    ("revoked-key-is-told", _revoked_may_call),
    ("debit-asked-for-is-the-same", _ids_are_case_sensitive),
    ("activation-gives-a-key-once", _activation_serves_twice),
    ("other-content-is-409", _set(counter, "_is_same", lambda *_: True)),
    ("other-partners-ids-are-hidden", _set(
        counter, "_own_sale", lambda books, _terminal, operation_id: books.sales.get(operation_id)
    )),
    ("suspended-partners-may-look", _set(counter, "_assert_not_suspended", lambda _: None)),
    ("guessing-has-a-budget", _set(counter, "seconds_to_wait", lambda *_: 0)),
    ("open-days-have-no-close", _set(days, "_assert_closed", lambda *_: None)),
    ("big-bodies-are-refused", _set(desk, "MOST_BODY_BYTES", 10**9)),
]  # fmt: skip


def _is_debit(method: str, path: str) -> bool:
    return method == "PUT" and path.count("/") == 4


def _approved_without(name: str) -> Word:
    def broken(method: str, path: str, status: int, body: Body) -> tuple[int, Body]:
        if _is_debit(method, path):
            body.pop(name, None)
        return status, body

    return broken


def _approved_with(name: str, value: object) -> Word:
    def broken(method: str, path: str, status: int, body: Body) -> tuple[int, Body]:
        if _is_debit(method, path) and body.get("outcome") == "approved":
            body[name] = value
        return status, body

    return broken


def _status(before: int, after: int, *, of: str) -> Word:
    def broken(method: str, path: str, status: int, body: Body) -> tuple[int, Body]:
        return (after if status == before and f"{method} {path}".startswith(of) else status), body

    return broken


def _offset_instants(_m: str, _p: str, status: int, body: Body) -> tuple[int, Body]:
    if "accepted_at" in body:
        body["accepted_at"] = body["accepted_at"].replace("Z", "+00:00")
    return status, body


def _balance_in_the_list(method: str, path: str, status: int, body: Body) -> tuple[int, Body]:
    for item in body.get("items", []):
        item["balance_after_cents"] = 5
    return status, body


def _oldest_first(method: str, path: str, status: int, body: Body) -> tuple[int, Body]:
    if "items" in body:
        body["items"].reverse()
    return status, body


def _no_next_page(_m: str, _p: str, status: int, body: Body) -> tuple[int, Body]:
    if "next_cursor" in body:
        body["next_cursor"] = None
    return status, body


def _whole_code(_m: str, _p: str, status: int, body: Body) -> tuple[int, Body]:
    if body.get("outcome") == "identified":
        body["holder"]["first_name"] = "EC01E0000001C0"
    return status, body


def _chatty_unknown(_m: str, path: str, status: int, body: Body) -> tuple[int, Body]:
    _chatty_unknown.count += 1  # type: ignore[attr-defined]
    if body.get("code") == "card_unknown":
        body["message"] += f" ({_chatty_unknown.count})."  # type: ignore[attr-defined]
    return status, body


_chatty_unknown.count = 0  # type: ignore[attr-defined]


def _always_matches(_m: str, path: str, status: int, body: Body) -> tuple[int, Body]:
    return status, {"matches": True, "differences": []} if "matches" in body else body


def _problem_without_code(_m: str, _p: str, status: int, body: Body) -> tuple[int, Body]:
    if status >= 400:
        body.pop("code", None)
    return status, body


def _form_before_key(method: str, path: str, status: int, body: Body) -> tuple[int, Body]:
    if path.endswith("not-a-uuid"):
        return 422, {**body, "code": "malformed_request", "status": 422}
    return status, body


def _totals_of_the_page(_m: str, _p: str, status: int, body: Body) -> tuple[int, Body]:
    for total in body.get("totals", []):
        total["count"], total["amount_cents"] = 1, 101
    return status, body


WORDS: list[tuple[str, Word]] = [
    ("debit-moves-money-once", _status(201, 200, of="PUT /api/v1/debits")),
    ("debit-moves-money-once", _approved_without("business_day")),
    ("debit-moves-money-once", _approved_without("balance_after_cents")),
    ("debit-moves-money-once", _approved_with("amount_cents", "101")),
    ("debit-moves-money-once", _approved_with("holder", "Inès")),
    ("debit-has-its-day", _offset_instants),
    ("debit-has-its-day", _approved_with("business_day", "2020-01-01")),
    ("replay-gives-the-stored-answer", _approved_with("replayed", False)),
    ("replay-gives-the-stored-answer", _status(200, 201, of="PUT /api/v1/debits")),
    ("refusals-are-final-for-their-id", _status(201, 200, of="PUT /api/v1/debits")),
    ("cancellation-gives-back-once", _status(200, 201, of="PUT /api/v1/debits")),
    ("day-list-is-newest-first", _balance_in_the_list),
    ("day-list-is-newest-first", _oldest_first),
    ("pages-join-without-gaps", _no_next_page),
    ("totals-count-what-stands", _totals_of_the_page),
    ("identification-is-whole", _whole_code),
    ("strangers-are-one-answer", _chatty_unknown),
    ("comparisons-name-what-differs", _always_matches),
    ("problem-is-rfc-9457", _problem_without_code),
    ("key-comes-before-form", _form_before_key),
    ("key-is-needed", _status(401, 403, of="GET /api/v1/me")),
    ("openapi-is-served", _status(200, 401, of="GET /api/v1/openapi.json")),
]


class Misspoken:
    """Changes JSON answers on their way out."""

    def __init__(self, app: ASGIApp, word: Word) -> None:
        self._app = app
        self._word = word

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            try:
                body = json.loads(message["body"])
            except ValueError:
                await send(start)
                await send(message)
                return
            status, body = self._word(scope["method"], scope["path"], start["status"], body)
            told = json.dumps(body).encode()
            headers = [(n, v) for n, v in start["headers"] if n != b"content-length"]
            headers.append((b"content-length", str(len(told)).encode()))
            await send({**start, "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": told})

        await self._app(scope, receive, changed)
