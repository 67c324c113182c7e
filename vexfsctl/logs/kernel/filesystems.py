"""Lines of the rest of the kernel about a device: evidence, never VexFS errors.

One declaration for each form, with the sample it was made from (Linux 6.18, 6.1); the wording of
the block layer is that of `blk_errors[]` in block/blk-core.c.
"""

import errno
import re
from dataclasses import replace

from vexfsctl.logs.kernel.devices import DEVICE_FORMS
from vexfsctl.logs.kernel.form import ANYTHING, EvidenceForm, reader
from vexfsctl.logs.kernel.prefixes import without_prefix
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import KERNEL_FACILITY, LogRecord

__all__ = ["BLOCK_ERRORS", "EVIDENCE_FORMS", "EvidenceForm", "parse_evidence"]

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
    "device offline error": errno.ENODEV,
    "nonblocking retry error": errno.EAGAIN,
    "device resource error": errno.EBUSY,
}
"""The block layer's words for the errno a request ended with."""
_BLOCK_FUNCTIONS = ("blk_update_request: ", "print_req_error: ")
"""What stood before them up to Linux 5.16."""

_LEAST_LEVEL = 4
_TROUBLE = re.compile(
    r"\b(errors?(?!=)|fail\w*|corrupt\w*|abort\w*|lost|unable|rectify)\b|read-?only|shut ?down",
    re.IGNORECASE,
)
# Negative, or after "len N": ext4's "I/O error 10" is a block-layer status, not an errno.
_ERRNO = re.compile(r"(?:\berrno=-|\berror -|\blen \d+ error |: -)(\d{1,3})\b")
# Block devices by number, others by bus and name; a log cannot tell which name a number had.
_NAMED = re.compile(r"(?:b|\+)(?P<device>[\w:.+-]{1,80})")
_DADDR = re.compile(r"\bdaddr 0x([0-9a-f]{1,16})\b")
_CUT = ">"
"""What less -S and journalctl put in place of the rest of a line."""
_WRITING = re.compile(r"\bwriting\b|\bwriteback\b|\bwrite_all_supers\b|\bwhile writing\b")


def parse_evidence(record: LogRecord) -> KernelEvidence | None:
    """Return what a kernel line says about a device; None for every other line.

    A line that user space wrote into the kernel log is not evidence, whatever it says. The device
    is the kernel's name for it; where only the metadata of the record names one, it is what that
    has: `7:0` for a block device, `scsi:0:0:0:0` for another.
    """
    if record.facility not in (None, KERNEL_FACILITY):
        return None
    text = record.text
    evidence = _evidence_in(text, record)
    if evidence is None and (inner := without_prefix(text)) is not text:
        evidence = _evidence_in(inner, record)
    return evidence


def _evidence_in(text: str, record: LogRecord) -> KernelEvidence | None:
    for mark, form in _MARKED_FORMS:
        # Most lines have no mark at all: this is the loop that a large log is read in.
        if mark not in text or (match := form.match(text)) is None:
            continue
        if not form.trouble_only or _tells_trouble(record):
            return _with_device(_without_cut(form.read(match), match), record)
    return None


def _without_cut(evidence: KernelEvidence, match: re.Match[str]) -> KernelEvidence:
    """Return *evidence* without the number that a pager cut: `sector 140083>`."""
    if not match.string.endswith(_CUT):
        return evidence
    end, groups = len(match.string) - len(_CUT), match.re.groupindex
    if "sector" in groups and match.end("sector") == end:
        evidence = replace(evidence, sector=None)
    if "errno" in groups and match.end("errno") == end:
        evidence = replace(evidence, errno=None)
    return evidence


def _with_device(evidence: KernelEvidence, record: LogRecord) -> KernelEvidence:
    """Name the device by the metadata of the record if the text does not."""
    if evidence.device is not None or not record.fields:
        return evidence
    named = dict(record.fields).get("DEVICE", "")
    match = _NAMED.fullmatch(named)
    return evidence if match is None else replace(evidence, device=match["device"])


def _tells_trouble(record: LogRecord) -> bool:
    loud = record.level is not None and record.level <= _LEAST_LEVEL
    return loud or _TROUBLE.search(record.text) is not None


def _read_block(match: re.Match[str]) -> KernelEvidence:
    direction = match["direction"]
    if direction == "WRITE" and match["segments"] == "0":
        direction = "FLUSH"  # A write without data is what a flush becomes below the filesystem.
    return KernelEvidence(
        kind="block",
        device=match["device"],
        sector=int(match["sector"]),
        direction=None if direction is None else direction.lower(),
        errno=BLOCK_ERRORS[match["wording"]],
    )


def _read_buffer(match: re.Match[str]) -> KernelEvidence:
    # "logical block N" counts blocks of a size that the line does not give.
    return KernelEvidence(kind="buffer", device=match["device"], direction=match["direction"])


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


def _read_suppressed(match: re.Match[str]) -> KernelEvidence:
    return KernelEvidence(kind="suppressed", lost=int(match["lost"]))


EVIDENCE_FORMS = (
    EvidenceForm(
        "critical medium error, dev loop0, sector 8 op 0x0:(READ) flags 0x800 phys_seg 1 prio"
        " class 2",
        "dev ",
        (
            # Up to Linux 4.20 nothing stood after the sector.
            rf"(?:{'|'.join(_BLOCK_FUNCTIONS)})?"
            rf"(?P<wording>{'|'.join(map(re.escape, BLOCK_ERRORS))}), dev (?P<device>\S+),"
            r" sector (?P<sector>\d{1,20})"
            r"(?: op 0x[0-9a-f]+:\((?P<direction>\w+)\)"
            r"(?: flags 0x[0-9a-f]+(?: phys_seg (?P<segments>\d+))?)?)?"
        ),
        _read_block,
        begins=(*(f"{wording}, dev " for wording in BLOCK_ERRORS), *_BLOCK_FUNCTIONS),
    ),
    EvidenceForm(
        "Buffer I/O error on dev loop0, logical block 768, lost async page write",
        "Buffer I/O error on dev",
        (
            r"Buffer I/O error on dev(?:ice)? (?P<device>[^\s,]+), logical block \d+"
            r"(?:, .*\b(?P<direction>read|write)\b)?"
        ),
        _read_buffer,
        begins=("Buffer I/O error on dev",),
    ),
    EvidenceForm(
        "blk_print_req_error: 18 callbacks suppressed",
        "callbacks suppressed",
        (
            r"(?:blk_\w+|print_req_error|buffer_io_error|quiet_error|EXT4-fs \w+|(?:btrfs|xfs)\w*):"
            r" (?P<lost>\d{1,18}) callbacks suppressed"
        ),
        _read_suppressed,
        begins=(
            *("blk_", "print_req_error: ", "buffer_io_error: ", "quiet_error: "),
            *("EXT4-fs ", "btrfs", "xfs"),
        ),
    ),
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
    *DEVICE_FORMS,
)
"""Every form, in the order tried."""

_MARKED_FORMS = tuple((form.mark, form) for form in EVIDENCE_FORMS)
