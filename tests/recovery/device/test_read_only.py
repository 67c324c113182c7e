from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.devices.mountinfo import Mount, may_write, parse_mountinfo, write_refusal
from vexfsctl.recovery.device.read_only import mounts_from

MOUNTINFO = """\
1 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
20 1 8:17 / /data rw - ext4 /dev/sdb1 rw,errors=remount-ro
21 1 8:17 /part /bind ro - ext4 /dev/sdb1 rw,errors=remount-ro
22 1 8:33 / /gone rw - ext4 /dev/sdc1 rw,abort,emergency_ro
23 1 8:49 / /shut rw - ext4 /dev/sdd1 rw,shutdown
24 1 8:65 / /quiet rw - xfs /dev/sde1 ro
25 1 8:81 / /hidden rw - ext4 /dev/sdf1 rw
26 1 0:40 / /hidden rw - tmpfs tmpfs rw
27 1 8:81 / /seen rw - ext4 /dev/sdf1 rw
28 1 0:41 / /subvolume rw - btrfs /dev/null rw
"""


def mounts() -> tuple[Mount, ...]:
    """The mounts of MOUNTINFO."""
    return parse_mountinfo(MOUNTINFO)


def points(*numbers: str) -> list[str]:
    """Where the superblocks on the devices *numbers* are mounted."""
    return [each.mount_point for each in mounts_from(numbers, mounts())]


def test_each_superblock_is_found_once() -> None:
    """A bind mount is the same filesystem: what is remounted once is so everywhere."""
    assert points("8:17") == ["/data"]
    assert points("8:33", "8:17", "8:1") == ["/", "/data", "/gone"]
    assert points("8:2") == []


def test_a_mount_that_another_hides_is_not_chosen() -> None:
    """mount(8) works on the topmost mount of a point: that would be another filesystem."""
    assert points("8:81") == ["/seen"]


def test_an_anonymous_superblock_is_found_by_its_node() -> None:
    """A btrfs has a number that is no device's; its source must be the node of one."""
    assert points("0:41") == []


def test_who_may_write() -> None:
    """The superblock decides, neither one read-only mount of it nor `rw` after an abort."""
    judged = {each.mount_point: (may_write(each), write_refusal(each)) for each in mounts()}

    assert judged == {
        "/": (True, None),
        "/data": (True, None),
        "/bind": (True, None),
        "/gone": (False, "emergency_ro"),
        "/shut": (False, "shutdown"),
        "/quiet": (False, None),
        "/hidden": (True, None),
        "/seen": (True, None),
        "/subvolume": (True, None),
    }


@given(st.sets(st.sampled_from([each.device_number for each in parse_mountinfo(MOUNTINFO)])))
def test_no_filesystem_of_another_device_is_touched(numbers: set[str]) -> None:
    """Whatever is asked for, only mounts of just these devices are given."""
    assert {each.device_number for each in mounts_from(numbers, mounts())} <= numbers
