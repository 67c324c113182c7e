"""Holds still what no two runs have in common: clocks, names of host and process, chance.

To be called before vexfsctl is imported, which may take a function out of its module for good.
"""

import datetime as datetimes
import os
import random
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NOW_NS = 1_787_306_400 * 1_000_000_000
"""2026-08-21 10:00 UTC."""
UPTIME_NS = 4_897 * 1_000_000_000
"""On every monotonic clock: a second after what tests/data/recording shows happened."""
BOOT = b"0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11"
"""In answers in place of the id of this boot."""
_WALL_CLOCKS = (time.CLOCK_REALTIME, time.CLOCK_TAI)
_CPU_CLOCKS = (time.CLOCK_PROCESS_CPUTIME_ID, time.CLOCK_THREAD_CPUTIME_ID)

_really_monotonic_ns = time.monotonic_ns
_really_gettime_ns = time.clock_gettime_ns
_real_datetime = datetimes.datetime
_started_ns: int | None = None


def hold_still() -> None:
    """Fix everything for the rest of this process."""
    uname = os.uname()
    for module, name, value in (
        *_clocks(),
        (datetimes, "datetime", _FixedDatetime),
        (os, "uname", lambda: os.uname_result((uname[0], "host1", *uname[2:]))),
        (os, "getpid", lambda: 4242),
        (os, "urandom", lambda size: bytes(size)),
        (socket, "gethostname", lambda: "host1"),
    ):
        setattr(module, name, value)
    random.seed(7)


def let_time_pass() -> None:
    """Let the monotonic clocks run from now on, for who waits for a time."""
    global _started_ns
    _started_ns = _really_monotonic_ns()


def scrub(answer: bytes) -> bytes:
    """Put what is always the same in place of the id of this boot and the name of a terminal."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    for separator in (b"-", b""):
        answer = answer.replace(boot.replace(b"-", separator), BOOT.replace(b"-", separator))
    return re.sub(rb"/dev/pts/\d+", b"/dev/pts/0", answer)


def _uptime_ns() -> int:
    return UPTIME_NS + (0 if _started_ns is None else _really_monotonic_ns() - _started_ns)


def _gettime_ns(clock: int) -> int:
    if clock in _CPU_CLOCKS:
        return _really_gettime_ns(clock)
    return NOW_NS if clock in _WALL_CLOCKS else _uptime_ns()


def _clocks() -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    yield time, "time_ns", lambda: NOW_NS
    yield time, "time", lambda: NOW_NS / 1e9
    yield time, "clock_gettime_ns", _gettime_ns
    yield time, "clock_gettime", lambda clock: _gettime_ns(clock) / 1e9
    for name in ("monotonic", "perf_counter"):
        yield time, f"{name}_ns", _uptime_ns
        yield time, name, lambda: _uptime_ns() / 1e9
    for name in ("localtime", "gmtime"):
        yield time, name, _at_fixed_time(getattr(time, name))


def _at_fixed_time(convert: Callable[[float], Any]) -> Callable[..., Any]:
    return lambda seconds=None: convert(NOW_NS / 1e9 if seconds is None else seconds)


class _AnyDatetime(type(_real_datetime)):  # type: ignore[misc]
    """Takes what the standard library made before for one of the fixed."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real_datetime)


class _FixedDatetime(_real_datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: datetimes.tzinfo | None = None) -> "_FixedDatetime":
        return cls.fromtimestamp(NOW_NS / 1e9, tz)

    @classmethod
    def utcnow(cls) -> "_FixedDatetime":
        return cls.now(datetimes.UTC).replace(tzinfo=None)
