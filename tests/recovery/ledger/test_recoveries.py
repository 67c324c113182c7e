"""Recovery records of a ledger, put among those of a log."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.recovery.samples import BOOT, begun, ended, step_begun, step_ended
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.record import LogRecord
from vexfsctl.recovery.ledger.recoveries import SOURCE, merge_recoveries, recoveries_of


def at(uptime_us: int | None, boot_id: str = BOOT) -> LogEntry:
    """A line of the log that is nothing of VexFS's."""
    record = LogRecord("usb 1-1: new device", "kmsg", uptime_us, boot_id=boot_id)
    return LogEntry(record, None, Origin.KERNEL)


def recovery(uptime_us: int, duration_us: int = 1) -> LogEntry:
    """A step as the ledger has it, told apart from others by how long it took."""
    step = step_ended()
    record = str(step.record).replace(f"dur_us={step.duration_us}", f"dur_us={duration_us}")
    (entry,) = recoveries_of([replace(step, monotonic_us=uptime_us, record=record)])
    return entry


def test_only_a_step_that_ended_has_a_record() -> None:
    """It is stamped as the ledger entry is, and vouched for: the ledger is private."""
    step = step_ended()

    (entry,) = recoveries_of([begun(), step_begun(), step, replace(step, record=None), ended()])

    record = entry.record
    assert (record.text, record.source, record.uptime_us) == (step.record, SOURCE, 3_600_000_000)
    assert (record.boot_id, record.wall_time_s) == (BOOT, step.time.timestamp())
    assert (entry.origin, entry.epoch) == (Origin.DRIVER, step.epoch)


def test_a_record_that_is_none_of_a_recovery_adds_nothing() -> None:
    """Whoever wrote it there."""
    forged = replace(step_ended(), record="VexFS: state vol=sdb from=mounting to=healthy")

    assert list(recoveries_of([forged])) == []


def test_a_step_that_the_log_has_is_not_added() -> None:
    """By what it did, not by its place."""
    known = recovery(5)

    assert merge_recoveries([at(1), known], [recovery(7)], {BOOT}) == (at(1), known)


def test_steps_of_a_boot_that_is_not_asked_for_are_left_out() -> None:
    """The clocks of two boots cannot be compared."""
    assert merge_recoveries([at(1, "other")], [recovery(5)], {"other"}) == (at(1, "other"),)


@given(st.lists(st.none() | st.integers(0, 100)), st.lists(st.integers(0, 100)))
def test_every_record_is_there_once_and_in_its_order(
    logged: list[int | None], recorded: list[int]
) -> None:
    """The log keeps its order, and a step stands before what came later."""
    times = sorted(each for each in logged if each is not None)
    log = [at(None) if each is None else at(times.pop(0)) for each in logged]
    steps = [recovery(time, number) for number, time in enumerate(recorded)]

    merged = merge_recoveries(log, steps, {BOOT})

    assert [each for each in merged if each.record.source != SOURCE] == log
    assert [each for each in merged if each.record.source == SOURCE] == sorted(
        steps, key=lambda each: each.record.uptime_us or 0
    )
    known = [each.record.uptime_us for each in merged if each.record.uptime_us is not None]
    assert known == sorted(known)
