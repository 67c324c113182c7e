"""Lines of the SCSI layer and of its disk driver (drivers/scsi, Linux 2.6.32 to 6.12).

A line has the address of the device, and its name once a driver has taken it. Up to 3.x what
follows stood behind two blanks, or on a line of its own: such a line names no device.
"""

import errno
import re
from collections.abc import Callable

from vexfsctl.logs.kernel.form import NAME, REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.storage.scsi_results import (
    direction_of_command,
    host_errno,
    key_errno,
    key_of_sense,
    key_significance,
    read_command,
    sense_key,
)
from vexfsctl.logs.kernel.told import free_reader, reader
from vexfsctl.model.events import KernelEvidence

_HOST_BYTE = r"(?P<host>0x[0-9a-f]{1,8}|[A-Za-z]\w{0,31})"
_BEGINS = ("sd ", "sr ", "st ", "scsi ", "ses ", "ch ")
_ADDRESS = r"(?:host\d{1,5}|target\d{1,5}(?::\d{1,5}){2}|\d{1,5}(?::\d{1,20}){3})"
_SCSI = (
    rf"(?:{'|'.join(_BEGINS)})(?P<address>{_ADDRESS}): "
    r"(?:\[(?P<device>[\w-]{1,32})\] {0,2})?(?:tag#\d{1,8} )?\n?"
)
_BYTES = r"(?P<bytes>[0-9a-f]{2}(?: {1,160}[0-9a-f]{2}){0,31})"
"""A terminal may have filled a line with blanks before it broke it."""
_OLD_KEY = r"(?P<key>[A-Z][\w ]{1,40}?)\s{0,4}$"
_ADDITIONAL = r"(?:(?: {4})?Add\. Sense|Additional sense): "
_ADDITIONAL_ALONE = ("Add. Sense: ", "    Add. Sense: ", "Additional sense: ")
"""Up to 2.6.1x in full; up to 2.6.2x with blanks before it."""
_COMMAND_NAME = r"(?P<command>[A-Z][A-Za-z /]{2,30}(?:\(\d{1,2}\))?)"


def _evidence(match: re.Match[str], **told: object) -> KernelEvidence:
    device = match["device"] or match["address"] or None
    return KernelEvidence(kind="scsi", device=device, **told)  # type: ignore[arg-type]


def _read_result(match: re.Match[str]) -> KernelEvidence:
    return _evidence(match, errno=host_errno(match["host"]))


def _read_return_code(match: re.Match[str]) -> KernelEvidence:
    return _evidence(match, errno=_code_errno(match["code"]))


def _read_numbered(match: re.Match[str]) -> KernelEvidence:
    numbers = match["numbers"]
    parts = numbers.split() if numbers else match.group("host", "channel", "id", "lun")
    # A web page may have taken the numbers in brackets for a tag.
    device = ":".join(parts) if all(parts) else None
    return KernelEvidence(kind="scsi", device=device, errno=_code_errno(match["code"]))


def _read_offlined(match: re.Match[str]) -> KernelEvidence:
    parts = match.group("host", "channel", "id", "lun")
    device = ":".join(parts) if all(parts) else None
    return KernelEvidence(kind="scsi", device=device, errno=errno.ENODEV)


def _read_host_offline(match: re.Match[str]) -> KernelEvidence:
    # The channel is not told.
    return KernelEvidence(kind="scsi", device=f"host{match['host']}", errno=errno.ENODEV)


def _code_errno(code: str) -> int | None:
    """Return the errno of a result in hex, as old kernels print it: by its second byte."""
    return host_errno(f"0x{int(code, 16) >> 16 & 0xFF:02x}")


def _read_failed_command(match: re.Match[str]) -> KernelEvidence:
    host, direction = match["host"], direction_of_command(match["command"])
    return _evidence(match, direction=direction, errno=None if host is None else host_errno(host))


def _read_sense(match: re.Match[str]) -> KernelEvidence:
    key = sense_key(match["key"])
    return _evidence(match, errno=key_errno(key), significance=key_significance(key))


