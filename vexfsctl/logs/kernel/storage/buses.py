"""Lines of buses that disks hang on and of cards: USB, virtio, MMC and SD.

Wording of drivers/usb/core/hub.c, drivers/usb/storage, drivers/block/{virtio_blk,xen-blkfront}.c,
drivers/mmc, Linux 3.16 to 6.12. A USB device is called by its path, as in sysfs: `1-2`.
"""

import errno

from vexfsctl.logs.kernel.form import NAME, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader, reader

_USB = r"usb (?P<device>(?:usb)?\d{1,3}(?:-[\w.]{1,24})?): "
_SPEEDS = ("low-speed", "full-speed", "high-speed", "SuperSpeed", "super-speed", "variable speed")
_MMC_BEGINS = ("mmc",)
_MMC = r"(?P<device>mmc(?:blk)?\d{1,3}(?:boot\d|rpmb|gp\d)?): "

BUS_FORMS = (
    EvidenceForm(
        "usb 1-2: reset high-speed USB device number 3 using xhci_hcd",
        ": reset ",
        rf"{_USB}reset (?:{'|'.join(_SPEEDS)})[\w+ -]{{0,24}} USB device number ",
        reader("usb"),
        begins=tuple(f"{NAME}: reset {speed}" for speed in _SPEEDS),
    ),
    EvidenceForm(
        "usb 1-2: USB disconnect, device number 3",
        "USB disconnect",
        # Whoever unplugs a keyboard does the same.
        rf"{_USB}USB disconnect, ",
        reader("usb", significance=ROUTINE),
        begins=(f"{NAME}: USB disconnect, ",),
    ),
    EvidenceForm(
        "usb 1-2: device descriptor read/64, error -110",
        "usb ",
        (
            rf"{_USB}(?:device descriptor read/\w{{1,4}}, error -"
            r"|device not accepting address \d+, error -|unable to enumerate USB device"
            r"|cmd cmplt err -|stat urb: (?:status -|no pending)"
            r"|Device not responding to setup address|device firmware changed)"
        ),
        free_reader("usb"),
        begins=(
            *(f"{NAME}: device descriptor read/", f"{NAME}: device not accepting address "),
            *(f"{NAME}: unable to enumerate USB", f"{NAME}: cmd cmplt err ", f"{NAME}: stat urb: "),
            *(f"{NAME}: Device not responding to", f"{NAME}: device firmware changed"),
        ),
    ),
    EvidenceForm(
        "virtio_blk virtio2: [vdb] new size: 4096 512-byte logical blocks (2.10 MB/2.00 MiB)",
        "new size: ",
        r"virtio_blk virtio\d{1,4}: \[(?P<device>\w{1,32})\] new size: ",
        reader("capacity", significance=ROUTINE),
        begins=("virtio_blk ",),
    ),
    EvidenceForm(
        "virtio_blk virtio2: probe with driver virtio_blk failed with error -22",
        "virtio_blk",
        (
            r"virtio_blk(?:: probe of)? (?P<device>virtio\d{1,4}):? .{0,80}?\b(?i:fail\w*|errors?"
            r"|invalid|disabled)\b"
        ),
        free_reader("virtio"),
        begins=("virtio_blk",),
    ),
    EvidenceForm(
        "blkfront: xvda: flush op failed",
        " op failed",
        # The host does not know it: the driver goes on without it.
        r"blkfront: (?P<device>\w{1,32}): (?:empty )?[\w /-]{1,40} op failed",
        reader("virtio", ROUTINE, errno=errno.EOPNOTSUPP),
        begins=("blkfront: ",),
    ),
    EvidenceForm(
        "mmcblk0: error -110 transferring data, sector 4096, nr 8, cmd response 0x900, card status"
        " 0xc00",
        "transferring data, sector ",
        (rf"{_MMC}error -(?P<errno>\d{{1,3}}) transferring data, sector (?P<sector>\d{{1,20}}),"),
        reader("mmc"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmcblk0: retrying using single block read",
        "etrying ",
        rf"{_MMC}retrying (?:using single block (?P<direction>read|write)|because)",
        reader("mmc"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: Timeout waiting for hardware interrupt.",
        "ime",
        rf"{_MMC}(?:Timeout waiting for hardware|(?:cqhci: )?timeout for tag|.{{0,60}}timed out)",
        reader("mmc", errno=errno.ETIMEDOUT),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: card 0001 removed",
        " removed",
        rf"{_MMC}(?:SPI )?card (?:[0-9a-f]{{4}} )?removed",
        reader("mmc", errno=errno.ENODEV),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: cache flush error -110",
        "ache flush error",
        rf"{_MMC}cache flush error -?(?P<errno>\d{{1,3}})",
        reader("mmc", direction="flush"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: error -110 whilst initialising SD card",
        "mmc",
        (
            rf"{_MMC}(?:.{{0,120}}?\b(?i:errors?|fail(?:ed|ure)?|never completed|stuck|unable"
            r"|removed during|consuming too much power|never released|Resetting controller"
            r"|CQE recovery|tuning execution|never stabilised|even though no"
            r"|unexpected interrupt|problem (?:switching|setting)|rejected|broken|timed out"
            r"|timeout|problem reading)\b)"
        ),
        free_reader("mmc"),
        begins=_MMC_BEGINS,
    ),
)
"""In the order tried."""
