"""What an outcome means: for the breaker, for retries, and for the application."""

import contextlib
import gc
import weakref
from dataclasses import replace
from errno import (
    EBADE,
    EBADMSG,
    EBUSY,
    EIO,
    EMFILE,
    ENODATA,
    ENOENT,
    ENOMEM,
    ENOSPC,
    ENXIO,
    EOPNOTSUPP,
    EROFS,
)
from itertools import count

import pytest

from tests.guard.volume import ALWAYS_EIO, FILE, STORAGE, GuardedVolume, failing, failing_call
from tests.support.clock import VirtualClock
from vexfsctl.catalogue.lookup import error_for_errno
from vexfsctl.guard.call import Call, CallRejected
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.events import ErrorReported, RetryScheduled
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import AccessMode, DegradationLevel

VECTOR, DIRECTORY = OperationType.VECTOR, OperationType.DIRECTORY
TRIP, PROBE = BreakerCommand(BreakerAction.TRIP), BreakerCommand(BreakerAction.PROBE)


def breaker_state(volume: GuardedVolume, operation: OperationType) -> BreakerState | str:
    """State of the breaker of *operation* now."""
    return volume.status(operation).breaker.state


def test_missing_files_trip_nothing(volume: GuardedVolume) -> None:
    """However many lookups of names that do not exist."""
    for _ in range(100):
        with pytest.raises(FileNotFoundError):
            volume.guard.run(DIRECTORY, "lookup", failing_call(ENOENT))

    assert breaker_state(volume, DIRECTORY) is BreakerState.CLOSED
    assert volume.status(DIRECTORY).breaker.failures == 0


def test_missing_file_is_a_minor_matter(volume: GuardedVolume) -> None:
    """Low, no hint to try again, and nobody tries again (case K117)."""
    entry = error_for_errno(ENOENT, "lookup")
    attempts = count()

    def lookup(_: Call) -> None:
        next(attempts)
        raise FileNotFoundError(ENOENT, "no such file")

    with pytest.raises(FileNotFoundError):
        volume.guard.run(DIRECTORY, "lookup", lookup)

    assert (entry.severity, entry.retry_delay_ms) == (Severity.LOW, None)
    assert next(attempts) == 1
    assert volume.status(DIRECTORY).retries == 0


def test_answer_reaches_the_application_as_it_came(volume: GuardedVolume) -> None:
    """The very exception, through the calls it is nested in."""
    answer = FileNotFoundError(ENOENT, "no such file", "/backing/file")

    def raising() -> None:
        raise answer

    with pytest.raises(FileNotFoundError) as caught:
        volume.read(raising)

    assert caught.value is answer


def test_answer_closes_a_half_open_breaker(volume: GuardedVolume) -> None:
    """A volume without vectors answers ENODATA to every probe: the thing that answers, works."""
    volume.guard.command_breaker(VECTOR, TRIP, uid=0, pid=1)
    volume.guard.command_breaker(VECTOR, PROBE, uid=0, pid=1)

    for _ in range(3):
        with pytest.raises(OSError):
            volume.guard.run(VECTOR, "getxattr", failing_call(ENODATA))

    assert breaker_state(volume, VECTOR) is BreakerState.CLOSED


def test_nested_answer_is_an_answer_to_the_caller_as_well(volume: GuardedVolume) -> None:
    """ENODATA of an attribute, met inside a read, is not the ENODATA of a device to that read."""
    with pytest.raises(OSError) as caught:
        volume.guard.run(
            FILE, "read", lambda call: call.run(VECTOR, "getxattr", failing_call(ENODATA))
        )

    assert caught.value.errno == ENODATA
    assert volume.events == []
    assert volume.status(FILE).failures == volume.status(VECTOR).failures == 0


@pytest.mark.parametrize(
    ("errno", "call", "attempts", "breaker_failures"),
    [
        (EIO, "read", 3, 3),
        (ENODATA, "read", 3, 3),
        (ENXIO, "read", 3, 3),
        (EBUSY, "open", 3, 3),
        (ENOMEM, "read", 1, 1),
        (ENOSPC, "write", 1, 0),
        (EMFILE, "open", 1, 0),
        (EBADE, "read", 1, 1),
        (EROFS, "write", 1, 1),
    ],
)
def test_classes_of_failure(
    volume: GuardedVolume, errno: int, call: str, attempts: int, breaker_failures: int
) -> None:
    """Busy and device are tried again; of the resources only memory is held against the breaker."""
    with pytest.raises(OSError) as caught:
        volume.guard.run(FILE, call, failing_call(errno))

    assert caught.value.errno == errno
    assert volume.status(FILE).failures == 1
    assert volume.status(FILE).retries == attempts - 1
    assert volume.status(FILE).breaker.failures == breaker_failures
    assert volume.guard.error_counts().total == attempts


