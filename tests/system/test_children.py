"""Children that may be left behind."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vexfsctl.system.children import NO_ANSWER, run_in_children


def test_answers_come_in_the_order_of_the_tasks() -> None:
    """Each task's answer stands where the task stood, whichever ended first."""

    def slow() -> str:
        time.sleep(0.05)
        return "slow"

    tasks: list[Callable[[], object]] = [slow, lambda: {"a": b"\xff"}, lambda: None]

    assert run_in_children(tasks, 10) == ["slow", {"a": b"\xff"}, None]


def test_a_large_answer_arrives_whole() -> None:
    """More than a pipe holds at a time is no matter."""
    assert run_in_children([lambda: b"x" * 1_000_000], 10) == [b"x" * 1_000_000]


def test_a_child_that_hangs_does_not_hold_the_others() -> None:
    """At the deadline those that answered count, and the one that did not is killed."""
    answers = run_in_children([signal.pause, lambda: 1, os.getpid], 0.3)

    assert answers[:2] == [NO_ANSWER, 1]


def test_a_child_that_was_killed_is_no_answer() -> None:
    """An answer that is not whole is none."""
    assert run_in_children([lambda: os.kill(os.getpid(), signal.SIGKILL)], 10) == [NO_ANSWER]


def test_a_signal_for_the_whole_group_is_the_parents_to_act_on() -> None:
    """A child answers all the same, and would never run a handler of its parent."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def interrupt() -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return 1

    assert run_in_children([interrupt], 10) == [1]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask


def test_a_bug_in_a_task_is_not_hidden() -> None:
    """An exception of a task reaches the caller with its trace."""
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_in_children([lambda: 1 // 0], 10)


def test_a_child_left_behind_holds_nothing_of_ours(tmp_path: Path) -> None:
    """A child keeps no descriptor: who reads our output sees its end when we end."""
    read_end, write_end = os.pipe()
    (seen,) = run_in_children([lambda: sorted(os.listdir("/proc/self/fd"))], 10)
    os.close(write_end)
    os.close(read_end)

    # Its standard streams (all /dev/null), its answer's pipe, and the directory being listed.
    assert len(seen) == 5


def test_no_zombie_is_left_for_long() -> None:
    """Those that ended are reaped by the next call at the latest."""
    (pid,) = run_in_children([os.getpid], 10)
    for _ in range(100):
        run_in_children([lambda: None], 10)
        if not Path(f"/proc/{pid}").exists():
            return
    pytest.fail(f"child {pid} is still there")
