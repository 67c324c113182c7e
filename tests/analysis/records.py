"""Log entries for the tests of conclusions: written as records, read by the real grammar."""

from collections.abc import Iterable, Sequence

from vexfsctl.analysis.errors.groups import (
    USUAL_KEYS,
    ErrorGroup,
    ErrorGroups,
    GroupKey,
    Sighting,
)
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.record import LogRecord

BOOT = "0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11"
EPOCH = 8_172_635_412
STATE = (
    f"VexFS: state vol=loop0 epoch={EPOCH} from=uninitialized to=initializing driver=fuse version=1"
)
"""Vouches for the records of `loop0` that follow it."""

Line = tuple[float, str]
"""Seconds since boot, and the text."""


def read_log(
    *lines: Line, facility: int | None = 1, boot: str | None = BOOT, source: str = "kmsg"
) -> tuple[LogEntry, ...]:
    """Return the entries of a log with *lines*; kernel lines are those that VexFS did not write."""
    return tuple(interpret_records(_records(lines, facility, boot, source)))


def group_errors(
    sightings: Iterable[Sighting], keys: Sequence[GroupKey] = USUAL_KEYS
) -> tuple[ErrorGroup, ...]:
    """Return the errors among *sightings*, counted together by *keys*."""
    groups = ErrorGroups(keys)
    for sighting in sightings:
        groups.take(sighting)
    return groups.result()


def error(
    call: int, attempt: int = 1, *, vol: str = "loop0", op: str = "storage", **keys: str
) -> str:
    """Return an error record of the call with that id, nested in the one before it."""
    values = {"err": "IoError.ReadError", "errno": "EIO", "sev": "high"} | keys
    return (
        f"VexFS: [CORR-{call:016X}] error vol={vol} op={op} call=read err={values['err']} "
        f"errno={values['errno']} sev={values['sev']} attempt={attempt}/3 "
        f'parent=CORR-{call - 1:016X} ino=12 off=0 len=4096 hints=retry:500 msg="failed"'
    )


def _records(
    lines: Iterable[Line], facility: int | None, boot: str | None, source: str
) -> Iterable[LogRecord]:
    for sequence, (seconds, text) in enumerate(lines):
        yield LogRecord(
            text=text,
            source=source,
            uptime_us=round(seconds * 1_000_000),
            sequence=sequence,
            level=4,
            facility=facility if text.startswith("VexFS") else 0,
            boot_id=boot,
        )
