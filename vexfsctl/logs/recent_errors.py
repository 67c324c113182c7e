"""The ids of the latest errors at the end of a log, found by a glance: for a shell to offer.

No record is decoded: that would take longer than a person waits for a word to be completed. What is
found may be a forgery or miss what another form of log has; `trace` then looks properly.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.sources.kmsg import KmsgReader

_END = 1 << 18
"""Bytes at the end of a log that are looked at."""
_RECORD = re.compile(
    rb"VexFS: \[(CORR-[0-9A-F]{16})\] (?:error vol=(\S{1,200}) op=(\w{1,20}) [^\n]*?"
    rb"\berr=([\w.]{1,80})|timeout vol=(\S{1,200}) op=(\w{1,20}) )"
)


def errors_in_file(file: str | Path, most: int) -> list[tuple[str, str]]:
    """Return at most *most* ids in the log *file*, the latest first, with error and place.

    Empty for what is no regular file or cannot be read. May block for ever: run it in a child.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not S_ISREG(status.st_mode):
                return []
            return _latest(os.pread(descriptor, _END, max(0, status.st_size - _END)), most)
        finally:
            os.close(descriptor)
    except OSError:
        return []


def errors_in_kernel_log(most: int) -> list[tuple[str, str]]:
    """Return the same of the kernel log; empty if this user may not read it."""
    try:
        reader = KmsgReader()
    except LogUnreadable:
        return []
    try:
        return _latest(reader.read_all(), most)
    except LogUnreadable:
        return []
    finally:
        reader.close()


def _latest(text: bytes, most: int) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for identifier, told in _records(text):
        found.pop(identifier, None)
        found[identifier] = told
    return list(reversed(found.items()))[:most]


def _records(text: bytes) -> Iterator[tuple[str, str]]:
    for match in _RECORD.finditer(text):
        identifier, volume, operation, error, *late = (
            (part or b"").decode("utf-8", "replace") for part in match.groups()
        )
        yield identifier, f"{error} {volume}/{operation}" if error else f"timeout {'/'.join(late)}"
