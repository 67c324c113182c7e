"""What the log says: the records of vexfs-log(5), whole calls or none, and what was left out."""

import sys
from dataclasses import replace
from errno import EAGAIN, EBADMSG, EIO, ENOENT, ENOSPC, EROFS, EUCLEAN
from types import FrameType

import pytest

from tests.guard.volume import ALWAYS_EIO, FILE, STORAGE, GuardedVolume, failing, failing_call
from vexfsctl.catalogue.entry import ErrorEntry
from vexfsctl.model.breaker import BreakerAction, BreakerCommand
from vexfsctl.model.events import (
    BreakerChanged,
    CallEvent,
    CallFailed,
    CallRejected,
    ErrorReported,
    RecordsSuppressed,
    RetryScheduled,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity

DIRECTORY, SYNC = OperationType.DIRECTORY, OperationType.SYNC


def test_the_records_of_one_story(volume: GuardedVolume) -> None:
    """One story whole: three failures left in the window, so the second one trips."""
    with pytest.raises(OSError):
        volume.read(ALWAYS_EIO)
    volume.events.clear()

    with pytest.raises(OSError):
        volume.read(ALWAYS_EIO)
    with pytest.raises(OSError):
        volume.read(ALWAYS_EIO)

    error = (
        "VexFS: [CORR-4000000000000003] error vol=loop0 op=storage call=read err=IoError.ReadError"
        " errno=EIO sev=high attempt={}/3 parent=CORR-4000000000000002 ino=12 off=1048576 len=4096"
        ' hints=retry:500,invalidate_cache,use_fallback msg="read operation failed"'
    )
    assert volume.lines == [
        error.format(1),
        "VexFS: [CORR-4000000000000003] retry vol=loop0 op=storage call=read attempt=2/3"
        " parent=CORR-4000000000000002 delay_ms=500",
        error.format(2),
        "VexFS: [CORR-4000000000000003] breaker vol=loop0 op=storage from=closed to=open"
        " generation=2 failures=5/5 window_ms=10000 trips=1",
        "VexFS: [CORR-4000000000000003] failed vol=loop0 op=storage call=read"
        " err=IoError.ReadError errno=EIO attempts=2 dur_us=500000 parent=CORR-4000000000000002",
        "VexFS: [CORR-4000000000000002] failed vol=loop0 op=file call=read"
        " err=IoError.ReadError errno=EIO attempts=1 dur_us=500000 ino=12",
        "VexFS: [CORR-4000000000000005] rejected vol=loop0 op=storage call=read"
        " parent=CORR-4000000000000004 retry_after_ms=60000",
        "VexFS: [CORR-4000000000000004] failed vol=loop0 op=file call=read"
        " err=CircuitBreakerOpen errno=EBUSY attempts=1 dur_us=0 ino=12",
    ]


def test_recovered_call(volume: GuardedVolume) -> None:
    """One id from the first error to the outcome, with the attempts it took."""
    volume.guard.run(DIRECTORY, "readdir", failing_call(EAGAIN, None))

    assert volume.lines == [
        "VexFS: [CORR-4000000000000000] error vol=loop0 op=directory call=readdir err=WouldBlock"
        ' errno=EAGAIN sev=medium attempt=1/3 hints=retry:100 msg="Operation would block"',
        "VexFS: [CORR-4000000000000000] retry vol=loop0 op=directory call=readdir attempt=2/3"
        " delay_ms=100",
        "VexFS: [CORR-4000000000000000] recovered vol=loop0 op=directory call=readdir attempts=2"
        " dur_us=100000",
    ]


def test_answer_after_an_error_is_a_recovery(volume: GuardedVolume) -> None:
    """A device that can say that the file is missing works again."""
    with pytest.raises(FileNotFoundError):
        volume.guard.run(DIRECTORY, "lookup", failing_call(EIO, ENOENT))

    assert volume.kinds == [
        "directory ErrorReported",
        "directory RetryScheduled",
        "directory CallRecovered",
    ]
    assert volume.status(DIRECTORY).retry_successes == 1
    assert volume.status(DIRECTORY).failures == 0


def test_never_repeated_call_has_one_attempt(volume: GuardedVolume) -> None:
    """An fsync is tried once: the kernel reports a lost write once, too."""
    with pytest.raises(OSError):
        volume.guard.run(SYNC, "fsync", failing_call(EIO, None), repeatable=False, inode=12)

    assert volume.lines == [
        "VexFS: [CORR-4000000000000000] error vol=loop0 op=sync call=fsync err=IoError.FlushError"
        ' errno=EIO sev=high attempt=1/1 ino=12 hints=manual msg="flush operation failed"',
        "VexFS: [CORR-4000000000000000] failed vol=loop0 op=sync call=fsync"
        " err=IoError.FlushError errno=EIO attempts=1 dur_us=0 ino=12",
    ]


def test_timeout(volume: GuardedVolume) -> None:
    """The call that hung says so with its limit; the one around it failed with ETIMEDOUT."""
    with pytest.raises(OSError):
        volume.read(lambda: volume.pass_time(5.5))

    assert volume.lines == [
        "VexFS: [CORR-4000000000000001] timeout vol=loop0 op=storage call=read limit_ms=5000"
        " parent=CORR-4000000000000000 ino=12",
        "VexFS: [CORR-4000000000000000] failed vol=loop0 op=file call=read err=Timeout"
        " errno=ETIMEDOUT attempts=1 dur_us=5500000 ino=12",
    ]
    counts = volume.guard.error_counts()
    assert (counts.total, counts.high, counts.logged) == (1, 1, 1)
    assert str(counts.last_id) == "CORR-4000000000000001"


def test_fallback(volume: GuardedVolume) -> None:
    """What a fallback served ends the call; there is no `failed` then."""
    volume.guard.run(STORAGE, "statfs", failing_call(ENOSPC), fallback=lambda _: "data")

    assert volume.kinds == ["storage ErrorReported", "storage FallbackUsed"]
    assert volume.lines[-1] == (
        "VexFS: [CORR-4000000000000000] fallback vol=loop0 op=storage call=statfs via=last_good"
        " result=ok"
    )


def test_fallback_that_fails(volume: GuardedVolume) -> None:
    """It is named with its own errno; the call fails with that of its cause."""

    def fallback(cause: OSError) -> str:
        raise OSError(ENOENT, "nothing kept")

    with pytest.raises(OSError) as caught:
        volume.guard.run(STORAGE, "statfs", failing_call(ENOSPC), fallback=fallback, via="copy")

    assert caught.value.errno == ENOSPC
    assert volume.lines[1:] == [
        "VexFS: [CORR-4000000000000000] fallback vol=loop0 op=storage call=statfs via=copy"
        " result=ENOENT",
        "VexFS: [CORR-4000000000000000] failed vol=loop0 op=storage call=statfs err=OutOfSpace"
        " errno=ENOSPC attempts=1 dur_us=0",
    ]
    status = volume.status(STORAGE)
    assert (status.failures, status.fallbacks, status.fallback_failures) == (1, 0, 1)


def test_rejected_call_may_be_served_by_its_fallback(volume: GuardedVolume) -> None:
    """The log says why, and what was served instead; the call counts as rejected, not failed."""
    volume.guard.command_breaker(STORAGE, BreakerCommand(BreakerAction.TRIP), uid=0, pid=1)
    volume.events.clear()

    assert volume.guard.run(STORAGE, "statfs", failing_call(None), fallback=lambda _: "kept") == (
        "kept"
    )

    assert volume.kinds == ["storage CallRejected", "storage FallbackUsed"]
    status = volume.status(STORAGE)
    assert (status.rejected, status.failures, status.fallbacks) == (1, 0, 1)


@pytest.mark.parametrize("errno", [EUCLEAN, EBADMSG])
def test_corruption(volume: GuardedVolume, errno: int) -> None:
    """Critical, read-only at once, EUCLEAN for the application; the record has the real errno."""
    with pytest.raises(OSError) as caught:
        volume.read(failing(errno))

    assert caught.value.errno == EUCLEAN
    assert volume.kinds == [
        "storage ErrorReported",
        "- DegradationChanged",
        "storage CallFailed",
        "file CallFailed",
    ]
    error = volume.events[0]
    assert isinstance(error, ErrorReported)
    assert (error.errno, error.severity) == (errno, Severity.CRITICAL)
    assert volume.lines[1] == (
        "VexFS: degradation vol=loop0 from=normal to=read_only cause=CORR-4000000000000001"
    )
    with pytest.raises(OSError) as refused:
        volume.guard.run(FILE, "write", failing_call(None), writes=True)
    assert refused.value.errno == EROFS


def test_corruption_is_announced_once(volume: GuardedVolume) -> None:
    """The second damaged block changes nothing any more."""
    for _ in range(2):
        with pytest.raises(OSError):
            volume.read(failing(EUCLEAN))

    assert volume.kinds.count("- DegradationChanged") == 1


def test_call_is_logged_whole_or_not_at_all(volume: GuardedVolume) -> None:
    """Of 25 failing reads 20 are in the log with all their records, 5 with none; it adds up."""
    volume.guard.retry = replace(volume.guard.retry, max_attempts=1)
    volume.set_breaker(STORAGE, failure_threshold=1000)
    for _ in range(25):
        with pytest.raises(OSError):
            volume.read(ALWAYS_EIO)
    assert len(volume.events) == 20 * 3

    volume.pass_time(4.999)
    assert len(volume.events) == 60
    volume.pass_time(0.001)

    assert volume.lines[60:] == [
        "VexFS: suppressed vol=loop0 calls=5 errors=5 interval_ms=5000",
    ]
    counts = volume.guard.error_counts()
    assert (counts.total, counts.logged, counts.suppressed) == (25, 20, 5)


def test_breaker_and_operator_records_are_never_limited(volume: GuardedVolume) -> None:
    """A breaker that opens in a flood of errors is in the log, with the id of its cause."""
    volume.guard.retry = replace(volume.guard.retry, max_attempts=1)
    volume.set_breaker(STORAGE, failure_threshold=25)
    for _ in range(25):
        with pytest.raises(OSError):
            volume.read(ALWAYS_EIO)
    volume.guard.command_breaker(STORAGE, BreakerCommand(BreakerAction.RESET), uid=0, pid=1)
    volume.guard.flush()

    assert volume.kinds[60:] == [
        "storage BreakerChanged",
        "storage OperatorActed",
        "storage BreakerChanged",
        "- RecordsSuppressed",
    ]
    opened, suppressed = volume.events[60], volume.events[63]
    assert isinstance(opened, BreakerChanged)
    assert str(opened.id) == "CORR-4000000000000031"
    assert suppressed == RecordsSuppressed(volume="loop0", calls=5, errors=5, interval_ms=5000)


def test_errors_of_a_call_stay_known(volume: GuardedVolume) -> None:
    """By the id of the application call its nested errors are found, with the way there."""
    with pytest.raises(OSError):
        volume.read(failing(EIO, EIO, ENOSPC))
    call = volume.events[0]
    assert isinstance(call, ErrorReported)
    assert call.parent is not None

    errors = volume.guard.errors_of(call.parent)

    assert [(e.attempt, e.errno, e.time_ns) for e in errors] == [
        (1, EIO, 0),
        (2, EIO, 500_000_000),
        (3, ENOSPC, 1_000_000_000),
    ]
    assert {e.call_path for e in errors} == {("file/read", "storage/read")}
    assert volume.guard.errors_of(call.id) == errors


def test_all_records_of_a_call_share_one_root(volume: GuardedVolume) -> None:
    """One read with two retries and a fallback (case K115): one id, and one parent."""
    assert volume.read(ALWAYS_EIO, fallback=lambda _: "kept") == "kept"

    roots = {event.parent or event.id for event in volume.events if isinstance(event, CallEvent)}
    assert len(roots) == 1
    assert volume.kinds == [
        "storage ErrorReported",
        "storage RetryScheduled",
        "storage ErrorReported",
        "storage RetryScheduled",
        "storage ErrorReported",
        "storage CallFailed",
        "file FallbackUsed",
    ]


def test_nothing_is_made_for_a_record_that_is_left_out(volume: GuardedVolume) -> None:
    """A flood of errors costs no events and no text: 20 calls are logged, the 21st is counted."""
    volume.guard.retry = replace(volume.guard.retry, max_attempts=1)
    volume.set_breaker(STORAGE, failure_threshold=1000)
    made: list[str] = []
    kinds = (ErrorReported, CallFailed, CallRejected, RetryScheduled)
    makers = {kind.__init__.__code__ for kind in kinds} | {ErrorEntry.describe.__code__}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in makers:
            made.append(frame.f_code.co_name)

    def made_by_one_more() -> list[str]:
        made.clear()
        sys.setprofile(watch)
        try:
            with pytest.raises(OSError):
                volume.read(ALWAYS_EIO)
        finally:
            sys.setprofile(None)
        return made.copy()

    logged = [made_by_one_more() for _ in range(20)]
    left_out = made_by_one_more()
    volume.guard.command_breaker(FILE, BreakerCommand(BreakerAction.TRIP), uid=0, pid=1)
    rejected = made_by_one_more()

    assert logged == [["describe", "__init__", "__init__", "__init__"]] * 20
    assert (left_out, rejected) == ([], [])
    assert volume.guard.error_counts().suppressed == 1
