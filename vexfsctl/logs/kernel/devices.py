"""Lines of drivers: SCSI, ATA, NVMe, md, device-mapper, loop, and of the buffer cache.

Wording of Linux 6.1 and 6.18 (drivers/scsi/scsi_logging.c, drivers/nvme/host, drivers/md,
drivers/block/loop.c, fs/buffer.c). Where a line names no device, that of the record's metadata is
taken.
"""

import errno
import re

from vexfsctl.logs.kernel.form import ANYTHING, NAME, EvidenceForm, reader
from vexfsctl.model.events import KernelEvidence

_NVME = r"nvme (?P<device>nvme\d{1,4}(?:c\d{1,4})?(?:n\d{1,4})?): "
_SCSI_BEGINS = ("sd ", "sr ", "st ", "scsi ", "ses ", "ch ")
_SCSI = (
    rf"(?:{'|'.join(_SCSI_BEGINS)})[\d:]{{1,40}}: "
    r"(?:\[(?P<device>[\w-]{1,32})\] )?(?:tag#\d{1,8} )?"
)
_BEYOND_END = f"{ANYTHING}attempt to access beyond end of device"
_SENSE_ERRNOS = {"Medium Error": errno.ENODATA, "Hardware Error": errno.EREMOTEIO}
_QUIET_SENSE = ("No Sense", "Recovered Error")


def _read_sense(match: re.Match[str]) -> KernelEvidence:
    number = _SENSE_ERRNOS.get(match["key"])
    return KernelEvidence(kind="scsi", device=match["device"], errno=number)


