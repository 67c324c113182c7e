"""Entries from records: what each line means, who wrote it, in which epoch, on which device.

Who wrote it: what user space writes to /dev/kmsg has facility `user`, never `kern`. Such a record
counts as the driver's when a `state` record of its volume stands before it in the same log, or a
live volume writes there; else it is unverified. In a log that is read as a whole, such a record
also vouches for earlier ones: a ring buffer forgets the beginning of an epoch first.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property

from vexfsctl.logs.grammar import RECORD_FORMS, STATE_BEGINS, parse_event
from vexfsctl.logs.kernel.block_sizes import with_sectors
from vexfsctl.logs.kernel.headings import with_devices
from vexfsctl.logs.kernel.prefixes import without_prefix
from vexfsctl.logs.own_records import is_of_program
from vexfsctl.logs.upstream import parse_named, parse_upstream
from vexfsctl.model.entry import LogEntry, Meaning, Origin
from vexfsctl.model.events import Event, KernelEvidence, StateChanged
from vexfsctl.model.record import KERNEL_FACILITY, LogRecord
from vexfsctl.model.volume import ModuleState

_Place = tuple[str, str | None, str]
_Load = tuple[int | None, str | None]
"""Epoch and device, as far as they are known."""
_UNKNOWN: _Load = None, None
Loads = dict[tuple[str, str], _Load]
"""The present load of each volume, by source and name."""
_DEVICE_NAME = "[A-Za-z0-9][A-Za-z0-9!_.-]{0,31}"
"""What the kernel may call a block device: at most 32 characters, and no path."""
_WORDS: dict[type, str] = {form.event: form.word for form in RECORD_FORMS}


class LogEntries:
    """The entries of a whole log; iterate as often as you like, each time they are made anew.

    They are those of `interpret_records`, with a look back: what comes before the first `state`
    record of its volume is of that epoch as well, unless the epoch begins with that record.
    """

    def __init__(
        self,
        records: Iterable[LogRecord],
        live_volumes: Mapping[str, str] | None = None,
        states: Iterable[LogRecord] | None = None,
        named: Collection[str] = (),
    ) -> None:
        """*records* can be iterated over again; the others as for `interpret_records`.

        *states* has all `state` records of the log, if there is a quicker way to them.
        """
        self._records = records
        self._live_volumes = live_volumes
        self._named = named
        self._states = records if states is None else states

    def __iter__(self) -> Iterator[LogEntry]:
        """Yield one entry for each record."""
        begun = self._begun
        for entry in interpret_records(self._records, self._live_volumes, named=self._named):
            # Most are found to be neither.
            unknown = begun and entry.epoch is None and isinstance(entry.meaning, Event)
            yield _look_back(entry, begun) if unknown else entry

    @cached_property
    def _begun(self) -> Mapping[_Place, _Load]:
        """The load of each volume whose first `state` record is not the start of one."""
        first: dict[_Place, StateChanged] = {}
        for record in self._states:
            if record.text.startswith(STATE_BEGINS) and not record.loose:
                event = parse_event(record.text)
                if isinstance(event, StateChanged):
                    first.setdefault(_place(record, event), event)
        return {
            place: _load_of(event)
            for place, event in first.items()
            if event.before != ModuleState.UNINITIALIZED
        }


def interpret_records(
    records: Iterable[LogRecord],
    live_volumes: Mapping[str, str] | None = None,
    loads: Loads | None = None,
    named: Collection[str] = (),
) -> Iterator[LogEntry]:
    """Return one entry for each record, in the order given, which must be that of time.

    *live_volumes* maps the name of each live volume to its attribute `log`. *loads* has what
    records before these said, and takes what these say. *named* are the sources in which any record
    has a facility.
    """
    entries = _entries(records, live_volumes or {}, {} if loads is None else loads, named)
    return with_sectors(with_devices(entries))


def _entries(
    records: Iterable[LogRecord], live: Mapping[str, str], loads: Loads, named: Collection[str]
) -> Iterator[LogEntry]:
    for record in records:
        meaning = meaning_of(record)
        if record.loose:
            yield _loose_entry(record, meaning, in_doubt=record.source in named)
        elif isinstance(meaning, Event):
            place = record.source, meaning.volume
            if isinstance(meaning, StateChanged):
                loads[place] = _load_of(meaning)
            load = loads.get(place, _UNKNOWN)
            vouched = load != _UNKNOWN or live.get(meaning.volume) == record.source
            yield LogEntry(record, meaning, judge_origin(record, vouched=vouched), *load)
        else:
            yield LogEntry(record, meaning, judge_origin(record, vouched=False))


def _loose_entry(record: LogRecord, meaning: Meaning | None, *, in_doubt: bool) -> LogEntry:
    """Return the entry of a record whose head is not understood: anybody may have written it.

    What VexFS is made to say there is never believed; nor what the kernel is, if it is *in_doubt*,
    since that log tells elsewhere who wrote a record.
    """
    if isinstance(meaning, KernelEvidence):
        known = None if in_doubt else meaning
        return LogEntry(record, known, Origin.UNVERIFIED if in_doubt else Origin.UNRECORDED)
    return LogEntry(record, meaning, Origin.UNVERIFIED)


def meaning_of(record: LogRecord) -> Meaning | None:
    """Return what *record* says; None if it is neither VexFS's nor evidence about a device."""
    said = record
    if (inner := without_prefix(record.text)) is not record.text and not is_of_program(record):
        said = replace(record, text=inner)
    return (
        parse_event(said.text)
        # Some builds indent lines.
        or parse_upstream(record)
        or (None if said is record else parse_upstream(said))
        or _evidence_parser()(record)
        or parse_named(said)
    )


@cache
def _evidence_parser() -> Callable[[LogRecord], KernelEvidence | None]:
    # Deferred, as not all commands ask for evidence, and it has many forms.
    from vexfsctl.logs.kernel.evidence import parse_evidence

    return parse_evidence


def judge_origin(record: LogRecord, *, vouched: bool) -> Origin:
    """Say who wrote a record; *vouched*: a volume that is known to write to that log."""
    if record.facility is None:
        return Origin.UNRECORDED
    if record.facility == KERNEL_FACILITY:
        return Origin.KERNEL
    return Origin.DRIVER if vouched else Origin.UNVERIFIED


def kind_of(entry: LogEntry) -> str:
    """Return the word for what *entry* is: that of its record, or of the event it stands for.

    `kernel` for the kernel's lines about a device; `unrecognised` for the rest.
    """
    word = _WORDS.get(type(entry.meaning))
    if word is not None:
        return word
    if entry.upstream is not None:
        return entry.upstream.kind
    return "kernel" if entry.evidence is not None else "unrecognised"


def _look_back(entry: LogEntry, begun: Mapping[_Place, _Load]) -> LogEntry:
    """Return *entry*, of an unknown epoch, with the first of its volume if that is known."""
    if entry.event is None or entry.record.loose:
        return entry
    load = begun.get(_place(entry.record, entry.event))
    if load is None:
        return entry
    return LogEntry(entry.record, entry.meaning, judge_origin(entry.record, vouched=True), *load)


def _load_of(state: StateChanged) -> _Load:
    # A log from elsewhere may name anything; what is not a device name must not get to /sys.
    named = state.device is not None and re.fullmatch(_DEVICE_NAME, state.device)
    return state.epoch, state.device if named else None


def _place(record: LogRecord, event: Event) -> _Place:
    return record.source, record.boot_id, event.volume
