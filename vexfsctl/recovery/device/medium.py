"""One device, accessed in child processes that are left behind if it does not answer.

Every open makes sure that it is the intended device (`devices.sectors`); after every failure /sys
is checked to see whether it still exists.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from vexfsctl.devices import sectors
from vexfsctl.devices.disks import BlockDevice, require_same
from vexfsctl.exceptions import DeviceVanished, FacilityUnavailable
from vexfsctl.model.clock import Clock
from vexfsctl.model.errnos import errno_name
from vexfsctl.recovery.device.bisection import Reading
from vexfsctl.recovery.plan.steps import ByteRange
from vexfsctl.system.access import access_hint
from vexfsctl.system.children import NO_ANSWER, run_in_children

_NOT_ALLOWED = (errno.EACCES, errno.EPERM)
_NO_DEVICE = (errno.ENXIO, errno.ENODEV, errno.ENOENT, errno.ENOMEDIUM)


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request to a device ended."""

    errno: int | None
    """What it failed with; None if it succeeded or did not end."""
    answered: bool
    """Whether it ended by its deadline."""
    latency_us: int
    """How long it took; the deadline if it did not end."""
    value: Any = None
    """Its result, if it succeeded."""

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.answered and self.errno is None

    @property
    def reading(self) -> Reading:
        """What it means for halving."""
        if not self.answered:
            return Reading.UNANSWERED
        return Reading.BAD if self.errno is not None else Reading.OK

    @property
    def words(self) -> str:
        """How it ended: `EIO (Input/output error)`."""
        if not self.answered:
            return f"no answer within {self.latency_us / 1e6:g} s"
        return "ok" if self.errno is None else describe_errno(self.errno)


class Medium:
    """Makes requests to *device*, each given up after *timeout_s* unless it says otherwise."""

    def __init__(self, device: BlockDevice, clock: Clock, timeout_s: float) -> None:
        self.device = device
        self.timeout_s = timeout_s
        self._clock = clock

    def read(
        self, place: ByteRange, *, cached: bool = False, digest_block: int | None = None
    ) -> Answer:
        """Read *place* (whole blocks) from the medium, or through the cache, which may hold it.

        The value is the concatenated digests of its blocks of *digest_block* bytes.
        """
        flags = 0 if cached else os.O_DIRECT
        return self.ask(partial(_read, place=place, digest_block=digest_block), flags=flags)

    def ask(
        self,
        request: Callable[[int], Any],
        *,
        flags: int = 0,
        timeout_s: float | None = None,
    ) -> Answer:
        """Give *request* a descriptor of the device, opened with *flags*, in a child.

        Its value must be something that marshal supports. Raises DeviceVanished if the device no
        longer exists, FacilityUnavailable if it may not be opened.
        """
        limit_s = self.timeout_s if timeout_s is None else timeout_s
        attempt = partial(_attempt, self.device, request, flags, self._clock)
        (told,) = run_in_children([attempt], limit_s)
        if told is NO_ANSWER:
            self.require_same()
            return Answer(None, answered=False, latency_us=round(limit_s * 1e6))
        failure, opening, latency_us, value = told
        if failure is not None:
            self._check(failure, opening)
        return Answer(failure, answered=True, latency_us=latency_us, value=value)

    def require_same(self) -> None:
        """Raise DeviceVanished unless the device exists and is still the same one."""
        require_same(self.device)

    def _check(self, failure: int, opening: bool) -> None:
        self.require_same()
        if failure == _REPLACED:
            raise DeviceVanished(f"{self.device.path} is not the same device as before")
        if opening and failure in _NOT_ALLOWED:
            raise FacilityUnavailable(
                f"{self.device.path} may not be opened: {os.strerror(failure)}",
                hint=access_hint(self.device.path, os.R_OK),
            )
        if opening and failure in _NO_DEVICE:
            raise DeviceVanished(f"{self.device.path} went away: {os.strerror(failure)}")


def describe_errno(number: int) -> str:
    """`EIO (Input/output error)`."""
    return f"{errno_name(number)} ({os.strerror(number)})"


_REPLACED = -1
"""Used in place of an errno if the node led to another device."""


def _attempt(
    device: BlockDevice, request: Callable[[int], Any], flags: int, clock: Clock
) -> tuple[int | None, bool, int, Any]:
    """Run in the child; return the errno, whether open failed, microseconds, and the value."""
    started_ns = clock.now_ns()
    opening = True
    failure, value = None, None
    try:
        with sectors.opened(device, flags) as descriptor:
            opening = False
            value = request(descriptor)
    except DeviceVanished:
        failure = _REPLACED
    except OSError as cause:
        failure = cause.errno or errno.EIO
    return failure, opening, (clock.now_ns() - started_ns) // 1000, value


def _read(descriptor: int, place: ByteRange, digest_block: int | None) -> bytes:
    """Read *place*, bypassing its cached pages."""
    sectors.forget_range(descriptor, place.offset, place.length)
    read = sectors.read_range(descriptor, place.offset, place.length, digest_block=digest_block)
    if read.errno is not None:
        raise OSError(read.errno, os.strerror(read.errno))
    return read.digests
