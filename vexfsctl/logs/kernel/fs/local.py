"""Lines of the other filesystems of a block device: one form for each way of beginning a line.

F2FS, UDF, ISO 9660, SquashFS, EROFS, NILFS, JFS, ReiserFS, HFS, bcachefs, and
what the kernel says of any of them (fs/verity, fs/super.c). Linux 5.10 to 6.18.
"""

from vexfsctl.logs.kernel.form import ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import DEVICE, free_reader, reader

_NAMES = (
    *("F2FS-fs", "bcachefs", "erofs", "SQUASHFS", "UBIFS", "NILFS"),
    *("NILFS2", "NTFS-fs", "UDF-fs", "REISERFS", "ReiserFS", "JFS", "hfs", "hfsplus"),
    *("AFFS", "MINIX-fs", "GFS2", "ufs", "SYSV", "ADFS-fs", "QNX6", "BeFS", "befs"),
)
_LOUD = r"(?:critical|error|warning|ERROR|WARNING)"
_NAME = "|".join(_NAMES)
_BEGINS = (
    *(f"{name} " for name in _NAMES),
    *(f"{name}: " for name in _NAMES),
    "squashfs: ",
)

LOCAL_FORMS = (
    EvidenceForm(
        "F2FS-fs (sda1): recover fsync data on readonly fs",
        " (",
        (
            rf"(?:{_NAME}):? \((?:device )?{DEVICE}\): (?:recover fsync data on readonly"
            # Who mounts without saying of what type it is tries this one, too.
            r"|[Mm]ounted |Magic Mismatch, |Can't find valid F2FS filesystem"
            r"|orphan cleanup on readonly"
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
        # Up to 6.16; of errors alone it says which function found them.
        "erofs: (device loop0): erofs_read_superblock: blkszbits 14 isn't supported",
        "erofs: (device ",
        rf"erofs: \(device {DEVICE}\): [a-z_]\w{{1,60}}: ",
        free_reader("filesystem"),
        begins=("erofs: (device ",),
    ),
    EvidenceForm(
        "F2FS-fs (loop0): Remounting filesystem read-only",
        "(",
        (
            rf"(?:{_NAME}):? (?:\w{{1,24}}:? )?\((?:device )?(?P<device>[^\s):,]{{1,64}})"
            r"[^)\n]{0,160}\):? "
        ),
        free_reader("filesystem"),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "hfsplus: sdb1: unable to read volume bitmap",
        ": ",
        r"(?:ReiserFS|hfs|hfsplus): (?P<device>[a-z][\w!-]{1,40}): ",
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
        # What the boot loader called it, which may be no name of the kernel's (init/do_mounts.c).
        'VFS: Cannot open root device "sda1" or unknown-block(0,0): error -6',
        "Cannot open root device",
        (
            r'VFS: Cannot open root device "(?:(?:/dev/)?(?P<device>[a-z][\w!-]{0,40})"'
            r'|[^"\n]{0,200}") or [^\s:]{1,64}(?:: error -(?P<errno>\d{1,3}))?'
        ),
        reader("filesystem"),
        begins=("VFS: Cannot open root device ",),
    ),
    EvidenceForm(
        # Since 5.x, of who mounts (fs/super.c).
        "/dev/sdb1: Can't open blockdev",
        " blockdev",
        r"(?P<device>/dev/[^\s:]{1,250}): Can't (?:open|lookup) blockdev",
        reader("filesystem"),
        begins=("/dev/",),
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
