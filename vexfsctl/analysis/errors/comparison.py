"""Errors of two logs compared kind by kind: what is new, gone, more or less frequent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from vexfsctl.analysis.errors.groups import ErrorGroup, GroupKey, kind_of
from vexfsctl.analysis.errors.rates import SIGNIFICANT, holm, p_value

_HOUR_S = 3600


class Change(StrEnum):
    """What became of one kind of error."""

    NEW = "new"
    MORE = "more"
    """It is more frequent, and hardly by chance."""
    UNKNOWN = "unknown"
    """In both, but one of them does not say how long it is."""
    FEWER = "fewer"
    GONE = "gone"
    SAME = "same"
    """No difference that could not be chance."""

    @property
    def is_worse(self) -> bool:
        """Whether it is a reason not to go on."""
        return self in (Change.NEW, Change.MORE)


@dataclass(frozen=True, slots=True)
class ErrorChange:
    """One kind of error, before and after."""

    change: Change
    group: ErrorGroup
    """As it is after; if it is gone, as it was."""
    before: int
    """How many there are."""
    after: int
    before_per_hour: float | None
    """None if the log does not say how long it is."""
    after_per_hour: float | None
    p: float | None
    """How likely a difference like this is by chance, corrected for the number of kinds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The errors of one of the logs."""

    groups: Sequence[ErrorGroup]
    observed_s: float | None
    """How long the log is; None if it does not say."""


def compare(before: Counts, after: Counts, keys: Sequence[GroupKey]) -> tuple[ErrorChange, ...]:
    """Return what became of each kind of error by *keys*: first what is worse, the worst first."""
    changes = tuple(_changes(before, after, keys))
    corrected = iter(holm([change.p for change in changes if change.p is not None]))
    judged = (_judge(each, None if each.p is None else next(corrected)) for each in changes)
    return tuple(sorted(judged, key=_worst_first))


def _changes(before: Counts, after: Counts, keys: Sequence[GroupKey]) -> Iterator[ErrorChange]:
    """Yield what became of each kind, not judged yet; the probability is that of it alone."""
    older, newer = _by_kind(before.groups, keys), _by_kind(after.groups, keys)
    for kind in dict.fromkeys((*newer, *older)):
        was, now = older.get(kind, ()), newer.get(kind, ())
        n_before, n_after = _total(was), _total(now)
        yield ErrorChange(
            change=Change.UNKNOWN,
            group=[*now, *was][0],
            before=n_before,
            after=n_after,
            before_per_hour=_per_hour(n_before, before.observed_s),
            after_per_hour=_per_hour(n_after, after.observed_s),
            p=_p(n_before, before.observed_s, n_after, after.observed_s),
        )


def _total(groups: Sequence[ErrorGroup]) -> int:
    return sum(group.count for group in groups)


def _by_kind(
    groups: Sequence[ErrorGroup], keys: Sequence[GroupKey]
) -> dict[tuple[Any, ...], list[ErrorGroup]]:
    # Several: those of a volume as it is mounted now, and of earlier ones of its name.
    kinds: dict[tuple[Any, ...], list[ErrorGroup]] = {}
    for group in groups:
        kinds.setdefault(kind_of(group, keys), []).append(group)
    return kinds


def _per_hour(count: int, observed_s: float | None) -> float | None:
    return count / observed_s * _HOUR_S if observed_s else None


def _p(before: int, before_s: float | None, after: int, after_s: float | None) -> float | None:
    return p_value(before, before_s, after, after_s) if before_s and after_s else None


def _judge(each: ErrorChange, p: float | None) -> ErrorChange:
    if not each.before:
        change = Change.NEW
    elif not each.after:
        change = Change.GONE
    elif p is None or each.before_per_hour is None or each.after_per_hour is None:
        change = Change.UNKNOWN
    elif p >= SIGNIFICANT:
        change = Change.SAME
    else:
        change = Change.MORE if each.after_per_hour > each.before_per_hour else Change.FEWER
    return replace(each, change=change, p=p)


def _worst_first(each: ErrorChange) -> tuple[int, int, int]:
    severity = -1 if each.group.severity is None else each.group.severity
    return [*Change].index(each.change), -severity, -max(each.before, each.after)
