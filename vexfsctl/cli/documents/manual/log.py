"""vexfs-log(5): the records of VexFS, from the grammar that writes and reads them."""

import inspect
from collections.abc import Iterator
from typing import Any

from vexfsctl.logs.grammar import MAXIMUM_TEXT, RECORD_FORMS, RecordForm, format_event
from vexfsctl.model import events
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.events import Event
from vexfsctl.model.hints import HintKind, RecoveryHint
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.render.mdoc import (
    argument,
    literal_block,
    page_head,
    paragraphs,
    see_also,
    tagged_list,
    text_lines,
)

KEY_MEANINGS = {
    "action": "What an operator asked for: trip, reset, probe, disable, enable, access_mode.",
    "after": "State after it.",
    "attempt": "Number of this attempt, and of all there may be: 1/3.",
    "attempts": "How many attempts there were.",
    "before": "State before it.",
    "by": "timer or operator; absent when the outcome of a call did it.",
    "call": "The request in lower case: read, fsync, statfs.",
    "calls": "Application calls that were not logged, nested ones included in them.",
    "cause": "Id of the record behind it.",
    "delay_ms": "How long until the attempt.",
    "driver": "kernel or fuse.",
    "dur_us": "How long it took, in microseconds.",
    "epoch": "Identity of this load of the volume.",
    "err": "Name of the error in the catalogue: IoError.ReadError.",
    "errno": "Name of the errno: EIO.",
    "errors": "Error records that were not logged.",
    "failures": "Failures in the window, and how many open the breaker: 5/5.",
    "from": "State before it.",
    "generation": "Generation of the breaker after it.",
    "hints": "What may help, in this order; retry with its delay: retry:500.",
    "ino": "Inode number of the file.",
    "interval_ms": "The time they were left out in.",
    "len": "How many bytes were asked for.",
    "limit_ms": "The deadline that it missed.",
    "msg": "The same for people; the first to be cut when a record is too long.",
    "off": "First byte that was asked for.",
    "op": "Operation type.",
    "parent": "Id of the call that this one is nested in.",
    "pid": "Process that asked for it.",
    "reason": "What the operator gave as the reason.",
    "result": "ok, or the name of an errno.",
    "retry_after_ms": "Time until the breaker lets a call through.",
    "sev": "Severity: low, medium, high or critical.",
    "stack": "Calls it came through, outermost first.",
    "step": "What was done.",
    "to": "State after it.",
    "trips": "How often the breaker has opened.",
    "uid": "User who asked for it.",
    "version": "The provider's version.",
    "via": "What was served instead: last_good.",
    "vol": "Name of the volume.",
    "window_ms": "Age at which a failure no longer counts.",
}
"""What each key says; a test holds it to the keys of the grammar."""

_DESCRIPTION = (
    "A provider of VexFS volumes writes one line for each thing that happens, into the kernel log"
    " or into a file of the same form. A line is the word of the record with its keys and values,"
    " as in logfmt. The order of the keys is fixed. A value with a space, a quote, an equals sign"
    r" or a character that cannot be printed is in double quotes, with \", \\ and \xNN in it."
    f" A record has at most {MAXIMUM_TEXT} bytes; what does not fit is cut and ends in three dots."
    " A reader must keep keys that it does not know.",
    "One failing call is one id from its first error to its outcome: recovered, fallback, failed,"
    " rejected or timeout. A nested call has an id of its own and names its caller as parent. A"
    " breaker record carries the id of what caused it, and none when a timer did.",
)
_RATE_LIMIT = (
    "Records of calls are limited for each volume, and a call is logged whole or not at all. The"
    " suppressed record counts what was left out, so that log and counters can be reconciled."
    " State, degradation, breaker, operator, recovery and suppressed records are never limited.",
)
_NO_MARKUP = str.maketrans("", "", "`*")
_ID = CorrelationId(0x6F1C93A20000002A)
_CALLER = CorrelationId(0x6F1C93A200000029)
_READ: dict[str, Any] = {
    "volume": "loop0",
    "id": _ID,
    "operation": OperationType.STORAGE,
    "call": "read",
}
_STORAGE: dict[str, Any] = {"volume": "loop0", "id": _ID, "operation": OperationType.STORAGE}


def log_page() -> list[str]:
    """Return the lines of the page."""
    keys = sorted({key.key for form in RECORD_FORMS for key in form.keys})
    return [
        *page_head("vexfs-log", 5, "records of VexFS in the kernel log"),
        ".Sh DESCRIPTION",
        *paragraphs(*_DESCRIPTION),
        ".Ss Records",
        "Keys in brackets are there where they apply.",
        *tagged_list((_record_tag(form), _record_text(form)) for form in RECORD_FORMS),
        ".Ss Keys",
        *tagged_list((f"Cm {argument(key)}", text_lines(KEY_MEANINGS[key])) for key in keys),
        ".Ss Rate limit",
        *paragraphs(*_RATE_LIMIT),
        ".Sh FILES",
        *tagged_list(
            [
                ("Pa /dev/kmsg", ["The kernel log."]),
                (
                    "Pa /var/log/vexfs/VOLUME.kmsg",
                    ["Where a userspace driver writes that cannot write there."],
                ),
            ]
        ),
        ".Sh EXAMPLES",
        *literal_block("\n".join(format_event(event) for event in _sample_events())),
        *see_also(
            "dmesg(1)", "vexfsctl(1)", "vexfsctl-log(1)", "vexfsctl-trace(1)", "vexfs-sysfs(5)"
        ),
    ]


def _record_tag(form: RecordForm) -> str:
    keys = [key.key if form.requires(key) else f"[{key.key}]" for key in form.keys]
    return f"Cm {argument(form.word)} Ar {' '.join(map(argument, keys))}"


def _record_text(form: RecordForm) -> list[str]:
    text = " ".join(inspect.cleandoc(form.event.__doc__ or "").split("\n\n")[0].split())
    sentence = text.partition(": ")[2]
    return text_lines(sentence[0].upper() + sentence[1:].translate(_NO_MARKUP))


def _sample_events() -> Iterator[Event]:
    yield events.ErrorReported(
        **_READ,
        parent=_CALLER,
        error="IoError.ReadError",
        errno=5,
        severity=Severity.HIGH,
        attempt=1,
        max_attempts=3,
        inode=12,
        offset=1_048_576,
        length=4_096,
        hints=(RecoveryHint(HintKind.RETRY, 500), RecoveryHint(HintKind.INVALIDATE_CACHE)),
        message="read operation failed",
    )
    yield events.RetryScheduled(**_READ, parent=_CALLER, attempt=2, max_attempts=3, delay_ms=512)
    yield events.CallRecovered(**_READ, parent=_CALLER, attempts=2, duration_us=519_020)
    yield events.BreakerChanged(
        **_STORAGE,
        before=BreakerState.CLOSED,
        after=BreakerState.OPEN,
        generation=2,
        failures=5,
        failure_threshold=5,
        window_ms=10_000,
        trips=1,
    )
    yield events.OperatorActed(
        **_STORAGE,
        action="reset",
        before="open",
        after="closed",
        uid=0,
        pid=4242,
        reason="disk replaced",
    )
    yield events.RecordsSuppressed(volume="loop0", calls=9, errors=27, interval_ms=5_000)
