"""The seal of a closed day: one number that every operation of the day has a share in.

Each partner's operations of the day (and the department's own) make a Merkle tree; its
root, with count and amount, makes the partner's day leaf; the leaves make the day's root;
the root and the seal of the day before make the day's seal, which is printed outside the
database. Change, drop, add or reorder one row and a printed figure no longer fits.

The tree is the one of RFC 6962, section 2.1. Leaves and nodes are hashed under different
prefixes: otherwise a node could be passed off as a leaf and a tree as a shorter one.
It refuses to know which operations belong to a day: it is handed them, in order.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from struct import Struct
from typing import Final

# RFC 6962: the root of no leaves is the hash of nothing. No leaf or node can equal it,
# since theirs begin with a prefix byte.
EMPTY_ROOT: Final = sha256(b"").digest()

# The previous seal of the first day ever closed.
FIRST_SEAL: Final = bytes(32)

# The partner number that stands for the department in a day leaf.
DEPARTMENT: Final = 0

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
_DAY_LEAF: Final = Struct(">i q q q q 32s")
_DAY_SEAL: Final = Struct(">32s i 32s")
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """The RFC 6962 root (32 bytes) of the leaves in their order; `EMPTY_ROOT` of none.

    Streams: at most one pending root per power of two is kept, so a day of a million
    operations needs twenty hashes of memory.
    """
    # Like a binary counter: slot n holds the root of a whole tree of 2**n leaves.
    pending: list[bytes | None] = []
    for leaf in leaves:
        root = sha256(_LEAF + leaf).digest()
        for height, left in enumerate(pending):
            if left is None:
                pending[height] = root
                break
            root = sha256(_NODE + left + root).digest()
            pending[height] = None
        else:
            pending.append(root)
    return _join(pending)


def day_leaf(
    business_day: date,
    partner_id: int,
    *,
    operation_count: int,
    net_debit_count: int,
    net_amount_cents: int,
    root: bytes,
) -> bytes:
    """What one partner's day is worth in the day's tree (32 bytes) (C69).

    `operation_count` counts every row of the day, refusals too; `net_debit_count` and
    `net_amount_cents` count approved debits less cancelled ones; `root` is the
    `merkle_root` of the rows' hashes. SHA-256 of int4 days since 1970-01-01, then int8
    partner, operations, debits, cents, then the root, all big-endian. `partner_id` is
    `DEPARTMENT` (0) for the department. ValueError unless the root has 32 bytes.
    """
    _assert_digest(root)
    return sha256(
        _DAY_LEAF.pack(
            _days_since_1970(business_day),
            partner_id,
            operation_count,
            net_debit_count,
            net_amount_cents,
            root,
        )
    ).digest()


def day_seal(previous_seal: bytes, business_day: date, leaves_root: bytes) -> bytes:
    """The seal of a day (32 bytes), chained to the one before (`FIRST_SEAL` at first).

    SHA-256 of the previous seal, int4 days since 1970-01-01, and the `merkle_root` of the
    day leaves. ValueError unless both digests have 32 bytes.
    """
    _assert_digest(previous_seal)
    _assert_digest(leaves_root)
    return sha256(
        _DAY_SEAL.pack(previous_seal, _days_since_1970(business_day), leaves_root)
    ).digest()


def _join(pending: list[bytes | None]) -> bytes:
    # The smaller trees hold the later leaves, so each larger one comes in on the left.
    root: bytes | None = None
    for left in pending:
        if left is not None:
            root = left if root is None else sha256(_NODE + left + root).digest()
    return EMPTY_ROOT if root is None else root


def _days_since_1970(day: date) -> int:
    return day.toordinal() - _EPOCH_DAY


def _assert_digest(digest: bytes) -> None:
    # Struct pads and cuts byte strings without a word.
    if len(digest) != 32:
        raise ValueError("a root and a seal are 32 bytes each")
