"""What a demonstration leaves on the desk of whoever tries it: a transfer that came back,
fortnights that are paid, and one that waits for its second pair of eyes."""

from __future__ import annotations

from datetime import date

from cardservice.demo.desk_work import leave_work, left_from
from cardservice.demo.fortnights import Finance
from cardservice.demo.kept import KeptUser
from cardservice.wiring import Office
from tests import makers
from tests.clearing.story import NEXT_AFTER, NEXT_LAST_DAY, NEXT_PERIOD, PERIOD, Fortnight


def test_the_last_fortnight_at_the_bank_has_a_failed_transfer_and_the_others_are_paid(
    office: Office,
) -> None:
    story = Fortnight(
        office,
        makers.make_agent(office, "finance_preparer"),
        makers.make_agent(office, "finance_approver"),
        makers.make_card(office),
    )
    story.add_partner()
    story.add_partner()
    story.sell(1000)
    story.end()
    story.run_until("exported")
    story.sell(1200)
    story.sell(1300, at=1)
    story.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    story.run_until("exported", NEXT_PERIOD)
    preparer = KeptUser("finance_preparer", story.preparer.email, "", story.preparer.totp_secret)
    leave_work(office, Finance(preparer, []))
    assert story.run(PERIOD).state == "paid"
    assert story.run(NEXT_PERIOD).state == "exported"
    failed = story.rows("SELECT transfer_cents FROM failed_transfer")
    assert [one.transfer_cents for one in failed] == [1300]


def test_the_fortnight_that_ended_last_is_left_to_be_approved() -> None:
    assert left_from(date(2026, 11, 22)) == date(2026, 11, 16)
    assert left_from(date(2026, 12, 1)) == date(2026, 12, 1)
