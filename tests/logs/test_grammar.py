"""Records of VexFS: each event is one line, and the line is the event again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.test_logfmt import CLEAN_TEXT
from vexfsctl.logs.grammar import (
    MAXIMUM_TEXT,
    RECORD_FORMS,
    event_level,
    format_event,
    parse_event,
)
from vexfsctl.logs.logfmt import kernel_size
from vexfsctl.model import events
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import Unrecognised
from vexfsctl.model.events import Event
from vexfsctl.model.hints import HintKind, RecoveryHint
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity

CALL = CorrelationId(0x6F1C93A20000002A)
CALLER = CorrelationId(0x6F1C93A200000029)
HINTS = (
    RecoveryHint(HintKind.RETRY, 500),
    RecoveryHint(HintKind.INVALIDATE_CACHE),
    RecoveryHint(HintKind.USE_FALLBACK),
)
READ_ERROR = events.ErrorReported(
    volume="loop0",
    id=CALL,
    operation=OperationType.STORAGE,
    call="read",
    parent=CALLER,
    error="IoError.ReadError",
    errno=5,
    severity=Severity.HIGH,
    attempt=1,
    max_attempts=3,
    inode=12,
    offset=1048576,
    length=4096,
    hints=HINTS,
    message="read operation failed",
)

SAMPLES: list[tuple[str, Event, int]] = [
    (
        "VexFS: [CORR-6F1C93A20000002A] error vol=loop0 op=storage call=read"
        " err=IoError.ReadError errno=EIO sev=high attempt=1/3 parent=CORR-6F1C93A200000029"
        " ino=12 off=1048576 len=4096 hints=retry:500,invalidate_cache,use_fallback"
        ' msg="read operation failed"',
        READ_ERROR,
        4,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002A] retry vol=loop0 op=storage call=read attempt=2/3"
        " parent=CORR-6F1C93A200000029 delay_ms=512",
        events.RetryScheduled(
            volume="loop0",
            id=CALL,
            operation=OperationType.STORAGE,
            call="read",
            attempt=2,
            max_attempts=3,
            parent=CALLER,
            delay_ms=512,
        ),
        6,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002A] error vol=loop0 op=storage call=read"
        " err=IoError.ReadError errno=EIO sev=high attempt=2/3 parent=CORR-6F1C93A200000029"
        " ino=12 off=1048576 len=4096 hints=retry:500,invalidate_cache,use_fallback"
        ' msg="read operation failed"',
        replace(READ_ERROR, attempt=2),
        4,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002A] breaker vol=loop0 op=storage from=closed to=open"
        " generation=2 failures=5/5 window_ms=10000 trips=1",
        events.BreakerChanged(
            volume="loop0",
            id=CALL,
            operation=OperationType.STORAGE,
            before=BreakerState.CLOSED,
            after=BreakerState.OPEN,
            generation=2,
            failures=5,
            failure_threshold=5,
            window_ms=10000,
            trips=1,
        ),
        4,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002A] breaker vol=loop0 op=storage from=closed to=open"
        " generation=2 rule=slow_rate trips=1",
        events.BreakerChanged(
            volume="loop0",
            id=CALL,
            operation=OperationType.STORAGE,
            before=BreakerState.CLOSED,
            after=BreakerState.OPEN,
            generation=2,
            rule="slow_rate",
            trips=1,
        ),
        4,
    ),
    (
        "VexFS: breaker vol=loop0 op=storage from=open to=half_open generation=3 trips=1 by=timer",
        events.BreakerChanged(
            volume="loop0",
            id=None,
            operation=OperationType.STORAGE,
            before=BreakerState.OPEN,
            after=BreakerState.HALF_OPEN,
            generation=3,
            trips=1,
            by="timer",
        ),
        5,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002A] failed vol=loop0 op=storage call=read"
        " err=IoError.ReadError errno=EIO attempts=2 dur_us=519020 parent=CORR-6F1C93A200000029",
        events.CallFailed(
            volume="loop0",
            id=CALL,
            operation=OperationType.STORAGE,
            call="read",
            error="IoError.ReadError",
            errno=5,
            attempts=2,
            duration_us=519020,
            parent=CALLER,
        ),
        4,
    ),
    (
        "VexFS: [CORR-6F1C93A200000029] failed vol=loop0 op=file call=read"
        " err=IoError.ReadError errno=EIO attempts=1 dur_us=519311 ino=12",
        events.CallFailed(
            volume="loop0",
            id=CALLER,
            operation=OperationType.FILE,
            call="read",
            error="IoError.ReadError",
            errno=5,
            attempts=1,
            duration_us=519311,
            inode=12,
        ),
        4,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002C] rejected vol=loop0 op=storage call=read"
        " parent=CORR-6F1C93A20000002B retry_after_ms=59800",
        events.CallRejected(
            volume="loop0",
            id=CorrelationId(0x6F1C93A20000002C),
            operation=OperationType.STORAGE,
            call="read",
            parent=CorrelationId(0x6F1C93A20000002B),
            retry_after_ms=59800,
        ),
        5,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002D] recovered vol=loop0 op=directory call=readdir attempts=2"
        " dur_us=104512",
        events.CallRecovered(
            volume="loop0",
            id=CorrelationId(0x6F1C93A20000002D),
            operation=OperationType.DIRECTORY,
            call="readdir",
            attempts=2,
            duration_us=104512,
        ),
        6,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002E] fallback vol=loop0 op=superblock call=statfs"
        " via=last_good result=ok",
        events.FallbackUsed(
            volume="loop0",
            id=CorrelationId(0x6F1C93A20000002E),
            operation=OperationType.SUPERBLOCK,
            call="statfs",
            via="last_good",
            result="ok",
        ),
        5,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002F] timeout vol=loop0 op=sync call=fsync limit_ms=5000 ino=12",
        events.CallTimedOut(
            volume="loop0",
            id=CorrelationId(0x6F1C93A20000002F),
            operation=OperationType.SYNC,
            call="fsync",
            limit_ms=5000,
            inode=12,
        ),
        4,
    ),
    (
        "VexFS: [CORR-6F1C93A200000030] operator vol=loop0 op=storage action=reset before=open"
        ' after=closed uid=0 pid=4242 reason="disk replaced"',
        events.OperatorActed(
            volume="loop0",
            id=CorrelationId(0x6F1C93A200000030),
            operation=OperationType.STORAGE,
            action="reset",
            before="open",
            after="closed",
            uid=0,
            pid=4242,
            reason="disk replaced",
        ),
        5,
    ),
    (
        "VexFS: [CORR-6F1C93A20000002A] recovery vol=loop0 op=storage step=invalidate_cache"
        " result=ok dur_us=1830",
        events.RecoveryStepTaken(
            volume="loop0",
            id=CALL,
            operation=OperationType.STORAGE,
            step="invalidate_cache",
            result="ok",
            duration_us=1830,
        ),
        6,
    ),
    (
        "VexFS: state vol=loop0 epoch=8172635412 from=initializing to=initialized driver=fuse"
        " version=0.1.0",
        events.StateChanged(
            volume="loop0",
            epoch=8172635412,
            before="initializing",
            after="initialized",
            driver="fuse",
            version="0.1.0",
        ),
        5,
    ),
    (
        "VexFS: state vol=data epoch=8172635412 from=initialized to=shutting_down driver=fuse"
        " version=0.1.0 dev=vda1",
        events.StateChanged(
            volume="data",
            epoch=8172635412,
            before="initialized",
            after="shutting_down",
            driver="fuse",
            version="0.1.0",
            device="vda1",
        ),
        5,
    ),
    (
        "VexFS: degradation vol=loop0 from=normal to=read_only cause=CORR-6F1C93A200000031",
        events.DegradationChanged(
            volume="loop0",
            before="normal",
            after="read_only",
            cause=CorrelationId(0x6F1C93A200000031),
        ),
        3,
    ),
    (
        "VexFS: suppressed vol=loop0 calls=9 errors=27 interval_ms=5000",
        events.RecordsSuppressed(volume="loop0", calls=9, errors=27, interval_ms=5000),
        4,
    ),
]


@pytest.mark.parametrize(("text", "event", "level"), SAMPLES)
def test_an_event_is_written_as_specified(text: str, event: Event, level: int) -> None:
    """Each sample comes out byte for byte, at its level."""
    assert format_event(event) == text
    assert event_level(event) == level


@pytest.mark.parametrize(("text", "event", "level"), SAMPLES)
def test_a_record_is_read_as_the_event_it_tells(text: str, event: Event, level: int) -> None:
    """Each sample is understood whole."""
    assert parse_event(text) == event


def test_every_event_has_a_record() -> None:
    """No event of the model is without wording."""
    leaves = {
        kind
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, Event) and not kind.__subclasses__()
    }
    assert {form.event for form in RECORD_FORMS} == leaves


def test_every_field_of_an_event_has_a_key() -> None:
    """What the event knows, the record tells, and nothing twice."""
    told = {form.word: sorted(n for key in form.keys for n in key.fields) for form in RECORD_FORMS}

    assert told == {
        form.word: sorted(set(get_type_hints(form.event)) - {"id", "extra"})
        for form in RECORD_FORMS
    }


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.LOW, 7), (Severity.MEDIUM, 6), (Severity.HIGH, 4), (Severity.CRITICAL, 3)],
)
def test_an_error_is_logged_at_the_level_of_its_severity(severity: Severity, level: int) -> None:
    """low→debug, medium→info, high→warning, critical→err."""
    assert event_level(replace(READ_ERROR, severity=severity)) == level


def test_unknown_keys_are_kept() -> None:
    """Keys of a later version survive reading and writing, a repeated key included."""
    text = 'VexFS: suppressed vol=loop0 calls=9 errors=27 interval_ms=5000 why="too many" calls=1'

    event = parse_event(text)

    assert isinstance(event, events.RecordsSuppressed)
    assert event.calls == 9
    assert event.extra == (("why", "too many"), ("calls", "1"))
    assert format_event(event) == text


def test_keys_may_come_in_any_order() -> None:
    """A provider that orders its keys otherwise is understood."""
    text = "VexFS: suppressed vol=loop0 interval_ms=5000 errors=27 calls=9"
    assert parse_event(text) == events.RecordsSuppressed(
        volume="loop0", calls=9, errors=27, interval_ms=5000
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("VexFS: [CORR-6F1C93A20000002A] error vo", "no key=value at 'vo'"),
        ('VexFS: [CORR-6F1C93A20000002A] error vol=loop0 msg="to', "no key=value at"),
        ("VexFS: suppressed vol=loop0 calls=9", "suppressed record without errors interval_ms"),
        (
            "VexFS: suppressed vol=loop0 calls=-1 errors=1 interval_ms=1",
            "calls: not a number: '-1'",
        ),
        ("VexFS: suppressed vol=loop0 calls=٣ errors=1 interval_ms=1", "calls: not a number: '٣'"),
        (
            f"VexFS: suppressed vol=l calls={'9' * 5000} errors=1 interval_ms=1",
            "calls: not a number",
        ),
        ("VexFS: retry vol=l op=file call=read attempt=1/3 delay_ms=1", "record without an id"),
        ("VexFS: [CORR-6F1C93A20000002A] state vol=loop0", "state record"),
        ("VexFS: [CORR-6F1C93A20000002A] healed vol=loop0", "unknown record 'healed'"),
        ("VexFS: degradation vol=l from=a to=b cause=CORR-1", "cause: not a correlation id"),
        (
            "VexFS: breaker vol=l op=file from=open to=ajar generation=1 trips=1",
            "to: 'ajar' is not a valid BreakerState",
        ),
        (
            "VexFS: breaker vol=l op=file from=open to=closed generation=1 failures=5 trips=1",
            "failures: not 2 numbers: '5'",
        ),
    ],
)
def test_a_torn_record_is_unrecognised_and_says_why(text: str, reason: str) -> None:
    """What begins as one of our records and is none is neither lost nor guessed at."""
    outcome = parse_event(text)

    assert isinstance(outcome, Unrecognised)
    assert outcome.text == text
    assert reason in outcome.reason


@pytest.mark.parametrize(
    "text",
    [
        "VexFS: State transition 1 -> 2",
        "VexFS: [CALL-3] FFI call read_file failed: -5 (failure rate: 50%), using fallback",
        "VexFS: [CORR-0000000000000001] read_block failed: -5",
        "VexFS FFI WARNING: [CORR-0000000000000001] read_block failed",
        "EXT4-fs (loop0): recovery complete",
        "vol=loop0",
        "",
    ],
)
def test_other_lines_are_none_of_ours(text: str) -> None:
    """Prose of existing VexFS builds and of the kernel is left to others."""
    assert parse_event(text) is None


def test_an_overlong_message_is_cut() -> None:
    """The message gives way, ends in `…`, and everything else stays."""
    event = replace(READ_ERROR, message="x" * 2000)

    text = format_event(event)

    assert kernel_size(text) == MAXIMUM_TEXT
    assert text.endswith("xxx…")
    assert parse_event(text) == replace(event, message=text.rpartition("msg=")[2])


def test_a_reason_is_cut_where_there_is_no_message() -> None:
    """Backslashes count four, quoting included, and the record still fits."""
    event = events.OperatorActed(
        volume="loop0",
        id=CALL,
        action="access_mode",
        before="ro",
        after="rw",
        uid=0,
        pid=1,
        reason="\\ " * 600,
    )

    text = format_event(event)

    assert MAXIMUM_TEXT - 8 <= kernel_size(text) <= MAXIMUM_TEXT
    assert text.endswith('…"')


def test_unknown_keys_that_cannot_be_kept_give_way() -> None:
    """Only more keys than a record can hold are dropped, the last first."""
    extra = tuple((f"key{number}", "v") for number in range(200))

    text = format_event(replace(READ_ERROR, extra=extra))

    assert kernel_size(text) <= MAXIMUM_TEXT
    parsed = parse_event(text)
    assert isinstance(parsed, events.ErrorReported)
    assert parsed.extra == extra[: len(parsed.extra)]


VALUES: Mapping[object, st.SearchStrategy[Any]] = {
    str: CLEAN_TEXT,
    int: st.integers(min_value=0, max_value=2**64 - 1),
    CorrelationId: st.integers(min_value=0, max_value=2**64 - 1).map(CorrelationId),
    tuple[RecoveryHint, ...]: st.lists(st.sampled_from(HINTS), unique=True).map(tuple),
    events.Extra: st.lists(
        st.tuples(st.from_regex(r"x_[a-z]{1,9}", fullmatch=True), CLEAN_TEXT), max_size=3
    ).map(tuple),
}


def values_of(annotation: object) -> st.SearchStrategy[Any]:
    """Return values of a field's type, None among them where it may be."""
    if annotation in VALUES:
        return VALUES[annotation]
    if isinstance(annotation, type):
        return st.sampled_from(list(annotation))  # type: ignore[call-overload]
    return st.none() | values_of(annotation.__args__[0])  # type: ignore[attr-defined]


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    """Draw an event of any kind whose texts may hold anything."""
    form = draw(st.sampled_from(RECORD_FORMS))
    hints = get_type_hints(form.event)
    values = {name: draw(values_of(annotation)) for name, annotation in hints.items()}
    if "errno" in values:
        values["errno"] = draw(st.integers(min_value=1, max_value=511))
    if values.get("failure_threshold") is None or values.get("failures") is None:
        values |= {name: None for name in ("failures", "failure_threshold") if name in values}
    return form.event(**values)


