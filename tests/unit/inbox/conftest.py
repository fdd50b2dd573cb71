from __future__ import annotations

import pytest

from tests.fakes.citizens import InboxHouse


@pytest.fixture
def inbox() -> InboxHouse:
    return InboxHouse()
