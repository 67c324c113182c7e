from collections.abc import Set

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.recovery.device.bisection import BadBlocks, Limits, Reading, find_bad_blocks
from vexfsctl.recovery.plan.ranges import fit, join
from vexfsctl.recovery.plan.steps import ByteRange

BLOCK = 512
BLOCKS = 96

blocks = st.sets(st.integers(0, BLOCKS - 1))
ranges = st.lists(
    st.builds(ByteRange, st.integers(0, BLOCKS * BLOCK), st.integers(1, BLOCKS * BLOCK)),
    min_size=1,
    max_size=4,
)


class Disk:
    """A disk that has bad blocks, and others whose read never ends; counts the reads."""

    def __init__(self, bad: Set[int], silent: Set[int] = frozenset()) -> None:
        self.bad, self.silent = bad, silent
        self.reads: list[ByteRange] = []

    def read(self, place: ByteRange) -> Reading:
        """Fail where *place* holds a bad block, as a device does: without saying which."""
        assert place.length > 0
        assert place.offset % BLOCK == place.length % BLOCK == 0
        self.reads.append(place)
        touched = set(range(place.offset // BLOCK, place.end // BLOCK))
        if self.silent & touched:
            return Reading.UNANSWERED
        return Reading.BAD if self.bad & touched else Reading.OK


def blocks_of(extents: tuple[ByteRange, ...]) -> set[int]:
    """Numbers of all blocks in *extents*."""
    return {block for each in extents for block in range(each.offset // BLOCK, each.end // BLOCK)}


@given(blocks, ranges)
def test_exactly_the_bad_blocks_are_found(bad: set[int], asked: list[ByteRange]) -> None:
    """Of the ranges asked about, whatever is bad and nothing else, neighbours joined."""
    within = fit(asked, BLOCK, BLOCKS * BLOCK)
    disk = Disk(bad)

    found = find_bad_blocks(disk.read, within, BLOCK)

    assert blocks_of(found.bad) == bad & blocks_of(within)
    assert found.bad == join(found.bad)
    assert (found.complete, found.reads) == (True, len(disk.reads))


@given(blocks)
def test_halving_reads_few_blocks_twice(bad: set[int]) -> None:
    """Each bad block costs two reads a level: no more than halving needs."""
    disk = Disk(bad)

    find_bad_blocks(disk.read, [ByteRange(0, BLOCKS * BLOCK)], BLOCK)

    levels = (BLOCKS - 1).bit_length()
    assert len(disk.reads) <= min(1 + 2 * levels * len(bad), 2 * BLOCKS - 1)


@given(blocks, blocks, st.integers(0, 40), st.integers(1, 4))
def test_limits_end_it_and_nothing_is_said_that_was_not_read(
    bad: set[int], silent: set[int], reads: int, unanswered: int
) -> None:
    """At its limits it stops; what is called bad is bad, and the rest is named as unexamined."""
    disk = Disk(bad, silent)
    whole = [ByteRange(0, BLOCKS * BLOCK)]

    found = find_bad_blocks(disk.read, whole, BLOCK, limits=Limits(reads, unanswered))

    assert found.reads == len(disk.reads) <= reads
    assert blocks_of(found.bad) <= bad
    known_good = set(range(BLOCKS)) - blocks_of(found.bad)
    known_good -= blocks_of(found.unanswered) | blocks_of(found.unexamined)
    assert not known_good & (bad | silent)


def test_a_read_that_never_ends_is_not_halved() -> None:
    """Each try would leave a process behind, so the range stands as it was asked about."""
    disk = Disk({1}, silent={70})

    found = find_bad_blocks(
        disk.read, [ByteRange(0, 4 * BLOCK), ByteRange(64 * BLOCK, 8192)], BLOCK
    )

    assert found == BadBlocks(
        bad=(ByteRange(BLOCK, BLOCK),),
        unanswered=(ByteRange(64 * BLOCK, 8192),),
        unexamined=(),
        reads=6,
    )


def test_it_ends_when_its_time_is_up() -> None:
    """What was not looked at by then is told."""
    disk = Disk({0})

    found = find_bad_blocks(
        disk.read, [ByteRange(0, 4 * BLOCK)], BLOCK, exhausted=lambda: len(disk.reads) == 2
    )

    assert found == BadBlocks((), (), (ByteRange(0, 4 * BLOCK),), 2)


@given(blocks)
def test_progress_ends_at_the_whole(bad: set[int]) -> None:
    """It never goes back, and ends where all is settled."""
    told: list[tuple[int, int]] = []

    find_bad_blocks(
        Disk(bad).read,
        [ByteRange(0, BLOCKS * BLOCK)],
        BLOCK,
        progress=lambda done, whole: told.append((done, whole)),
    )

    assert told == sorted(told)
    assert told[-1] == (BLOCKS * BLOCK, BLOCKS * BLOCK)
