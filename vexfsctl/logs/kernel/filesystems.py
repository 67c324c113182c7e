"""Lines of the rest of the kernel about a device: evidence, never VexFS errors.

One declaration for each form, with the sample it was made from (Linux 6.18, 6.1); the wording of
the block layer is that of `blk_errors[]` in block/blk-core.c.
"""

import errno
import re
from dataclasses import replace

from vexfsctl.logs.kernel.devices import DEVICE_FORMS
from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.fs import FS_FORMS
from vexfsctl.logs.kernel.system import SYSTEM_FORMS
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
    r"\b(?:errors?(?!=)|fail\w*|corrupt\w*|abort\w*|lost|unable|rectify|invalid|inconsisten\w*"
    r"|mismatch\w*|wrong|bad|damaged|timed? ?out|time-?outs?|not responding|panic|hung|stopped"
    r"|fsck|xfs_repair|cannot|can't|violat\w*|uncorrect\w*|unrecover\w*|dead|missing|offline\w*"
    r"|fault(?:ed|y)?|reject\w*|unexpected|withdraw\w*|fatal|unavailable|broken"
    r")\b|read-?only|shut ?down",
    re.IGNORECASE,
)
# Block devices by number, others by bus and name; a log cannot tell which name a number had.
_NAMED = re.compile(r"(?:b|\+)(?P<device>[\w:.+-]{1,80})")


def parse_evidence(record: LogRecord) -> KernelEvidence | None:
    """Return what a kernel line says about a device; None for every other line.

    A line that user space wrote into the kernel log is not evidence, whatever it says. The device
    is the kernel's name for it; where only the metadata of the record names one, it is what that
    has: `7:0` for a block device, `scsi:0:0:0:0` for another.
    """
    if record.facility not in (None, KERNEL_FACILITY):
        return None
    text = record.text
    for mark, form in _MARKED_FORMS:
        # Most lines have no mark at all: this is the loop that a large log is read in.
        if mark not in text or (match := form.match(text)) is None:
            continue
        if not form.trouble_only or _tells_trouble(record):
            return _with_device(form.read(match), record)
    return None


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
    *FS_FORMS,
    *SYSTEM_FORMS,
    *DEVICE_FORMS,
)
"""Every form, in the order tried."""

_MARKED_FORMS = tuple((form.mark, form) for form in EVIDENCE_FORMS)
