"""The circuit breaker by itself: the transition table and what a result is worth when."""

import threading
import tracemalloc
from collections.abc import Callable

import pytest

from vexfsctl.exceptions import GenerationMoved, StateConflict
from vexfsctl.guard.breaker import CircuitBreaker, Permit, Transition
from vexfsctl.model.breaker import (
    BreakerAction,
    BreakerCommand,
    BreakerSettings,
    BreakerState,
    BreakerStatus,
)
from vexfsctl.model.correlation import CorrelationId

MS = 1_000_000
SECOND = 1_000 * MS

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
FORCED_OPEN, DISABLED = BreakerState.FORCED_OPEN, BreakerState.DISABLED
TRIP, RESET, PROBE = BreakerAction.TRIP, BreakerAction.RESET, BreakerAction.PROBE
DISABLE, ENABLE = BreakerAction.DISABLE, BreakerAction.ENABLE


def admitted(breaker: CircuitBreaker) -> Permit:
    """A permit for one attempt, which the breaker must give."""
    permit = breaker.acquire()
    assert permit is not None
    return permit


def fail(breaker: CircuitBreaker, *times_ns: int) -> Transition | None:
    """Fail one attempt at each time; return what the last one changed."""
    changed = None
    for now_ns in times_ns:
        changed = admitted(breaker).failure(now_ns)
    return changed


def breaker_in(state: BreakerState) -> CircuitBreaker:
    """A breaker that reached *state* at time 0, by itself where it can."""
    breaker = CircuitBreaker()
    if state in (OPEN, HALF_OPEN):
        fail(breaker, *[0] * 5)
    commands = {HALF_OPEN: PROBE, FORCED_OPEN: TRIP, DISABLED: DISABLE}
    if state in commands:
        breaker.command(BreakerCommand(commands[state]), 0)
    assert breaker.state is state
    return breaker


class Moment(int):
    """A time that lets somebody else act in the middle of the change that reckons with it."""

    meanwhile: Callable[[], object]

    def __add__(self, other: int) -> int:
        self.meanwhile()
        return int(self) + other


@pytest.mark.parametrize(
    ("before", "trip", "reset", "probe", "disable", "enable"),
    [
        (CLOSED, FORCED_OPEN, CLOSED, None, DISABLED, CLOSED),
        (OPEN, FORCED_OPEN, CLOSED, HALF_OPEN, DISABLED, OPEN),
        (HALF_OPEN, FORCED_OPEN, CLOSED, HALF_OPEN, DISABLED, HALF_OPEN),
        (FORCED_OPEN, FORCED_OPEN, CLOSED, HALF_OPEN, DISABLED, FORCED_OPEN),
        (DISABLED, FORCED_OPEN, CLOSED, None, DISABLED, CLOSED),
    ],
)
def test_commands(
    before: BreakerState,
    trip: BreakerState,
    reset: BreakerState,
    probe: BreakerState | None,
    disable: BreakerState,
    enable: BreakerState,
) -> None:
    """Each command in each state does what the table in vexfs-sysfs(5) says; None is EBUSY."""
    wanted = {TRIP: trip, RESET: reset, PROBE: probe, DISABLE: disable, ENABLE: enable}
    for action, after in wanted.items():
        breaker = breaker_in(before)
        old = breaker.status(0)
        if after is None:
            with pytest.raises(StateConflict):
                breaker.command(BreakerCommand(action), 0)
            assert breaker.status(0) == old
            continue

        was, transition = breaker.command(BreakerCommand(action), 0)

        new = breaker.status(0)
        assert (was, new.state) == (before, after)
        assert new.generation == old.generation + (after is not before)
        assert (transition is None) == (after is before)
        if transition is not None:
            entered = after is FORCED_OPEN
            assert transition == Transition(
                before, after, old.generation + 1, old.trips + entered, by="operator"
            )


def test_opens_when_failures_inside_the_window_reach_the_threshold() -> None:
    """The fifth failure within ten seconds opens it, and says by which rule."""
    breaker = CircuitBreaker()

    assert fail(breaker, 0, 2 * SECOND, 4 * SECOND, 6 * SECOND) is None
    opened = fail(breaker, 8 * SECOND)

    assert opened == Transition(
        CLOSED, OPEN, 2, 1, failures=5, failure_threshold=5, window_ms=10_000
    )
    assert breaker.acquire() is None


def test_old_failures_fall_out_of_the_window() -> None:
    """A failure every three seconds never opens it, however long that goes on."""
    breaker = CircuitBreaker()

    fail(breaker, *range(0, 3_000 * SECOND, 3 * SECOND))

    assert breaker.state is CLOSED
    assert breaker.status(2_997 * SECOND).failures == 4
    assert breaker.status(3_007 * SECOND).failures == 0


