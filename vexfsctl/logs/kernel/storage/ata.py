"""Lines of libata (drivers/ata/libata-*.c, Linux 2.6.32 to 6.12).

`ata2` is a port, `ata2.00` a device on it; the log of a host says which disk that is. What an
error register becomes is said by `ata_to_sense_error` in libata-scsi.c.
"""

import errno
import re

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.storage.ide import BIT_ERRNOS
from vexfsctl.logs.kernel.storage.scsi_results import key_errno, sense_key
from vexfsctl.logs.kernel.told import find_errno, reader
from vexfsctl.model.events import KernelEvidence

_BEGINS = ("ata",)
_ATA = r"(?P<device>ata\d{1,4}(?:\.\d{1,4})?)(?: \(slot \d{1,3}\))?: "
"""Synology's kernel says in which slot of its case the disk is."""
_BITS = r"\{(?P<bits>[ \w-]{0,120})\}"

_COMMANDS = (
    ("READ", "read"),
    ("WRITE", "write"),
    ("FLUSH", "flush"),
    ("DATA SET MANAGEMENT", "discard"),
    ("SEND FPDMA", "discard"),
)
"""How the names of commands begin that move data, and where it goes (ACS-3)."""
_NO_DATA = re.compile(r"(?:READ|WRITE) (?:LOG|BUFFER|MULTIPLE MODE|NATIVE)")
_READING = {0x20, 0x24, 0x25, 0x29, 0x40, 0x42, 0x60, 0xC4, 0xC8}
_WRITING = {0x30, 0x34, 0x35, 0x39, 0x3D, 0x61, 0xC5, 0xCA, 0xCE}
_FLUSHING = {0xE7, 0xEA}
_DISCARDING = {0x06, 0x64}
"""Operation codes of the same (ACS-3)."""
_LBA_OF_48_BITS = {0x24, 0x25, 0x29, 0x34, 0x35, 0x39, 0x3D, 0x42, 0x60, 0x61, 0xCE}
_ERRNOS = (("UNC", errno.ENODATA), ("AMNF", errno.ENODATA), ("IDNF", errno.EREMOTEIO),
           ("ICRC", errno.EIO), ("ABRT", errno.EIO))  # fmt: skip
"""What a bit of the error register ends as: an unreadable sector, none of that number, the rest."""
_CAUSES = {"media error": errno.ENODATA, "timeout": errno.ETIMEDOUT}
"""Words of `ata_err_string` for what went wrong with a command, where that is an errno."""
_CAUSE = re.compile(r"\bEmask 0[x\u00d7][0-9a-f]+ \(([\w ]{1,40})\)")
_QUIET_SERRORS = {"RecovData", "RecovComm"}


def _direction_of(code: int) -> str | None:
    ways = {"read": _READING, "write": _WRITING, "flush": _FLUSHING, "discard": _DISCARDING}
    return next((direction for direction, codes in ways.items() if code in codes), None)


def _read_failed_command(match: re.Match[str]) -> KernelEvidence:
    name = match["command"]
    known = (
        [] if _NO_DATA.match(name) else [way for word, way in _COMMANDS if name.startswith(word)]
    )
    return KernelEvidence(kind="ata", device=match["device"], direction=next(iter(known), None))


def _read_taskfile(match: re.Match[str]) -> KernelEvidence:
    registers = bytes.fromhex(match["registers"].replace("/", "").replace(":", ""))
    code, low, high = registers[0], registers[3:6], registers[8:11]
    direction, lba = _direction_of(code), None
    if direction in ("read", "write"):
        # Of an LBA of 28 bits, the highest four are in the device register.
        top = high if code in _LBA_OF_48_BITS else bytes([registers[11] & 0xF])
        lba = int.from_bytes(low + top, "little")
    cause = _CAUSE.search(match.string)
    return KernelEvidence(
        kind="ata",
        device=match["device"],
        direction=direction or {"in": "read", "out": "write"}.get(match["way"] or ""),
        errno=None if cause is None else _CAUSES.get(cause[1]),
        lba=lba,
    )


def _read_error_bits(match: re.Match[str]) -> KernelEvidence:
    bits = match["bits"].split()
    number = next((number for bit, number in _ERRNOS if bit in bits), None)
    return KernelEvidence(kind="ata", device=match["device"], errno=number)


def _read_serror(match: re.Match[str]) -> KernelEvidence:
    recovered = set(match["bits"].split()) <= _QUIET_SERRORS
    return reader("ata", significance=REPAIR)(match) if recovered else reader("ata")(match)


def _read_result(match: re.Match[str]) -> KernelEvidence:
    return KernelEvidence(kind="ata", errno=_CAUSES.get(match["cause"]))


def _read_translated(match: re.Match[str]) -> KernelEvidence:
    key = sense_key(match["key"])
    return KernelEvidence(kind="ata", device=match["device"], errno=key_errno(key))


def _read_named_bits(match: re.Match[str]) -> KernelEvidence:
    number = next((BIT_ERRNOS[bit] for bit in match["bits"].split() if bit in BIT_ERRNOS), None)
    return KernelEvidence(kind="ata", device=match["device"], errno=number or errno.EIO)


def _read_tag(match: re.Match[str]) -> KernelEvidence:
    direction = _direction_of(int(match["code"], 16))
    told = reader("ata", errno=_CAUSES.get(match["cause"]), direction=direction)
    return told(match)


def _read_timeout(match: re.Match[str]) -> KernelEvidence:
    told = reader("ata", errno=errno.ETIMEDOUT, direction=_direction_of(int(match["code"], 16)))
    return told(match)


