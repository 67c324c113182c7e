"""What a recovery works on: the failing ranges of a device, and one look at all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vexfsctl.devices.disks import SECTOR_BYTES
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.units import format_size
from vexfsctl.recovery.device.medium import Answer, Medium
from vexfsctl.recovery.plan.ranges import describe, pieces, total
from vexfsctl.recovery.plan.steps import ByteRange

SLOW_US = 1_000_000
"""A longer read counts as slow: a healthy disk does not need a second for 1 MiB."""
PIECE_BYTES = 1 << 20
_LISTED = 20
"""How many ranges are named in words; programs get all."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and the total."""


@dataclass(frozen=True, slots=True)
class Look:
    """One reading of all ranges, up to the first piece that could not be read."""

    answer: Answer
    """How reading the last piece ended."""
    place: ByteRange
    """That piece."""
    latency_us: int
    """Total time of all pieces."""
    slowest_us: int
    """Time of the slowest piece."""

    @property
    def words(self) -> str:
        """How it ended: `EIO (Input/output error) at sector 2048, in 2.5 ms`."""
        took = f"in {self.latency_us / 1e3:.1f} ms"
        if self.slow:
            took += f" (slow: {self.slowest_us / 1e6:.1f} s for one request)"
        if self.answer.ok:
            return f"read {took}"
        where = f"sector {self.place.offset // SECTOR_BYTES}"
        if not self.answer.answered:
            return f"{self.answer.words} at {where}, left behind"
        return f"{self.answer.words} at {where}, {took}"

    @property
    def slow(self) -> bool:
        """Whether a piece took longer than a healthy device needs."""
        return self.slowest_us > SLOW_US

    @property
    def details(self) -> dict[str, Any]:
        """The same for programs."""
        failure = self.answer.errno
        return {
            "readable": self.answer.ok,
            "answered": self.answer.answered,
            "errno": None if failure is None else errno_name(failure),
            "failing": None if self.answer.ok else range_details(self.place),
            "latency_us": self.latency_us,
            "slow": self.slow,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """The failing ranges of a device."""

    medium: Medium
    ranges: tuple[ByteRange, ...]
    """Whole blocks, sorted, never empty."""
    sampled: bool
    """Whether the failing range is not known, and *ranges* are places all over the device."""
    progress: Progress

    @property
    def block_size(self) -> int:
        """Bytes; the smallest amount that can be read."""
        return self.medium.device.logical_block_size

    @property
    def words(self) -> str:
        """What is read: `4KiB at sector 2048 of /dev/sda`."""
        device = self.medium.device.path
        if self.sampled:
            return f"a sample of {device} ({len(self.ranges)} places)"
        return f"{describe(self.ranges)} of {device}"

    @property
    def details(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "device": str(self.medium.device.path),
            "sampled": self.sampled,
            "ranges": [range_details(each) for each in self.ranges],
        }

    def look(self, what: str, *, cached: bool = False) -> Look:
        """Read all ranges from the medium, or through the cache; *what* is shown as progress."""
        whole, done, latency_us, slowest_us = total(self.ranges), 0, 0, 0
        for place in pieces(self.ranges, PIECE_BYTES):
            self.progress(what, done, whole)
            answer = self.medium.read(place, cached=cached)
            latency_us += answer.latency_us
            slowest_us = max(slowest_us, answer.latency_us)
            done += place.length
            if not answer.ok:
                break
        self.progress(what, done, whole)
        return Look(answer, place, latency_us, slowest_us)


def range_details(each: ByteRange) -> Mapping[str, int]:
    """A range for programs: bytes, and the kernel's sectors of 512."""
    return {
        "offset": each.offset,
        "length": each.length,
        "sector": each.offset // SECTOR_BYTES,
        "sectors": each.length // SECTOR_BYTES,
    }


def list_ranges(words: str, ranges: Sequence[ByteRange]) -> Iterator[str]:
    """Yield a line for each of *ranges*, in sectors of 512 bytes as in the kernel log."""
    for each in ranges[:_LISTED]:
        sector, count = each.offset // SECTOR_BYTES, each.length // SECTOR_BYTES
        sectors = f"sector {sector}" if count == 1 else f"sectors {sector} to {sector + count - 1}"
        yield f"{words}: {sectors} ({format_size(each.length)})"
    if len(ranges) > _LISTED:
        yield f"{words}: {len(ranges) - _LISTED} more ranges"
