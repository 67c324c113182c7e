import pytest

from tests.guard.volume import GuardedVolume


@pytest.fixture
def volume() -> GuardedVolume:
    """A guarded volume at time 0 on which nothing has happened."""
    return GuardedVolume()
