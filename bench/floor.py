"""Quick calls over a floor: their CPU time as a multiple of a plain call's, and their instructions.

Minima of many short turns, interleaved, in several processes: what interrupts a turn is left out
with it, and one process is a tenth slower than the next throughout, as its memory happens to lie.
Instructions are counted by callgrind, where valgrind is present, in one process: they hardly vary.
"""

import asyncio
import json
import os
import re
import shutil
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat, starmap
from pathlib import Path
from subprocess import DEVNULL, run
from tempfile import TemporaryDirectory
from time import thread_time_ns
from typing import Any

from bench.measure import duration, interleave

PROCESSES = 5
_COUNTED_CALLS = 300

Call = Callable[[], Any]


def caught(call: Call) -> Call:
    """Return *call* so that what it raises is dropped at the least cost."""

    def run() -> None:
        try:  # noqa: SIM105 - suppress() would cost more than a rejection
            call()
        except Exception:  # noqa: BLE001, S110
            pass

    return run


def call_repeatedly(call: Call, count: int) -> None:
    """Make *count* calls.

    From C: the interpreter fits a loop to one function that it calls, and then that one, be it the
    floor, takes 10 ns less than in other processes.
    """
    deque(starmap(call, repeat((), count)), maxlen=0)


def await_repeatedly(call: Callable[[], Awaitable[object]], count: int) -> None:
    """Await *count* calls of a coroutine function."""

    async def await_all() -> None:
        for _ in repeat(None, count):
            await call()

    _loop().run_until_complete(await_all())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure to reach: at most *most* times what another row takes."""

    most: float
    row: str = ""
    """How the name of that row begins; the floor if not given."""


@dataclass(frozen=True, slots=True)
class OverFloor:
    """What each contestant costs as a multiple of the first one, the floor."""

    title: str
    subject: str
    """The module of bench/ whose `comparisons` has this one."""
    contestants: Mapping[str, Call]
    bounds: Mapping[str, tuple[Bound, ...]] = field(default_factory=dict)
    """Figures to reach, by contestant."""
    repeat: Callable[[Any, int], None] = call_repeatedly
    clock_ns: Callable[[], int] = thread_time_ns
    calls: int = 500
    """In a turn."""
    rounds: int = 40
    """In each process."""

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table."""
        runs = [self._in_a_process() for _process in range(PROCESSES)]
        times = {name: [each[name] for each in runs] for name in self.contestants}
        yield from render_over_floor(self.title, times, self._instructions(), self.bounds)

    def least_ns(self) -> dict[str, float]:
        """Return nanoseconds a call, the least of all rounds in this process."""

        def turn(call: Call) -> Callable[[], float]:
            return lambda: self._turn_ns(call) / self.calls

        turns = {name: turn(call) for name, call in self.contestants.items()}
        return {name: min(each) for name, each in interleave(turns, self.rounds).items()}

    def count(self) -> None:
        """Call each, with a system call before and after that nothing else makes."""
        for call in self.contestants.values():
            self.repeat(call, _COUNTED_CALLS)
            os.getsid(0)
            self.repeat(call, _COUNTED_CALLS)
            os.getsid(0)

    def _turn_ns(self, call: Call) -> int:
        start_ns = self.clock_ns()
        self.repeat(call, self.calls)
        return self.clock_ns() - start_ns

    def _in_a_process(self) -> dict[str, float]:
        ran = run(self._command("time"), capture_output=True, check=True)
        times: dict[str, float] = json.loads(ran.stdout)
        return times

    def _instructions(self) -> dict[str, float]:
        """Return the instructions of a call of each; nothing without valgrind."""
        if self.clock_ns is not thread_time_ns or shutil.which("valgrind") is None:
            return {}
        with TemporaryDirectory(prefix="vexfs-bench-") as directory:
            dump = Path(directory, "dump")
            valgrind = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={dump}")
            command = (*valgrind, "--dump-before=getsid", *self._command("count"))
            run(command, stdout=DEVNULL, stderr=DEVNULL, check=True)
            # Dumps are numbered from 1; each second one is of what is between two marks.
            dumps = (dump.with_suffix(f".{2 + 2 * at}") for at in range(len(self.contestants)))
            totals = (re.search(r"^totals: (\d+)", each.read_text(), re.M) for each in dumps)
            counts = [int(total[1]) / _COUNTED_CALLS for total in totals if total is not None]
        return dict(zip(self.contestants, counts, strict=True))

    def _command(self, job: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "bench.turns", self.subject, self.title, job)


def render_over_floor(
    title: str,
    times: Mapping[str, list[float]],
    instructions: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[Bound, ...]] | None = None,
) -> Iterator[str]:
    """Hand out the lines of a table: minima, each as a multiple of the first, and what is asked."""
    yield f"{title:<58}{'least':>9} x floor   instr x floor  to reach"
    least = {name: min(each) for name, each in times.items()}
    floor = next(iter(times))
    for name, ns in least.items():
        cells = f"{duration(ns):>9}{ns / least[floor]:8.1f}"
        if instructions:
            count = instructions[name]
            cells += f"{count:8.0f}{count / instructions[floor]:8.1f}"
        else:
            cells += f"{'-':>8}{'-':>8}"
        asked = ", ".join(_verdict(bound, name, least) for bound in (bounds or {}).get(name, ()))
        yield f"  {name:<56}{cells}  {asked}".rstrip()


def _verdict(bound: Bound, name: str, least: Mapping[str, float]) -> str:
    row = next((each for each in least if each.startswith(bound.row)), None)
    if row is None:
        return f"≤ {bound.most:.3g} x {bound.row}: not installed"
    ratio = least[name] / least[row]
    verdict = "reached" if ratio <= bound.most else "MISSED"
    return f"≤ {bound.most:.3g} x {bound.row or 'floor'}: {ratio:.3g} {verdict}"
