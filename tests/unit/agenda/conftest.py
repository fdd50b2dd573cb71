from __future__ import annotations

import pytest

from tests.fakes.house import FakeHouse


@pytest.fixture
def house() -> FakeHouse:
    """One agency with one connected profile, p1; the network's reads show what was written at once."""
    made = FakeHouse()
    made.profile("p1")
    made.sweep()
    return made
