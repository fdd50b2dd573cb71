from __future__ import annotations

import pytest

from tests.fakes.house import FakeHouse


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()
