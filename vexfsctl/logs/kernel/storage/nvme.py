"""Lines of the NVMe driver, for PCI and for fabrics (drivers/nvme/host, Linux 4.4 to 6.12).

The controller is `nvme0`, the namespace `nvme0n1`. What becomes of a status is said by
`nvme_error_status` (core.c); statuses and commands are those of the NVM Express specification 2.0.
"""

import errno
import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import find_errno, reader
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_BEGINS = ("nvme nvme",)
_NVME = r"nvme (?P<device>nvme\d{1,4}(?:c\d{1,4})?(?:n\d{1,4})?): "
_PCI_BEGINS = ("nvme 0", "nvme 1")
_PCI = r"(?P<device>[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])"
_NAMESPACE = r"(?P<device>nvme\d{1,4}(?:c\d{1,4})?n\d{1,4})"
_STATUS = r"\(sct (?P<type>0x[0-9a-f]{1,2}) / sc (?P<code>0x[0-9a-f]{1,2})\)"

_COMMANDS = {0x00: "flush", 0x01: "write", 0x02: "read", 0x05: "read", 0x08: "write_zeroes",
             0x09: "discard", 0x0C: "read", 0x7D: "write"}  # fmt: skip
"""Direction by operation code of an I/O command."""
_ERRNOS = {
    number: becomes
    for becomes, numbers in {
        errno.ENOSPC: (0x081,),
        errno.EREMOTEIO: (0x080, 0x082, 0x021),
        errno.EOPNOTSUPP: (0x001, 0x002, 0x00B, 0x180),
        errno.ENODATA: (0x182, 0x280, 0x281, 0x285, 0x286, 0x287),
        errno.EILSEQ: (0x181, 0x282, 0x283, 0x284),
        errno.EBADE: (0x083,),
        errno.ENOLINK: (0x370,),
        errno.ETOOMANYREFS: (0x1BE,),
        errno.EOVERFLOW: (0x1BD,),
    }.items()
    for number in numbers
}
"""By status: its type in the byte above its code. All others are EIO."""
_UNSUPPORTED = {0x001, 0x002, 0x00B, 0x109}
"""What a controller answers that does not know a command, field, namespace or log page."""


def _status_of(match: re.Match[str]) -> int:
    return int(match["type"], 16) << 8 | int(match["code"], 16)


def _read_status(match: re.Match[str]) -> KernelEvidence:
    return KernelEvidence(
        kind="nvme",
        device=match["device"],
        direction=_COMMANDS.get(int(match["opcode"], 16)),
        errno=_ERRNOS.get(_status_of(match), errno.EIO),
        lba=int(match["lba"]),
    )


def _read_admin_status(match: re.Match[str]) -> KernelEvidence:
    # The driver asks for features that a controller may lack.
    status = _status_of(match)
    quiet = status in _UNSUPPORTED
    return KernelEvidence(
        kind="nvme",
        device=match["device"],
        errno=_ERRNOS.get(status, errno.EIO),
        significance=EvidenceSignificance.ROUTINE if quiet else EvidenceSignificance.TROUBLE,
    )


def _read_timeout(match: re.Match[str]) -> KernelEvidence:
    if match["polled"]:
        # The command had ended well: only its interrupt was lost.
        return reader("nvme", significance=REPAIR)(match)
    opcode = match["opcode"] or (match["of_queue"] if match["queue"] != "0" else None)
    known = None if opcode is None else _COMMANDS.get(int(opcode, 16))
    told = reader("nvme", errno=errno.ETIMEDOUT, direction=known)
    return told(match)


def _read_free(match: re.Match[str]) -> KernelEvidence:
    # A word for a direction is about what the driver does itself: "PCI_STATUS read failed".
    return replace(reader("nvme")(match), errno=find_errno(match.string))


