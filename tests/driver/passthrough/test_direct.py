"""Which direct I/O is refused. That it is what the backing refuses is a scenario, `direct_io`."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.driver.passthrough.direct import PAGE, takes_direct
from vexfsctl.driver.system_calls import DirectLimits

LONGEST = 1 << 20
SIZE = 1 << 40
ALIGNMENTS = st.sampled_from([512, 1024, 4096])


def pieces(offset: int, length: int, address: int) -> Iterator[tuple[int, int]]:
    """The requests that the kernel makes of a call: each is about so many pages of memory."""
    while length:
        taken = min(length, LONGEST - address % PAGE)
        yield offset, taken
        offset, length, address = offset + taken, length - taken, address + taken


@given(ALIGNMENTS, st.sampled_from([1, 4, 512, 4096]), st.data())
def test_no_piece_of_a_call_that_the_disk_takes_is_refused(
    file: int, memory: int, data: st.DataObject
) -> None:
    """Wherever the buffer begins, as long as the disk takes it from there."""
    limits = DirectLimits(memory, file, SIZE, 4096)
    offset = data.draw(st.integers(0, 10_000)) * file
    length = data.draw(st.integers(1, 10_000)) * file
    address = data.draw(st.integers(0, 10_000)) * memory

    assert [
        piece
        for piece in pieces(offset, length, address)
        if not takes_direct(limits, *piece, reading=False, longest=LONGEST)
    ] == []


@given(ALIGNMENTS, st.sampled_from([1, 512]), st.data())
def test_what_the_disk_does_not_take_is_refused(
    file: int, memory: int, data: st.DataObject
) -> None:
    """A range that cannot be a piece must begin and end where the disk says."""
    limits = DirectLimits(memory, file, SIZE, 4096)
    offset = data.draw(st.integers(0, LONGEST - PAGE))
    length = data.draw(st.integers(1, LONGEST - PAGE))

    for reading in (True, False):
        taken = takes_direct(limits, offset, length, reading=reading, longest=LONGEST)
        assert taken is (offset % file == 0 and length % file == 0)


@pytest.mark.parametrize("range_", [(0, 1), (511, 513), (1 << 30, 7)])
def test_where_the_filesystem_says_nothing_all_is_taken(range_: tuple[int, int]) -> None:
    """tmpfs and btrfs have no limits to tell."""
    assert takes_direct(DirectLimits(0, 0, SIZE, 4096), *range_, reading=False, longest=LONGEST)