def _read_raw_sense(match: re.Match[str]) -> KernelEvidence:
    key = key_of_sense(bytes.fromhex(match["bytes"])) or ""
    return _evidence(match, errno=key_errno(key), significance=key_significance(key))


def _read_cdb(match: re.Match[str]) -> KernelEvidence:
    command = read_command(bytes.fromhex(match["bytes"] or ""))
    direction = command.direction or direction_of_command(match["command"] or "")
    return _evidence(match, direction=direction, lba=command.lba)


def _read_block_size(match: re.Match[str]) -> KernelEvidence:
    return KernelEvidence(
        kind="capacity",
        device=match["device"] or match["address"],
        significance=ROUTINE,
        block_bytes=int(match["size"]),
    )


def _read_uas(match: re.Match[str]) -> KernelEvidence:
    ways = {"IN": "read", "OUT": "write"}
    number = match["errno"]
    return _evidence(
        match,
        direction=ways.get(match["way"] or ""),
        errno=None if number is None else int(number),
    )


def _form(
    sample: str,
    mark: str,
    pattern: str,
    read: Callable[[re.Match[str]], KernelEvidence],
    *,
    alone: tuple[str, ...] = (),
) -> EvidenceForm:
    """Return the form of a line about a device; it may stand alone, beginning as *alone* says."""
    about = f"(?:{_SCSI})?" if alone else _SCSI
    return EvidenceForm(sample, mark, about + pattern, read, begins=(*_BEGINS, *alone))


