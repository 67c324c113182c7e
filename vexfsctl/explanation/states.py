"""Explanations of states, levels, presences, access modes and severities, and of their numbers."""

from collections.abc import Iterator
from enum import Enum
from functools import partial

from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.explanation import terms
from vexfsctl.explanation.form import Explanation, Heading, Subject, explain_term, term_headings
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.degradation import LEVEL_RULES, Resource, timeout_pct
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import AccessMode, DegradationLevel, ModuleState

_LEVEL_NAMES = {
    DegradationLevel.NORMAL: ("Normal",),
    DegradationLevel.LIGHT: ("LightDegradation",),
    DegradationLevel.MODERATE: ("ModerateDegradation",),
    DegradationLevel.HEAVY: ("HeavyDegradation",),
    DegradationLevel.READ_ONLY: ("ReadOnlyMode",),
    DegradationLevel.EMERGENCY: ("EmergencyMode",),
}
"""Rust variants of earlier VexFS builds (shared/system_hang_prevention.rs)."""


def state_headings() -> Iterator[Heading]:
    """Yield the words that say how a breaker, a module or a volume is."""
    yield from term_headings(Subject.BREAKER_STATE, terms.BREAKER_STATES, _facts_of_breaker)
    yield from term_headings(Subject.MODULE_STATE, terms.MODULE_STATES, _facts_of_module)
    yield from term_headings(
        Subject.DEGRADATION, terms.DEGRADATION_LEVELS, _facts_of_level, _LEVEL_NAMES
    )
    yield from term_headings(Subject.PRESENCE, terms.PRESENCES)
    yield from term_headings(Subject.ACCESS_MODE, terms.ACCESS_MODES, _facts_of_mode)


def severity_headings() -> Iterator[Heading]:
    """Yield the severities."""
    constants = {severity: (f"VEXFS_SEVERITY_{severity.name}",) for severity in Severity}
    yield from term_headings(Subject.SEVERITY, terms.SEVERITIES, _facts_of_severity, constants)


def number_headings() -> Iterator[Heading]:
    """Yield the numbers that earlier builds have for states and levels."""
    numbered = (
        *((Subject.MODULE_STATE, number, state) for number, state in enumerate(ModuleState)),
        *((Subject.DEGRADATION, int(level), level) for level in DegradationLevel),
        *((Subject.SEVERITY, int(severity), severity) for severity in Severity),
    )
    for subject, number, word in numbered:
        names = (f"{subject} {number}", str(number))
        yield Heading(names, partial(_explain_number, number, subject, word))


def explain_state(state: BreakerState | ModuleState | DegradationLevel) -> Explanation:
    """Return what *state* means."""
    match state:
        case BreakerState():
            term = terms.BREAKER_STATES[state]
            return explain_term(Subject.BREAKER_STATE, state, term, _facts_of_breaker)
        case ModuleState():
            term = terms.MODULE_STATES[state]
            return explain_term(Subject.MODULE_STATE, state, term, _facts_of_module)
        case DegradationLevel():
            term = terms.DEGRADATION_LEVELS[state]
            return explain_term(Subject.DEGRADATION, state, term, _facts_of_level)


def _facts_of_breaker(state: BreakerState) -> dict[str, object]:
    return {"refuses_calls": state.rejects}


def _facts_of_module(state: ModuleState) -> dict[str, object]:
    return {"upstream_number": list(ModuleState).index(state)}


def _facts_of_level(level: DegradationLevel) -> dict[str, object]:
    rule = LEVEL_RULES.get(level)
    return {
        "upstream_number": int(level),
        "upstream_names": _LEVEL_NAMES[level],
        "refuses_writes": level.refuses_writes,
        **{
            f"{resource}_above_pct": None if rule is None else rule.threshold_pct(resource)
            for resource in Resource
        },
        "calls_pct": 100 if rule is None else rule.calls_pct,
        "timeout_pct": timeout_pct(level),
    }


def _facts_of_mode(mode: AccessMode) -> dict[str, object]:
    return {"refuses_writes": mode is AccessMode.READ_ONLY}


def _facts_of_severity(severity: Severity) -> dict[str, object]:
    return {
        "upstream_number": int(severity),
        "log_level": severity.log_level,
        "errors": sum(error.severity is severity for error in ERRORS),
    }


def _explain_number(number: int, subject: Subject, word: Enum) -> Explanation:
    kind = subject.replace("_", " ")
    return Explanation(
        subject=subject,
        name=f"{word} ({number})",
        meaning=f"In earlier VexFS builds, {kind} {number} is {word}.",
        facts={"upstream_number": number},
        see_also=(str(word),),
    )