@given(any_event())
def test_an_event_survives_being_written_and_read(event: Event) -> None:
    """What fits comes back equal; what does not fit still reads as a record of the same kind."""
    text = format_event(event)
    parsed = parse_event(text)

    assert kernel_size(text) <= MAXIMUM_TEXT
    assert text.isprintable()
    assert type(parsed) is type(event)
    assert isinstance(parsed, Event)
    assert format_event(parsed) == text
    if "…" not in text:
        assert parsed == event


@given(st.text() | st.text().map("VexFS: {}".format) | any_event().map(format_event), st.data())
def test_arbitrary_text_never_raises(text: str, data: st.DataObject) -> None:
    """Whatever a log holds, cut anywhere, is an event, unrecognised, or none of ours."""
    parse_event(text[: data.draw(st.integers(0, len(text)))])


NUMBERS = ("inode", "offset", "length", "duration_us", "delay_ms", "retry_after_ms")
IDS = ("id", "parent", "cause")


@given(any_event(), st.data())
def test_a_record_is_read_alike_after_one_that_differs_in_numbers(
    event: Event, data: st.DataObject
) -> None:
    """What is remembered of the first brings nothing of it into the second."""
    drawn = {int: VALUES[int], CorrelationId: VALUES[CorrelationId]}
    other = replace(
        event,
        **{
            name: data.draw(drawn[type(getattr(event, name))])
            for name in (*NUMBERS, *IDS)
            if getattr(event, name, None) is not None
        },
    )
    text = format_event(other)
    parse_event(format_event(event))

    if "…" not in text:
        assert parse_event(text) == other


