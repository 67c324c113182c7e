"""Devices of lines that name none, since a line right before them does.

Up to Linux 3.16 the SCSI layer printed the device alone, and what it is about on a line of its own
(scsi_io_completion, drivers/scsi/scsi_lib.c); libata prints the result of a command like that to
this day (ata_eh_link_report, drivers/ata/libata-eh.c). Up to 2.6.3x ext3 and ext4 said without a
name that a filesystem becomes read-only (ext3_handle_error, fs/ext3/super.c).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from vexfsctl.logs.kernel.writer import may_be_of_kernel
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

_HEADING = re.compile(
    r"s[drt] (?P<address>\d{1,5}(?::\d{1,20}){3}): (?:\[(?P<device>[\w-]{1,32})\] {0,2})?"
    r"(?:CDB: ?)?"
)
_TOGETHER_US = 10_000
"""So far apart are lines at most that belong together."""
_KINDS = frozenset(("scsi", "ata", "filesystem"))
_OF_EXT3 = "Remounting filesystem read-only"
"""The only line about a filesystem that does not name what a line before it does."""


def with_devices(entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
    """Yield *entries*, oldest first, with the device of a heading on those that name none."""
    headings: dict[tuple[str, str], tuple[str, LogRecord]] = {}
    """The latest of each log and kind of line."""
    for entry in entries:
        meaning = entry.meaning
        if meaning is None:
            record = entry.record
            if (match := _HEADING.fullmatch(record.text)) is not None and _is_believed(entry):
                device = match["device"] or match["address"]
                headings[record.source, "scsi"] = device, record
        elif isinstance(meaning, KernelEvidence) and meaning.kind in _KINDS:
            place = entry.record.source, meaning.kind
            if meaning.device is not None:
                headings[place] = meaning.device, entry.record
            elif place in headings and _is_below(meaning, entry.record):
                entry = _with_device(entry, meaning, *headings[place])
        yield entry


def _is_believed(entry: LogEntry) -> bool:
    """Whether the kernel may have written a heading."""
    return entry.verified and may_be_of_kernel(entry.record)


def _is_below(evidence: KernelEvidence, record: LogRecord) -> bool:
    """Whether the line of *record* is about what a line before it names."""
    return evidence.kind != "filesystem" or record.text.startswith(_OF_EXT3)


def _with_device(
    entry: LogEntry, evidence: KernelEvidence, device: str, heading: LogRecord
) -> LogEntry:
    same_boot = heading.boot_id == entry.record.boot_id
    if not (same_boot and heading.is_near(entry.record, _TOGETHER_US)):
        return entry
    return replace(entry, meaning=replace(evidence, device=device))
