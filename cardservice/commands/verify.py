"""`cjeune verify`: whether a bordereau or a payment list is ours and unchanged (C65).

It works offline, with the public key file alone; without one it takes the key of this instance.
"""

from __future__ import annotations

from pathlib import Path

import click

from cardservice.adapters.keys import load_keys
from cardservice.adapters.paper_key import PublicPaperKey, paper_key, read_public_key
from cardservice.commands.session import (
    done,
    json_option,
    say,
    say_json,
    say_refused,
    with_settings,
)
from cardservice.domain.money import format_euros
from cardservice.domain.refusal import Refused
from cardservice.settings import Settings
from clearing.documents.signed_text import BordereauClaim
from clearing.verify_paper import Given, Verified, verify_papers


@click.command("verify")
@click.argument("things", metavar="FILE|TEXT", nargs=-1)
@click.option(
    "--public-key",
    "key_file",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Check with this key; without FILE: print the key of this instance.",
)
@json_option
@with_settings
def verify(
    settings: Settings, things: tuple[str, ...], key_file: str | None, as_json: bool
) -> None:
    """Check papers (PDF, a scan of one, a CSV with its PDF) or the text of a verification code."""
    if key_file == "-":
        click.echo(_own_key(settings).pem().decode(), nl=False)
        return
    if not things:
        raise click.UsageError(click.get_current_context().get_usage())
    key = _own_key(settings) if key_file is None else _key_in(Path(key_file))
    verified = done(verify_papers([_given(thing) for thing in things], key))
    if as_json:
        say_json(_facts(verified))
        return
    claim = verified.claim
    if isinstance(claim, BordereauClaim):
        say(
            "verify",
            "bordereau",
            number=claim.number,
            period=claim.period_key,
            siret=claim.siret,
            transfer=format_euros(claim.transfer_cents),
        )
    else:
        say(
            "verify",
            "list",
            number=claim.name,
            period=claim.period_key,
            count=claim.transfers,
            total=format_euros(claim.total_cents),
        )
    for name in verified.compared:
        if isinstance(claim, BordereauClaim):
            say("verify", "compared", file=name)
        else:
            total = format_euros(claim.total_cents)
            say("verify", "compared_list", file=name, total=total)
    if not verified.compared:
        say("verify", "code_only")


def _own_key(settings: Settings) -> PublicPaperKey:
    file = settings.secret_file or settings.data_dir / "master.key"
    # Reading must not make an instance: a mistyped folder would verify nothing, with a new key.
    if not file.exists():
        raise say_refused(Refused("public_key_unreadable", {"file": str(file)}))
    return paper_key(load_keys(file)).public


def _key_in(file: Path) -> PublicPaperKey:
    key = read_public_key(file.read_bytes())
    if key is None:
        raise say_refused(Refused("public_key_unreadable", {"file": str(file)}))
    return key


def _given(thing: str) -> Given:
    """A file when there is one of this name, else a text."""
    path = Path(thing)
    is_file = len(thing) < 250 and path.is_file()
    return Given(path.name, path.read_bytes()) if is_file else Given(thing[:40], thing.encode())


def _facts(verified: Verified) -> dict[str, object]:
    claim = verified.claim
    facts: dict[str, object] = {"ok": True, "compared": list(verified.compared)}
    if isinstance(claim, BordereauClaim):
        return facts | {
            "kind": "bordereau",
            "number": claim.number,
            "period": claim.period_key,
            "siret": claim.siret,
            "transfer_cents": claim.transfer_cents,
            "carried_in_cents": claim.carried_in_cents,
            "re_presented_cents": claim.re_presented_cents,
        }
    return facts | {
        "kind": "payment_list",
        "number": claim.name,
        "period": claim.period_key,
        "transfers": claim.transfers,
        "total_cents": claim.total_cents,
    }
