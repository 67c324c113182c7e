"""What the scheduler gave a process, and deadlines that do not count a wait for a processor."""

import os
import signal
import threading
import time

import pytest

from tests.support.load import at_work, stopped
from tests.support.waiting import wait_until
from vexfsctl.system.processes import Process
from vexfsctl.system.processor_time import (
    ProcessorDeadline,
    ProcessorTime,
    left_of,
    processor_time,
    processor_time_of_thread,
)


def seen(process: Process) -> ProcessorTime:
    """Return the time of a process that is there."""
    now = process.processor_time()
    assert now is not None
    return now


def test_the_clock_of_a_stopped_process_stands() -> None:
    """However often one looks."""
    with stopped() as process:
        before = seen(process)
        time.sleep(0.05)

        assert not seen(process).moved_since(before)
        assert seen(process) == before


def test_the_clock_of_a_process_at_work_moves() -> None:
    """Or it waits for a processor, which is the same to whoever waits for the process."""
    with at_work() as process:
        before = seen(process)

        assert seen(process).moved_since(before)
        wait_until(lambda: seen(process).used_ns > before.used_ns)


def test_the_clock_counts_all_threads() -> None:
    """The thread that answers is seldom the first one of a process."""
    this = Process.find(os.getpid())
    assert this is not None
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            pass

    worker = threading.Thread(target=work)
    worker.start()
    try:
        own = processor_time_of_thread(worker.native_id or 0)
        before = seen(this)
        assert own is not None
        assert before.waited_ns >= own.waited_ns
        assert seen(this).moved_since(before)
    finally:
        over.set()
        worker.join()
    wait_until(lambda: processor_time_of_thread(worker.native_id or 0) is None)


def test_a_wait_for_a_processor_is_accounted() -> None:
    """Two that work on one processor wait for each other."""
    with at_work() as one, at_work() as other:
        processor = min(os.sched_getaffinity(0))
        for each in (one, other):
            os.sched_setaffinity(each.pid, {processor})
        before = seen(one)

        wait_until(lambda: seen(one).waited_ns > before.waited_ns)


def test_who_is_not_there_has_no_time() -> None:
    """Nor has a later process of the same number, nor one that cannot be."""
    assert processor_time(1 << 70) is None
    with stopped() as process:
        assert Process(process.pid, "1").processor_time() is None
        pid = process.pid

    assert processor_time(pid) is None


@pytest.mark.parametrize(
    ("elapsed_s", "waited_s", "runnable", "left_s"),
    [
        pytest.param(2.0, 0.0, False, 0.0, id="it only slept"),
        pytest.param(2.0, 1.5, False, 1.5, id="it ran for half a second"),
        pytest.param(2.0, 2.0, True, 2.0, id="it did not run at all"),
        pytest.param(2.0, 0.0, True, 0.2, id="it waits now: seen when that is over"),
        pytest.param(3.0, 1.0, False, 0.0, id="what it waited is used up"),
        pytest.param(3.5, 3.5, True, 0.5, id="twice as long at most"),
        pytest.param(4.0, 4.0, True, 0.0, id="and no longer"),
        pytest.param(9.0, 9.0, True, -5.0, id="looked at late"),
    ],
)
def test_what_is_left_of_two_seconds(
    elapsed_s: float, waited_s: float, runnable: bool, left_s: float
) -> None:
    """The time that it waits for a processor does not count."""
    assert left_of(2.0, elapsed_s, waited_s, runnable=runnable) == pytest.approx(left_s)


def test_a_deadline_for_one_that_sleeps_is_over_when_it_says() -> None:
    """It had its processor, and no use for it."""
    with stopped() as process:
        deadline = ProcessorDeadline(0.05, process.processor_time)
        while (left_s := deadline.left_s()) > 0:
            assert left_s <= 0.05
            time.sleep(left_s)


def test_a_deadline_for_nobody_is_over_too() -> None:
    """A child that was killed gets no more time."""
    deadline = ProcessorDeadline(0.01, lambda: None)
    time.sleep(0.02)

    assert deadline.left_s() <= 0


def test_a_killed_process_that_is_not_reaped_stands() -> None:
    """It is there still, and never runs again."""
    child = os.fork()
    if child == 0:
        signal.pause()
    process = Process.find(child)
    assert process is not None
    try:
        os.kill(child, signal.SIGKILL)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        before = seen(process)

        assert not seen(process).moved_since(before)
    finally:
        os.waitpid(child, 0)
