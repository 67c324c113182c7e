"""Faults on demand: which calls fail, how often, and how late.

One rule per line, `KIND [path=…] [offset=…] [length=…] [errno=EIO] [count=N] [delay_ms=N]`; the
command `clear` removes them all and releases delayed calls at once. The volume's `inject/control`
accepts them (kinds are the names of its calls), and so does the image server of the lab, whose
kinds are `read`, `write` and `fsync` and whose offsets are bytes of the image. Quoting is that of
the log (`logs.logfmt`).
"""

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from vexfsctl.driver.requests import CALL_NAMES
from vexfsctl.exceptions import ValueRefused
from vexfsctl.logs.logfmt import format_pairs, parse_pairs
from vexfsctl.model.clock import Clock
from vexfsctl.model.errnos import MAX_ERRNO, errno_name, errno_number
from vexfsctl.sysfs.values import parse_number

_CLEAR = "clear"
_MAX_NUMBER = 2**63 - 1
_MAX_DELAY_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule by which calls of one kind fail, are late, or both."""

    kind: str
    """Name of the call: `read`, `fsync`, `statfs`."""
    path: str | None = None
    """Relative to the root of the volume, as os.fsdecode spells it; None: any path."""
    offset: int | None = None
    """Bytes; None: from the start."""
    length: int | None = None
    """Bytes; None: to the end."""
    errno: int | None = None
    """Positive; None: the call is late, but succeeds."""
    count: int | None = None
    """How many calls it affects; None: all, until it is cleared."""
    delay_ms: int = 0
    """How long a call waits before it fails or continues."""

    def __str__(self) -> str:
        """Write the rule as `parse_fault` reads it."""
        pairs = {
            "path": self.path,
            "offset": self.offset,
            "length": self.length,
            "errno": None if self.errno is None else errno_name(self.errno),
            "count": self.count,
            "delay_ms": self.delay_ms or None,
        }
        words = format_pairs((key, str(value)) for key, value in pairs.items() if value is not None)
        return f"{self.kind} {words}".rstrip()

    def meets(self, kind: str, path: str | None, offset: int | None, length: int | None) -> bool:
        """Whether it affects a call of *kind* on *path* and the *length* bytes at *offset*.

        A call without a range (fsync) matches every range; a length of None reaches to the end.
        """
        if kind != self.kind or self.path not in (None, path):
            return False
        if offset is None:
            return True
        start, end = self.offset or 0, _end(self.offset or 0, self.length)
        return offset < end and start < _end(offset, length)


def parse_fault(text: str) -> Fault:
    """Parse one rule; raise ValueRefused (EINVAL, or ERANGE for a number out of range)."""
    kind, _, rest = text.strip().partition(" ")
    if kind not in CALL_NAMES:
        raise ValueRefused(f"not a call: {kind!r}", hint=f"one of {', '.join(sorted(CALL_NAMES))}")
    try:
        # A path is bytes, in Python's own spelling of those that are not UTF-8 (os.fsdecode).
        pairs = parse_pairs(rest.strip(), stray="surrogateescape")
    except ValueError as cause:
        raise ValueRefused(str(cause)) from cause
    given = dict(pairs)
    if len(given) < len(pairs):
        raise ValueRefused("the same key twice")
    values = {name: parse(given.pop(name)) for name, parse in _FIELDS.items() if name in given}
    if given:
        raise ValueRefused(f"no such key: {next(iter(given))!r}", hint=f"{', '.join(_FIELDS)}")
    if "errno" not in values and "delay_ms" not in values:
        values["errno"] = errno.EIO
    return Fault(kind, **values)  # type: ignore[arg-type]


class FaultSet:
    """The active faults. Some threads run into them while others set and clear them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._left: dict[Fault, int | None] = {}
        self._clearings = 0

    def __bool__(self) -> bool:
        """Whether any fault is active; takes no lock."""
        return bool(self._left)

    def command(self, text: str) -> None:
        """Execute one line: `clear`, or a rule to add; raises ValueRefused with nothing changed.

        A rule that is active already restarts its count.
        """
        if text.strip() == _CLEAR:
            self._clear()
            return
        fault = parse_fault(text)
        with self._changed:
            self._left = {**self._left, fault: fault.count}

    def active(self) -> str:
        """Return the active faults, one settable line each, with their remaining counts."""
        with self._changed:
            lines = [str(replace(fault, count=left)) for fault, left in self._left.items()]
        return "".join(f"{line}\n" for line in lines)

    def meet(
        self,
        kind: str,
        path: str | None = None,
        offset: int | None = None,
        length: int | None = None,
    ) -> None:
        """Wait and raise OSError as the first matching fault says; do nothing if none matches.

        If the faults are cleared during the wait, the call continues as if there had been none.
        """
        if not self._left:
            return
        with self._changed:
            fault = self._take(kind, path, offset, length)
            if fault is None:
                return
            if fault.delay_ms and self._cleared_within(fault.delay_ms):
                return
        if fault.errno is not None:
            raise OSError(fault.errno, os.strerror(fault.errno))

    def _take(
        self, kind: str, path: str | None, offset: int | None, length: int | None
    ) -> Fault | None:
        for fault, left in self._left.items():
            if fault.meets(kind, path, offset, length):
                remaining = {**self._left, fault: None if left is None else left - 1}
                self._left = {rule: count for rule, count in remaining.items() if count != 0}
                return fault
        return None

    def _cleared_within(self, delay_ms: int) -> bool:
        clearings = self._clearings
        end_ns = self._clock.now_ns() + delay_ms * 1_000_000
        while (left_ns := end_ns - self._clock.now_ns()) > 0:
            self._changed.wait(left_ns / 1e9)
            if self._clearings != clearings:
                return True
        return False

    def _clear(self) -> None:
        with self._changed:
            self._left = {}
            self._clearings += 1
            self._changed.notify_all()


def _end(offset: int, length: int | None) -> int:
    return _MAX_NUMBER if length is None else offset + length


def _parse_path(text: str) -> str:
    path = text.strip("/")
    if not path:
        raise ValueRefused("no path", hint="relative to the root of the volume")
    return path


def _parse_errno(text: str) -> int:
    try:
        number = errno_number(text)
    except ValueError as cause:
        raise ValueRefused(str(cause)) from cause
    if number > MAX_ERRNO:
        raise ValueRefused(f"no application can get errno {number}", errno=errno.ERANGE)
    return number


_FIELDS: dict[str, Callable[[str], int | str]] = {
    "path": _parse_path,
    "offset": partial(parse_number, low=0, high=_MAX_NUMBER),
    "length": partial(parse_number, low=1, high=_MAX_NUMBER),
    "errno": _parse_errno,
    "count": partial(parse_number, low=1, high=1_000_000_000),
    "delay_ms": partial(parse_number, low=1, high=_MAX_DELAY_MS),
}
