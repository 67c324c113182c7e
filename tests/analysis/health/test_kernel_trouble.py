"""What counts as trouble with a device, and what is said of it."""

import errno

from tests.analysis.records import BOOT, Line, read_log
from vexfsctl.analysis.health.kernel_trouble import (
    KernelTrouble,
    VolumesBelow,
    find_kernel_trouble,
)
from vexfsctl.analysis.health.replays import Replays
from vexfsctl.analysis.window import Window
from vexfsctl.catalogue.kernel_kinds import KERNEL_KINDS, advice_for
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import RecoveryStepTaken
from vexfsctl.model.record import LogRecord


def found(*lines: Line) -> tuple[KernelTrouble, ...]:
    """Return the trouble of a log that the kernel wrote."""
    return find_kernel_trouble(read_log(*lines, facility=0), Window(0, 3_600_000_000, BOOT))


def test_repairs_and_routine_are_no_trouble() -> None:
    """An array that mends itself, a reset after power came back, a recovery that ends."""
    assert (
        found(
            (1.0, "md/raid:md0: read error corrected (8 sectors at 4096 on sdb1)"),
            (1.1, "sd 0:0:0:0: Power-on or device reset occurred"),
            (1.2, "md: md0: recovery done."),
            (1.3, "ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)"),
        )
        == ()
    )


def test_trouble_is_counted_by_device() -> None:
    """By array and by member, where the lines name both."""
    told = found(
        (1.0, "md/raid1:md2: Disk failure on sdb6, disabling device."),
        (1.1, "md/raid1:md2: Operation continuing on 1 devices."),
        (1.2, "md/raid1:mdX: Disk failure on dm-3, disabling device."),
    )

    assert [(each.device, each.count) for each in told] == [("md2", 2), ("sdb6", 1), ("dm-3", 1)]


def test_the_worst_comes_first() -> None:
    """What was lost; what was repaired since comes last, whatever its count."""
    told = found(
        (1.0, "I/O error, dev sda, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2"),
        *((2.0 + at, "nvme nvme1: I/O 12 QID 3 timeout, reset controller") for at in range(3)),
        (6.0, "I/O error, dev sdb, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2"),
        (7.0, "nvme nvme1: controller reset completed"),
        (8.0, "INFO: task fio:4242 blocked for more than 120 seconds."),
    )

    assert [(each.device, each.recovered) for each in told] == [
        ("sda", False),
        ("sdb", False),
        ("nvme1", True),
        (None, False),
    ]


def test_what_a_replay_reads_is_no_new_trouble() -> None:
    """Only reading, only below its volume, and only while one of its steps was under way."""
    error = "I/O error, dev {}, sector 8 op 0x0:({}) flags 0x0 phys_seg 1 prio class 2"
    lines = [
        (100.0, error.format("sdb", "READ")),
        (110.0, error.format("sdb", "READ")),
        (110.1, error.format("sdb", "WRITE")),
        (110.2, error.format("sdc", "READ")),
        (111.5, error.format("sdb", "READ")),
        (130.0, error.format("sdb", "READ")),
    ]
    replays = Replays()
    identifier = CorrelationId(0x6F1C93A20000002A)
    for at_s, step in ((111.0, "retry"), (131.0, "sync")):
        event = RecoveryStepTaken(
            volume="data", id=identifier, step=step, result="failed", duration_us=3_000_000
        )
        record = LogRecord(text="", source="kmsg", uptime_us=int(at_s * 1e6), boot_id=BOOT)
        replays.take(LogEntry(record, event, Origin.DRIVER))

    below = VolumesBelow({"data": ("sdb1", "sdb")}, ("data",), replays)
    window = Window(0, 3_600_000_000, BOOT)
    told = find_kernel_trouble(read_log(*lines, facility=0), window, below=below)

    kinds = ((each.device, kind) for each in told for kind in each.trouble.kinds)
    counts = {(device, kind.direction): kind.count for device, kind in kinds}
    assert counts == {("sdb", "read"): 2, ("sdb", "write"): 1, ("sdc", "read"): 1}
    assert [(each.device, each.volumes) for each in told] == [("sdb", ("data",)), ("sdc", ())]


def test_what_is_wrong_and_what_to_do() -> None:
    """The advice is about what is nearest to the cause; what names no device comes last."""
    device, none = found(
        (1.0, "INFO: task fio:4242 blocked for more than 120 seconds."),
        (2.0, "Buffer I/O error on dev sdb, logical block 17510, async page read"),
        (3.0, "critical medium error, dev sdb, sector 140083 op 0x0:(READ) flags 0x0"),
    )

    assert [each.kind for each in device.trouble.kinds] == ["buffer", "block"]
    assert [each.first for each in device.trouble.sectors] == [140083]
    assert device.advice == advice_for([("block", errno.ENODATA)])
    assert (none.device, none.advice) == (None, KERNEL_KINDS["hung_task"].advice)


def test_causes_come_before_what_follows_from_them() -> None:
    """A lost path, the disk, the array made of it, the filesystem on that, however many lines."""
    told = found(
        (1.0, "usb 2-1: device descriptor read/64, error -71"),
        (1.1, "I/O error, dev sdb, sector 64 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2"),
        (1.2, "md/raid1:md2: Disk failure on sdb6, disabling device."),
        (1.3, "I/O error, dev dm-4, sector 64 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2"),
        (1.3, "EXT4-fs warning (device md2p1): ext4_end_bio:343: I/O error 10 writing to inode 12"),
        (1.4, "Aborting journal on device md2p1-8."),
        (1.5, "INFO: task fio:4242 blocked for more than 120 seconds."),
    )

    assert [each.device for each in told] == ["2-1", "sdb", "md2", "sdb6", "dm-4", "md2p1", None]


def test_a_disk_that_says_itself_that_it_is_bad_comes_first() -> None:
    """Before the adapter that resets it, and a mapped device that passes on what the disk said."""
    told = found(
        (1.0, "aacraid: Host adapter abort request (0,0,2,0)"),
        (1.1, "usb 2-1: reset SuperSpeed USB device number 3 using xhci_hcd"),
        (1.2, "critical medium error, dev dm-0, sector 8 op 0x0:(READ) flags 0x0"),
        (1.3, "sd 0:0:2:0: [sdc] tag#3 Sense Key : Medium Error [current]"),
    )

    assert [each.device for each in told] == ["sdc", "2-1", "0:0:2:0", "dm-0"]
