"""A circuit breaker: a state machine that is given the time and reports its changes.

Every attempt needs a permit, and its result is reported through that permit. A permit is valid only
while the breaker stays in the state that gave it: a result that arrives after a state change has no
effect, so a late success does not close the breaker and a late failure does not prolong an outage.
"""

import threading
from collections import deque
from dataclasses import dataclass

from vexfsctl.exceptions import GenerationMoved, StateConflict
from vexfsctl.model.breaker import (
    BreakerAction,
    BreakerCommand,
    BreakerSettings,
    BreakerState,
    BreakerStatus,
    state_after,
)
from vexfsctl.model.correlation import CorrelationId

_NS_PER_MS = 1_000_000

_CLOSED, _OPEN, _HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
_FORCED_OPEN, _DISABLED = BreakerState.FORCED_OPEN, BreakerState.DISABLED


@dataclass(frozen=True, slots=True)
class Transition:
    """One state change."""

    before: BreakerState
    after: BreakerState
    generation: int
    trips: int
    failures: int | None = None
    """Failures in the window, with threshold and window; only if that rule opened it."""
    failure_threshold: int | None = None
    window_ms: int | None = None
    by: str | None = None
    """`timer` or `operator`; None when the outcome of an attempt did it."""


class Permit:
    """Permission for one attempt, to be settled once.

    A closed or disabled breaker gives every caller the same permit; `probe` marks one that holds a
    half-open place.
    """

    __slots__ = ("_breaker", "probe")

    def __init__(self, breaker: "CircuitBreaker", *, probe: bool = False) -> None:
        self._breaker = breaker
        self.probe = probe

    def success(self, now_ns: int) -> Transition | None:
        """Report that the attempt succeeded."""
        return self._breaker._settle_success(self, now_ns) if self.probe else None

    def failure(self, now_ns: int, error: CorrelationId | None = None) -> Transition | None:
        """Report that it failed; *error* names the error that counts against the breaker."""
        return self._breaker._settle_failure(self, now_ns, error)

    def release(self) -> None:
        """Give it back without a verdict."""
        if self.probe:
            self._breaker._settle_without_verdict(self)