@pytest.mark.parametrize(
    ("errno", "call"),
    [(ENODATA, "getxattr"), (ENOSPC, "setxattr"), (ENXIO, "lseek"), (EOPNOTSUPP, "fallocate")],
)
def test_answers_that_depend_on_the_call(volume: GuardedVolume, errno: int, call: str) -> None:
    """The same numbers are failures elsewhere."""
    with pytest.raises(OSError):
        volume.guard.run(FILE, call, failing_call(errno))

    assert volume.status(FILE).failures == 0
    assert volume.events == []


def test_full_device_opens_no_breaker(volume: GuardedVolume) -> None:
    """unlink must go on working when nothing can grow any more."""
    for _ in range(20):
        with pytest.raises(OSError):
            volume.guard.run(FILE, "write", failing_call(ENOSPC))

    assert breaker_state(volume, FILE) is BreakerState.CLOSED


def test_nested_failure_is_not_tried_again_by_its_caller(volume: GuardedVolume) -> None:
    """Three attempts at the device, not nine; and no word to the caller's breaker."""
    for _ in range(2):
        with pytest.raises(OSError):
            volume.read(ALWAYS_EIO)

    assert volume.status(STORAGE).calls == 2
    assert volume.status(FILE).retries == 0
    assert volume.status(FILE).breaker.failures == 0


def test_failure_the_caller_makes_of_it_arises_in_the_caller(volume: GuardedVolume) -> None:
    """Another exception is another failure, and the breaker of its own operation hears of it."""

    def translating(call: Call) -> None:
        try:
            call.run(STORAGE, "read", failing_call(ENOMEM))
        except OSError:
            raise OSError(EIO, "no page") from None

    with pytest.raises(OSError):
        volume.guard.run(FILE, "read", translating, repeatable=False)

    assert volume.status(STORAGE).breaker.failures == 1
    assert volume.status(FILE).breaker.failures == 1


def test_caller_may_do_without_the_nested_call(volume: GuardedVolume) -> None:
    """Who catches the failure of a nested call has not failed."""

    def forgiving(call: Call) -> str:
        try:
            return call.run(STORAGE, "read", failing_call(ENOMEM))
        except OSError:
            return "without"

    assert volume.guard.run(FILE, "read", forgiving) == "without"

    assert volume.status(STORAGE).failures == 1
    assert volume.status(FILE).failures == 0


def test_rejection_inside_gives_the_half_open_caller_its_place_back(volume: GuardedVolume) -> None:
    """A probe of the file breaker that storage rejects proves nothing either way."""
    volume.guard.command_breaker(STORAGE, TRIP, uid=0, pid=1)
    volume.guard.command_breaker(FILE, TRIP, uid=0, pid=1)
    volume.guard.command_breaker(FILE, PROBE, uid=0, pid=1)

    for _ in range(3):
        with pytest.raises(CallRejected):
            volume.read(failing(None))

    assert breaker_state(volume, FILE) is BreakerState.HALF_OPEN
    assert volume.status(FILE).rejected == 0


def test_rejected_call_is_never_tried_again(volume: GuardedVolume) -> None:
    """EBUSY of a breaker is not the EBUSY of a device."""
    volume.guard.command_breaker(STORAGE, TRIP, uid=0, pid=1)

    with pytest.raises(CallRejected) as caught:
        volume.guard.run(STORAGE, "read", failing_call(None))

    assert caught.value.errno == EBUSY
    assert volume.status(STORAGE).retries == 0
    assert volume.clock.now_ns() == 0


def test_retry_that_the_breaker_refuses_fails_with_its_last_error(volume: GuardedVolume) -> None:
    """Somebody tripped it during the wait: the call has failed, it was not rejected."""
    volume.reactions[RetryScheduled] = lambda: volume.guard.command_breaker(
        STORAGE, TRIP, uid=0, pid=1
    )

    with pytest.raises(OSError) as caught:
        volume.guard.run(STORAGE, "read", failing_call(EIO, None))

    assert caught.value.errno == EIO
    assert not isinstance(caught.value, CallRejected)
    status = volume.status(STORAGE)
    assert (status.failures, status.rejected, status.retries) == (1, 0, 0)
    assert volume.kinds[-1] == "storage CallFailed"


def test_no_retry_is_begun_against_an_open_breaker(volume: GuardedVolume) -> None:
    """The failure that trips the breaker is the last attempt; nobody waits for nothing."""
    volume.set_breaker(STORAGE, failure_threshold=2)

    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO))

    assert volume.status(STORAGE).retries == 1
    assert volume.clock.now_ns() == 500_000_000


