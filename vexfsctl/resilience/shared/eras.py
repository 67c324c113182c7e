"""From a breaker file to the state machine, and back."""

from typing import NamedTuple

from vexfsctl.resilience import machine
from vexfsctl.resilience.counters import Counter
from vexfsctl.resilience.evidence import Evidence
from vexfsctl.resilience.machine import Change, Era, Trial
from vexfsctl.resilience.settings import BreakerSettings
from vexfsctl.resilience.shared.layout import MOST_FAILURES, MOST_PLACES, Record
from vexfsctl.resilience.shared.open_file import OpenFile, Snapshot
from vexfsctl.resilience.states import BreakerState

_OTHER_RULES = ("consecutive", "failure_rate", "slow_rate", "slow", "last", "probes")


class SharedEra(Era):
    """A breaker in one state, as its file had it."""

    __slots__ = ("seen",)

    seen: Snapshot


class Held(NamedTuple):
    """The file while its lock is held, and what it has then."""

    file: OpenFile
    era: SharedEra
    failures: int
    """Failures ever."""
    waited_ns: int
    """When somebody last waited long for the lock."""


def era_of(seen: Snapshot, settings: BreakerSettings, evidence: Evidence) -> SharedEra:
    """Return the era that *seen* shows. It has no permit for everybody: each call looks."""
    record = seen.record
    trial = None
    if record.state is BreakerState.HALF_OPEN:
        trial = Trial()
        trial.successes = Counter(record.successes)
    era = SharedEra(
        state=record.state,
        settings=settings,
        evidence=evidence,
        standing=None,
        generation=record.generation,
        trips=record.trips,
        opened=record.opened,
        opened_ns=record.opened_ns,
        began_ns=record.began_ns,
        until_ns=record.until_ns,
        change=Change(record.by, record.rule, record.reason, record.author),
        cause=record.cause,
        trial=trial,
    )
    era.seen = seen
    return era


def record_of(era: Era, before: Record, failures: int) -> Record:
    """Return the record of *era*, which follows that of *before*; *failures*: how many ever."""
    begins_anew = not (era.refuses or era.state is BreakerState.HALF_OPEN)
    return before._replace(
        sequence=before.sequence + 1,
        state=era.state,
        generation=era.generation,
        trips=era.trips,
        opened=era.opened,
        opened_ns=era.opened_ns,
        began_ns=era.began_ns,
        until_ns=era.until_ns,
        by=era.change.by,
        rule=era.change.rule,
        reason=era.change.reason,
        author=era.change.author,
        cause=era.cause,
        successes=0,
        first=failures if begins_anew else before.first,
        leases=(),
    )


def present(seen: Snapshot, now_ns: int) -> Record:
    """Return the record that time makes of *seen* by now, which nobody has written yet."""
    settings = BreakerSettings()
    era = era_of(seen, settings, Evidence(settings))
    after = machine.after_time(era, now_ns, lambda _era, _attempt: seen.record.open_ns)
    return seen.record if after is None else record_of(after, seen.record, seen.failures)


def check_settings(settings: BreakerSettings) -> None:
    """Raise ValueError for what a file cannot hold: any rule but the default one."""
    for name in _OTHER_RULES:
        if getattr(settings, name) is not None:
            raise ValueError(f"{name} cannot be given with shared")
    for name in ("kinds", "at_once"):
        if getattr(settings, name):
            raise ValueError(f"{name} cannot be given with shared")
    if settings.failures is None or settings.failures > MOST_FAILURES:
        raise ValueError(f"failures must be 1 to {MOST_FAILURES} with shared")
    if settings.places > MOST_PLACES:
        raise ValueError(f"half_open_calls must be at most {MOST_PLACES} with shared")
