"""Lines of the block layer and of the buffer cache (block/, fs/buffer.c).

The words for what a request ended with are those of `blk_errors[]` in block/blk-core.c (Linux 4.13
to 6.12, and before that of `blk_update_request`).
"""

import errno
import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import ANYTHING, NAME, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.processes import PROCESS
from vexfsctl.logs.kernel.told import free_reader, reader
from vexfsctl.model.events import KernelEvidence

BLOCK_ERRORS = {
    "I/O error": errno.EIO,
    "critical medium error": errno.ENODATA,
    "critical space allocation error": errno.ENOSPC,
    "timeout error": errno.ETIMEDOUT,
    "critical target error": errno.EREMOTEIO,
    "recoverable transport error": errno.ENOLINK,
    "protection error": errno.EILSEQ,
    "kernel resource error": errno.ENOMEM,
    "operation not supported error": errno.EOPNOTSUPP,
    "reservation conflict error": errno.EBADE,
    "critical nexus error": errno.EBADE,
    "device offline error": errno.ENODEV,
    "nonblocking retry error": errno.EAGAIN,
    "device resource error": errno.EBUSY,
    "dm internal retry error": errno.EREMCHG,
    "open zones exceeded error": errno.ETOOMANYREFS,
    "active zones exceeded error": errno.EOVERFLOW,
    "duration limit exceeded error": errno.ETIME,
    "invalid error": errno.EINVAL,
}
"""The block layer's words for the errno a request ended with; a nexus, up to Linux 6.5, is what a
reservation conflict is now."""
_BLOCK_FUNCTIONS = ("blk_update_request: ", "print_req_error: ", "end_request: ")
"""What stood before them up to Linux 5.16: the last of these up to 3.x."""

_DEVICE = r"(?P<device>[\w!.-]{1,40})"
_WHOSE = rf"(?:(?! *kernel:){PROCESS}: )?"
"""A process, which the tag of an indented line is not."""
_BEYOND_END = f"{ANYTHING}attempt to access beyond end of device"
_OPERATIONS = {0: "read", 1: "write", 2: "flush", 3: "discard", 5: "secure_erase",
               9: "write_zeroes"}  # fmt: skip
"""The lowest byte of `bi_opf`, from Linux 4.10 on; before that, the lowest bit is set to write."""
_SUPPRESSING = (
    *("blk_", "print_req_error", "buffer_io_error", "quiet_error", "end_buffer_", "bio_check_"),
    *("submit_bio", "handle_bad_sector", "bdev_", "dio_warn_", "end_request", "scsi_", "sd_"),
    *("ata_", "nvme_", "raid1_", "raid5_", "raid10_", "raid1:", "handle_read_error", "fix_read_"),
    *("md_", "dm_", "dm-", "crypt_", "kcryptd_", "integrity_", "verity_", "multipath_", "mirror_"),
    *("nbd_", "sock_xmit", "osd_", "ceph_", "__rbd", "rbd_", "bch_", "bch2_", "bcachefs", "lo_"),
    *("mmc_", "uas_", "virtblk_", "zram_", "drbd_", "EXT4-fs", "btrfs", "BTRFS", "xfs", "XFS"),
    *("f2fs", "F2FS", "nfs", "swap_", "end_swap_", "_btrfs", "__ext4", "ext4_", "jbd2_", "iomap_"),
    *("fat_", "__fat_", "exfat_", "__exfat_", "ntfs3", "gfs2_", "ocfs2_", "erofs", "_erofs"),
)
"""How functions begin, and classes of messages, whose rate limits hide lines about storage."""


def _read_block(match: re.Match[str]) -> KernelEvidence:
    wording, device, sector, direction, segments = match.groups()
    if direction == "WRITE" and segments == "0":
        direction = "FLUSH"  # A write without data is what a flush becomes below the filesystem.
    return KernelEvidence(
        kind="block",
        device=device,
        sector=None if sector is None else int(sector),
        direction=None if direction is None else direction.lower(),
        errno=BLOCK_ERRORS[wording],
    )


def _read_numbered(match: re.Match[str]) -> KernelEvidence:
    # Elsewhere the kernel gives such numbers as decimal ones.
    device = f"{int(match['major'], 16)}:{int(match['minor'], 16)}"
    return replace(reader("block", errno=errno.EIO)(match), device=device)


def _read_buffer(match: re.Match[str]) -> KernelEvidence:
    # "logical block N" counts blocks of a size that the line does not give.
    return KernelEvidence(kind="buffer", device=match["device"], direction=match["direction"])


