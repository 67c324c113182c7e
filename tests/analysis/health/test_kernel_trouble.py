"""What counts as trouble with a device."""

from tests.analysis.records import BOOT, Line, read_log
from vexfsctl.analysis.health.kernel_trouble import KernelTrouble, count_kernel_trouble
from vexfsctl.analysis.window import Window


def counted(*lines: Line) -> tuple[KernelTrouble, ...]:
    """Return the trouble of a log that the kernel wrote."""
    return count_kernel_trouble(read_log(*lines, facility=0), Window(0, 3_600_000_000, BOOT))


def test_repairs_and_routine_are_no_trouble() -> None:
    """An array that mends itself, a reset after power came back, a recovery that ends."""
    assert (
        counted(
            (1.0, "md/raid:md0: read error corrected (8 sectors at 4096 on sdb1)"),
            (1.1, "sd 0:0:0:0: Power-on or device reset occurred"),
            (1.2, "md: md0: recovery done."),
            (1.3, "ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)"),
        )
        == ()
    )


def test_trouble_is_counted_by_device() -> None:
    """By the array; by the disk where the array has no name."""
    assert counted(
        (1.0, "md/raid1:md2: Disk failure on sdb6, disabling device."),
        (1.1, "md/raid1:md2: Operation continuing on 1 devices."),
        (1.2, "md/raid1:mdX: Disk failure on dm-3, disabling device."),
    ) == (KernelTrouble("md2", 2), KernelTrouble("dm-3", 1))
