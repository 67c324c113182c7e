"""What the words of a line about a device tell, whatever subsystem wrote it: errno, sector, way.

Filesystems and drivers word their lines freely, but print numbers in few ways. The forms of a
subsystem name what stands at a fixed place; the rest is looked for here.
"""

import errno
import re
from collections.abc import Callable

from vexfsctl.logs.kernel.form import SECTOR_BYTES, TROUBLE
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

Reader = Callable[[re.Match[str]], KernelEvidence]

DEVICE = r"(?P<device>[^\s):,]{1,64})"
"""Kernel name of a device within brackets: `sda1`, `dm-3`, `cciss!c0d0`."""

# Negative numbers after many words, positive ones only where the kernel negates them itself
# (fs/xfs, fs/ext4). "I/O error 10" of ext4 is a status of the block layer, see `_STATUS`.
_ERRNO = re.compile(
    r"(?<!I/O )\b(?:error|err|errno)(?: code)?[ :=(]{1,3}-?(?P<positive>\d{1,3})\b"
    r"|(?:\b(?:error|err|errno|rc|ret|result|status|returned|failed|failure|code)\b[ :=(]{0,3}"
    r"|[:(=] ?|\bIO error )-(?P<negative>\d{1,3})\b",
    re.IGNORECASE,
)
_STATUS = re.compile(r"I/O error (\d{1,2}) (?:writing|reading)\b")
STATUS_ERRNOS = {
    1: errno.EOPNOTSUPP,
    2: errno.ETIMEDOUT,
    3: errno.ENOSPC,
    4: errno.ENOLINK,
    5: errno.EREMOTEIO,
    6: errno.EBADE,
    7: errno.ENODATA,
    8: errno.EILSEQ,
    9: errno.ENOMEM,
    10: errno.EIO,
}
"""`blk_status_t` as a number (include/linux/blk_types.h, the same from 4.13 to 6.18)."""
_SECTOR = re.compile(
    r"\bdaddr (?P<hex>0x[0-9a-f]{1,16})\b|\bsector[ =:]{1,2}(?P<decimal>\d{1,20})\b"
)
_WRITING = re.compile(
    r"\b(?:writing|writeback|write_all_supers|write error|lost .{0,40}page write"
    r"|write access unavailable|updating journal superblock)\b"
)
_READING = re.compile(
    r"\b(?:reading|readahead|unable to read|failed to read|read error"
    r"|read failure|b?read failed|bread\()\b",
    re.I,
)


def telling(
    kind: str,
    significance: EvidenceSignificance = TROUBLE,
    *,
    errno: int | None = None,
    direction: str | None = None,
) -> Reader:
    """Return a function that reads a line of *kind*; *errno* and *direction* if it gives neither.

    Groups of the pattern: `device`, or `name` if it has none; `member`, `sector`, `bytes` (an
    offset on the device), `direction`, `errno`. What has no group, or did not match, is looked for
    in the text.
    """

    def read(match: re.Match[str]) -> KernelEvidence:
        groups, text = match.groupdict(), match.string
        named = groups.get("direction")
        number = groups.get("errno")
        return KernelEvidence(
            kind=kind,
            device=device_name(groups.get("device") or groups.get("name")),
            member=device_name(groups.get("member")),
            sector=_sector(groups, text),
            direction=named.lower() if named else direction or _direction(text),
            errno=int(number) if number else find_errno(text) or errno,
            significance=significance,
        )

    return read


def find_errno(text: str) -> int | None:
    """Return the errno that *text* has as a number."""
    if (status := _STATUS.search(text)) is not None:
        return STATUS_ERRNOS.get(int(status[1]))
    if (found := _ERRNO.search(text)) is None:
        return None
    return int(found["positive"] or found["negative"]) or None


def device_name(path: str | None) -> str | None:
    """Return *path* without `/dev/`; a name is left as it is."""
    return None if path is None else path.removeprefix("/dev/")


def _sector(groups: dict[str, str | None], text: str) -> int | None:
    if sector := groups.get("sector"):
        return int(sector, 0) if sector.startswith("0x") else int(sector)
    if offset := groups.get("bytes"):
        return int(offset) // SECTOR_BYTES
    if (found := _SECTOR.search(text)) is None:
        return None
    return int(found["hex"], 16) if found["hex"] else int(found["decimal"])


def _direction(text: str) -> str | None:
    if _WRITING.search(text):
        return "write"
    return "read" if _READING.search(text) else None
