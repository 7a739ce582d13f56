"""A fortnight with one pupil, one partner and two agents."""

import pytest
from hypothesis import settings

from cardservice.wiring import Office
from tests.clearing.story import Fortnight, make_fortnight
from tests.ledger.conftest import stop_clock
from tests.told_once import ToldOnce

__all__ = ["stop_clock"]

settings.register_profile("cjeune", deadline=None)
settings.load_profile("cjeune")


@pytest.fixture
def fortnight(office: Office, told_once: ToldOnce) -> Fortnight:
    return told_once("a fortnight", lambda: make_fortnight(office))
