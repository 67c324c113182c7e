"""A line of VexFS that no form knows: still an event, judged by its words and marked as such."""

import re
from typing import Any

from vexfsctl.logs.upstream.fields import FIELDS, error_for_code
from vexfsctl.model.record import KERNEL_FACILITY, LogRecord
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind

_LOOKS_LIKE_VEXFS = re.compile(r"vexfs(?!ctl\b)", re.IGNORECASE)
_NAMES_VEXFS = re.compile(r"(?<![a-z])vexfs(?!ctl\b)", re.IGNORECASE)
_ARCHIVED = re.compile(
    r"VexFS (?:v2\.\d|Phase \d|ANN Cache|Vector Cache|MONITORING|Memory Manager)", re.IGNORECASE
)
# Compiled when first used: few logs have such lines.
_TROUBLE = (
    r"(?i)\b(?:fail(?:ed|s|ure|ures|ing)?|errors?|corrupt\w*|invalid|unable|cannot|can't|could not"
    r"|abort\w*|panic\w*|timed out|time-?outs?|denied|refus\w+|mismatch\w*|leak\w*|deadlock\w*"
    r"|exhausted|overflow\w*|lost|bad|null|exceed\w*|violation|oops|bug|warning)\b"
)
_HARMLESS = (
    r"(?i)\berror[- ](?:handl|recover|correct)\w*|\b(?:no|0|without) (?:errors?|failures?|leaks?)\b"
    r"|\b(?:errors?|failures?|failed|leaks?)[:=] ?0\b"
    r"|\b(?:leak|deadlock|error) (?:detection|prevention)\b"
)
_FACTS = {
    "code": r"(?:[:=] ?|error )(-\d{1,4})\b",
    "inode": r"\binode (\d{1,19})\b",
    "block": r"\bblock (\d{1,19})\b",
    "device": r"(?:\bdevice |/dev/)([a-z][\w!-]{1,40})\b",
}


_NOTES = {
    "unlisted": "the wording of this build is not known: judged by its words",
    "v2_unlisted": "a message of an archived build: judged by its words",
}
"""What is said about such a line, by the name of its form."""


def parse_unlisted(text: str) -> UpstreamEvent | None:
    """Return the event of a line that begins like VexFS's lines; None for every other line."""
    if _LOOKS_LIKE_VEXFS.match(text) is None:
        return None
    return _judge(text, "v2_unlisted" if _ARCHIVED.match(text) else "unlisted")


def parse_named(record: LogRecord) -> UpstreamEvent | None:
    """Return the event of any other line of the kernel's that names VexFS; None for the rest.

    Nothing is concluded from it: its words may be anybody's. Call it last: a line about a device is
    evidence, even if it names VexFS.
    """
    if record.facility != KERNEL_FACILITY or _NAMES_VEXFS.search(record.text) is None:
        return None
    return UpstreamEvent(
        form="kernel_mention",
        kind=UpstreamKind.MESSAGE,
        significance=Significance.ROUTINE,
        note="VexFS is named here, as anybody may call a process, a file or a device: no evidence",
    )


def _judge(text: str, form: str) -> UpstreamEvent:
    trouble = re.search(_TROUBLE, re.sub(_HARMLESS, "", text)) is not None
    values = _facts(text)
    code = values.pop("code", 0)
    error = error_for_code(code) if trouble else None
    return UpstreamEvent(
        form=form,
        kind=UpstreamKind.MESSAGE,
        significance=Significance.ERROR if trouble else Significance.ROUTINE,
        severity=Severity.HIGH if trouble else None,
        error=error,
        note=_NOTES[form],
        **values,
    )


def _facts(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, pattern in _FACTS.items():
        if (found := re.search(pattern, text)) is not None:
            values |= FIELDS[name].read(found[1])
    return values
