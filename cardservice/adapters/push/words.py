"""The words of a push, as the youth's service worker shows them: title, text, address, tag.

The law: amount, wallet and hour, or less where the youth wants it discreet; never a name, a place
or a balance. The tag is the notice's: shown twice, it replaces itself. French stands in
`words_fr.toml`.
"""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from cardservice.domain.calendar import PARIS
from cardservice.domain.money import format_euros
from cardservice.domain.push import Push


def message_of(push: Push) -> bytes:
    """JSON: `{titre, texte, adresse, etiquette}`."""
    words = _words()
    said = words["discreet" if push.is_discreet else push.kind]
    told = _told(push, words)
    return json.dumps(
        {
            "titre": said["title"].format(**told),
            "texte": said["text"].format(**told),
            "adresse": "/jeune",
            "etiquette": f"avis-{push.notice_id}",
        },
        ensure_ascii=False,
    ).encode()


def _told(push: Push, words: dict[str, Any]) -> dict[str, str]:
    facts = push.facts
    if push.kind == "year_end":
        days = facts["days"]
        left = format_euros(sum(facts["left"].values()))
        return {"days": f"{days} {words['day' if days == 1 else 'days']}", "left": left}
    return {
        "amount": format_euros(facts["amount_cents"]),
        "wallet": words["wallets"][facts["wallet"]],
        "hour": f"{datetime.fromisoformat(facts['at']).astimezone(PARIS):%H:%M}",
    }


@cache
def _words() -> dict[str, Any]:
    file = resources.files("cardservice.adapters.push") / "words_fr.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
