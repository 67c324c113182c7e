"""The storms and schedules of tests/resilience, of which the suite runs a sample.

BENCH_SAFETY_ROUNDS is how often each storm rages (5), BENCH_SAFETY_SCHEDULES how many schedules of
random threads there are (200).
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter_ns

from bench.measure import duration
from tests.resilience.storms import STORMS
from tests.resilience.test_schedules import test_schedule

_BOUND_S = 120
"""A storm that has not ended by then hangs."""


def comparisons() -> Iterator["Repeated"]:
    """Hand out what there is to repeat."""
    yield Repeated(
        "safety: storms over a breaker",
        {storm: partial(_rage, storm) for storm in STORMS},
        int(os.environ.get("BENCH_SAFETY_ROUNDS", "5")),
    )
    yield Repeated(
        "safety: threads that call, fail and command at random",
        {"schedules": test_schedule},
        int(os.environ.get("BENCH_SAFETY_SCHEDULES", "200")),
    )


@dataclass(frozen=True, slots=True)
class Repeated:
    """Something that must go well however often it is done; each time it is given its number."""

    title: str
    rows: dict[str, Callable[[int], object]]
    rounds: int

    def lines(self) -> Iterator[str]:
        """Do it, and yield the lines of a table."""
        yield f"{self.title:<58}{'rounds':>8}{'failed':>8}{'longest':>10}"
        for name, do in self.rows.items():
            failures, longest_ns = [], 0
            for number in range(self.rounds):
                start_ns = perf_counter_ns()
                try:
                    do(number)
                except (AssertionError, subprocess.SubprocessError) as failure:
                    failures.append(f"    {number}: {failure}")
                longest_ns = max(longest_ns, perf_counter_ns() - start_ns)
            took = duration(longest_ns)
            yield f"  {name:<56}{self.rounds:>8}{len(failures):>8}{took:>10}"
            yield from failures


def _rage(storm: str, _: int) -> None:
    ran = subprocess.run(
        (sys.executable, "-X", "dev", "-m", "tests.resilience.storms", storm),
        capture_output=True,
        text=True,
        timeout=_BOUND_S,
        check=False,
    )
    assert ran.stdout == "calm\n", ran.stderr
