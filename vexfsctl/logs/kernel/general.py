"""Lines that no form knows, of subsystems that serve storage: read by their words and numbers.

The head says which subsystem speaks, and mostly of which device; a word of trouble must follow, and
none of good news. That is less than a form knows: such evidence is marked `general`, and weighs
less. Forms are tried before.
"""

import re

from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.told import BLOCK_NAME, Reader, find_lba, free_reader
from vexfsctl.model.events import KernelEvidence

_GOOD_NEWS = (
    r"(?![^\n]{0,300}?(?i:\b(?:no|0|without) (?:[\w/]{1,12} )?(?:errors?|failures?)\b"
    r"|\b(?:error|timeout|fault)s? (?:reporting|handl\w+|recovery|inject\w*|log\b|logging|counter"
    r"|set (?:to|at)|of \d|is \d|limit)|\bset (?:\w{1,16} )?timeout"
    r"|\b(?:success\w*|succeeded|recovered|completed|corrected|restored|ignored|assuming"
    r"|falling back|stopped polling|clearing class|does not support|discard passdown)\b"
    r"|, using \d|\bshutdown\s{0,2}$))"
)
_PCI = r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]"
_ADDRESS = r"(?:host\d{1,5}|target\d{1,5}(?::\d{1,5}){2}|\d{1,5}(?::\d{1,20}){3})"
# Any user may give a network interface the name of a disk: of these a line must be about blocks.
_OF_BLOCKS = r"(?=[^\n]{0,200}?(?i:\b(?:i/o|sectors?|partitions?|blocks?|dax|disk|integrity)\b))"
_NAMES = (
    *("sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dm-", "md", "loop", "zram", "sr", "nbd", "rbd"),
    *("drbd", "bcache", "pmem", "ublkb", "dasd"),
)


def _reader(kind: str) -> Reader:
    told = free_reader(kind)

    def read(match: re.Match[str]) -> KernelEvidence:
        return find_lba(told(match), match.string)

    return read


def _form(kind: str, sample: str, head: str, *begins: str) -> EvidenceForm:
    return EvidenceForm(
        sample,
        "",
        f"{head}{_GOOD_NEWS}",
        _reader(kind),
        general=True,
        begins=begins,
    )


GENERAL_FORMS = (
    _form(
        "scsi",
        "sd 0:0:0:0: [sda] Invalid zone at LBA 4096 with capacity 65536 and length 131072",
        (rf"(?:sd|sr|st|scsi|ses|ch) (?P<address>{_ADDRESS}): (?:\[(?P<device>[\w-]{{1,32}})\] )?"),
        *("sd ", "sr ", "st ", "scsi ", "ses ", "ch "),
    ),
    _form(
        "ata",
        "ata1.00: Invalid log directory version 0x0000",
        r"(?P<device>ata\d{1,4}(?:\.\d{1,4})?): ",
        "ata",
    ),
    _form(
        "nvme",
        "nvme nvme0: Minimum device page size 65536 too large for host (4096)",
        rf"nvme (?P<device>nvme\d{{1,4}}(?:c\d{{1,4}})?(?:n\d{{1,4}})?|{_PCI}): ",
        *("nvme nvme", "nvme 0", "nvme 1"),
    ),
    _form(
        # Of a host that serves its disks to others.
        "nvme",
        "nvmet: ctrl 1 keep-alive timer (5 seconds) expired!",
        r"nvmet(?:_(?:rdma|tcp|fc|loop))?: ",
        "nvmet",
    ),
    _form(
        # Of mainframes: the disk, or the adapter, by its number in a subchannel set.
        "block",
        "dasd-eckd 0.0.4042: ERP failed for the DASD",
        r"(?:dasd[\w-]{0,16}|zfcp\.[0-9a-f]{6}:) (?P<device>[0-9a-f]\.[0-3]\.[0-9a-f]{4}): ",
        *("dasd", "zfcp."),
    ),
    _form(
        "md",
        "md: cannot handle concurrent replacement and reshape.",
        r"md(?:/\w{1,16}(?::(?P<device>md[\w.-]{1,40}))?)?: ",
        "md: ",
        "md/",
    ),
    _form(
        "device_mapper",
        "device-mapper: zoned metadata: (sdb): Wrong chunk mapping",
        # The library of dmsetup and LVM begins its messages like the kernel.
        (
            r"device-mapper: (?!\w{1,20} ioctl )[\w -]{1,40}: "
            r"(?:\(?(?P<device>\d{1,4}:\d{1,7}|dm-\d{1,5})\)?: )?"
        ),
        "device-mapper: ",
    ),
    _form(
        "mmc",
        "mmcblk mmc0:0001: Wrong max_segs assigned",
        r"(?:(?P<device>mmc(?:blk)?\d{1,3}): (?!(?:sdhci|cqhci): )|mmcblk (?P<address>mmc\d{1,3})"
        r":[0-9a-f]{4}: )",
        "mmc",
    ),
    _form(
        "nbd",
        "block nbd0: Unsupported socket: should be TCP or UNIX",
        r"block (?P<device>nbd\d{1,5}): ",
        "block nbd",
    ),
    _form(
        "virtio",
        "virtio_blk virtio1: unsupported zone model 5",
        r"virtio_blk (?P<device>virtio\d{1,4}): ",
        "virtio_blk ",
    ),
    _form(
        "usb",
        "usb-storage 1-2:1.0: usb_submit_urb failed",
        r"(?:usb-storage|uas) (?P<device>\d{1,3}-[\d.]{1,24}):\d{1,3}\.\d{1,3}: ",
        *("usb-storage ", "uas "),
    ),
    _form(
        "block",
        "loop8: partition table beyond EOD, truncated",
        rf"(?P<device>{BLOCK_NAME}): {_OF_BLOCKS}",
        *_NAMES,
    ),
)
"""In the order tried, after all others."""
