"""Failures while closed: added to the file, in time or later, and judged with those before."""

from collections.abc import Iterable
from typing import NamedTuple

from vexfsctl.resilience import machine
from vexfsctl.resilience.clock import nanoseconds
from vexfsctl.resilience.evidence import Attempt
from vexfsctl.resilience.machine import OpenTime
from vexfsctl.resilience.shared.eras import Held, record_of
from vexfsctl.resilience.shared.layout import Record
from vexfsctl.resilience.states import BreakerState


class Debt(NamedTuple):
    """A failure that could not be recorded when it happened."""

    generation: int
    """Of the breaker then; 0: of what cannot be made up for."""
    at_ns: int


NOTHING = Debt(0, 0)
"""What is owed for anything but a failure: to be counted."""


def with_late_failures(held: Held, owed: Iterable[Debt]) -> Held:
    """Add those *owed* that still count to the file, count the others there; return what it has.

    They are judged with the next failure.
    """
    era, failures, lost = held.era, held.failures, 0
    for debt in owed:
        if era.state is BreakerState.CLOSED and debt.generation == era.generation:
            failures = held.file.add_failure(debt.at_ns, failures)
        else:
            lost += 1
    if lost:
        held.file.add_unrecorded(lost)
    return held._replace(failures=failures)


def after_failure(
    held: Held, attempt: Attempt, open_ns: OpenTime, cause: BaseException | None
) -> Record | None:
    """Add *attempt* to the file; return the record that follows, None if it does not trip.

    One that is dated back counts, and never trips.
    """
    era, record, file = held.era, held.era.seen.record, held.file
    if attempt.dated_back:
        newest = file.dates(held.failures, min(held.failures - record.first, 1))
        attempt = attempt._replace(dated_back=attempt.now_ns < max(newest, default=0))
    number = file.add_failure(attempt.now_ns, held.failures)
    rule = "at_once" if attempt.outcome.trip else None
    if _fires(held, attempt.now_ns, number):
        rule = "failures"
    if rule is None:
        return None
    after = machine.after_failure(era, attempt, rule, open_ns, cause)
    return None if after is None else record_of(after, record, number)


def _fires(held: Held, at_ns: int, number: int) -> bool:
    settings = held.era.settings
    limit = settings.failures or 0
    if number - held.era.seen.record.first < limit:
        return False
    within_ns = nanoseconds(settings.within)
    # The limit-th from the newest is the oldest, unless dates were handed in.
    if at_ns - held.file.dates(number - limit + 1, 1)[0] >= within_ns:
        return False
    return at_ns - min(held.file.dates(number, limit)) < within_ns
