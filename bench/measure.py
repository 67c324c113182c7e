"""Interleaved measurement: each round gives every contestant a turn, and a ratio is of one round.

What slows the machine down for longer than a round slows all of them and leaves the ratio alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from statistics import median
from time import perf_counter_ns
from typing import Protocol, TypeVar

ROUNDS = 15
_TURN_NS = 10_000_000
"""What is quick is repeated for so long at least: reading the clock costs nothing then."""

_Result = TypeVar("_Result")

_UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0))


class Table(Protocol):
    """Something to measure, and to print."""

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table as they are known."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ways to get one thing done, by name; the first is ours."""

    title: str
    contestants: Mapping[str, Callable[[], object]]
    clock_ns: Callable[[], int] = perf_counter_ns
    """What is measured: time passed, unless it says otherwise."""

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table."""
        yield from render(self.title, measure(self))


def measure(comparison: Comparison, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return nanoseconds per run for each contestant, one value a round."""
    clock_ns = comparison.clock_ns
    repeats = {name: _repeats(run, clock_ns) for name, run in comparison.contestants.items()}

    def turn(name: str, run: Callable[[], object]) -> Callable[[], float]:
        return lambda: _turn_ns(run, repeats[name], clock_ns) / repeats[name]

    return interleave(
        {name: turn(name, run) for name, run in comparison.contestants.items()}, rounds
    )


def interleave(turns: Mapping[str, Callable[[], _Result]], rounds: int) -> dict[str, list[_Result]]:
    """Return what the turns of each contestant gave, one turn a round."""
    results: dict[str, list[_Result]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            results[name].append(turn())
    return results


def render(title: str, times: Mapping[str, list[float]]) -> Iterator[str]:
    """Hand out the lines of a table: medians, and our time as a multiple of each peer's."""
    yield f"{title:<46}{'median':>10}   ours/peer: min  median     max"
    (name, ours), *peers = times.items()
    yield f"  {name:<44}{duration(median(ours)):>10}"
    for name, peer in peers:
        ratios = [mine / theirs for mine, theirs in zip(ours, peer, strict=True)]
        spread = f"{min(ratios):14.2f}{median(ratios):8.2f}{max(ratios):8.2f}"
        yield f"  {name:<44}{duration(median(peer)):>10}   {spread}"


def duration(ns: float) -> str:
    """Return nanoseconds with three digits and a unit."""
    unit, size = next((unit for unit in _UNITS if ns >= unit[1]), _UNITS[-1])
    return f"{ns / size:.3g} {unit}"


def _repeats(run: Callable[[], object], clock_ns: Callable[[], int]) -> int:
    """Find how many runs fill a turn; warms up, too."""
    count = 1
    while _turn_ns(run, count, clock_ns) < _TURN_NS:
        count *= 2
    return count


def _turn_ns(run: Callable[[], object], count: int, clock_ns: Callable[[], int]) -> int:
    start_ns = clock_ns()
    for _ in repeat(None, count):
        run()
    return clock_ns() - start_ns
