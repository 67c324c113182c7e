"""A circuit breaker: it follows the machine, admits calls, and takes in how they ended.

No lock is held anywhere, so a call may come from a signal handler, a finaliser, a listener, or a
forked child in the middle of another one. What a call holds (a place in half-open, its share of
`in_flight`) hangs on an object of its frame and ends with it, whatever ends the frame.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from types import AsyncGeneratorType, CoroutineType, GeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from vexfsctl.resilience import activity, checks, machine
from vexfsctl.resilience.clock import MONOTONIC, NS, Timepiece, nanoseconds
from vexfsctl.resilience.deadline import cancelled_by_deadline
from vexfsctl.resilience.delays import Random, draw
from vexfsctl.resilience.events import Listener, Transition
from vexfsctl.resilience.evidence import Attempt, Rates
from vexfsctl.resilience.exceptions import (
    BreakerOpen,
    DeadlineExceeded,
    GenerationMoved,
    StateConflict,
    described,
)
from vexfsctl.resilience.forking import renew_after_fork
from vexfsctl.resilience.machine import CLOSED, DISABLED, METRICS_ONLY, Change, Era, Permit
from vexfsctl.resilience.outcomes import (
    FAILED,
    IGNORED,
    OK,
    Outcome,
    Verdict,
    judge_exception,
    judged_by,
)
from vexfsctl.resilience.places import Places
from vexfsctl.resilience.settings import BreakerSettings
from vexfsctl.resilience.states import TIMED_ACTIONS, BreakerAction, BreakerState
from vexfsctl.resilience.statistics import Counting, Meter, Statistics

if TYPE_CHECKING:
    from vexfsctl.resilience.shared.breaker import Shared

_DEFAULTS = BreakerSettings()

P = ParamSpec("P")
T = TypeVar("T")

# Names of their own: a member of an enumeration costs 70 ns to look up.
_FAILURE, _SUCCESS, _IGNORED = Verdict.FAILURE, Verdict.SUCCESS, Verdict.IGNORED


class Status(NamedTuple):
    """A breaker at one moment. Times are those of its clock, in nanoseconds."""

    state: BreakerState
    generation: int
    failures: int
    """Failures inside `within`."""
    failure_rate: float | None
    """Share of failed calls; None below `minimum_calls`, or when no rate rule is on."""
    slow_rate: float | None
    rates: Rates | None
    """The calls behind the rates."""
    successes: int
    """Successes since half-open."""
    trips: int
    opened_ns: int
    """When it last opened; 0: never."""
    last_failure_ns: int | None
    last_failure: object
    """What was handed in with that failure as its context."""
    until_ns: int | None
    """When time ends the state."""
    reason: str | None
    author: str | None
    settings: BreakerSettings


class CircuitBreaker:
    """Stops calling what keeps failing. Settings are those of `BreakerSettings`, by name.

    With *shared*, the path of a file, it is one breaker for all processes of the host that name it:
    only by the rule `failures` within `within`. Raises SharedFileUnusable if that cannot be.
    """

    __slots__ = (
        "__weakref__",
        "_clock",
        "_era",
        "_listeners",
        "_meter",
        "_now_ns",
        "_random",
        "_reported",
        "_shadows",
        "_turn",
        "counting",
        "name",
        "timed",
    )

    def __new__(cls, *_: Any, shared: "Shared | None" = None, **__: Any) -> "CircuitBreaker":
        """Make one of this process, or with *shared* one that follows a file."""
        if shared is None or cls is not CircuitBreaker:
            return super().__new__(cls)
        # Deferred: few breakers are shared.
        from vexfsctl.resilience.shared.breaker import SharedBreaker

        return super().__new__(SharedBreaker)

    def __init__(
        self,
        name: str | None = None,
        settings: BreakerSettings | None = None,
        *,
        shared: "Shared | None" = None,
        clock: Timepiece = MONOTONIC,
        random: Random = draw,
        counting: Counting | str = Counting.ALL,
        latency: bool = False,
        listeners: tuple[Listener, ...] = (),
        **changes: Any,
    ) -> None:
        checks.instance("name", name, str, optional=True)
        checks.clock("clock", clock)
        checks.function("random", random, optional=False)
        checks.instance("settings", settings, BreakerSettings, optional=True)
        checks.one_of("counting", counting, Counting)
        checks.flag("latency", latency)
        checks.instance("listeners", listeners, tuple)
        self.name = name
        self._clock = clock
        self._now_ns = clock.now_ns
        self._random = random
        self.counting = Counting(counting)
        settings = (settings or _DEFAULTS).changed(**changes)
        self.timed = latency or settings.needs_durations
        """Whether the duration of calls is measured."""
        self._meter = Meter(latency=latency)
        self._era = machine.first(settings)
        """The present, or by an interrupt a little behind: `next` leads on."""
        self._reported = self._era
        """The last era that listeners were told of."""
        self._turn = Places()
        """One place: who has it tells the listeners."""
        self._shadows: dict[int, CircuitBreaker] = {}
        self._listeners: dict[object, Listener] = {}
        for listener in listeners:
            self.listen(listener)
        renew_after_fork(self)

    # Looking at it

    @property
    def state(self) -> BreakerState:
        """The state now."""
        return self._look().state

    @property
    def settings(self) -> BreakerSettings:
        """What it goes by."""
        return self._era.latest().settings

    @property
    def retry_after(self) -> float | None:
        """Seconds until a timer lets a call through; None if none will, 0.0 if calls pass."""
        era = self._look()
        if not era.refuses:
            return 0.0
        return _seconds_until(era, self._now_ns())

    def next_due(self) -> int | None:
        """When time will next move it, in nanoseconds of its clock; None: never.

        Nobody need call it then: it moves when it is looked at. It tells when there is something
        to see.
        """
        return self._look().until_ns

    def status(self) -> Status:
        """Return everything about it as of now."""
        era, now_ns = self._look(), self._now_ns()
        rates, newest = era.evidence.rates(now_ns), era.evidence.newest
        enough = rates is not None and rates.calls >= era.settings.minimum_calls
        return Status(
            state=era.state,
            generation=era.generation,
            failures=era.evidence.failures(now_ns),
            failure_rate=rates.failed / rates.calls if rates is not None and enough else None,
            slow_rate=rates.slow / rates.calls if rates is not None and enough else None,
            rates=rates,
            successes=0 if era.trial is None else era.trial.successes.value,
            trips=era.trips,
            opened_ns=era.opened_ns,
            last_failure_ns=None if newest is None else newest.now_ns,
            last_failure=None if newest is None else newest.context,
            until_ns=era.until_ns,
            reason=era.change.reason,
            author=era.change.author,
            settings=era.settings,
        )

    def stats(self) -> Statistics:
        """Return its counters."""
        return self._meter.statistics(self._look().trips)

    # Calling through it

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *function* returns; raise BreakerOpen instead of calling it when open.

        Raises TypeError for a coroutine function or a generator.
        """
        # What `calling` does, at half its cost.
        permit, meter = self.acquire(), self._meter
        held = meter.gauge.token
        meter.started.add()
        began_ns = self._now_ns() if self.timed else None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            held = None  # this frame lives on in the traceback
            self.end_with_error(permit, error, began_ns)
            raise
        held = None  # noqa: F841 - where the operation keeps an error or classify raises, too
        if type(result) in _NOT_RUN:
            self._end(permit, IGNORED, began_ns)
            raise TypeError(f"{function!r} has not run yet: decorate it, or use call_async")
        self.end_with_result(permit, result, began_ns)
        return result

    async def call_async(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `call`, of a coroutine function."""
        with self.calling() as call:
            return call.judge(await function(*args, **kwargs))

    def calling(self) -> "Calling":
        """Return a context manager around one attempt: `with breaker.calling() as call`."""
        return Calling(self)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Decorate *function*."""
        from vexfsctl.resilience.policy import compose

        return compose(self)(function)

    # Commands

    def trip(
        self,
        for_: float | None = None,
        *,
        reason: str | None = None,
        author: str | None = None,
    ) -> BreakerState:
        """Open it by force, for a time or until told otherwise; return the state before."""
        return self.command(BreakerAction.TRIP, for_, reason=reason, author=author)

    def reset(self, *, reason: str | None = None, author: str | None = None) -> BreakerState:
        """Close it and forget what it has seen; trips and counters stay."""
        return self.command(BreakerAction.RESET, reason=reason, author=author)

    def probe(self, *, reason: str | None = None, author: str | None = None) -> BreakerState:
        """Make it half-open now; raise StateConflict if it lets calls through anyway."""
        return self.command(BreakerAction.PROBE, reason=reason, author=author)

    def disable(
        self,
        for_: float | None = None,
        *,
        reason: str | None = None,
        author: str | None = None,
    ) -> BreakerState:
        """Let everything pass, unjudged."""
        return self.command(BreakerAction.DISABLE, for_, reason=reason, author=author)

    def observe(
        self,
        for_: float | None = None,
        *,
        reason: str | None = None,
        author: str | None = None,
    ) -> BreakerState:
        """Let everything pass, and tell what would have been refused (`would_reject`)."""
        return self.command(BreakerAction.OBSERVE, for_, reason=reason, author=author)

    def enable(self, *, reason: str | None = None, author: str | None = None) -> BreakerState:
        """End `disable` or `observe`."""
        return self.command(BreakerAction.ENABLE, reason=reason, author=author)

    def command(
        self,
        action: BreakerAction,
        for_: float | None = None,
        *,
        reason: str | None = None,
        author: str | None = None,
        if_generation: int | None = None,
        context: object = None,
    ) -> BreakerState:
        """Carry out *action* and return the state before; listeners are told *context*.

        Raises GenerationMoved when the breaker is not at *if_generation*, StateConflict when its
        state does not allow the action; nothing changes then.
        """
        checks.seconds("for_", for_, optional=True)
        if for_ is not None and action not in TIMED_ACTIONS:
            raise ValueError(f"for_ cannot be given with {action}")
        for_ns = None if for_ is None else nanoseconds(for_)
        change = Change(by="operator", reason=reason, author=author, context=context)
        while True:
            era = self._look()
            if if_generation is not None and if_generation != era.generation:
                at = f"{era.state} at generation {era.generation}"
                raise GenerationMoved(f"{described(self.name)} is {at}, not {if_generation}")
            after = machine.after_command(era, action, self._now_ns(), for_ns, change)
            if after is None:
                raise StateConflict(
                    f"cannot {action} {described(self.name)}: it is {era.state.replace('_', ' ')}"
                )
            if after is era or self._publish(era, after):
                return era.state

    def configure(self, **changes: Any) -> None:
        """Change settings; its state stays, and what the rules have seen that stay on.

        Functions that were decorated before measure durations only if they did so already.
        """
        while True:
            era = self._look()
            settings = era.settings.changed(**changes)
            self.timed = self.timed or settings.needs_durations
            if self._publish(era, machine.reconfigure(era, settings, self._open_ns)):
                break
        for shadow in list(self._shadows.values()):
            shadow.configure(**changes)

    def would_admit(self) -> bool:
        """Whether `acquire` would give leave now; counts nothing."""
        era = self._look()
        if era.trial is None:
            return not era.refuses
        return era.trial.places.taken(self._now_ns()) < self._limit(era)

    def listen(self, listener: Listener) -> Callable[[], object]:
        """Have *listener* called with each Transition, in the order of generations.

        It may run in the thread of another call, and may command the breaker. What it raises is
        counted and changes nothing. Returns a function to call when it is to hear no more.
        """
        checks.function("listener", listener, optional=False)
        key = object()
        self._listeners[key] = listener
        return partial(self._listeners.pop, key, None)

    # Attempts; `policy` does this too, with less on the way

    def acquire(self) -> Permit:
        """Return leave for one attempt, to be settled once; raise BreakerOpen if it is refused."""
        era = self._era
        return self._admit() if era.next or era.standing is None else era.standing

    def settle(
        self,
        permit: Permit,
        outcome: Outcome,
        *,
        began_ns: int | None = None,
        at_ns: int | None = None,
        cause: BaseException | None = None,
        context: object = None,
    ) -> None:
        """Take in how the attempt of *permit* ended; nothing, if its era is over.

        Listeners are told *context* with what follows from it. *at_ns* dates it, if not now: a date
        before the newest failure counts and never opens.
        """
        if not activity.active:
            return
        now_ns = self._now_ns() if at_ns is None else at_ns
        era = self._era
        if era.next or era.until_ns is not None:
            era = self._look_at(now_ns)
        duration_ns = 0 if began_ns is None else max(0, now_ns - began_ns)
        slow = self._time(duration_ns) if began_ns is not None else False
        if permit.generation != era.generation:
            return
        newest = era.evidence.newest
        dated_back = at_ns is not None and newest is not None and at_ns < newest.now_ns
        attempt = Attempt(outcome, now_ns, duration_ns, slow, dated_back, context)
        after = self._after(era, permit, attempt, cause)
        if after is not None:
            self._publish(era, after)

    def _time(self, duration_ns: int) -> bool:
        """Count a duration; return whether it is slow."""
        if self._meter.latency is not None:
            self._meter.latency.add(duration_ns)
        slow = self._era.settings.slow
        if slow is None or duration_ns < slow * NS:
            return False
        self._meter.count("slow")
        return True

    def observes_durations(self) -> Callable[[int], object]:
        """Return what to call with the duration of an unwatched success."""
        latency, slow = self._meter.latency, self._era.settings.slow
        return self._time if latency is None or slow is not None else latency.add

    def judge(self, error: BaseException) -> Outcome:
        """Say what an exception is worth; that of a deadline is a failure like those in `on`."""
        settings = self._era.settings
        on = DeadlineExceeded if isinstance(error, DeadlineExceeded) else settings.on
        return judge_exception(error, on, settings.ignore, settings.classify)

    def judge_result(self, result: object) -> Outcome:
        """Say what a result is worth: a success, unless `classify` says otherwise."""
        classify = self._era.settings.classify
        return OK if classify is None else judged_by(classify, result) or OK

    def end_with_error(self, permit: Permit, error: BaseException, began_ns: int | None) -> Outcome:
        """Judge, count and settle an attempt that raised."""
        try:
            outcome = self.judge(error)
        except BaseException:
            # What judges is not ours; nothing may hang on the traceback that it leaves.
            self.settle(permit, IGNORED)
            raise
        if isinstance(error, Exception):
            self._end(permit, outcome, began_ns, error)
        elif cancelled_by_deadline():
            outcome = FAILED
            self._end(permit, outcome, began_ns, error)
        else:
            self._meter.count("interrupted")
            self.settle(permit, outcome, began_ns=began_ns)
        return outcome

    def end_with_result(self, permit: Permit, result: object, began_ns: int | None) -> Outcome:
        """Judge, count and settle an attempt that returned."""
        try:
            outcome = self.judge_result(result)
        except BaseException:
            self.settle(permit, IGNORED)
            raise
        self._end(permit, outcome, began_ns)
        return outcome

    def _end(
        self,
        permit: Permit,
        outcome: Outcome,
        began_ns: int | None,
        error: BaseException | None = None,
    ) -> None:
        if outcome.verdict is _SUCCESS:
            self._meter.ok.add()
        else:
            self._meter.count("failed" if outcome.verdict is _FAILURE else "ignored")
        era = self._era
        told = era.evidence.watches_successes if permit is era.standing else permit.watched
        if outcome.verdict is _FAILURE or told or self.timed:
            self.settle(permit, outcome, began_ns=began_ns, cause=error)

    # Inside

    def _look(self) -> Era:
        era = self._era
        if era.next or era.until_ns is not None or self._reported is not era:
            return self._look_at(self._now_ns())
        return era

    def _look_at(self, now_ns: int) -> Era:
        """Return the present era, after what time has done up to *now_ns*."""
        while True:
            era = self._era.latest()
            self._era = era
            after = machine.after_time(era, now_ns, self._open_ns)
            after = after or machine.after_probes(era, self._open_ns)
            if after is None:
                break
            self._publish(era, after)
        if self._reported is not era:
            self._tell_listeners()
        return era

    def _publish(self, era: Era, after: Era) -> bool:
        if not era.publish(after):
            return False
        self._era = after
        self._tell_listeners()
        return True

    def _open_ns(self, era: Era, attempt: Attempt | None) -> int:
        """Return how long *attempt* opens it, should it do so."""
        kind = None if attempt is None else attempt.outcome.kind
        own = None if kind is None else era.settings.at_once.get(kind)
        open_time = era.settings.open_time(era.opened, self._random) if own is None else own
        return nanoseconds(open_time)

    def _admit(self) -> Permit:
        """Return leave where it is not a matter of course."""
        if not activity.active:
            return _UNJUDGED
        now_ns = self._now_ns()
        era = self._era
        if not era.refuses or era.next or (era.until_ns is not None and now_ns >= era.until_ns):
            era = self._look_at(now_ns)
        if era.refuses:
            self._meter.count("rejected_open")
            left = None if era.until_ns is None else (era.until_ns - now_ns) / NS
            raise BreakerOpen(self.name, era.state, left, era.cause)
        if era.standing is not None:
            return era.standing
        if era.state is METRICS_ONLY:
            return self._admit_in_shadow(era)
        if era.state is DISABLED:
            return Permit(era.generation, watched=False)
        if era.trial is not None:
            probe = Permit(era.generation, watched=True)
            due_ns = now_ns + nanoseconds(era.settings.lease)
            if era.trial.places.take(probe, self._limit(era), now_ns, due_ns):
                return probe
        self._meter.count("rejected_half_open")
        raise BreakerOpen(self.name, era.state, None, era.cause)

    def _limit(self, era: Era) -> int:
        """How many calls half-open admits at a time now."""
        if era.trial is None or era.settings.probes is None:
            return era.settings.places
        return min(era.settings.places, era.settings.probes - len(era.trial.verdicts))

    def _after(
        self, era: Era, permit: Permit, attempt: Attempt, cause: BaseException | None
    ) -> Era | None:
        """Take *attempt* into the evidence and return what follows from it."""
        if era.state is CLOSED:
            rule = era.evidence.take(attempt)
            return machine.after_failure(era, attempt, rule, self._open_ns, cause)
        if era.state is METRICS_ONLY:
            era.evidence.take(attempt)
            if isinstance(permit, _ShadowedPermit):
                permit.settle(attempt, cause)
            return None
        trial = era.trial
        if trial is None or not trial.places.has(permit, attempt.now_ns):
            return None
        judged = attempt.outcome.verdict is not _IGNORED
        if judged and era.settings.probes is not None:
            trial.verdicts.append(attempt)
        trial.places.give_back(permit)
        if not judged:
            return None
        if era.settings.probes is not None:
            return machine.after_probes(era, self._open_ns, cause)
        if attempt.failed:
            rule = era.evidence.take(attempt)
            return machine.after_failure(era, attempt, rule, self._open_ns, cause)
        trial.successes.add()
        return machine.after_success(era, attempt)

    # Metrics only: a second breaker behind this one does what this one would do

    def _admit_in_shadow(self, era: Era) -> Permit:
        shadow = self._shadow(era)
        try:
            return _ShadowedPermit(era.generation, shadow, shadow.acquire())
        except BreakerOpen:
            self._meter.count("would_reject")
            return Permit(era.generation, watched=True)

    def _shadow(self, era: Era) -> "CircuitBreaker":
        shadow = self._shadows.get(era.generation)
        if shadow is None:
            shadow = CircuitBreaker(
                self.name, era.settings, clock=self._clock, random=self._random, counting="none"
            )
            shadow.listen(self._tell_of_shadow)
            shadow = self._shadows.setdefault(era.generation, shadow)
            for old in [each for each in list(self._shadows) if each != era.generation]:
                self._shadows.pop(old, None)
        return shadow

    def _tell_of_shadow(self, transition: Transition) -> None:
        if transition.after is BreakerState.OPEN:
            era = self._era
            self._tell(transition._replace(generation=era.generation, trips=era.trips, shadow=True))

    # Listeners

    def _tell_listeners(self) -> None:
        """Tell the listeners of every era they do not know of, unless somebody is at it.

        Whoever is at it looks once more after his turn, so nothing is left behind; if he was
        interrupted, whoever comes next goes on.
        """
        teller = _Teller()
        while self._reported.next:
            if not self._turn.take(teller, 1):
                # Two that refuse each other the turn both look again: the last sees it free.
                if self._turn.taken():
                    return
                continue
            try:
                while self._reported.next:
                    before, after = self._reported, self._reported.next[None]
                    self._reported = after
                    if after.generation != before.generation:
                        self._tell(self._transition(before, after))
            finally:
                self._turn.give_back(teller)

    def _transition(self, before: Era, after: Era) -> Transition:
        return Transition(
            breaker=self.name,
            before=before.state,
            after=after.state,
            generation=after.generation,
            trips=after.trips,
            at_ns=after.began_ns,
            settings=after.settings,
            by=after.change.by,
            rule=after.change.rule,
            cause=after.cause,
            reason=after.change.reason,
            author=after.change.author,
            context=after.change.context,
        )

    def _tell(self, transition: Transition) -> None:
        for listener in self._listeners.copy().values():
            try:
                listener(transition)
            except Exception:  # noqa: BLE001 - must not become the caller's
                self._meter.count("listener_failures")

    # Elsewhere

    def _start_after_fork(self) -> None:
        self._era = machine.alone(self._era.latest())
        self._reported = self._era
        self._turn = Places()
        self._meter.start_after_fork()

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.name or 'without name'}: {self._era.latest().state}>"


