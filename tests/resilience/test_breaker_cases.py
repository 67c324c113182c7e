"""Conformance cases of circuit breakers, gathered from other engines; each test names its own."""

import threading
import traceback

import pytest

from tests.resilience.calls import SECOND, Flaky, Ignored, Watched
from vexfsctl.resilience import (
    FAILED,
    BreakerOpen,
    CircuitBreaker,
    DeadlineExceeded,
    Outcome,
    Verdict,
)


def case(number: str) -> pytest.MarkDecorator:
    """Name the case in the test id."""
    return pytest.mark.parametrize("_", [pytest.param(None, id=number)])


# Closed, and how it trips


@case("K01")
def test_success_ends_a_row_of_failures(_: None) -> None:
    """Failures in a row: a success begins a new row."""
    it = Watched(failures=None, consecutive=5).play("FFFF S FFFF")
    assert it.state == "closed"
    assert it.play("F").state == "open"


@case("K03")
def test_rejected_call_is_not_run_and_counts_nothing(_: None) -> None:
    """While open, calls are refused, counted apart, and no failure is added."""
    it = Watched().play("FFFFF")
    failures = it.breaker.status().failures
    assert it.refuses()
    assert it.refuses()
    stats = it.breaker.stats()
    assert (stats.rejected_open, stats.calls, stats.failed) == (2, 5, 5)
    assert it.breaker.status().failures == failures


@case("K05")
def test_threshold_of_one(_: None) -> None:
    """The first failure opens it."""
    assert Watched(failures=1).play("F").state == "open"


@case("K07")
def test_ratio_of_the_last_calls(_: None) -> None:
    """Three of the last four never fail where every other one does."""
    it = Watched(failures=None, failure_rate=0.75, last=4, minimum_calls=4)
    assert it.play("SF" * 20).state == "closed"


@case("K09")
def test_success_may_trip(_: None) -> None:
    """The rate is undefined below the minimum; the call that reaches it may be a success."""
    it = Watched(failures=None, failure_rate=0.5, minimum_calls=5, within=20).play("FFF S")
    assert (it.state, it.breaker.status().failure_rate) == ("closed", None)
    it.play("S")
    assert (it.state, it.breaker.status().failure_rate) == ("open", 0.6)


@case("K11")
def test_window_of_ten_calls(_: None) -> None:
    """The oldest call falls out when the eleventh comes in."""
    settings = {"failures": None, "last": 10, "minimum_calls": 10}
    it = Watched(failure_rate=0.6, **settings).play("SSFF")
    status = it.breaker.status()
    assert status.rates is not None
    assert (status.failure_rate, status.rates.calls) == (None, 4)
    assert it.play("FFFF SS").state == "open"

    calm = Watched(failure_rate=0.9, **settings).play("SSFF FFFF SSSS")
    assert calm.breaker.status().failure_rate == 0.6
    assert calm.play("SSS").breaker.status().failure_rate == 0.3


@case("K13")
def test_rate_at_the_threshold_opens(_: None) -> None:
    """4 of 8 is 50 %, 3 of 8 is not."""
    settings = {"failures": None, "failure_rate": 0.5, "minimum_calls": 8}
    assert Watched(**settings).play("SSFSFSFF").state == "open"
    assert Watched(**settings).play("SSFSSFSF").state == "closed"


@case("K15")
def test_slow_calls_open(_: None) -> None:
    """Whether they fail or not."""
    it = Watched(failures=None, slow=4.0, slow_rate=0.5, minimum_calls=5, within=60)
    it.play("F", taking=5).play("S", taking=5).play("F", taking=0.1).play("S", taking=0.1)
    assert it.state == "closed"
    it.play("S", taking=5)
    assert (it.state, it.breaker.status().slow_rate) == ("open", 0.6)
    assert it.breaker.stats().slow == 3


@case("K17")
def test_rules_are_combined_by_or(_: None) -> None:
    """Each rule opens it where the other would not."""
    settings = {"failures": None, "consecutive": 3, "failure_rate": 0.2, "minimum_calls": 20}
    row = Watched(within=30, **settings).play("FFF")
    assert (row.state, row.events[0].rule) == ("open", "consecutive")

    rate = Watched(within=30, **settings)
    for second in range(30):
        if rate.state == "closed":
            rate.at(second).play("SF"[second % 2])
    assert (rate.state, rate.events[0].rule) == ("open", "failure_rate")


