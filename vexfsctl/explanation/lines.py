"""Explanations of a line of a log: what it says, and what the things that it names mean."""

from collections.abc import Iterator

from vexfsctl.analysis.wording import describe
from vexfsctl.catalogue.kernel_kinds import KERNEL_KINDS, advice_for
from vexfsctl.catalogue.lookup import BREAKER_OPEN, NO_PLACE, TIMEOUT, entry, error_for_errno
from vexfsctl.exceptions import NotFound
from vexfsctl.explanation.errnos import explain_errno
from vexfsctl.explanation.errors import explain_error
from vexfsctl.explanation.form import Explanation, Subject
from vexfsctl.explanation.states import explain_state
from vexfsctl.logs.interpret import kind_of
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry, Origin, Unrecognised
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.events import (
    BreakerChanged,
    CallFailed,
    CallRejected,
    CallTimedOut,
    DegradationChanged,
    ErrorReported,
    Event,
    EvidenceSignificance,
    KernelEvidence,
    StateChanged,
)
from vexfsctl.model.upstream import Significance, UpstreamEvent
from vexfsctl.model.volume import DegradationLevel, ModuleState

SIGNIFICANCES = {
    Significance.ROUTINE: "It reports progress; nothing is wrong.",
    Significance.NOISE: "It looks like trouble but is known to be harmless.",
    Significance.ERROR: "Something failed.",
    Significance.BLOCKED: "A breaker or the degradation level refused a call.",
    Significance.TIMEOUT: "Something ran past its deadline.",
    Significance.CORRUPTION: "Stored structures or data are damaged.",
    Significance.DATA_LOSS: "Data was acknowledged to the application but is not stored.",
}
"""How much a line of an earlier VexFS build matters."""

KERNEL_SIGNIFICANCES = {
    EvidenceSignificance.REPAIR: "Something was wrong with {device} and has been mended.",
    EvidenceSignificance.ROUTINE: "It reports what happens to {device}; nothing is wrong.",
}
"""What a line about a device says that is no trouble."""

_UNKNOWN_KIND = "The kernel reports trouble with {device}."
_REQUESTS = {
    None: "A request of",
    "write_zeroes": "A request to write zeroes to",
    "secure_erase": "A request for a secure erase of",
}
"""What a direction of two words is called; that of one word is a noun already."""

_DOUBT = "It was written from user space and nothing vouches for it, so no verdict is based on it."
_TELLING = (
    *("volume", "operation", "call", "id", "alias", "parent", "error", "errno", "severity"),
    *("significance", "device", "member", "sector", "lba", "direction", "inode", "block"),
    *("offset", "length", "size", "lost", "task", "before", "after"),
)
"""Fields that are facts worth showing, in this order."""


def explain_entry(log_entry: LogEntry) -> tuple[Explanation, ...]:
    """Return what a line says, then what it names; empty for one that tells us nothing."""
    meaning = log_entry.meaning
    if meaning is None:
        return ()
    line = Explanation(
        subject=Subject.LINE,
        name=_name(log_entry),
        meaning=_what_it_says(meaning),
        facts={"origin": log_entry.origin, **_facts(meaning)},
        what_the_system_does=_DOUBT if log_entry.origin is Origin.UNVERIFIED else None,
        what_you_do=_next_step(meaning),
    )
    return (line, *_what_it_names(meaning))


def _name(log_entry: LogEntry) -> str:
    match log_entry.meaning:
        case UpstreamEvent(form=form):
            return form
        case KernelEvidence(kind=kind):
            return f"kernel {kind}"
        case _:
            return kind_of(log_entry)


def _what_it_says(meaning: Event | UpstreamEvent | KernelEvidence | Unrecognised) -> str:
    match meaning:
        case Unrecognised():
            return f"It begins like a VexFS record but is not one: {meaning.reason}."
        case UpstreamEvent():
            note = f" {_sentence(meaning.note)}" if meaning.note else ""
            return f"{SIGNIFICANCES[meaning.significance]}{note}"
        case KernelEvidence():
            return _what_the_kernel_says(meaning)
        case _:
            operation = getattr(meaning, "operation", None)
            place = meaning.volume if operation is None else f"{meaning.volume}/{operation}"
            return f"{place}: {describe(meaning)}."


def _what_the_kernel_says(evidence: KernelEvidence) -> str:
    device = next(iter(evidence.devices), "a device")
    if not evidence.is_trouble:
        return KERNEL_SIGNIFICANCES[evidence.significance].format(device=device)
    if evidence.errno is None and evidence.sector is None:
        known = KERNEL_KINDS.get(evidence.kind)
        told = _UNKNOWN_KIND if known is None else known.meaning
        return told.format(device=device)
    direction = evidence.direction
    words = (direction or "").replace("_", " ")
    request = _REQUESTS.get(direction, f"A {words} of")
    place = "" if evidence.sector is None else f" beginning at sector {evidence.sector}"
    outcome = "" if evidence.errno is None else f" with {errno_name(evidence.errno)}"
    return f"{request} {evidence.sector_device or device}{place} failed{outcome}."


def _sentence(text: str) -> str:
    whole = text[0].upper() + text[1:]
    return whole if whole.endswith(".") else f"{whole}."


def _facts(meaning: object) -> dict[str, object]:
    values = {name: getattr(meaning, name, None) for name in _TELLING}
    return {name: value for name, value in values.items() if value is not None}


def _next_step(meaning: object) -> str | None:
    identifier = getattr(meaning, "id", None)
    if isinstance(identifier, CorrelationId):
        return f"`vexfsctl trace {identifier}` shows everything that happened under its id."
    return _about_trouble(meaning) if isinstance(meaning, KernelEvidence) else None


def _about_trouble(evidence: KernelEvidence) -> str | None:
    device = next(iter(evidence.devices), None)
    steps: list[str] = []
    if evidence.is_trouble:
        steps.append(advice_for([(evidence.kind, evidence.errno)], device))
    if device is not None:
        steps.append(f"`vexfsctl log --device {device}` lists the lines about that device.")
    return " ".join(steps) or None


def _what_it_names(meaning: object) -> Iterator[Explanation]:
    match meaning:
        case ErrorReported() | CallFailed():
            yield from _error(meaning.error, meaning.errno)
        case CallTimedOut():
            yield explain_error(TIMEOUT)
        case CallRejected():
            yield explain_error(BREAKER_OPEN if meaning.limit is None else NO_PLACE)
        case BreakerChanged():
            yield explain_state(meaning.after)
        case StateChanged() | DegradationChanged():
            yield from _state(meaning.after)
        case UpstreamEvent():
            yield from _state(meaning.after)
            if meaning.significance.is_trouble:
                yield from _error(meaning.error, meaning.errno)
        case KernelEvidence() if meaning.errno is not None and meaning.is_trouble:
            # How the driver treats it when one of its own calls meets it.
            yield explain_error(error_for_errno(meaning.errno, meaning.direction or "getattr"))


def _error(name: str | None, number: int | None) -> Iterator[Explanation]:
    try:
        if name is not None:
            yield explain_error(entry(name))
            return
    except NotFound:
        pass  # Of a later version: its errno still says something.
    if number is not None and not errno_name(number).isdecimal():
        yield explain_errno(number)


def _state(word: str | None) -> Iterator[Explanation]:
    states: dict[str | None, ModuleState | DegradationLevel] = {
        str(state): state for state in (*ModuleState, *DegradationLevel)
    }
    if word in states:
        yield explain_state(states[word])
