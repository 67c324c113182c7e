"""Processes that are killed, with SIGKILL, at a chosen instruction of what touches the file."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import vexfsctl.resilience.shared.file
from tests.resilience.shared.breakers import Bench, fail, in_child

_CODE = str(Path(vexfsctl.resilience.shared.file.__file__).parent)


def _begin(bench: Bench) -> None:
    """Make the file."""
    fail(bench.breaker())


def _trip(bench: Bench) -> None:
    """Count failures until it opens."""
    fail(bench.breaker(), 3)


def _try(bench: Bench) -> None:
    """Make the call that closes it."""
    breaker = bench.breaker()
    breaker.trip(for_=1)
    bench.clock.advance(1)
    breaker.call(len, "")


def _set_aside(bench: Bench) -> None:
    """Find a file torn."""
    fail(bench.breaker())


SCENARIOS: dict[str, Callable[[Bench], None]] = {
    "begin": _begin,
    "trip": _trip,
    "try": _try,
    "set aside": _set_aside,
}


def kill_at_each(directory: Path, scenario: str, *, step: int = 1) -> int:
    """Do it again and again, killed at the next instruction but *step*; return how often.

    AssertionError where a file is left torn or locked, or a breaker in a state it cannot be in.
    """
    number = 0
    while True:
        bench = Bench(directory / f"{scenario}-{number}")
        if scenario == "set aside":
            bench.path.write_bytes(b"torn" * 100)
            bench.path.chmod(0o600)
        elif scenario != "begin":
            bench.breaker()
        ended = in_child(lambda: _killed(number, SCENARIOS[scenario], bench))  # noqa: B023
        _check(bench)
        if ended == 0:
            return number // step
        assert ended == -signal.SIGKILL
        number += step


def _check(bench: Bench) -> None:
    bench.clock.advance(2)
    torn = [text for text in bench.said if "is no breaker file" not in text]
    after = bench.breaker()
    assert after.state in ("closed", "open", "half_open")
    assert after.status().trips <= 1
    if after.state != "open":
        assert after.call(len, "") == 0
        after.reset()
        fail(after, 3)
    assert (after.state, after.stats().unrecorded, torn) == ("open", 0, [])


def _killed(number: int, work: Callable[[Bench], None], bench: Bench) -> None:
    left = number

    def step(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if event == "opcode":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return step

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_CODE):
            return None
        frame.f_trace_opcodes = True
        return step

    sys.settrace(enter)
    work(bench)
    sys.settrace(None)
