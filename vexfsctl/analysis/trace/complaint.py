"""What the calls of an incident complain of: that is what the kernel's lines are held against."""

from collections.abc import Iterator
from dataclasses import dataclass

from vexfsctl.analysis.incident.incidents import (
    AnyEvent,
    Incident,
    is_abandoned,
    is_refusal,
    tells_error,
)
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.model.calls import direction_of_call
from vexfsctl.model.errnos import ErrnoClass, classify_errno
from vexfsctl.model.record import LogRecord

_OF_A_DEVICE = frozenset({ErrnoClass.DEVICE, ErrnoClass.CORRUPTION, ErrnoClass.OTHER})


@dataclass(frozen=True, slots=True)
class Complaint:
    """What failed in an incident."""

    errnos: frozenset[int] = frozenset()
    """What attempts ended in, without time-outs."""
    directions: frozenset[str] = frozenset()
    """What the calls do to the device, as far as their names tell."""
    ends: tuple[LogRecord, ...] = ()
    """The records of attempts that failed, and of calls that were abandoned."""
    abandoned: bool = False
    """Whether a call did not come back in time, or never."""
    refused: bool = False
    """Whether an open breaker refused a call."""

    @property
    def points_below(self) -> bool:
        """Whether a device or filesystem below can be to blame.

        It is not if nothing failed, nor for what is an answer: no such file, no space.
        """
        unknown = bool(self.ends) and not self.errnos
        return (
            self.abandoned
            or unknown
            or any(classify_errno(number, "") in _OF_A_DEVICE for number in self.errnos)
        )


def find_complaint(subject: Incident | NumberedCall) -> Complaint:
    """Return what the calls of *subject* complain of."""
    failures = [each for each in subject.occurrences if tells_error(each.event)]
    events = [each.event for each in failures]
    hangs = isinstance(subject, NumberedCall) and subject.hangs
    calls = {getattr(event, "call", None) for event in events}
    if isinstance(subject, NumberedCall):
        calls = {subject.call}
    directions = (direction_of_call(call) for call in calls if call is not None)
    return Complaint(
        errnos=frozenset(_errnos_of(events)),
        directions=frozenset(each for each in directions if each is not None),
        ends=tuple(each.entry.record for each in failures),
        abandoned=hangs or any(is_abandoned(event) for event in events),
        refused=any(is_refusal(each.event) for each in subject.occurrences),
    )


def _errnos_of(events: list[AnyEvent]) -> Iterator[int]:
    for event in events:
        number = None if is_abandoned(event) else getattr(event, "errno", None)
        if number is not None:
            yield number
