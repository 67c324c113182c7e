"""Explanations of words: states, levels, presences, hints, flag words, severities, operations."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import TypeVar

from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.explanation import terms
from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.explanation.terms import Term
from vexfsctl.explanation.upstream_names import DEGRADATION_NAMES, HINT_NAMES
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.hints import HintKind, RecoveryHint, hints_from_flags
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.units import format_duration
from vexfsctl.model.volume import AccessMode, DegradationLevel, ModuleState

_FLAG_WORD = re.compile(r"0x[0-9a-f]{1,16}", re.IGNORECASE)
_ALL_FLAGS = sum(kind.flag for kind in HintKind)
_Word = TypeVar("_Word", bound=Enum)


def state_headings() -> Iterator[Heading]:
    """Hand out the words that say how a breaker, a module or a volume is."""
    yield from _headings(Subject.BREAKER_STATE, terms.BREAKER_STATES, _facts_of_breaker)
    yield from _headings(Subject.MODULE_STATE, terms.MODULE_STATES, _facts_of_module)
    yield from _headings(
        Subject.DEGRADATION, terms.DEGRADATION_LEVELS, _facts_of_level, DEGRADATION_NAMES
    )
    yield from _headings(Subject.PRESENCE, terms.PRESENCES)
    yield from _headings(Subject.ACCESS_MODE, terms.ACCESS_MODES, _facts_of_mode)


def other_word_headings() -> Iterator[Heading]:
    """Hand out hints, severities and operation types."""
    yield from _headings(Subject.HINT, terms.HINTS, _facts_of_hint, HINT_NAMES)
    severities = {severity: (f"VEXFS_SEVERITY_{severity.name}",) for severity in Severity}
    yield from _headings(Subject.SEVERITY, terms.SEVERITIES, _facts_of_severity, severities)
    yield from _headings(Subject.OPERATION, terms.OPERATIONS, _facts_of_operation)


def number_headings() -> Iterator[Heading]:
    """Hand out the numbers by which earlier builds name states and levels, in short."""
    numbered = (
        *((Subject.MODULE_STATE, number, state) for number, state in enumerate(ModuleState)),
        *((Subject.DEGRADATION, int(level), level) for level in DegradationLevel),
        *((Subject.SEVERITY, int(severity), severity) for severity in Severity),
    )
    for subject, number, word in numbered:
        names = (f"{subject} {number}", str(number))
        yield Heading(names, partial(_explain_number, number, subject, word))


def explain_module_state(state: ModuleState) -> Explanation:
    """Return what *state* means."""
    return _explain(Subject.MODULE_STATE, state, terms.MODULE_STATES[state], _facts_of_module)


def explain_degradation(level: DegradationLevel) -> Explanation:
    """Return what *level* means."""
    return _explain(Subject.DEGRADATION, level, terms.DEGRADATION_LEVELS[level], _facts_of_level)


def explain_breaker_state(state: BreakerState) -> Explanation:
    """Return what *state* means."""
    return _explain(Subject.BREAKER_STATE, state, terms.BREAKER_STATES[state], _facts_of_breaker)


def explain_hint(hint: RecoveryHint) -> Explanation:
    """Return what *hint* means, with its delay where it has one."""
    explanation = _explain(
        Subject.HINT, hint.kind, terms.HINTS[hint.kind], _facts_of_hint, name=str(hint)
    )
    if hint.delay_ms is None:
        return explanation
    wait = f"Wait {format_duration(hint.delay_ms)} at least, then try again. "
    facts = {"delay_ms": hint.delay_ms, **explanation.facts}
    return replace(explanation, meaning=wait + explanation.meaning, facts=facts)


def explain_flags(text: str) -> tuple[Explanation, ...]:
    """Return what a flag word such as `0x27` means; empty if *text* is none."""
    if not _FLAG_WORD.fullmatch(text):
        return ()
    flags = int(text, 16)
    hints = hints_from_flags(flags & _ALL_FLAGS)
    listed = ", ".join(hints) if hints else "no hint"
    beyond = flags & ~_ALL_FLAGS
    unknown = f" The bits {beyond:#x} have no meaning." if beyond else ""
    return (
        Explanation(
            subject=Subject.HINT_FLAGS,
            name=f"{flags:#04x}",
            meaning=f"A word of recovery flags (VEXFS_RECOVERY_*): {listed}.{unknown}",
            facts={"hint_flags": flags, "hints": tuple(map(str, hints)), "unknown_bits": beyond},
            what_you_do=f"`vexfsctl recover plan --hints {flags:#04x}` makes steps of them."
            if hints and not beyond
            else None,
            see_also=tuple(map(str, hints)),
        ),
    )


def explain_hints(text: str) -> tuple[Explanation, ...]:
    """Return what each hint of `retry:500,use_fallback` means; empty if *text* is no such list."""
    try:
        hints = [RecoveryHint.from_word(word) for word in text.casefold().split(",")]
    except ValueError:
        return ()
    return tuple(map(explain_hint, dict.fromkeys(hints)))


def _headings(
    subject: Subject,
    table: Mapping[_Word, Term],
    facts: Callable[[_Word], dict[str, object]] = lambda _: {},
    further_names: Mapping[_Word, tuple[str, ...]] | None = None,
) -> Iterator[Heading]:
    for word, term in table.items():
        names = (str(word), *(further_names or {}).get(word, ()))
        yield Heading(names, partial(_explain, subject, word, term, facts))


def _explain(
    subject: Subject,
    word: _Word,
    term: Term,
    facts: Callable[[_Word], dict[str, object]],
    *,
    name: str | None = None,
) -> Explanation:
    return Explanation(
        subject=subject,
        name=name or str(word),
        meaning=term.meaning,
        facts=facts(word),
        impact=term.impact,
        what_the_system_does=term.what_the_system_does,
        what_you_do=term.what_you_do,
        done_when=term.done_when,
    )


def _facts_of_breaker(state: BreakerState) -> dict[str, object]:
    return {"refuses_calls": state.rejects}


def _facts_of_module(state: ModuleState) -> dict[str, object]:
    return {"upstream_number": list(ModuleState).index(state)}


def _facts_of_level(level: DegradationLevel) -> dict[str, object]:
    return {
        "upstream_number": int(level),
        "upstream_names": DEGRADATION_NAMES[level],
        "refuses_writes": level.refuses_writes,
    }


def _facts_of_mode(mode: AccessMode) -> dict[str, object]:
    return {"refuses_writes": mode is AccessMode.READ_ONLY}


def _facts_of_hint(kind: HintKind) -> dict[str, object]:
    given = (error.name for error in ERRORS if kind in (hint.kind for hint in error.hints))
    return {
        "hint_flags": kind.flag,
        "upstream_names": HINT_NAMES[kind],
        "errors": tuple(given),
    }


def _facts_of_severity(severity: Severity) -> dict[str, object]:
    return {
        "upstream_number": int(severity),
        "log_level": severity.log_level,
        "errors": sum(error.severity is severity for error in ERRORS),
    }


def _facts_of_operation(operation: OperationType) -> dict[str, object]:
    return {
        "upstream_number": list(OperationType).index(operation),
        "calls": terms.CALLS[operation],
        "deadline_ms": operation.default_timeout_ms,
    }


def _explain_number(number: int, subject: Subject, word: Enum) -> Explanation:
    kind = subject.replace("_", " ")
    return Explanation(
        subject=subject,
        name=f"{word} ({number})",
        meaning=f"As a {kind} of earlier VexFS builds, {number} is {word}.",
        facts={"upstream_number": number},
        see_also=(str(word),),
    )
