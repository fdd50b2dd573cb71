from __future__ import annotations

import pytest

from tests.unit.approvals.council import Council


@pytest.fixture
def council() -> Council:
    return Council()
