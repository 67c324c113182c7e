"""Lines of btrfs (fs/btrfs of Linux 4.4 to 6.18): `BTRFS LEVEL (device NAME state S): …`.

The name in brackets is that of the filesystem, which is one of its devices. A line about another
of them, or about that one as such, names it by its path: that one is the device of the line. Where
its path is no kernel name (`/dev/mapper/…`), it is the member, and the device that in brackets.
"""

import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, TROUBLE, EvidenceForm
from vexfsctl.logs.kernel.told import Reader, device_name, free_reader
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_OLD = r"(?:BTRFS|btrfs):? "
_WORD = r"(?:(?:emergency|alert|critical|error|warning|notice|info|debug):? ?)?"
_HEAD = rf"{_OLD}{_WORD}\(device (?P<device>[^\s):]{{1,64}})(?::? state \w{{1,16}})?\):? ?"
# Up to 3.16 most lines did not name the filesystem.
_ANY_HEAD = rf"{_OLD}{_WORD}(?:\(device (?P<device>[^\s):]{{1,64}})(?::? state \w{{1,16}})?\):? )?"
_LOUD = rf"{_OLD}(?:emergency|alert|critical|error|warning):? \(device (?P<device>[^\s):]{{1,64}})"
_QUIET = rf"{_OLD}info:? \(device (?P<device>[^\s):]{{1,64}})(?::? state \w{{1,16}})?\):? "
_PATH = r"(?P<path>(?:/dev/)?[^\s,()]{1,200})"
_BEGINS = ("BTRFS", "btrfs")


def _about_path(significance: EvidenceSignificance, direction: str | None = None) -> Reader:
    """Return a reader of lines that name the device they are about by its path."""
    told = free_reader("filesystem", significance, direction=direction)

    def read(match: re.Match[str]) -> KernelEvidence:
        evidence, name = told(match), device_name(match["path"])
        if name is None or "/" not in name or evidence.device is None:
            return replace(evidence, device=name)
        return replace(evidence, member=name)

    return read


_tell = free_reader("filesystem")


def _read_direct(match: re.Match[str]) -> KernelEvidence:
    # Its sector is one of the filesystem, which may be anywhere on its devices.
    operation = int(match["operation"], 16) & 0xFF
    return replace(_tell(match), direction={0: "read", 1: "write"}.get(operation))


def _form(
    sample: str,
    words: str,
    significance: EvidenceSignificance = TROUBLE,
    *,
    head: str | None = None,
    direction: str | None = None,
    read: Reader | None = None,
    trouble_only: bool = False,
) -> EvidenceForm:
    about_path = "(?P<path>" in words
    head = head or (_ANY_HEAD if about_path else _HEAD)
    read = read or (
        _about_path(significance, direction)
        if about_path
        else free_reader("filesystem", significance, direction=direction)
    )
    return EvidenceForm(sample, "", head + words, read, trouble_only=trouble_only, begins=_BEGINS)


BTRFS_FORMS = (
    _form(
        # Printed at a mount: counters since the device was added or they were reset.
        "BTRFS info (device dm-15): bdev /dev/dm-10 errs: wr 5, rd 0, flush 0, corrupt 0, gen 0",
        rf"bdev {_PATH} errs: wr ",
        ROUTINE,
        head=_QUIET,
    ),
    _form(
        "BTRFS error (device dm-15): bdev /dev/dm-10 errs: wr 5, rd 0, flush 0, corrupt 0, gen 0",
        rf"bdev {_PATH} errs: wr ",
    ),
    _form(
        "BTRFS warning (device dm-2): lost page write due to IO error on /dev/dm-3 (-5)",
        rf"lost (?:page|super block) write due to (?:IO|I/O) error on {_PATH}",
        direction="write",
    ),
    _form(
        "BTRFS info (device sdb): read error corrected: ino 257 off 4096 (dev /dev/sdb sector"
        " 2048)",
        (
            r"read error corrected: ino -?\d{1,20} off \d{1,20}"
            rf" \(dev {_PATH} sector (?P<sector>\d{{1,20}})\)"
        ),
        REPAIR,
        direction="read",
    ),
    _form(
        "BTRFS error (device sdb): unable to fixup (regular) error at logical 1103101952 on dev"
        " /dev/sdb physical 1103101952",
        (
            r"unable to fixup \(\w{1,16}\) error at logical \d{1,20} on dev"
            rf" {_PATH}(?: physical (?P<offset>\d{{1,20}}))?"
        ),
    ),
    _form(
        "BTRFS error (device sdb): fixed up error at logical 1103101952 on dev /dev/sdb physical"
        " 1103101952",
        (
            r"fixed up error at logical \d{1,20} on (?:dev"
            rf" {_PATH}(?: physical (?P<offset>\d{{1,20}}))?|mirror \d{{1,3}})"
        ),
        REPAIR,
    ),
    _form(
        "BTRFS warning (device sdb): checksum error at logical 1103101952 on dev /dev/sdb,"
        " physical 1103101952, root 5, inode 257, offset 0, length 4096, links 1 (path: file)",
        (
            rf"[\w /-]{{1,60}} at logical \d{{1,20}} on dev {_PATH},"
            r" (?:physical (?P<offset>\d{1,20})|sector (?P<sector>\d{1,20}))"
        ),
    ),
    _form(
        "BTRFS info (device sda1): dev_replace from /dev/sdb (devid 2) to /dev/sdc started",
        (
            r"(?:(?:dev_replace|balance|scrub|relocating|resize|using|disk space|last unmount"
            r"|enabling|disabling|ignoring|turning|setting|space_info|failing ticket"
            r"|cannot satisfy tickets|resizer|the free space cache file) |unrecognized )"
        ),
        ROUTINE,
        head=_QUIET,
        trouble_only=True,
    ),
    _form(
        # Since 6.5 `op 0x8801 offset 0x1000`.
        "BTRFS warning (device dm-0): direct IO failed ino 257 rw 0,0 sector 0x3660bb80 len 4096"
        " err no 10",
        r"direct IO failed ino -?\d{1,20} (?:rw|op) (?:0x)?(?P<operation>[0-9a-f]{1,8})\b",
        read=_read_direct,
    ),
    _form(
        # What is read there is an error for the application.
        "BTRFS info (device sda): no csum found for inode 124415604 start 0",
        r"no csum found for inode \d{1,20} start",
        direction="read",
    ),
    _form(
        "BTRFS warning (device sda1): read-write for sector size 4096 with page size 65536 is"
        " experimental",
        (
            r"(?:.{0,120}is (?:experimental|deprecated|being deprecated)|'\w{1,24}' is deprecated"
            r"|excessive commit interval|resize device|qgroup marked inconsistent, qgroup info)"
        ),
        ROUTINE,
    ),
    _form(
        "BTRFS error (device sda1): read time tree block corruption detected on logical 30408704"
        " mirror 1",
        r"(?:block=\d{1,20} )?(?P<direction>read|write) time tree block corruption",
    ),
    _form(
        "BTRFS error (device loop0 state EA): Transaction aborted (error -5)",
        r"",
        head=_LOUD,
    ),
    _form(
        "BTRFS info (device loop0 state E): forced readonly",
        r"",
        trouble_only=True,
    ),
    EvidenceForm(
        "BTRFS error: device /dev/sdb has incomplete metadata_uuid change, please use btrfstune",
        "",
        rf"{_OLD}(?!\(device)",
        free_reader("filesystem"),
        trouble_only=True,
        begins=_BEGINS,
    ),
)
"""In the order tried."""