@case("K19")
def test_kind_with_a_threshold_of_its_own(_: None) -> None:
    """Two of a kind open it where five of any would."""

    def classify(value: object) -> Outcome | None:
        kind = "rate" if isinstance(value, ConnectionError) else "other"
        return Outcome(Verdict.FAILURE, kind) if isinstance(value, OSError) else None

    it = Watched(kinds={"rate": 2}, classify=classify)

    def limited() -> None:
        raise ConnectionError

    for state in ("closed", "open"):
        with pytest.raises(ConnectionError):
            it.breaker.call(limited)
        assert it.state == state
    assert Watched(kinds={"rate": 2}, classify=classify).play("FFFF").state == "closed"


@case("K21")
def test_kind_that_opens_at_once(_: None) -> None:
    """With a duration of its own."""

    def classify(value: object) -> Outcome | None:
        return Outcome(Verdict.FAILURE, "corruption") if isinstance(value, OSError) else None

    it = Watched(at_once={"corruption": 3600}, classify=classify).play("F")
    assert (it.state, it.breaker.retry_after, it.events[0].rule) == ("open", 3600, "at_once")


# Windows


@case("K23")
@pytest.mark.parametrize(("last_at", "state"), [(10.0, "closed"), (9.999, "open")])
def test_exactly_as_old_as_the_window_is_gone(last_at: float, state: str, _: None) -> None:
    """Age >= window no longer counts."""
    it = Watched()
    for second in (0, 1, 2, 3):
        it.at(second).play("F")
    assert it.at(last_at).play("F").state == state


@case("K25")
def test_window_in_tenths(_: None) -> None:
    """One success a second: nine are younger than ten seconds when read at ten."""
    it = Watched(failure_rate=0.5)
    for second in range(10):
        it.at(second).play("S")
    read = []
    for second in (10, 11):
        rates = it.at(second).breaker.status().rates
        assert rates is not None
        read.append(rates.calls)
    assert read == [9, 8]


@case("K27")
def test_window_is_empty_when_all_is_old(_: None) -> None:
    """Calls, failures and durations leave the window together."""
    it = Watched(failure_rate=0.9, within=5, slow=0.5)
    it.play("F", taking=0.1).at(0.1).play("S", taking=0.1).at(-0.2 + 0.8).play("F", taking=1.0)
    rates = it.at(4.8).breaker.status().rates
    assert rates is not None
    assert (rates.calls, rates.failed, rates.slow, rates.total_ns) == (3, 2, 1, 1_200_000_000)
    gone = it.at(6.9).breaker.status().rates
    assert gone is not None
    assert gone == (0, 0, 0, 0)


@case("K29")
def test_clock_that_runs_backwards(_: None) -> None:
    """Nothing turns negative, nothing trips."""
    it = Watched(failure_rate=0.9, minimum_calls=100).at(100).play("FF").at(50)
    rates = it.breaker.status().rates
    assert rates is not None
    assert (it.breaker.status().failures, rates.calls) == (2, 2)
    assert it.play("S").state == "closed"


# Open


@case("K31")
def test_open_time_to_the_millisecond(_: None) -> None:
    """One millisecond before the end it is refused, at the end it is a probe."""
    it = Watched().play("FFFFF").at(59.999)
    rejection = it.refuses()
    assert rejection is not None
    assert rejection.retry_after == pytest.approx(0.001)
    assert it.at(60).refuses() is None
    assert it.state == "half_open"


@case("K33")
def test_tripped_by_hand_for_a_time(_: None) -> None:
    """It refuses for so long, then probes."""
    it = Watched()
    it.breaker.trip(for_=7200, reason="disk replaced", author="ops")
    assert it.at(3600).refuses()
    assert it.at(7201).refuses() is None
    assert (it.state, it.events[0].reason, it.events[0].author) == (
        "half_open",
        "disk replaced",
        "ops",
    )


@case("K35")
def test_open_time_grows_until_it_closes(_: None) -> None:
    """The function of the open time is told how often it opened without closing."""
    asked: list[int] = []

    def open_for(before: int) -> float:
        asked.append(before)
        return 1.0

    it = Watched(failures=1, successes=1, open_for=open_for)
    for _attempt in range(5):
        it.play("F").clock.advance(1)
    it.play("S")
    for _attempt in range(3):
        it.play("F").clock.advance(1)
    assert asked == [0, 1, 2, 3, 4, 0, 1, 2]


