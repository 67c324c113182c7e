"""What VexFS does about an error by itself, in sentences, derived from its entry.

The rules of the userspace driver are in vexfs-sysfs(5) and `errnos`. What the other builds do is in
their sources: their engine retries what they call recoverable, counts every failed call, and their
kernel module returns a fallback answer whatever failed.
"""

from collections.abc import Iterator

from vexfsctl.catalogue.entry import ErrorEntry, Upstream
from vexfsctl.catalogue.lookup import ANSWERED, BREAKER_OPEN, REPORTED, TIMEOUT
from vexfsctl.model.errnos import application_errno, classify_errno, errno_name
from vexfsctl.model.units import format_duration
from vexfsctl.model.volume import RetrySettings

_ATTEMPTS = RetrySettings().max_attempts
_OUTCOMES = (BREAKER_OPEN.name, TIMEOUT.name)
"""Errors of a whole call, not of one attempt: no rule for attempts applies."""


def what_the_system_does(error: ErrorEntry) -> str:
    """Return what happens without a person: retries, breaker, degradation, the errno returned."""
    return " ".join(_sentences(error))


def _sentences(error: ErrorEntry) -> Iterator[str]:
    if error.name in _OUTCOMES:
        yield f"The application gets {errno_name(error.errno)}."
    elif error.name in REPORTED:
        yield from _of_the_driver(error)
    elif error.name in ANSWERED:
        yield "It is an answer, not a failure: no error record, no retry, and no breaker counts it."
    elif error.upstream is not None:
        yield from _of_other_builds(error.upstream, damage=error.corruption)
    if error.by_itself is not None:
        yield error.by_itself


def _of_the_driver(error: ErrorEntry) -> Iterator[str]:
    kind = classify_errno(error.errno, "read")
    if error.retryable and kind.retryable:
        wait = format_duration(error.retry_delay_ms or 0)
        yield (
            f"The call is tried {_ATTEMPTS} times in all, {wait} or more apart, if it may be "
            "repeated."
        )
    else:
        yield "The call is not retried."
    if kind.trips_breaker(error.errno):
        yield "Each failed attempt counts against the breaker of its operation."
    else:
        yield "No breaker counts it: refusing calls would free nothing."
    if error.corruption:
        yield "Degradation becomes read_only at once, until rw is written to access_mode."
    yield f"The application gets {errno_name(application_errno(error.errno))}."


def _of_other_builds(upstream: Upstream, *, damage: bool) -> Iterator[str]:
    tries = f"{_ATTEMPTS} times" if upstream.retryable else "once"
    yield (
        "Only VexFS builds other than this package's driver report it. Their engine tries the call "
        f"{tries} and counts it against the breaker of its operation."
    )
    number = upstream.errnos[1]
    if number is not None:
        yield f"Their kernel module sees -{number} and goes on with a fallback answer."
    if damage:
        yield "None of them makes the volume read-only."
