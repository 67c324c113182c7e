"""A breaker that processes share: what a call costs, alone and among 16 of them; what is lost.

The figure to reach is 20 µs a call from a warm process, be it healthy, rejected or failing. CPU
time: among 16 processes it has what waiting for the lock costs, not how long it lasts. In /run,
where the breakers of root are; BENCH_SHARED_DIR is another directory.
BENCH_SHARED_STEP is how many instructions apart processes are killed (1).
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import thread_time_ns

from bench.floor import Call, call_repeatedly, caught
from bench.measure import duration
from tests.resilience.shared.breakers import start_child
from tests.resilience.shared.hammering import hammer
from tests.resilience.shared.killing import SCENARIOS, kill_at_each
from vexfsctl.resilience import CircuitBreaker
from vexfsctl.resilience.shared.layout import MOST_FAILURES

_MOST_NS = 20_000
_PROCESSES = 16
_CALLS, _TURNS = 100, 35
_FAILURES_EACH = 200


def comparisons() -> Iterator["Calls | Hammered | Killed"]:
    """Hand out what there is to measure."""
    yield Calls("shared: a call, nobody else at it", 1)
    yield Calls(f"shared: the same, while {_PROCESSES} processes make it", _PROCESSES)
    yield Hammered(f"shared: {_PROCESSES} processes with {_FAILURES_EACH} failures each")
    yield Killed("shared: a process killed at an instruction that touches the file")


@dataclass(frozen=True, slots=True)
class Calls:
    """What a call costs a process."""

    title: str
    processes: int

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table."""
        yield f"{self.title:<58}{'least':>10}{'median':>10}  to reach"
        with _directory() as directory:
            for name, make in _CONTESTANTS.items():
                times = self._times(partial(make, Path(directory, name)))
                least, usual = min(times), median(times)
                reached = "reached" if usual <= _MOST_NS else "MISSED"
                bound = f"≤ {duration(_MOST_NS)}: {reached}" if self.processes == 1 else ""
                yield f"  {name:<56}{duration(least):>10}{duration(usual):>10}  {bound}".rstrip()

    def _times(self, make: Callable[[], Call]) -> list[float]:
        """Return nanoseconds a call of each turn, as one of the processes has them."""
        call = make()
        others = [start_child(partial(_call_forever, make)) for _ in range(self.processes - 1)]
        try:
            return [_turn_ns(call) for _ in range(_TURNS)]
        finally:
            for each in others:
                os.kill(each, 9)
                os.waitpid(each, 0)


@dataclass(frozen=True, slots=True)
class Hammered:
    """Whether anything is lost."""

    title: str

    def lines(self) -> Iterator[str]:
        """Hammer, and yield the lines of a table."""
        yield f"{self.title:<58}{'recorded':>10}{'unrecorded':>12}{'trips':>7}"
        sent = _PROCESSES * _FAILURES_EACH
        for limit, trips in ((30, 1), (MOST_FAILURES, 0)):
            with _directory() as directory:
                path = Path(directory, "breaker")
                count = hammer(path, _PROCESSES, failures_each=_FAILURES_EACH, limit=limit)
            lost = 0 if trips else sent - count.recorded - count.unrecorded
            well = "well" if (count.trips, lost) == (trips, 0) else "FAILED"
            cells = f"{count.recorded:>10}{count.unrecorded:>12}{count.trips:>7}"
            yield f"  {f'opens at {limit}':<56}{cells}  {well}"


@dataclass(frozen=True, slots=True)
class Killed:
    """Whether the file is whole afterwards, whichever instruction was the last."""

    title: str

    def lines(self) -> Iterator[str]:
        """Kill, and yield the lines of a table."""
        step = int(os.environ.get("BENCH_SHARED_STEP", "1"))
        yield f"{self.title:<58}{'killed':>10}"
        for scenario in SCENARIOS:
            with _directory() as directory:
                try:
                    times = str(kill_at_each(Path(directory), scenario, step=step))
                except AssertionError as failure:
                    times = f"FAILED {failure}"
            yield f"  {scenario:<56}{times:>10}"


def _directory() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="vexfs-bench-", dir=os.environ.get("BENCH_SHARED_DIR", "/run"))


def _turn_ns(call: Call) -> float:
    start_ns = thread_time_ns()
    call_repeatedly(call, _CALLS)
    return (thread_time_ns() - start_ns) / _CALLS


def _call_forever(make: Callable[[], Call]) -> None:
    call = make()
    while True:
        with suppress(Exception):
            call()


def _fail() -> None:
    raise KeyError


def _breaker(path: Path) -> CircuitBreaker:
    # So short a window that it never opens.
    return CircuitBreaker(shared=path, failures=MOST_FAILURES, within=1e-6)


def _healthy(path: Path) -> Call:
    return _breaker(path)(lambda: None)


def _failing(path: Path) -> Call:
    return caught(_breaker(path)(_fail))


def _rejected(path: Path) -> Call:
    breaker = _breaker(path)
    breaker.trip()
    return caught(breaker(_fail))


_CONTESTANTS: Mapping[str, Callable[[Path], Call]] = {
    "a call that goes well": _healthy,
    "a rejection": _rejected,
    "a failing call": _failing,
}
