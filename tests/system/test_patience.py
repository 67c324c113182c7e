"""How long an answer is waited for, by what is seen of both sides."""

import itertools
import time

import pytest

from vexfsctl.system.patience import Patience, Signs, is_over
from vexfsctl.system.processor_time import Look, ProcessorTime

MOMENT_S = 0.02


def stands() -> ProcessorTime:
    """Look at one whose clock stands."""
    return ProcessorTime(5)


def moves() -> Look:
    """Return a look at one whose clock moves."""
    clock = itertools.count()
    return lambda: ProcessorTime(next(clock))


def waits() -> ProcessorTime:
    """Look at one that gets no processor."""
    return ProcessorTime(5, runnable=True)


def nobody() -> None:
    """Look at nobody."""
    return


def wait_out(patience: Patience) -> Patience:
    """Wait as long as it says."""
    while (left_s := patience.left_s()) > 0:
        time.sleep(left_s)
    assert patience.left_s() == 0
    return patience


@pytest.mark.parametrize(
    ("signs", "over_after"),
    [
        (Signs(asking=False, answering=False), 1),
        (Signs(asking=False, answering=True), 3),
        (Signs(asking=False, answering=None), 3),
        (Signs(asking=True, answering=False), 3),
        (Signs(asking=True, answering=True), 3),
        (Signs(asking=True, answering=None), 3),
    ],
)
def test_when_a_wait_is_over(signs: Signs, over_after: int) -> None:
    """Only where both sides stand is one deadline enough; three are enough for everybody."""
    assert next(number for number in (1, 2, 3) if is_over(signs, number)) == over_after
    assert signs.standing == (over_after == 1)


@pytest.mark.parametrize(
    ("asking", "answering", "deadlines", "signs"),
    [
        (stands, stands, 1, Signs(asking=False, answering=False)),
        (stands, moves(), 3, Signs(asking=False, answering=True)),
        (stands, waits, 3, Signs(asking=False, answering=True)),
        (stands, nobody, 3, Signs(asking=False, answering=None)),
        (moves(), stands, 3, Signs(asking=True, answering=False)),
        (waits, stands, 3, Signs(asking=True, answering=False)),
        (nobody, stands, 1, Signs(asking=False, answering=False)),
        (nobody, nobody, 3, Signs(asking=False, answering=None)),
    ],
)
def test_what_is_seen_of_a_silence(
    asking: Look, answering: Look, deadlines: int, signs: Signs
) -> None:
    """Clocks are compared over the second half of each deadline."""
    patience = wait_out(Patience(MOMENT_S, asking, answering))

    assert (patience.deadlines, patience.signs) == (deadlines, signs)
    assert patience.passed_s == pytest.approx(deadlines * MOMENT_S)


@pytest.mark.parametrize(
    ("look", "deadlines", "busy"), [(stands, 1, False), (moves(), 3, True), (nobody, 3, False)]
)
def test_one_process_on_both_sides(look: Look, deadlines: int, busy: bool) -> None:
    """A driver that starts, or ends."""
    patience = wait_out(Patience(MOMENT_S, look))

    assert (patience.deadlines, patience.busy) == (deadlines, busy)


def test_one_that_stops_in_between_is_seen_at_the_next_deadline() -> None:
    """What was seen in the first half says nothing about now."""
    clock = iter([0, 1, 2, 2])

    def look() -> ProcessorTime:
        return ProcessorTime(next(clock))

    assert wait_out(Patience(MOMENT_S, stands, look)).deadlines == 2


def test_an_answer_that_takes_its_time_is_given_that_first() -> None:
    """Who waits for a change for a second is not silent for a second."""
    patience = Patience(1, stands, stands, more_s=600)

    assert 600 < patience.left_s() <= 600.5
    assert (patience.deadlines, patience.busy) == (0, False)
