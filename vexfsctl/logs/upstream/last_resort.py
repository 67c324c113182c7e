"""A line of VexFS that no form knows: still an event, judged by its words, and told to be so."""

import re
from dataclasses import dataclass
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
_TROUBLE = re.compile(
    r"\b(?:fail(?:ed|s|ure|ures|ing)?|errors?|corrupt\w*|invalid|unable|cannot|can't|could not"
    r"|abort\w*|panic\w*|timed out|time-?outs?|denied|refus\w+|mismatch\w*|leak\w*|deadlock\w*"
    r"|exhausted|overflow\w*|lost|bad|null|exceed\w*|violation|oops|bug|warning)\b",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\berror[- ](?:handl|recover|correct)\w*|\b(?:no|0|without) (?:errors?|failures?|leaks?)\b"
    r"|\b(?:errors?|failures?|failed|leaks?)[:=] ?0\b"
    r"|\b(?:leak|deadlock|error) (?:detection|prevention)\b",
    re.IGNORECASE,
)
_FACTS = {
    "code": re.compile(r"(?:[:=] ?|error )(-\d{1,4})\b"),
    "inode": re.compile(r"\binode (\d{1,19})\b"),
    "block": re.compile(r"\bblock (\d{1,19})\b"),
    "device": re.compile(r"(?:\bdevice |/dev/)([a-z][\w!-]{1,40})\b"),
}


@dataclass(frozen=True, slots=True)
class LastResort:
    """What is said of a line whose wording is not known."""

    name: str
    note: str


UNLISTED = LastResort("unlisted", "the wording of this build is not known: judged by its words")
NAMED = LastResort("kernel_mention", "the kernel names VexFS here: judged by its words")
ARCHIVED = LastResort("v2_unlisted", "a message of an archived build: judged by its words")


def parse_unlisted(text: str) -> UpstreamEvent | None:
    """Return the event of a line that begins as VexFS's lines do; None for every other line."""
    if _LOOKS_LIKE_VEXFS.match(text) is None:
        return None
    return _judge(text, ARCHIVED if _ARCHIVED.match(text) else UNLISTED)


def parse_named(record: LogRecord) -> UpstreamEvent | None:
    """Return the event of any other line of the kernel's that names VexFS; None for the rest.

    To be asked last: what tells about a device is evidence, even if it names VexFS.
    """
    if record.facility != KERNEL_FACILITY or "vexfs" not in record.text.lower():
        return None
    return _judge(record.text, NAMED) if _NAMES_VEXFS.search(record.text) else None


def _judge(text: str, form: LastResort) -> UpstreamEvent:
    trouble = _TROUBLE.search(_HARMLESS.sub("", text)) is not None
    values = _facts(text)
    error = error_for_code(values.pop("code", 0)) if trouble else None
    return UpstreamEvent(
        form=form.name,
        kind=UpstreamKind.MESSAGE,
        significance=Significance.ERROR if trouble else Significance.ROUTINE,
        severity=Severity.HIGH if trouble else None,
        error=error,
        note=form.note,
        **{key: value for key, value in values.items() if key != "code"},
    )


def _facts(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, pattern in _FACTS.items():
        if (found := pattern.search(text)) is not None:
            values |= FIELDS[name].read(found[1])
    return values
