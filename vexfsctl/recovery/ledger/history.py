"""Turn ledger entries into past replays. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.model.correlation import matches_suffix, parse_id_suffix
from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.ledger.entries import (
    LedgerEntry,
    ReplayBegun,
    ReplayEnded,
    StepBegun,
    StepEnded,
)
from vexfsctl.recovery.plan.steps import Outcome


class Result(StrEnum):
    """How a replay ended."""

    GONE = "gone"
    """The fault is verified gone."""
    STILL_THERE = "still_there"
    """All steps ran, and the fault is still there."""
    UNPROVEN = "unproven"
    """All steps ran, and reading cannot show whether the fault is gone."""
    PERSON_NEEDED = "person_needed"
    FAILED = "failed"
    """It could not continue."""
    INTERRUPTED = "interrupted"
    """It was ended from outside, or killed."""
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class PastStep:
    """One step that was begun."""

    number: int
    hint: HintKind
    outcome: Outcome | None
    """None: it never ended."""
    message: str | None
    duration_us: int | None
    changed: bool


@dataclass(frozen=True, slots=True)
class PastReplay:
    """One replay, from its begin to the last entry about it."""

    begun: ReplayBegun
    steps: tuple[PastStep, ...]
    result: Result | str
    """A plain string is a result this version does not know."""
    exit_status: int | None
    """None if it did not get to one."""
    message: str | None


def collect_replays(
    entries: Iterable[LedgerEntry], is_running: Callable[[ReplayBegun], bool]
) -> tuple[PastReplay, ...]:
    """Return the replays in *entries*, in the order of their begin.

    *is_running* says whether the lock of a replay without an end is held; only the latest replay
    that had the lock is checked. Entries without a begin (a torn line) are left out.
    """
    told: dict[int, list[LedgerEntry]] = {}
    begins: dict[int, ReplayBegun] = {}
    for entry in entries:
        told.setdefault(entry.replay, []).append(entry)
        if isinstance(entry, ReplayBegun):
            begins.setdefault(entry.replay, entry)
    latest = {begun.lock: begun for begun in begins.values()}
    return tuple(
        _replay(begun, told[name], lambda each: latest[each.lock] is each and is_running(each))
        for name, begun in begins.items()
    )


def is_asked_for(replay: PastReplay, asked: str) -> bool:
    """Whether *asked* means it: its id or end of it, subject, device node or name, or volume."""
    begun = replay.begun
    names = {begun.volume, begun.subject}
    if begun.device is not None:
        names |= {begun.device.node, begun.device.node.rpartition("/")[2], begun.device.number}
    if asked in names:
        return True
    try:
        suffix = parse_id_suffix(asked)
    except ValueError:
        return False
    return matches_suffix(begun.replay, suffix) or matches_suffix(begun.incident, suffix)


def _replay(
    begun: ReplayBegun, entries: Sequence[LedgerEntry], is_running: Callable[[ReplayBegun], bool]
) -> PastReplay:
    end = next((each for each in entries if isinstance(each, ReplayEnded)), None)
    ended: dict[int, StepEnded] = {}
    for each in entries:
        if isinstance(each, StepEnded):
            # A signal just after the first may have left a second one.
            ended.setdefault(each.number, each)
    steps = tuple(
        _step(each, ended.get(each.number)) for each in entries if isinstance(each, StepBegun)
    )
    if end is None:
        result = Result.RUNNING if is_running(begun) else Result.INTERRUPTED
        return PastReplay(begun, steps, result, None, None)
    known = end.result in set(Result)
    return PastReplay(
        begun, steps, Result(end.result) if known else end.result, end.exit_status, end.message
    )


def _step(begun: StepBegun, ended: StepEnded | None) -> PastStep:
    if ended is None:
        return PastStep(begun.number, begun.hint, None, None, None, changed=False)
    return PastStep(
        begun.number, begun.hint, ended.outcome, ended.message, ended.duration_us, ended.changed
    )
