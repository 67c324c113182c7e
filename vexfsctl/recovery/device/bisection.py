"""Find exactly the bad blocks of a range by halving what cannot be read. Pure.

A failed read says only that something in the range is bad. Both halves are always read, even if
the first one is good: an intermittent fault must not be blamed on a good block.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.recovery.plan.ranges import join, total
from vexfsctl.recovery.plan.steps import ByteRange


class Reading(StrEnum):
    """How the read of a range ended, as far as it matters for halving."""

    OK = "ok"
    BAD = "bad"
    UNANSWERED = "unanswered"
    """It did not end by its deadline: never halved, as each half may leave a process stuck."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: a completely dead device must not take forever."""

    reads: int = 4096
    """Enough for 2048 bad blocks side by side, or about 200 that are scattered over 1 GiB."""
    unanswered: int = 3


@dataclass(frozen=True, slots=True)
class BadBlocks:
    """The result of halving."""

    bad: tuple[ByteRange, ...]
    """Exactly the blocks that cannot be read, adjacent ones joined."""
    unanswered: tuple[ByteRange, ...]
    """Ranges whose read did not end."""
    unexamined: tuple[ByteRange, ...]
    """Ranges that it did not reach before its limits."""
    reads: int

    @property
    def complete(self) -> bool:
        """Whether every block is known to be good or bad."""
        return not self.unanswered and not self.unexamined


def find_bad_blocks(
    read: Callable[[ByteRange], Reading],
    ranges: Sequence[ByteRange],
    block_size: int,
    *,
    limits: Limits = Limits(),
    exhausted: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> BadBlocks:
    """Halve *ranges* (whole blocks) with *read* until their bad blocks are known.

    It ends early at its *limits*, and as soon as *exhausted* says so. *progress* is called with
    the number of bytes settled and the total.
    """
    bad: list[ByteRange] = []
    unanswered: list[ByteRange] = []
    waiting = list(reversed(ranges))
    reads, settled, whole = 0, 0, total(ranges)
    while waiting and not exhausted():
        if reads >= limits.reads or len(unanswered) >= limits.unanswered:
            break
        part = waiting.pop()
        reading = read(part)
        reads += 1
        if reading is Reading.BAD and part.length > block_size:
            waiting += reversed(_halves(part, block_size))
            continue
        if reading is not Reading.OK:
            (bad if reading is Reading.BAD else unanswered).append(part)
        settled += part.length
        progress(settled, whole)
    return BadBlocks(join(bad), join(unanswered), join(waiting), reads)


def _halves(part: ByteRange, block_size: int) -> tuple[ByteRange, ByteRange]:
    blocks = part.length // block_size
    first = blocks // 2 * block_size
    return ByteRange(part.offset, first), ByteRange(part.offset + first, part.length - first)
