"""What processes do to each other that share a breaker: they die, stop, hammer, live elsewhere."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.resilience.shared.breakers import Bench, fail, in_child, start_child
from tests.resilience.shared.hammering import hammer
from tests.resilience.shared.killing import SCENARIOS, kill_at_each
from vexfsctl.resilience import BreakerOpen, CircuitBreaker, SharedFileUnusable
from vexfsctl.resilience.shared.file import peek
from vexfsctl.resilience.shared.open_file import OpenFile

_PROCESSES = 16


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A file that does not exist yet."""
    return Bench(tmp_path / "backup")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_holder_leaves_a_whole_file(tmp_path: Path, scenario: str) -> None:
    """Whoever is killed with SIGKILL while it touches the file leaves it whole and unlocked."""
    assert kill_at_each(tmp_path, scenario, step=101) > 0


@contextmanager
def stopped_holder(bench: Bench) -> Iterator[int]:
    """A process that is stopped while it has the lock of the file; its pid."""

    def hold_and_stop() -> None:
        file = OpenFile(os.open(bench.path, os.O_RDWR))
        held = file.lock.acquire()
        assert held is not None
        os.kill(os.getpid(), signal.SIGSTOP)

    child = start_child(hold_and_stop)
    os.waitpid(child, os.WUNTRACED)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_stopped_holder_stops_nobody(bench: Bench) -> None:
    """While the lock is not to be had, calls are made; failures are recorded when it can be had."""
    one = bench.breaker(failures=4)
    fail(one)
    with stopped_holder(bench):
        fail(one, 2)
        assert one.call(len, "ab") == 2
        with pytest.raises(SharedFileUnusable, match="stays locked by another process"):
            one.trip()
        assert (one.state, one.stats().unrecorded) == ("closed", 2)
    assert bench.said == [
        f"{bench.path} stays locked: failures are recorded when it is free, if they still count"
    ]
    assert one.call(len, "ab") == 2
    other = bench.breaker(failures=4)
    assert (other.status().failures, one.stats().unrecorded) == (3, 0)
    fail(one)
    assert other.state == "open"


def test_what_comes_too_late_is_counted(bench: Bench) -> None:
    """A failure of a time that is over is not recorded later, but counted in the file."""
    one, other = bench.breaker(), bench.breaker()
    with stopped_holder(bench):
        fail(one)
    fail(other, 3)
    other.reset()
    fail(one)
    peeked = peek(bench.path)
    assert peeked is not None
    assert (one.status().failures, one.stats().unrecorded, peeked[0].unrecorded) == (1, 1, 1)


_FAILING_ONCE = """\
import sys
from vexfsctl.resilience import CircuitBreaker
breaker = CircuitBreaker(shared=sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
try:
    breaker.call(open, "/none")
except OSError:
    print(breaker.stats().unrecorded, flush=True)
sys.stdin.read()
"""


def test_process_that_ends_records_what_it_owes(tmp_path: Path) -> None:
    """A failure that could not be recorded is recorded when the process ends, at the latest."""
    path = tmp_path / "backup"
    CircuitBreaker(shared=path)
    file = OpenFile(os.open(path, os.O_RDWR))
    argv = (sys.executable, "-c", _FAILING_ONCE, str(path))
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        held = file.lock.acquire()
        assert held is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "1\n"
        file.lock.release(held)
    assert CircuitBreaker(shared=path).status().failures == 1


def test_stopped_holder_keeps_nobody_out(bench: Bench) -> None:
    """A breaker whose open time is over lets calls pass that cannot be given a place."""
    one = bench.breaker()
    fail(one, 3)
    with stopped_holder(bench):
        with pytest.raises(BreakerOpen):
            one.call(len, "")
        bench.clock.advance(60)
        assert one.call(len, "") == 0
    assert one.call(len, "") == 0
    assert one.state == "closed"


def test_stopped_process_keeps_its_place_until_its_lease_ends(bench: Bench) -> None:
    """A process that is stopped in its trial call is not dead: its lease ends at its deadline."""
    one = bench.breaker(lease=5)
    fail(one, 3)
    bench.clock.advance(60)

    def stop_in_trial() -> None:
        place = one.acquire()
        os.kill(os.getpid(), signal.SIGSTOP)
        del place

    child = start_child(stop_in_trial)
    os.waitpid(child, os.WUNTRACED)
    with pytest.raises(BreakerOpen):
        one.acquire()
    bench.clock.advance(5)
    assert one.call(len, "") == 0
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_child_of_a_killed_holder_does_not_keep_the_lock(bench: Bench) -> None:
    """A child that was forked while its parent had the lock lets go of it; the parent may die."""
    one = bench.breaker()
    children, telling = os.pipe()

    def hold_fork_and_die() -> None:
        file = OpenFile(os.open(bench.path, os.O_RDWR))
        held = file.lock.acquire()
        assert held is not None
        os.write(telling, str(start_child(signal.pause)).encode())
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(hold_fork_and_die) == -signal.SIGKILL
    fail(one)
    os.kill(int(os.read(children, 20)), signal.SIGKILL)
    assert (one.status().failures, one.stats().unrecorded) == (1, 0)
    os.close(children)
    os.close(telling)


def test_many_processes_trip_it_once(tmp_path: Path) -> None:
    """Sixteen processes that hammer it: one trip, and every failure is recorded or told of."""
    count = hammer(tmp_path / "one", _PROCESSES, failures_each=20, limit=30)
    assert count.trips == 1
    count = hammer(tmp_path / "none", _PROCESSES, failures_each=20, limit=1000)
    assert (count.trips, count.recorded + count.unrecorded) == (0, 320)


_ELSEWHERE = """\
import sys
from vexfsctl.resilience import CircuitBreaker
breaker = CircuitBreaker(shared=sys.argv[1], failures=1)
print(breaker.state, round(breaker.retry_after))
breaker.reset()
try:
    breaker.call(open, "/none")
except OSError:
    pass
"""


@pytest.mark.privileged("unshare")
def test_other_namespaces_agree_about_time(bench: Bench) -> None:
    """Containers with another monotonic clock, and their own processes, share a breaker."""
    here = CircuitBreaker(shared=bench.path, failures=1, open_for=1000)
    fail(here)
    elsewhere = (
        "unshare",
        "--time",
        "--monotonic",
        "100000",
        "--boottime",
        "100000",
        "--pid",
        "--fork",
    )
    ran = subprocess.run(
        [*elsewhere, sys.executable, "-c", _ELSEWHERE, str(bench.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    state, left = ran.stdout.split()
    assert (state, 0 < int(left) <= 1000) == ("open", True)
    assert here.state == "open"
    assert 0 < (here.retry_after or 0) <= 60
    assert in_child(lambda: here.reset()) == 0
    assert here.state == "closed"
