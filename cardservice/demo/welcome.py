"""The table that greets whoever started the demonstration: where to go, and as whom.

The law: calm, complete, ready to be copied; every value is the manifest's. Only a demonstration may
show secrets, and only on the screen of the person who started it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cardservice.demo.fortnights import EXPORTS
from cardservice.demo.words import headings, say
from cardservice.domain.card_code import print_card_code
from cardservice.domain.money import format_euros

_BLUE: Final = "bold #3b6fb6"
_OCHRE: Final = "#c98a1b"
_QUIET: Final = "dim"
_FEW_CARDS: Final = 4


def show_welcome(
    console: Console, manifest: dict[str, Any], *, scheme_name: str, data_dir: Path
) -> None:
    """Prints the table."""
    base_url = str(manifest["base_url"])
    console.print()
    console.print(Rule(Text(say("welcome", "title", scheme=scheme_name), _BLUE), style=_OCHRE))
    console.print(Text(say("welcome", "subtitle"), _QUIET), justify="center")
    _section(console, "addresses", _addresses(base_url, manifest))
    delegates = [user for user in manifest["users"] if "partner" in user]
    youths = [user for user in manifest["users"] if "card_code" in user]
    agents = [user for user in manifest["users"] if "partner" not in user and user not in youths]
    _section(console, "youths", _people(youths))
    _section(console, "delegates", _people(delegates))
    _section(console, "agents", _people(agents))
    _section(console, "cards", _cards(manifest["cards"]))
    _section(console, "terminals", _terminals(manifest["terminals"]))
    codes = "   ".join(str(code) for code in manifest["activation_codes"])
    _section(console, "activation", Text(codes, _OCHRE))
    _section(console, "try", _commands(manifest))
    _section(console, "papers", _papers(data_dir))
    console.print()
    console.print(Text(say("welcome", "stop"), _QUIET))


def _section(console: Console, name: str, content: Any) -> None:
    console.print()
    console.print(Text(say("welcome", name), _BLUE))
    if isinstance(content, Text):
        # Lines that are meant to be copied are never broken by the width of a window.
        for line in content.split():
            console.print(Text("  ") + line, soft_wrap=True)
    else:
        console.print(Padding(content, (0, 0, 0, 2)))


def _addresses(base_url: str, manifest: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, address in (
        ("home", base_url + "/"),
        ("youth_portal", base_url + "/jeune"),
        ("partners", base_url + "/partenaire"),
        ("desk", base_url + "/departement"),
        ("api", base_url + "/api/v1"),
        ("openapi", base_url + "/api/v1/openapi.json"),
        ("mail", str(manifest["mail_dir"])),
    ):
        table.add_row(Text(say("welcome", name), _QUIET), Text(address, overflow="fold"))
    return table


def _people(users: Iterable[dict[str, Any]]) -> Table:
    """Two lines each: the second factor is too long to stand beside the password."""
    table = _table(headings("welcome", "people_columns"))
    for user in users:
        table.add_row(say("roles", user["role"]), user["email"], user["password"])
        second = (
            say("welcome", "totp", secret=user["totp_secret"])
            if user["totp_secret"]
            else say("welcome", "card_of", code=print_card_code(user["card_code"]))
        )
        table.add_row("", Text(second, _QUIET), "")
    return table


def _cards(cards: list[dict[str, Any]]) -> Table:
    """A few full ones, and one of each case."""
    cases: dict[tuple[str, str], dict[str, Any]] = {}
    for card in cards:
        cases.setdefault((card["state"], card["category"]), card)
    few = cards[:_FEW_CARDS]
    table = _table(headings("welcome", "cards_columns"), right=(3, 4))
    for card in [*few, *(card for card in cases.values() if card not in few)]:
        holder = card["beneficiary"]
        table.add_row(
            print_card_code(card["code"]),
            card["pin"],
            f"{holder['first_name']} {holder['last_name']}",
            *(format_euros(cents) for cents in card["wallets"].values()),
            say("card_states", "youth" if card["category"] == "youth" else card["state"]),
        )
    return table


def _terminals(terminals: list[dict[str, Any]]) -> Text:
    """One of each PIN policy, its key on a line of its own."""
    by_policy = {terminal["pin_required"]: terminal for terminal in reversed(terminals)}
    lines = []
    for policy in ("never", "above", "always"):
        terminal = by_policy[policy]
        lines.append(
            say(
                "welcome",
                "terminal",
                partner=terminal["partner"],
                label=terminal["label"],
                pin=say("pin", policy, amount=format_euros(terminal["above_cents"] or 0)),
                wallets=", ".join(say("wallets", wallet) for wallet in terminal["wallets"]),
            )
        )
        lines.append(terminal["key"])
    return Text("\n".join(lines))


def _commands(manifest: dict[str, Any]) -> Text:
    """Ready to paste: who am I, and whose card is this?"""
    base_url = manifest["base_url"]
    key, code = manifest["terminals"][0]["key"], manifest["cards"][0]["code"]
    me = f"curl -s -H 'Authorization: Bearer {key}' {base_url}/api/v1/me"
    identify = (
        f"curl -s -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
        f' -d \'{{"reading":"{code}"}}\' {base_url}/api/v1/identifications'
    )
    return Text(f"{me}\n{identify}")


def _papers(data_dir: Path) -> Text:
    """Where the last fortnight's bank file and bordereaux lie."""
    periods = sorted((data_dir / EXPORTS).glob("*-[AB]"))
    if not periods:
        return Text(say("welcome", "no_papers"), _QUIET)
    files = [*sorted(periods[-1].glob("*.xml")), periods[-1] / "bordereaux"]
    return Text("\n".join(map(str, files)))


def _table(columns: list[str], right: tuple[int, ...] = ()) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style=_QUIET)
    for place, column in enumerate(columns):
        # A code or a key that is cut could not be copied: columns are chosen to fit 80 places.
        table.add_column(column, justify="right" if place in right else "left", no_wrap=True)
    return table
