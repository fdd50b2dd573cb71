from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.networks.transport import Transport
from tests.unit.networks.wire import Wire, serving


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as server:
        yield server


@pytest.fixture
def transport() -> Transport:
    return Transport(allow_loopback=True, connect_timeout=2.0, read_timeout=1.0, total_timeout=5.0)
