"""Guarded calls of foreign functions over bare ones of ctypes.

The function adds two integers, so that nothing but the way there and back is measured.
"""

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import run
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any

from bench.floor import Bound, Call, OverFloor, call_repeatedly
from bench.measure import duration, interleave
from vexfsctl.guard.ffi import Boundary

_SOURCE = "int add(int a, int b) { return a + b; }"
_BOUND = "guarded once, then called"
_DEADLINE_US = 60
_ROUNDS, _CALLS = 60, 100


def comparisons() -> Iterator["OverFloor | Worker"]:
    """Hand out what there is to measure."""
    boundary = Boundary()
    add, untyped, fallen_back = _add(typed=True), _add(typed=False), _add(typed=True)
    yield OverFloor(
        "ffi: a call that goes well, without a deadline",
        "ffi",
        contestants={
            "bare call, types declared (the floor)": partial(add, 1, 2),
            _BOUND: partial(boundary()(add), 1, 2),
            "with a fallback": partial(boundary(fallback=0)(fallen_back), 1, 2),
            "safe_ffi_call(add, 1, 2)": partial(boundary, add, 1, 2),
        },
        bounds={_BOUND: (Bound(12),)},
    )
    yield OverFloor(
        "ffi: the same, no types declared",
        "ffi",
        contestants={
            "bare call (the floor)": partial(untyped, 1, 2),
            _BOUND: partial(boundary()(untyped), 1, 2),
            "safe_ffi_call(add, 1, 2)": partial(boundary, untyped, 1, 2),
        },
    )
    yield Worker(partial(add, 1, 2), partial(boundary(deadline=60.0)(add), 1, 2))


@dataclass(frozen=True, slots=True)
class Worker:
    """What a deadline adds: time passed, since two threads take part."""

    bare: Call
    guarded: Call

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table."""
        yield f"{'ffi: a call with a deadline, time passed':<58}{'least':>9}{'median':>9}  to reach"
        turns: dict[str, Callable[[], float]] = {
            name: partial(_turn_ns, call)
            for name, call in (("bare call", self.bare), ("in a worker", self.guarded))
        }
        times = interleave(turns, _ROUNDS)
        for name, each in times.items():
            yield f"  {name:<56}{duration(min(each)):>9}{duration(median(each)):>9}"
        # What other processes take from the two threads is left out with the slower turns.
        more_us = (min(times["in a worker"]) - min(times["bare call"])) / 1_000
        verdict = "reached" if more_us <= _DEADLINE_US else "MISSED"
        more = f"{more_us:.1f} µs  ≤ {_DEADLINE_US} µs: {verdict}"
        yield f"  {'more, least over least':<65}{more}"


def _turn_ns(call: Call) -> float:
    start_ns = perf_counter_ns()
    call_repeatedly(call, _CALLS)
    return (perf_counter_ns() - start_ns) / _CALLS


def _add(*, typed: bool) -> Any:
    """Return the function, of a library that stays loaded when its file is gone."""
    with TemporaryDirectory(prefix="vexfs-bench-") as directory:
        file = Path(directory, "libadd.so")
        command = ("cc", "-shared", "-fPIC", "-O2", "-xc", "-o", str(file), "-")
        run(command, input=_SOURCE, text=True, check=True)
        add = ctypes.CDLL(str(file)).add
    if typed:
        add.argtypes = [ctypes.c_int, ctypes.c_int]
    return add
