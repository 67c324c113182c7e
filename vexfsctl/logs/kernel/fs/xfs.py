"""Lines of XFS (fs/xfs of Linux 4.4 to 6.18): `XFS (NAME): …`, without a word for their level.

Blocks that it prints in hex after `block` or `daddr` are in 512-byte units (`xfs_daddr_t`), of the
device that the filesystem is named by, which may be another one's if the log or the realtime part
has a device of its own. Its error numbers are positive in the older lines.
"""

import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import ANYTHING, ROUTINE, TROUBLE, EvidenceForm
from vexfsctl.logs.kernel.told import Reader, free_reader, reader
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_HEAD = r"XFS \((?P<device>[^\s)]{1,64})\): "
_SECTOR = r"(?P<sector>0x[0-9a-f]{1,16})"
_READING = re.compile(r"read|xfs_imap_to_bp")
_WRITING = re.compile(r"xlog_(?:iodone|sync|bwrite|write)|xfs_(?:bwrite|buf_io)")
"""Of the functions that XFS names where the metadata could not be read or written."""
_GOOD_NEWS = (
    r"(?i:ending |starting |(?:un|re)?mounting |delaying |quotacheck|superblock earlier|using "
    r"|version \d|will try|log s|need at least|resetting |stripe |zoned |limiting |device is about"
    r"|inode 0x|disabling |mount option|clearing |dax |experimental|totally zeroed|null uuid"
    r"|metadir |\d{1,10} zones|skipping |logbuf |sunit |max atomic|.{1,80}\boptions?\b"
    r"|.{0,80}deprecat|correcting |please mount|filesystem is marked|inode size|xfs_growfs)"
    # Of what it dumps about a transaction.
    r"|\s|(?:ticket reservation|transaction) summary|log item: |region\[|[Ss]tart (?:block|inode) "
    r"|Offset 0x|Owner 0x|fblk |write grant "
)
"""Of Linux 2.6.39 to 6.18."""


_tell = free_reader("filesystem")


def _of_metadata(match: re.Match[str]) -> KernelEvidence:
    evidence, function = _tell(match), match["function"]
    if function is None:
        return evidence
    if _READING.search(function) is not None:
        return replace(evidence, direction="read")
    if _WRITING.match(function) is not None:
        return replace(evidence, direction="write")
    return evidence


def _form(
    sample: str,
    words: str,
    significance: EvidenceSignificance = TROUBLE,
    *,
    read: Reader | None = None,
    trouble_only: bool = False,
    good_news: str = "",
) -> EvidenceForm:
    return EvidenceForm(
        sample,
        "XFS (",
        _HEAD + words,
        read or free_reader("filesystem", significance),
        trouble_only=trouble_only,
        good_news=good_news,
        begins=("XFS (",),
    )


def _old_form(sample: str, pattern: str, *begins: str, read: Reader = _tell) -> EvidenceForm:
    return EvidenceForm(sample, "", pattern, read, begins=begins)


_OLD_FORMS = (
    _old_form(
        'I/O error in filesystem ("sda2") meta-data dev sda2 block 0x1000       ("xlog_iodone")'
        " error 5 buf count 32768",
        (
            r'I/O error in filesystem \("[^"\s]{1,64}"\) meta-data dev (?P<device>[^\s]{1,64})'
            rf" block {_SECTOR}(?: {{1,16}}\(\"(?P<function>[^\"\n]{{1,80}}))?"
        ),
        "I/O error in filesystem (",
        read=_of_metadata,
    ),
    _old_form(
        "xfs_force_shutdown(sda2,0x2) called from line 956 of file fs/xfs/xfs_log.c.",
        r"xfs_force_shutdown\((?P<device>[^\s,)]{1,64}),0x",
        "xfs_force_shutdown(",
    ),
    _old_form(
        'Filesystem "sda2": Corruption of in-memory data detected.  Shutting down filesystem: sda2',
        r'Filesystem "(?P<device>[^"\s]{1,64})": (?!Disabling barriers)',
        "Filesystem ",
    ),
    _old_form(
        "XFS internal error XFS_WANT_CORRUPTED_GOTO at line 1546 of file fs/xfs/xfs_alloc.c.",
        r"XFS(?: internal error |: (?:Internal error |log mount|failed to|bad |failed ))",
        *(
            "XFS internal error ",
            "XFS: Internal error ",
            "XFS: log mount",
            "XFS: failed ",
            "XFS: bad ",
        ),
    ),
    _old_form(
        "Please umount the filesystem, and rectify the problem(s)",
        r"Please umount the filesystem, and rectify the problem\(s\)",
        "Please umount the filesystem, and",
    ),
)
"""Of Linux up to 2.6.38, which had no head of its own."""

