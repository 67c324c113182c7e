"""What tests of several modules of `logs` need."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def utc() -> Iterator[None]:
    """Let the reader be in UTC: times without a zone are of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
