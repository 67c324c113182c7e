"""The wording of VexFS records: the only module that knows it, for reading and for writing.

One table (`RECORD_FORMS`) says for each record word which event it is and which keys it carries
in which order, as vexfs-log(5) lists them; `format_event` and `parse_event` both walk it. The
text is the message of a record, from `VexFS: ` on; level, time and origin belong to the record.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from vexfsctl.logs.logfmt import (
    ELLIPSIS_SIZE,
    Pairs,
    cut_value,
    format_pairs,
    kernel_size,
    parse_pairs,
    written_size,
)
from vexfsctl.model import events
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import Unrecognised
from vexfsctl.model.errnos import errno_name, errno_number
from vexfsctl.model.events import Event
from vexfsctl.model.hints import RecoveryHint
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import DegradationLevel, ModuleState

MAXIMUM_TEXT = 976
"""Bytes of text in a record, counted as the kernel hands them back (`logfmt.kernel_size`)."""

_ERROR, _WARNING, _NOTICE, _INFO = 3, 4, 5, 6
_NO_MARKUP = str.maketrans("", "", "`*")


@dataclass(frozen=True, slots=True)
class KeyForm:
    """One key of a record: how its value is written and read, and which fields hold it."""

    key: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    """Raises ValueError for an invalid value."""
    fields: tuple[str, ...]
    """Two where the value is a pair, as in `attempt=1/3`."""
    meaning: str
    """A sentence, for vexfs-log(5)."""

    def write_fields(self, event: Event) -> str | None:
        """Return the value that *event* has for this key; None if it has none."""
        values = [getattr(event, field) for field in self.fields]
        return None if None in values else "/".join(map(self.write, values))

    def read_fields(self, text: str) -> dict[str, Any]:
        """Return the fields that the value *text* stands for; raise ValueError."""
        parts = text.split("/") if len(self.fields) > 1 else [text]
        if len(parts) != len(self.fields):
            raise ValueError(f"not {len(self.fields)} numbers: {text!r}")
        return dict(zip(self.fields, map(self.read, parts), strict=True))


@dataclass(frozen=True, slots=True)
class RecordForm:
    """One kind of record: its word, its event, its keys in their order."""

    word: str
    event: type[Event]
    keys: tuple[KeyForm, ...]

    @property
    def meaning(self) -> str:
        """What it says, a sentence in lower case, from the docstring of its event."""
        paragraph = inspect.cleandoc(self.event.__doc__ or "").split("\n\n")[0]
        return " ".join(paragraph.split()).partition(": ")[2].translate(_NO_MARKUP)

    def requires(self, key: KeyForm) -> bool:
        """Whether every record of this kind has *key*."""
        return not _OPTIONAL[self.event].issuperset(key.fields)


def format_event(event: Event) -> str:
    """Return the text of the record of *event*, at most `MAXIMUM_TEXT` bytes as the kernel counts.

    What does not fit is cut from `msg`, else from the longest value, and ends in `…`.
    """
    form = _FORM_OF_EVENT[type(event)]
    written = ((key.key, key.write_fields(event)) for key in form.keys)
    pairs = [(key, value) for key, value in written if value is not None]
    identifier = getattr(event, "id", None)
    head = f"VexFS: {'' if identifier is None else f'[{identifier}] '}{form.word} "
    rigid = {key.key for key in form.keys if key.read is not str}
    return head + format_pairs(_fit([*pairs, *event.extra], rigid, MAXIMUM_TEXT - len(head)))


def parse_event(text: str) -> Event | Unrecognised | None:
    """Return the event a record stands for; None if *text* does not begin like one of ours."""
    if not text.startswith(_BEGINS):
        return None
    event = _recall_event(text)
    if event is not None:
        return event
    head = _HEAD.fullmatch(text)
    if head is None or not _is_ours(**head.groupdict(default="")):
        return None
    try:
        return _read_event(**head.groupdict(default=""))
    except ValueError as cause:
        return Unrecognised(text, str(cause))


def event_level(event: Event) -> int:
    """Return the syslog level the record of *event* is written with (3 err to 7 debug)."""
    match event:
        case events.ErrorReported():
            return event.severity.log_level
        case events.StateChanged():
            return _ERROR if event.after == ModuleState.ERROR else _NOTICE
        case events.DegradationChanged():
            return _ERROR if event.after in _REFUSING_LEVELS else _WARNING
        case events.BreakerChanged():
            return _WARNING if event.after.rejects else _NOTICE
        case events.RecoveryStepTaken():
            return _INFO if event.result == "ok" else _WARNING
        case _:
            return _LEVELS[type(event)]


def _fit(pairs: Pairs, rigid: set[str], room: int) -> Pairs:
    """Cut values until all pairs fit; an ordinary record is returned as it came."""
    while (excess := kernel_size(format_pairs(pairs)) - room) > 0:
        sizes = [0 if key in rigid else written_size(value) for key, value in pairs]
        cut = max(range(len(pairs)), key=lambda at: (_is_cut_first(*pairs[at]), sizes[at]))
        key, value = pairs[cut]
        if sizes[cut] > ELLIPSIS_SIZE:
            pairs[cut] = (key, cut_value(value, sizes[cut] - excess))
        else:
            # Nothing left to cut: only more unknown keys than a record can hold lead here.
            pairs.pop()
    return pairs


def _is_cut_first(key: str, value: str) -> bool:
    return key == "msg" and written_size(value) > ELLIPSIS_SIZE


def _is_ours(identifier: str, word: str, pairs: str) -> bool:
    # Existing VexFS builds begin their prose with `VexFS: ` and even with an id, too.
    return pairs.startswith("vol=") or (identifier != "" and word in _FORM_OF_WORD)


def _recall_event(text: str) -> Event | None:
    """Return the event of a record by one that differed in ids and numbers only; None if unknown.

    Busy logs have millions of records, which hardly differ in anything else.
    """
    head = _HEAD_OF_PAIRS.match(text)
    if head is None:
        return None
    digits, word = head.groups()
    # What stands in quotes, and what follows it, is for the reader of pairs.
    plain, quote, rest = text[head.end() :].partition('"')
    pieces = _VARYING.split(plain)
    varying = pieces[2::3]
    del pieces[2::3]
    alike = _read_alike(digits is not None, word, quote + rest, *pieces)
    if alike is None:
        return None
    values = alike.values.copy()
    try:
        for (field, read), value in zip(alike.readers, varying, strict=True):
            values[field] = read(value)
    except ValueError:
        return None
    if digits is not None:
        values["id"] = CorrelationId(digits, 16)
    return alike.event(**values)


class _Alike(NamedTuple):
    """What records have in common that differ in ids and numbers only."""

    event: type[Event]
    values: dict[str, Any]
    readers: tuple[tuple[str, Callable[[str], Any]], ...]
    """For each value that differs, in the order of the text: its field, and what reads it."""


@lru_cache(maxsize=4096)
def _read_alike(with_id: bool, word: str, quoted: str, *pieces: str) -> _Alike | None:
    """Read records of these *pieces*: text, name, text, name, …; None if each has to be read."""
    form, names = _FORM_OF_WORD.get(word), pieces[1::2]
    known = {} if form is None else {f" {key.key}=": key for key in form.keys}
    # A key that comes twice, or is unknown, is not read at all.
    if len(known.keys() & names) != len(names):
        return None
    stand_ins = (f"{name}{_NO_ID if name in _ID_NAMES else 0}" for name in names)
    text = "".join(chain.from_iterable(zip(pieces[::2], (*stand_ins, quoted), strict=True)))
    try:
        event = _read_event(_NO_ID if with_id else "", word, text)
    except ValueError:
        # The reason is to quote the record itself.
        return None
    return _Alike(
        type(event),
        {each.name: getattr(event, each.name) for each in fields(event)},
        tuple(
            (known[name].fields[0], CorrelationId.parse if name in _ID_NAMES else int)
            for name in names
        ),
    )


def _read_event(identifier: str, word: str, pairs: str) -> Event:
    form = _FORM_OF_WORD.get(word)
    if form is None:
        raise ValueError(f"unknown record {word!r}")
    known = {key.key: key for key in form.keys}
    values: dict[str, Any] = {}
    extra: Pairs = []
    for key, text in parse_pairs(pairs):
        # A key that comes twice is known once; the second is kept like an unknown one.
        if (declared := known.pop(key, None)) is None:
            extra.append((key, text))
        else:
            values |= _read_value(declared, text)
    missing = [key.key for key in known.values() if form.requires(key)]
    if missing:
        raise ValueError(f"{word} record without {' '.join(missing)}")
    values |= _read_id(form, identifier)
    return form.event(**values, extra=tuple(extra))


def _read_value(key: KeyForm, text: str) -> dict[str, Any]:
    try:
        return key.read_fields(text)
    except ValueError as cause:
        raise ValueError(f"{key.key}: {cause}") from cause


def _read_id(form: RecordForm, identifier: str) -> dict[str, CorrelationId | None]:
    declared = _ID_TYPES[form.event]
    if declared is None and identifier:
        raise ValueError(f"{form.word} record with an id")
    if declared is CorrelationId and not identifier:
        raise ValueError(f"{form.word} record without an id")
    if declared is None:
        return {}
    return {"id": CorrelationId.parse(identifier) if identifier else None}


def _read_number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"not a number: {text[:40]!r}")
    return int(text)


def _write_hints(hints: tuple[RecoveryHint, ...]) -> str:
    return ",".join(map(str, hints))


def _read_hints(text: str) -> tuple[RecoveryHint, ...]:
    return tuple(map(RecoveryHint.from_word, text.split(","))) if text else ()


_NUMBER = re.compile(r"[0-9]{1,20}")


def _text(key: str, meaning: str, field: str | None = None) -> KeyForm:
    return KeyForm(key, str, str, (field or key,), meaning)


def _number(key: str, meaning: str, *names: str) -> KeyForm:
    return KeyForm(key, str, _read_number, names or (key,), meaning)


def _identifier(key: str, meaning: str) -> KeyForm:
    return KeyForm(key, str, CorrelationId.parse, (key,), meaning)


_KEY_FORMS = (
    _text(
        "action", "What an operator asked for: trip, reset, probe, disable, enable, access_mode."
    ),
    _text("after", "State after the command."),
    _number(
        "attempt",
        "This attempt and the maximum: 1/3.",
        "attempt",
        "max_attempts",
    ),
    _number("attempts", "Number of attempts."),
    _text("before", "State before the command."),
    _text("by", "timer or operator; absent when the outcome of a call did it."),
    _text("call", "The request in lower case: read, fsync, statfs."),
    _number(
        "calls",
        "Application calls that were not logged; a nested call counts as part of its caller.",
    ),
    _identifier("cause", "Id of the record that caused it."),
    _number("delay_ms", "Delay before the attempt."),
    _text(
        "dev",
        "Kernel name of the block device that the volume lies on; absent if there is none.",
        "device",
    ),
    _text("driver", "kernel or fuse."),
    _number("dur_us", "How long it took, in microseconds.", "duration_us"),
    _number("epoch", "Identity of this load of the volume."),
    _text("err", "Name of the error in the catalogue: IoError.ReadError.", "error"),
    KeyForm("errno", errno_name, errno_number, ("errno",), "Name of the errno: EIO."),
    _number("errors", "Error records that were not logged."),
    _number(
        "failures",
        "Failures in the window, and how many open the breaker: 5/5.",
        "failures",
        "failure_threshold",
    ),
    _text("from", "State before the change.", "before"),
    _number("generation", "Generation of the breaker after the change."),
    KeyForm(
        "hints",
        _write_hints,
        _read_hints,
        ("hints",),
        "What may help, in this order; retry with its delay: retry:500.",
    ),
    _number("ino", "Inode number of the file.", "inode"),
    _number("interval_ms", "Time in which they were left out."),
    _text(
        "limit",
        "What left no place for the call: max_operations, max_concurrent, or degradation; absent "
        "when its breaker was open.",
    ),
    _number("len", "Number of bytes requested.", "length"),
    _number("limit_ms", "The deadline that it missed."),
    _text("msg", "Description for people; cut first when a record is too long.", "message"),
    _number("off", "First byte requested.", "offset"),
    KeyForm("op", str, OperationType, ("operation",), "Operation type."),
    _identifier("parent", "Id of the call that this one is nested in."),
    _number("pid", "Process that requested it."),
    _text("reason", "Reason the operator gave."),
    _text("resource", "What is short, or is not any more: memory, operations or space."),
    _text("result", "ok, or the name of an errno."),
    _number("retry_after_ms", "Time until the breaker lets a call through."),
    _text("rule", "failure_rate or slow_rate, when that opened it; else the failures did."),
    KeyForm(
        "sev", str, Severity.from_word, ("severity",), "Severity: low, medium, high or critical."
    ),
    _text("stack", "Calls it came through, outermost first."),
    _text("step", "What was done."),
    _text("to", "State after the change.", "after"),
    _number("trips", "How often the breaker has opened."),
    _number("uid", "User who requested it."),
    _text("version", "The provider's version."),
    _text("via", "What was served instead: last_good."),
    _number("used_pct", "How much of its limit is used, in percent; of space, of what is free."),
    _text("vol", "Name of the volume.", "volume"),
    _number("window_ms", "Age at which a failure no longer counts."),
)
_KEYS = {key.key: key for key in _KEY_FORMS}
_BREAKER_KEYS = _KEYS | {key: replace(_KEYS[key], read=BreakerState) for key in ("from", "to")}


def _record(
    word: str, event: type[Event], keys: str, known: Mapping[str, KeyForm] = _KEYS
) -> RecordForm:
    return RecordForm(word, event, tuple(known[key] for key in keys.split()))


RECORD_FORMS = (
    _record(
        "error",
        events.ErrorReported,
        "vol op call err errno sev attempt parent ino off len hints stack msg",
    ),
    _record("retry", events.RetryScheduled, "vol op call attempt parent delay_ms"),
    _record("recovered", events.CallRecovered, "vol op call attempts dur_us parent ino"),
    _record("failed", events.CallFailed, "vol op call err errno attempts dur_us parent ino"),
    _record("fallback", events.FallbackUsed, "vol op call via result parent"),
    _record("timeout", events.CallTimedOut, "vol op call limit_ms parent ino"),
    _record("rejected", events.CallRejected, "vol op call parent retry_after_ms limit"),
    _record(
        "breaker",
        events.BreakerChanged,
        "vol op from to generation failures window_ms rule trips by",
        _BREAKER_KEYS,
    ),
    _record("operator", events.OperatorActed, "vol op action before after uid pid reason"),
    _record("recovery", events.RecoveryStepTaken, "vol op step result dur_us msg"),
    _record("state", events.StateChanged, "vol epoch from to driver version dev"),
    _record("degradation", events.DegradationChanged, "vol from to cause resource used_pct"),
    _record("suppressed", events.RecordsSuppressed, "vol calls errors interval_ms"),
)
"""Every kind of record, in the order of vexfs-log(5)."""

STATE_BEGINS = "VexFS: state "
"""What the text of every `state` record begins with: it has no id."""

_FORM_OF_WORD = {form.word: form for form in RECORD_FORMS}
_FORM_OF_EVENT = {form.event: form for form in RECORD_FORMS}
_OPTIONAL = {
    kind: {field.name for field in fields(kind) if field.default is not MISSING}
    for kind in _FORM_OF_EVENT
}
_ID_TYPES = {
    kind: next((field.type for field in fields(kind) if field.name == "id"), None)
    for kind in _FORM_OF_EVENT
}
_VARYING = re.compile(
    r"( (?:ino|off|len|dur_us|delay_ms|retry_after_ms|parent|cause)=)"
    r"(CORR-[0-9A-F]{16}|[0-9]{1,20})(?= |\Z)"
)
"""Values that hardly ever come twice."""
_ID_NAMES = (" parent=", " cause=")
_NO_ID = str(CorrelationId(0))
_BEGINS = "VexFS: "
"""What each of our records begins with."""
_HEAD_OF_PAIRS = re.compile(r"VexFS: (?:\[CORR-([0-9A-F]{16})\] )?(\w+) (?=vol=)")
_HEAD = re.compile(
    r"VexFS: (?:\[(?P<identifier>CORR-[0-9A-F]{16})\] )?(?P<word>\w+)(?: (?P<pairs>.*))?", re.DOTALL
)
_REFUSING_LEVELS = {str(level) for level in DegradationLevel if level.refuses_writes}
_LEVELS: dict[type[Event], int] = {
    events.RetryScheduled: _INFO,
    events.CallRecovered: _INFO,
    events.CallFailed: _WARNING,
    events.FallbackUsed: _NOTICE,
    events.CallTimedOut: _WARNING,
    events.CallRejected: _NOTICE,
    events.OperatorActed: _NOTICE,
    events.RecordsSuppressed: _WARNING,
}
