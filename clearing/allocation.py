"""Out of which wallets' accounts a transfer is paid, when corrections have left one of them short.

The law: a partner is paid one sum, and the ledger keeps what he is owed by wallet. What one wallet
lacks is made good out of the others, so that the accounts of a partner come back to zero by
themselves; the sum is always the transfer, to the cent. Pure arithmetic on cents.
"""

from __future__ import annotations

from collections.abc import Mapping


def allocate(transfer_cents: int, standing: Mapping[str, int]) -> dict[str, int]:
    """What leaves each wallet's account: positive amounts that add up to `transfer_cents`.

    `standing` is what each account holds, negative where it is short. The fullest pays first; what
    none of them holds (a correction that will be carried later) is drawn on the fullest.
    """
    assert transfer_cents > 0, "only a transfer is allocated"
    assert standing, "a transfer has lines, and lines have wallets"
    # The name settles a tie: two exports of one run must book the same.
    fullest_first = sorted(standing, key=lambda wallet: (-standing[wallet], wallet))
    left, paid = transfer_cents, {}
    for wallet in fullest_first:
        part = min(left, max(standing[wallet], 0))
        if part:
            paid[wallet] = part
            left -= part
    if left:
        fullest = fullest_first[0]
        paid[fullest] = paid.get(fullest, 0) + left
    return paid