SCSI_FORMS = (
    _form(
        "sd 6:0:0:0: [sdb] No Caching mode page found",
        "",
        # What USB sticks do not know; the driver goes on with what is safe.
        (
            r"(?:(?:Asking for cache data|Test WP) failed|No Caching mode page|Assuming drive cache"
            r"|Cache data unavailable|Incomplete mode parameter data|(?:ATO )?Got wrong page"
            r"|Missing header in MODE_SENSE response)"
        ),
        reader("scsi", significance=ROUTINE),
    ),
    _form(
        "sd 3:0:0:0: alua: transition timeout set to 60 seconds",
        ": ",
        r"(?:alua: transition timeout set to|emc: ALUA failover mode detected)",
        reader("scsi", significance=ROUTINE),
    ),
    EvidenceForm(
        "sd 0:0:0:0: [sda] tag#12 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK cmd_age=0s",
        "Result: hostbyte=",
        (
            rf"(?:{_SCSI}(?:[A-Z_]{{4,20}} |UNKNOWN\(0x[0-9a-f]+\) )?)?Result: "
            rf"hostbyte={_HOST_BYTE}"
        ),
        _read_result,
        begins=(*_BEGINS, "Result: hostbyte="),
    ),
    _form(
        "sd 0:0:0:0: [sda] Synchronize Cache(10) failed: Result: hostbyte=DID_NO_CONNECT"
        " driverbyte=DRIVER_OK",
        "failed",
        rf"{_COMMAND_NAME} failed\b(?:: Result: hostbyte={_HOST_BYTE})?",
        _read_failed_command,
    ),
    _form(
        "sd 0:0:0:0: [sda] tag#12 Sense Key : Medium Error [current]",
        "Sense Key : ",
        r"Sense Key : (?P<key>0x[0-9a-f]{1,2}|[A-Z][\w ]{1,40}?)(?: {0,2}\[|\s{0,4}$)",
        _read_sense,
        alone=("Sense Key : ",),
    ),
    _form(
        "sd 0:0:0:0: [sda] tag#12 Add. Sense: Power on, reset, or bus device reset occurred",
        "ense: ",
        (
            rf"{_ADDITIONAL}(?:No additional sense|Power on|Bus device reset|Device internal reset"
            r"|I_T nexus loss|Parameters changed|Mode parameters changed|.{1,60} has changed)"
        ),
        reader("scsi", significance=ROUTINE),
        alone=_ADDITIONAL_ALONE,
    ),
    _form(
        "sd 0:0:0:0: [sda] tag#12 Add. Sense: Space allocation failed write protect",
        "ense: ",
        rf"{_ADDITIONAL}Space allocation failed",
        reader("scsi", errno=errno.ENOSPC),
        alone=_ADDITIONAL_ALONE,
    ),
    _form(
        "sd 0:0:0:0: [sda] tag#12 Add. Sense: Unrecovered read error",
        "ense: ",
        _ADDITIONAL,
        reader("scsi"),
        alone=_ADDITIONAL_ALONE,
    ),
    _form(
        "sd 0:0:0:0: [sda] tag#12 ASC=0x11 ASCQ=0x4",
        "ASC=0x",
        r"(?:<<vendor>> ?)?ASC=0x[0-9a-f]{1,2} {1,2}(?:<<vendor>>)?ASCQ=0x",
        reader("scsi"),
        alone=("ASC=0x", "<<vendor>>"),
    ),
    _form(
        "sd 0:0:0:0: [sda] tag#12 72 03 11 04 00 00 00 00",
        " 7",
        rf"(?=7[0-3] ){_BYTES}\s{{0,2}}$",
        _read_raw_sense,
    ),
    _form(
        "sd 0:0:0:0: [sda] tag#12 CDB: Read(10) 28 00 00 00 10 00 00 00 08 00",
        "CDB: ",
        (
            r"CDB: (?P<command>cdb\[0\]=0x[0-9a-f]{2}|opcode=0x[0-9a-f]{2}[\w ,()=]{0,30}?"
            r"|[A-Z][\w() /,=-]{2,60}?)"
            # The next record may stand on the same line.
            rf"(?::? (?:\(\w+\) )?{_BYTES})?(?:\s{{0,2}}$| {{2,}}[A-Z\[])"
        ),
        _read_cdb,
    ),
    EvidenceForm(
        "Read(10): 28 00 01 c0 1e 58 00 00 08 00",
        ": ",
        (
            r"(?P<command>(?:Read|Write|Verify|Synchronize Cache|Write same|Unmap)\(\d{1,2}\)"
            rf"|cdb\[0\]=0x[0-9a-f]{{2}}): {_BYTES}\s{{0,2}}$(?P<device>)(?P<address>)"
        ),
        _read_cdb,
        begins=(
            *("Read(", "Write(", "Verify(", "Synchronize Cache(", "Write same(", "Unmap("),
            "cdb[0]=0x",
        ),
    ),
    _form(
        "sd 6:0:0:0: [sdb] tag#16 CDB[00]: 7f 00 00 00 00 00 00 18 00 09 20 00 00 00 00 00",
        "CDB[",
        rf"CDB\[(?:00\]: {_BYTES}|(?P<command>)\d\d\])",
        _read_cdb,
    ),
    _form(
        # Up to 2.6.2x.
        "sd 0:0:0:0: SCSI error: return code = 0x08000002",
        "return code = 0x",
        r"SCSI error: return code = 0x(?P<code>[0-9a-f]{1,8})",
        _read_return_code,
    ),
    EvidenceForm(
        "SCSI error : <0 0 0 0> return code = 0x8000002",
        "return code = ",
        (
            r"SCSI (?:error :(?: <(?P<numbers>\d{1,5}(?: \d{1,20}){3})>)?"
            r"|(?:disk error :|error:) host (?P<host>\d{1,5}) channel (?P<channel>\d{1,5})"
            r" id (?P<id>\d{1,5}) lun (?P<lun>\d{1,20}))"
            r" return code = (?:0x)?(?P<code>[0-9a-f]{1,8})"
        ),
        _read_numbered,
        begins=("SCSI error : ", "SCSI disk error : host ", "SCSI error: host "),
    ),
    EvidenceForm(
        # Up to 2.6.1x, as the next.
        "scsi: Device offlined - not ready after error recovery: host 1 channel 0 id 6 lun 0",
        "Device offlined - ",
        (
            r"scsi: Device offlined - [\w ]{1,60}:(?: host (?P<host>\d{1,5})"
            r" channel (?P<channel>\d{1,5}) id (?P<id>\d{1,5}) lun (?P<lun>\d{1,20}))?"
        ),
        _read_offlined,
        begins=("scsi: Device offlined - ",),
    ),
    EvidenceForm(
        "scsi1 (6:0): rejecting I/O to offline device",
        "ing I/O to ",
        r"scsi(?P<host>\d{1,5}) \(\d{1,5}:\d{1,20}\): rejecting I/O to (?:offline|dead) device",
        _read_host_offline,
        begins=("scsi",),
    ),
    _form(
        "sd 0:0:0:0: rejecting I/O to offline device",
        "ing I/O to ",
        # The caller gets EIO from some versions: it is the device that is missing.
        r"rejecting I/O to (?:offline|dead) device",
        reader("scsi", errno=errno.ENODEV),
    ),
    _form(
        "sd 10:0:0:0: [sdb] killing request",
        "killing request",
        r"killing request",
        reader("scsi", errno=errno.ENODEV),
    ),
    _form(
        "sd 0:0:0:0: Device offlined - not ready after error recovery",
        "ffli",
        (
            r"(?:(?:scsi: )?Device offlined|device offline or changed"
            r"|.{0,60}\b(?i:offlining) (?:disk|device))"
        ),
        reader("scsi", errno=errno.ENODEV),
    ),
    _form(
        "sd 0:0:0:0: timing out command, waited 180s",
        "command",
        r"(?:timing out command|command [0-9a-f]{8,16} timed out)",
        reader("scsi", errno=errno.ETIMEDOUT),
    ),
    _form(
        "sd 0:0:0:0: reservation conflict",
        "reservation conflict",
        r"reservation conflict",
        reader("scsi", errno=errno.EBADE),
    ),
    _form(
        "sd 6:0:0:0: [sdb] tag#0 uas_eh_abort_handler 0 uas-tag 1 inflight: CMD IN",
        "uas-tag",
        (
            r"(?:\w{1,40}|(?:data|cmd|sense|stat) (?:cmplt|submit) err(?:or)?)"
            r" (?:-(?P<errno>\d{1,3})|\d{1,4}) uas-tag \d+ inflight:(?: (?!IN|OUT)[\w-]{1,12})*"
            r"(?: (?P<way>IN|OUT))?"
        ),
        _read_uas,
    ),
    _form(
        "scsi host6: uas_eh_device_reset_handler success",
        "uas_eh_",
        r"uas_eh_\w{1,40} success",
        reader("scsi", significance=REPAIR),
    ),
    _form(
        "scsi host6: uas_eh_device_reset_handler start",
        "uas_",
        r"uas_\w{1,40}:? (?:start|FAILED|timed out|.{0,40}error)",
        free_reader("scsi"),
    ),
    _form(
        "sd 0:0:0:0: Power-on or device reset occurred",
        "reset occurred",
        r"Power-on or device reset occurred",
        reader("scsi", significance=ROUTINE),
    ),
    _form(
        "sd 3:0:0:0: Asymmetric access state changed",
        "changed",
        (
            r"(?:(?:Asymmetric access state|Mode parameters|Parameters"
            r"|Inquiry data) (?:has )?changed"
            r"|Warning! Received an indication that the (?:LUN assignments|operating parameters)"
            r"|(?:LUN assignments|Operating parameters) on this target have changed)"
        ),
        reader("scsi", significance=ROUTINE),
    ),
    _form(
        "sd 3:0:0:0: Warning! Received an indication that the LUN reached a thin provisioning soft"
        " threshold.",
        "Warning! Received an indication",
        r"Warning! Received an indication that the LUN reached a thin provisioning",
        reader("scsi"),
    ),
    _form(
        "sd 0:0:0:0: [sda] 976773168 512-byte logical blocks: (500 GB/466 GiB)",
        "-byte logical blocks: ",
        r"\d{1,20} (?P<size>512|1024|2048|4096)-byte logical blocks: ",
        _read_block_size,
    ),
    _form(
        "sd 3:0:0:0: [sdb] Capacity data has changed",
        "apacity ",
        r"Capacity data has changed",
        reader("capacity", significance=ROUTINE),
    ),
    _form(
        "sd 0:0:0:0: task abort: SUCCESS scmd(00000000c0ffee00)",
        "SUCCESS",
        r"(?i:(?:task|query) abort|(?:device|target|bus|host|lun) reset)\b.{0,20}SUCCESS\b",
        reader("scsi", significance=REPAIR),
    ),
    _form(
        # Of mpt3sas, while a link is lost.
        "sd 0:0:0:0: device_block, handle(0x000c)",
        "device_block, ",
        r"device_block, ",
        reader("scsi"),
    ),
    _form(
        "sd 0:0:0:0: device_unblock and setting to running, handle(0x000c)",
        "device_unblock and setting to running",
        r"device_unblock and setting to running",
        reader("scsi", significance=REPAIR),
    ),
    _form(
        "sd 0:2:0:0: [sda] megasas: RESET cmd=28 retries=0",
        " RESET ",
        r"meg\w{4,12}: RESET cmd=",
        reader("scsi"),
    ),
    _form(
        "sd 0:0:0:0: device reset",
        "eset",
        r".{0,60}(?i:(?:device(?:\(lun\))?|target|bus|host|LUN|forced) reset)\b",
        reader("scsi"),
    ),
    _form(
        "sd 3:0:0:0: [sdb] Unhandled sense code",
        "nhandled ",
        r"Unhandled (?:sense|error) code",
        reader("scsi"),
    ),
    _form(
        "sd 3:0:0:0: [sdb] tag#5 abort scheduled",
        "abort",
        r"(?:.{0,40}\b(?i:abort(?:ing|ed)?|task abort))\b",
        free_reader("scsi"),
    ),
    _form(
        "sd 3:0:0:0: [sdb] tag#0 access beyond end of device",
        "",
        (
            r"(?:.{0,160}?\b(?i:errors?|fail\w*|timed out|timeout|offline|lost|unable|access"
            r" beyond end of device|not ready|unaligned|bad sector size|sense not available"
            r"|bad block number|unsupported sector size|illegal state transition"
            r"|unexpected response))\b"
        ),
        free_reader("scsi"),
    ),
    EvidenceForm(
        # Up to 3.15; later ones have the address, too.
        "sr0: CDROM (ioctl) error, command: Get configuration 46 00 00 00 00 00 00 00 20 00",
        "CDROM ",
        r"(?P<device>sr\d{1,3}): CDROM (?:\(ioctl\) error|not ready)",
        reader("scsi"),
        begins=(f"{NAME}: CDROM (ioctl) error", f"{NAME}: CDROM not ready"),
    ),
    EvidenceForm(
        # Up to 2.6.2x; blanks as each version has them.
        "sdb : READ CAPACITY failed.",
        "",
        r"(?P<device>s[dr][a-z0-9]{1,8}) ?: (?:READ CAPACITY failed|Unit Not Ready, )",
        reader("scsi"),
        begins=(
            *(f"{NAME} : READ CAPACITY failed", f"{NAME}: READ CAPACITY failed"),
            f"{NAME}: Unit Not Ready, ",
        ),
    ),
    EvidenceForm(
        # Up to 2.6.2x.
        "sdb: Current: sense key: Medium Error",
        "ense key: ",
        (
            r"(?P<device>s[dr][a-z0-9]{1,8})(?P<address>): (?:Current|Deferred)"
            rf"(?: \[descriptor\])?: sense key: {_OLD_KEY}"
        ),
        _read_sense,
        begins=(
            *(f"{NAME}: Current: sense key: ", f"{NAME}: Current [descriptor]: sense key: "),
            *(f"{NAME}: Deferred: sense key: ", f"{NAME}: Deferred [descriptor]: sense key: "),
        ),
    ),
    EvidenceForm(
        # Up to 2.6.1x.
        "Current sdb: sense key Medium Error",
        "sense key ",
        (
            r"(?:Info fld=0x[0-9a-f]{1,16},? (?:\(nonstd\),? )?)?(?:Current|Deferred) "
            rf"(?P<device>s[dr][a-z0-9]{{1,8}})(?P<address>): sense key {_OLD_KEY}"
        ),
        _read_sense,
        begins=("Current sd", "Current sr", "Deferred sd", "Deferred sr", "Info fld=0x"),
    ),
)
"""In the order tried."""
