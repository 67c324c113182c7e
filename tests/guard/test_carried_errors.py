"""Errors that exceptions carry from call to call: whole, and counted once, where they arose."""

import os
import pickle
from contextlib import suppress
from dataclasses import replace
from errno import EIO, ENOENT, EROFS

import pytest

from tests.guard.volume import FILE, STORAGE, GuardedVolume
from vexfsctl.catalogue.lookup import entry
from vexfsctl.guard.call import Call, CallRejected, Terms
from vexfsctl.guard.errors import EnhancedError, carrying, error_of, exception_of
from vexfsctl.model.breaker import BreakerAction, BreakerCommand


def carried(volume: GuardedVolume, call: Call) -> OSError:
    """An exception with an error of *call* that its errno does not tell."""
    error = volume.guard.enhance(call, entry("RetryExhausted"), EIO)
    return exception_of(replace(error, number=7, code=-1001))


def test_an_exception_carries_its_error_through_pickling() -> None:
    """It is of the class that Python has for the errno, and the error is equal."""
    volume = GuardedVolume()
    known: list[EnhancedError] = []

    def fail(call: Call) -> None:
        known.append(volume.guard.enhance(call, entry("NotFound"), ENOENT))
        raise exception_of(known[0])

    with pytest.raises(FileNotFoundError) as caught:
        volume.guard.run(STORAGE, "open", fail)
    assert str(caught.value) == "[Errno 2] open failed: Not found (CORR-4000000000000000)"
    assert error_of(pickle.loads(pickle.dumps(caught.value))) == known[0]
    assert error_of(OSError(EIO, "")) is None


def test_the_error_that_an_exception_carries_is_recorded() -> None:
    """Not the one that its errno would stand for."""
    volume = GuardedVolume()

    def fail(call: Call) -> None:
        raise carried(volume, call)

    with pytest.raises(OSError, match="read failed"):
        volume.guard.run(STORAGE, "read", fail, repeatable=False)
    (error,) = volume.guard.errors_of(volume.events[0].id)  # type: ignore[attr-defined]
    assert (error.entry.name, error.number, error.code) == ("RetryExhausted", 7, -1001)
    assert "err=RetryExhausted errno=EIO" in volume.lines[0]


def test_an_error_counts_for_the_call_that_met_it() -> None:
    """A call that its exception passes through fails as well; its breaker is told nothing."""
    volume = GuardedVolume()

    def inner(call: Call) -> None:
        raise carried(volume, call)

    def outer(_: Call) -> None:
        volume.guard.run(STORAGE, "read", inner, repeatable=False)

    for _ in range(5):
        with pytest.raises(OSError, match="failed"):
            volume.guard.run(FILE, "read", outer, repeatable=False)
    assert volume.guard.error_counts().total == 5
    assert [volume.status(each).failures for each in (FILE, STORAGE)] == [5, 5]
    assert [volume.status(each).breaker.state for each in (FILE, STORAGE)] == ["closed", "open"]
    with pytest.raises(CallRejected):
        volume.guard.run(FILE, "read", outer, repeatable=False)
    assert volume.status(FILE).breaker.failures == 0


def test_an_exception_that_is_kept_and_raised_again_counts_each_time() -> None:
    """What it carried the first time is not taken for the error of the second call."""
    volume = GuardedVolume()
    kept = OSError(EIO, "kept")

    def fail(call: Call) -> None:
        if error_of(kept) is None:
            carrying(kept, volume.guard.enhance(call, entry("IoError.ReadError"), EIO))
        volume.clock.advance(0.001)
        raise kept

    for _ in range(5):
        with pytest.raises(OSError, match="kept"):
            volume.guard.run(STORAGE, "read", fail, repeatable=False)
        volume.clock.advance(0.001)
    assert volume.status(STORAGE).breaker.state == "open"


def test_an_unconditional_call_runs_while_the_breaker_is_open() -> None:
    """And tells it nothing; others are refused, and know by which id."""
    volume = GuardedVolume()
    command = BreakerCommand(BreakerAction.TRIP)
    volume.guard.command_breaker(STORAGE, command, uid=0, pid=1)
    run = volume.guard.bind(STORAGE, "sync", unconditional=True)

    assert run(lambda _: "synced") == "synced"
    with pytest.raises(CallRejected) as refused:
        volume.guard.run(STORAGE, "sync", lambda _: None)
    assert f"[{refused.value.id}] rejected" in volume.lines[-1]


def test_records_of_a_call_tell_what_it_belongs_to() -> None:
    """An application call can belong to something that is no call: then that is its parent."""
    volume = GuardedVolume()
    of = volume.guard._records.draw_id()

    def fail(_: Call) -> None:
        raise OSError(EROFS, "read-only")

    with pytest.raises(OSError, match="read-only"):
        volume.guard.bind(STORAGE, "write")(fail, lambda: Terms(parent=of))
    assert [f"parent={of}" in line for line in volume.lines] == [True, True]


def test_a_child_waits_for_no_lock_that_another_thread_held_at_the_fork() -> None:
    """Its guard works as if it were new, but for what has been counted."""
    guard = GuardedVolume().guard

    def fail(_: Call) -> None:
        raise OSError(EIO, "gone")

    locks = (guard._records._lock, guard._executor._identifying, guard.alarm._lock, guard._judging)
    for lock in locks:
        lock.acquire()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with suppress(OSError):
                guard.run(STORAGE, "read", fail, repeatable=False)
            guard.set_degradation(guard.degradation)
            status = 0 if guard.error_counts().total == 1 else 2
        finally:
            os._exit(status)
    for lock in locks:
        lock.release()
    assert os.waitpid(child, 0)[1] == 0
