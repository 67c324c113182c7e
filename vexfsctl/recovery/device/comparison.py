"""Compare two devices block by block, by digests of what both could read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from vexfsctl.recovery.plan.ranges import join
from vexfsctl.recovery.plan.steps import ByteRange


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a device and its fallback compare in the same places; results of parts can be added."""

    compared: int = 0
    """Blocks that can be read from both."""
    differing: int = 0
    """How many of these differ."""
    first_difference: int | None = None
    """Offset of the first that differs."""
    servable: tuple[ByteRange, ...] = ()
    """What can be read only from the fallback."""
    lost: tuple[ByteRange, ...] = ()
    """What can be read from neither."""

    def __add__(self, other: "Comparison") -> "Comparison":
        """The comparison of both parts; *other* comes after this one."""
        first = self.first_difference
        return Comparison(
            self.compared + other.compared,
            self.differing + other.differing,
            other.first_difference if first is None else first,
            join((*self.servable, *other.servable)),
            join((*self.lost, *other.lost)),
        )


def compare(
    part: ByteRange, block_size: int, own: Mapping[int, bytes], fallback: Mapping[int, bytes]
) -> Comparison:
    """Compare the blocks of *part*; the mappings have a digest for each readable offset."""
    offsets = range(part.offset, part.end, block_size)
    both = [offset for offset in offsets if offset in own and offset in fallback]
    differing = [offset for offset in both if own[offset] != fallback[offset]]
    unreadable = [offset for offset in offsets if offset not in own]
    return Comparison(
        compared=len(both),
        differing=len(differing),
        first_difference=differing[0] if differing else None,
        servable=join(ByteRange(each, block_size) for each in unreadable if each in fallback),
        lost=join(ByteRange(each, block_size) for each in unreadable if each not in fallback),
    )