def test_failure_no_longer_counts_at_exactly_the_window() -> None:
    """A failure of window_ms ago is out, one a nanosecond younger is in."""
    breaker = CircuitBreaker()
    fail(breaker, 0)

    assert breaker.status(10 * SECOND - 1).failures == 1
    assert breaker.status(10 * SECOND).failures == 0


def test_success_does_not_clear_the_window() -> None:
    """Failures count inside the window, not in a row: successes between them change nothing."""
    breaker = CircuitBreaker()

    for now_ns in range(5):
        admitted(breaker).success(now_ns)
        fail(breaker, now_ns)

    assert breaker.state is OPEN


def test_failures_that_arrive_while_open_do_not_prolong_the_outage() -> None:
    """Results of attempts begun before the trip change nothing once it is open."""
    breaker = CircuitBreaker()
    stragglers = [admitted(breaker) for _ in range(3)]
    fail(breaker, *[0] * 5)
    old = breaker.status(SECOND)

    assert [permit.failure(SECOND, CorrelationId(7)) for permit in stragglers] == [None] * 3

    assert breaker.status(SECOND) == old
    assert breaker.tick(60 * SECOND - 1) is None
    assert breaker.tick(60 * SECOND) == Transition(OPEN, HALF_OPEN, 3, 1, by="timer")


def test_late_success_does_not_close_an_open_breaker() -> None:
    """A success of an attempt begun before the trip counts neither while open nor half-open."""
    breaker = CircuitBreaker(BreakerSettings(success_threshold=1))
    straggler = admitted(breaker)
    fail(breaker, *[0] * 5)

    assert straggler.success(SECOND) is None
    breaker.tick(60 * SECOND)
    assert straggler.success(61 * SECOND) is None

    assert breaker.state is HALF_OPEN
    assert breaker.status(61 * SECOND).successes == 0


def test_late_failure_does_not_reopen_a_half_open_breaker() -> None:
    """Only a probe of this half-open time can reopen it."""
    breaker = CircuitBreaker()
    straggler = admitted(breaker)
    fail(breaker, *[0] * 5)
    breaker.tick(60 * SECOND)

    assert straggler.failure(61 * SECOND) is None

    assert breaker.state is HALF_OPEN


def test_probe_of_an_earlier_half_open_time_changes_nothing() -> None:
    """A probe that comes back after the breaker opened and half-opened again is too late."""
    breaker = breaker_in(HALF_OPEN)
    probe = admitted(breaker)
    breaker.command(BreakerCommand(TRIP), 0)
    breaker.command(BreakerCommand(PROBE), 0)
    old = breaker.status(0)

    assert probe.success(0) is None
    assert probe.failure(0) is None

    assert breaker.status(0) == old


@pytest.mark.parametrize("places", [1, 3])
def test_half_open_admits_a_limited_number_at_a_time(places: int) -> None:
    """Only half_open_max_calls attempts hold a place; each that settles makes room for one."""
    breaker = breaker_in(HALF_OPEN)
    breaker.settings = BreakerSettings(half_open_max_calls=places, success_threshold=100)

    probes = [admitted(breaker) for _ in range(places)]
    assert breaker.acquire() is None
    assert not breaker.would_admit()
    probes[0].success(0)
    admitted(breaker).release()

    assert breaker.would_admit()
    admitted(breaker)
    assert breaker.acquire() is None


def test_half_open_closes_after_enough_successes() -> None:
    """The third success closes it with an empty window; no failure from before counts on."""
    breaker = breaker_in(HALF_OPEN)

    changes = [admitted(breaker).success(0) for _ in range(3)]

    assert changes == [None, None, Transition(HALF_OPEN, CLOSED, 4, 1)]
    assert breaker.status(0).failures == 0
    assert breaker.status(0).successes == 0


def test_failed_probe_reopens_for_the_whole_timeout() -> None:
    """One failure while half-open is another trip, and its timeout starts anew."""
    breaker = breaker_in(HALF_OPEN)

    changed = admitted(breaker).failure(30 * SECOND, CorrelationId(9))

    assert changed == Transition(HALF_OPEN, OPEN, 4, 2)
    status = breaker.status(31 * SECOND)
    assert (status.opened_ns, status.retry_after_ms) == (30 * SECOND, 59_000)
    assert status.last_error_id == CorrelationId(9)