class CircuitBreaker:
    """The breaker of one operation type. Safe in threads; times are monotonic nanoseconds."""

    def __init__(self, settings: BreakerSettings | None = None) -> None:
        self.settings = settings or BreakerSettings()
        """May be replaced at any time; applies from the next decision on."""
        self._lock = threading.Lock()
        self._state = _CLOSED
        self._generation = 1
        self._failed_ns: deque[int] = deque()
        self._successes = 0
        self._trips = 0
        self._opened_ns = 0
        self._held_until_ns: int | None = None
        self._last_failure_ns = 0
        self._last_error_id: CorrelationId | None = None
        self._probes: set[Permit] = set()
        self._standing: Permit | None = Permit(self)

    @property
    def state(self) -> BreakerState:
        """The state it is in; call `tick` first to apply timers."""
        return self._state

    @property
    def half_open_ns(self) -> int | None:
        """When a timer will move it to half-open; None if none will."""
        if self._state is _OPEN:
            return self._opened_ns + self.settings.timeout_ms * _NS_PER_MS
        return self._held_until_ns

    def acquire(self) -> Permit | None:
        """Return a permit for one attempt, or None if it is refused."""
        # Not locked: it is replaced whole at every state change, and every healthy call comes here.
        standing = self._standing
        if standing is not None:
            return standing
        with self._lock:
            if not self._admits():
                return None
            if self._standing is not None:
                return self._standing
            probe = Permit(self, probe=True)
            self._probes.add(probe)
            return probe

    def would_admit(self) -> bool:
        """Whether `acquire` would give a permit now."""
        with self._lock:
            return self._admits()

    def tick(self, now_ns: int) -> Transition | None:
        """Move to half-open if the time for it has come."""
        if not self._state.rejects:
            return None
        with self._lock:
            due_ns = self.half_open_ns
            if due_ns is None or now_ns < due_ns:
                return None
            return self._move(_HALF_OPEN, now_ns, by="timer")

    def command(
        self, command: BreakerCommand, now_ns: int
    ) -> tuple[BreakerState, Transition | None]:
        """Carry out an operator's command; return the state before and the change, if any.

        Raises GenerationMoved when the breaker is not at the generation asked for, StateConflict
        when the state does not allow the command; nothing changes then.
        """
        with self._lock:
            before = self._state
            self._check_generation(command)
            after = state_after(before, command.action)
            if after is None:
                raise StateConflict(f"cannot {command.action} a breaker that is {before}")
            transition = None if after is before else self._move(after, now_ns, by="operator")
            if command.action is BreakerAction.RESET:
                self._failed_ns.clear()
            elif command.action is BreakerAction.TRIP:
                hold_ms = command.for_ms
                self._held_until_ns = None if hold_ms is None else now_ns + hold_ms * _NS_PER_MS
            return before, transition

    def status(self, now_ns: int) -> BreakerStatus:
        """Return everything about it as of *now_ns*."""
        with self._lock:
            return BreakerStatus(
                state=self._state,
                generation=self._generation,
                failures=self._count_failures(now_ns),
                successes=self._successes,
                trips=self._trips,
                opened_ns=self._opened_ns,
                last_failure_ns=self._last_failure_ns,
                retry_after_ms=self._retry_after_ms(now_ns),
                last_error_id=self._last_error_id,
                settings=self.settings,
            )

    def value(self, name: str, now_ns: int) -> object:
        """Return only what `status` has under *name*, which must not be a setting."""
        with self._lock:
            match name:
                case "failures":
                    return self._count_failures(now_ns)
                case "retry_after_ms":
                    return self._retry_after_ms(now_ns)
                case _:  # kept under its own name
                    return getattr(self, f"_{name}")

    def _settle_success(self, permit: Permit, now_ns: int) -> Transition | None:
        with self._lock:
            if permit not in self._probes:
                return None
            self._probes.remove(permit)
            self._successes += 1
            if self._successes < self.settings.success_threshold:
                return None
            return self._move(_CLOSED, now_ns)

    def _settle_failure(
        self, permit: Permit, now_ns: int, error: CorrelationId | None
    ) -> Transition | None:
        with self._lock:
            probe = permit in self._probes
            if not probe and (permit is not self._standing or self._state is not _CLOSED):
                return None
            self._failed_ns.append(now_ns)
            self._forget_old_failures(now_ns)
            self._last_failure_ns = now_ns
            self._last_error_id = error
            if probe:
                return self._move(_OPEN, now_ns)
            if len(self._failed_ns) < self.settings.failure_threshold:
                return None
            return self._move(_OPEN, now_ns, failures=len(self._failed_ns))

    def _settle_without_verdict(self, permit: Permit) -> None:
        with self._lock:
            self._probes.discard(permit)

    def _move(
        self,
        after: BreakerState,
        now_ns: int,
        *,
        failures: int | None = None,
        by: str | None = None,
    ) -> Transition:
        before, self._state = self._state, after
        self._generation += 1
        self._successes = 0
        self._held_until_ns = None
        # Permits given before are void from here on.
        self._probes.clear()
        self._standing = Permit(self) if after in (_CLOSED, _DISABLED) else None
        if after.rejects:
            self._trips += 1
            self._opened_ns = now_ns
        elif after is not _HALF_OPEN:
            self._failed_ns.clear()
        counted = failures is not None
        return Transition(
            before=before,
            after=after,
            generation=self._generation,
            trips=self._trips,
            failures=failures,
            failure_threshold=self.settings.failure_threshold if counted else None,
            window_ms=self.settings.window_ms if counted else None,
            by=by,
        )

    def _admits(self) -> bool:
        if self._state is _HALF_OPEN:
            return len(self._probes) < self.settings.half_open_max_calls
        return self._standing is not None

    def _retry_after_ms(self, now_ns: int) -> int:
        due_ns = self.half_open_ns
        # Rounded up: 0 would say that the wait is over.
        return 0 if due_ns is None else max(0, -((now_ns - due_ns) // _NS_PER_MS))

    def _count_failures(self, now_ns: int) -> int:
        self._forget_old_failures(now_ns)
        return len(self._failed_ns)

    def _forget_old_failures(self, now_ns: int) -> None:
        oldest_ns = now_ns - self.settings.window_ms * _NS_PER_MS
        while self._failed_ns and self._failed_ns[0] <= oldest_ns:
            self._failed_ns.popleft()

    def _check_generation(self, command: BreakerCommand) -> None:
        wanted = command.if_generation
        if wanted is not None and wanted != self._generation:
            raise GenerationMoved(
                f"the breaker is {self._state} at generation {self._generation}, not {wanted}",
                hint="look at it again before changing it",
            )
