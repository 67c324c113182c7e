"""Which bytes of a device failed, from the kernel's own lines around an incident. Pure.

The sector in a line is the start of the request, not the bad block, and says nothing about the
request's length. The length in the VexFS record is used, or else the usual maximum of one request.
"""

from collections.abc import Iterable, Mapping

from vexfsctl.analysis.incident.incidents import Incident
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.devices.disks import SECTOR_BYTES
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import ErrorReported
from vexfsctl.recovery.plan.ranges import join
from vexfsctl.recovery.plan.steps import ByteRange

REQUEST_BYTES = 128 << 10
"""Assumed length of a request of unknown length: the usual read-ahead (`read_ahead_kb`)."""
_LONGEST_REQUEST = 1 << 20


def find_failing_ranges(
    subject: Incident | NumberedCall,
    entries: Iterable[LogEntry],
    starts: Mapping[str, int],
    size: int,
) -> tuple[ByteRange, ...]:
    """Return the bytes of a device that failed around *subject*, in order, without duplicates.

    *starts* maps the names that the kernel uses for the device to the byte at which it begins
    there: its own name to 0, and for a partition, its disk's name to where the partition begins.
    *size* is the device's, in bytes. Empty if the log has no such line.
    """
    vicinity = find_vicinity(subject)
    if vicinity is None:
        return ()
    length = _request_length(subject)
    found = []
    for each in entries:
        evidence, record = each.evidence, each.record
        if record.uptime_us is None or record.loose:
            # Too rough, or not surely the kernel's: these bytes are acted upon.
            continue
        if evidence is None or evidence.sector is None or not evidence.is_trouble:
            continue
        if evidence.general:
            # Nobody knows for sure what the number of such a line counts.
            continue
        if not vicinity.holds(each, starts):
            continue
        start = starts.get(evidence.sector_device or "")
        if start is not None:
            found.append(ByteRange(evidence.sector * SECTOR_BYTES - start, length))
    return clip_and_join(found, size)


def clip_and_join(ranges: Iterable[ByteRange], size: int) -> tuple[ByteRange, ...]:
    """Return the parts of *ranges* within *size* bytes, joined where they touch or overlap."""
    inside = (each for each in ranges if 0 <= each.offset < size and each.length > 0)
    return join(ByteRange(each.offset, min(each.end, size) - each.offset) for each in inside)


def _request_length(subject: Incident | NumberedCall) -> int:
    lengths = [
        each.event.length
        for each in subject.occurrences
        if isinstance(each.event, ErrorReported) and each.event.length is not None
    ]
    plausible = [length for length in lengths if SECTOR_BYTES <= length <= _LONGEST_REQUEST]
    return max(plausible, default=REQUEST_BYTES)
