"""What the SCSI layer makes of a result: the errno of a sense key or host byte, the parts of a CDB.

Sense keys are those of SPC, table "sense key descriptions"; commands those of SBC-4. What becomes
of them is said by `scsi_check_sense` (drivers/scsi/scsi_error.c), `scsi_result_to_blk_status` and
`scsi_io_completion_action` (drivers/scsi/scsi_lib.c), Linux 6.12; up to 6.1 a host byte said it.
"""

import errno
import re
from dataclasses import dataclass

from vexfsctl.model.events import EvidenceSignificance

_KEYS = (
    *("No Sense", "Recovered Error", "Not Ready", "Medium Error", "Hardware Error"),
    *("Illegal Request", "Unit Attention", "Data Protect", "Blank Check", "Vendor Specific"),
    *("Copy Aborted", "Aborted Command", "Equal", "Volume Overflow", "Miscompare", "Completed"),
)
"""Sense keys by number."""
_KEY_ERRNOS = {
    "Medium Error": errno.ENODATA,  # What is no unrecovered read error ends as EIO after retries.
    "Hardware Error": errno.EREMOTEIO,
    "Illegal Request": errno.EREMOTEIO,
    "Data Protect": errno.EREMOTEIO,
    "Blank Check": errno.EREMOTEIO,
    "Copy Aborted": errno.EREMOTEIO,
    "Volume Overflow": errno.EREMOTEIO,
    "Miscompare": errno.EREMOTEIO,
    "Not Ready": errno.EIO,
    "Aborted Command": errno.EIO,
}
_SIGNIFICANCES = {
    "No Sense": EvidenceSignificance.ROUTINE,
    "Recovered Error": EvidenceSignificance.REPAIR,
    "Unit Attention": EvidenceSignificance.ROUTINE,
    "Completed": EvidenceSignificance.ROUTINE,
}

_HOST_ERRNOS = {
    "DID_TRANSPORT_FAILFAST": errno.ENOLINK,
    "DID_TRANSPORT_MARGINAL": errno.ENOLINK,
    "DID_TARGET_FAILURE": errno.EREMOTEIO,
    "DID_NEXUS_FAILURE": errno.EBADE,
    "DID_ALLOC_FAILURE": errno.ENOSPC,
    "DID_MEDIUM_ERROR": errno.ENODATA,
}
_HOST_NUMBERS = {
    0x00: "DID_OK",
    0x0F: "DID_TRANSPORT_FAILFAST",
    0x10: "DID_TARGET_FAILURE",
    0x11: "DID_NEXUS_FAILURE",
    0x12: "DID_ALLOC_FAILURE",
    0x13: "DID_MEDIUM_ERROR",
    0x14: "DID_TRANSPORT_MARGINAL",
}
"""Of those whose errno is not EIO (include/scsi/scsi_status.h)."""

_COMMANDS: dict[int, tuple[str, int, int]] = {
    0x08: ("read", 1, 3),
    0x28: ("read", 2, 4),
    0xA8: ("read", 2, 4),
    0x88: ("read", 2, 8),
    0x0A: ("write", 1, 3),
    0x2A: ("write", 2, 4),
    0xAA: ("write", 2, 4),
    0x8A: ("write", 2, 8),
    0x2E: ("write", 2, 4),
    0x8E: ("write", 2, 8),
    0x2F: ("read", 2, 4),
    0x8F: ("read", 2, 8),
    0x41: ("write_zeroes", 2, 4),
    0x93: ("write_zeroes", 2, 8),
    0x35: ("flush", 0, 0),
    0x91: ("flush", 0, 0),
    0x42: ("discard", 0, 0),
}
"""Direction, place and length of the LBA by operation code; a verification reads."""
_VARIABLE_LENGTH = 0x7F
_SERVICE_ACTIONS = {0x09: "read", 0x0B: "write", 0x0D: "write_zeroes"}
"""Of commands of 32 bytes: they are printed over two lines, without their LBA in the first."""
_UNMAP = 0x08
"""The bit of a WRITE SAME that makes it a discard."""
_LBA_6_BITS = 0x1FFFFF

_NAMES = (
    (re.compile(r"read|verify", re.IGNORECASE), "read"),
    (re.compile(r"write same", re.IGNORECASE), "write_zeroes"),
    (re.compile(r"write", re.IGNORECASE), "write"),
    (re.compile(r"synchronize", re.IGNORECASE), "flush"),
    (re.compile(r"unmap", re.IGNORECASE), "discard"),
)
_NO_DATA = re.compile(r"(?:read|write)[ _]?(?:capacity|buffer|defect|toc|disc|format|long|attr)",
                      re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """What a command descriptor block asks for."""

    direction: str | None
    lba: int | None


def sense_key(text: str) -> str:
    """Return the name of a sense key that a line gives as *text*: its name, or `0x3`."""
    if text.startswith("0x"):
        number = int(text, 16)
        return _KEYS[number] if number < len(_KEYS) else text
    return text


def key_errno(key: str) -> int | None:
    """Return what a command ends with in the block layer whose sense has *key*."""
    return _KEY_ERRNOS.get(key)


def key_significance(key: str) -> EvidenceSignificance:
    """Return whether *key* tells of trouble; a unit attention only says what has happened."""
    return _SIGNIFICANCES.get(key, EvidenceSignificance.TROUBLE)


def key_of_sense(data: bytes) -> str | None:
    """Return the sense key of raw sense *data*, fixed (70h, 71h) or with descriptors (72h, 73h)."""
    if len(data) < 3:
        return None
    match data[0] & 0x7F:
        case 0x70 | 0x71:
            return _KEYS[data[2] & 0x0F]
        case 0x72 | 0x73:
            return _KEYS[data[1] & 0x0F]
        case _:
            return None


def host_errno(host_byte: str) -> int | None:
    """Return the errno of *host_byte*, `DID_NO_CONNECT` or `0x01`; None if it tells nothing."""
    if host_byte.startswith("0x"):
        host_byte = _HOST_NUMBERS.get(int(host_byte, 16), "")
    if host_byte in ("DID_OK", "invalid"):
        return None
    return _HOST_ERRNOS.get(host_byte, errno.EIO)


def read_command(data: bytes) -> Command:
    """Return what the CDB *data* asks for; None where it does not say or is cut off."""
    if not data:
        return Command(None, None)
    if data[0] == _VARIABLE_LENGTH:
        action = int.from_bytes(data[8:10]) if len(data) >= 10 else 0
        lba = int.from_bytes(data[12:20]) if len(data) >= 20 else None
        return Command(_SERVICE_ACTIONS.get(action), lba)
    direction, begin, length = _COMMANDS.get(data[0], (None, 0, 0))
    if direction == "write_zeroes" and len(data) > 1 and data[1] & _UNMAP:
        direction = "discard"
    field = data[begin : begin + length]
    if not length or len(field) < length:
        return Command(direction, None)
    lba = int.from_bytes(field)
    return Command(direction, lba & _LBA_6_BITS if length == 3 else lba)


def direction_of_command(name: str) -> str | None:
    """Return the direction of a command by its *name*: `Read(10)`, `Synchronize Cache(16)`."""
    if _NO_DATA.match(name):
        return None
    return next((direction for word, direction in _NAMES if word.match(name)), None)
