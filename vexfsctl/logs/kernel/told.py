"""What a line about a device tells, whatever subsystem wrote it: device, sector, direction, errno.

Filesystems and drivers word their lines freely, but print numbers in few ways. The forms of a
subsystem name what stands at a fixed place; the rest is looked for in the text.
"""

import errno as errnos
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from vexfsctl.logs.kernel.form import SECTOR_BYTES, TROUBLE
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

Reader = Callable[[re.Match[str]], KernelEvidence]

DEVICE = r"(?P<device>[^\s):,]{1,64})"
"""Kernel name of a device within brackets: `sda1`, `dm-3`, `cciss!c0d0`."""

BLOCK_NAME = (
    r"(?:(?!sdio\b|sdhci|hdparm|vdo\d)(?:sd|hd|vd|xvd|dasd)[a-z]{1,4}\d{0,3}|nvme\d{1,4}(?:c\d{1,4})?n\d{1,4}(?:p\d{1,4})?"
    r"|mmcblk\d{1,3}(?:p\d{1,3}|boot\d|rpmb|gp\d)?"
    r"|(?:dm-|md|loop|nbd|zram|sr|rbd|drbd|bcache|pmem|ublkb)\d{1,6}(?:p\d{1,3})?)"
)
"""Regular expression for what the kernel calls a block device."""

_NAMES = ("device", "address", "controller")
"""Groups of a pattern that name what a line is about, where it has alternatives."""
STATUS_ERRNOS = {
    1: errnos.EOPNOTSUPP,
    2: errnos.ETIMEDOUT,
    3: errnos.ENOSPC,
    4: errnos.ENOLINK,
    5: errnos.EREMOTEIO,
    6: errnos.EBADE,
    7: errnos.ENODATA,
    8: errnos.EILSEQ,
    9: errnos.ENOMEM,
    10: errnos.EIO,
}
"""`blk_status_t` as a number (include/linux/blk_types.h, the same from 4.13 to 6.18)."""

_ERRNO_NUMBERS = {name: number for number, name in errnos.errorcode.items()}
_DIRECTIONS = {
    "reading": "read",
    "read-ahead": "read",
    "recv": "read",
    "in": "read",
    "writing": "write",
    "writ": "write",
    "out": "write",
    "trim": "discard",
    "flushing": "flush",
    "write zeroes": "write_zeroes",
}
"""Words of drivers for what the block layer calls otherwise."""

# A kernel function that failed gives its errno as a negative number; fs/xfs and fs/ext4 negate it
# themselves. "I/O error 10" of ext4 is a status of the block layer, see `_STATUS`, and so are
# "err no 10" of btrfs and "error=10" of nvme.
_ERRNO = (
    r"(?<!I/O )\b(?:error|err|errno)(?: code)?(?!=\d)[ :=(]{1,3}-?(?P<positive>\d{1,3})\b"
    r"|(?:\b(?:error|err|errno|rc|ret|result|status|returned|failed|failure|code)\b[ :=(,]{0,3}"
    r"|[:(=][ (:=]{0,3}|\bIO error )-(?P<negative>\d{1,3})\b"
)
_LAST_ERRNO = r"(?<=[\s(=])-(\d{1,3})\)?[.!]?\s{0,4}$"
"""What stands at the end of a line about a failure, whatever word stands before it."""
_FAILED = r"\b(?:errors?|fail\w*|could ?n[o']t|cannot|can't|unable|abort\w*)\b"
_ERRNO_NAME = r"(?<![\w-])-(E[A-Z0-9]{2,15})\b"
"""What `%pe` prints since Linux 5.5."""
_STATUS = (
    r"(?:I/O error (?=\d{1,2} (?:writing|reading)\b)|direct IO failed ino .{1,100}? err no )"
    r"(\d{1,2})\b"
)
_SECTOR = r"\bdaddr (0x[0-9a-f]{1,16})\b|\bsector[ =:]{1,2}(\d{1,20})\b"
_LBA = r"\b(?i:lba)[ =:#]{1,3}(0x[0-9a-f]{1,16}|\d{1,20})\b"
_NAMED = rf"(?<![\w./-])(?:/dev/)?(?P<name>{BLOCK_NAME})(?![\w./@-])"
"""A device that a line is about, not part of a path or of another name."""
_ACTION = (
    r"\b(?P<before>read|write|flush|discard)(?:ing)? (?:request |operation |I/O )?(?:error|fail)"
    r"|\b(?:error|fail\w*|unable|couldn't|could not|can't|cannot)(?: on| to| when| while)?"
    r" (?P<after>read|write|writ|flush|discard)(?:ing)?\b"
)
_WRITING = (
    r"\b(?:writing|writeback|write back|write_all_supers|lost .{0,40}page write"
    r"|write access unavailable|updating journal superblock)\b"
)
_GIVEN = (
    r"\bcomm .{1,15}?(?:, |: (?:path .*: )?|$)|(?<!\w)'.{0,255}'(?!\w)"
    r"| \[ *\d{1,12}\.\d{6}\] .*| [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d .*"
)
"""Names of processes and files, which users give them, and further records on the same line:
numbers in there mean nothing."""
_READING = r"\b(?:reading|readahead|read failure|b?read failed|bread\()\b"


