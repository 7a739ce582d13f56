"""The day a debit's transfer is promised for, as long as no bank file has fixed it (C66, C67).

The law: a fortnight is paid on the next TARGET day after its end plus the margin that the scheme
leaves to controls and second visa (`payment_delay_days`, in TARGET days). From the export on the
file's own execution day is the answer, and nothing is computed any more.

It refuses to know runs, partners and what day it is.
"""

from __future__ import annotations

from datetime import date, timedelta

from clearing.banking_days import next_target_day


def promised_day(ends_before: date, *, delay_days: int) -> date:
    """The promise for a fortnight; `ends_before` is the first day that is no longer in it."""
    assert delay_days >= 0, "a margin only adds days"
    day = next_target_day(ends_before - timedelta(days=1))
    for _ in range(delay_days):
        day = next_target_day(day)
    return day