def test_number_that_is_no_errno_becomes_eio(volume: GuardedVolume) -> None:
    """The kernel drops a reply of 512 or more, and the application would hang."""
    for number in (512, 4095, None):
        with pytest.raises(OSError) as caught:
            volume.guard.run(FILE, "read", failing_call(number) if number else _nameless)
        assert caught.value.errno == EIO


def _nameless(_: Call) -> None:
    raise OSError("no number")


def test_writes_are_refused_while_read_only(volume: GuardedVolume) -> None:
    """By the operator or by degradation: EROFS without a record, no failure, nothing is run."""
    volume.guard.set_access_mode(AccessMode.READ_ONLY, uid=0, pid=1)
    volume.events.clear()

    with pytest.raises(OSError) as caught:
        volume.guard.run(FILE, "write", _nameless, writes=True)
    assert volume.guard.run(FILE, "read", lambda _: "data") == "data"

    assert caught.value.errno == EROFS
    assert (volume.status(FILE).calls, volume.status(FILE).failures) == (2, 0)
    assert volume.events == []


def test_erofs_from_below_is_critical_unless_the_volume_is_read_only(
    volume: GuardedVolume,
) -> None:
    """A backing filesystem that shut itself down is news; that the volume is read-only is not."""
    with pytest.raises(OSError):
        volume.guard.run(FILE, "setattr", failing_call(EROFS))
    volume.guard.set_access_mode(AccessMode.READ_ONLY, uid=0, pid=1)
    with pytest.raises(OSError):
        volume.guard.run(FILE, "setattr", failing_call(EROFS))

    errors = [event for event in volume.events if isinstance(event, ErrorReported)]
    assert [(error.error, error.severity) for error in errors] == [
        ("ReadOnlyFilesystem", Severity.CRITICAL)
    ]
    assert volume.guard.degradation is DegradationLevel.NORMAL


def test_jitter_comes_from_chance() -> None:
    """Two volumes that fail together do not come back together."""
    delays = []
    for chance in (lambda: 0.0, lambda: 0.5):
        volume = GuardedVolume(random=chance)
        volume.guard.retry = replace(volume.guard.retry, max_attempts=2)
        with pytest.raises(OSError):
            volume.guard.run(STORAGE, "read", failing_call(EIO))
        delays.append(volume.clock.now_ns() // 1_000_000)

    assert delays == [500, 525]


def test_interrupted_wait_begins_no_further_attempt() -> None:
    """A clock that returns early means that the volume goes away: the call ends with its error."""

    class InterruptedClock(VirtualClock):
        def sleep(self, seconds: float) -> None:
            self.advance(seconds / 2)

    volume = GuardedVolume(clock=InterruptedClock(now_ns=0))

    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO, None))

    assert volume.status(STORAGE).retries == 0
    assert volume.kinds[-1] == "storage CallFailed"


def test_ended_call_is_kept_alive_by_nothing(volume: GuardedVolume) -> None:
    """What an application wrote is freed when its call ends, however it ends, not when gc runs."""

    class Payload:
        pass

    def write(backing: Call, payload: Payload, number: int | None) -> None:
        def data_call(_: Call) -> None:
            if number is not None:
                raise OSError(number, repr(payload))

        backing.run(STORAGE, "write", data_call, repeatable=False)

    def attempt(number: int | None) -> "weakref.ref[Payload]":
        payload = Payload()
        with contextlib.suppress(OSError):
            volume.guard.run(FILE, "write", lambda call: write(call, payload, number))
        return weakref.ref(payload)

    gc.disable()
    try:
        left = [attempt(number)() for number in (None, EIO, EBADMSG, ENOENT, EIO, EIO, EIO, EIO)]
    finally:
        gc.enable()

    assert volume.status(STORAGE).rejected == 1
    assert left == [None] * 8


def test_call_that_met_a_bug_is_kept_alive_by_nothing(volume: GuardedVolume) -> None:
    """Not even when errors, or a fallback, came before the bug."""

    class Payload:
        pass

    def write(payload: Payload, *, fails: int) -> None:
        attempts = count()

        def attempt(_: Call) -> None:
            if next(attempts) < fails:
                raise OSError(EIO, repr(payload))
            raise ValueError(repr(payload))

        def fallback(_: OSError) -> None:
            raise ValueError(repr(payload))

        volume.guard.run(STORAGE, "write", attempt, fallback=fallback)

    def attempt(fails: int) -> "weakref.ref[Payload]":
        payload = Payload()
        with contextlib.suppress(ValueError):
            write(payload, fails=fails)
        return weakref.ref(payload)

    gc.disable()
    try:
        left = [attempt(fails)() for fails in (0, 1, 3)]
    finally:
        gc.enable()

    assert left == [None] * 3
