"""Records from objects of journalctl and dmesg: `-o json`, `-o json-pretty`, `-o export`, `--json`.

Fields are those of systemd.journal-fields(7). journald takes a leading `word:` off a kernel
message and keeps it as SYSLOG_IDENTIFIER: it is put back, or `VexFS: …` would not be seen.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from vexfsctl.logs.formats.renderings import (
    FACILITIES,
    LEVELS,
    Reading,
    possible_time,
    untagged_text,
)
from vexfsctl.model.record import KERNEL_FACILITY, USER_FACILITY, LogRecord

_DOCUMENT = b'{"dmesg":'
_LISTS = (b'{"dmesg":[{', b'[{"pri":', b'[{"fac":')
_BETWEEN = re.compile(rb'\},(?=\{"(?:pri|fac)":)')
_OF_DMESG = frozenset(("pri", "fac", "time", "caller", "msg"))
"""Keys of an object of dmesg's (sys-utils/dmesg.c): others log in JSON, too, and call it `msg`."""
_OF_PROCESS = frozenset(("_TRANSPORT", "_PID", "_UID", "_COMM", "_EXE"))
"""What journald notes of a process that sent an entry; `kernel` is the transport of none."""
_METADATA = {"_KERNEL_DEVICE": "DEVICE", "_KERNEL_SUBSYSTEM": "SUBSYSTEM"}


def parse_json_entry(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record of one JSON object on one line: of journalctl, or an object of dmesg's."""
    if line.startswith(_LISTS):
        line = line.removeprefix(_DOCUMENT)[1:].removesuffix(b"]}").removesuffix(b"]")
    fields = load_object(line) if line.lstrip()[:1] == b"{" else None
    return None if fields is None else record_of_object(fields, reading)


def split_objects(line: bytes) -> list[bytes]:
    """Cut a list that is printed on one line, `dmesg --json | jq -c`, into lines of one object.

    Any other line is returned whole. The last one may be the beginning of an object: more may
    follow.
    """
    if not line.startswith(_LISTS):
        return [line]
    # Within a string the quotes of this would be escaped.
    return _BETWEEN.sub(b"}\n[", line).split(b"\n")


def load_object(text: bytes | str) -> dict[str, Any] | None:
    """Return the JSON object that *text* is; None for anything else, however hostile."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def record_of_object(fields: Mapping[str, Any], reading: Reading) -> LogRecord | None:
    """Return the record of an object that journalctl or dmesg printed; None for another one."""
    if "MESSAGE" in fields:
        return record_of_entry(fields, reading)
    return _record_of_dmesg(fields, reading) if fields.keys() <= _OF_DMESG else None


def record_of_entry(fields: Mapping[str, Any], reading: Reading) -> LogRecord | None:
    """Return the record of a journal entry; None if it has no message."""
    message = _text(fields.get("MESSAGE"))
    if message is None:
        return None
    get = fields.get
    tag = _text(get("SYSLOG_IDENTIFIER")) or "kernel"
    from_kernel = get("_TRANSPORT") == "kernel"
    # The kernel's own messages have a word and no process; what a daemon prints has both.
    pid = _text(get("SYSLOG_PID" if from_kernel else "_PID"))
    text, metadata = untagged_text(tag, pid, message)
    if from_kernel and metadata:
        process = "" if pid is None else f"[{pid}]"
        text, metadata = f"{tag}{process}: {message}", ()
    uptime_us = _number(get("_SOURCE_MONOTONIC_TIMESTAMP"))
    if uptime_us is None:
        uptime_us = _number(get("__MONOTONIC_TIMESTAMP"))
    wall_us = _number(get("__REALTIME_TIMESTAMP"))
    facility = _number(get("SYSLOG_FACILITY"))
    if not from_kernel:
        # Whoever sent this named the facility that they liked; only journald writes the others.
        of_process = not _OF_PROCESS.isdisjoint(fields)
        facility = facility or (USER_FACILITY if of_process else None)
    return LogRecord(
        text=text,
        source=reading.source,
        uptime_us=uptime_us,
        level=_number(get("PRIORITY")),
        facility=KERNEL_FACILITY if facility is None and from_kernel else facility,
        boot_id=_text(get("_BOOT_ID")) or reading.boot_id,
        wall_time_s=None if wall_us is None else possible_time(wall_us / 1e6),
        host=_text(get("_HOSTNAME")),
        fields=(*metadata, *_metadata(fields)),
    )


def _record_of_dmesg(fields: Mapping[str, Any], reading: Reading) -> LogRecord | None:
    """Return the record of one object of `dmesg --json`; None if it has no message.

    util-linux 2.38 prints wrong priorities for facilities other than kern: one below 8 says nothing
    about who wrote the record. With -x, it names facility and level.
    """
    message, time = _text(fields.get("msg")), fields.get("time")
    if message is None:
        return None
    priority = _number(fields.get("pri"))
    if priority is None:
        level, facility = LEVELS.get(str(fields.get("pri"))), FACILITIES.get(str(fields.get("fac")))
    else:
        level, facility = priority & 7, priority >> 3 if priority > 7 else None
    seconds = time if isinstance(time, int | float) and 0 <= time < 1e12 else None
    return LogRecord(
        text=message,
        source=reading.source,
        uptime_us=None if seconds is None else round(seconds * 1_000_000),
        level=level,
        facility=facility,
        boot_id=reading.boot_id,
    )


def _metadata(fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if _METADATA.keys().isdisjoint(fields):
        return ()
    found = ((name, _text(fields.get(key))) for key, name in _METADATA.items())
    return tuple((name, value) for name, value in found if value is not None)


def _text(value: Any) -> str | None:
    """Return a field's text: a string, an array of bytes if it is not UTF-8, or the last of
    several; None for everything else (journalctl writes null for what is too long)."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        return bytes(value).decode(errors="backslashreplace")
    return _text(value[-1]) if isinstance(value[-1], str) else None


def _number(value: Any) -> int | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None
