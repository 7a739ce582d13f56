"""Midnight under load: each sale belongs to one day, a closed day is closed, and what the day close
says is what the tills were told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from cardservice.domain.calendar import PARIS
from cardservice.domain.refusal import Refused
from cardservice.settings import Settings
from cardservice.wiring import opened_office
from clearing.day_close import close_days
from tests.api.stranger import Stranger
from tests.faults.load import Load, Sale, opened_load
from tests.faults.site import Site, held_commits, until

THE_DAY, THE_DAY_AFTER = "2026-11-22", "2026-11-23"
LATE_IN_THE_EVENING = f"{THE_DAY}T23:58:30"
A_MOMENT_BEFORE_MIDNIGHT = f"{THE_DAY}T23:59:59.500"
A_MOMENT_AFTER_MIDNIGHT = f"{THE_DAY_AFTER}T00:00:01"


def test_midnight_parts_the_days_and_the_close_lets_nothing_in(fresh_site: Site) -> None:
    async def story() -> None:
        set_clock(fresh_site, LATE_IN_THE_EVENING)
        async with opened_load(fresh_site, service) as load:
            async with load.selling(rest_seconds=0.3):
                await load.tell(60)
                assert await closed(load, fresh_site) == 1, "the day is not over"
                set_clock(fresh_site, A_MOMENT_BEFORE_MIDNIGHT)
                await load.tell(40)
                # The command takes its time to start: tills sell before, during and after.
                assert await closed(load, fresh_site) == 0
                seal = await seals(load)
                await load.tell(60)
            await every_evening_sale_is_cancelled_too_late(load)
            await load.assert_accounted_for()
            assert_parted(load.journal)
            await assert_closes_say_what_tills_were_told(load)
            assert await seals(load) == seal, "what was sealed stays"

    service = fresh_site.service()
    asyncio.run(story())
    # The proof takes the sealed day apart, row by row.
    fresh_site.assert_proven()


def test_the_close_waits_for_a_debit_whose_commit_began_before_midnight(fresh_site: Site) -> None:
    service = fresh_site.service()
    set_clock(fresh_site, LATE_IN_THE_EVENING)
    till = Stranger(service.base_url, fresh_site.cast.tills[0].key, address="127.0.0.1")
    identification = till.identify(fresh_site.cast.cards[0].code)
    with (
        ThreadPoolExecutor(2) as pool,
        opened_office(Settings(data_dir=fresh_site.data_dir)) as office,
        held_commits(fresh_site) as held,
    ):
        sent = pool.submit(till.debit_answer, identification, 700)
        held.wait_for_one()
        set_clock(fresh_site, A_MOMENT_AFTER_MIDNIGHT)
        closing = pool.submit(close_days, office.engine, date.fromisoformat(THE_DAY))
        until(lambda: waits_to_close(fresh_site))
        assert not closing.done() and not sent.done()
        held.let_go()
        assert sent.result(30).json()["business_day"] == THE_DAY
        assert not isinstance(closing.result(30), Refused)
    close = till.http.get(f"/day-closes/{THE_DAY}").json()
    assert (close["count"], close["amount_cents"]) == (1, 700)
    fresh_site.assert_proven()


def waits_to_close(site: Site) -> bool:
    """Whether somebody wants the day for himself and does not have it."""
    waiting = "locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted"
    return bool(site.rows(f"SELECT FROM pg_locks WHERE {waiting} AND classid = 13 AND objid = 1"))


async def closed(load: Load, site: Site) -> int:
    """The exit status of `cjeune day close`, run under load."""
    told = load.told
    command = await asyncio.to_thread(site.run, "day", "close", THE_DAY)
    assert load.told > told, "nobody sold meanwhile"
    assert len(command.stderr.splitlines()) == command.returncode
    return command.returncode


async def every_evening_sale_is_cancelled_too_late(load: Load) -> None:
    for sale in load.standing()[::7]:
        cancellation = await load.cancel(sale)
        assert cancellation is not None
        if day_of(sale) == THE_DAY:
            assert cancellation["code"] == "cancellation_day_over"
        else:
            assert cancellation["outcome"] == "cancelled"


def assert_parted(sales: Iterable[Sale]) -> None:
    """A sale's day is the Paris day of its instant; its cancellation's is the same."""
    days = set()
    for sale in sales:
        assert sale.answer is not None
        assert day_of(sale) == paris_day(sale.answer["accepted_at"])
        if sale.is_cancelled and sale.cancellation is not None:
            assert paris_day(sale.cancellation["cancelled_at"]) == day_of(sale)
        days.add(day_of(sale))
    assert days == {THE_DAY, THE_DAY_AFTER}


async def assert_closes_say_what_tills_were_told(load: Load) -> None:
    for partner, till in enumerate(load.first_tills()):
        sales = [
            sale
            for sale in load.standing()
            if load.partner_of(sale) == partner and day_of(sale) == THE_DAY
        ]
        close = (await load.get(f"/day-closes/{THE_DAY}", till=till)).json()
        assert close["count"] == len(sales)
        assert close["amount_cents"] == sum(sale.amount_cents for sale in sales)
        for wallet in close["wallets"]:
            of_wallet = [sale for sale in sales if sale.wallet == wallet["wallet"]]
            assert wallet["count"] == len(of_wallet)
            assert wallet["amount_cents"] == sum(sale.amount_cents for sale in of_wallet)
        open_day = await load.get(f"/day-closes/{THE_DAY_AFTER}", till=till)
        assert open_day.json()["code"] == "day_not_closed"


async def seals(load: Load) -> list[str]:
    """The seal of the day, as each partner is told."""
    closes = [await load.get(f"/day-closes/{THE_DAY}", till=till) for till in load.first_tills()]
    return [close.json()["seal"] for close in closes]


def set_clock(site: Site, paris_time: str) -> None:
    """As `cjeune demo clock` does: at once, for every process."""
    with site.database() as connection:
        connection.execute(
            "UPDATE demo_clock SET shift = %s - clock_timestamp()",
            [datetime.fromisoformat(paris_time).replace(tzinfo=PARIS)],
        )


def day_of(sale: Sale) -> str:
    assert sale.answer is not None
    return str(sale.answer["business_day"])


def paris_day(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(PARIS).date().isoformat()
