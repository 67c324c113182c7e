"""What VexFS builds other than our provider write: every wording known of them, line by line.

One module for each build, one `Form` for each line; `forms` has all of them in the order
tried. A line of VexFS that no form knows becomes an event as well (`last_resort`), so that nothing
it says is lost. Our own records are `logs.grammar`'s.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from operator import attrgetter, itemgetter

from vexfsctl.logs.kernel.mentions import parse_mention
from vexfsctl.logs.kernel.processes import process_of
from vexfsctl.logs.own_records import is_daemon_output, may_be_vexfs
from vexfsctl.logs.upstream.form import Form
from vexfsctl.logs.upstream.forms import UPSTREAM_FORMS
from vexfsctl.logs.upstream.last_resort import parse_named, parse_unlisted
from vexfsctl.model.correlation import CorrelationId
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
_ID = re.compile(r"\[(CALL-[1-9]\d{0,17}|CORR-[0-9A-F]{16})\]")
_MOST_IDS = 4
_FIRST_STAND_IN = 1 << 56
"""Numbers from this on, which no line has itself, stand in for the ids of a line."""
_STAND_INS = {
    "CALL-": [str(_FIRST_STAND_IN + place) for place in range(_MOST_IDS)],
    "CORR-": [f"{_FIRST_STAND_IN + place:016X}" for place in range(_MOST_IDS)],
}
_FIELDS = tuple(UpstreamEvent.__dataclass_fields__)
_values_of = attrgetter(*_FIELDS)
_LONGEST = 8192
"""Characters of a line that are looked at; a record of the kernel has at most 2048 bytes."""


def parse_upstream(record: LogRecord) -> UpstreamEvent | None:
    """Return what a VexFS build says in *record*; None for every other line.

    A line that merely names VexFS counts if the kernel wrote it, or if the source does not say who
    did; one that begins with the name of a process says nothing by that.
    """
    if not may_be_vexfs(record):
        return None
    text = record.text
    known = parse_upstream_text(text, bare=is_daemon_output(record))
    if known is not None or "vexfs" not in text.lower():
        return known
    line = text[:_LONGEST]
    mention = parse_mention(line) if record.facility in (None, KERNEL_FACILITY) else None
    if process_of(line) is not None:
        return mention if mention is not None and mention.hearsay else None
    return mention or parse_unlisted(line)


def parse_upstream_text(text: str, *, bare: bool = False) -> UpstreamEvent | None:
    """Return what a line of a known wording says; None for every other.

    *bare*: it comes from a daemon's own output, where even a line that could be anyone's is
    VexFS's.
    """
    # Lines of a busy log differ in little but their ids: what else they say is remembered.
    pieces = _ID.split(text[:_LONGEST].rstrip(), maxsplit=_MOST_IDS)
    if len(pieces) == 1:
        return _parse_line(pieces[0], bare=bare)
    ids = pieces[1::2]
    for place, each in enumerate(ids):
        pieces[2 * place + 1] = f"[{each[:5]}{_STAND_INS[each[:5]][place]}]"
    event = _parse_line("".join(pieces), bare=bare)
    return None if event is None else _with_ids(event, ids)


def is_bare_line(text: str) -> bool:
    """Whether *text*, a line without time or level, is one that VexFS writes to its output."""
    return parse_unlisted(text) is not None or parse_upstream_text(text, bare=True) is not None


@lru_cache(maxsize=4096)
def _parse_line(line: str, *, bare: bool) -> UpstreamEvent | None:
    if not bare and process_of(line) is not None:
        # Of what looks like a form's beginning, the process is called so.
        return None
    for _, form in _candidates(line):
        if (bare or not form.bare) and (event := form.read(line)) is not None:
            return event
    inner = _MACRO.match(line)
    return None if inner is None else _parse_line(line[inner.end() :], bare=bare)


def _with_ids(event: UpstreamEvent, ids: Sequence[str]) -> UpstreamEvent:
    """Return *event*, which was read from a line with stand-ins, with the *ids* of its own."""
    values = dict(zip(_FIELDS, _values_of(event), strict=True))
    for name in ("number", "id", "alias"):
        place = (values[name] or 0) - _FIRST_STAND_IN
        if 0 <= place < len(ids):
            word = ids[place]
            values[name] = int(word[5:]) if name == "number" else CorrelationId.parse(word)
    # As `dataclasses.replace` does, in half of the time: busy logs have millions of such lines.
    return UpstreamEvent(**values)


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
