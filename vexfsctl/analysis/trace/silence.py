"""Why the kernel wrote nothing about an incident, as far as that is known.

The block layer prints its line when a request of a driver ends in an error (`blk_print_req_error`,
block/blk-mq.c, Linux 6.12). A driver that makes no requests has no such line (`is_bio_based`). What
is answered before a request is made has none either.
"""

from collections.abc import Iterable
from enum import StrEnum

from vexfsctl.analysis.incident.kernel_lines import Vicinity
from vexfsctl.analysis.trace.complaint import Complaint
from vexfsctl.analysis.trace.devices_below import DevicesBelow
from vexfsctl.model.device_names import is_bio_based
from vexfsctl.model.entry import LogEntry


class Silence(StrEnum):
    """Why there is no line of the kernel."""

    REFUSED = "refused"
    """A breaker refused the call: no device was asked."""
    ANSWERED = "answered"
    """The filesystem below answers so itself: no space, no such file, read-only, busy."""
    UNDATED = "undated"
    """Its records have no time, and no line beside them tells of trouble."""
    OTHER_CLOCK = "other_clock"
    """Another log has times of another kind, so nobody can say which lines are of its time."""
    ABANDONED = "abandoned"
    """The call was abandoned, and its request had not ended by then."""
    LEFT_OUT = "left_out"
    """The kernel's rate limit left out lines."""
    BIO_BASED = "bio_based"
    """The device makes no requests, so none of it has a line when it ends."""
    UNKNOWN_DEVICE = "unknown_device"
    """Nobody knows what the device is: it may be such a one."""
    ABOVE_DEVICE = "above_device"
    """The device has lines when its requests fail, so none of them did, or the line is missing."""


def find_silence(
    complaint: Complaint,
    lines: Iterable[LogEntry],
    vicinity: Vicinity | None,
    below: DevicesBelow,
    *,
    other_clock: bool = False,
) -> Silence | None:
    """Return why the kernel's *lines* around the incident, in its *vicinity*, blame nobody.

    None if nothing failed that it could tell of. *other_clock*: some logs have times that cannot be
    compared with those of its records.
    """
    if not complaint.points_below:
        if complaint.errnos:
            return Silence.ANSWERED
        return Silence.REFUSED if complaint.refused else None
    if vicinity is None or vicinity.undated:
        return Silence.UNDATED
    if other_clock:
        return Silence.OTHER_CLOCK
    if complaint.abandoned:
        return Silence.ABANDONED
    if any(each.evidence is not None and each.evidence.lost for each in lines):
        return Silence.LEFT_OUT
    if below.device is None:
        return Silence.UNKNOWN_DEVICE
    return Silence.BIO_BASED if is_bio_based(below.device) else Silence.ABOVE_DEVICE