@case("K37")
def test_rejections_are_new_and_small(_: None) -> None:
    """A hundred of them are a hundred objects with the same short traceback."""
    it = Watched().play("FFFFF")
    rejections = [it.refuses() for _rejection in range(100)]
    depths = {
        len(traceback.extract_tb(each.__traceback__)) for each in rejections if each is not None
    }
    assert len(set(map(id, rejections))) == 100
    assert len(depths) == 1


@case("K39")
def test_late_success_does_not_close(_: None) -> None:
    """A call from before the trip has no say."""
    it = Watched(successes=1)
    late = it.breaker.calling()
    with late:
        it.play("FFFFF")
    assert it.state == "open"
    assert it.at(60).state == "half_open"


# Half-open


def half_open(**settings: object) -> Watched:
    """A breaker that has just become half-open."""
    return Watched(**settings).play("FFFFF").at(60)


@case("K41")
def test_last_needed_success_closes(_: None) -> None:
    """Two of three leave it half-open; closed, its counts begin at 0."""
    it = half_open().play("SS")
    assert (it.state, it.breaker.status().successes) == ("half_open", 2)
    it.play("S")
    assert (it.state, it.breaker.status().successes, it.breaker.status().failures) == (
        "closed",
        0,
        0,
    )


@case("K43")
def test_places_in_half_open(_: None) -> None:
    """Four at a time; what is given back can be taken; after a new trip there are four again."""
    it = half_open(half_open_calls=4)
    permits = [it.breaker.acquire() for _place in range(4)]
    for _place in range(2):
        with pytest.raises(BreakerOpen):
            it.breaker.acquire()
    it.breaker.settle(permits.pop(), Outcome(Verdict.IGNORED))
    permits.append(it.breaker.acquire())
    it.breaker.settle(permits[0], FAILED)
    assert it.state == "open"
    it.at(120)
    permits += [it.breaker.acquire() for _place in range(4)]
    assert it.breaker.stats().rejected_half_open == 2


@case("K45")
def test_slow_probes_open(_: None) -> None:
    """Probes are judged together, by the slow rule too."""
    it = Watched(probes=4, slow=4.0, slow_rate=0.5).play("FFFFF").at(60)
    it.play("SSS", taking=5)
    assert it.state == "half_open"
    assert it.play("S", taking=1).state == "open"


@case("K47")
def test_call_in_flight_takes_the_place(_: None) -> None:
    """The third probe is running: a fourth call is refused; its success closes."""
    it = half_open().play("SS")
    with it.breaker.calling():
        assert it.refuses()
    assert it.state == "closed"


@case("K49")
def test_ignored_probe_is_no_probe(_: None) -> None:
    """It gives its place back; four verdicts are needed, and one failure in four is 25 %."""
    it = Watched(probes=4, failure_rate=0.5, minimum_calls=100).play("FFFFF").at(60)
    assert it.play("SSSX").state == "half_open"
    assert it.play("F").state == "closed"


@case("K51")
def test_lease_of_a_probe_that_never_returns(_: None) -> None:
    """Another is admitted after the lease; the late result changes nothing."""
    it = half_open(lease=5.0, successes=1)
    stuck = it.breaker.acquire()
    assert it.at(64.999).refuses()
    second = it.at(65).breaker.acquire()
    it.breaker.settle(stuck, FAILED)
    assert it.state == "half_open"
    it.breaker.settle(second, Outcome(Verdict.SUCCESS))
    assert it.state == "closed"


@case("K55")
def test_old_failures_do_not_trip_again(_: None) -> None:
    """Closing empties the window."""
    it = Watched(open_for=1.0, successes=1).play("FFFFF").at(1).play("S")
    assert it.play("FFFF").state == "closed"


# Threads


