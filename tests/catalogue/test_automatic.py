"""What VexFS does about an error by itself, as the catalogue's entries and rules have it."""

import errno

import pytest

from vexfsctl.catalogue.automatic import what_the_system_does
from vexfsctl.catalogue.lookup import ANSWERED, ERRORS, REPORTED, entry
from vexfsctl.model.errnos import classify_errno


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "IoError.ReadError",
            "The call is tried 3 times in all, 500ms or more apart, if it may be repeated. Each "
            "failed attempt counts against the breaker of its operation. The application gets "
            "EIO.",
        ),
        (
            "OutOfSpace",
            "The call is not retried. No breaker counts it: refusing calls would free nothing. "
            "The application gets ENOSPC. Only what grows is refused: unlink and truncate keep "
            "working, as they are the way out.",
        ),
        (
            "ChecksumMismatch",
            "The call is not retried. Each failed attempt counts against the breaker of its "
            "operation. Degradation becomes read_only at once, until rw is written to "
            "access_mode. The application gets EUCLEAN.",
        ),
        (
            "NotFound",
            "It is an answer, not a failure: no error record, no retry, and no breaker counts it.",
        ),
        (
            "ChecksumError",
            "Only VexFS builds other than this package's driver report it. Their engine tries the "
            "call once and counts it against the breaker of its operation. Their kernel module "
            "sees -1 and goes on with a fallback answer. None of them makes the volume read-only.",
        ),
        (
            "Busy",
            "Only VexFS builds other than this package's driver report it. Their engine tries the "
            "call 3 times and counts it against the breaker of its operation. Their kernel module "
            "sees -1 and goes on with a fallback answer.",
        ),
        (
            "RecoveryNeeded",
            "No build returns this code yet.",
        ),
    ],
)
def test_each_kind_of_error_has_its_rules(name: str, text: str) -> None:
    """Retries, breaker, degradation and the application's errno, by errno class and origin."""
    assert what_the_system_does(entry(name)) == text


def errors_told(words: str) -> list[str]:
    """Names of the errors of which *words* are said."""
    return [error.name for error in ERRORS if words in what_the_system_does(error)]


def test_it_promises_a_retry_exactly_where_the_guard_makes_one() -> None:
    """Of what the driver reports, that of a retryable class whose first hint is retry."""
    outcomes = ("Timeout", "CircuitBreakerOpen")

    assert errors_told("times in all") == [
        error.name
        for error in ERRORS
        if error.name in REPORTED
        and error.name not in outcomes
        and error.retryable
        and classify_errno(error.errno, "read").retryable
    ]


def test_only_what_the_driver_calls_damage_makes_the_volume_read_only() -> None:
    """Other builds go on writing, and are said to."""
    damage = [error for error in ERRORS if error.corruption and error.upstream is not None]
    driver = REPORTED | ANSWERED

    assert errors_told("becomes read_only") == ["CorruptedData", "ChecksumMismatch"]
    assert errors_told("None of them makes the volume read-only.") == [
        error.name for error in damage if error.name not in driver
    ]


def test_an_outcome_of_a_whole_call_has_no_rule_for_attempts() -> None:
    """A call past its deadline is not tried again, though the error's hint is retry."""
    told = what_the_system_does(entry("Timeout"))

    assert entry("Timeout").errno == errno.ETIMEDOUT
    assert told.startswith("The application gets ETIMEDOUT. One deadline bounds the whole call")
