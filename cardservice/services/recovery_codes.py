"""Codes on paper for the day the telephone is lost (C31): ten, shown once, each used once.

The law: only keyed digests are kept; new codes end the old ones; the use of one is journaled and
mailed by whoever lets the person in (second_factor.py).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys

HOW_MANY: Final = 10
# Without the letters and digits that people take for one another: 49 bits, and guarded.
_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_GROUPS, _GROUP = 2, 5


def new_recovery_codes(connection: Connection, keys: Keys, credential_id: int) -> list[str]:
    """Ten fresh codes, `K7QMW-3HD2X`; those of before are worth nothing any more."""
    codes = [_draw() for _ in range(HOW_MANY)]
    connection.execute(
        text("DELETE FROM recovery_code WHERE credential_id = :credential_id"),
        {"credential_id": credential_id},
    )
    connection.execute(
        text("INSERT INTO recovery_code (credential_id, code_hash) VALUES (:who, :code_hash)"),
        [{"who": credential_id, "code_hash": _digest(keys, credential_id, c)} for c in codes],
    )
    return codes


def use_recovery_code(connection: Connection, keys: Keys, *, credential_id: int, code: str) -> bool:
    """Uses a code up; False for one that is not theirs or has served. Guarded by the caller."""
    used = connection.execute(
        text(
            "UPDATE recovery_code SET used_at = ledger_now()"
            " WHERE credential_id = :credential_id AND code_hash = :code_hash AND used_at IS NULL"
        ),
        {"credential_id": credential_id, "code_hash": _digest(keys, credential_id, code)},
    )
    return used.rowcount == 1


def recovery_codes_left(connection: Connection, credential_id: int) -> int:
    """How many can still be used."""
    found = connection.execute(
        text(
            "SELECT count(*) FROM recovery_code"
            " WHERE credential_id = :credential_id AND used_at IS NULL"
        ),
        {"credential_id": credential_id},
    )
    return int(found.scalar_one())


def looks_like_recovery_code(typed: str) -> bool:
    """Whether somebody typed one where six digits also could stand."""
    return len(_canonical(typed)) == _GROUPS * _GROUP


def _draw() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _canonical(typed: str) -> str:
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def _digest(keys: Keys, credential_id: int, code: str) -> bytes:
    message = credential_id.to_bytes(8, "big") + _canonical(code).encode()
    return hmac.digest(keys.derive("recovery code"), message, hashlib.sha256)
