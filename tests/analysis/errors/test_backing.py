"""Which device is behind an error: from the tree, the mount line, or a kernel line just before."""

from dataclasses import replace

import pytest

from tests.analysis.records import STATE, Line, error, read_log
from vexfsctl.analysis.errors.backing import BackingFinder
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.model.entry import Origin
from vexfsctl.model.record import LogRecord

KERNEL = "I/O error, dev sdb, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
MOUNT = "VexFS: Mounting filesystem on device /dev/loop0 (SAFE FFI)"
UNMOUNT = "VexFS: Unmounting filesystem (SAFE FFI)"
FAILED = "VexFS: [CALL-4] FFI call read_file failed: -5 (failure rate: 50%), using fallback"


def devices_of(*lines: Line, volumes: dict[str, str] | None = None) -> list[str | None]:
    """Return the device found for each line of a log that the kernel wrote."""
    finder = BackingFinder(volumes or {})
    return [finder.find(entry) for entry in read_log(*lines, facility=0)]


def test_the_tree_of_a_volume_says_where_it_lies() -> None:
    """Whatever the kernel said of other devices."""
    lines = ((1.0, STATE), (2.0, KERNEL), (2.1, error(0x2A)))

    assert devices_of(*lines, volumes={"loop0": "vda1"}) == ["vda1", "sdb", "vda1"]


def test_a_state_record_says_it_for_its_epoch() -> None:
    """The tree of now may be that of a later volume of the same name."""
    lines = ((1.0, f"{STATE} dev=vda1"), (2.0, KERNEL), (2.1, error(0x2A)))

    assert devices_of(*lines, volumes={"loop0": "vdb1"}) == ["vda1", "sdb", "vda1"]


def test_a_kernel_line_just_before_is_what_an_error_is_blamed_on() -> None:
    """Later than a second it is not."""
    assert devices_of((1.0, KERNEL), (1.5, FAILED), (2.5, FAILED)) == ["sdb", "sdb", None]


def test_the_mount_line_tells_until_the_unmount() -> None:
    """Such a build serves errors of what is mounted."""
    lines = ((1.0, MOUNT), (9.0, FAILED), (10.0, UNMOUNT), (11.0, FAILED))

    assert devices_of(*lines) == ["loop0", "loop0", None, None]


def test_two_mounts_at_a_time_leave_it_open() -> None:
    """The line that failed does not say which."""
    lines = ((1.0, MOUNT), (2.0, MOUNT.replace("loop0", "loop1")), (9.0, FAILED))

    assert devices_of(*lines) == ["loop0", "loop1", None]


def test_a_repair_is_not_what_an_error_is_blamed_on() -> None:
    """The mirror gave the data; the line is shown as one about its array."""
    repair = "md/raid1:md0: read error corrected (8 sectors at 4096 on sdc1)"

    assert devices_of((1.0, repair), (1.5, FAILED)) == ["md0", None]
    assert devices_of((1.0, KERNEL), (1.1, repair), (1.5, FAILED)) == ["sdb", "md0", "sdb"]


def test_a_disk_is_blamed_rather_than_what_lies_on_it() -> None:
    """Whichever speaks last; alone, the filesystem is what is known."""
    upper = 'XFS (dm-3): metadata I/O error: block 0x500d90 ("xlog_iodone") error 5 numblks 64'

    assert devices_of((1.0, KERNEL), (1.1, upper), (1.5, FAILED)) == ["sdb", "dm-3", "sdb"]
    assert devices_of((1.1, upper), (1.5, FAILED)) == ["dm-3", "dm-3"]


def test_a_volume_of_the_module_is_called_as_its_device_is() -> None:
    """A volume whose state record names no device may have any name."""
    lines = ((2.0, KERNEL), (2.1, error(0x2A, vol="sdc1")))

    assert devices_of(*lines) == ["sdb", "sdc1"]
    assert devices_of((1.0, STATE.replace("loop0", "sdc1")), *lines) == [None, "sdb", "sdb"]


def test_what_user_space_wrote_is_not_what_an_error_is_blamed_on() -> None:
    """It can write the kernel's words."""
    finder = BackingFinder({})
    (line,) = read_log((1.0, KERNEL))
    finder.find(replace(line, origin=Origin.UNVERIFIED))

    assert finder.find(read_log((1.5, FAILED), facility=0)[0]) is None


@pytest.mark.parametrize(
    ("between_s", "device"), [(0, "sdb"), (2, "sdb"), (3, None), (-1, "sdb"), (-3, None)]
)
def test_dates_are_as_good_as_uptimes(between_s: float, device: str | None) -> None:
    """Where records have whole seconds only, one more is allowed."""
    times = {KERNEL: 1_700_000_000.0, FAILED: 1_700_000_000.0 + between_s}
    records = (LogRecord(text, "log", wall_time_s=time) for text, time in times.items())
    finder = BackingFinder({})

    assert [finder.find(each) for each in interpret_records(records)] == ["sdb", device]


def test_without_times_few_records_behind_it_are_blamed_on_a_line() -> None:
    """Those beside it."""
    texts = (KERNEL, *[FAILED] * 20)
    finder = BackingFinder({})
    found = [finder.find(each) for each in interpret_records(LogRecord(x, "log") for x in texts)]

    assert found == [*["sdb"] * 17, *[None] * 4]
