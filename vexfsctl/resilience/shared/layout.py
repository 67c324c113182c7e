"""The bytes of a breaker file.

    0      header: magic, version, size, boot id
    64     words: the state, failures ever, outcomes that could not be recorded, and when somebody
           last waited long for the lock
    4096   two copies of the record
    8192   the dates of the latest failures, a ring

Whatever changes is published by one store of eight bytes, its last: a date counts when the number
of failures says so, a record when the state word names its copy. So a writer that is killed at any
instruction leaves the state before or the state after. A copy has a checksum, for readers that
take no lock: they may meet one that is being overwritten.

Times are CLOCK_MONOTONIC of the host, in nanoseconds.
"""

from binascii import crc32
from struct import Struct
from typing import NamedTuple

from vexfsctl.resilience.states import BreakerState

MAGIC = b"VXBRKR\r\n"
VERSION = 1
HEADER = Struct("=8sII16s")
WORDS_AT = 64
WORDS = Struct("=QQQQ")
WORD = Struct("=Q")
FAILURES_AT, UNRECORDED_AT, WAITED_AT = WORDS_AT + 8, WORDS_AT + 16, WORDS_AT + 24
COPIES_AT = (4096, 6144)
DATES_AT = 8192
DATES = 4096
SIZE = DATES_AT + DATES * WORD.size

MOST_FAILURES = 4000
"""Largest `failures`: dates beyond are overwritten, one of them before it is known to be."""
MOST_PLACES = 16
"""Most calls that half-open admits at a time."""

_STATES = tuple(BreakerState)
_BY = ("outcome", "timer", "operator")
_RULES = (None, "failures", "half_open", "at_once")
_NONE = -1
_RECORD = Struct("=QBBBxIIIQQqqqQIQQ64s128s256s")
_LEASE = Struct("=QIQQq")
_CHECKSUM = Struct("=I")
RECORD_SIZE = _RECORD.size + MOST_PLACES * _LEASE.size + _CHECKSUM.size
_NO_LEASE = bytes(_LEASE.size)


class Holder(NamedTuple):
    """A process, distinguished from a later one with the same pid."""

    pid: int
    started: int
    """Start time in clock ticks since boot, as processes of its namespaces see it."""
    namespaces: int
    """Its pid and time namespace."""


class Lease(NamedTuple):
    """One place in half-open."""

    token: int
    holder: Holder
    due_ns: int
    """When it ends, whatever has become of its holder."""


class Record(NamedTuple):
    """A breaker in one state, as the file has it."""

    sequence: int
    """Rises with each record of a file, and from a file to the one that takes its place."""
    state: BreakerState = BreakerState.CLOSED
    generation: int = 1
    trips: int = 0
    opened: int = 0
    """Entries into open since it was last closed."""
    opened_ns: int = 0
    began_ns: int = 0
    until_ns: int | None = None
    by: str = "outcome"
    rule: str | None = None
    reason: str | None = None
    author: str | None = None
    cause: str | None = None
    successes: int = 0
    first: int = 0
    """Failures ever when it last closed; those before no longer count."""
    limit: int = 5
    """Failures within `within_ns` that open it, for who set it up last; readers are told."""
    within_ns: int = 10_000_000_000
    open_ns: int = 60_000_000_000
    leases: tuple[Lease, ...] = ()


def word_of(record: Record, copy: int) -> int:
    """Return the state word that publishes *record* in *copy*; never 0."""
    return record.sequence << 4 | copy << 3 | _STATES.index(record.state)


def copy_of(word: int) -> int:
    """Return the copy that *word* names."""
    return word >> 3 & 1


def pack_record(record: Record) -> bytes:
    """Return the bytes of *record*; texts that do not fit are cut."""
    leases = b"".join(
        _LEASE.pack(lease.token, *lease.holder, lease.due_ns) for lease in record.leases
    )
    head = _RECORD.pack(
        record.sequence,
        _STATES.index(record.state),
        _BY.index(record.by),
        _RULES.index(record.rule),
        record.opened,
        record.successes,
        len(record.leases),
        record.generation,
        record.trips,
        record.opened_ns,
        record.began_ns,
        _NONE if record.until_ns is None else record.until_ns,
        record.first,
        record.limit,
        record.within_ns,
        record.open_ns,
        _bytes_of(record.author, 64),
        _bytes_of(record.reason, 128),
        _bytes_of(record.cause, 256),
    )
    body = head + leases + _NO_LEASE * (MOST_PLACES - len(record.leases))
    return body + _CHECKSUM.pack(crc32(body))


def parse_record(data: bytes) -> Record | None:
    """Return the record in *data*; None if that is torn, or was never one."""
    body = data[: -_CHECKSUM.size]
    if len(data) != RECORD_SIZE or _CHECKSUM.pack(crc32(body)) != data[-_CHECKSUM.size :]:
        return None
    (sequence, state, by, rule, opened, successes, places, *more) = _RECORD.unpack_from(body)
    (generation, trips, opened_ns, began_ns, until_ns, first, limit, within_ns, open_ns) = more[:9]
    author, reason, cause = map(_text_of, more[9:])
    if state >= len(_STATES) or by >= len(_BY) or rule >= len(_RULES) or places > MOST_PLACES:
        return None
    leases = (_LEASE.unpack_from(body, _RECORD.size + n * _LEASE.size) for n in range(places))
    return Record(
        sequence=sequence,
        state=_STATES[state],
        generation=generation,
        trips=trips,
        opened=opened,
        opened_ns=opened_ns,
        began_ns=began_ns,
        until_ns=None if until_ns == _NONE else until_ns,
        by=_BY[by],
        rule=_RULES[rule],
        reason=reason,
        author=author,
        cause=cause,
        successes=successes,
        first=first,
        limit=limit,
        within_ns=within_ns,
        open_ns=open_ns,
        leases=tuple(Lease(token, Holder(*holder), due) for token, *holder, due in leases),
    )


def date_at(number: int) -> int:
    """Return where the date of failure *number* (from 0) is."""
    return DATES_AT + number % DATES * WORD.size


def _bytes_of(text: str | None, size: int) -> bytes:
    if text is None:
        return b""
    return text.encode(errors="replace")[:size].decode(errors="ignore").encode()


def _text_of(data: bytes) -> str | None:
    return data.rstrip(b"\0").decode(errors="replace") or None
