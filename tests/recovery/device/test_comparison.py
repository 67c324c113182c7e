from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.recovery.device.comparison import Comparison, compare
from vexfsctl.recovery.plan.steps import ByteRange

BLOCK = 4096
COUNT = 24
contents = st.dictionaries(st.integers(0, COUNT - 1), st.sampled_from([b"a", b"b"]))


def by_offset(blocks: dict[int, bytes]) -> dict[int, bytes]:
    """The same with offsets for numbers."""
    return {number * BLOCK: digest for number, digest in blocks.items()}


def blocks_of(extents: tuple[ByteRange, ...]) -> list[int]:
    """Numbers of all blocks in *extents*."""
    return [block for each in extents for block in range(each.offset // BLOCK, each.end // BLOCK)]


@given(contents, contents)
def test_each_block_is_in_one_class(own: dict[int, bytes], other: dict[int, bytes]) -> None:
    """Compared where both can read it, servable where only the fallback can, else lost."""
    found = compare(ByteRange(0, COUNT * BLOCK), BLOCK, by_offset(own), by_offset(other))

    differing = sorted(block for block in own.keys() & other if own[block] != other[block])
    assert found.compared == len(own.keys() & other)
    assert found.differing == len(differing)
    assert found.first_difference == (differing[0] * BLOCK if differing else None)
    assert blocks_of(found.servable) == sorted(other.keys() - own)
    assert blocks_of(found.lost) == sorted(set(range(COUNT)) - own.keys() - other.keys())


@given(contents, contents, st.integers(1, COUNT - 1))
def test_parts_add_up_to_the_whole(
    own: dict[int, bytes], other: dict[int, bytes], cut: int
) -> None:
    """Comparing piece by piece comes to the same, wherever it is cut."""
    mine, theirs = by_offset(own), by_offset(other)
    whole = compare(ByteRange(0, COUNT * BLOCK), BLOCK, mine, theirs)
    first = compare(ByteRange(0, cut * BLOCK), BLOCK, mine, theirs)
    second = compare(ByteRange(cut * BLOCK, (COUNT - cut) * BLOCK), BLOCK, mine, theirs)

    assert Comparison() + first + second == whole
