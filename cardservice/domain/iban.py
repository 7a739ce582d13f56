"""Bank account numbers of partners: cleaned, checked, masked (C68, C70).

Law: an IBAN is accepted only if its own check digits (ISO 13616, mod 97) hold and its
country's own key too, where the country has one that is known; for France and Monaco
that is the RIB key. Two typing errors can cancel out in one of them, hardly ever in
both, and a wrong IBAN pays a stranger.

It refuses to know whose account it is and whether it exists: the bank and a second pair
of eyes answer that.
"""

from typing import Final

import schwifty
from schwifty.exceptions import NationalChecksumNotVerified, SchwiftyException

# Accounts there have IBANs that begin with FR (SWIFT registry, entry for France). schwifty
# knows these prefixes but checks no RIB key behind them: a way around the law above.
_PREFIXES_OF_NO_BANK: Final = frozenset(
    ("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT")
)


def normal_iban(text: str) -> str:
    """Upper case, without white space: the only spelling that is stored or compared."""
    return "".join(text.split()).upper()


def iban_is_valid(iban: str) -> bool:
    """Whether structure, check digits and national key hold; spaces and case ignored.

    Never raises on a str.
    """
    normal = normal_iban(iban)
    if normal[:2] in _PREFIXES_OF_NO_BANK:
        return False
    try:
        schwifty.IBAN(normal, validate_bban=True)
    except SchwiftyException:
        return False
    except NationalChecksumNotVerified:
        # A warning (the country's key is unknown, Sweden's for one) that somebody has made
        # an error. It comes last: all that can be checked has held.
        return True
    return True


def masked_iban(iban: str) -> str:
    """`FR76 •••• 0143`: enough to recognise one's own account, too little to use it."""
    normal = normal_iban(iban)
    return f"{normal[:4]} •••• {normal[-4:]}"
