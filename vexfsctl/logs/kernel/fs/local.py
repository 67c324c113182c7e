"""Lines of the other filesystems of a block device: one form for each way of beginning a line.

F2FS, FAT, exFAT, NTFS, UDF, ISO 9660, SquashFS, EROFS, NILFS, JFS, ReiserFS, HFS, bcachefs, and
what the kernel says of any of them (fs/verity, fs/super.c). Linux 5.10 to 6.18.
"""

from vexfsctl.logs.kernel.form import ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import DEVICE, free_reader

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
            rf"(?:{_NAME}):? \((?:device )?{DEVICE}\): (?:recover fsync data on readonly"
            r"|Volume was not properly unmounted|[Mm]ounted |utf8 is not a recommended"
            r"|Magic Mismatch, |Can't find a valid FAT filesystem|orphan cleanup on readonly"
            r"|recovery required for readonly|write access unavailable, skipping "
            r"|skip recovering inline_dots|Skip to start discard thread|build fault injection"
            r"|(?:DAX )?unsupported .{0,40}DAX)"
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
        # Of FAT up to 2.6.3x; what is wrong stands on a line of its own.
        "FAT: Filesystem error (dev loop0)",
        "FAT: ",
        (
            rf"FAT: (?:Filesystem (?:error|panic) \(dev {DEVICE}\)"
            r"|(?:FAT read failed|bogus |invalid media|unable to read|Directory bread"
            r"|bread failed|Filesystem has been set read-only))"
        ),
        free_reader("filesystem"),
        begins=("FAT: ",),
    ),
    EvidenceForm(
        "fat_get_cluster: invalid cluster chain (i_pos 0)",
        "fat_",
        r"fat_\w{1,40}: (?:invalid|deleting) ",
        free_reader("filesystem"),
        begins=("fat_",),
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
        "overlayfs: failed to verify upper root origin",
        "overlayfs: ",
        r"overlayfs: (?!.{0,160}(?:falling back|ignored|undefined behavior))",
        free_reader("filesystem"),
        trouble_only=True,
        begins=("overlayfs: ",),
    ),
)
"""In the order tried."""
