"""Ledger entries into lines of JSON and back. Pure.

One object for each line, ASCII, versioned. Nothing is guessed from a line that is torn, too long,
of another version or of an unknown kind: it is MalformedRecord, and the reader counts it.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.ledger.entries import (
    DeviceIdentity,
    FaultVerified,
    LedgerEntry,
    ReplayBegun,
    ReplayEnded,
    StepBegun,
    StepEnded,
    Who,
)
from vexfsctl.recovery.plan.steps import ByteRange, FaultState, Outcome

VERSION = 1
LONGEST_LINE = 1 << 20
"""Bytes; a longer line is not ours."""

_KINDS: Mapping[str, type[LedgerEntry]] = {
    "begin": ReplayBegun,
    "step_begin": StepBegun,
    "step_end": StepEnded,
    "verified": FaultVerified,
    "end": ReplayEnded,
}
_WORDS = {entry: word for word, entry in _KINDS.items()}


def format_line(entry: LedgerEntry) -> bytes:
    """Return the line of *entry*, newline included, never longer than LONGEST_LINE."""
    values = {each.name: _plain(getattr(entry, each.name)) for each in fields(entry)}
    line = _dump({"v": VERSION, "kind": _WORDS[type(entry)], **values})
    if len(line) > LONGEST_LINE:
        # The evidence of a step can be endless; its outcome is what must be kept.
        values |= {"details": {"left_out": True}, "evidence": []}
        line = _dump({"v": VERSION, "kind": _WORDS[type(entry)], **values})
    return line


def parse_line(line: bytes) -> LedgerEntry:
    """Return the entry of *line*; raise MalformedRecord if it is not an entry of this version."""
    if len(line) > LONGEST_LINE:
        raise MalformedRecord("longer than any entry")
    try:
        values = json.loads(line, parse_constant=_no_number, parse_float=_finite)
        # RecursionError: a line may consist of nothing but brackets.
    except (ValueError, RecursionError) as cause:
        raise MalformedRecord(f"not JSON: {line[:40]!r}") from cause
    if not isinstance(values, dict) or values.get("v") != VERSION:
        raise MalformedRecord(f"not an entry of version {VERSION}: {line[:40]!r}")
    kind = _KINDS.get(values["kind"]) if isinstance(values.get("kind"), str) else None
    if kind is None:
        raise MalformedRecord(f"not a kind of entry: {values.get('kind')!r}")
    try:
        return kind(**{each.name: _READERS[each.name](values[each.name]) for each in fields(kind)})
    except (KeyError, ValueError, TypeError, OverflowError) as cause:
        raise MalformedRecord(f"not an entry: {cause!r}") from cause


def _dump(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _no_number(word: str) -> float:
    """Refuse `NaN` and `Infinity`, which Python accepts as JSON, and no other reader does."""
    raise ValueError(f"not a number: {word}")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, CorrelationId):
        return str(value)
    if isinstance(value, Who | DeviceIdentity | ByteRange):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not text: {value!r:.40}")
    # JSON can contain a lone surrogate, which no terminal and no file accepts.
    return value.encode("utf-8", "backslashreplace").decode()


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"not a number: {value!r:.40}")
    return value


def _natural(value: Any) -> int:
    if not 0 <= _number(value) < 1 << 64:
        raise ValueError(f"out of range: {value!r:.40}")
    return _number(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"neither true nor false: {value!r:.40}")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"not an object: {value!r:.40}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"not a list: {value!r:.40}")
    return tuple(map(_text, value))


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    # Shown in the local zone: the first and last days of the calendar cannot be converted.
    if not 1970 <= moment.year < 9999:
        raise ValueError(f"not a time of a replay: {value}")
    return moment


def _identifier(value: Any) -> CorrelationId:
    return CorrelationId.parse(_text(value))


def _who(value: Any) -> Who:
    who = _mapping(value)
    optional = _optional(_text)
    return Who(
        uid=_natural(who["uid"]),
        user=optional(who["user"]),
        tty=optional(who["tty"]),
        pid=_natural(who["pid"]),
    )


def _device(value: Any) -> DeviceIdentity:
    device = _mapping(value)
    return DeviceIdentity(
        node=_text(device["node"]),
        number=_text(device["number"]),
        sequence=_optional(_natural)(device["sequence"]),
        size=_natural(device["size"]),
    )


def _ranges(value: Any) -> tuple[ByteRange, ...]:
    if not isinstance(value, list):
        raise ValueError(f"not a list: {value!r:.40}")
    pairs = [_mapping(each) for each in value]
    return tuple(ByteRange(_natural(each["offset"]), _natural(each["length"])) for each in pairs)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "replay": _identifier,
    "time": _moment,
    "boot_id": _optional(_text),
    "monotonic_us": _natural,
    "who": _who,
    "subject": _text,
    "incident": _identifier,
    "volume": _optional(_text),
    "device": _optional(_device),
    "lock": _text,
    "steps": _texts,
    "ranges": _ranges,
    "reason": _optional(_text),
    "number": _natural,
    "hint": lambda value: HintKind(_text(value)),
    "target": _text,
    "outcome": lambda value: Outcome(_text(value)),
    "message": _text,
    "evidence": _texts,
    "details": _mapping,
    "changed": _truth,
    "duration_us": _natural,
    "record": _optional(_text),
    "epoch": _optional(_natural),
    "after": _natural,
    "state": lambda value: FaultState(_text(value)),
    "result": _text,
    "exit_status": _natural,
}
"""How the value of each field is read; a name means the same in every kind of entry."""
