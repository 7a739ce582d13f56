"""Writes the sheets of issued cards where the printer finds them.

The law: whoever sees a file under its final name sees all of it. The bytes are on the disk before
the cards exist for good, and get their final name after: a cut leaves a whole `.part`, or no card.
Codes open cards: nobody else may read these files.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cardservice.adapters.card_sheet import PrintableCard, card_sheet_csv, card_sheet_pdf
from cardservice.services.make_card import IssuedCard


class CardFiles:
    """The PDF and the CSV of one lot, named after its first and last serial."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Path] = []

    def write(self, cards: Sequence[IssuedCard]) -> None:
        """Both files under provisional names; what it raises undoes the lot."""
        self._folder.mkdir(parents=True, exist_ok=True)
        printable = [PrintableCard(card.serial, card.school_year, card.code) for card in cards]
        name = f"cards-{cards[0].serial}-to-{cards[-1].serial}"
        for suffix, content in (
            (".pdf", card_sheet_pdf(printable)),
            (".csv", card_sheet_csv(printable)),
        ):
            self._parts.append(_written(self._folder / f"{name}{suffix}.part", content))

    def finish(self) -> list[Path]:
        """Gives the files their final names; called once the cards exist for good."""
        finals = [part.rename(part.with_suffix("")) for part in self._parts]
        self._parts.clear()
        return finals

    def forget(self) -> None:
        """Removes provisional files of cards that were never made."""
        for part in self._parts:
            part.unlink(missing_ok=True)
        self._parts.clear()


def _written(path: Path, content: bytes) -> Path:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    return path
