"""Which bytes of a device failed: from the kernel's lines beside an incident."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import STATE, Line, error, read_log
from vexfsctl.analysis.incident.incidents import build_incidents, find_occurrences
from vexfsctl.analysis.incident.numbered_calls import find_numbered_calls
from vexfsctl.recovery.plan.failing_ranges import clip_and_join, find_failing_ranges
from vexfsctl.recovery.plan.steps import ByteRange

SIZE = 1 << 30


def kernel(seconds: float, sector: int, device: str = "loop0", words: str = "I/O error") -> Line:
    """A line of the block layer about a read."""
    text = f"{words}, dev {device}, sector {sector} op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
    return seconds, text


def ranges(*lines: Line, starts: dict[str, int] | None = None) -> list[tuple[int, int]]:
    """Offset and length of what failed by *lines*, on loop0 unless *starts* says otherwise."""
    entries = read_log((1, STATE), *lines)
    incident = build_incidents(find_occurrences(entries))[-1]
    found = find_failing_ranges(incident, entries, starts or {"loop0": 0}, SIZE)
    return [(each.offset, each.length) for each in found]


def test_a_sector_is_where_the_request_began_and_the_record_says_how_long_it_was() -> None:
    """The record wanted 4096 bytes; two lines about the same sector are one range."""
    assert ranges(kernel(9.999, 2048), (10, error(0x2A)), kernel(10.001, 2048)) == [
        (2048 * 512, 4096)
    ]


def test_without_a_plausible_length_a_request_is_as_long_as_read_ahead() -> None:
    """A call without a length, and one that wanted a gigabyte."""
    without = error(0x2A).replace(" off=0 len=4096", "")
    huge = error(0x2A).replace("len=4096", "len=1073741824")

    assert ranges(kernel(10, 2048), (10, without)) == [(2048 * 512, 128 << 10)]
    assert ranges(kernel(10, 2048), (10, huge)) == [(2048 * 512, 128 << 10)]


def test_lines_of_other_devices_and_of_other_times_are_not_of_it() -> None:
    """Neither is one without a sector."""
    assert ranges(
        kernel(10, 8, device="sdb"),
        (10, error(0x2A)),
        kernel(10, 16),
        kernel(15, 2048),
        (10, "Buffer I/O error on dev loop0, logical block 768, lost async page write"),
    ) == [(16 * 512, 4096)]


def test_what_a_number_counts_must_be_known() -> None:
    """A line that no form knows is not acted upon."""
    lines = ((10, error(0x2A)), (10, "loop0: bogus block at sector 2048"))

    assert ranges(*lines) == []
    assert ranges(*lines, kernel(10, 16)) == [(16 * 512, 4096)]


def test_a_partition_is_found_under_the_name_of_its_disk() -> None:
    """The kernel counts from the start of the disk; what lies before the partition is not its."""
    lines = (kernel(10, 4096, device="sda"), kernel(10, 2, device="sda"), (10, error(0x2A)))

    assert ranges(*lines, starts={"sda": 2048 * 512, "sda1": 0}) == [(2048 * 512, 4096)]


def test_a_sector_of_a_member_is_not_one_of_its_array() -> None:
    """It is where the line says; what the array has mended does not fail."""
    failed = (10.0, "md/raid:md0: read error not correctable (sector 4096 on sdb1).")
    mended = (10.0, "md/raid:md0: read error corrected (8 sectors at 8192 on sdb1)")
    array = (10.0, "md/raid1:md0: sdb1: rescheduling sector 2048")
    lines = (failed, mended, array, (10.0, error(0x2A)))

    assert ranges(*lines, starts={"md0": 0}) == [(2048 * 512, 4096)]
    assert ranges(*lines, starts={"sdb1": 0}) == [(4096 * 512, 4096)]


def test_an_operators_act_has_no_failing_bytes() -> None:
    """It is no call that could have run beside the kernel's lines."""
    act = (
        "VexFS: [CORR-000000000000002A] operator vol=loop0 op=storage action=reset before=open "
        "after=closed uid=0 pid=42"
    )

    assert ranges(kernel(10, 2048), (10, act)) == []


def test_the_bytes_of_a_numbered_call_of_an_earlier_build_are_found_as_well() -> None:
    """From the lines between its begin and its end; it has no id and says no length."""
    entries = read_log(
        (2, "VexFS: [CALL-1] Starting FFI call read_file"),
        kernel(2.4, 2048),
        (2.5, "VexFS: [CALL-1] FFI call read_file failed: -5 (failure rate: 100%), using fallback"),
        kernel(9, 4096),
    )
    (call,) = find_numbered_calls(entries)

    found = find_failing_ranges(call, entries, {"loop0": 0}, SIZE)

    assert found == (ByteRange(2048 * 512, 128 << 10),)


_ranges = st.lists(st.builds(ByteRange, st.integers(-500, 1500), st.integers(0, 700)))


@given(_ranges, st.integers(0, 1000))
def test_joining_covers_the_same_bytes_once_and_in_order(found: list[ByteRange], size: int) -> None:
    """What begins outside the device is not of it; what ends outside is cut off."""
    joined = clip_and_join(found, size)

    wanted = {
        byte
        for each in found
        if 0 <= each.offset < size
        for byte in range(each.offset, min(each.end, size))
    }
    covered = [byte for each in joined for byte in range(each.offset, each.end)]
    assert covered == sorted(wanted)
    assert all(before.end < after.offset for before, after in pairwise(joined))
