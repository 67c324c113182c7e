"""Retry, deadline, bulkhead, fallback and their composition; cases by name."""

import asyncio
import pickle
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.resilience.calls import Flaky
from tests.resilience.test_breaker_cases import case
from tests.support.waiting import wait_until
from vexfsctl.resilience import (
    FAILED,
    OK,
    BreakerOpen,
    BreakerSettings,
    Bulkhead,
    BulkheadFull,
    CircuitBreaker,
    Deadline,
    DeadlineExceeded,
    Fallback,
    NoTimeLeft,
    NoWorker,
    Outcome,
    Registry,
    Rejected,
    Retry,
    RetryBudget,
    Verdict,
    compose,
    remaining,
    resilient,
)
from vexfsctl.resilience.clock import MonotonicClock
from vexfsctl.resilience.delays import exponential
from vexfsctl.resilience.statistics import Latency
from vexfsctl.resilience.testing import VirtualClock, inactive
from vexfsctl.resilience.workers import WORKERS, Workers

ERROR = OSError(5, "from the device")
CLOCK_ONLY = SimpleNamespace(now_ns=int)


def retrying(clock: VirtualClock | None = None, **settings: Any) -> Retry:
    """A retry on virtual time without jitter."""
    return Retry(clock=clock or VirtualClock(), **{"jitter": 0, **settings})


# Delays


@case("K81")
def test_delays_double_up_to_the_cap(_: None) -> None:
    """Exact, and without overflow at any attempt."""
    delays = [exponential(1, 2, 40, number) for number in (*range(1, 9), 50, 1100)]
    assert delays == [1, 2, 4, 8, 16, 32, 40, 40, 40, 40]
    assert [exponential(0, 2, 40, 1100), exponential(3, 1, 40, 1100)] == [0, 3]


@case("K83")
def test_bounded_jitter(_: None) -> None:
    """Within 10 % either way, never above the cap, not always the same."""
    retry = retrying(jitter=0.1, random=Random(7).random)
    for number, low, high in ((1, 0.09, 0.11), (2, 0.18, 0.22), (30, 4.5, 5.0)):
        delays = {retry.delay(number) for _sample in range(1000)}
        assert low <= min(delays) < max(delays) <= high
        assert len(delays) > 900


@case("K85")
def test_equal_and_decorrelated_jitter(_: None) -> None:
    """Between half and all of the delay; between the base and three times the delay before."""
    random = Random(7).random
    equal = [retrying(jitter="equal", random=random).delay(3) for _sample in range(500)]
    assert 0.2 <= min(equal) < max(equal) <= 0.4
    full = [retrying(jitter="full", random=random).delay(3) for _sample in range(500)]
    assert 0 <= min(full) < 0.05 < 0.35 < max(full) <= 0.4

    decorrelated, before = retrying(jitter="decorrelated", cap=2.0, random=random), 0.0
    for number in range(1, 200):
        delay = decorrelated.delay(number, before)
        assert 0.1 <= delay <= min(2.0, 3 * max(before, 0.1))
        before = delay


@case("K87")
def test_delay_that_the_failure_asks_for(_: None) -> None:
    """It replaces the computed one, up to the cap, also by none; a retry may ignore it."""

    def classify(value: object) -> Outcome | None:
        if isinstance(value, int):
            return Outcome(Verdict.FAILURE, retry_after=value / 1000)
        return None

    for follows, slept in ((True, [0.1, 0, 0.2]), (False, [0.5, 1.0, 2.0])):
        clock = VirtualClock()
        retry = retrying(clock, attempts=4, base=0.5, classify=classify, follow_retry_after=follows)
        assert retry(Flaky(100, 0, 200, "done"))() == "done"
        assert clock.slept == slept
    assert retrying(cap=5.0).delay(1, retry_after=3600) == 5.0


def test_breaker_passes_on_what_the_failure_asks_for() -> None:
    """`classify` of the breaker has the delay of the retry around it."""
    clock = VirtualClock()
    breaker = CircuitBreaker(
        classify=lambda value: (
            Outcome(Verdict.FAILURE, retry_after=0.25) if value is ERROR else None
        )
    )
    assert compose(retrying(clock), breaker)(Flaky(ERROR, "done"))() == "done"
    assert clock.slept == [0.25]


# Retry


@case("K89")
def test_success_at_once(_: None) -> None:
    """One call, no pause."""
    clock, operation = VirtualClock(), Flaky("done")
    assert retrying(clock)(operation)() == "done"
    assert (operation.calls, clock.slept) == (1, [])


@case("K91")
def test_last_exception_as_it_is(_: None) -> None:
    """Three calls; the caller has the last exception, with one frame of ours an attempt."""
    clock, last = VirtualClock(), OSError(5)
    operation = Flaky(ERROR, ValueError(), last)
    with pytest.raises(OSError, match="5") as caught:
        retrying(clock)(operation)()
    assert caught.value is last
    assert (operation.calls, clock.slept) == (3, [0.1, 0.2])
    assert caught.value.__context__ is None
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names == ["test_last_exception_as_it_is", "guarded", "__call__"]


