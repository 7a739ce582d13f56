"""`cjeune cards`: issues cards for the printer and changes the state of one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import click

from cardservice.adapters.qr_image import card_qr
from cardservice.commands.card_files import CardFiles
from cardservice.commands.session import (
    command_actor,
    done,
    json_option,
    progress_shown,
    say,
    say_json,
    with_office,
)
from cardservice.commands.words import sentence
from cardservice.domain.card_code import print_card_code
from cardservice.services.activate_card import activate_card
from cardservice.services.block_card import BLOCK_REASONS, block_card
from cardservice.services.card_state import CardChanged
from cardservice.services.choose_pin import choose_pin
from cardservice.services.issue_cards import LOT, CardsIssued, issue_cards
from cardservice.services.pause_card import pause_card
from cardservice.services.portrait import MAX_MEBIBYTES
from cardservice.services.print_cards import print_cards
from cardservice.services.replace_card import replace_card
from cardservice.services.resume_card import resume_card
from cardservice.services.set_photo import set_photo
from cardservice.wiring import Office

card_argument = click.argument("card_name", metavar="CARD")
out_type = click.Path(file_okay=False, path_type=Path)


@click.group("cards")
def cards() -> None:
    """Cards: CARD is a code, a QR text or a serial such as C26-000123."""


@cards.command("issue")
@click.option("--school-year", type=int, required=True, help="2026 for 2026-2027.")
@click.option("--out", "folder", type=out_type, required=True, help="Where sheets are written.")
@click.option("--ine", help="Only the card of this person.")
@json_option
@with_office
def issue(office: Office, school_year: int, folder: Path, ine: str | None, as_json: bool) -> None:
    """Issue a card to everybody of a school year who has none, a sheet per thousand cards."""
    files: list[Path] = []
    count = 0
    with progress_shown("cards") as progress:
        waiting = 1
        while waiting:
            lot, written = _issue_lot(
                office,
                school_year,
                folder,
                ine=ine,
                before=count,
                progress=progress,
            )
            count, waiting = count + len(lot.cards), lot.waiting if ine is None else 0
            files += written
    if as_json:
        say_json({"issued": count, "files": files})
        return
    say("cards", "issued", count=count) if count else say("cards", "none")
    for file in files:
        say("cards", "file", file=file)


def _issue_lot(
    office: Office,
    school_year: int,
    folder: Path,
    *,
    ine: str | None,
    before: int,
    progress: Callable[[int, int], object],
) -> tuple[CardsIssued, list[Path]]:
    files = CardFiles(folder)
    try:
        lot = issue_cards(
            office.engine,
            office.keys,
            school_year=school_year,
            draw=secrets.randbelow,
            prove=card_qr,
            actor=command_actor(),
            ine=ine,
            at_most=LOT,
            hand_over=files.write,
            progress=lambda done, waiting: progress(before + done, before + waiting),
        )
    except OSError:
        # The disk refused the sheet: no card was issued, and half a sheet is worth nothing.
        files.forget()
        raise
    return done(lot), files.finish()


@cards.command("print")
@click.option("--out", "folder", type=out_type, required=True, help="Where sheets are written.")
@json_option
@with_office
def print_ordered(office: Office, folder: Path, as_json: bool) -> None:
    """Print the plastics that holders have ordered, a sheet per thousand cards."""
    written: list[Path] = []
    count, waiting = 0, 1
    while waiting:
        files = CardFiles(folder)
        try:
            lot = print_cards(
                office.engine,
                office.keys,
                draw=secrets.randbelow,
                prove=card_qr,
                actor=command_actor(),
                hand_over=files.write,
            )
        except OSError:
            # The disk refused the sheet: the orders wait as before.
            files.forget()
            raise
        # What another command has in hand is printed by that one.
        count, waiting = count + len(lot.cards), lot.waiting if lot.cards else 0
        written += files.finish()
    if as_json:
        say_json({"printed": count, "files": written})
        return
    say("cards", "printed", count=count) if count else say("cards", "none_ordered")
    for file in written:
        say("cards", "file", file=file)


@cards.command("replace")
@card_argument
@click.option("--out", "folder", type=out_type, help="Where the sheet of the card is written.")
@json_option
@with_office
def replace(office: Office, card_name: str, folder: Path | None, as_json: bool) -> None:
    """Replace a card by a new one for the same person and year, to be activated."""
    files = CardFiles(folder) if folder else None
    replaced = done(
        replace_card(
            office.engine,
            office.keys,
            card_name=card_name,
            draw=secrets.randbelow,
            prove=card_qr,
            actor=command_actor(),
            hand_over=lambda card: files.write([card]) if files else None,
        )
    )
    new, written = replaced.card, files.finish() if files else []
    if as_json:
        say_json(
            {
                "old_serial": replaced.old_serial,
                "serial": new.serial,
                "code": new.code,
                "files": written,
            }
        )
        return
    say(
        "cards",
        "replaced",
        old_serial=replaced.old_serial,
        serial=new.serial,
        code=print_card_code(new.code),
    )
    for file in written:
        say("cards", "file", file=file)


@cards.command("activate")
@click.argument("code")
@click.option("--pin", help="The PIN that the holder chooses; needed the first time.")
@with_office
def activate(office: Office, code: str, pin: str | None) -> None:
    """Activate an issued card by its CODE or QR text."""
    card = done(
        activate_card(office.engine, office.keys, reading=code, pin=pin, actor=command_actor())
    )
    _say_active(card)


def _say_active(card: CardChanged) -> None:
    word = "active" if card.state == "active" else "still_paused"
    say("cards", word, serial=card.serial, last4=card.last4)


@cards.command("pin")
@card_argument
@click.option("--pin", prompt=sentence("cards", "pin_prompt"), hide_input=True)
@with_office
def pin(office: Office, card_name: str, pin: str) -> None:
    """Give the holder a new PIN; wrong tries are forgotten."""
    card = done(
        choose_pin(office.engine, office.keys, card_name=card_name, pin=pin, actor=command_actor())
    )
    say("cards", "pin", serial=card.serial, last4=card.last4)


@cards.command("block")
@card_argument
@click.option("--reason", type=click.Choice(BLOCK_REASONS), default="lost", show_default=True)
@with_office
def block(office: Office, card_name: str, reason: str) -> None:
    """Block a lost or stolen card, for ever."""
    card = done(
        block_card(
            office.engine, office.keys, card_name=card_name, reason=reason, actor=command_actor()
        )
    )
    say("cards", "blocked", serial=card.serial, last4=card.last4)


@cards.command("pause")
@card_argument
@with_office
def pause(office: Office, card_name: str) -> None:
    """Pause an active card until it is resumed."""
    card = done(pause_card(office.engine, office.keys, card_name=card_name, actor=command_actor()))
    say("cards", "paused", serial=card.serial, last4=card.last4)


@cards.command("resume")
@card_argument
@with_office
def resume(office: Office, card_name: str) -> None:
    """Resume a paused card."""
    card = done(resume_card(office.engine, office.keys, card_name=card_name, actor=command_actor()))
    _say_active(card)


@cards.command("photo")
@card_argument
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_office
def photo(office: Office, card_name: str, file: Path) -> None:
    """Store FILE (JPEG, PNG, WebP) as the photo of a card's holder."""
    with file.open("rb") as opened:
        image = opened.read(MAX_MEBIBYTES * 1024 * 1024 + 1)
    card = done(
        set_photo(
            office.engine, office.keys, card_name=card_name, image=image, actor=command_actor()
        )
    )
    say("cards", "photo", serial=card.serial, last4=card.last4)