@case("K59")
def test_failures_of_three_threads_are_all_counted(_: None) -> None:
    """1500 of them."""
    it = Watched(failures=3000)
    threads = [threading.Thread(target=it.play, args=("F" * 500,)) for _thread in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (it.breaker.status().failures, it.breaker.stats().failed) == (1500, 1500)


@case("K61")
def test_many_threads_trip_it_once(_: None) -> None:
    """One event however many fail at the trip point, and afterwards nothing is called."""
    it = Watched(failures=20)
    barrier = threading.Barrier(20)

    def fail() -> None:
        with it.breaker.calling() as call:
            barrier.wait()
            call.fail()

    threads = [threading.Thread(target=fail) for _thread in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(event.before, event.after) for event in it.events] == [("closed", "open")]
    assert it.refuses()


@case("K63")
def test_blocked_call_delays_nobody(_: None) -> None:
    """One thread is stuck in the operation, another goes on."""
    it = Watched()
    entered, leave = threading.Event(), threading.Event()

    def stuck() -> None:
        entered.set()
        leave.wait()

    thread = threading.Thread(target=it.breaker.call, args=(stuck,))
    thread.start()
    entered.wait()
    assert it.refuses() is None
    assert it.breaker.stats().in_flight == 1
    leave.set()
    thread.join()
    assert it.breaker.stats().in_flight == 0


# What counts


@case("K67")
def test_ignored_types_include_their_subclasses(_: None) -> None:
    """An ignored exception neither raises the count nor lowers it."""
    it = Watched(failures=None, consecutive=2, ignore=LookupError)

    def missing() -> None:
        raise KeyError

    def unwritten() -> None:
        raise NotImplementedError

    for operation in (unwritten, missing, missing):
        with pytest.raises((NotImplementedError, KeyError)):
            it.breaker.call(operation)
    assert it.state == "closed"
    with pytest.raises(NotImplementedError):
        it.breaker.call(unwritten)
    assert it.state == "open"


def test_functions_that_say_what_counts() -> None:
    """Of each exception; what `on` says of a deadline is not asked."""
    breaker = CircuitBreaker(
        failures=2,
        on=lambda error: isinstance(error, OSError) and error.errno == 5,
        ignore=lambda error: isinstance(error, KeyError),
    )
    for error in (OSError(5, ""), OSError(2, ""), KeyError(), DeadlineExceeded(1)):
        with pytest.raises(type(error)), breaker.calling():
            raise error
    stats = breaker.stats()
    assert (stats.failed, stats.ok, stats.ignored, str(breaker.state)) == (2, 1, 1, "open")


@case("K69")
def test_result_that_is_a_failure_is_returned(_: None) -> None:
    """It counts, and the caller gets it."""
    breaker = CircuitBreaker(failures=2, classify=lambda value: FAILED if value == 503 else None)
    assert breaker.call(lambda: 503) == 503
    assert breaker(lambda: 503)() == 503
    assert (str(breaker.state), breaker.stats().failed) == ("open", 2)


@pytest.mark.parametrize("verdict", [True, False, "failure"])
def test_classify_that_returns_no_outcome(verdict: object) -> None:
    """A truth value would say either; it is refused, not guessed at."""
    breaker = CircuitBreaker(classify=lambda _: verdict)
    for operation in (Flaky("done"), Flaky(OSError())):
        with pytest.raises(TypeError, match="classify must return an Outcome or None, not"):
            breaker.call(operation)


@pytest.mark.parametrize("how", ["decorated", "called", "as a block"])
def test_classify_that_raises(how: str) -> None:
    """The caller is told, and a place in half-open is free, though the exception is kept."""

    def classify(value: object) -> None:
        raise ZeroDivisionError

    it, kept = half_open(), list[Exception]()
    it.breaker.configure(classify=classify)
    for operation in (it.operation("S"), it.operation("F")):
        try:
            if how == "decorated":
                it.breaker(operation)()
            elif how == "called":
                it.breaker.call(operation)
            else:
                with it.breaker.calling() as call:
                    call.judge(operation())
        except ZeroDivisionError as error:
            kept.append(error)
        assert it.breaker.would_admit()
    assert len(kept) == 2
    assert it.breaker.stats().in_flight == 0


@case("K71")
def test_interrupt_is_no_verdict(_: None) -> None:
    """Four failures, an interrupt, a fifth failure."""
    it = Watched().play("FFFF^")
    assert it.state == "closed"
    assert it.play("F").state == "open"
    assert it.breaker.stats().interrupted == 1


# By hand


@case("K73")
def test_forced_open_has_no_end(_: None) -> None:
    """It never becomes half-open by itself, and says so."""
    it = Watched(open_for=5.0)
    it.breaker.trip()
    first, second = it.at(6).refuses(), it.at(60_000).refuses()
    assert first is not None
    assert second is not None
    assert (str(first.state), first.retry_after, it.breaker.retry_after) == (
        "forced_open",
        None,
        None,
    )
    assert it.breaker.stats().rejected == 2


@case("K75")
def test_metrics_only_tells_and_lets_pass(_: None) -> None:
    """It says once that it would have opened, and which calls it would have refused."""
    it = Watched(failures=None, failure_rate=0.6, minimum_calls=5)
    it.breaker.observe(reason="trying the rate out")
    rates = [it.play(letter).breaker.status().failure_rate for letter in "FFFSSF"]
    assert (rates, it.state) == ([None] * 4 + [3 / 5, 4 / 6], "metrics_only")
    assert [(event.after, event.rule) for event in it.events if event.shadow] == [
        ("open", "failure_rate")
    ]
    assert [event.after for event in it.events if not event.shadow] == ["metrics_only"]
    stats, status = it.breaker.stats(), it.breaker.status()
    assert (stats.would_reject, stats.rejected, stats.failed) == (1, 0, 4)
    assert (status.generation, status.trips, status.failures) == (2, 0, 0)


@case("K77")
@pytest.mark.parametrize("forced", [False, True])
def test_reset_closes(forced: bool, _: None) -> None:
    """From open and forced open, with empty counts and one event."""
    it = Watched().play("FFFFF")
    if forced:
        it.breaker.trip()
    it.events.clear()
    it.breaker.reset()
    status = it.breaker.status()
    assert (str(status.state), status.failures, status.successes) == ("closed", 0, 0)
    assert [(event.after, event.by) for event in it.events] == [("closed", "operator")]


@case("K79")
def test_listeners_are_told_in_order_and_may_raise(_: None) -> None:
    """What a listener raises changes nothing and is counted."""
    it = Watched(successes=1)

    def broken(_: object) -> None:
        raise ValueError("a listener's own")

    it.breaker.listen(broken)
    it.play("FFFFF").at(60).play("S")
    assert [(event.before, event.after, event.generation) for event in it.events] == [
        ("closed", "open", 2),
        ("open", "half_open", 3),
        ("half_open", "closed", 4),
    ]
    assert it.breaker.stats().listener_failures == 3


ROW: dict[str, object] = {"failures": None, "consecutive": 3}
RATE: dict[str, object] = {"failures": None, "failure_rate": 0.5, "minimum_calls": 4}
SLOW: dict[str, object] = {
    **RATE,
    "failure_rate": None,
    "slow": 4.0,
    "slow_rate": 0.5,
    "within": 99,
}
BRIEF: dict[str, object] = {"failures": 2, "within": 0.05}
PROBES: dict[str, object] = {"probes": 4, "failure_rate": 0.5, "minimum_calls": 100}


@pytest.mark.parametrize(
    ("settings", "script"),
    [
        pytest.param(settings, script, id=name)
        for name, settings, script in [
            ("a success does not empty the count rule", {}, "FFFF S =closed F =open"),
            ("an ignored call is no part of a row", ROW, "FF X =closed F =open"),
            ("an interrupt is no part of a row", ROW, "FF ^ =closed F =open"),
            ("few calls have no rate", RATE, "FFF =closed F =open"),
            ("the oldest call falls out", {**RATE, "last": 4}, "SSSFSSS =closed F =closed F =open"),
            ("old calls have no rate", RATE, "FFF @10 F =closed"),
            ("after a long time", RATE, "FFF @1e9 FFF =closed F =open"),
            (
                "a window below a second",
                {"failures": 2, "within": 0.05},
                "F @0.05 F =closed F =open",
            ),
            ("as long as slow is slow", SLOW, "SSSS~4 =open"),
            ("just below is not", SLOW, "SSSS~3.999 =closed"),
            ("the first failure reopens", {}, "FFFFF @60 F =open @119.9 =open @120 =half_open"),
            ("successes begin anew", {}, "FFFFF @60 SSF @120 SS =half_open S =closed"),
            ("ignored probes say nothing", {}, "FFFFF @60 XXXX =half_open SSX SX =closed"),
            ("interrupted probes say nothing", {}, "FFFFF @60 ^^ =half_open F =open"),
            ("two of four failed", PROBES, "FFFFF @60 FSS =half_open F =open"),
            ("one of four failed", PROBES, "FFFFF @60 FSS =half_open S =closed"),
            ("three of four failed", PROBES, "FFFFF @60 FFF =half_open S =open"),
            ("ignored ones are not of the four", PROBES, "FFFFF @60 XXXX SSS =half_open S =closed"),
            ("closing empties the rates", RATE, "FFFF @60 SSS =closed FFF =closed"),
            ("and rows", ROW, "FFF @60 SSS FF =closed F =open"),
        ]
    ],
)
def test_neighbours_of_the_cases(settings: dict[str, object], script: str) -> None:
    """The other side of each rule, and its boundary."""
    Watched(**settings).follow(script)


@pytest.mark.parametrize("percent", range(1, 101))
def test_rate_opens_at_every_percentage_exactly(percent: int) -> None:
    """No rounding moves the boundary."""
    it = Watched(failures=None, failure_rate=percent / 100, minimum_calls=100, last=100)
    it.play("S" * (100 - percent) + "F" * (percent - 1))
    assert it.state == "closed"
    assert it.play("F").state == "open"


@pytest.mark.parametrize(
    ("settings", "admitted"),
    [({}, 1), ({"half_open_calls": 3}, 3), (PROBES, 4), ({**PROBES, "half_open_calls": 2}, 2)],
)
def test_probes_admitted_at_a_time(settings: dict[str, object], admitted: int) -> None:
    """One, so many, or all that are judged together; of those, no more than are still wanted."""
    it = half_open(**settings)
    permits = [it.breaker.acquire() for _place in range(admitted)]
    assert it.refuses()
    if "probes" in settings:
        it.breaker.settle(permits.pop(), FAILED)
        assert bool(it.refuses()) is (admitted == 4)


@pytest.mark.parametrize("by", ["reset", "reopened and half-open", "closed and half-open"])
def test_attempt_of_another_time_has_no_say(by: str) -> None:
    """Neither in the counts nor as a probe."""
    it = Watched(successes=1, half_open_calls=2)
    early = it.breaker.acquire()
    it.play("FFFFF").at(60)
    if by == "closed and half-open":
        assert it.state == "half_open"
    else:
        early = it.breaker.acquire()
        if by == "reset":
            it.breaker.reset()
        else:
            it.play("F").at(120)
    before = it.breaker.status()
    it.breaker.settle(early, FAILED)
    it.breaker.settle(early, Outcome(Verdict.SUCCESS))
    assert it.breaker.status() == before


@pytest.mark.parametrize("open_for", [9e15, 1e300, float(2**1023)])
def test_open_for_longer_than_a_clock_counts(open_for: float) -> None:
    """It opens, refuses and stays open; nothing overflows."""
    it = Watched(open_for=open_for, within=open_for, lease=open_for).play("FFFFF").at(1e9)
    assert it.refuses()


def test_cause_is_kept_short_and_never_fails() -> None:
    """It is text of classes that are not ours, and kept for as long as the breaker is open."""

    class BrokenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    for error, cause in (
        (BrokenError(), "<locals>.BrokenError"),
        (OSError("x" * 10**6), f"OSError: {'x' * 1000}…"),
    ):
        it = Watched(failures=1)
        with pytest.raises(type(error)), it.breaker.calling():
            raise error
        rejection = it.refuses()
        assert rejection is not None
        assert rejection.cause is not None
        assert rejection.cause.endswith(cause)


def test_listener_that_leaves() -> None:
    """`listen` returns what ends it; others stay."""
    it, left = Watched(), list[object]()
    leave = it.breaker.listen(left.append)
    leave()
    it.breaker.trip()
    leave()
    assert ([event.after for event in it.events], left) == (["forced_open"], [])


def test_open_time_that_is_none() -> None:
    """A function of the open time is held to the same rule as a number."""
    it = Watched(failures=1, open_for=lambda _: float("nan"))
    with pytest.raises(ValueError, match="open_for must be a number of seconds"):
        it.play("F")


def test_date_handed_in_never_opens_if_older_than_the_newest() -> None:
    """A failure of yesterday, reported today, counts and does not trip."""
    it = Watched(failures=2).at(100).play("F")
    it.breaker.settle(it.breaker.acquire(), FAILED, at_ns=99 * SECOND)
    assert it.state == "closed"
    it.breaker.settle(it.breaker.acquire(), FAILED, at_ns=101 * SECOND)
    assert it.state == "open"


def test_date_handed_in_counts_by_its_age() -> None:
    """Failures that were too old before the newest came do not count with it."""
    it = Watched(failures=3).at(100).play("F")
    it.breaker.settle(it.breaker.acquire(), FAILED, at_ns=50 * SECOND)
    assert it.at(101).play("F").state == "closed"
    assert it.breaker.status().failures == 2


def test_nothing_is_ignored_unless_said() -> None:
    """The default counts every Exception."""
    breaker = CircuitBreaker(failures=1)
    with pytest.raises(Ignored), breaker.calling():
        raise Ignored
    assert str(breaker.state) == "open"