def _read_free(match: re.Match[str]) -> KernelEvidence:
    # What it does is free text: a word for a direction is about its own commands, not a request's.
    return KernelEvidence(kind="ata", device=match["device"], errno=find_errno(match.string))


_REGISTERS = r"(?P<registers>[0-9a-f]{2}(?:/[0-9a-f]{2}(?::[0-9a-f]{2}){4}){2}/[0-9a-f]{2})"

ATA_FORMS = (
    EvidenceForm(
        "ata1.00: failed command: READ DMA EXT",
        "failed command: ",
        rf"{_ATA}failed command: (?P<command>[A-Z][\w ()/-]{{1,60}})",
        _read_failed_command,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1.00: cmd 25/00:08:00:10:00/00:00:00:00:00/e0 tag 0 dma 4096 in",
        ": cmd ",
        rf"{_ATA}cmd {_REGISTERS}(?: tag \d{{1,3}})?(?:.{{1,40}}? (?P<way>in|out)\b)?",
        _read_taskfile,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "         res 51/40:08:00:10:00/00:00:00:00:00/e0 Emask 0x9 (media error)",
        "res ",
        (
            r"(?: {9})?res [0-9a-f]{2}/[0-9a-f]{2}:[0-9a-f:/]{10,50} Emask 0[x\u00d7][0-9a-f]+"
            r" \((?P<cause>[\w ]{1,40})\)"
        ),
        _read_result,
        begins=(" " * 9 + "res ", "res "),
    ),
    EvidenceForm(
        "ata1.00: error: { UNC }",
        "error: {",
        rf"{_ATA}error: {_BITS}",
        _read_error_bits,
        begins=_BEGINS,
    ),
    EvidenceForm(
        # Up to 6.1.
        "ata1: translated ATA stat/err 0x51/40 to SCSI SK/ASC/ASCQ 0x3/11/04",
        "translated ATA ",
        (
            rf"{_ATA}translated ATA stat/err 0x[0-9a-f]{{1,2}}/[0-9a-f]{{1,2}} to SCSI"
            r" SK/ASC/ASCQ (?P<key>0x[0-9a-f])/"
        ),
        _read_translated,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1: error=0x40 { UncorrectableError }",
        "error=0x",
        rf"{_ATA}error=0x[0-9a-f]{{1,2}} {_BITS}",
        _read_named_bits,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1: command 0x25 timeout, stat 0x50 host_stat 0x24",
        " timeout, stat ",
        rf"{_ATA}command (?P<code>0x[0-9a-f]{{1,2}}) timeout, stat ",
        _read_timeout,
        begins=_BEGINS,
    ),
    EvidenceForm(
        # Up to 2.6.20.
        "ata1.00: tag 0 cmd 0xca Emask 0x4 stat 0x40 err 0x0 (timeout)",
        " cmd 0x",
        (
            rf"{_ATA}tag \d{{1,3}} cmd (?P<code>0x[0-9a-f]{{1,2}}) Emask 0x[0-9a-f]+ stat "
            r"0x[0-9a-f]{1,2} err 0x[0-9a-f]{1,2} \((?P<cause>[\w ]{1,40})\)"
        ),
        _read_tag,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1: SError: { RecovData UnrecovData HostInt 10B8B BadCRC }",
        "SError: {",
        rf"{_ATA}SError: {_BITS}",
        _read_serror,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1.00: qc timeout after 5000 msecs (cmd 0xec)",
        "qc timeout",
        rf"{_ATA}qc timeout",
        reader("ata", errno=errno.ETIMEDOUT),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)",
        "ata",
        # A link is down wherever no disk is: only what else is said tells of trouble.
        (
            rf"{_ATA}(?:SATA link (?:up|down)|EH complete|configured for [A-Z]|applying "
            r"|retrying FLUSH)"
        ),
        reader("ata", significance=ROUTINE),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1: link resume succeeded after 2 retries",
        "link resume succeeded",
        rf"{_ATA}link resume succeeded",
        reader("ata", significance=REPAIR),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1.00: detaching (SCSI 0:0:0:0)",
        "detaching (SCSI ",
        rf"{_ATA}detaching \(SCSI (?P<member>[\d:]{{1,40}})\)",
        reader("ata", errno=errno.ENODEV),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1.00: exception Emask 0x0 SAct 0x8000 SErr 0x0 action 0x0",
        "ata",
        (
            rf"{_ATA}(?:exception Emask|status: \{{|error: |SError: "
            r"|(?:hard|soft) resetting (?:link|port)"
            r"|device reported invalid|limiting (?:SATA link )?speed|irq_stat 0x|\(irq_stat 0x"
            r"|disabl|(?:link|port) is slow to respond|NCQ disabled|EH pending|hotplug"
            r"|lost interrupt|device not ready|fault or invalid emulation"
            r"|(?:class|n_sectors|model number|serial number|Port Multiplier \w+) mismatch"
            r"|Drive reports diagnostics failure|SERROR|BMDMA2? stat|port_status 0x|edma_err|CPB"
            r"|spurious|illegal qc_active|HSM violation|UNIT ATTENTION persists"
            r"|sense data available but|giving up|forcing)"
        ),
        _read_free,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ata1.00: revalidation failed (errno=-5)",
        "ata",
        (
            rf"{_ATA}.{{0,120}}?\b(?i:fail(?:ed|ure|s)?|errors?|timed out|timeout|giving up|unable"
            r"|frozen|rejected|broken|mismatch|reported inactive)\b"
        ),
        _read_free,
        begins=_BEGINS,
    ),
)
"""In the order tried."""