REJECTED = "VexFS: [CORR-6F1C93A20000002A] rejected vol=loop0 op=file call=read"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("parent=7 retry_after_ms=0", "parent: not a correlation id: '7'"),
        ("retry_after_ms=CORR-0000000000000001", "retry_after_ms: not a number: 'CORR-"),
        ('retry_after_ms=7"x"', "no key=value at ' retry_after_ms=7\"x\"'"),
        ("retry_after_ms= retry_after_ms=7", "retry_after_ms: not a number: ''"),
        ("parent=CORR-0000000000000001", "rejected record without retry_after_ms"),
    ],
)
def test_an_invalid_value_is_seen_after_a_valid_one(values: str, reason: str) -> None:
    """And the reason quotes it, not one that was read before."""
    parse_event(f"{REJECTED} parent=CORR-0000000000000001 retry_after_ms=7")
    read = parse_event(f"{REJECTED} {values}")

    assert isinstance(read, Unrecognised)
    assert read.reason.startswith(reason)


def test_a_number_that_comes_twice_is_known_once() -> None:
    """The second is kept like an unknown key, and so is one that records of this kind have not."""
    read = parse_event(f"{REJECTED} retry_after_ms=07 ino=1 retry_after_ms=8")

    assert isinstance(read, events.CallRejected)
    assert (read.retry_after_ms, read.extra) == (7, (("ino", "1"), ("retry_after_ms", "8")))