DEVICE_FORMS = (
    EvidenceForm(
        "sd 0:0:0:0: [sda] tag#12 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK cmd_age=0s",
        "FAILED Result",
        rf"{_SCSI}(?:UNKNOWN\(0x[0-9a-f]+\) )?FAILED Result: ",
        reader("scsi"),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: [sda] tag#12 Sense Key : Medium Error [current]",
        "Sense Key : ",
        (rf"{_SCSI}Sense Key : (?!{'|'.join(_QUIET_SENSE)})(?P<key>[A-Z][\w ]{{1,40}}?)(?: \[|$)"),
        _read_sense,
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: [sda] tag#12 Add. Sense: Unrecovered read error",
        "Add. Sense: ",
        rf"{_SCSI}Add\. Sense: (?!No additional sense)",
        reader("scsi"),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: [sda] tag#12 CDB: Read(10) 28 00 00 00 10 00 00 00 08 00",
        "CDB: ",
        rf"{_SCSI}CDB: (?P<direction>Read|Write)\(\d{{1,2}}\)",
        reader("scsi"),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: rejecting I/O to offline device",
        "ing I/O to ",
        rf"{_SCSI}(?:rejecting I/O to (?:offline|dead) device|killing request)",
        reader("scsi", errno.ENODEV),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: Device offlined - not ready after error recovery",
        "ffline",
        rf"{_SCSI}(?:Device offlined|Medium access timeout failure\. Offlining)",
        reader("scsi", errno.ENODEV),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: [sda] Synchronize Cache(10) failed: Result: hostbyte=DID_NO_CONNECT"
        " driverbyte=DRIVER_OK",
        "failed",
        (rf"{_SCSI}(?:Synchronize Cache\(\d+\)|Read Capacity\(\d+\)|Test \w+).{{0,40}}failed"),
        reader("scsi"),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: device reset",
        " reset",
        rf"{_SCSI}.{{0,60}}(?i:device|target|bus|host|LUN) reset\b",
        reader("scsi"),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "sd 0:0:0:0: timing out command, waited 180s",
        "timing out command",
        rf"{_SCSI}timing out command",
        reader("scsi", errno.ETIMEDOUT),
        begins=_SCSI_BEGINS,
    ),
    EvidenceForm(
        "ata1.00: failed command: READ DMA EXT",
        "ata",
        (
            r"(?P<device>ata\d{1,4}(?:\.\d{1,4})?): (?:exception Emask|failed command: |error: "
            r"|status: .*ERR|SError: |revalidation failed|disabled|qc timeout|reset failed"
            r"|(?:hard|soft) resetting link|device reported invalid|COMRESET failed|limiting speed)"
        ),
        reader("ata"),
        begins=("ata",),
    ),
    EvidenceForm(
        "nvme nvme0: I/O tag 12 (100c) opcode 0x2 (Read) QID 3 timeout, aborting req_op:READ(0)"
        " size:4096",
        "timeout",
        (
            rf"{_NVME}I/O (?:tag )?\d+ .{{0,80}}timeout"
            r"(?:.{1,80}req_op:(?P<direction>READ|WRITE|FLUSH|DISCARD))?"
        ),
        reader("nvme", errno.ETIMEDOUT),
        begins=("nvme nvme",),
    ),
    EvidenceForm(
        "nvme0n1: Read(0x2) @ LBA 4096, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) DNR",
        " @ LBA ",
        # LBAs count blocks of the namespace's own size, which the line does not give.
        (r"(?P<device>nvme\d{1,4}(?:c\d{1,4})?n\d{1,4}): (?P<direction>Read|Write)?.{0,40} @ LBA"),
        reader("nvme"),
        begins=("nvme",),
    ),
    EvidenceForm(
        "nvme nvme0: controller is down; will reset: CSTS=0x3, PCI_STATUS=0x10",
        "nvme",
        (
            rf"{_NVME}(?i:controller is down|Abort status: |Device not ready; aborting"
            r"|Removing after probe failure|frozen state error|reset(?:ting)? controller"
            r"|failed to set APST|Disabling device after reset failure|Device shutdown incomplete"
            r"|failed nvme_keep_alive|starting error recovery|Failed reconnect|Reconnecting in"
            r"|Identify .{0,30}failed|Could not set queue count)"
        ),
        reader("nvme"),
        begins=("nvme nvme",),
    ),
    EvidenceForm(
        "md/raid1:md0: Disk failure on sdb1, disabling device.",
        "Disk failure on ",
        r"md/\w{1,16}:\w{1,32}: Disk failure on (?P<device>[\w-]{1,32})",
        reader("md"),
        begins=("md/",),
    ),
    EvidenceForm(
        "md/raid:md0: read error not correctable (sector 4096 on sdb1).",
        "read error",
        (
            r"md/\w{1,16}:\w{1,32}: (?P<direction>read) error .{0,60}"
            r"\((?:\d+ sectors at |sector )(?P<sector>\d{1,20}) on (?P<device>[\w-]{1,32})\)"
        ),
        reader("md"),
        begins=("md/",),
    ),
    EvidenceForm(
        "md/raid1:md0: sdb1: rescheduling sector 4096",
        "sector",
        (
            r"md/\w{1,16}:\w{1,32}: (?P<device>[\w-]{1,32}):"
            r" (?:rescheduling|unrecoverable|redirecting) .{0,60}?"
            r"(?:sector|block) (?P<sector>\d{1,20})"
        ),
        reader("md"),
        begins=("md/",),
    ),
    EvidenceForm(
        "md/raid1:md0: Operation continuing on 1 devices.",
        "md/",
        r"md/\w{1,16}:(?P<device>\w{1,32}): ",
        reader("md"),
        trouble_only=True,
        begins=("md/",),
    ),
    EvidenceForm(
        "md: super_written gets error=-5",
        "md: ",
        (
            r"md: (?:super_written gets error=-(?P<errno>\d{1,3})"
            r"|(?P<device>md\w{1,16}|\w{1,32}): .{0,80}(?:fail|error|interrupted|not clean)"
            r"|kicking non-fresh (?P<fresh>\w{1,32}))"
        ),
        reader("md"),
        begins=("md: ",),
    ),
    EvidenceForm(
        "device-mapper: multipath: 253:0: Failing path 8:16.",
        "device-mapper: ",
        (
            r"device-mapper: [\w -]{1,32}: (?:(?P<device>\d{1,4}:\d{1,7}|dm-\d{1,5}): )?.*"
            r"(?i:fail|error|corrupt|invalid|abort|unable|offline|out of|read-only)"
        ),
        reader("device_mapper"),
        begins=("device-mapper: ",),
    ),
    EvidenceForm(
        "loop: Write error at byte offset 4096, length 4096.",
        "loop",
        (
            r"loop: (?P<direction>Write) error at byte offset"
            r"|loop_set_status: (?P<device>loop\d{1,5})"
        ),
        reader("loop"),
        begins=("loop: Write error at byte offset", "loop_set_status: loop"),
    ),
    EvidenceForm(
        "__find_get_block_slow() failed. block=2, b_blocknr=0, b_state=0x00000019, b_size=4096,"
        " device loop0 blocksize: 512",
        "__find_get_block_slow",
        r"__find_get_block_slow\(\) failed\..{0,160}device (?P<device>[\w!-]{1,40})",
        reader("buffer"),
        begins=("__find_get_block_slow() failed.",),
    ),
    EvidenceForm(
        "loop0: rw=0, sector=4096, nr_sectors = 8 limit=2048",
        "limit=",
        (
            r"(?:.{0,80}attempt to access beyond end of device\n)?"
            r"(?P<device>[\w!-]{1,40}): rw=\d{1,20}, (?:sector=|want=)(?P<sector>\d{1,20}),"
        ),
        reader("block"),
        begins=(f"{NAME}: rw=", _BEYOND_END),
    ),
    EvidenceForm(
        "mount: attempt to access beyond end of device",
        "beyond end of device",
        r".{0,80}attempt to access beyond end of device",
        reader("block"),
        begins=(_BEYOND_END,),
    ),
    EvidenceForm(
        "loop0: detected capacity change from 2048 to 0",
        "detected capacity change",
        r"(?P<device>[\w!-]{1,40}): detected capacity change from \d{1,20} to 0$",
        reader("capacity", errno.ENODEV),
        begins=(f"{NAME}: detected capacity change from ",),
    ),
    EvidenceForm(
        " loop0: unable to read partition table",
        "unable to read partition table",
        r"\s?(?P<device>[\w!-]{1,40}): unable to (?P<direction>read) partition table",
        reader("buffer"),
        begins=(f"{NAME}: unable to read partition table",),
    ),
    EvidenceForm(
        "Dev loop0: unable to read RDB block 8",
        "unable to read RDB block",
        r"Dev (?P<device>[\w!-]{1,40}): unable to (?P<direction>read) RDB block",
        reader("buffer"),
        begins=("Dev ",),
    ),
    EvidenceForm(
        "lost page write due to I/O error on loop0",
        "lost page write",
        r"lost page (?P<direction>write) due to I/O error on (?P<device>[\w!-]{1,40})",
        reader("buffer"),
        begins=("lost page write due to I/O error on ",),
    ),
)
"""Every form, in the order tried."""
