"""The rules of degradation: which usage is which level, and what a level limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.degradation import (
    Resource,
    Usage,
    calls_at_once,
    level_of,
    timeout_pct,
    usages,
)
from vexfsctl.model.volume import DegradationLevel, ResourceStatus

NORMAL, LIGHT, MODERATE, HEAVY, READ_ONLY, EMERGENCY = DegradationLevel
USAGES = st.builds(Usage, st.integers(0, 1 << 50), st.integers(1, 1 << 50))


@pytest.mark.parametrize(
    ("resource", "thresholds"),
    [
        (Resource.MEMORY, {70: LIGHT, 80: MODERATE, 85: HEAVY, 90: READ_ONLY, 95: EMERGENCY}),
        (
            Resource.OPERATIONS,
            {80: LIGHT, 100: MODERATE, 120: HEAVY, 150: READ_ONLY, 200: EMERGENCY},
        ),
        (Resource.SPACE, {50: LIGHT, 80: MODERATE, 100: HEAVY}),
    ],
)
def test_a_level_begins_above_its_threshold(
    resource: Resource, thresholds: dict[int, DegradationLevel]
) -> None:
    """As VexFS has them: at the threshold itself nothing changes yet, a millionth above it does."""
    reached = NORMAL
    for pct, level in thresholds.items():
        assert level_of(resource, Usage(pct * 10_000, 1_000_000)) is reached
        assert level_of(resource, Usage(pct * 10_000 + 1, 1_000_000)) is level
        reached = level
    assert level_of(resource, Usage(1 << 60, 1)) is reached


def test_no_space_at_all_is_heavy_and_no_worse() -> None:
    """Files must still be removed."""
    assert level_of(Resource.SPACE, Usage(4096, 0)) is HEAVY
    assert Usage(4096, 0).pct == 999


@given(st.sampled_from(Resource), USAGES, st.integers(0, 1 << 50))
def test_more_use_is_never_a_lower_level(resource: Resource, usage: Usage, more: int) -> None:
    """And what has begun needs less to go on than it took to begin."""
    level = level_of(resource, usage)

    assert level_of(resource, usage._replace(used=usage.used + more)) >= level
    assert level_of(resource, usage, kept=True) >= level


def test_a_level_limits_what_vexfs_says() -> None:
    """Calls at once as a share of the limit, of a hundred where there is none; longer deadlines."""
    shares = {
        level: (calls_at_once(level, 0), calls_at_once(level, 50))
        for level in [*DegradationLevel][1:]
    }

    assert shares == {
        LIGHT: (80, 40),
        MODERATE: (60, 30),
        HEAVY: (40, 20),
        READ_ONLY: (20, 10),
        EMERGENCY: (5, 2),
    }
    assert [timeout_pct(level) for level in DegradationLevel] == [100, 120, 150, 200, 300, 500]
    assert [level for level in DegradationLevel if level.refuses_writes] == [READ_ONLY, EMERGENCY]


def test_the_normal_level_limits_nothing() -> None:
    """But what the operator does; and every level lets at least one call run."""
    assert (calls_at_once(NORMAL, 0), calls_at_once(NORMAL, 7)) == (0, 7)
    assert calls_at_once(EMERGENCY, 1) == 1


@given(st.integers(0, 1 << 60), st.integers(0, 1 << 60), st.integers(0, 1 << 30))
def test_without_limits_no_use_counts(memory: int, free: int, active: int) -> None:
    """However much is used: a find over a million files degrades nothing."""
    status = ResourceStatus(memory, 0, free, 0, active, 0, 0)

    assert dict(usages(status)) == {}


def test_what_nobody_measures_does_not_count() -> None:
    """A provider that lacks an attribute, or a backing that does not answer."""
    assert dict(usages(ResourceStatus(None, 100, None, 100, None, 100, None))) == {}
    assert dict(usages(ResourceStatus(70, 100, 50, 25, 8, 10, 0))) == {
        Resource.MEMORY: Usage(70, 100),
        Resource.OPERATIONS: Usage(8, 10),
        Resource.SPACE: Usage(25, 50),
    }
