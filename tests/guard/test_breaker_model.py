"""The breaker against a naive reading of its specification, under any sequence of events."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from vexfsctl.exceptions import GenerationMoved, StateConflict
from vexfsctl.guard.breaker import CircuitBreaker, Permit
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerSettings

SETTINGS = BreakerSettings(
    failure_threshold=3, success_threshold=2, timeout_ms=50, window_ms=30, half_open_max_calls=2
)


@dataclass(eq=False)
class Attempt:
    """A permit and what the model knows of it."""

    permit: Permit
    generation: int
    settled: bool = False


class NaiveBreaker:
    """Keeps everything it was told and works out the rest each time."""

    def __init__(self) -> None:
        self.state = "closed"
        self.generation = 1
        self.trips = 0
        self.failures: list[int] = []
        self.successes = 0
        self.half_open_at: int | None = None
        self.running: list[Attempt] = []

    def go(self, state: str, half_open_at: int | None = None) -> None:
        """Change the state; a timer moves it on at *half_open_at*."""
        self.state, self.half_open_at = state, half_open_at
        self.generation += 1
        self.successes = 0
        if state in ("open", "forced_open"):
            self.trips += 1
        if state in ("closed", "disabled"):
            self.failures = []

    def in_window(self, now: int) -> int:
        """Failures younger than the window."""
        return sum(1 for at in self.failures if now - at < SETTINGS.window_ms)

    def places_held(self) -> int:
        """Attempts of this generation that have not come back."""
        return sum(1 for a in self.running if a.generation == self.generation and not a.settled)

    def admits(self) -> bool:
        """Whether another attempt may begin."""
        if self.state == "half_open":
            return self.places_held() < SETTINGS.half_open_max_calls
        return self.state in ("closed", "disabled")

    def failed(self, attempt: Attempt, now: int) -> None:
        """An attempt came back with a failure."""
        if attempt.generation != self.generation or self.state == "disabled":
            return
        self.failures.append(now)
        if self.state == "half_open" or self.in_window(now) >= SETTINGS.failure_threshold:
            self.go("open", now + SETTINGS.timeout_ms)

    def succeeded(self, attempt: Attempt) -> None:
        """An attempt came back with a success."""
        if attempt.generation != self.generation or self.state != "half_open":
            return
        self.successes += 1
        if self.successes == SETTINGS.success_threshold:
            self.go("closed")

    def commanded(self, action: str, now: int, for_ms: int | None) -> bool:
        """Carry out a command; False if the state does not allow it."""
        if action == "trip":
            until = None if for_ms is None else now + for_ms
            if self.state == "forced_open":
                self.half_open_at = until
            else:
                self.go("forced_open", until)
        elif action == "reset":
            self.failures = []
            if self.state == "closed":
                return True
            self.go("closed")
        elif action == "probe":
            if self.state in ("closed", "disabled"):
                return False
            if self.state != "half_open":
                self.go("half_open")
        elif action == "disable" and self.state != "disabled":
            self.go("disabled")
        elif action == "enable" and self.state == "disabled":
            self.go("closed")
        return True


class BreakerMachine(RuleBasedStateMachine):
    """Attempts begin and end in any order, time passes, operators interfere."""

    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.breaker = CircuitBreaker(SETTINGS)
        self.model = NaiveBreaker()
        self.now = 0

    @rule(target=attempts)
    def begin(self) -> Attempt | None:
        """Ask for a permit."""
        permit = self.breaker.acquire()
        assert (permit is not None) == self.model.admits()
        if permit is None:
            return None
        attempt = Attempt(permit, self.model.generation)
        self.model.running.append(attempt)
        return attempt

    @rule(attempt=attempts, how=st.sampled_from(["success", "failure", "release"]))
    def end(self, attempt: Attempt | None, how: str) -> None:
        """Settle any permit given out so far, once."""
        if attempt is None or attempt.settled:
            return
        if how == "success":
            attempt.permit.success(self.now * 1_000_000)
            self.model.succeeded(attempt)
        elif how == "failure":
            attempt.permit.failure(self.now * 1_000_000)
            self.model.failed(attempt, self.now)
        else:
            attempt.permit.release()
        attempt.settled = True

    @rule(by=st.integers(0, 40))
    def wait(self, by: int) -> None:
        """Let time pass and the timers run."""
        self.now += by
        due = self.model.half_open_at
        moved = self.breaker.tick(self.now * 1_000_000)
        assert (moved is not None) == (due is not None and self.now >= due)
        if moved is not None:
            self.model.go("half_open")

    @rule(
        action=st.sampled_from(BreakerAction),
        for_ms=st.none() | st.integers(1, 60),
        behind=st.none() | st.integers(0, 1),
    )
    def command(self, action: BreakerAction, for_ms: int | None, behind: int | None) -> None:
        """Interfere, perhaps on the grounds of a generation that is gone."""
        wanted = None if behind is None else self.model.generation - behind
        for_ms = for_ms if action is BreakerAction.TRIP else None
        command = BreakerCommand(action, for_ms=for_ms, if_generation=wanted)
        try:
            self.breaker.command(command, self.now * 1_000_000)
        except GenerationMoved:
            assert behind
        except StateConflict:
            assert not behind
            assert not self.model.commanded(action, self.now, for_ms)
        else:
            assert not behind
            assert self.model.commanded(action, self.now, for_ms)

    @invariant()
    def agrees(self) -> None:
        """Status and model say the same."""
        status = self.breaker.status(self.now * 1_000_000)
        model, due = self.model, self.model.half_open_at
        assert (
            str(status.state),
            status.generation,
            status.trips,
            status.failures,
            status.successes,
            status.retry_after_ms,
        ) == (
            model.state,
            model.generation,
            model.trips,
            model.in_window(self.now),
            model.successes,
            0 if due is None else max(0, due - self.now),
        )


TestBreakerAgainstModel = BreakerMachine.TestCase
TestBreakerAgainstModel.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