@case("K93")
def test_exception_not_to_try_again_after(_: None) -> None:
    """One call."""
    operation = Flaky(ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        retrying(on=OSError)(operation)()
    assert operation.calls == 1


def test_function_that_says_what_to_try_again_after() -> None:
    """Asked of each exception, but never of an interrupt or a rejection."""
    asked: list[BaseException] = []

    def on(error: BaseException) -> bool:
        asked.append(error)
        return isinstance(error, OSError)

    operation = Flaky(ERROR, KeyError)
    with pytest.raises(KeyError):
        retrying(on=on)(operation)()
    assert [type(error) for error in asked] == [OSError, KeyError]
    judged = retrying(on=lambda _: True, classify=lambda _: OK)
    with pytest.raises(OSError, match="device"):
        judged(Flaky(ERROR, "never"))()
    for error in (KeyboardInterrupt, NoTimeLeft):
        with pytest.raises(error):
            retrying(on=lambda _: True)(Flaky(error, "never"))()


@case("K95")
@pytest.mark.parametrize(
    ("elapsed", "delay", "calls"),
    [(0.999, 0.0001, 2), (0.999, 0.001, 1), (1.0, 0.001, 1), (1.0, 0, 1)],
)
def test_pause_that_would_pass_the_time_limit(
    elapsed: float, delay: float, calls: int, _: None
) -> None:
    """It is not begun, nor one that would end with it."""
    clock, made = VirtualClock(), []

    def operation() -> None:
        made.append(clock.now_ns())
        clock.advance(elapsed if len(made) == 1 else 0)
        raise ERROR

    with pytest.raises(OSError, match="device"):
        retrying(clock, attempts=2, base=delay, timeout=1.0)(operation)()
    assert len(made) == calls


@case("K97")
def test_inactive(_: None) -> None:
    """Everything runs once, with its own exception, and no breaker refuses or learns."""
    breaker = CircuitBreaker(failures=1)
    policy = compose(retrying(), breaker)
    operation = Flaky(ERROR)
    with inactive():
        for _call in range(2):
            with pytest.raises(OSError, match="device"):
                policy(operation)()
    assert (operation.calls, str(breaker.state)) == (2, "closed")


@case("K99")
def test_one_decorated_function_in_two_threads_and_in_itself(_: None) -> None:
    """Attempts are those of each call."""
    made: dict[tuple[str, int], int] = {}

    @retrying(attempts=4)
    def operation(thread: str, depth: int) -> int:
        key = (thread, depth)
        made[key] = made.get(key, 0) + 1
        if depth and made[key] == 1:
            operation(thread, depth - 1)
        if made[key] < 4:
            raise ERROR
        return made[key]

    threads = [threading.Thread(target=operation, args=(name, 2)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(made.values()) == [4] * len(made)
    assert len(made) == 6


def test_result_to_try_again_after() -> None:
    """When attempts run out, the last result is returned."""
    operation = Flaky(None, None, None, "late")
    assert retrying(on_result=lambda value: value is None)(operation)() is None
    assert operation.calls == 3


def test_attempts_as_a_loop() -> None:
    """`for attempt in Retry(…)` swallows all but the last failure."""
    clock, operation, numbers = VirtualClock(), Flaky(ERROR, ERROR, "done"), []
    for attempt in retrying(clock):
        with attempt:
            numbers.append(attempt.number)
            operation()
    assert (numbers, clock.slept) == ([1, 2, 3], [0.1, 0.2])

    with pytest.raises(OSError, match="device"):
        for attempt in retrying(attempts=2):
            with attempt:
                raise ERROR

    async def loop() -> int:
        failing = Flaky(ERROR, "done")
        async for attempt in retrying():
            with attempt:
                failing()
        return failing.calls

    assert asyncio.run(loop()) == 2


# Budget


@case("K101")
@pytest.mark.parametrize(
    ("share", "retries"), [(0.2, 2000), (0.1, 1000), (0.001, 10), (0.29, 2900), (1.0, 10_000)]
)
def test_retries_stay_a_share_of_the_calls(share: float, retries: int, _: None) -> None:
    """Of ten thousand failing calls."""
    clock = VirtualClock()
    budget = RetryBudget(share, floor=0, clock=clock)
    policy = compose(retrying(clock, attempts=2, base=0, budget=budget))
    operation = Flaky(ERROR)
    call = policy(operation)
    for _call in range(10_000):
        with pytest.raises(OSError, match="device"):
            call()
    stats = policy.stats()
    assert abs(stats.retries - retries) <= 1
    assert operation.calls == 10_000 + stats.retries
    assert stats.budget_denials == 10_000 - stats.retries


@case("K103")
def test_empty_budget(_: None) -> None:
    """No share and no floor: no retry."""
    budget = RetryBudget(0, floor=0)
    budget.add_call()
    assert not budget.grant()


def test_floor_and_window_of_a_budget() -> None:
    """The floor is granted without calls, and again when the window is over."""
    clock = VirtualClock()
    budget = RetryBudget(2.0, floor=2, within=10, clock=clock)
    assert [budget.grant() for _retry in range(3)] == [True, True, False]
    budget.add_call()
    assert [budget.grant() for _retry in range(3)] == [True, True, False]
    clock.advance(10.1)
    assert [budget.grant() for _retry in range(3)] == [True, True, False]


# Together


@case("K109")
def test_breaker_that_opens_between_attempts(_: None) -> None:
    """No further attempt, no pause, and the rejection surfaces; each attempt was seen."""
    clock, operation = VirtualClock(), Flaky(ERROR)
    breaker = CircuitBreaker(failures=3, clock=clock)
    policy = compose(retrying(clock, attempts=9), breaker)
    with pytest.raises(BreakerOpen) as caught:
        policy(operation)()
    assert (policy.stats().retries, clock.slept[-1]) == (2, 0)
    assert (operation.calls, breaker.stats().failed, len(clock.slept)) == (3, 3, 3)
    assert (caught.value.__context__, caught.value.cause) == (
        None,
        "OSError: [Errno 5] from the device",
    )


@case("K111")
def test_fallback_only_where_it_helps(_: None) -> None:
    """For what it covers; if it fails, the operation's exception is its cause."""
    policy = compose(Fallback(lambda: "cached", on=(OSError, Rejected)))
    assert policy(Flaky(ERROR))() == "cached"
    with pytest.raises(KeyError):
        policy(Flaky(KeyError()))()

    def broken() -> None:
        raise ValueError("no cache")

    def again() -> None:
        raise ERROR

    with pytest.raises(OSError, match="device") as same:
        compose(Fallback(again))(Flaky(ERROR))()
    assert (same.value, same.value.__cause__) == (ERROR, None)

    failing = compose(Fallback(broken, broken))
    with pytest.raises(ValueError, match="no cache") as caught:
        failing(Flaky(ERROR))()
    assert caught.value.__cause__ is ERROR
    assert failing.stats().fallback_failures == 1
    assert compose(Fallback(broken, lambda: "second"))(Flaky(ERROR))() == "second"


def test_fallback_never_stands_in_for_an_interrupt() -> None:
    """Not even where `on` covers it."""
    policy = compose(Fallback(lambda: "cached", on=BaseException))
    with pytest.raises(KeyboardInterrupt):
        policy(Flaky(KeyboardInterrupt))()


def test_budget_that_is_used_up() -> None:
    """The exception of the call is raised, and shared by two it is shared."""
    clock = VirtualClock()
    budget = RetryBudget(0, floor=3, clock=clock)
    operations = [Flaky(ERROR), Flaky(ERROR)]
    for operation in operations:
        with pytest.raises(OSError, match="device"):
            retrying(clock, budget=budget)(operation)()
    assert [operation.calls for operation in operations] == [3, 2]


@case("K113")
def test_breakers_of_a_registry_trip_alone(_: None) -> None:
    """Five failures on one name leave the others closed."""
    registry = Registry(failures=5)
    for _failure in range(5):
        registry.breaker("vector").settle(registry.breaker("vector").acquire(), FAILED)
    assert str(registry.breaker("vector").state) == "open"
    assert str(registry.breaker("file").state) == "closed"


def test_registry_forgets() -> None:
    """Hosts come and go: a breaker that is removed is made anew the next time."""
    registry = Registry()
    first = registry.breaker("a")
    assert ("a" in registry, "b" in registry, len(registry)) == (True, False, 1)
    registry.remove("a")
    registry.remove("a")
    assert (list(registry), registry.breaker("a") is first) == ([], False)


def test_outer_breaker_ignores_the_rejection_of_an_inner_one() -> None:
    """The call did not start, so the outer one learns nothing."""
    inner, outer = CircuitBreaker("inner", failures=1), CircuitBreaker("outer", failures=1)
    inner.trip()
    with pytest.raises(BreakerOpen) as caught:
        compose(outer, inner)(Flaky("done"))()
    assert caught.value.breaker == "inner"
    assert (str(outer.state), outer.stats().ignored) == ("closed", 1)


def test_default_order_with_all_policies() -> None:
    """Retries are inside the fallback, and the breaker sees each attempt."""
    clock, operation = VirtualClock(), Flaky(ERROR)
    breaker = CircuitBreaker(failures=2, clock=clock)

    @resilient(
        fallback=lambda order: f"cached {order}",
        retry=retrying(clock),
        breaker=breaker,
        bulkhead=3,
        deadline=Deadline(60, clock=clock),
    )
    def pay(order: int) -> object:
        return operation(order)

    assert pay(7) == "cached 7"
    assert (operation.calls, str(breaker.state)) == (2, "open")
    assert pay.policy.stats() == (1, 0, 0, 0, 0, 1, 0)  # type: ignore[attr-defined]
    assert pay.policy.stats().retries == pay.policy.stats().fallbacks == 1  # type: ignore[attr-defined]
    assert pay.breaker is breaker  # type: ignore[attr-defined]
    without = pay.with_(fallback=None)  # type: ignore[attr-defined]
    with pytest.raises(BreakerOpen):
        without(7)


def test_same_policies_for_a_coroutine_function() -> None:
    """One breaker for both, retries that do not block the loop, fallbacks of either kind."""
    breaker = CircuitBreaker(failures=4)
    operation = Flaky(ERROR, ERROR, "done", ERROR)

    @resilient(fallback=lambda: "cached", retry=retrying(), breaker=breaker)
    async def fetch() -> object:
        return operation()

    async def run() -> list[object]:
        return [await fetch(), await fetch(), await breaker.call_async(asyncio.sleep, 0, "x")]

    with pytest.raises(BreakerOpen):
        asyncio.run(run())
    assert (operation.calls, str(breaker.state)) == (5, "open")


def test_asynchronous_block_and_call() -> None:
    """They count as the others do; each block is one attempt."""
    breaker = CircuitBreaker(failures=1)

    async def run() -> object:
        async with breaker.calling() as call:
            call.ignore()
        with pytest.raises(OSError, match="device"):
            async with breaker.calling():
                raise ERROR
        breaker.reset()
        return await compose(retrying(), breaker).call_async(asyncio.sleep, 0, "slept")

    assert asyncio.run(run()) == "slept"
    stats = breaker.stats()
    assert (stats.ok, stats.failed, stats.ignored, stats.trips) == (1, 1, 1, 1)

    block = breaker.calling()
    with block, pytest.raises(RuntimeError, match="of its own"):
        block.__enter__()


def test_generators_are_refused() -> None:
    """They would be guarded only while they are made."""

    async def later() -> Any:
        yield 1

    for function in (numbers, later):
        with pytest.raises(TypeError, match="is a generator"):
            compose(CircuitBreaker())(function)


def test_static_and_class_methods_can_be_decorated() -> None:
    """On either side of their own decorator."""
    guarded = resilient(breaker=CircuitBreaker())

    class Client:
        @guarded
        @staticmethod
        def outside(number: int) -> int:
            return number

        @staticmethod
        @guarded
        def inside(number: int) -> int:
            return number

        @guarded
        @classmethod
        def of_class(cls, number: int) -> tuple[type, int]:
            return cls, number

    assert (Client.outside(1), Client().outside(2), Client.inside(3)) == (1, 2, 3)
    assert Client().of_class(4) == (Client, 4)
    with pytest.raises(TypeError, match="is a generator"):
        guarded(staticmethod(numbers))


def numbers() -> Iterator[int]:
    """A generator."""
    yield 1


def test_policies_replaced_by_short_forms() -> None:
    """`with_` takes what `resilient` takes, and keeps the order."""
    pay: Any = resilient(breaker="short forms")(Flaky(ERROR))
    other = pay.with_(retry=2, fallback=lambda: "cached", deadline=60, bulkhead=3, breaker="more")
    assert other() == "cached"
    assert [type(part).__name__ for part in other.policy.parts] == [
        "Fallback",
        "Deadline",
        "Retry",
        "CircuitBreaker",
        "Bulkhead",
    ]
    assert (pay.breaker.name, other.breaker.name) == ("short forms", "more")
    with pytest.raises(TypeError, match="not a policy: retries"):
        pay.with_(retries=None)


def test_call_of_what_has_not_run_when_it_returns() -> None:
    """A coroutine or a generator would fail where the breaker does not see it."""
    breaker = CircuitBreaker()

    async def later() -> None: ...

    for function in (numbers, later):
        with warnings.catch_warnings(action="ignore"), pytest.raises(TypeError, match="call_async"):
            breaker.call(function)
    assert breaker.stats().ignored == 2


def test_no_policy_left() -> None:
    """The call passes, and the function itself is not touched."""

    def function() -> str:
        return "done"

    guarded: Any = resilient(retry=2)(function)
    bare = guarded.with_(retry=None)
    assert (bare(), bare.breaker, bare is function) == ("done", None, False)
    assert not hasattr(function, "policy")


def test_policies_can_be_replaced_and_added() -> None:
    """What is added takes its place in the usual order."""
    first, second = CircuitBreaker("first"), CircuitBreaker("second")
    policy = compose(Fallback(len), first).with_(breaker=second, retry=retrying(), fallback=None)
    assert [type(part) for part in policy.parts] == [Retry, CircuitBreaker]
    assert policy.breaker is second
    with pytest.raises(TypeError, match="not a policy: braker"):
        policy.with_(braker=None)


def test_clock_that_is_stopped_ends_every_pause() -> None:
    """Present ones, and future ones at once."""
    clock = MonotonicClock()
    pausing = threading.Thread(target=clock.sleep, args=(3600,))
    pausing.start()
    wait_until(lambda: bool(clock._pauses))
    clock.stop()
    pausing.join()
    clock.sleep(3600)
    assert not clock._pauses


def test_methods_can_be_decorated() -> None:
    """`self` arrives, and names and docstrings stay."""

    class Client:
        @resilient(breaker=CircuitBreaker())
        def fetch(self, number: int) -> tuple["Client", int]:
            """Fetch one."""
            return self, number

    client = Client()
    assert client.fetch(3) == (client, 3)
    assert (Client.fetch.__name__, Client.fetch.__doc__) == ("fetch", "Fetch one.")


# Deadlines


def test_budget_stops_retries_and_is_told() -> None:
    """Nothing begins past it, `remaining` counts down, nested deadlines only shorten."""
    clock, left = VirtualClock(), []

    def operation() -> None:
        left.append(remaining())
        clock.advance(1.0)
        raise ERROR

    policy = compose(Deadline(2.5, clock=clock), retrying(clock, attempts=9, base=0.5))
    with pytest.raises(OSError, match="device"):
        policy(compose(Deadline(60, clock=clock))(operation))()
    assert left == [2.5, 1.0]
    assert policy.stats().late == 1
    assert remaining() is None


def test_deadline_within_one_of_another_clock() -> None:
    """What counts is the time left."""
    outer, inner = VirtualClock(5 * 10**9), VirtualClock(900 * 10**9)

    @compose(Deadline(2, clock=outer))
    def call() -> float | None:
        outer.advance(1.5)
        return compose(Deadline(60, clock=inner)).call(remaining)

    assert call() == 0.5


def test_call_that_overruns_its_budget() -> None:
    """It is judged by its outcome and counted late, or raises where that is asked for."""
    clock = VirtualClock()

    def slow() -> str:
        clock.advance(3)
        return "done"

    counting = compose(Deadline(2, clock=clock))
    assert counting(slow)() == "done"
    assert counting.stats().late == 1
    with pytest.raises(DeadlineExceeded, match="not done within 2 s"):
        compose(Deadline(2, clock=clock, late="raise"))(slow)()


def test_call_that_overruns_its_budget_has_succeeded_for_its_breaker() -> None:
    """The deadline is outside of that, and inside of the fallback."""
    clock = VirtualClock()
    breaker = CircuitBreaker(failures=1, clock=clock)

    @resilient(
        fallback=lambda: "cached", deadline=Deadline(2, clock=clock, late="raise"), breaker=breaker
    )
    def slow() -> str:
        clock.advance(3)
        return "done"

    assert slow() == "cached"
    assert (breaker.stats().ok, breaker.stats().failed) == (1, 0)
    assert slow.policy.stats().late == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("inside", [False, True], ids=["whole call", "each attempt"])
def test_one_frame_an_attempt_with_all_policies(inside: bool) -> None:
    """However many they are, in the usual order or with the deadline inside; tasks, too."""
    retry, breaker = Retry(base=0), CircuitBreaker(failures=None, latency=True)
    parts = (retry, breaker, Deadline(60)) if inside else (Deadline(60), retry, breaker)
    policy = compose(Fallback(int, on=KeyError), *parts, Bulkhead(2))

    @policy
    def fail() -> None:
        raise OSError(5, "from the device")

    @policy
    async def fail_async() -> None:
        raise OSError(5, "from the device")

    for call in (fail, lambda: asyncio.run(fail_async())):
        with pytest.raises(OSError, match="device") as caught:
            call()
        names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert names.count("guarded") == 1
        assert names[names.index("guarded") + 1 :] in (["fail"], ["fail_async"])


def test_deadline_of_each_attempt() -> None:
    """Each has all of it, but no more than the one around them; an overrun can be a failure."""
    clock, left = VirtualClock(), []

    def operation() -> None:
        left.append(remaining())
        clock.advance(1.5)
        if len(left) < 3:
            raise ERROR

    breaker = CircuitBreaker(clock=clock)
    policy = compose(retrying(clock, base=0.5), breaker, Deadline(2, clock=clock))
    whole = compose(Deadline(5.5, clock=clock))(policy(operation))
    whole()
    assert left == [2.0, 2.0, 1.0]
    assert (policy.stats().late, breaker.stats().failed, remaining()) == (1, 2, None)

    strict = compose(
        retrying(clock, attempts=2), breaker, Deadline(1, clock=clock, late="raise"), Bulkhead(1)
    )
    with pytest.raises(DeadlineExceeded):
        strict(operation)()
    assert (strict.stats().late, strict.stats().retries, breaker.stats().failed) == (2, 1, 4)
    with inactive():
        strict(operation)()


@pytest.mark.parametrize(
    "order", [(1, 0, 2, 3, 4), (2, 1, 3, 4, 0), (4, 1, 0, 3, 2), (3, 4, 2, 1, 0), (2, 3, 1, 0, 4)]
)
def test_policies_in_any_order(order: tuple[int, ...]) -> None:
    """A call passes all of them, and fails as it does."""
    breaker, bulkhead = CircuitBreaker(), Bulkhead(1)
    parts = (Fallback(lambda: "cached"), Deadline(60), Retry(base=0), breaker, bulkhead)
    policy = compose(*(parts[at] for at in order))
    assert policy(lambda: (bulkhead.running, breaker.stats().in_flight))() == (1, 1)
    assert policy(Flaky(ERROR))() == "cached"
    assert (bulkhead.running, breaker.stats().in_flight, remaining()) == (0, 0, None)


def test_budget_is_that_of_the_thread_that_spends_it() -> None:
    """Not of others, whatever context they run in; tasks have that of the call around them."""
    found: dict[str, float | None] = {}
    clock = VirtualClock()

    def look(name: str) -> None:
        found[name] = remaining()

    async def tasks() -> None:
        await asyncio.gather(in_task("task"), asyncio.to_thread(look, "thread of a task"))

    @resilient(deadline=Deadline(1, clock=clock))
    def spend(name: str) -> None:
        look(name)

    async def in_task(name: str) -> None:
        spend(f"{name}, less")
        await asyncio.sleep(0)
        look(name)

    @resilient(deadline=Deadline(3, clock=clock))
    async def cancelling() -> None:
        await tasks()

    @resilient(deadline=Deadline(9, clock=clock))
    def budget() -> None:
        thread = threading.Thread(target=copy_context().run, args=(look, "thread"))
        thread.start()
        thread.join()
        asyncio.run(in_task("inside"))
        look("budget")

    budget()
    asyncio.run(cancelling())
    assert found == {
        "thread": None,
        "inside, less": 1.0,
        "inside": 9.0,
        "budget": 9.0,
        "task, less": 1.0,
        "task": 3.0,
        "thread of a task": 3.0,
    }
    assert remaining() is None


def test_operation_left_behind_has_no_time_left() -> None:
    """It can still ask, in its thread, when the caller is gone."""
    left, leave, ended = [], threading.Event(), threading.Event()

    @resilient(deadline=Deadline(0.05, worker=True))
    def stuck() -> None:
        leave.wait()
        left.append(remaining())
        ended.set()

    with pytest.raises(DeadlineExceeded):
        stuck()
    leave.set()
    ended.wait()
    assert left == [0.0]


def test_deadline_that_passes_is_a_failure_whatever_else_is() -> None:
    """In a worker and in a task; unless the breaker is told to ignore it."""
    leave = threading.Event()
    for settings, failed in (({"on": KeyError}, 2), ({"ignore": TimeoutError}, 0)):
        breaker = CircuitBreaker(**settings)

        @resilient(deadline=0.01, breaker=breaker)
        async def hang() -> None:
            await asyncio.sleep(3600)

        with pytest.raises(DeadlineExceeded):
            compose(Deadline(0.01, worker=True), breaker)(leave.wait)()
        with pytest.raises(DeadlineExceeded):
            asyncio.run(hang())
        assert breaker.stats().failed == failed
    leave.set()
    wait_until(lambda: WORKERS.busy == 0)


def test_no_time_left_is_a_rejection() -> None:
    """A call nested in one that is overdue does not start."""
    clock, breaker = VirtualClock(), CircuitBreaker(failures=1)
    inner = compose(breaker, Deadline(9, clock=clock))(Flaky("done"))

    def outer() -> object:
        clock.advance(3)
        return inner()

    with pytest.raises(NoTimeLeft):
        compose(Deadline(2, clock=clock))(outer)()
    assert str(breaker.state) == "closed"


def test_worker_is_left_behind_at_the_deadline() -> None:
    """One failure for the breaker, at once; the late result changes nothing."""
    leave = threading.Event()
    breaker = CircuitBreaker(failures=2)
    policy = compose(Deadline(0.05, worker=True), breaker)
    with pytest.raises(DeadlineExceeded, match=r"not done within 0\.05 s"):
        policy(leave.wait)()
    counts = policy.stats()
    assert (WORKERS.busy, breaker.stats().failed) == (1, 1)
    assert (counts.timeouts, counts.late) == (1, 0)
    leave.set()
    wait_until(lambda: WORKERS.busy == 0)
    assert breaker.stats().failed == 1
    assert policy(threading.current_thread)() is not threading.current_thread()
    with pytest.raises(OSError, match="device"):
        policy(Flaky(ERROR))()


def test_each_attempt_has_the_deadline_inside_the_retry() -> None:
    """And the breaker counts each that passes it."""
    breaker, hung = CircuitBreaker(), threading.Event()
    policy = compose(retrying(attempts=3), breaker, Deadline(0.01, worker=True))
    with pytest.raises(DeadlineExceeded):
        policy(hung.wait)()
    assert (breaker.stats().failed, policy.stats().timeouts) == (3, 3)
    hung.set()
    wait_until(lambda: WORKERS.busy == 0)


def test_workers_that_are_all_busy() -> None:
    """The call is rejected; those left behind count until they return."""
    workers, hung = Workers(1), threading.Event()
    policy = compose(Deadline(0.01, worker=workers))
    with pytest.raises(DeadlineExceeded):
        policy(hung.wait)()
    assert (workers.busy, workers.abandoned, WORKERS.abandoned) == (1, 1, 0)
    with pytest.raises(NoWorker, match=r"no worker is free \(limit 1\)"):
        policy(len)("abc")
    hung.set()
    wait_until(lambda: workers.busy == 0)
    assert (policy.with_(deadline=Deadline(60, worker=workers))(len)("abc"), workers.abandoned) == (
        3,
        0,
    )


def test_task_is_cancelled_at_the_deadline() -> None:
    """The breaker sees one failure, and the task has ended when the caller goes on."""
    breaker, ended = CircuitBreaker(failures=2), []

    @resilient(deadline=0.02, retry=Retry(), breaker=breaker)
    async def hang() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(remaining())

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(hang())
    assert (type(caught.value), ended) == (DeadlineExceeded, [0.0])
    stats = breaker.stats()
    assert (stats.failed, stats.interrupted, stats.in_flight) == (1, 0, 0)


def test_task_that_returns_though_it_was_cancelled() -> None:
    """It did not end in time all the same: the caller is told, and the breaker."""
    breaker = CircuitBreaker()

    @compose(breaker, Deadline(0.01))
    async def stubborn() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        return "late"

    with pytest.raises(DeadlineExceeded):
        asyncio.run(stubborn())
    assert (breaker.stats().failed, stubborn.policy.stats().timeouts) == (1, 1)  # type: ignore[attr-defined]


def test_cancelled_probe_gives_its_place_back() -> None:
    """By somebody else's cancellation: no verdict."""
    breaker = CircuitBreaker()
    breaker.trip()
    breaker.probe()

    async def cancelled() -> None:
        task = asyncio.ensure_future(breaker.call_async(asyncio.sleep, 3600))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(cancelled())
    assert str(breaker.state) == "half_open"
    assert breaker.call(lambda: 1) == 1
    assert breaker.stats().interrupted == 1


# Bulkhead


def test_full_bulkhead_rejects_and_queues() -> None:
    """The call beyond the limit waits for a place, or is rejected."""
    leave = threading.Event()
    bulkhead = Bulkhead(1, name="disk")
    busy = threading.Thread(target=compose(bulkhead)(leave.wait))
    busy.start()
    wait_until(lambda: bulkhead.running == 1)
    with pytest.raises(BulkheadFull, match=r"bulkhead disk is full \(limit 1\)"):
        compose(bulkhead)(Flaky("done"))()

    bulkhead.wait = 60
    done: list[object] = []
    waiting = threading.Thread(target=lambda: done.append(compose(bulkhead)(Flaky("done"))()))
    waiting.start()
    wait_until(lambda: bulkhead.waiting == 1)
    leave.set()
    waiting.join()
    busy.join()
    assert (done, bulkhead.running, bulkhead.waiting) == (["done"], 0, 0)


def test_place_of_a_holder_that_is_gone() -> None:
    """Whoever waits finds it free, though nobody has given it back."""
    bulkhead = Bulkhead(1, wait=60)
    holder = Flaky()
    assert bulkhead._places.take(holder, 1)
    done: list[object] = []
    waiting = threading.Thread(target=lambda: done.append(compose(bulkhead)(Flaky("done"))()))
    waiting.start()
    wait_until(lambda: bulkhead.waiting == 1)
    del holder
    waiting.join()
    assert done == ["done"]


def test_bulkhead_of_tasks() -> None:
    """At no moment do more run than its limit."""
    running, most = 0, 0

    @resilient(bulkhead=Bulkhead(3, wait=60))
    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async def all_at_once() -> None:
        await asyncio.gather(*(work() for _task in range(20)))

    asyncio.run(all_at_once())
    assert most == 3


# Settings, exceptions, counters


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CircuitBreaker(failures=0), "failures must be at least 1, not 0"),
        (lambda: CircuitBreaker(failures=2.5), "failures must be a whole number, not 2.5"),
        (lambda: CircuitBreaker(within=0), "within must be a number of seconds greater than 0"),
        (lambda: CircuitBreaker(open_for=float("nan")), "open_for must be a number of seconds"),
        (lambda: CircuitBreaker(failure_rate=50), "failure_rate must be a share from 0 to 1"),
        (lambda: CircuitBreaker(slow_rate=0.5), "slow_rate needs slow"),
        (lambda: CircuitBreaker(probes=3), "probes needs failure_rate or slow_rate"),
        (lambda: CircuitBreaker(on="OSError"), "on must be an exception type"),
        (lambda: CircuitBreaker(kinds={"rate": 0}), r"kinds\['rate'\] must be at least 1"),
        (lambda: CircuitBreaker(failure=3), "a breaker has no setting failure"),
        (lambda: CircuitBreaker(open_for=10**400), "open_for must be a number of seconds"),
        (lambda: CircuitBreaker(kinds="rate"), "kinds must be a mapping from names"),
        (lambda: CircuitBreaker(half_open_closes=1), "half_open_closes must be True or False"),
        (lambda: CircuitBreaker(counting="some"), "counting must be one of none, completions, all"),
        (lambda: CircuitBreaker(clock=3), "clock must have now_ns"),  # type: ignore[arg-type]
        (lambda: CircuitBreaker(3), "name must be a str"),  # type: ignore[arg-type]
        (lambda: Retry(clock=CLOCK_ONLY), "clock must have now_ns, sleep, sleep_async"),
        (lambda: Retry(budget=0.2), "budget must be a RetryBudget"),  # type: ignore[arg-type]
        (lambda: resilient(deadline="2 s"), "deadline cannot be '2 s'"),  # type: ignore[arg-type]
        (lambda: resilient(breaker=3), "breaker cannot be 3"),  # type: ignore[arg-type]
        (lambda: Deadline(1, late="ignore"), "late must be one of count, raise"),
        (lambda: Deadline(1, worker=2), "worker must be True or False"),  # type: ignore[arg-type]
        (lambda: Workers(0), "limit must be at least 1"),
        (lambda: Registry(failures=0), "failures must be at least 1"),
        (lambda: Retry(attempts=0), "attempts must be at least 1"),
        (lambda: Retry(attempts=None), "attempts must be given where timeout is not"),
        (lambda: Retry(jitter="some"), "jitter must be one of full, equal, decorrelated"),
        (lambda: Retry(factor=0.5), "factor must be a finite number of at least 1"),
        (lambda: Deadline(-1), "seconds must be a number of seconds greater than 0"),
        (lambda: Bulkhead(0), "limit must be at least 1"),
        (lambda: Fallback("cached"), "alternatives must be callable"),  # type: ignore[arg-type]
        (lambda: RetryBudget(-1), "share must be a finite number of at least 0"),
        (lambda: compose(3), "not a policy: 3"),  # type: ignore[arg-type]
    ],
)
def test_wrong_settings_name_the_field(make: Any, message: str) -> None:
    """At construction."""
    with pytest.raises((ValueError, TypeError), match=message):
        make()


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (CircuitBreaker, BreakerSettings._fields),
        (Retry, ("on", "attempts", "base", "factor", "cap", "jitter", "timeout", "on_result")),
        (Retry, ("classify", "follow_retry_after", "budget", "clock", "random")),
        (RetryBudget, ("share", "floor", "within", "clock")),
        (partial(Deadline, seconds=1), ("seconds", "worker", "late", "clock")),
        (partial(Bulkhead, limit=1), ("limit", "wait", "queue")),
        (partial(Fallback, len), ("on",)),
    ],
)
def test_every_setting_refuses_what_it_cannot_be(make: Any, names: tuple[str, ...]) -> None:
    """By a message with its name in it, at construction."""
    for name in names:
        for value in (object(), "x", -1, -0.5, float("nan"), float("inf"), 10**400, (3,), b"1"):
            with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
                make(**{name: value})


