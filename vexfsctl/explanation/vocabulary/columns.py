"""The titles of columns that no other word explains: what stands in them."""

from collections.abc import Iterator
from functools import partial

from vexfsctl.explanation.form import Explanation, Heading, Subject

COLUMNS = {
    "after": "The value after the change; in a comparison, the count in the later log.",
    "age": "How long ago the last of these errors was.",
    "asked": "The word or line that was asked about.",
    "before": "The value before the change; in a comparison, the count in the earlier log.",
    "below": "The devices that this one is made of or attached to.",
    "blocked": "Calls that a breaker or the degradation level refused.",
    "calls running": "Calls that have begun and not ended.",
    "change": "What became of this kind of error between the two logs.",
    "changed": "Whether something was changed: true or false.",
    "code": "The stable word of a finding or problem, for programs.",
    "count": "How many there are.",
    "critical": "From which value on the measure is critical.",
    "done when": "How to see that it is over.",
    "example": "The id of one such error, for trace.",
    "fact": "What is told of, by its name in JSON.",
    "failed": "Calls that failed.",
    "file": "The path of the file.",
    "first": "When the first one was.",
    "first sector": "The first sector that failed requests began at, of 512 bytes.",
    "from": "What gave a setting its value: default, FILE:LINE, a variable or an option.",
    "help": "What the command or option does.",
    "host": "The host that wrote the record.",
    "impact": "What it means for those who use the volume.",
    "key": "The setting that was changed.",
    "kind": "What kind of device, lab, record or line it is.",
    "label": "The name of the measure in the performance data.",
    "last": "When the last one was.",
    "last error": "The id of the error that opened the breaker, for trace.",
    "last sector": "The last sector that failed requests began at, of 512 bytes.",
    "limit": "How many failures within its window open the breaker.",
    "line": "The name of the form of the line.",
    "maximum": "The largest value that the measure can have.",
    "meaning": "What it means.",
    "message": "What it says, in words.",
    "minute": "The minute in which the errors were recorded.",
    "mounted": "Whether the volume of the lab is mounted: yes or no.",
    "mounted on": "The directory at which the volume can be used.",
    "name": "What it is called; of a device, model and name in /dev/mapper.",
    "offset": "Time since the first record of the incident; negative for what came before.",
    "on": "What the replay worked on: a device or a volume.",
    "over time": "When they were: each sign is an equal part of the time, higher for more of them.",
    "p": "How likely such a difference is by chance alone; small means hardly by chance.",
    "rate": "In a comparison, how many times as frequent; of a call site, how many calls failed.",
    "result": "How the replay ended.",
    "script": "The completion script.",
    "size": "The size of the device.",
    "skipped": "Calls that were not made because the module was not initialized.",
    "subject": "What it is about.",
    "text": "The record as it was written.",
    "time": "When it was, by the clock of the host that wrote it.",
    "timed out": "Calls that ran past their deadline.",
    "took": "How long the step took.",
    "uptime us": "Microseconds since the host was started.",
    "value": "The value.",
    "verified": "Whether somebody vouches for the records: yes or no.",
    "warning": "From which value on the measure is a warning.",
    "what": "What happened, was done, or would be done.",
    "what the system does": "What the driver or the kernel does about it by itself.",
    "what you do": "What a person should do about it.",
    "when": "When the replay began.",
    "where": "Which volume, operation and device it concerns.",
    "who": "Who did it: the call, the breaker, an operator, a recovery, the kernel.",
    "why": "The reason.",
}
"""By their titles in small letters."""


def column_headings() -> Iterator[Heading]:
    """Yield the titles of columns."""
    for title, meaning in COLUMNS.items():
        yield Heading((title,), partial(_explain, title, meaning))


def _explain(title: str, meaning: str) -> Explanation:
    return Explanation(subject=Subject.COLUMN, name=title.upper(), meaning=meaning)
