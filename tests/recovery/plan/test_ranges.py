from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.recovery.plan.ranges import describe, fit, join, pieces, sample, total
from vexfsctl.recovery.plan.steps import ByteRange

DEVICE = 1 << 14
some_ranges = st.lists(
    st.builds(ByteRange, st.integers(0, 2 * DEVICE), st.integers(0, DEVICE)), max_size=8
)
block_sizes = st.sampled_from([512, 1024, 4096])


def bytes_of(ranges: tuple[ByteRange, ...] | list[ByteRange]) -> set[int]:
    """Every byte of *ranges*."""
    return {byte for each in ranges for byte in range(each.offset, each.end)}


def is_tidy(ranges: tuple[ByteRange, ...]) -> bool:
    """Whether they are in order with something between each two."""
    return all(one.end < two.offset for one, two in pairwise(ranges))


@given(some_ranges, block_sizes, st.integers(0, DEVICE // 512))
def test_ranges_are_made_to_fit(
    ranges: list[ByteRange], block_size: int, device_sectors: int
) -> None:
    """Exactly the blocks that are touched and that the device has whole."""
    size = device_sectors * 512
    touched = {
        block
        for block in range(size // block_size)
        for each in ranges
        if each.offset < (block + 1) * block_size and block * block_size < each.end and each.length
    }

    fitting = fit(ranges, block_size, size)

    assert is_tidy(fitting)
    assert {byte // block_size for byte in bytes_of(fitting)} == touched
    assert all(each.offset % block_size == each.length % block_size == 0 for each in fitting)


@given(some_ranges)
def test_joining_keeps_every_byte(ranges: list[ByteRange]) -> None:
    """Nothing is gained or lost, and nothing comes twice."""
    kept = [each for each in ranges if each.length]

    joined = join(kept)

    assert is_tidy(joined)
    assert bytes_of(joined) == bytes_of(kept)
    assert total(joined) == len(bytes_of(kept))


@given(some_ranges, block_sizes)
def test_pieces_are_the_ranges_cut(ranges: list[ByteRange], length: int) -> None:
    """In the same order, none longer than asked for."""
    cut = list(pieces(ranges, length))

    assert [byte for each in cut for byte in range(each.offset, each.end)] == [
        byte for each in ranges for byte in range(each.offset, each.end)
    ]
    assert all(0 < each.length <= length for each in cut)


@given(st.integers(1, 1 << 32), block_sizes)
def test_a_sample_is_spread_over_the_device(sectors: int, block_size: int) -> None:
    """At most 64 places, whole blocks within it, and the first and the last are among them."""
    size = sectors * 512
    places = sample(size, block_size)

    blocks = size // block_size
    assert len(places) <= 64
    assert all(each.offset % block_size == each.length % block_size == 0 for each in places)
    assert not blocks or (places[0].offset, places[-1].end <= size) == (0, True)
    assert not blocks or size - places[-1].end < 4096 + block_size
    assert places == sample(size, block_size)


def test_a_sample_of_a_large_device() -> None:
    """64 places of 4 KiB, the gaps between them alike within a block."""
    places = sample(1 << 40, 512)

    gaps = {two.offset - one.offset for one, two in pairwise(places)}
    assert len(places) == 64
    assert {each.length for each in places} == {4096}
    assert max(gaps) - min(gaps) <= 4096


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ([ByteRange(1048576, 4096)], "4KiB at sector 2048"),
        (
            [ByteRange(0, 512), ByteRange(1024, 1024)],
            "512B at sector 0, 1KiB at sector 2",
        ),
        (
            [ByteRange(4096 * at, 512) for at in range(5)],
            "512B at sector 0, 512B at sector 8, 512B at sector 16 and 2 more",
        ),
    ],
)
def test_ranges_in_words(ranges: list[ByteRange], words: str) -> None:
    """A few are named one by one, of many the first and how many more."""
    assert describe(ranges) == words
