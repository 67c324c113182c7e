"""Lines of filesystems, in the wording of Linux 6.1 and 6.18."""

import re

from vexfsctl.logs.kernel.form import ANYTHING, EvidenceForm, reader
from vexfsctl.model.events import KernelEvidence

# Negative, or after "len N": ext4's "I/O error 10" is a block-layer status, not an errno.
_ERRNO = re.compile(r"(?:\berrno=-|\berror -|\blen \d+ error |: -)(\d{1,3})\b")
_DADDR = re.compile(r"\bdaddr 0x([0-9a-f]{1,16})\b")
_WRITING = re.compile(r"\bwriting\b|\bwriteback\b|\bwrite_all_supers\b|\bwhile writing\b")


def _read_filesystem(match: re.Match[str]) -> KernelEvidence:
    number, address = _ERRNO.search(match.string), _DADDR.search(match.string)
    return KernelEvidence(
        kind="filesystem",
        device=match["device"],
        sector=None if address is None else int(address[1], 16),
        direction="write" if _WRITING.search(match.string) else None,
        errno=None if number is None else int(number[1]),
    )


def _read_writeback(match: re.Match[str]) -> KernelEvidence:
    return KernelEvidence(
        kind="filesystem", device=match["device"], sector=int(match["sector"]), direction="write"
    )


FILESYSTEM_FORMS = (
    EvidenceForm(
        "EXT4-fs error (device loop0): htree_dirblock_to_tree:1051: inode #12: comm ls:"
        " Directory block failed checksum",
        "EXT4-fs",
        r"EXT4-fs (?:error |warning )?\((?:device )?(?P<device>[^\s):]+)\): ",
        _read_filesystem,
        trouble_only=True,
        begins=("EXT4-fs ",),
    ),
    EvidenceForm(
        "JBD2: I/O error when updating journal superblock for loop0-8.",
        # The journal is called after device and inode; only dm-N has a dash of its own.
        "JBD2: ",
        r"JBD2: .* for (?P<device>dm-\d+|[^\s.-]+)(?:-\d+)?\.?$",
        _read_filesystem,
        trouble_only=True,
        begins=("JBD2: ",),
    ),
    EvidenceForm(
        "Aborting journal on device loop0-8.",
        "Aborting journal",
        r"Aborting journal on device (?P<device>dm-\d+|[^\s.-]+)(?:-\d+)?\.?$",
        _read_filesystem,
        begins=("Aborting journal on device ",),
    ),
    EvidenceForm(
        'XFS (loop0): metadata I/O error in "xfs_imap_to_bp+0x5c/0xe0" at daddr 0x80 len 32'
        " error 5",
        "XFS (",
        r"XFS \((?P<device>[^\s)]+)\): ",
        _read_filesystem,
        trouble_only=True,
        begins=("XFS (",),
    ),
    EvidenceForm(
        "BTRFS error (device loop0 state EA): Transaction aborted (error -5)",
        "BTRFS",
        r"BTRFS:? (?:\w+ )?\(device (?P<device>[^\s)]+)(?: state \w+)?\)",
        _read_filesystem,
        trouble_only=True,
        begins=("BTRFS",),
    ),
    EvidenceForm(
        "loop0: writeback error on inode 131, offset 0, sector 448",
        "writeback error",
        (
            r"(?P<device>\S+): writeback error on inode \d+, offset \d+,"
            r" sector (?P<sector>\d{1,20})"
        ),
        _read_writeback,
        begins=(f"{ANYTHING}: writeback error on inode ",),
    ),
    EvidenceForm(
        "INFO: task fio:4242 blocked for more than 120 seconds.",
        "blocked for more than",
        r"INFO: task .+:\d+ blocked for more than \d+ seconds",
        reader("hung_task"),
        begins=("INFO: task ",),
    ),
)
"""In the order tried."""