@pytest.mark.parametrize(
    "error",
    [
        BreakerOpen("payments", CircuitBreaker().state, 1.5, "OSError: x"),
        BulkheadFull("disk", 3),
        NoTimeLeft(),
        DeadlineExceeded(2.0),
    ],
)
def test_exceptions_pickle(error: Exception) -> None:
    """With their fields and text."""
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_error_that_an_operation_keeps_keeps_no_call_in_flight() -> None:
    """Its traceback keeps the frames around it, those of calls that went well, too."""
    breaker, kept = CircuitBreaker(), []

    def operation() -> None:
        try:
            raise OSError(5, "from the device")
        except OSError as error:
            kept.append(error)

    async def operation_async() -> None:
        operation()

    for policy in (compose(breaker), compose(Deadline(60), breaker, Bulkhead(1))):
        policy(operation)()
        asyncio.run(policy(operation_async)())
    breaker.call(operation)
    with breaker.calling():
        operation()
    assert (breaker.stats().ok, breaker.stats().in_flight, len(kept)) == (6, 0, 6)


def test_counters_add_up() -> None:
    """calls = ok + failed + ignored + interrupted, and percentiles are within 3 %."""
    clock = VirtualClock()
    breaker = CircuitBreaker(failures=None, ignore=KeyError, on=OSError, latency=True, clock=clock)

    @resilient(breaker=breaker)
    def operation(outcome: object) -> object:
        clock.advance(0.001)
        return Flaky(outcome)()

    for outcome in [1] * 10 + [ERROR, ERROR, KeyError(), KeyboardInterrupt(), ValueError()]:
        with suppress(OSError, KeyError, ValueError, KeyboardInterrupt):
            operation(outcome)
    stats = breaker.stats()
    assert (stats.calls, stats.ok, stats.failed, stats.ignored, stats.interrupted) == (
        15,
        11,
        2,
        1,
        1,
    )
    assert stats.latency_ns is not None
    assert (stats.latency_ns.calls, stats.in_flight) == (15, 0)
    assert 1_000_000 <= stats.latency_ns.p50 <= stats.latency_ns.max <= 1_031_250


@given(st.lists(st.integers(0, 10**15), min_size=1))
def test_percentiles_are_within_three_percent(durations: list[int]) -> None:
    """Never below the value that they stand for."""
    latency = Latency()
    for duration in durations:
        latency.add(duration)
    ranked = sorted(durations)
    found = latency.percentiles()
    assert found.calls == len(durations)
    for percent, value in ((50, found.p50), (90, found.p90), (99, found.p99), (100, found.max)):
        exact = ranked[max(0, -(-len(ranked) * percent // 100) - 1)]
        assert exact <= value <= exact + exact / 32 + 1
