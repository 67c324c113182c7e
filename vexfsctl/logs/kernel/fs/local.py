"""Lines of the other filesystems of a block device: one form for each way of beginning a line.

F2FS, FAT, exFAT, NTFS, UDF, ISO 9660, SquashFS, EROFS, UBIFS, JFFS2, NILFS, JFS, ReiserFS, HFS,
bcachefs, and what the kernel says of any of them (fs/verity, fs/super.c). Linux 5.10 to 6.18.
"""

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import DEVICE, free_reader, reader

_NAMES = (
    *("F2FS-fs", "FAT-fs", "exFAT-fs", "bcachefs", "erofs", "SQUASHFS", "UBIFS", "NILFS"),
    *("NILFS2", "ntfs3", "NTFS-fs", "UDF-fs", "REISERFS", "ReiserFS", "JFS", "hfs", "hfsplus"),
    *("AFFS", "MINIX-fs", "GFS2", "ufs", "SYSV", "ADFS-fs", "QNX6", "BeFS", "befs"),
)
_LOUD = r"(?:critical|error|warning|ERROR|WARNING)"
_NAME = "|".join(_NAMES)
_BEGINS = (
    *(f"{name} " for name in _NAMES),
    *(f"{name}: " for name in _NAMES),
    "ntfs3(",
    "squashfs: ",
)

LOCAL_FORMS = (
    EvidenceForm(
        "F2FS-fs (sda1): recover fsync data on readonly fs",
        " (",
        (
            rf"(?:{_NAME}) \({DEVICE}\): (?:recover fsync data on readonly"
            r"|Volume was not properly unmounted|[Mm]ounted |utf8 is not a recommended)"
        ),
        free_reader("filesystem", ROUTINE),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "UDF-fs: error (device sr0): udf_read_inode: (ino 512) failed !bh",
        " (device ",
        rf"(?:{_NAME}):? {_LOUD}:? \(device {DEVICE}\)",
        free_reader("filesystem"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "UBIFS error (ubi0:0 pid 1172): ubifs_read_node: bad node type (255 but expected 1)",
        "UBIFS",
        # Up to 4.0 with the process alone.
        rf"UBIFS {_LOUD} \((?:(?P<device>ubi\d{{1,3}}:\d{{1,3}})|pid )",
        free_reader("filesystem"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "F2FS-fs (loop0): Remounting filesystem read-only",
        "(",
        (
            rf"(?:(?:{_NAME}):? (?:\w{{1,24}}:? )?|ntfs3)\((?:device )?(?P<device>[^\s):,]{{1,64}})"
            r"[^)\n]{0,160}\):? "
        ),
        free_reader("filesystem"),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ntfs3: sdb1: ino=1a, Correct links count -> 1.",
        ": ",
        r"(?:ntfs3|ReiserFS|hfs|hfsplus): (?P<device>[a-z][\w!-]{1,40}): ",
        free_reader("filesystem"),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "SQUASHFS error: Unable to read metadata cache entry [2f1a0]",
        "error",
        rf"(?:squashfs: )?(?:{_NAME}):? {_LOUD}\b",
        free_reader("filesystem"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "jffs2: Newly-erased block contained word 0x19852003 at offset 0x00750000",
        "block contained word 0x",
        r"jffs2: Newly-erased block contained word 0x",
        free_reader("filesystem"),
        begins=("jffs2: ",),
    ),
    EvidenceForm(
        "jffs2: notice: (132) check_node_data: wrong data CRC in data node at 0x0033c4d4",
        "jffs2: ",
        # The number in brackets is that of a process.
        r"jffs2: ",
        reader("filesystem"),
        trouble_only=True,
        begins=("jffs2: ",),
    ),
    EvidenceForm(
        # JFS names itself nowhere in this line (fs/jfs/super.c).
        "ERROR: (device sdb1): dbAllocAG: unable to allocate blocks",
        "ERROR: (device ",
        rf"ERROR: \(device {DEVICE}\): ",
        free_reader("filesystem"),
        begins=("ERROR: (device ",),
    ),
    EvidenceForm(
        "isofs_fill_super: bread failed, dev=sr0, iso_blknum=16, block=16",
        "isofs_",
        r"isofs_\w{1,40}: (?:bread failed, dev=(?P<device>[^\s,]{1,64})|.{0,80}\bfailed)",
        free_reader("filesystem", direction="read"),
        begins=("isofs_",),
    ),
    EvidenceForm(
        "ISOFS: unable to read i-node block",
        "ISOFS: ",
        r"ISOFS: ",
        free_reader("filesystem"),
        trouble_only=True,
        begins=("ISOFS: ",),
    ),
    EvidenceForm(
        "fs-verity (sda1, inode 12): FILE CORRUPTED! pos=4096, level=0, want_hash=sha256:aa,"
        " real_hash=sha256:bb",
        ", inode ",
        r"(?:fs-verity|fscrypt) \((?P<device>[^\s,)]{1,64}), inode \d{1,20}\): ",
        free_reader("filesystem"),
        trouble_only=True,
        begins=("fs-verity (", "fscrypt ("),
    ),
    EvidenceForm(
        "VFS: Busy inodes after unmount of sdb1. Self-destruct in 5 seconds.  Have a nice day...",
        "after unmount of ",
        r"VFS: Busy inodes after unmount of (?P<device>[^\s.(]{1,64})",
        free_reader("filesystem"),
        begins=("VFS: Busy inodes after unmount of ",),
    ),
    EvidenceForm(
        # Up to 5.x "… or resized disk sdc".
        "VFS: busy inodes on changed media sdc",
        "busy inodes on changed media",
        r"VFS: busy inodes on changed media (?:or resized disk )?(?P<device>[^\s.(]{1,64})$",
        free_reader("filesystem"),
        begins=("VFS: busy inodes on changed media ",),
    ),
    EvidenceForm(
        # Up to 3.1x no device is named.
        "ubi0: fixable bit-flip detected at PEB 273",
        "fixable bit-flip detected",
        r"(?:(?P<device>ubi[0-9]\d{0,2})|UBI): fixable bit-flip detected",
        free_reader("filesystem", REPAIR),
        begins=(*(f"ubi{digit}" for digit in range(10)), "UBI: fixable bit-flip"),
    ),
    EvidenceForm(
        "UBI error: ubi_io_read: error -74 (ECC error) while reading 64 bytes from PEB 0:0",
        "UBI ",
        r"UBI (?:error|warning): ",
        free_reader("filesystem"),
        begins=("UBI error: ", "UBI warning: "),
    ),
    EvidenceForm(
        "ubi0 error: ubi_io_read: error -74 (ECC error) while reading 2048 bytes from PEB 17:0",
        "ubi",
        r"(?P<device>ubi[0-9]\d{0,2}) (?:error|warning)\b",
        free_reader("filesystem"),
        begins=tuple(f"ubi{digit}" for digit in range(10)),
    ),
    EvidenceForm(
        "overlayfs: failed to verify upper root origin",
        "overlayfs: ",
        r"overlayfs: (?!.{0,160}(?:falling back|ignored|undefined behavior))",
        free_reader("filesystem"),
        trouble_only=True,
        begins=("overlayfs: ",),
    ),
)
"""In the order tried."""
