"""Lines of a log in the JSON of what collects logs: docker, fluentd, Filebeat, Vector, Loki.

Each calls its keys otherwise. Only what tells who wrote a line, or when the kernel did, is read:
others log in JSON, too.
"""

import re
from collections.abc import Mapping
from typing import Any

from vexfsctl.logs.formats.journal import load_object

_BEGINS = re.compile(rb"(?:(?P<time>[^{\t\n]{0,40})\t[^{\t\n]{0,80}\t)?(?=\{\s?\")")
"""What stands before the object: in files of fluentd, time and tag."""
_TEXTS = ("log", "message", "msg", "line", "content", "_raw")
_PROGRAMS = (
    *("ident", "identifier", "syslog_identifier", "program", "programname", "process"),
    *("process.name", "appname", "app_name"),
)
_CHANNELS = ("app", "application", "tag", "syslogtag", "transport")
"""These name who wrote a line as often as the way that it took."""
_KERNEL = ("kernel", "kernel:")
_BEFORE = "<before>"
"""A key that no object has, for the time before it."""
_TIMES = (_BEFORE, "@timestamp", "timestamp", "time", "timereported", "date", "ts", "datetime")
_HOSTS = ("host", "hostname", "source", "node")
_STAMP = re.compile(r"(?:<\d{1,4}>)?\[ *\d{1,12}\.\d{6}\]")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_HOST = re.compile(r"[\w.-]{1,255}")
_NIL = "-"
"""What stands for a host that is not told."""


def logged_line(line: bytes) -> bytes | None:
    """Return the line of a log that *line* has as a JSON object; None if it has none.

    As a syslog daemon would write it, if the object tells who wrote it and when.
    """
    begins = _BEGINS.match(line)
    if begins is None or (found := load_object(line[begins.end() :])) is None:
        return None
    fields = _flat(found)
    text = _first(fields, _TEXTS)
    if text is None:
        return None
    text = text.rstrip("\n").replace("\n", " ")
    if all(fields.get(key) not in _KERNEL for key in (*_PROGRAMS, *_CHANNELS)):
        stamped = _STAMP.match(text) is not None and _first(fields, _PROGRAMS) is None
        return text.encode(errors="replace") if stamped else None
    time = _first({**fields, _BEFORE: (begins["time"] or b"").decode()}, _TIMES, _TIME)
    head = f"{time.replace(' ', 'T')} {_first(fields, _HOSTS, _HOST) or _NIL} " if time else ""
    return f"{head}kernel: {text}".encode(errors="replace")


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values in *found*, by keys in lower case; those of an object in it by two."""
    flat: dict[str, Any] = {}
    for outer, value in found.items():
        for key, inner in value.items() if isinstance(value, dict) else ():
            flat |= {key.lower(): inner, f"{outer}.{key}".lower(): inner}
    return flat | {key.lower(): value for key, value in found.items()}


def _first(
    fields: Mapping[str, Any], keys: tuple[str, ...], form: re.Pattern[str] | None = None
) -> str | None:
    """Return the first text under one of *keys*, of that *form* alone."""
    texts = (value for key in keys if isinstance(value := fields.get(key), str))
    return next((text for text in texts if form is None or form.fullmatch(text)), None)
