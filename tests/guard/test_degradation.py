"""The level of a volume follows its resources, with hysteresis; the hold of corruption does not."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.guard.degradation import FALL_NS, RISE_NS, Degradation, Reason, ResourceLevel
from vexfsctl.model.degradation import Resource, Usage, level_of
from vexfsctl.model.volume import DegradationLevel, ResourceStatus

NORMAL, LIGHT, MODERATE, HEAVY, READ_ONLY, EMERGENCY = DegradationLevel
UNLIMITED = ResourceStatus(0, 0, 0, 0, 0, 0, 0)
LOOK_NS = 250_000_000


def of_memory(pct: int) -> ResourceStatus:
    """So much of a memory limit is used."""
    return replace(UNLIMITED, memory_bytes=pct, memory_limit_bytes=100)


class Looks:
    """Looks at what a test says, four times a second."""

    def __init__(self) -> None:
        self.degradation = Degradation()
        self.now_ns = 0

    def look(self, status: ResourceStatus, seconds: float = LOOK_NS / 1e9) -> list[Reason]:
        """Look for so long; return the changes."""
        changes = []
        for _ in range(round(seconds * 1e9 / LOOK_NS)):
            self.now_ns += LOOK_NS
            changes.append(self.degradation.look(status, self.now_ns))
        return [change for change in changes if change is not None]


def test_a_level_rises_after_half_a_second_and_falls_after_two() -> None:
    """A burst changes nothing; nor does a moment's relief."""
    looks = Looks()
    assert looks.look(of_memory(99), 0.5) == []
    assert looks.look(of_memory(10)) == []
    assert looks.degradation.settled

    assert looks.look(of_memory(86), 0.75) == [Reason(Resource.MEMORY, 86)]
    assert looks.degradation.level is HEAVY
    assert looks.look(of_memory(10), 2) == []
    assert looks.look(of_memory(86)) == []
    assert looks.look(of_memory(10), 2) == []
    assert looks.look(of_memory(10)) == [Reason(Resource.MEMORY, 10)]
    assert looks.degradation.level is NORMAL
    assert looks.degradation.settled


def test_a_level_rises_to_what_lasted_and_falls_to_what_is_left() -> None:
    """Not to a peak in between."""
    looks = Looks()
    looks.look(of_memory(81), 0.25)
    looks.look(of_memory(99), 0.25)
    looks.look(of_memory(99), 0.25)
    assert looks.degradation.level is MODERATE
    looks.look(of_memory(99), 0.75)
    assert looks.degradation.level is EMERGENCY

    looks.look(of_memory(73), 1)
    looks.look(of_memory(10), 1.25)
    assert looks.degradation.level is MODERATE


def test_a_level_stays_near_its_threshold() -> None:
    """It began above 70 percent, so that it ends below 63."""
    looks = Looks()
    looks.look(of_memory(71), 1)
    assert looks.look(of_memory(64), 60) == []
    assert looks.degradation.level is LIGHT
    assert looks.look(of_memory(63), 3) == [Reason(Resource.MEMORY, 63)]


def test_a_limit_that_is_taken_away_ends_its_level_at_once() -> None:
    """What is not limited is not short; what cannot be measured for a while stays as it was."""
    looks = Looks()
    looks.look(of_memory(99), 1)
    assert looks.look(replace(of_memory(0), memory_bytes=None), 60) == []
    assert looks.degradation.level is EMERGENCY

    assert looks.look(UNLIMITED) == [Reason(Resource.MEMORY, 0)]
    assert looks.degradation.level is NORMAL


def test_the_worst_resource_counts() -> None:
    """And which one a change is about is said."""
    looks = Looks()
    both = replace(of_memory(71), reserve_bytes=11, free_bytes=10)
    assert looks.look(both, 1) == [Reason(Resource.SPACE, 110)]
    assert looks.degradation.level is HEAVY
    assert looks.degradation.level_of([Resource.MEMORY, Resource.OPERATIONS]) is LIGHT


def test_no_measurement_ends_the_hold_of_corruption() -> None:
    """Other than in VexFS, whose next update of resources overwrote it; and it hides no worse."""
    looks = Looks()
    looks.degradation.hold_read_only()
    looks.look(of_memory(10), 60)
    assert looks.degradation.level is READ_ONLY
    assert looks.degradation.settled
    looks.look(of_memory(99), 1)
    assert looks.degradation.level is EMERGENCY
    looks.look(of_memory(10), 3)
    assert looks.degradation.level is READ_ONLY

    looks.degradation.release()
    assert looks.degradation.level is NORMAL


@given(
    st.sampled_from(Resource),
    st.lists(st.tuples(st.integers(1, 4_000_000_000), st.integers(0, 250)), max_size=60),
)
def test_no_course_of_usage_makes_a_level_flutter(
    resource: Resource, course: list[tuple[int, int]]
) -> None:
    """It rises only to what lasted, falls only to what it fell to, and never twice within a delay.

    *course* is how long after the one before a look comes, and the percentage it finds.
    """
    each, now_ns = ResourceLevel(resource), 0
    seen: list[tuple[int, DegradationLevel, DegradationLevel]] = []
    rose_ns = fell_ns = -FALL_NS
    for wait_ns, pct in course:
        now_ns += wait_ns
        usage = Usage(pct, 100)
        caused, kept = level_of(resource, usage), level_of(resource, usage, kept=True)
        seen.append((now_ns, caused, kept))
        before = each.level
        each.look(usage, now_ns)
        if each.level > before:
            assert now_ns - rose_ns >= RISE_NS
            assert min(it[1] for it in seen if it[0] >= now_ns - RISE_NS) >= each.level
            rose_ns = now_ns
        elif each.level < before:
            assert now_ns - fell_ns >= FALL_NS
            assert max(it[2] for it in seen if it[0] >= now_ns - FALL_NS) <= each.level
            fell_ns = now_ns
    for _ in range(20):
        now_ns += LOOK_NS
        each.look(Usage(0, 100), now_ns)
    assert each.level is NORMAL
    assert each.settled
