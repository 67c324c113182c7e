"""Explanations of errnos, from their class and the errors that carry them."""

import os
from collections.abc import Iterable, Iterator
from functools import partial

from vexfsctl.catalogue.lookup import (
    ANSWERED,
    REPORTED,
    ErrorEntry,
    entry,
    error_for_errno,
    errors_for_errno,
)
from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.explanation.terms import ERRNO_CLASSES
from vexfsctl.model.errnos import (
    ERRNOS,
    ErrnoClass,
    application_errno,
    classify_errno,
    errno_aliases,
    errno_name,
)

_KERNEL_INTERNAL = {
    512: "ERESTARTSYS",
    513: "ERESTARTNOINTR",
    514: "ERESTARTNOHAND",
    515: "ENOIOCTLCMD",
    516: "ERESTART_RESTARTBLOCK",
    517: "EPROBE_DEFER",
    518: "EOPENSTALE",
    519: "ENOPARAM",
    521: "EBADHANDLE",
    522: "ENOTSYNC",
    523: "EBADCOOKIE",
    524: "ENOTSUPP",
    525: "ETOOSMALL",
    526: "ESERVERFAULT",
    527: "EBADTYPE",
    528: "EJUKEBOX",
    529: "EIOCBQUEUED",
    530: "ERECALLCONFLICT",
    531: "ENOGRACE",
}
"""Numbers that never leave a healthy kernel (include/linux/errno.h)."""


def errno_headings() -> Iterator[Heading]:
    """Yield every errno, under its names, its number and the system's words, in either sign."""
    for number in ERRNOS:
        names = (errno_name(number), *errno_aliases(number), str(number))
        signed = (f"-{name}" for name in names)
        spoken = (os.strerror(number),)
        yield Heading((*names, *signed, *spoken), partial(explain_errno, number))
    for number, name in _KERNEL_INTERNAL.items():
        names = (name, str(number), f"-{name}", f"-{number}")
        yield Heading(names, partial(_explain_internal, number, name))


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
    # What the userspace driver reports is what a reader most often has before them.
    return tuple(sorted(errors, key=_is_of_the_driver, reverse=True))


def _is_of_the_driver(error: ErrorEntry) -> bool:
    return error.name in REPORTED or error.name in ANSWERED


def _if_it_is(error: ErrorEntry) -> str:
    return f"If it is {error.name}: "


def _exceptions(number: int, kind: ErrnoClass, rule: str) -> str:
    """Add to *rule* the calls for which *number* follows another."""
    calls = ("getxattr", "lseek", "ioctl")
    others = [call for call in calls if classify_errno(number, call) is not kind]
    if others:
        return f"{rule} As an answer to {' and '.join(others)} it is not a failure."
    if classify_errno(number, "write", read_only=True) is not kind:
        return f"{rule} While access_mode or degradation says read-only it is an answer."
    return rule


def _explain_internal(number: int, name: str) -> Explanation:
    other = entry("Other")
    return Explanation(
        subject=Subject.ERRNO,
        name=name,
        meaning=f"{name} is internal to the kernel; no application should ever see it.",
        facts={"errno": number, "application_gets": errno_name(application_errno(number))},
        impact=other.impact,
        what_the_system_does="The driver returns EIO instead: the kernel drops an answer of 512 "
        "or more, and the application would wait forever.",
        what_you_do="Report it to the maintainers of the filesystem or driver that leaked it.",
        done_when="`dmesg` no longer shows the number.",
        see_also=("EIO", other.name),
    )


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
