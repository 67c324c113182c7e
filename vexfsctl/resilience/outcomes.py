"""What the end of an attempt is worth: a failure, a success, or nothing."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from vexfsctl.resilience.exceptions import Rejected

Exceptions = (
    type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], object]
)
"""Which exceptions: types, or a function that says so of each."""


class Verdict(Enum):
    """How an attempt counts."""

    FAILURE = "failure"
    SUCCESS = "success"
    IGNORED = "ignored"
    """Neither: a half-open place becomes free and nothing is learned."""


class Outcome(NamedTuple):
    """An exception or a result, judged."""

    verdict: Verdict
    kind: str | None = None
    """A name for this sort of failure, for rules of its own."""
    retry_after: float | None = None
    """Seconds that the failure itself asks to wait; stands in for the computed delay."""
    trip: bool = False
    """Whether this failure opens the breaker at once."""


FAILED, OK, IGNORED = map(Outcome, Verdict)

Classify = Callable[[object], Outcome | None]
"""Judges a result, or an exception that was raised; None leaves it to the default."""


def judge_exception(
    error: BaseException, on: Exceptions, ignore: Exceptions, classify: Classify | None
) -> Outcome:
    """Judge what an attempt raised.

    A rejection is ignored: the call did not start. So is whatever is not an Exception (an
    interrupt, a cancellation): it says nothing about the operation. An exception that is neither
    in *on* nor in *ignore* is an answer, and so a success.
    """
    if isinstance(error, Rejected) or not isinstance(error, Exception):
        return IGNORED
    if classify is not None and (outcome := judged_by(classify, error)) is not None:
        return outcome
    if matches(error, ignore):
        return IGNORED
    return FAILED if matches(error, on) else OK


def matches(error: BaseException, wanted: Exceptions) -> bool:
    """Whether *error* is one of those *wanted*."""
    return isinstance(error, wanted) if isinstance(wanted, type | tuple) else bool(wanted(error))


def judged_by(classify: Classify, value: object) -> Outcome | None:
    """Return what *classify* says; raise TypeError if that is neither an Outcome nor None."""
    outcome = classify(value)
    if outcome is not None and not isinstance(outcome, Outcome):
        raise TypeError(f"classify must return an Outcome or None, not {outcome!r}")
    return outcome
