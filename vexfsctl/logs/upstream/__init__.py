"""What VexFS builds other than our provider write: every wording known of them, line by line.

One module for each build, one `Form` for each line; `forms` has all of them in the order
tried. A line of VexFS that no form knows becomes an event as well (`last_resort`), so that nothing
it says is lost. Our own records are `logs.grammar`'s.
"""

import re
from functools import cache
from operator import itemgetter

from vexfsctl.logs.kernel.mentions import parse_mention
from vexfsctl.logs.own_records import is_daemon_output, may_be_vexfs
from vexfsctl.logs.upstream.form import Form
from vexfsctl.logs.upstream.forms import UPSTREAM_FORMS
from vexfsctl.logs.upstream.last_resort import parse_named, parse_unlisted
from vexfsctl.model.record import KERNEL_FACILITY, LogRecord
from vexfsctl.model.upstream import UpstreamEvent

__all__ = [
    "UPSTREAM_FORMS",
    "Form",
    "is_bare_line",
    "may_be_vexfs",
    "parse_named",
    "parse_upstream",
    "parse_upstream_text",
]

_LEADS = (0, 5, 8, 13, 20, 30)
"""Lengths of the beginnings by which forms are looked up: most lines leave one or two to try."""
_MACRO = re.compile(r"vexfs(?: (?:error|warning|info|debug))?: (?=VexFS)")
_LONGEST = 8192
"""Characters of a line that are looked at; a record of the kernel has at most 2048 bytes."""


def parse_upstream(record: LogRecord) -> UpstreamEvent | None:
    """Return what a VexFS build says in *record*; None for every other line.

    A line that merely names VexFS counts if the kernel wrote it, or if the source does not say who
    did.
    """
    if not may_be_vexfs(record):
        return None
    text = record.text
    known = parse_upstream_text(text, bare=is_daemon_output(record))
    if known is not None or "vexfs" not in text.lower():
        return known
    line = text[:_LONGEST]
    mention = parse_mention(line) if record.facility in (None, KERNEL_FACILITY) else None
    return mention or parse_unlisted(line)


def parse_upstream_text(text: str, *, bare: bool = False) -> UpstreamEvent | None:
    """Return what a line of a known wording says; None for every other.

    *bare*: it comes from a daemon's own output, where even a line that could be anyone's is
    VexFS's.
    """
    line = text[:_LONGEST].rstrip()
    for _, form in _candidates(line):
        if (bare or not form.bare) and (event := form.read(line)) is not None:
            return event
    inner = _MACRO.match(line)
    return None if inner is None else parse_upstream_text(line[inner.end() :], bare=bare)


def is_bare_line(text: str) -> bool:
    """Whether *text*, a line without time or level, is one that VexFS writes to its output."""
    return parse_unlisted(text) is not None or parse_upstream_text(text, bare=True) is not None


def _candidates(line: str) -> list[tuple[int, Form]]:
    """Return the forms that *line* may have by its beginning, in their order."""
    index, found = _index(), list[tuple[int, Form]]()
    for length in _LEADS:
        if (forms := index.get(line[:length])) is not None:
            found += forms
    if len(found) > 1:
        found.sort(key=_place)
    return found


_place = itemgetter(0)


@cache
def _index() -> dict[str, list[tuple[int, Form]]]:
    """Forms with their places by the beginning of their lead, as long as `_LEADS` has it."""
    index: dict[str, list[tuple[int, Form]]] = {}
    for place, form in enumerate(UPSTREAM_FORMS):
        length = max(each for each in _LEADS if each <= len(form.lead))
        index.setdefault(form.lead[:length], []).append((place, form))
    return index
