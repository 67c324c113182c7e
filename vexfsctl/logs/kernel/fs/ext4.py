"""Lines of ext4, and of ext2 and ext3, whose filesystems it mounts too.

Wording of fs/ext4/super.c in Linux 5.10 to 6.18: `EXT4-fs error (device NAME): FUNCTION:LINE: …`,
the same with `warning`, and `EXT4-fs (NAME): …`; 6.x still has fs/ext2, 4.2 was the last to have
fs/ext3.
"""

import errno
import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import DEVICE, Reader, free_reader
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_BEGINS = tuple(f"{name}-fs " for name in ("EXT4", "EXT3", "EXT2"))
_PLAIN = rf"EXT[234]-fs \({DEVICE}\): "

DECODED = {
    "IO failure": errno.EIO,
    "Corrupt filesystem": errno.EUCLEAN,
    "Filesystem failed CRC": errno.EBADMSG,
    "Out of memory": errno.ENOMEM,
    "Journal has aborted": errno.EROFS,
    "Readonly filesystem": errno.EROFS,
}
"""Words of `ext4_decode_error` for the errno that a function ended with."""
_GOOD_NEWS = (
    r"(?i:(?:EXT\d-fs: )?(?:(?:un|re-?)?mount(?:ed|ing)\b|remounting (?:file system|fs) "
    r"|recovery complete|\d{1,10} (?:orphan|truncate)|orphan|ext\d_orphan_cleanup: |converting "
    r"|journaled quota options|quota (?:format|mode|operations)|skipping |supports |using "
    r"|barriers |dax |external journal device|mballoc|resiz(?:ed|ing) |inode #\d+: block \d+: len"
    r"|required extra inode"
    r"|ignoring |test.?dummy|encrypted files|stripe |delayed allocation|file extents|internal "
    r"journal|(?:mount )?option |mb_optimize|\(no\)|nobh |reservations |use dax|warning: mounting "
    r"with|write access will|online |changing |\w{1,40} option not supported|setting |trying to "
    r"|(?:\w{1,40}, )*bs=\d))"
    # Of what it dumps when space runs out or a list is not empty.
    r"|\d{1,20} found|(?:Block reservation|Free/Dirty block) details|Total free blocks|blocksize: "
    r"|(?:dirty_blocks|free_blocks|i_reserved_data_blocks)=|groups: |orig |pa |start |status |sb "
)
"""Of Linux 2.6.27 to 6.18."""


def _read_decoded(match: re.Match[str]) -> KernelEvidence:
    return replace(free_reader("filesystem")(match), errno=DECODED[match["words"]])


def _form(
    sample: str,
    words: str,
    significance: EvidenceSignificance = EvidenceSignificance.TROUBLE,
    *,
    read: Reader | None = None,
    head: str = _PLAIN,
) -> EvidenceForm:
    reader = read or free_reader("filesystem", significance)
    return EvidenceForm(sample, "-fs ", head + words, reader, begins=_BEGINS)


EXT4_FORMS = (
    _form(
        "EXT4-fs error (device dm-5) in __ext4_new_inode:1094: Journal has aborted",
        rf" in \w{{1,64}}(?::\d{{1,6}})?: (?P<words>{'|'.join(DECODED)})",
        head=rf"EXT[34]-fs error \(device {DEVICE}\)",
        read=_read_decoded,
    ),
    _form(
        "EXT4-fs error (device loop0): htree_dirblock_to_tree:1051: inode #12: comm ls:"
        " Directory block failed checksum",
        # What may follow a known name: its function, its line, an inode, a process.
        r"(?::| in )",
        head=rf"EXT[234]-fs (?:error|warning) \(device {DEVICE}\)",
    ),
    _form(
        "EXT4-fs (sda1): INFO: recovery required on readonly filesystem",
        r"(?:INFO: )?(?:recovery required on readonly|write access will be enabled)",
        ROUTINE,
    ),
    _form(
        # Of a time before this mount: ext4 repeats once a day what its superblock remembers.
        "EXT4-fs (sda1): initial error at time 1606316142: ext4_lookup:1700: inode 130819",
        r"(?:(?:initial|last) error at(?: time)? |error count(?: since last fsck)?: )",
        ROUTINE,
    ),
    _form(
        "EXT4-fs (sda1): warning: maximal mount count reached, running e2fsck is recommended",
        r"warning: (?:maximal mount count|checktime) reached",
        ROUTINE,
    ),
    _form(
        # The files that were deleted while open when the machine went down.
        "EXT4-fs (sda1): 3 orphan inodes deleted",
        (
            r"(?:\d{1,10} (?:orphan inodes? deleted|truncates? cleaned up)"
            r"|orphan cleanup on readonly|filesystem is read-only|mballoc: \d)"
        ),
        ROUTINE,
    ),
    _form(
        "EXT4-fs (dm-0): Delayed block allocation failed for inode 37 at logical offset 0 with"
        " max blocks 2 with error 28",
        r"Delayed block allocation failed .{0,200}with error (?P<errno>\d{1,3})",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        "EXT4-fs (dm-0): This should not happen!! Data will be lost",
        r"This should not happen!!",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        "EXT4-fs (sdb1): previous I/O error to superblock detected",
        r"previous I/O error to superblock detected",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        "EXT4-fs (sdb1): I/O error while writing superblock",
        r"I/O error while writing superblock",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        # Which it does after an error only; a remount by an operator says "re-mounted".
        "EXT4-fs (sdb1): Remounting filesystem read-only",
        r"[Rr]emounting filesystem read-only",
    ),
    _form(
        "EXT4-fs (sdb1): failed to convert unwritten extents to written extents -- potential data"
        " loss!  (inode 12, error -5)",
        r"(?:failed to convert unwritten|error restoring inline_data)",
        read=free_reader("filesystem", direction="write"),
    ),
    EvidenceForm(
        # Of ext3 and ext4 up to 2.6.3x, after a line that names the device.
        "Remounting filesystem read-only",
        "Remounting filesystem read-only",
        r"Remounting filesystem read-only\s{0,2}$",
        free_reader("filesystem"),
        begins=("Remounting filesystem read-only",),
    ),
    EvidenceForm(
        # … and before such a line.
        "ext3_abort called.",
        "_abort called",
        r"ext[34]_abort called\.",
        free_reader("filesystem"),
        begins=("ext3_abort called.", "ext4_abort called."),
    ),
    EvidenceForm(
        "EXT4-fs (sda1): warning: mounting fs with errors, running e2fsck is recommended",
        "-fs ",
        _PLAIN,
        free_reader("filesystem"),
        trouble_only=True,
        good_news=_GOOD_NEWS,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "EXT4-fs: ext4_free_inode:300: aborting transaction: IO failure in __ext4_handle_dirty",
        "-fs: ",
        r"EXT[234]-fs: ",
        free_reader("filesystem"),
        trouble_only=True,
        begins=("EXT4-fs: ", "EXT3-fs: ", "EXT2-fs: "),
    ),
    EvidenceForm(
        "EXT4-fs (device sda1): panic forced after error",
        "-fs ",
        rf"EXT[34]-fs \(device {DEVICE}\): panic forced",
        free_reader("filesystem"),
        begins=_BEGINS,
    ),
)
"""In the order tried."""