def reader(
    kind: str,
    significance: EvidenceSignificance = TROUBLE,
    *,
    errno: int | None = None,
    direction: str | None = None,
    sector_on_member: bool = False,
) -> Reader:
    """Return a function that reads a line of *kind* by the groups of its pattern.

    Groups are `device`, or `address` or `controller` if it has none; `member`, `direction`,
    `errno`, `lba`; and `sector`, `hex_sector`, or `offset` in bytes. *errno* and *direction* are
    for lines that name none and always stand for the same.
    """

    def read(match: re.Match[str]) -> KernelEvidence:
        groups = match.groupdict()
        sector, lba = _sector(groups), groups.get("lba")
        return KernelEvidence(
            kind=kind,
            device=device_name(next(filter(None, map(groups.get, _NAMES)), None)),
            sector=sector,
            direction=direction_of(groups.get("direction")) or direction,
            errno=_errno(groups.get("errno")) or errno,
            significance=significance,
            member=device_name(groups.get("member")),
            sector_on_member=sector_on_member and sector is not None,
            lba=None if lba is None else int(lba),
        )

    return read


def free_reader(
    kind: str,
    significance: EvidenceSignificance = TROUBLE,
    *,
    errno: int | None = None,
    direction: str | None = None,
) -> Reader:
    """Return the same for lines whose words are free: what has no group is looked for in them."""
    by_groups = reader(kind, significance)

    def read(match: re.Match[str]) -> KernelEvidence:
        told, text = by_groups(match), without_names(match.string)
        return replace(
            told,
            device=told.device if told.devices else find_device(text),
            sector=_find_sector(text) if told.sector is None else told.sector,
            direction=told.direction or direction or find_direction(text),
            errno=told.errno or find_errno(text) or errno,
        )

    return read


def without_names(text: str) -> str:
    """Return *text* without what users name, and without further records on its line."""
    if "comm " not in text and "'" not in text and "] " not in text and ":" not in text:
        return text
    return _compiled(_GIVEN, re.DOTALL).sub(" ", text)


def device_name(path: str | None) -> str | None:
    """Return *path* without `/dev/`; a name is left as it is."""
    return None if path is None else path.removeprefix("/dev/")


def direction_of(word: str | None) -> str | None:
    """Return what the block layer calls the direction that a line calls *word*."""
    if word is None:
        return None
    lower = word.lower()
    return _DIRECTIONS.get(lower, lower)


def find_direction(text: str) -> str | None:
    """Return the direction of the request that failed, by the words of *text*."""
    found = _compiled(_ACTION, re.IGNORECASE).search(text)
    if found is not None:
        return direction_of(found["before"] or found["after"])
    if _compiled(_WRITING).search(text):
        return "write"
    return "read" if _compiled(_READING, re.IGNORECASE).search(text) else None


def find_errno(text: str) -> int | None:
    """Return the errno that *text* has, as a number or by name."""
    if (status := _compiled(_STATUS).search(text)) is not None:
        return STATUS_ERRNOS.get(int(status[1]))
    found = _compiled(_ERRNO, re.IGNORECASE).search(text)
    if found is not None:
        return _errno(found["positive"] or found["negative"])
    named = _compiled(_ERRNO_NAME).search(text) if "-E" in text else None
    if named is not None:
        return _ERRNO_NUMBERS.get(named[1])
    last = _compiled(_LAST_ERRNO).search(text)
    if last is None or _compiled(_FAILED, re.IGNORECASE).search(text) is None:
        return None
    return _errno(last[1])


def find_device(text: str) -> str | None:
    """Return the one block device that *text* names; None if it names none, or several."""
    names = {found["name"] for found in _compiled(_NAMED).finditer(text)}
    return names.pop() if len(names) == 1 else None


def find_lba(told: KernelEvidence, text: str) -> KernelEvidence:
    """Return *told* with the LBA that *text* has, if it tells no sector."""
    found = None if told.sector is not None else _compiled(_LBA).search(text)
    return told if found is None else replace(told, lba=int(found[1], 0))


def _errno(number: str | None) -> int | None:
    if number is None or int(number) not in errnos.errorcode:
        return None
    return int(number)


def _sector(groups: Mapping[str, str | None]) -> int | None:
    if (sector := groups.get("sector")) is not None:
        return int(sector, 16 if sector.startswith("0x") else 10)
    if (sector := groups.get("hex_sector")) is not None:
        return int(sector, 16)
    offset = groups.get("offset")
    return None if offset is None else int(offset) // SECTOR_BYTES


def _find_sector(text: str) -> int | None:
    found = _compiled(_SECTOR).search(text)
    return None if found is None else _sector({"sector": found[1] or found[2]})


@cache
def _compiled(pattern: str, flags: re.RegexFlag = re.RegexFlag(0)) -> re.Pattern[str]:  # noqa: B008
    # On first use: most logs have few lines of such forms.
    return re.compile(pattern, flags)
