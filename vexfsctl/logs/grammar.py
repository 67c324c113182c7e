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
from typing import Any

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
    head = _HEAD.fullmatch(text)
    if head is None or not _is_ours(**head.groupdict(default="")):
        return None
    try:
        return _recall_event(**head.groupdict(default=""))
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


def _recall_event(identifier: str, word: str, pairs: str) -> Event:
    """Read an event as `_read_event` does, by one that differed in ids and numbers only, if any."""
    # What stands in quotes, and what follows it, is for the reader of pairs.
    plain, quote, rest = pairs.partition('"')
    varying = _VARYING.findall(plain)
    declared = _VARYING_KEYS.get(word, {})
    if len({key for key, *_ in varying if key in declared}) != len(varying):
        return _read_event(identifier, word, pairs)
    alike = f"{_VARYING.sub(_stand_in, plain)}{quote}{rest}"
    try:
        values = dict(_read_alike(alike, word, with_id=identifier != ""))
    except ValueError:
        # The reason is to quote the line as it is.
        return _read_event(identifier, word, pairs)
    if identifier:
        values["id"] = CorrelationId.parse(identifier)
    for key, _, text in varying:
        values |= declared[key].read_fields(text)
    return _FORM_OF_WORD[word].event(**values)


@lru_cache(maxsize=4096)
def _read_alike(pairs: str, word: str, *, with_id: bool) -> tuple[tuple[str, Any], ...]:
    """Return the fields of an event whose ids and numbers are stand-ins."""
    event = _read_event(str(CorrelationId(0)) if with_id else "", word, pairs)
    return tuple((each.name, getattr(event, each.name)) for each in fields(event))


def _stand_in(varying: re.Match[str]) -> str:
    value = "0" if varying[2] is None else str(CorrelationId(0))
    return f" {varying[1]}={value}"


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
    _number("len", "Number of bytes requested.", "length"),
    _number("limit_ms", "The deadline that it missed."),
    _text("msg", "Description for people; cut first when a record is too long.", "message"),
    _number("off", "First byte requested.", "offset"),
    KeyForm("op", str, OperationType, ("operation",), "Operation type."),
    _identifier("parent", "Id of the call that this one is nested in."),
    _number("pid", "Process that requested it."),
    _text("reason", "Reason the operator gave."),
    _text("result", "ok, or the name of an errno."),
    _number("retry_after_ms", "Time until the breaker lets a call through."),
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
    _record("rejected", events.CallRejected, "vol op call parent retry_after_ms"),
    _record(
        "breaker",
        events.BreakerChanged,
        "vol op from to generation failures window_ms trips by",
        _BREAKER_KEYS,
    ),
    _record("operator", events.OperatorActed, "vol op action before after uid pid reason"),
    _record("recovery", events.RecoveryStepTaken, "vol op step result dur_us msg"),
    _record("state", events.StateChanged, "vol epoch from to driver version dev"),
    _record("degradation", events.DegradationChanged, "vol from to cause"),
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
    r" (ino|off|len|dur_us|delay_ms|retry_after_ms|(parent|cause))="
    r"((?(2)CORR-[0-9A-F]{16}|[0-9]{1,20}))(?= |\Z)"
)
"""Values that hardly ever come twice."""
_VARYING_KEYS = {
    form.word: {key.key: key for key in form.keys if _VARYING.match(f" {key.key}=0")}
    | {key.key: key for key in form.keys if _VARYING.match(f" {key.key}={CorrelationId(0)}")}
    for form in RECORD_FORMS
}
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
