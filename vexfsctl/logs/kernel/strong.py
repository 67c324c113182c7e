"""Forms of kernel lines that are known as such wherever they stand in a text.

Such a form is strong: it has two words of its own and a device.
"""

import re
from functools import cache

from vexfsctl.logs.kernel.filesystems import EVIDENCE_FORMS
from vexfsctl.logs.kernel.form import EvidenceForm

_LONGEST = 2048
"""Characters of a text that are looked at."""
_MOST_WORDS = 64
_BEGINNING = re.compile(r"(?<![\w/.:-])(?=[A-Za-z])")
_OWN_WORD = re.compile(r"[A-Za-z]{3,}")
_FEW = 2


def find_strong(text: str) -> int | None:
    """Return where in *text* a line of a strong form begins; None if none does."""
    shown = text[:_LONGEST]
    forms = [form for form in _strong_forms() if form.mark in shown]
    if not forms:
        return None
    for number, beginning in enumerate(_BEGINNING.finditer(shown)):
        if number == _MOST_WORDS:
            return None
        rest = shown[beginning.start() :]
        for form in forms:
            if (match := form.match(rest)) is not None and _is_strong(match):
                return beginning.start()
    return None


@cache
def _strong_forms() -> tuple[EvidenceForm, ...]:
    return tuple(form for form in EVIDENCE_FORMS if "(?P<device>" in form.pattern and form.mark)


def _is_strong(match: re.Match[str]) -> bool:
    """Whether what matched names a device, and has two words besides."""
    device = match["device"]
    if device is None:
        return False
    words = _OWN_WORD.findall(match[0].replace(device, " ", 1))
    return len(words) >= _FEW
