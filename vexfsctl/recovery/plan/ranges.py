"""Runs of bytes of a device: aligned to its blocks, joined, cut up, and sampled. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from vexfsctl.devices.disks import SECTOR_BYTES
from vexfsctl.model.units import format_size
from vexfsctl.recovery.plan.steps import ByteRange

SAMPLE_PLACES = 64
_SAMPLE_BYTES = 4096
_NAMED = 3
"""How many are named in a sentence; programs get all."""


def fit(ranges: Iterable[ByteRange], block_size: int, device_size: int) -> tuple[ByteRange, ...]:
    """The whole blocks that *ranges* touch, sorted, joined, and cut at the end of the device."""
    end_of_device = device_size - device_size % block_size
    grown = (
        (
            each.offset - each.offset % block_size,
            min(-(-each.end // block_size) * block_size, end_of_device),
        )
        for each in ranges
        if each.length > 0
    )
    return join(ByteRange(start, end - start) for start, end in grown if start < end)


def join(ranges: Iterable[ByteRange]) -> tuple[ByteRange, ...]:
    """*ranges* sorted, with those that touch or overlap joined."""
    joined: list[ByteRange] = []
    for each in sorted(ranges, key=lambda each: each.offset):
        if joined and each.offset <= joined[-1].end:
            start = joined[-1].offset
            joined[-1] = ByteRange(start, max(joined[-1].end, each.end) - start)
        else:
            joined.append(each)
    return tuple(joined)


def pieces(ranges: Iterable[ByteRange], length: int) -> Iterator[ByteRange]:
    """*ranges* in their order, in pieces of at most *length* bytes."""
    for each in ranges:
        for offset in range(each.offset, each.end, length):
            yield ByteRange(offset, min(length, each.end - offset))


def sample(device_size: int, block_size: int, places: int = SAMPLE_PLACES) -> tuple[ByteRange, ...]:
    """Where to look at a device whose failing range is not known: always the same places.

    *places* of 4 KiB (one block if blocks are larger): the first, the last, and evenly between;
    all of a device that is smaller than that.
    """
    length = max(_SAMPLE_BYTES, block_size)
    last = device_size // length - 1
    if last < places:
        return fit([ByteRange(0, device_size)], block_size, device_size)
    return tuple(
        ByteRange(place * last // (places - 1) * length, length) for place in range(places)
    )


def total(ranges: Iterable[ByteRange]) -> int:
    """Bytes in *ranges*."""
    return sum(each.length for each in ranges)


def describe(ranges: Sequence[ByteRange]) -> str:
    """`4KiB at sector 2048`, in the kernel's sectors; of many ranges, the first few."""
    named = [
        f"{format_size(each.length)} at sector {each.offset // SECTOR_BYTES}"
        for each in ranges[:_NAMED]
    ]
    more = len(ranges) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
