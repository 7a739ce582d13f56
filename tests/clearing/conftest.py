"""A fortnight with one pupil, one partner and two agents."""

import pytest
from hypothesis import settings

from cardservice.wiring import Office
from tests.clearing.story import Fortnight, make_fortnight
from tests.ledger.conftest import stop_clock

__all__ = ["stop_clock"]

settings.register_profile("cjeune", deadline=None)
settings.load_profile("cjeune")


@pytest.fixture
def fortnight(office: Office) -> Fortnight:
    return make_fortnight(office)