XFS_FORMS = (
    _form(
        'XFS (loop0): metadata I/O error in "xfs_imap_to_bp+0x5c/0xe0" at daddr 0x80 len 32'
        " error 5",
        (
            r"(?:metadata I/O error in (?:\"(?P<function>[^\"+\s]{1,80}))?"
            r"|log recovery (?P<direction>read|write) I/O error)"
        ),
        read=_of_metadata,
    ),
    _form(
        # Up to 4.17: the function stands after the block.
        'XFS (dm-1): metadata I/O error: block 0x1d2c0cf0 ("xfs_trans_read_buf_map") error 5'
        " numblks 32",
        rf"metadata I/O error: block {_SECTOR} (?:\(\"(?P<function>[^\"\n]{{1,80}}))?",
        read=_of_metadata,
    ),
    _form(
        "XFS (dm-1): Metadata corruption detected at xfs_agf_read_verify+0x70/0x120 [xfs],"
        " xfs_agf block 0x1",
        rf"Metadata (?:corruption|CRC error) detected at .{{1,160}}? block {_SECTOR}\b",
    ),
    _form(
        "XFS (sdb1): Failing async write on buffer block 0x7fffffff0. Retrying async write.",
        rf"[Ff]ailing async write on buffer block {_SECTOR}",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        "XFS (sdb1): Corruption Alert: Buffer at daddr 0x80 had permanent write failures!",
        r"Corruption Alert: Buffer at daddr ",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        # 4.18 to 5.4; what stands in its place since then is a line of iomap.
        "XFS (sdb1): writeback error on sector 4096",
        r"writeback error on sector (?P<sector>\d{1,20})",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        "XFS (sdb1): page discard on page 00000000c0ffee00, inode 0x83, pos 8192.",
        r"page discard on page ",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        "XFS (dm-3): log I/O error -5",
        r"log I/O error",
        read=free_reader("filesystem", direction="write"),
    ),
    _form(
        # What a mount of a damaged or foreign filesystem, a full one, or an operator gets told.
        "XFS (dm-0): EXPERIMENTAL online scrub feature in use. Use at your own risk!",
        (
            r"(?:EXPERIMENTAL|DAX |Deprecated |attr2 mount option is|\w{1,20} mount option is"
            r" deprecated|mounting with \"discard\"|Mounting V\d|Delaying log recovery"
            r"|Test dummy|Ending recovery|Starting recovery|Ending clean mount|Unmounting "
            r"|Using (?:a more recent|experimental)|Quotacheck (?:needed|: Done)|Quotacheck: Done"
            r"|Will try to correct with)"
        ),
        ROUTINE,
        trouble_only=True,
    ),
    _form(
        "XFS (dm-2): Please unmount the filesystem and rectify the problem(s)",
        (
            r"(?:Please (?:unmount|free space|run xfs_repair|umount)|Unmount and run xfs_repair"
            r"|User initiated shutdown|Uncorrected metadata|Internal error "
            r"|xfs_do_force_shutdown|xfs_force_shutdown|possible memory allocation deadlock"
            r"|Bad |bad |Corrupt|corrupt|.{0,80}\bmismatch|.{0,120}\brun xfs_repair)"
        ),
    ),
    _form(
        "XFS (dm-2): Metadata I/O Error (0x1) detected at xfs_trans_read_buf_map+0x15c/0x2f0 [xfs]"
        " (fs/xfs/xfs_trans_buf.c:296).  Shutting down filesystem.",
        "",
        trouble_only=True,
        good_news=_GOOD_NEWS,
    ),
    *_OLD_FORMS,
    EvidenceForm(
        # A kernel built for debugging; the condition has numbers and names of its own.
        "XFS: Assertion failed: fs_is_ok, file: fs/xfs/libxfs/xfs_rmap.c, line: 98",
        "XFS: Assertion failed",
        r"XFS(?: \((?P<device>[^\s):]{1,64})\))?: Assertion failed: ",
        reader("filesystem"),
        begins=("XFS: Assertion failed", "XFS ("),
    ),
    EvidenceForm(
        # Of iomap, for XFS and others that use it (fs/iomap/buffered-io.c since 5.5).
        "loop0: writeback error on inode 131, offset 0, sector 448",
        "writeback error on inode ",
        r"(?P<device>[\w!.+-]{1,64}): writeback error on inode \d{1,20}, offset -?\d{1,20}, sector"
        r" (?P<sector>\d{1,20})",
        free_reader("filesystem", direction="write"),
        begins=(f"{ANYTHING}: writeback error on inode ",),
    ),
)
"""In the order tried."""
