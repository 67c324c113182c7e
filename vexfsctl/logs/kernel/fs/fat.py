"""Lines of the filesystems of DOS and Windows: FAT, exFAT and NTFS.

Wording of fs/fat, fs/exfat, fs/ntfs and fs/ntfs3 in Linux 2.6.31 to 6.18, and of Samsung's module,
which Android has had in place of fs/exfat.
"""

import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import DEVICE, free_reader
from vexfsctl.model.events import KernelEvidence

_FAT = rf"(?:ex)?FAT-fs \({DEVICE}\): "
_FAT_BEGINS = ("FAT-fs ", "exFAT-fs ")
_NTFS3 = rf"ntfs3(?:: (?P<named>[a-z][\w!-]{{1,40}})|\({DEVICE}\)): "
_GOOD_NEWS = (
    r"(?i:\"|this looks like|io charset|codepage |(?:re)?mounting with|discard not supported"
    r"|utf8 is|rehashed |(?:abnormal )?access to|driver|volume version|mounted|fat_set_state"
    r"|no bootstrapping)"
)
_GOOD_NEWS_OF_NTFS = (
    r"(?:ino=[0-9a-f]{1,16}, (?:Correct links|direct |encrypted |fallocate|fiemap |mmap|read ded"
    r"|write into|activate |one can |page size|The size|looks like|repack|external )"
    r"|primary boot is updated|Skip |Different NTFS|This driver is |Link |Target )"
)


def _read_ntfs3(match: re.Match[str]) -> KernelEvidence:
    return replace(free_reader("filesystem")(match), device=match["device"] or match["named"])


def _read_samsung(match: re.Match[str]) -> KernelEvidence:
    told = free_reader("filesystem")(match)
    return replace(told, direction="read" if "sector_read" in match.string else told.direction)


FAT_FORMS = (
    EvidenceForm(
        "FAT-fs (sdb1): Volume was not properly unmounted. Some data may be corrupt. Please run"
        " fsck.",
        " (",
        (
            rf"{_FAT}(?:Volume was not properly unmounted|utf8 is not a recommended"
            r"|Can't find a valid FAT filesystem)"
        ),
        free_reader("filesystem", ROUTINE),
        begins=_FAT_BEGINS,
    ),
    EvidenceForm(
        "FAT-fs (sdb1): error, fat_get_cluster: invalid cluster chain (i_pos 0)",
        " (",
        _FAT,
        free_reader("filesystem"),
        trouble_only=True,
        good_news=_GOOD_NEWS,
        begins=_FAT_BEGINS,
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
        "[EXFAT] sector_read: out of range error! (sec = 33429809600)",
        "FAT",
        (
            r"\[(?:EXFAT|SDFAT)\](?: ?\((?P<device>[a-z][\w!-]{1,40})(?:\[\d{1,4}:\d{1,7}\])?\))?:?"
            r" ?(?:.{0,120}\(sec = (?P<sector>\d{1,20})\))?"
        ),
        _read_samsung,
        trouble_only=True,
        begins=("[EXFAT]", "[SDFAT]"),
    ),
    EvidenceForm(
        'ntfs3: sdb1: volume is dirty and "force" flag is not set!',
        "ntfs3",
        _NTFS3,
        _read_ntfs3,
        trouble_only=True,
        good_news=_GOOD_NEWS_OF_NTFS,
        begins=("ntfs3: ", "ntfs3("),
    ),
)
"""In the order tried."""
