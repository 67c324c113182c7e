"""Recovery records that only a ledger has, put in their place in a log. Pure.

For a volume that does not write to the kernel log, only the ledger has them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from vexfsctl.logs.grammar import event_level, parse_event
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import RecoveryStepTaken
from vexfsctl.model.record import USER_FACILITY, LogRecord
from vexfsctl.recovery.ledger.entries import LedgerEntry, StepEnded

SOURCE = "ledger"
"""The source that these records name."""


def recoveries_of(ledger: Iterable[LedgerEntry]) -> Iterator[LogEntry]:
    """Yield the records of the steps in a ledger.

    The ledger is private to the user who ran the replay, so nobody else can have written to it.
    """
    for each in ledger:
        if not isinstance(each, StepEnded) or each.record is None:
            continue
        event = parse_event(each.record)
        if isinstance(event, RecoveryStepTaken):
            record = LogRecord(
                text=each.record,
                source=SOURCE,
                uptime_us=each.monotonic_us,
                level=event_level(event),
                facility=USER_FACILITY,
                boot_id=each.boot_id,
                wall_time_s=each.time.timestamp(),
            )
            yield LogEntry(record, event, Origin.DRIVER, each.epoch)


def merge_recoveries(
    entries: Sequence[LogEntry], recorded: Iterable[LogEntry], boots: Collection[str | None]
) -> tuple[LogEntry, ...]:
    """Return *entries* plus what they lack of *recorded* in *boots*, by boot and uptime."""
    told = {_step_of(each) for each in entries if isinstance(each.event, RecoveryStepTaken)}
    waiting: dict[str | None, list[LogEntry]] = {}
    for each in sorted(recorded, key=_uptime):
        if _step_of(each) not in told and each.record.boot_id in boots:
            waiting.setdefault(each.record.boot_id, []).append(each)
    merged: list[LogEntry] = []
    for entry in entries if waiting else ():
        later = waiting.get(entry.record.boot_id)
        while later and entry.record.uptime_us is not None and _uptime(later[0]) < _uptime(entry):
            merged.append(later.pop(0))
        merged.append(entry)
    rest = (each for later in waiting.values() for each in later)
    return (*merged, *rest) if waiting else tuple(entries)


def _uptime(entry: LogEntry) -> int:
    return entry.record.uptime_us or 0


def _step_of(entry: LogEntry) -> tuple[object, ...]:
    """What identifies a step in both log and ledger: a log may have cut the message."""
    event = entry.event
    assert isinstance(event, RecoveryStepTaken)
    return event.volume, event.id, event.step, event.result, event.duration_us
