"""Processes that all hammer one shared breaker at once."""

import os
import struct
from pathlib import Path
from typing import NamedTuple

from tests.resilience.shared.breakers import fail, start_child
from vexfsctl.resilience import CircuitBreaker
from vexfsctl.resilience.shared.file import peek


class Count(NamedTuple):
    """What the file has afterwards, and what the processes say that they could not record."""

    recorded: int
    unrecorded: int
    trips: int


def hammer(path: Path, processes: int, *, failures_each: int, limit: int) -> Count:
    """Have *processes* begin at once, each with so many calls that fail."""
    breaker = CircuitBreaker(shared=path, failures=limit, within=3600, open_for=3600)
    start, starting = os.pipe()
    results, resulting = os.pipe()

    def work() -> None:
        os.close(starting)
        os.read(start, 1)
        fail(breaker, failures_each)
        os.write(resulting, struct.pack("=Q", breaker.stats().unrecorded))

    children = [start_child(work) for _ in range(processes)]
    for descriptor in (start, starting, resulting):
        os.close(descriptor)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    unrecorded = sum(struct.unpack("=Q", os.read(results, 8))[0] for _ in children)
    os.close(results)
    peeked = peek(path)
    assert peeked is not None
    seen, _ = peeked
    return Count(seen.failures, unrecorded, seen.record.trips)