def test_permit_settles_once() -> None:
    """The second word on a probe is not heard."""
    breaker = breaker_in(HALF_OPEN)
    probe = admitted(breaker)

    probe.success(0)
    assert probe.success(0) is None
    assert probe.failure(0) is None

    assert breaker.status(0).successes == 1


def test_one_trip_is_one_trip_however_many_calls_it_rejects() -> None:
    """Rejected calls count neither as trips nor as failures."""
    breaker = CircuitBreaker()
    fail(breaker, *[0] * 5)

    assert [breaker.acquire() for _ in range(100)] == [None] * 100

    assert breaker.status(0).trips == 1
    assert breaker.status(0).failures == 5


def test_forced_open_stays_without_for() -> None:
    """An operator's trip has no timer of its own."""
    breaker = breaker_in(FORCED_OPEN)

    assert breaker.tick(10**18) is None

    assert breaker.status(10**18).retry_after_ms == 0


def test_timed_trip_goes_half_open_when_its_time_has_passed() -> None:
    """`trip for 1500` ends after 1500 ms, by timer."""
    breaker = CircuitBreaker()
    breaker.command(BreakerCommand(TRIP, for_ms=1500), 0)

    assert breaker.status(500 * MS).retry_after_ms == 1000
    assert breaker.tick(1500 * MS - 1) is None
    assert breaker.tick(1500 * MS) == Transition(FORCED_OPEN, HALF_OPEN, 3, 1, by="timer")


def test_another_trip_renews_the_time() -> None:
    """The time of a timed trip starts again, ends never with a plain trip, and is no new trip."""
    breaker = CircuitBreaker()
    breaker.command(BreakerCommand(TRIP, for_ms=1000), 0)

    breaker.command(BreakerCommand(TRIP, for_ms=1000), 800 * MS)
    assert breaker.tick(1000 * MS) is None
    assert breaker.status(1000 * MS).retry_after_ms == 800
    breaker.command(BreakerCommand(TRIP), 900 * MS)

    assert breaker.tick(10**18) is None
    assert breaker.status(0).trips == 1


def test_hold_of_a_timed_trip_ends_with_its_state() -> None:
    """After a reset, an old `for` moves nothing any more."""
    breaker = CircuitBreaker()
    breaker.command(BreakerCommand(TRIP, for_ms=1000), 0)
    breaker.command(BreakerCommand(RESET), 0)

    assert breaker.tick(10**18) is None
    assert breaker.state is CLOSED


def test_reset_of_a_closed_breaker_clears_its_window() -> None:
    """It changes no state, so the generation stays; four failures before it are forgotten."""
    breaker = CircuitBreaker()
    fail(breaker, 0, 0, 0, 0)

    assert breaker.command(BreakerCommand(RESET), 0) == (CLOSED, None)

    assert fail(breaker, 0) is None
    assert breaker.status(0).failures == 1
    assert breaker.status(0).generation == 1


def test_enable_keeps_the_window() -> None:
    """A command that changes nothing changes nothing."""
    breaker = CircuitBreaker()
    fail(breaker, 0, 0, 0, 0)
    old = breaker.status(0)

    assert breaker.command(BreakerCommand(ENABLE), 0) == (CLOSED, None)

    assert breaker.status(0) == old


def test_disabled_judges_nothing() -> None:
    """Everything passes and no failure is counted, not even after enabling again."""
    breaker = breaker_in(DISABLED)

    assert fail(breaker, *range(100)) is None
    breaker.command(BreakerCommand(ENABLE), 100)

    assert breaker.state is CLOSED
    assert breaker.status(100).failures == 0
    assert breaker.status(100).last_failure_ns == 0


def test_command_is_a_compare_and_swap() -> None:
    """With a generation that has moved on no command is accepted, and nothing changes."""
    breaker = breaker_in(OPEN)
    old = breaker.status(0)

    for action in BreakerAction:
        with pytest.raises(GenerationMoved, match="open at generation 2, not 1"):
            breaker.command(BreakerCommand(action, if_generation=1), 0)
    assert breaker.status(0) == old

    breaker.command(BreakerCommand(RESET, if_generation=2), 0)
    assert breaker.state is CLOSED


def test_settings_apply_from_the_next_decision_on() -> None:
    """A shorter timeout shortens the outage; a lower threshold judges the next failure."""
    breaker = breaker_in(OPEN)
    breaker.settings = BreakerSettings(timeout_ms=1_000, failure_threshold=1)

    assert breaker.status(0).retry_after_ms == 1_000
    assert breaker.tick(SECOND) is not None
    breaker.command(BreakerCommand(RESET), SECOND)
    assert fail(breaker, SECOND) is not None


