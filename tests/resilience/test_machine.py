"""The breaker against a naive reading of its specification, under any sequence of events."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.resilience.calls import SECOND
from vexfsctl.resilience import (
    FAILED,
    IGNORED,
    OK,
    BreakerAction,
    BreakerOpen,
    BreakerSettings,
    BreakerState,
    CircuitBreaker,
    GenerationMoved,
    StateConflict,
    Transition,
)
from vexfsctl.resilience.machine import Permit
from vexfsctl.resilience.states import AFTER_OUTCOMES, AFTER_TIME, TRANSITIONS, state_after
from vexfsctl.resilience.testing import VirtualClock

FAILURES, SUCCESSES, PLACES, WITHIN, OPEN_FOR, LEASE = 3, 2, 2, 30, 50, 20


@dataclass(eq=False)
class Attempt:
    """A permit and what the model knows of it."""

    permit: Permit
    generation: int
    began: int
    settled: bool = False


class Model:
    """Keeps everything it was told and works out the rest each time. Whole seconds."""

    def __init__(self) -> None:
        self.state = "closed"
        self.generation = 1
        self.trips = 0
        self.failures: list[int] = []
        self.successes = 0
        self.until: int | None = None
        self.running: list[Attempt] = []
        self.told: list[tuple[str, str, int]] = []

    def go(self, state: str, until: int | None) -> None:
        """Enter *state*, which time ends at *until*."""
        self.until = until
        if state != self.state:
            self.generation += 1
            self.told.append((self.state, state, self.generation))
            self.trips += state in ("open", "forced_open")
            self.successes = 0
        self.state = state
        if state in ("closed", "disabled", "metrics_only"):
            self.failures = []

    def pass_time(self, now: int) -> None:
        """Let the timer run."""
        if self.until is not None and now >= self.until:
            back = self.state in ("disabled", "metrics_only")
            self.go("closed" if back else "half_open", None)

    def in_window(self, now: int) -> int:
        """Failures younger than the window; a breaker never needs more than the threshold."""
        return min(FAILURES, sum(now - at < WITHIN for at in self.failures))

    def held(self, attempt: Attempt, now: int) -> bool:
        """Whether an attempt has a place of this half-open time."""
        current = attempt.generation == self.generation and not attempt.settled
        return current and now < attempt.began + LEASE

    def admits(self, now: int) -> bool:
        """Whether another attempt may begin."""
        if self.state == "half_open":
            return sum(self.held(attempt, now) for attempt in self.running) < PLACES
        return self.state not in ("open", "forced_open")

    def ended(self, attempt: Attempt, how: str, now: int) -> None:
        """An attempt came back."""
        valid = attempt.generation == self.generation
        if self.state == "half_open":
            valid = valid and self.held(attempt, now)
        counts = self.state in ("closed", "half_open", "metrics_only")
        if not valid or how == "ignored" or not counts:
            return
        if how == "failed":
            self.failures.append(now)
            if self.state == "metrics_only":
                return
            if self.state == "half_open" or self.in_window(now) >= FAILURES:
                self.go("open", now + OPEN_FOR)
        elif self.state == "half_open":
            self.successes += 1
            if self.successes == SUCCESSES:
                self.go("closed", None)

    def commanded(self, action: str, now: int, for_: int | None) -> bool:
        """Carry out a command; False if the state does not allow it."""
        until = None if for_ is None else now + for_
        passing = self.state in ("closed", "disabled", "metrics_only")
        match action:
            case "trip":
                self.go("forced_open", until)
            case "disable":
                self.go("disabled", until)
            case "observe":
                self.go("metrics_only", until)
            case "reset":
                self.go("closed", None)
            case "probe" if passing:
                return False
            case "probe" if self.state != "half_open":
                self.go("half_open", None)
            case "enable" if self.state in ("disabled", "metrics_only"):
                self.go("closed", None)
        return True


class BreakerMachine(RuleBasedStateMachine):
    """Attempts begin and end in any order, time passes, operators interfere."""

    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock(now_ns=0)
        self.events: list[Transition] = []
        self.breaker = CircuitBreaker(
            clock=self.clock,
            listeners=(self.events.append,),
            failures=FAILURES,
            successes=SUCCESSES,
            half_open_calls=PLACES,
            within=WITHIN,
            open_for=OPEN_FOR,
            lease=LEASE,
        )
        self.model = Model()

    @property
    def now(self) -> int:
        """Whole seconds."""
        return self.clock.now_ns() // SECOND

    @rule(target=attempts)
    def begin(self) -> Attempt | None:
        """Ask for a permit."""
        admits = self.model.admits(self.now)
        try:
            permit = self.breaker.acquire()
        except BreakerOpen as rejection:
            assert not admits
            assert rejection.state == self.model.state
            return None
        assert admits
        attempt = Attempt(permit, self.model.generation, self.now)
        self.model.running.append(attempt)
        return attempt

    @rule(attempt=attempts, how=st.sampled_from(["failed", "succeeded", "ignored"]))
    def end(self, attempt: Attempt | None, how: str) -> None:
        """Settle any permit given out so far, once."""
        if attempt is None or attempt.settled:
            return
        outcome = {"failed": FAILED, "succeeded": OK, "ignored": IGNORED}[how]
        self.breaker.settle(attempt.permit, outcome)
        self.model.ended(attempt, how, self.now)
        attempt.settled = True

    @rule(by=st.integers(0, 40))
    def wait(self, by: int) -> None:
        """Let time pass; nobody ticks."""
        self.clock.advance(by)
        self.model.pass_time(self.now)

    @rule(
        action=st.sampled_from(BreakerAction),
        for_=st.none() | st.integers(1, 60),
        behind=st.none() | st.integers(0, 1),
    )
    def command(self, action: BreakerAction, for_: int | None, behind: int | None) -> None:
        """Interfere, perhaps on the grounds of a generation that is gone."""
        for_ = for_ if action in ("trip", "disable", "observe") else None
        wanted = None if behind is None else self.model.generation - behind
        try:
            self.breaker.command(action, for_, if_generation=wanted)
        except GenerationMoved:
            assert behind
        except StateConflict:
            assert not behind
            assert not self.model.commanded(action, self.now, for_)
        else:
            assert not behind
            assert self.model.commanded(action, self.now, for_)

    @invariant()
    def agrees(self) -> None:
        """Status, events and model say the same."""
        status, model = self.breaker.status(), self.model
        assert (
            str(status.state),
            status.generation,
            status.trips,
            status.failures,
            status.successes,
            status.until_ns,
        ) == (
            model.state,
            model.generation,
            model.trips,
            model.in_window(self.now),
            model.successes,
            None if model.until is None else model.until * SECOND,
        )
        assert [(e.before, e.after, e.generation) for e in self.events if not e.shadow] == (
            model.told
        )


TestBreakerAgainstModel = BreakerMachine.TestCase
TestBreakerAgainstModel.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)


@pytest.mark.parametrize("state", BreakerState)
def test_every_action_in_every_state(state: BreakerState) -> None:
    """The breaker does what the table says, and nothing where the table says so."""
    for action in BreakerAction:
        breaker = CircuitBreaker(failures=1)
        match state:
            case BreakerState.OPEN | BreakerState.HALF_OPEN:
                breaker.settle(breaker.acquire(), FAILED)
            case BreakerState.FORCED_OPEN:
                breaker.trip()
            case BreakerState.DISABLED:
                breaker.disable()
            case BreakerState.METRICS_ONLY:
                breaker.observe()
        if state is BreakerState.HALF_OPEN:
            breaker.probe()
        assert breaker.state is state
        before, after = breaker.status(), TRANSITIONS[state][action]

        if after is None:
            with pytest.raises(StateConflict):
                breaker.command(action)
            assert breaker.status() == before
            continue

        assert breaker.command(action) is state
        new = breaker.status()
        assert new.state is after is state_after(state, action)
        assert new.generation == before.generation + (after is not state)
        entered = after is BreakerState.FORCED_OPEN and state is not after
        assert new.trips == before.trips + entered


def test_tables_cover_every_state() -> None:
    """No state without a row, no way into a state but by the tables."""
    assert list(TRANSITIONS) == list(BreakerState)
    assert all(list(row) == list(BreakerAction) for row in TRANSITIONS.values())
    assert set(AFTER_TIME) == set(BreakerState) - {BreakerState.CLOSED}
    assert set(AFTER_OUTCOMES) == {BreakerState.CLOSED, BreakerState.HALF_OPEN}


def test_longest_time_in_half_open() -> None:
    """It ends in open, or in closed where that is asked for."""
    for closes, after in ((False, "open"), (True, "closed")):
        clock = VirtualClock()
        breaker = CircuitBreaker(clock=clock, half_open_for=7, half_open_closes=closes)
        breaker.trip()
        breaker.probe()
        due = breaker.next_due()
        assert due == clock.advance(7)
        assert breaker.state == after


def test_listener_that_commands_the_breaker() -> None:
    """What it does is told after what it was told."""
    breaker = CircuitBreaker(failures=1)
    told: list[tuple[str, int]] = []

    def undo(event: Transition) -> None:
        if event.after is BreakerState.OPEN:
            breaker.reset()

    breaker.listen(undo)
    breaker.listen(lambda event: told.append((event.after, event.generation)))
    breaker.settle(breaker.acquire(), FAILED)
    assert told == [("open", 2), ("closed", 3)]


def test_open_time_grows_is_spread_and_has_a_cap() -> None:
    """At the cap, too, it is not the same for all."""
    settings = BreakerSettings(open_for=10, open_backoff=2, max_open=35, open_jitter=0.4)
    least = [settings.open_time(before, lambda: 0.0) for before in range(4)]
    most = [settings.open_time(before, lambda: 1.0) for before in range(4)]
    assert least == [10, 20, 25, 25]
    assert most == pytest.approx([14, 28, 35, 35])
    function = BreakerSettings(open_for=lambda before: 30 * before, max_open=70, open_jitter=0.4)
    assert [function.open_time(before, lambda: 1.0) for before in range(4)] == [0, 42, 70, 70]
    assert BreakerSettings(open_for=7200).open_time(5000, lambda: 0.0) == 7200


@given(
    st.lists(
        st.tuples(st.floats(0, 3), st.sampled_from("FS"), st.floats(0, 0.2)),
        max_size=60,
    )
)
def test_window_of_time_against_a_list(calls: list[tuple[float, str, float]]) -> None:
    """The calls in it are those of the present tenth and of the nine before."""
    clock = VirtualClock(now_ns=0)
    breaker = CircuitBreaker(
        failures=None, failure_rate=1.0, minimum_calls=1000, within=5, clock=clock
    )
    made: list[tuple[int, str, int]] = []
    for pause, how, taking in calls:
        clock.advance(pause)
        began_ns = clock.now_ns()
        clock.advance(taking)
        breaker.settle(breaker.acquire(), FAILED if how == "F" else OK, began_ns=began_ns)
        made.append((clock.now_ns() // (SECOND // 2), how, clock.now_ns() - began_ns))
        present = clock.now_ns() // (SECOND // 2)
        kept = [each for each in made if each[0] > present - 10]
        assert breaker.status().rates == (
            len(kept),
            sum(how == "F" for _, how, _ in kept),
            0,
            sum(taking for _, _, taking in kept),
        )
