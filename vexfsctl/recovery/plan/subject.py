"""What to recover from: an incident, an error of the catalogue, or hints alone.

Pure. The hints of an incident are those of its error records; if these have none (an upstream
build, a timeout, a rejected call) they are the catalogue's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from vexfsctl.analysis.incident.incidents import Incident, Occurrence
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.catalogue.lookup import BREAKER_OPEN, NO_PLACE, TIMEOUT, ErrorEntry, entry, find_entry
from vexfsctl.exceptions import InvalidInput
from vexfsctl.model.calls import FLUSH, READ, WRITE, direction_of_call
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.errnos import ErrnoClass, classify_errno
from vexfsctl.model.events import CallRejected, CallTimedOut, ErrorReported
from vexfsctl.model.hints import HintKind, RecoveryHint, hints_from_flags
from vexfsctl.model.operations import OperationType

_OTHER = "other"
_FAMILY_CALLS = {
    "IoError.ReadError": READ,
    "IoError.SeekError": READ,
    "IoError.WriteError": WRITE,
    "IoError.FlushError": FLUSH,
}
"""The call that an error implies, if only the error is known."""


class HintSource(StrEnum):
    """Where the hints of a plan come from."""

    RECORDS = "records"
    """The error records of the incident."""
    CATALOGUE = "catalogue"
    GIVEN = "given"
    """The command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a plan is about; unknown fields are None or empty."""

    name: str
    """A name to ask for it: `CORR-6F1C93A200000029`, `CALL-3@read_file#1`,
    `IoError.ReadError`, `retry:500,use_fallback`."""
    hints: tuple[RecoveryHint, ...]
    """The hints in the order in which to try them."""
    hints_from: HintSource
    incident: CorrelationId | None = None
    """Root id of the incident; None for a numbered call of an earlier build, which has none."""
    boot_id: str | None = None
    epoch: int | None = None
    volume: str | None = None
    operation: OperationType | None = None
    """Where the error arose."""
    call: str | None = None
    errors: tuple[str, ...] = ()
    """Catalogue names."""

    @property
    def fault_in(self) -> str:
        """What the fault is in: `read`, `write`, `flush`, or `other` than the device.

        A read of the device can only show that a fault in `read` is gone: damaged structures, a
        held lock or a lack of memory are not faults of the device.
        """
        if self.errors and not any(
            _is_of_device(find_entry(name), self.call) for name in self.errors
        ):
            return _OTHER
        if self.call is None:
            calls = (_FAMILY_CALLS[name] for name in self.errors if name in _FAMILY_CALLS)
            return next(calls, READ)
        return direction_of_call(self.call) or WRITE


def subject_of_incident(incident: Incident) -> Subject:
    """Return the incident as a subject; its hints are empty if nothing gives any."""
    recorded = _recorded(str(incident.root), incident.occurrences, incident.boot_id)
    return replace(recorded, incident=incident.root, epoch=incident.epoch, volume=incident.volume)


def subject_of_call(call: NumberedCall) -> Subject:
    """Return a numbered call of an earlier build as a subject, with the hints of the catalogue."""
    return _recorded(call.name, call.occurrences, call.boot_id)


def subject_of_error(name: str) -> Subject:
    """Return the error called *name* as a subject; raise NotFound if VexFS has none."""
    error = entry(name)
    hints = join_hints(error.hints, (error,))
    return Subject(
        name=error.name, hints=hints, hints_from=HintSource.CATALOGUE, errors=(error.name,)
    )


def subject_of_hints(text: str) -> Subject:
    """Return hints as a subject: a flag word (`0x07`), or words as the log has them.

    Raises InvalidInput if it is neither.
    """
    hints = join_hints(_parse_hints(text), ())
    return Subject(name=",".join(map(str, hints)), hints=hints, hints_from=HintSource.GIVEN)


def join_hints(
    hints: Iterable[RecoveryHint], entries: Sequence[ErrorEntry]
) -> tuple[RecoveryHint, ...]:
    """Return each kind once, in the order in which to try them, a retry with the largest delay.

    That is the order of the catalogue *entries*, then that of their first mention. `manual` is
    last: a person is called after the steps that need none, such as going read-only.
    """
    kinds: dict[HintKind, int | None] = {}
    for hint in hints:
        known = kinds.get(hint.kind)
        kinds[hint.kind] = max(known or 0, hint.delay_ms) if hint.delay_ms is not None else known
    catalogue = dict.fromkeys(hint.kind for each in entries for hint in each.hints)
    order = dict.fromkeys((*(kind for kind in catalogue if kind in kinds), *kinds))
    last = [kind for kind in order if kind is HintKind.MANUAL]
    return tuple(
        RecoveryHint(kind, kinds[kind])
        for kind in (*(kind for kind in order if kind not in last), *last)
    )


def _recorded(name: str, occurrences: Sequence[Occurrence], boot_id: str | None) -> Subject:
    """What records say about a subject, wherever they are from."""
    failed = _first_failure(occurrences)
    errors = tuple(dict.fromkeys(_errors_of(occurrences)))
    hints = tuple(_recorded_hints(occurrences))
    entries = tuple(found for name in errors if (found := find_entry(name)) is not None)
    return Subject(
        name=name,
        hints=join_hints(hints or _catalogued(entries), entries),
        hints_from=HintSource.RECORDS if hints else HintSource.CATALOGUE,
        boot_id=boot_id,
        operation=getattr(failed, "operation", None),
        call=getattr(failed, "call", None),
        errors=errors,
    )


def _parse_hints(text: str) -> tuple[RecoveryHint, ...]:
    words = [word.strip() for word in text.split(",")]
    try:
        if words[0][:1].isdecimal():
            hints = tuple(map(RecoveryHint, hints_from_flags(_parse_number(text))))
        else:
            hints = tuple(map(_parse_word, words))
    except ValueError as cause:
        raise InvalidInput(
            f"not hints: {text!a} ({cause})",
            hint=f"a flag word such as 0x07, or words: retry:500,{','.join(list(HintKind)[1:])}",
        ) from cause
    if not hints:
        raise InvalidInput(f"no hint is set in {text!a}")
    return hints


def _parse_number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError("not a number") from None


def _parse_word(word: str) -> RecoveryHint:
    # On the command line the delay is optional.
    return RecoveryHint(HintKind.RETRY) if word == HintKind.RETRY else RecoveryHint.from_word(word)


def _is_of_device(error: ErrorEntry | None, call: str | None) -> bool:
    if error is None or error is TIMEOUT:
        return True
    return classify_errno(error.errno, call or READ) is ErrnoClass.DEVICE


def _catalogued(entries: Iterable[ErrorEntry]) -> tuple[RecoveryHint, ...]:
    return tuple(hint for error in entries for hint in error.hints)


def _recorded_hints(occurrences: Iterable[Occurrence]) -> Iterator[RecoveryHint]:
    for each in occurrences:
        if isinstance(each.event, ErrorReported):
            yield from each.event.hints


def _first_failure(occurrences: Sequence[Occurrence]) -> object:
    """The event or upstream line that says where it arose; a rejection only if no other does."""
    tellers = (ErrorReported, CallTimedOut), (CallRejected,)
    for kinds in tellers:
        for each in occurrences:
            if isinstance(each.event, kinds):
                return each.event
    told = (each.entry.upstream for each in occurrences)
    return next((line for line in told if line is not None and line.error is not None), None)


def _errors_of(occurrences: Sequence[Occurrence]) -> Iterator[str]:
    names = tuple(name for each in occurrences if (name := _error_of(each)) is not None)
    if not names:
        refused = (each.event for each in occurrences if isinstance(each.event, CallRejected))
        names = tuple((BREAKER_OPEN if e.limit is None else NO_PLACE).name for e in refused)[:1]
    yield from names


def _error_of(occurrence: Occurrence) -> str | None:
    match occurrence.event:
        case ErrorReported() as event:
            return event.error
        case CallTimedOut():
            return TIMEOUT.name
    upstream = occurrence.entry.upstream
    return None if upstream is None else upstream.error
