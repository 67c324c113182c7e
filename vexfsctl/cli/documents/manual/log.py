"""vexfs-log(5): the records of VexFS, from the grammar that writes and reads them."""

from collections.abc import Iterator
from typing import Any

from vexfsctl.driver.volume.records import CALLS_ROOM, LOG_BOUND_S, RESERVE
from vexfsctl.logs.grammar import MAXIMUM_TEXT, RECORD_FORMS, RecordForm, format_event
from vexfsctl.model import events
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.events import Event
from vexfsctl.model.hints import HintKind, RecoveryHint
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.unread import LINE_WORDS
from vexfsctl.render.mdoc import (
    argument,
    literal_block,
    page_head,
    paragraphs,
    see_also,
    tagged_list,
    text_lines,
)

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
_WRITING = (
    "A userspace driver queues its records and writes them from a thread of its own, in order, at"
    " once: a log that is full or hangs delays no call. Their times are those at which they were"
    " made, except in the kernel log, which has its own.",
    f"Records of calls have room for {CALLS_ROOM}. A failing call that begins when it is used up"
    " has no records, and of one whose record cannot be written the rest is left out; attribute"
    " errors/lost counts their errors. All other records have room of their own, for"
    f" {RESERVE}. When it runs out, commands to breakers and to access_mode are refused with EBUSY;"
    " a change that the driver makes itself happens without its record, and the generation of the"
    " next breaker record jumps. In a file the numbers of records that were not written are missing"
    " as well.",
    f"At unmount the driver waits at most {LOG_BOUND_S:g} seconds until its last records are"
    " written; the rest is lost. A driver that is killed loses those that are queued: mostly none,"
    " since a record is written within milliseconds, and all that wait where the log hangs. No"
    " record is synced: what the host had not written to the disk of the log is lost when the host"
    " goes down. A record that was cut short ends at the end of its line; the next one begins a"
    " line.",
)
_HANDED_OVER = (
    "A saved log may be in any form of dmesg, journalctl and syslog daemons, in any language, of"
    " containers, Talos or logcat, or in the JSON of a log shipper, line by line, in UTF-8 or"
    " UTF-16. What stands before the lines"
    " is taken off: quotes and bullets, indents, colours, HTML, tags of forums, the FILE: of grep,"
    " a prompt, numbers of lines, names of containers, the clock of a terminal; such a record is"
    " never surely the kernel's. Lines that a mailer wrapped are joined. Where a log has no"
    " uptimes, times are compared as closely as it has them."
    " Times without a zone, or in one that is not known, are the reader's; those without a year are"
    " of the last twelve months: where a log has such times, a note says so.",
    "What another program wrote is never taken for the kernel's, whatever it says: a line with its"
    " tag, an entry of the journal that came from a process, a record of another facility than"
    " kern. Nor is what a process or a file is called in a line of the kernel. Where a log daemon"
    " has tags and a line has none, only what nobody but the kernel says of a device counts.",
    "Lines that are not records, or not surely, are told apart:",
)
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
    meanings = {key.key: key.meaning for form in RECORD_FORMS for key in form.keys}
    return [
        *page_head("vexfs-log", 5, "records of VexFS in the kernel log"),
        ".Sh DESCRIPTION",
        *paragraphs(*_DESCRIPTION),
        ".Ss Records",
        "Keys in brackets are present where they apply.",
        *tagged_list((_record_tag(form), _record_text(form)) for form in RECORD_FORMS),
        ".Ss Keys",
        *tagged_list(
            (f"Cm {argument(key)}", text_lines(meaning))
            for key, meaning in sorted(meanings.items())
        ),
        ".Ss Rate limit",
        *paragraphs(*_RATE_LIMIT),
        ".Ss Full and hanging logs",
        *paragraphs(*_WRITING),
        ".Ss Logs that are handed over",
        *paragraphs(*_HANDED_OVER),
        *tagged_list((f"Sy {word}", text_lines(text)) for word, text in LINE_WORDS.items()),
        ".Sh FILES",
        *tagged_list(
            [
                ("Pa /dev/kmsg", ["The kernel log."]),
                (
                    "Pa /var/log/vexfs/VOLUME.kmsg",
                    ["Written by a userspace driver that cannot write to the kernel log."],
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
    return text_lines(form.meaning[0].upper() + form.meaning[1:])


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