NVME_FORMS = (
    EvidenceForm(
        "nvme nvme0: I/O tag 12 (100c) opcode 0x2 (Read) QID 3 timeout, aborting req_op:READ(0)"
        " size:4096",
        "timeout",
        (
            # The admin queue is 0: the numbers of its commands mean something else.
            rf"{_NVME}(?:I/O (?:tag )?\d+ (?:\([0-9a-f]{{4}}\) )?(?:type \d+ )?"
            r"|queue (?P<queue>\d+): (?=timeout ))"
            r"(?:opcode (?P<opcode>0x[0-9a-f]+) (?:\([\w /-]{1,40}\) )?(?=QID [1-9]))?"
            r".{0,80}?timeout(?P<polled>, completion polled)?"
            r"(?: cid 0x[0-9a-f]+ type \d+ opcode (?P<of_queue>0x[0-9a-f]+))?"
            r"(?:.{1,80}req_op:(?P<direction>READ|WRITE|FLUSH|DISCARD|WRITE_ZEROES))?"
        ),
        _read_timeout,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "nvme0n1: Read(0x2) @ LBA 4096, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) DNR",
        " @ LBA ",
        # An LBA counts blocks of the namespace's own size, which the line does not give.
        (
            rf"{_NAMESPACE}: [\w /-]{{1,60}}\((?P<opcode>0x[0-9a-f]{{1,2}})\) @ LBA "
            rf"(?P<lba>\d{{1,20}}), \d{{1,20}} blocks, .{{1,80}}?{_STATUS}"
        ),
        _read_status,
        begins=("nvme",),
    ),
    EvidenceForm(
        "nvme0: Get Log Page(0x2), Invalid Field in Command (sct 0x0 / sc 0x2) DNR",
        "(sct 0x",
        rf"(?P<device>nvme\d{{1,4}}(?:c\d{{1,4}})?(?:n\d{{1,4}})?): .{{1,160}}?{_STATUS}",
        _read_admin_status,
        begins=("nvme",),
    ),
    EvidenceForm(
        "nvme nvme0: Successfully reconnected (attempt 1/60)",
        "nvme",
        (
            rf"{_NVME}(?i:Successfully reconnected|controller reset completed|restart after slot"
            r" reset|NVME-FC\{\d+\}: (?:connectivity re-established|controller connect complete))"
        ),
        reader("nvme", significance=REPAIR),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "nvme nvme0: rescanning namespaces.",
        "nvme",
        (
            # What old or cheap controllers lack, or have too much of; the driver goes on.
            rf"{_NVME}(?:rescanning namespaces|Removing ctrl: NQN|qid \d+: authenticated"
            r"|missing or invalid SUBNQN|could not set timestamp|Ignoring bogus Namespace"
            r"|Found shared namespace|IO queue depth clamped|.{1,60}, clamping down"
            r"|controller capabilities changed)"
        ),
        reader("nvme", significance=ROUTINE),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "nvme nvme0: Removing after probe failure status: -19",
        "nvme",
        (
            rf"{_NVME}(?i:controller is down|Abort status: |Device not ready; aborting"
            r"|Removing after probe failure|.{0,60}state error detected|reset(?:ting)? controller"
            r"|failed to set APST|Disabling device after reset failure|Device shutdown incomplete"
            r"|Does your device have a faulty|failed nvme_keep_alive|starting error recovery"
            r"|Failed reconnect|Reconnecting in|Removing controller|failfast expired|keep-alive"
            r"|Identify .{0,30}failed|Could not set queue count|IO queues (?:lost|not created)"
            r"|async event result|identifiers changed|NVME-FC\{\d+\}: (?:controller connectivity"
            r" lost|resetting|transport|io |error_recovery|reconnect|dev_loss|create_assoc)"
            r"|long keepalive|Fw activation timeout|Property [GS]et error)"
        ),
        _read_free,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "nvme nvme0: failed to connect socket: -111",
        "nvme",
        (
            rf"{_NVME}(?!Shutdown timeout set).{{0,120}}?\b(?i:errors?"
            r"|fail(?:ed|ure)?|timeout|timed out|unable|malformed"
            r"|unexpected|not ready|got bad|short data-in|Max reconnect attempts|rejected"
            r"|rejecting|lost|mismatch|invalid id|crashed|did not boot|C2HTermReq|exceeded"
            r"|duplicate IDs?|Duplicate|IDs don't match|may cause data corruption)\b"
        ),
        _read_free,
        begins=_BEGINS,
    ),
    EvidenceForm(
        # Up to 4.3, which called it by its address.
        "nvme 0000:01:00.0: I/O 12 QID 3 timeout, aborting",
        "nvme ",
        (
            rf"nvme {_PCI}: (?:I/O \d{{1,6}} QID \d{{1,5}} timeout|Cancelling I/O"
            r"|timeout (?:I/O|command))"
        ),
        reader("nvme", errno=errno.ETIMEDOUT),
        begins=_PCI_BEGINS,
    ),
    EvidenceForm(
        "nvme 0000:01:00.0: Failed status: 3, reset controller",
        "nvme ",
        (
            rf"nvme {_PCI}: (?:Failed status: |Device (?:not ready|failed|shutdown incomplete)"
            r"|Could not set queue count|I/O error|Abort status|(?:failed|unable) to )"
        ),
        _read_free,
        begins=_PCI_BEGINS,
    ),
    EvidenceForm(
        # Of RDMA, which does not say what connection this is.
        "nvme_rdma: PI error found type 0 expected 0x1f vs actual 0x2f",
        "PI error found",
        r"nvme_rdma: PI error found ",
        reader("nvme", errno=errno.EILSEQ),
        begins=("nvme_rdma: ",),
    ),
    EvidenceForm(
        "block nvme0n1: no usable path - requeuing I/O",
        " path - ",
        rf"block {_NAMESPACE}: no (?:usable|available) path - ",
        reader("nvme", errno=errno.ENOLINK),
        begins=("block nvme",),
    ),
    EvidenceForm(
        "nvme 0000:01:00.0: probe with driver nvme failed with error -5",
        "nvme",
        (
            rf"nvme(?:: probe of)? {_PCI}"
            r"(?: failed|: probe .{0,40}failed) with error -(?P<errno>\d{1,3})"
        ),
        reader("nvme"),
        begins=(*_PCI_BEGINS, "nvme: probe of "),
    ),
)
"""In the order tried."""
