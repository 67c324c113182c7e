"""Settings that change while a breaker runs, and what its listeners and callers are told."""

import pytest

from tests.resilience.calls import SECOND, Watched
from vexfsctl.resilience import FAILED, BreakerAction


@pytest.mark.parametrize(
    ("settings", "calls", "changes", "next_call"),
    [
        ({"failures": 5}, "FF", {"failures": 3}, "F"),
        ({"failures": 3}, "FF", {"within": 20.0}, "F"),
        ({"failures": None, "consecutive": 5}, "FFF", {"consecutive": 4}, "F"),
        (
            {"failures": None, "last": 10, "failure_rate": 0.9},
            "FFFFFFSSS",
            {"failure_rate": 0.7},
            "F",
        ),
        ({"failures": None, "failure_rate": 0.9}, "FFFFFFSSS", {"failure_rate": 0.7}, "F"),
        ({"failures": None, "failure_rate": 0.7}, "FFFFFFSSS", {"within": 30.0}, "F"),
    ],
)
def test_what_was_seen_counts_under_new_settings(
    settings: dict[str, object], calls: str, changes: dict[str, object], next_call: str
) -> None:
    """For each rule that was on before and still is."""
    watched = Watched(**settings).play(calls)

    watched.breaker.configure(**changes)

    assert watched.state == "closed"
    assert watched.play(next_call).state == "open"


def test_failures_keep_their_dates_under_a_longer_window() -> None:
    """What was too old for the window before is not brought back."""
    watched = Watched(failures=3, within=10.0).play("F").at(6).play("F")
    watched.breaker.configure(within=4.0)
    assert watched.at(9).breaker.status().failures == 1
    watched.breaker.configure(within=100.0)

    assert watched.play("F").state == "open"


def test_open_time_follows_its_setting_while_open() -> None:
    """Shorter or longer, as if it had been so when the breaker opened."""
    watched = Watched(failures=1, open_for=60.0).play("F").at(10)

    watched.breaker.configure(open_for=15.0)
    assert watched.breaker.next_due() == 15 * SECOND
    watched.breaker.configure(open_for=100.0)
    assert watched.at(99).state == "open"
    watched.breaker.configure(open_for=5.0)
    assert watched.state == "half_open"


def test_settings_reach_functions_that_were_decorated_before() -> None:
    """What is a failure, and how long a call may take, where nothing was timed or judged so far."""
    watched = Watched(failures=2)
    function, slow = watched.breaker(lambda: 503), watched.operation("S", taking=5.0)
    watched.breaker.configure(classify=lambda value: FAILED if value == 503 else None)
    assert (function(), function(), watched.state) == (503, 503, "open")

    watched.breaker.reset()
    watched.breaker.configure(slow=4.0, slow_rate=0.5, minimum_calls=1)
    watched.breaker.call(slow)
    assert watched.state == "open"


def test_settings_do_not_change_with_what_they_were_made_of() -> None:
    """Nobody would have checked that."""
    kinds = {"rate": 2}
    watched = Watched(kinds=kinds)
    kinds["rate"] = 0
    assert watched.breaker.settings.kinds == {"rate": 2}


def test_settings_reach_the_shadow_of_metrics_only() -> None:
    """It goes by what the breaker itself would go by."""
    watched = Watched(failures=5)
    watched.breaker.observe()
    watched.play("F")
    watched.breaker.configure(failures=2)

    watched.play("FSS")

    assert watched.breaker.stats().would_reject == 2


def test_a_listener_is_told_when_what_and_with_which_context() -> None:
    """Of an attempt, of time and of a command."""
    watched = Watched(failures=1, open_for=60.0).at(3)
    watched.breaker.settle(watched.breaker.acquire(), FAILED, context="CORR-1")
    assert watched.at(70).state == "half_open"
    watched.breaker.command(BreakerAction.RESET, reason="new disk", author="0", context="CORR-2")

    told = [(e.after, e.at_ns // SECOND, e.by, e.context, e.reason) for e in watched.events]
    assert told == [
        ("open", 3, "outcome", "CORR-1", None),
        ("half_open", 70, "timer", None, None),
        ("closed", 70, "operator", "CORR-2", "new disk"),
    ]
    assert {event.settings.failures for event in watched.events} == {1}
    assert watched.breaker.status().last_failure == "CORR-1"
    assert watched.breaker.status().last_failure_ns == 3 * SECOND


def test_whether_a_call_would_be_let_through() -> None:
    """Asking takes no place in half-open and counts nothing."""
    watched = Watched(failures=1, open_for=60.0, half_open_calls=1)
    assert watched.breaker.would_admit()
    assert not watched.play("F").breaker.would_admit()
    assert watched.at(60).breaker.would_admit()
    probe = watched.breaker.acquire()
    assert not watched.breaker.would_admit()
    del probe
    assert watched.breaker.would_admit()
    assert watched.breaker.stats().rejected == 0