def _read_beyond_end(match: re.Match[str]) -> KernelEvidence:
    operation, sector = int(match["rw"]) & 0xFF, match["sector"]
    return KernelEvidence(
        kind="block",
        device=match["device"],
        sector=None if sector is None else int(sector),
        direction=_OPERATIONS.get(operation, "write" if operation & 1 else "read"),
        errno=errno.EIO,  # Of `bio_check_eod`, block/blk-core.c.
    )


def _read_suppressed(match: re.Match[str]) -> KernelEvidence:
    return KernelEvidence(kind="suppressed", lost=int(match["lost"]))


BLOCK_FORMS = (
    EvidenceForm(
        "critical medium error, dev loop0, sector 8 op 0x0:(READ) flags 0x800 phys_seg 1 prio"
        " class 2",
        "dev ",
        (
            # Up to Linux 4.20 nothing stood after the sector, which a pager may have cut: `14>`.
            rf"(?:{'|'.join(_BLOCK_FUNCTIONS)})?"
            rf"(?P<wording>{'|'.join(map(re.escape, BLOCK_ERRORS))}), dev "
            r"(?:(?P<device>[^\s,?]{1,40})|\?), sector (?:(?P<sector>\d{1,20}+)(?!>))?"
            r"(?: op 0x[0-9a-f]+:\((?P<direction>\w+)\)"
            r"(?: flags 0x[0-9a-f]+(?: phys_seg (?P<segments>\d+))?)?)?"
        ),
        _read_block,
        begins=(*(f"{wording}, dev " for wording in BLOCK_ERRORS), *_BLOCK_FUNCTIONS),
    ),
    EvidenceForm(
        # Up to 2.4, with the number of a device in hex (kdevname).
        "end_request: I/O error, dev 02:00 (floppy), sector 4096",
        "I/O error",
        (
            # While it looks for partitions, behind the disk's name or its path in devfs.
            r"(?:end_request: I/O error, dev| ?(?:[\w/]{1,80}: )?I/O error: dev)"
            r" (?P<major>[0-9a-f]{2}):(?P<minor>[0-9a-f]{2})(?: \([\w-]{1,32}\))?,"
            r" sector (?P<sector>\d{1,20})"
        ),
        _read_numbered,
        begins=(
            *("end_request: ", "I/O error: dev ", " I/O error: dev ", "/dev/scsi/host"),
            f"{NAME}: I/O error: dev ",
        ),
    ),
    EvidenceForm(
        "Buffer I/O error on dev loop0, logical block 768, lost async page write",
        "Buffer I/O error on dev",
        (
            r"Buffer I/O error on dev(?:ice)? (?P<device>[^\s,]{1,40}), logical block \d+"
            r"(?:, .{0,40}\b(?P<direction>read|write)\b)?"
        ),
        _read_buffer,
        begins=("Buffer I/O error on dev",),
    ),
    EvidenceForm(
        "blk_print_req_error: 18 callbacks suppressed",
        "callbacks suppressed",
        (
            # That filesystems are mounted has a limit of its own.
            r"(?!EXT4-fs (?:un)?mount:)"
            rf"(?:{'|'.join(map(re.escape, _SUPPRESSING))})[\w/.: ()-]{{0,60}}?:"
            r" (?P<lost>\d{1,18}) callbacks suppressed"
        ),
        _read_suppressed,
        begins=_SUPPRESSING,
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
        "grow_buffers: requested out-of-range block 18446744073709551615 for device sdb1",
        "requested out-of-range block",
        rf"\w{{1,40}}: requested out-of-range block \d+ for device {_DEVICE}",
        reader("buffer"),
        begins=(f"{NAME}: requested out-of-range block ",),
    ),
    EvidenceForm(
        "lost page write due to I/O error on loop0",
        "lost page write",
        rf"lost page (?P<direction>write) due to I/O error on {_DEVICE}",
        reader("buffer", errno=errno.EIO),
        begins=("lost page write due to I/O error on ",),
    ),
    EvidenceForm(
        "loop0: rw=0, sector=4096, nr_sectors = 8 limit=2048",
        "limit=",
        (
            # `want` of Linux up to 5.12 is the end of the request, which may begin anywhere.
            rf"(?:{_WHOSE}attempt to access beyond end of device\n)?"
            rf"{_DEVICE}: rw=(?P<rw>\d{{1,10}}), (?:sector=(?P<sector>\d{{1,20}})|want=\d{{1,20}}),"
        ),
        _read_beyond_end,
        begins=(f"{NAME}: rw=", _BEYOND_END),
    ),
    EvidenceForm(
        "mount: attempt to access beyond end of device",
        "beyond end of device",
        rf"{_WHOSE}attempt to access beyond end of device",
        reader("block", errno=errno.EIO),
        begins=(_BEYOND_END,),
    ),
    EvidenceForm(
        # When the block device itself was written to and is closed (block/bdev.c).
        "VFS: Dirty inode writeback failed for block device sda1 (err=-5).",
        "writeback failed",
        (
            rf"VFS: Dirty inode writeback failed for block device {_DEVICE}"
            r" \(err=-(?P<errno>\d{1,3})\)"
        ),
        reader("buffer", direction="write"),
        begins=("VFS: Dirty inode writeback failed",),
    ),
    EvidenceForm(
        # Up to 5.x, of a device that went away.
        "generic_make_request: Trying to access nonexistent block-device sdb1 (4096)",
        "nonexistent block-device",
        (
            rf"generic_make_request: Trying to access nonexistent block-device {_DEVICE}"
            r" \((?P<sector>\d{1,20})\)"
        ),
        reader("block", errno=errno.EIO),
        begins=("generic_make_request: Trying to access",),
    ),
    EvidenceForm(
        "Trying to write to read-only block-device sdb1",
        "Trying to write to read-only block-device",
        rf"Trying to (?P<direction>write) to read-only block-device {_DEVICE}",
        reader("block"),
        begins=("Trying to write to read-only block-device ",),
    ),
    EvidenceForm(
        # Of protection information (block/t10-pi.c): it counts intervals of its own size.
        "sdb: guard tag error at sector 4096 (rcvd 1f2e, want 2f3e)",
        " tag error at ",
        rf"{_DEVICE}: (?:guard|ref) tag error at ",
        reader("block", errno=errno.EILSEQ, direction="read"),
        begins=(f"{NAME}: guard tag error at ", f"{NAME}: ref tag error at "),
    ),
    EvidenceForm(
        "sdb1: Error: discard_granularity is 0.",
        "discard_granularity is 0",
        rf"{_DEVICE}: Error: discard_granularity is 0",
        reader("block", direction="discard"),
        begins=(f"{NAME}: Error: discard_granularity ",),
    ),
    EvidenceForm(
        # Whoever detaches a loop device gets this, too.
        "loop0: detected capacity change from 2048 to 0",
        "detected capacity change",
        r"(?P<device>loop\d{1,6}): detected capacity change from \d{1,20} to 0$",
        reader("capacity", significance=ROUTINE, errno=errno.ENODEV),
        begins=(f"{NAME}: detected capacity change from ",),
    ),
    EvidenceForm(
        "sdb: detected capacity change from 2048 to 0",
        "detected capacity change",
        rf"{_DEVICE}: detected capacity change from \d{{1,20}} to 0$",
        reader("capacity", errno=errno.ENODEV),
        begins=(f"{NAME}: detected capacity change from ",),
    ),
    EvidenceForm(
        " loop0: unable to read partition table",
        "unable to read partition table",
        r" ?(?:(?P<device>[\w!-]{1,40}): )?unable to (?P<direction>read) partition table",
        reader("buffer"),
        begins=(
            f"{NAME}: unable to read partition table",
            *("unable to read partition table", " unable to read partition table"),
        ),
    ),
    EvidenceForm(
        "ldm_validate_partition_table(): Disk read failed.",
        "Disk read failed",
        r"ldm_validate_partition_table\(\): Disk (?P<direction>read) failed",
        reader("buffer"),
        begins=("ldm_validate_partition_table(): Disk read failed",),
    ),
    EvidenceForm(
        # Packet writing to discs, up to 6.17; since 6.7 `block pktcdvd0: `.
        "pktcdvd: pktcdvd0: write caching control failed",
        "pktcdvd",
        (
            r"(?:pktcdvd:|block) (?P<device>pktcdvd\d{1,3}): .{0,120}?\b(?i:fail\w*|errors?"
            r"|bad state|no sense|sense [0-9a-f]{2}\.)"
        ),
        free_reader("block"),
        begins=("pktcdvd: pktcdvd", "block pktcdvd"),
    ),
    EvidenceForm(
        "Dev loop0: unable to read RDB block 8",
        "unable to read ",
        rf"Dev {_DEVICE}: unable to (?P<direction>read) (?:RDB|partition) block",
        reader("buffer"),
        begins=("Dev ",),
    ),
)
"""In the order tried."""
