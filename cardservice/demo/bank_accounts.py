"""Invents French bank accounts and establishment numbers whose keys are right.

The law: a RIB key, an IBAN's check digits and Luhn's digit of a SIRET are computed here, so that
the product's own checks (domain/iban.py, domain/siret.py) are met and never switched off.
"""

from __future__ import annotations

from random import Random


def invent_iban(random: Random, banks: list[str]) -> str:
    """`FR76…`, 27 characters: one of these banks, branch and account drawn, both keys right."""
    bank = random.choice(banks)
    branch = f"{random.randrange(1, 100_000):05d}"
    account = f"{random.randrange(10**11):011d}"
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    bban = f"{bank}{branch}{account}{key:02d}"
    # FR is 15 and 27 in ISO 13616's letters; 00 stands for the digits that are looked for.
    check = 98 - int(bban + "152700") % 97
    return f"FR{check:02d}{bban}"


def invent_siret(random: Random) -> str:
    """Fourteen digits: a SIREN and an establishment, each with Luhn's digit."""
    siren = _with_luhn(str(random.randrange(4, 10)) + f"{random.randrange(10**7):07d}")
    return _with_luhn(siren + f"{random.randrange(1, 100):04d}")


def _with_luhn(digits: str) -> str:
    doubled = [
        int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))
    ]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return digits + str(-total % 10)
