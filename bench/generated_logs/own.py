"""Records of our own format, as a userspace driver writes them: whole calls, one after another.

`format_event` writes each kind of record once, with marks where numbers stand; for every call
the marks are replaced by its own ids and numbers, which costs a twentieth of `format_event`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import count
from random import Random

from bench.generated_logs.messages import Message, user_priority
from vexfsctl.catalogue.lookup import entry
from vexfsctl.logs.grammar import event_level, format_event
from vexfsctl.model import events
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType

VOLUMES = {"loop0": "sdb", "data": "dm-1", "archive": "nvme0n1"}
"""Names, and the devices that they lie on."""

_Call = tuple[Message, ...]
"""All records of one call, with marks."""

_ID, _PARENT = CorrelationId(0x4AAAAAAAAAAAAAA1), CorrelationId(0x4AAAAAAAAAAAAAA2)
_INODE, _OFFSET, _DURATION_US, _DELAY_MS, _RETRY_AFTER_MS = range(7_000_000_001, 7_000_000_006)
_OPENED, _PROBED, _CLOSED, _TRIPS = range(7_000_000_006, 7_000_000_010)
_MARKS = {
    str(_ID): "CORR-%(id)016X",
    str(_PARENT): "CORR-%(parent)016X",
    str(_INODE): "%(inode)d",
    str(_OFFSET): "%(offset)d",
    str(_DURATION_US): "%(duration_us)d",
    str(_DELAY_MS): "%(delay_ms)d",
    str(_RETRY_AFTER_MS): "%(retry_after_ms)d",
    str(_OPENED): "%(opened)d",
    str(_PROBED): "%(probed)d",
    str(_CLOSED): "%(closed)d",
    str(_TRIPS): "%(trips)d",
}
_FIRST_ID = 1 << 62
_LENGTH = 4_096
_WITH_PLACE = ("read", "write")


def own_messages(rng: Random) -> Iterator[Message]:
    """Yield the records of a driver from its first `state` record on, without end."""
    for volume, device in VOLUMES.items():
        yield from _call(_state(volume, device, epoch=rng.getrandbits(40)))
    calls, weights = zip(*_weighted_calls(), strict=True)
    # As much room above as a process could ever need.
    ids = count(_FIRST_ID + rng.randrange(3 << 60))
    trips = 0
    for parent in ids:
        [call] = rng.choices(calls, weights)
        trips += call is _BREAKER
        numbers = _numbers(rng, parent, next(ids), trips)
        for priority, text in call:
            yield Message(priority, text % numbers)


def _numbers(rng: Random, parent: int, nested: int, trips: int) -> Mapping[str, int]:
    return {
        "id": nested,
        "parent": parent,
        "inode": int(rng.random() * 1_000_000) + 2,
        "offset": int(rng.random() * 50_000_000) * _LENGTH,
        "duration_us": int(rng.random() * 900_000) + 100,
        "delay_ms": int(rng.random() * 500) + 100,
        "retry_after_ms": int(rng.random() * 60_000),
        "trips": trips,
        "opened": 3 * trips - 1,
        "probed": 3 * trips,
        "closed": 3 * trips + 1,
    }


def _weighted_calls() -> Iterator[tuple[_Call, int]]:
    for volume in VOLUMES:
        for name, call in (("IoError.ReadError", "read"), ("IoError.WriteError", "write")):
            yield _call(_nested(volume, call, name)), 8
            yield _call(_recovering(volume, OperationType.STORAGE, call, name)), 6
        yield _call(_recovering(volume, OperationType.SYNC, "fsync", "IoError.FlushError")), 3
        yield _call(_recovering(volume, OperationType.DIRECTORY, "readdir", "IoError.ReadError")), 3
        yield _call(_served_otherwise(volume)), 3
    yield _BREAKER, 2
    yield _call(_suppression("loop0")), 1


def _state(volume: str, device: str, epoch: int) -> Iterator[events.Event]:
    yield events.StateChanged(
        volume=volume,
        epoch=epoch,
        before="initializing",
        after="initialized",
        driver="fuse",
        version="0.1.0",
        device=device,
    )


def _nested(volume: str, call: str, name: str) -> Iterator[events.Event]:
    """A call on a file that fails because the one below it fails at every attempt."""
    for attempt in (1, 2, 3):
        yield _error(volume, OperationType.STORAGE, call, name, attempt, parent=_PARENT)
        if attempt < 3:
            yield _retry(volume, OperationType.STORAGE, call, attempt + 1, parent=_PARENT)
    failed = partial(
        events.CallFailed,
        volume=volume,
        call=call,
        error=name,
        errno=entry(name).errno,
        duration_us=_DURATION_US,
    )
    yield failed(id=_ID, operation=OperationType.STORAGE, attempts=3, parent=_PARENT)
    yield failed(id=_PARENT, operation=OperationType.FILE, attempts=1, inode=_INODE)


def _recovering(
    volume: str, operation: OperationType, call: str, name: str
) -> Iterator[events.Event]:
    yield _error(volume, operation, call, name, attempt=1)
    yield _retry(volume, operation, call, attempt=2)
    yield events.CallRecovered(
        volume=volume,
        id=_ID,
        operation=operation,
        call=call,
        attempts=2,
        duration_us=_DURATION_US,
        inode=_INODE,
    )


def _served_otherwise(volume: str) -> Iterator[events.Event]:
    yield events.FallbackUsed(
        volume=volume,
        id=_ID,
        operation=OperationType.SUPERBLOCK,
        call="statfs",
        via="last_good",
        result="ok",
    )
    yield events.CallTimedOut(
        volume=volume,
        id=_PARENT,
        operation=OperationType.SYNC,
        call="fsync",
        limit_ms=5_000,
        inode=_INODE,
    )


def _opening_and_closing(volume: str) -> Iterator[events.Event]:
    changed = partial(
        events.BreakerChanged, volume=volume, operation=OperationType.STORAGE, trips=_TRIPS
    )
    yield _error(volume, OperationType.STORAGE, "read", "IoError.ReadError", attempt=1)
    yield changed(
        id=_ID,
        before=BreakerState.CLOSED,
        after=BreakerState.OPEN,
        generation=_OPENED,
        failures=5,
        failure_threshold=5,
        window_ms=10_000,
    )
    yield events.CallFailed(
        volume=volume,
        id=_ID,
        operation=OperationType.STORAGE,
        call="read",
        error="IoError.ReadError",
        errno=entry("IoError.ReadError").errno,
        attempts=1,
        duration_us=_DURATION_US,
    )
    yield events.CallRejected(
        volume=volume,
        id=_PARENT,
        operation=OperationType.STORAGE,
        call="read",
        retry_after_ms=_RETRY_AFTER_MS,
    )
    half_open = BreakerState.HALF_OPEN
    yield changed(
        id=None, before=BreakerState.OPEN, after=half_open, generation=_PROBED, by="timer"
    )
    yield changed(id=None, before=half_open, after=BreakerState.CLOSED, generation=_CLOSED)


def _suppression(volume: str) -> Iterator[events.Event]:
    yield events.RecordsSuppressed(volume=volume, calls=9, errors=27, interval_ms=5_000)


def _error(
    volume: str,
    operation: OperationType,
    call: str,
    name: str,
    attempt: int,
    parent: CorrelationId | None = None,
) -> events.Event:
    error = entry(name)
    return events.ErrorReported(
        volume=volume,
        id=_ID,
        operation=operation,
        call=call,
        error=name,
        errno=error.errno,
        severity=error.severity,
        attempt=attempt,
        max_attempts=3,
        parent=parent,
        inode=_INODE,
        offset=_OFFSET if call in _WITH_PLACE else None,
        length=_LENGTH if call in _WITH_PLACE else None,
        hints=error.hints,
        message=error.text,
    )


def _retry(
    volume: str,
    operation: OperationType,
    call: str,
    attempt: int,
    parent: CorrelationId | None = None,
) -> events.Event:
    return events.RetryScheduled(
        volume=volume,
        id=_ID,
        operation=operation,
        call=call,
        attempt=attempt,
        max_attempts=3,
        parent=parent,
        delay_ms=_DELAY_MS,
    )


def _call(records: Iterable[events.Event]) -> _Call:
    return tuple(
        Message(user_priority(event_level(event)), _marked(format_event(event)))
        for event in records
    )


def _marked(text: str) -> str:
    for written, mark in _MARKS.items():
        text = text.replace(written, mark)
    return text


_BREAKER = _call(_opening_and_closing("loop0"))
