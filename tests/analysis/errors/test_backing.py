"""Which device is behind an error: from the tree, the mount line, or a kernel line just before."""

from tests.analysis.records import STATE, Line, error, read_log
from vexfsctl.analysis.errors.backing import BackingFinder

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
