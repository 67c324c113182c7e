"""Counters against the log: what became of every error a volume counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import EPOCH, STATE, error, read_log
from tests.analysis.volumes import healthy_volume, with_status
from vexfsctl.analysis.errors.reconciliation import Reconciliation, SeverityCount, reconcile
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import ErrorCounts, Volume

SUPPRESSED = "VexFS: suppressed vol=loop0 calls=3 errors=9 interval_ms=5000"
COMPLETE = Coverage(("kmsg",))


def counted(logged: int, suppressed: int = 0, lost: int = 0, queued: int = 0) -> Volume:
    """Return a volume that counted errors of high severity, and what became of their records."""
    total = logged + suppressed + lost + queued
    counts = ErrorCounts(total, 0, 0, total, 0, logged, suppressed, None, 1, lost)
    return with_status(healthy_volume(), errors=counts)


def log_of(errors: int, *others: tuple[float, str]) -> tuple[LogEntry, ...]:
    """Return the log of a volume since its mount, with so many errors."""
    lines = ((10.0 + n, error(0x100 + n)) for n in range(errors))
    return read_log((1.0, STATE), *lines, *others)


def reconciled(
    volume: Volume, log: tuple[LogEntry, ...], coverage: Coverage = COMPLETE
) -> Reconciliation:
    """Return the one reconciliation there is."""
    [one] = reconcile([volume], log, coverage)
    return one


def test_what_is_logged_and_what_is_left_out_make_up_the_total() -> None:
    """Nothing is unaccounted for, and no cause is looked for."""
    one = reconciled(counted(2, suppressed=9), log_of(2, (20.0, SUPPRESSED)))

    assert (one.counted, one.in_log, one.suppressed, one.announced) == (11, 2, 9, 9)
    assert (one.unaccounted, one.causes, one.epoch) == (0, (), EPOCH)
    assert one.severities[Severity.HIGH] == SeverityCount(counted=11, in_log=2)
    assert one.severities[Severity.LOW] == SeverityCount(0, 0)


def test_what_was_never_written_is_accounted_for() -> None:
    """Lost on a full disk, or still waiting for one that hangs: the log cannot have it."""
    one = reconciled(counted(2, suppressed=9, lost=4, queued=3), log_of(2, (20.0, SUPPRESSED)))

    assert (one.counted, one.in_log, one.lost, one.queued) == (18, 2, 4, 3)
    assert (one.unaccounted, one.causes) == (0, ())


def test_a_timeout_record_is_an_error_that_was_counted() -> None:
    """A call past its deadline is counted with its one record."""
    log = log_of(
        1,
        (20.0, "VexFS: [CORR-000000000000002F] timeout vol=loop0 op=sync call=fsync limit_ms=5000"),
    )

    assert reconciled(counted(2), log).unaccounted == 0


@pytest.mark.parametrize(
    ("coverage", "cause"),
    [
        (
            Coverage(("kmsg",), (Gap("kmsg", "overrun", 40),)),
            "kmsg lost records before they were read, 40 records of all kinds are missing",
        ),
        (Coverage((), (Gap("kmsg", "unreadable"),)), "kmsg cannot be read"),
    ],
)
def test_a_hole_in_the_log_is_the_likely_cause(coverage: Coverage, cause: str) -> None:
    """It is named before anything is guessed."""
    one = reconciled(counted(5), log_of(2), coverage)

    assert (one.unaccounted, one.causes[0]) == (3, cause)


def test_a_log_that_shows_nothing_and_has_no_hole_may_be_a_logger_that_drops() -> None:
    """rsyslog's kernel input drops what user space wrote, by default."""
    one = reconciled(counted(5), log_of(0))

    assert one.unaccounted == 5
    assert one.causes == (
        "a logger may drop what user space writes to the kernel log: "
        "rsyslog's imklog does by default",
    )
    # What the kernel itself writes is not dropped.
    assert reconciled(with_status(counted(5), driver="kernel"), log_of(0)).causes == ()


def test_a_log_that_was_not_read_is_named() -> None:
    """The volume says where it writes."""
    volume = with_status(counted(5), log="/var/log/vexfs/loop0.kmsg")

    assert reconciled(volume, ()).causes[0] == (
        "the volume writes to /var/log/vexfs/loop0.kmsg, which was not read"
    )


def test_a_ring_buffer_that_begins_before_the_mount_has_all_of_it() -> None:
    """That it begins after boot explains nothing then."""
    late = Coverage(("kmsg",), (Gap("kmsg", "starts_late", 12),))

    one = reconciled(counted(3), log_of(2), late)

    assert (one.unaccounted, one.causes) == (1, ())


def test_errors_of_an_earlier_mount_are_told_apart() -> None:
    """Its epoch is another."""
    earlier = STATE.replace(str(EPOCH), "77")
    log = read_log((1.0, earlier), (2.0, error(0x1A)), (3.0, STATE), (4.0, error(0x2A)))

    one = reconciled(counted(1), log)

    assert (one.in_log, one.other_epochs, one.unaccounted) == (1, 1, 0)


def test_records_that_nobody_vouches_for_account_for_nothing() -> None:
    """They are named as what they may be."""
    forged = read_log((2.0, error(0x2A)))

    one = reconciled(counted(1), forged)

    assert (one.in_log, one.unverified, one.unaccounted) == (0, 1, 1)
    assert one.causes[0] == "1 more in the log are unverified and were not counted"


def test_errors_that_came_after_the_counters_were_read_are_no_loss() -> None:
    """The tree is read before the log."""
    one = reconciled(counted(1), log_of(3))

    assert one.unaccounted == -2
    assert one.causes == (
        "they came after the counters were read, or the counters are of another mount",
    )


def test_a_volume_whose_counters_cannot_be_told_is_left_out() -> None:
    """There is nothing to compare."""
    volume = with_status(healthy_volume(), errors=None)

    assert reconcile([volume], log_of(1), COMPLETE) == ()


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_sum_always_holds(logged: int, suppressed: int, in_log: int) -> None:
    """Counted = in the log + left out + unaccounted for, whatever was lost."""
    one = reconciled(counted(logged, suppressed), log_of(in_log))

    assert one.counted == one.in_log + one.suppressed + one.unaccounted
    assert bool(one.causes) <= (one.unaccounted != 0)
