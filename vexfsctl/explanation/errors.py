"""Explanations of errors, their families, errnos and return codes, from the error catalogue."""

import os
from collections.abc import Iterable, Iterator
from functools import partial

from vexfsctl.catalogue.automatic import what_the_system_does
from vexfsctl.catalogue.lookup import (
    ANSWERED,
    ERRORS,
    REPORTED,
    ErrorEntry,
    VexfsCode,
    entry,
    error_for_errno,
    errors_for_code,
    errors_for_errno,
)
from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.explanation.terms import ERRNO_CLASSES
from vexfsctl.explanation.upstream_names import KERNEL_INTERNAL_ERRNOS
from vexfsctl.model.errnos import (
    ERRNOS,
    ErrnoClass,
    application_errno,
    classify_errno,
    errno_aliases,
    errno_name,
)

_CODE_PREFIX = "VEXFS_ERROR_"
_OF_ITS_OWN = VexfsCode.CIRCUIT_BREAKER
"""From here down a code is no errno."""


def error_headings() -> Iterator[Heading]:
    """Hand out every error, under its name and that without its family."""
    for error in ERRORS:
        yield Heading(error_names(error), partial(explain_error, error))


def family_headings() -> Iterator[Heading]:
    """Hand out the families of errors: IoError, StorageError and so on."""
    families: dict[str, list[ErrorEntry]] = {}
    for error in ERRORS:
        family, dot, _ = error.name.partition(".")
        if dot:
            families.setdefault(family, []).append(error)
    for family, members in families.items():
        yield Heading((family,), partial(_explain_family, family, tuple(members)))


def errno_headings() -> Iterator[Heading]:
    """Hand out every errno, under its names, its number and the system's words, in either sign."""
    for number in ERRNOS:
        names = (errno_name(number), *errno_aliases(number), str(number))
        signed = (f"-{name}" for name in names)
        spoken = (os.strerror(number),)
        yield Heading((*names, *signed, *spoken), partial(explain_errno, number))
    for number, name in KERNEL_INTERNAL_ERRNOS.items():
        names = (name, str(number), f"-{name}", f"-{number}")
        yield Heading(names, partial(_explain_internal_errno, number, name))


def code_headings() -> Iterator[Heading]:
    """Hand out every return code of vexfs_ffi.h under its names and its number."""
    for code in VexfsCode:
        names = code_names(code)
        short = (name.removeprefix(_CODE_PREFIX) for name in names)
        numbers = (str(int(code)), *([str(-code)] if code <= _OF_ITS_OWN else []))
        yield Heading((*names, *numbers, *short), partial(_explain_code, code))


def error_names(error: ErrorEntry) -> tuple[str, ...]:
    """Return what *error* may be called: `IoError.ReadError`, `ReadError`."""
    _, dot, kind = error.name.partition(".")
    return (error.name, kind) if dot else (error.name,)


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
        "that is there.",
    )


def explain_errno(number: int) -> Explanation:
    """Return what errno *number* (positive) means, and what its likeliest error asks for."""
    kind = classify_errno(number, "read")
    term = ERRNO_CLASSES[kind]
    errors = _likeliest_first(errors_for_errno(number))
    likeliest = error_for_errno(number, "read")
    several = sum(map(_is_of_the_driver, errors)) > 1
    return Explanation(
        subject=Subject.ERRNO,
        name=errno_name(number),
        meaning=f"{os.strerror(number)}: {_lower(term.meaning)}",
        facts={
            "errno": number,
            "class": kind,
            "counts_as_failure": kind.counts_as_failure,
            "retryable": kind.retryable,
            "trips_breaker": kind.trips_breaker(number),
            "application_gets": errno_name(application_errno(number)),
            "likeliest_error": likeliest.name,
            "errors": tuple(error.name for error in errors),
        },
        impact=term.impact or likeliest.impact,
        what_the_system_does=_exceptions(number, kind, term.what_the_system_does or ""),
        what_you_do=f"{_if_it_is(likeliest) if several else ''}{likeliest.what_you_do}",
        done_when=likeliest.done_when,
    )


def _likeliest_first(errors: Iterable[ErrorEntry]) -> tuple[ErrorEntry, ...]:
    # What the userspace driver makes of an errno is what a reader has before them most often.
    return tuple(sorted(errors, key=_is_of_the_driver, reverse=True))


def _is_of_the_driver(error: ErrorEntry) -> bool:
    return error.name in REPORTED or error.name in ANSWERED


def _if_it_is(error: ErrorEntry) -> str:
    return f"If it is {error.name}: "


def _exceptions(number: int, kind: ErrnoClass, rule: str) -> str:
    """Say of which calls another rule holds for *number*."""
    calls = ("getxattr", "lseek")
    others = [call for call in calls if classify_errno(number, call) is not kind]
    if others:
        return f"{rule} As the answer of {' and '.join(others)} it is no failure."
    if classify_errno(number, "write", read_only=True) is not kind:
        return f"{rule} While access_mode or degradation says read-only it is an answer."
    return rule


def _explain_internal_errno(number: int, name: str) -> Explanation:
    other = entry("Other")
    return Explanation(
        subject=Subject.ERRNO,
        name=name,
        meaning=f"{name} is a number of the kernel's own that no application should ever see.",
        facts={"errno": number, "application_gets": errno_name(application_errno(number))},
        impact=other.impact,
        what_the_system_does="The driver hands on EIO instead: the kernel drops an answer of 512 "
        "or more, and the application would wait for ever.",
        what_you_do="Report it to the makers of the filesystem or driver that let it out.",
        done_when="`dmesg` shows the number no more.",
        see_also=("EIO", other.name),
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
            "Almost nothing: the module returns -1 for what it has no number for, for what is not "
            "permitted, and for most of its other errors."
        )
    return f"A return code of vexfs_ffi.h that is the errno {errno_name(-code)}."


def _advice_of(code: VexfsCode, first: ErrorEntry) -> dict[str, str]:
    if code == VexfsCode.GENERIC:
        return {
            "what_you_do": "Conclude nothing from it. Behind lookup_inode it is a file that is "
            "not there, and noise; else look at the lines beside it in the log (`vexfsctl log`).",
        }
    if code > _OF_ITS_OWN:
        return {}
    return {
        "impact": first.impact,
        "what_the_system_does": what_the_system_does(first),
        "what_you_do": first.what_you_do,
        "done_when": first.done_when,
    }


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
