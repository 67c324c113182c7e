"""Jobs with a figure to reach: what a command costs beyond its start-up, beside named peers.

A job is measured in rounds as everything here: the command on an empty log, each peer, the command
on half the log and on the whole. Whoever fails or takes too long in one round sits out the others.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from statistics import median

from bench.measure import duration, interleave
from bench.processes import Command, Cost, UnmeasuredError, run_once

HEADER = (
    f"{'job':<34}{'CPU':>9}{'wall':>9}{'+ s':>9}  {'peer':<13}{'CPU':>9}{'wall':>9}"
    f"{'figure':>9} {'to reach':<18}{'growth':>6}{'peak':>6}  misses"
)
"""The line above the rows: CPU and wall are without the start-up, which is `+ s`; peak is MiB."""
MAXIMUM_GROWTH = 2.1
"""Times the CPU time of half the log that the whole log may take."""
MAXIMUM_PEAK = 64 << 20
"""Bytes of memory that a process may have."""

_OURS, _IDLE, _HALF, _BESIDES = "whole log", "empty log", "half log", "besides"
_NO_COST = Cost(cpu_ns=0, wall_ns=0, peak_bytes=0, lines=0)


class Figure(Enum):
    """What a job is judged by; the value is its unit."""

    RATIO = "x peer"
    """CPU time as a multiple of the peer's."""
    LINE = "µs/line"
    """CPU time for each line of the log."""
    ROWS = "rows/s"
    """Lines printed in a second of CPU time."""


@dataclass(frozen=True, slots=True)
class Target:
    """The figure to reach."""

    figure: Figure
    bound: float

    def is_reached(self, value: float) -> bool:
        """Whether *value* is as good as that or better."""
        return value >= self.bound if self.figure is Figure.ROWS else value <= self.bound

    def __str__(self) -> str:
        """Write it as a table has it: `≤ 5 x peer`."""
        sign = "≥" if self.figure is Figure.ROWS else "≤"
        return f"{sign} {self.bound:g} {self.figure.value}"


@dataclass(frozen=True, slots=True)
class Job:
    """A command of ours on one log."""

    title: str
    target: Target
    ours: Command
    idle: Command
    """The same on an empty log: its start-up."""
    half: Command
    """The same on the first half of the log."""
    peers: Mapping[str, Command]
    """By name; the target is a multiple of the first."""
    besides: Command | None
    """A program whose CPU time ours may take on top, as its own start-up."""
    lines: int
    """Lines of the log."""


def rows_of(job: Job, rounds: int, limit_s: float) -> Iterator[str]:
    """Measure *job*, and yield its row and one for each further peer."""
    measured = _measure(job, rounds, limit_s)
    first, *others = job.peers or [""]
    yield f"{measured.own_cells()}  {measured.peer_cells(first)}{measured.verdict(first)}".rstrip()
    for name in others:
        yield f"{'':<63}{measured.peer_cells(name)}{_number(measured.figure(name), 9)}"


