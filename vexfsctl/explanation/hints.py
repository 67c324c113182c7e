"""Explanations of recovery hints, alone, in a list and as a word of flags."""

import re
from collections.abc import Iterator
from dataclasses import replace

from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.explanation.form import Explanation, Heading, Subject, explain_term, term_headings
from vexfsctl.explanation.terms import HINTS
from vexfsctl.model.hints import HintKind, RecoveryHint, hints_from_flags
from vexfsctl.model.units import format_duration

_NAMES = {
    HintKind.RETRY: ("RetryAfterDelay", "VEXFS_RECOVERY_RETRY"),
    HintKind.USE_FALLBACK: ("UseFallback", "VEXFS_RECOVERY_FALLBACK"),
    HintKind.INVALIDATE_CACHE: ("InvalidateCache", "VEXFS_RECOVERY_CACHE_INVALIDATE"),
    HintKind.REDUCE_SCOPE: ("ReduceScope", "VEXFS_RECOVERY_REDUCE_SCOPE"),
    HintKind.READ_ONLY: ("ReadOnlyMode", "VEXFS_RECOVERY_READ_ONLY"),
    HintKind.RESTART: ("RestartComponent", "VEXFS_RECOVERY_RESTART"),
    HintKind.MANUAL: ("ManualIntervention", "VEXFS_RECOVERY_MANUAL"),
}
"""Those of earlier VexFS builds: Rust variants (shared/error_handling.rs), C constants."""
_FLAG_WORD = re.compile(r"0x[0-9a-f]{1,16}", re.IGNORECASE)
_ALL_FLAGS = sum(kind.flag for kind in HintKind)


def hint_headings() -> Iterator[Heading]:
    """Yield the kinds of hints."""
    yield from term_headings(Subject.HINT, HINTS, _facts, _NAMES)


def explain_hint(hint: RecoveryHint) -> Explanation:
    """Return what *hint* means, with its delay where it has one."""
    kind = explain_term(Subject.HINT, hint.kind, HINTS[hint.kind], _facts)
    if hint.delay_ms is None:
        return kind
    return replace(
        kind,
        name=str(hint),
        meaning=f"Wait at least {format_duration(hint.delay_ms)}, then try again. {kind.meaning}",
        facts={"delay_ms": hint.delay_ms, **kind.facts},
    )


def explain_flags(text: str) -> tuple[Explanation, ...]:
    """Return what a flag word such as `0x27` means; empty if *text* is not one."""
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
            what_you_do=f"`vexfsctl recover plan --hints {flags:#04x}` turns them into steps."
            if hints and not beyond
            else None,
            see_also=tuple(map(str, hints)),
        ),
    )


def explain_hints(text: str) -> tuple[Explanation, ...]:
    """Return what each hint of `retry:500,use_fallback` means; empty if *text* is not a list."""
    try:
        hints = [RecoveryHint.from_word(word) for word in text.casefold().split(",")]
    except ValueError:
        return ()
    return tuple(map(explain_hint, dict.fromkeys(hints)))


def _facts(kind: HintKind) -> dict[str, object]:
    given = (error.name for error in ERRORS if kind in (hint.kind for hint in error.hints))
    return {
        "hint_flags": kind.flag,
        "upstream_names": _NAMES[kind],
        "errors": tuple(given),
    }