def test_wait_is_rounded_up() -> None:
    """Half a millisecond to go is not 0, which would say that it is over."""
    breaker = breaker_in(OPEN)

    assert breaker.status(60 * SECOND - MS // 2).retry_after_ms == 1
    assert breaker.status(60 * SECOND).retry_after_ms == 0
    assert breaker.status(61 * SECOND).retry_after_ms == 0


def test_status_of_a_new_breaker() -> None:
    """Closed, first generation, nothing ever happened."""
    assert CircuitBreaker().status(5) == BreakerStatus(
        state=CLOSED,
        generation=1,
        failures=0,
        successes=0,
        trips=0,
        opened_ns=0,
        last_failure_ns=0,
        retry_after_ms=0,
        last_error_id=None,
        settings=BreakerSettings(),
    )


def test_timeout_raised_while_open_prolongs_the_outage() -> None:
    """It is measured from the trip, by whatever the setting is when the timer looks."""
    breaker = breaker_in(OPEN)
    breaker.settings = BreakerSettings(timeout_ms=90_000)

    assert breaker.tick(60 * SECOND) is None
    assert breaker.status(60 * SECOND).retry_after_ms == 30_000
    assert breaker.tick(90 * SECOND) is not None


def test_threshold_lowered_below_the_count_trips_at_the_next_failure() -> None:
    """Writing a setting judges nothing by itself; the record names the threshold in force."""
    breaker = CircuitBreaker()
    fail(breaker, 0, 0, 0)
    breaker.settings = BreakerSettings(failure_threshold=2)

    assert breaker.tick(0) is None
    assert breaker.state is CLOSED
    assert fail(breaker, 1) == Transition(
        CLOSED, OPEN, 2, 1, failures=4, failure_threshold=2, window_ms=10_000
    )


def test_fewer_places_take_none_away() -> None:
    """Probes that are out stay probes; the next one waits until there is room again."""
    breaker = breaker_in(HALF_OPEN)
    breaker.settings = BreakerSettings(half_open_max_calls=3)
    probes = [admitted(breaker) for _ in range(3)]
    breaker.settings = BreakerSettings(half_open_max_calls=1)

    probes[0].success(0)
    probes[1].success(0)
    assert breaker.acquire() is None
    assert probes[2].success(0) is not None

    assert breaker.state is CLOSED


def test_failed_probe_after_a_timed_trip_opens_for_the_usual_timeout() -> None:
    """The operator's time was for the trip; what follows is the breaker's own."""
    breaker = CircuitBreaker()
    breaker.command(BreakerCommand(TRIP, for_ms=1000), 0)
    breaker.tick(SECOND)

    assert fail(breaker, 2 * SECOND) == Transition(HALF_OPEN, OPEN, 4, 2)

    assert breaker.status(2 * SECOND).retry_after_ms == 60_000
    assert breaker.tick(62 * SECOND) is not None


def test_successes_are_those_of_this_half_open_time() -> None:
    """Two of three, then a failure: the next half-open time begins at none."""
    breaker = breaker_in(HALF_OPEN)
    for _ in range(2):
        admitted(breaker).success(0)
    fail(breaker, 0)
    assert breaker.status(0).successes == 0
    breaker.tick(60 * SECOND)

    admitted(breaker).success(60 * SECOND)

    assert (breaker.state, breaker.status(60 * SECOND).successes) == (HALF_OPEN, 1)


def test_device_that_stays_dead_takes_no_memory() -> None:
    """A week of failed probes that nobody looks at leaves what is in the window, no more."""
    breaker = breaker_in(OPEN)
    tracemalloc.start()
    try:
        for minute in range(1, 7 * 24 * 60):
            breaker.tick(minute * 60 * SECOND)
            fail(breaker, minute * 60 * SECOND)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert breaker.status(0).trips == 7 * 24 * 60
    assert taken < 16_384


def test_one_value_is_never_read_halfway_through_a_change() -> None:
    """Who asks during a change is answered after it, so what is read next is no older."""
    breaker, began = CircuitBreaker(), Moment(SECOND)
    answers: list[object] = []

    def read() -> None:
        answers.extend(breaker.value(name, SECOND) for name in ("state", "generation", "trips"))

    reader = threading.Thread(target=read)

    def start_reading() -> None:
        reader.start()
        reader.join(0.05)
        assert answers == []

    began.meanwhile = start_reading
    breaker.command(BreakerCommand(TRIP, for_ms=1), began)
    reader.join()

    assert answers == [FORCED_OPEN, 2, 1]