class Calling:
    """One attempt as a `with` or `async with` block."""

    __slots__ = ("_began_ns", "_breaker", "_held", "_outcome", "_permit")

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        self._permit: Permit | None = None
        self._held: object = None
        self._outcome = OK
        self._began_ns: int | None = None

    def ignore(self) -> None:
        """Let the attempt count as nothing."""
        self._outcome = IGNORED

    def fail(self) -> None:
        """Let the attempt count as a failure, although it raises nothing."""
        self._outcome = FAILED

    def judge(self, result: T) -> T:
        """Let the attempt count as *result* does, and return that."""
        self._outcome = self._breaker.judge_result(result)
        return result

    def __enter__(self) -> "Calling":
        breaker, meter = self._breaker, self._breaker._meter
        if self._permit is not None:
            raise RuntimeError("each attempt needs a `calling()` of its own")
        self._permit = breaker.acquire()
        self._held = meter.gauge.token
        meter.started.add()
        self._outcome = OK
        if breaker.timed:
            self._began_ns = breaker._now_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        permit, self._permit, self._held = self._permit, None, None
        if permit is None:
            return
        if error is None or self._outcome is IGNORED:
            self._breaker._end(permit, self._outcome, self._began_ns)
        else:
            self._breaker.end_with_error(permit, error, self._began_ns)

    async def __aenter__(self) -> "Calling":
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)


class _ShadowedPermit(Permit):
    """Leave for an attempt while metrics-only, with that of the breaker behind."""

    __slots__ = ("_permit", "_shadow")

    def __init__(self, generation: int, shadow: CircuitBreaker, permit: Permit) -> None:
        super().__init__(generation, watched=True)
        self._shadow = shadow
        self._permit = permit

    def settle(self, attempt: Attempt, cause: BaseException | None) -> None:
        """Settle the attempt there, too."""
        self._shadow.settle(
            self._permit,
            attempt.outcome,
            began_ns=attempt.now_ns - attempt.duration_ns,
            at_ns=attempt.now_ns,
            cause=cause,
            context=attempt.context,
        )


class _Teller:
    """Whoever tells the listeners."""

    __slots__ = ("__weakref__",)


_NOT_RUN = frozenset((AsyncGeneratorType, CoroutineType, GeneratorType))
"""What a call may return that has done nothing so far."""

_UNJUDGED = Permit(0, watched=False)
"""Leave while the library is inactive; of no era."""


def _seconds_until(era: Era, now_ns: int) -> float | None:
    return None if era.until_ns is None else max(0, era.until_ns - now_ns) / NS
