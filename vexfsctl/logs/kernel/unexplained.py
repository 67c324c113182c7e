"""Trouble that a storage subsystem of the kernel tells of in words that no form knows: counted.

Only among the lines that are looked at anyway, since they begin as some form does (`sieve`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import starmap

from vexfsctl.logs.kernel.evidence import may_be_of_kernel
from vexfsctl.logs.kernel.trouble_words import tells_of_trouble
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.entry import LogEntry

_SUBSYSTEM = re.compile(
    r"(?P<scsi>(?:sd|sr|st|ch|ses|scsi) )|(?P<ata>ata\d)|(?P<nvme>(?:block )?nvme)"
    r"|(?P<md>md[/:\d]|raid)|(?P<device_mapper>device-mapper: |k?vdo\d?:)"
    r"|(?P<filesystem>(?:EXT[234]|BTRFS|F2FS|FAT|NTFS|GFS2|XFS|JBD2|REISERFS|JFS|NILFS)\b)"
    r"|(?P<network>(?:block )?(?:drbd|nbd)|rbd: |libceph: |ceph: |nfs: |NFS: )"
    r"|(?P<cache>bcache(?:fs)?\b)|(?P<mmc>mmc)|(?P<virtio>virtio_blk)"
)
"""How lines of the subsystems begin, which stand for their groups."""
_SEVERE = 3
"""Level of errors (KERN_ERR)."""


class UnexplainedLines:
    """Counts such lines of each log."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def take(self, entry: LogEntry) -> None:
        """Count *entry* if it is one."""
        if entry.meaning is None and (subsystem := subsystem_of(entry)) is not None:
            source = self._counts.setdefault(entry.record.source, Counter())
            source[subsystem] += entry.record.weight

    def passing(self, entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
        """Take *entries* and yield them as they are."""
        for entry in entries:
            self.take(entry)
            yield entry

    @property
    def coverage(self) -> Coverage:
        """A note for each log that has any: how many, and of which subsystems."""
        return Coverage(notes=tuple(starmap(_note, self._counts.items())))


def subsystem_of(entry: LogEntry) -> str | None:
    """Return which storage subsystem tells of trouble in *entry*, which has no meaning.

    None if none does, or if it is not surely the kernel that does.
    """
    record = entry.record
    subsystem, in_trouble = _told(record.text)
    severe = record.level is not None and record.level <= _SEVERE
    if subsystem is None or not (in_trouble or severe):
        return None
    if record.loose or not may_be_of_kernel(record):
        return None
    return subsystem


@lru_cache(maxsize=1024)
def _told(text: str) -> tuple[str | None, bool]:
    """Return which subsystem *text* is from, and whether it has a word of trouble."""
    match = _SUBSYSTEM.match(text)
    return (None, False) if match is None else (match.lastgroup, tells_of_trouble(text))


def _note(source: str, counts: Counter[str]) -> Gap:
    told = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    return Gap(source, "unexplained", counts.total(), told)
