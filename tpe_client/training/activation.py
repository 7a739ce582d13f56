"""A terminal of the school joins in two steps: is this my place? then yes, and the key (C48).

The law: step 1 changes nothing and may be repeated; step 2 succeeds once; wrong, used and expired
are one answer. Wrong ones have a budget per address.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from tpe_client.training import bodies
from tpe_client.training.books import Books
from tpe_client.training.budgets import record_miss, seconds_to_wait
from tpe_client.training.counter import Told
from tpe_client.training.forms import Malformed
from tpe_client.training.problems import Refused
from tpe_client.training.school import Terminal, folded

TOKEN_FOR: Final = timedelta(minutes=10)


def recognise(books: Books, code: str, *, address: str) -> Told:
    """Step 1: whose code is it?"""
    _assert_may_try(books, address)
    activation = books.school.activations.get(folded(code))
    if activation is None or folded(code) in books.used_activations:
        raise _unknown(books, address)
    until = books.clock() + TOKEN_FOR
    return {
        "terminal_id": activation.terminal_id,
        "activation_token": books.activation_tokens.give((folded(code), until)),
        "kind": activation.kind,
        **bodies.place(activation.partner),
    }, 201


def confirm(books: Books, token: str, *, label: str, address: str) -> Told:
    """Step 2: the key, told once."""
    _assert_may_try(books, address)
    found = books.activation_tokens.read(token)
    if found is None:
        raise _unknown(books, address)
    if not label.strip() or not label.isprintable():
        raise Malformed(("label", "terminal_label_malformed"))
    code, until = found
    if books.clock() >= until or code in books.used_activations:
        raise _unknown(books, address)
    books.used_activations.add(code)
    activation = books.school.activations[code]
    terminal = Terminal(
        terminal_id=activation.terminal_id,
        partner=activation.partner,
        label=label.strip(),
        kind=activation.kind,
        state="active",
        key="ck_school-" + secrets.token_urlsafe(24),
        pin_required=activation.pin_required,
        above_cents=activation.above_cents,
    )
    books.terminals[terminal.key] = terminal
    return {
        "terminal_key": terminal.key,
        "terminal_id": terminal.terminal_id,
        "settings": bodies.settings(terminal),
    }, 201


def _assert_may_try(books: Books, address: str) -> None:
    seconds = seconds_to_wait(books, (("address", f"activation {address}"),))
    if seconds:
        raise Refused("too_many_lookups", retry_after=seconds)


def _unknown(books: Books, address: str) -> Refused:
    record_miss(books, (("address", f"activation {address}"),))
    return Refused("activation_unknown")
