"""Explanations of errors, their families and return codes, from the error catalogue."""

from collections.abc import Iterator
from functools import partial

from vexfsctl.catalogue.automatic import what_the_system_does
from vexfsctl.catalogue.lookup import ERRORS, ErrorEntry, VexfsCode, errors_for_code
from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.model.errnos import errno_name

_CODE_PREFIX = "VEXFS_ERROR_"
_OF_ITS_OWN = VexfsCode.CIRCUIT_BREAKER
"""From here down a code is not an errno."""


def error_headings() -> Iterator[Heading]:
    """Yield every error, under its name and that without its family."""
    for error in ERRORS:
        yield Heading(error_names(error), partial(explain_error, error))


def family_headings() -> Iterator[Heading]:
    """Yield the families of errors: IoError, StorageError and so on."""
    families: dict[str, list[ErrorEntry]] = {}
    for error in ERRORS:
        if error.family:
            families.setdefault(error.family, []).append(error)
    for family, members in families.items():
        yield Heading((family,), partial(_explain_family, family, tuple(members)))


def code_headings() -> Iterator[Heading]:
    """Yield every return code of vexfs_ffi.h under its names and its number."""
    for code in VexfsCode:
        names = code_names(code)
        short = (name.removeprefix(_CODE_PREFIX) for name in names)
        numbers = (str(int(code)), *([str(-code)] if code <= _OF_ITS_OWN else []))
        yield Heading((*names, *numbers, *short), partial(_explain_code, code))


def error_names(error: ErrorEntry) -> tuple[str, ...]:
    """Return what *error* may be called: `IoError.ReadError`, `ReadError`."""
    kind = error.name.rpartition(".")[2]
    return (error.name, kind) if error.family else (error.name,)


def code_names(code: VexfsCode) -> tuple[str, ...]:
    """Return the constants of vexfs_ffi.h that are *code*; -1 has two."""
    return tuple(
        f"{_CODE_PREFIX}{name}" for name, member in VexfsCode.__members__.items() if member is code
    )


def explain_error(error: ErrorEntry) -> Explanation:
    """Return all that the catalogue says of *error*."""
    return Explanation(
        subject=Subject.ERROR,
        name=error.name,
        meaning=error.meaning,
        facts={
            "message": error.message,
            "errno": error.errno,
            "severity": error.severity,
            "retryable": error.retryable,
            "hints": tuple(str(hint) for hint in error.hints),
            "hint_flags": error.hint_flags,
            "code": int(error.code),
            "code_names": code_names(error.code),
            "upstream": _upstream(error),
        },
        impact=error.impact,
        what_the_system_does=what_the_system_does(error),
        what_you_do=error.what_you_do,
        done_when=error.done_when,
        see_also=(errno_name(error.errno), *(str(hint.kind) for hint in error.hints)),
    )


def _upstream(error: ErrorEntry) -> dict[str, object] | None:
    if error.upstream is None:
        return None
    at_start, in_calls, unused = error.upstream.errnos
    return {
        "severity": error.upstream.severity,
        "retryable": error.upstream.retryable,
        "corruption": error.upstream.corruption,
        "hints": tuple(str(hint) for hint in error.upstream.hints),
        "errno_at_start": at_start,
        "errno_in_calls": in_calls,
        "errno_unused": unused,
    }


def _explain_family(family: str, members: tuple[ErrorEntry, ...]) -> Explanation:
    prefix = members[0].prefix.removesuffix(": ")
    return Explanation(
        subject=Subject.ERROR_FAMILY,
        name=family,
        meaning=f"A family of {len(members)} errors; their messages begin with {prefix}.",
        facts={"errors": tuple(error.name for error in members)},
        what_you_do=f"`vexfsctl errors --error {family}` lists those in the log; explain the one "
        "you find.",
    )


def _explain_code(code: VexfsCode) -> Explanation:
    errors = errors_for_code(code)
    return Explanation(
        subject=Subject.CODE,
        name=code_names(code)[0],
        meaning=_meaning_of_code(code, errors[0]),
        facts={
            "code": int(code),
            "code_names": code_names(code),
            "errors": tuple(error.name for error in errors),
        },
        see_also=() if code <= _OF_ITS_OWN or code == VexfsCode.GENERIC else (errno_name(-code),),
        **_advice_of(code, errors[0]),
    )


def _meaning_of_code(code: VexfsCode, first: ErrorEntry) -> str:
    if code <= _OF_ITS_OWN:
        return first.meaning
    if code == VexfsCode.GENERIC:
        return (
            "Almost nothing: the module returns -1 for errors without a number of their own, for "
            "what is not permitted, and for most other errors."
        )
    return f"A return code of vexfs_ffi.h that is the errno {errno_name(-code)}."


def _advice_of(code: VexfsCode, first: ErrorEntry) -> dict[str, str]:
    if code == VexfsCode.GENERIC:
        return {
            "what_you_do": "Conclude nothing from it. After lookup_inode it means a missing file "
            "and is noise; otherwise look at the lines beside it in the log (`vexfsctl log`).",
        }
    if code > _OF_ITS_OWN:
        return {}
    return {
        "impact": first.impact,
        "what_the_system_does": what_the_system_does(first),
        "what_you_do": first.what_you_do,
        "done_when": first.done_when,
    }