@dataclass(frozen=True, slots=True)
class _Measured:
    job: Job
    costs: Mapping[str, list[Cost]]
    """Of each contestant in each round; of those that ended well only."""
    reasons: Mapping[str, str]
    """Why the others did not."""

    def own_cells(self) -> str:
        cpu, wall = (_time(self.net_ns(part)) for part in (_cpu_ns, _wall_ns))
        return f"{self.job.title:<34}{cpu}{wall}{self.time(_IDLE, _cpu_ns)}"

    def peer_cells(self, name: str) -> str:
        times = [self.time(name, part) if name else "" for part in (_cpu_ns, _wall_ns)]
        return f"{name:<13}{times[0]:>9}{times[1]:>9}"

    def verdict(self, peer: str) -> str:
        figure, growth, peak = self.figure(peer), self.growth(), self.peak_bytes()
        misses = [
            *self.complaints(),
            *(["figure"] if figure and not self.job.target.is_reached(figure) else []),
            *(["growth"] if growth and growth > MAXIMUM_GROWTH else []),
            *(["peak"] if peak and peak > MAXIMUM_PEAK else []),
        ]
        mebibytes = None if peak is None else peak / (1 << 20)
        cells = f"{_number(figure, 9)} {self.job.target!s:<18}{_number(growth, 6)}"
        return f"{cells}{_number(mebibytes, 6)}  {', '.join(misses)}"

    def complaints(self) -> Iterator[str]:
        for reason in dict.fromkeys(self.reasons.values()):
            names = [name for name, known in self.reasons.items() if known == reason]
            yield f"{reason} ({', '.join(names)})"

    def figure(self, peer: str) -> float | None:
        """Return the median of the rounds' figures; None if something of it is not known."""
        net_ns, ours = self.net_ns(_cpu_ns, besides=True), self.costs.get(_OURS)
        if net_ns is None or ours is None:
            return None
        match self.job.target.figure:
            case Figure.RATIO:
                peers = self.costs.get(peer)
                pairs = None if peers is None else zip(net_ns, peers, strict=True)
                return None if pairs is None else median(ns / cost.cpu_ns for ns, cost in pairs)
            case Figure.LINE:
                return median(net_ns) / 1e3 / self.job.lines
            case Figure.ROWS:
                return ours[0].lines / (median(net_ns) / 1e9)

    def growth(self) -> float | None:
        ours, half = self.costs.get(_OURS), self.costs.get(_HALF)
        if ours is None or half is None:
            return None
        return median(mine.cpu_ns / less.cpu_ns for mine, less in zip(ours, half, strict=True))

    def peak_bytes(self) -> int | None:
        return max((cost.peak_bytes for cost in self.costs.get(_OURS, [])), default=None)

    def net_ns(self, part: Callable[[Cost], int], *, besides: bool = False) -> list[int] | None:
        """Return what each round took without the start-up, and without the program *besides*."""
        ours, idle = self.costs.get(_OURS), self.costs.get(_IDLE)
        others = self.costs.get(_BESIDES)
        if not besides or self.job.besides is None:
            others = [_NO_COST] * len(ours or [])
        if ours is None or idle is None or others is None:
            return None
        # What is quick takes less than nothing in some rounds.
        rounds = zip(ours, idle, others, strict=True)
        return [max(1, part(mine) - part(empty) - part(other)) for mine, empty, other in rounds]

    def time(self, name: str, part: Callable[[Cost], int]) -> str:
        costs = self.costs.get(name)
        return _time(None if costs is None else list(map(part, costs)))


def _measure(job: Job, rounds: int, limit_s: float) -> _Measured:
    commands = {_IDLE: job.idle, **job.peers, _HALF: job.half, _OURS: job.ours}
    if job.besides is not None:
        commands[_BESIDES] = job.besides
    reasons: dict[str, str] = {}

    def turn(name: str, command: Command) -> Callable[[], Cost | None]:
        def run() -> Cost | None:
            if name not in reasons:
                try:
                    return run_once(command, limit_s)
                except UnmeasuredError as cause:
                    reasons[name] = str(cause)
            return None

        return run

    results = interleave({name: turn(name, run) for name, run in commands.items()}, rounds)
    costs = {
        name: [cost for cost in turns if cost is not None]
        for name, turns in results.items()
        if name not in reasons
    }
    return _Measured(job, costs, reasons)


def _cpu_ns(cost: Cost) -> int:
    return cost.cpu_ns


def _wall_ns(cost: Cost) -> int:
    return cost.wall_ns


def _time(times_ns: list[int] | None) -> str:
    return f"{'-' if times_ns is None else duration(median(times_ns)):>9}"


def _number(value: float | None, width: int) -> str:
    if value is None:
        return f"{'-':>{width}}"
    return f"{value:>{width}.0f}" if abs(value) >= 100 else f"{value:>{width}.3g}"
