"""Kernel lines that are known as such wherever they stand in a text.

Such a line is strong: it has two words of its own and a device. If it begins with the name of that,
the name must be one that the kernel gives.
"""

import re
from functools import cache

from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS, match_forms
from vexfsctl.logs.kernel.form import ANYTHING, NAME
from vexfsctl.logs.kernel.literals import by_letters

_LONGEST = 2048
"""Characters of a text that are looked at."""
_OWN_WORD = re.compile(r"[A-Za-z]{3,}")
_FEW = 2
_KERNEL_NAME = (
    r"(?:(?:sd|hd|vd|xvd|dasd)[a-z]{1,4}\d{0,3}|nvme\d{1,4}\w{0,12}|mmcblk\d{1,3}\w{0,8}"
    r"|(?:dm-|md|loop|nbd|zram|ram|sr|st|rbd|drbd|bcache|pmem|ublkb|ata|host|scsi)"
    r"\d{1,6}[\w.]{0,8}|usb (?:usb)?\d{1,3}-[\w.]{1,24})"
)
"""What the kernel calls block devices, and what they hang on."""


def find_strong(text: str) -> int | None:
    """Return where in *text* a strong line begins; None if none does."""
    shown = text[:_LONGEST]
    for beginning in _beginning().finditer(shown):
        if _is_strong(shown[beginning.start() :]):
            return beginning.start()
    return None


@cache
def _beginning() -> re.Pattern[str]:
    """Return what finds where a line of some form may begin, at the beginning of a word."""
    begins = (begin for form in EVIDENCE_FORMS for begin in form.begins)
    literals = (begin for begin in begins if not begin.startswith((NAME, ANYTHING)))
    letters = (begin for begin in literals if begin[:1].isalpha())
    return re.compile(rf"(?<![\w/.:-])(?=[A-Za-z])(?:{_KERNEL_NAME}:|{by_letters(letters)})")


def _is_strong(text: str) -> bool:
    matched = match_forms(text, loud=False)
    if matched is None:
        return False
    match, form = matched
    evidence = form.read(match)
    if not evidence.devices:
        return False
    # A head with a device in brackets, as of a filesystem, is half of it; the words tell the rest.
    bare = text if form.trouble_only and match[0].endswith("): ") else match[0]
    for device in evidence.devices:
        bare = bare.replace(device, " ", 1)
    return len(_OWN_WORD.findall(bare)) >= _FEW
