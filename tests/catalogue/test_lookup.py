import errno
import os
import re
from collections.abc import Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.model.upstream_taxonomy import UpstreamError, read_taxonomy
from vexfsctl.catalogue.advice import ADVICE
from vexfsctl.catalogue.lookup import (
    ANSWERED,
    ERRORS,
    REPORTED,
    ErrorEntry,
    MessageMatch,
    VexfsCode,
    entry,
    error_for_errno,
    errors_for_code,
    errors_for_errno,
    parse_error_message,
)
from vexfsctl.cli.registry import COMMANDS
from vexfsctl.exceptions import NotFound
from vexfsctl.model.errnos import ErrnoClass, classify_errno
from vexfsctl.model.hints import HintKind
from vexfsctl.model.severity import Severity

SENTENCE = re.compile(r"[A-Z`].*\.", re.DOTALL)
COMMAND = re.compile(r"`([^`]+)`")
SYSTEM_PROGRAMS = frozenset(
    {
        *("blkid", "cat", "cmp", "cp", "df", "diff", "dmesg", "findmnt", "free", "fsck", "fuser"),
        *("getconf", "getfattr", "id", "ls", "lsattr", "lsblk", "lslocks", "namei", "stat"),
        *("strace", "sync", "sysctl"),
    }
)
CALLS = ("read", "write", "lseek", "fsync", "fsyncdir", "flush", "syncfs", "statfs", "getxattr")
OF_THE_GUARD = (
    "CircuitBreakerOpen",
    "RetryExhausted",
    "FallbackFailed",
    "Corruption",
    "RecoveryNeeded",
)


def names(found: Iterable[ErrorEntry]) -> list[str]:
    """Names alone, in order."""
    return [error.name for error in found]


def readings(text: str) -> list[tuple[str, tuple[str, ...], str | None]]:
    """Each reading of *text* as name, payload, context."""
    return [(match.error.name, match.payload, match.context) for match in parse_error_message(text)]


def payload_of(error: ErrorEntry, inner: str, last: str) -> tuple[str, ...]:
    """Free text where the message ends in a payload, a word where more message follows."""
    count = error.message.count("{}")
    ends_in_payload = error.message.endswith("{}")
    return (inner,) * (count - ends_in_payload) + (last,) * ends_in_payload


def as_the_sources_say_it(error: ErrorEntry) -> UpstreamError:
    """What the catalogue records of upstream, in the form of the sources' table."""
    upstream = error.upstream
    assert upstream is not None
    return UpstreamError(
        name=error.name,
        message=error.message,
        severity=str(upstream.severity),
        retryable=upstream.retryable,
        corruption=upstream.corruption,
        hints=tuple(str(hint) for hint in upstream.hints),
        errnos=tuple(number or 0 for number in upstream.errnos),
    )


def test_the_catalogue_is_the_taxonomy_of_vexfs_and_the_codes_of_its_guard() -> None:
    """Names, order, messages and the whole upstream column are what VexFS's sources say."""
    variants = [error for error in ERRORS if error.name not in OF_THE_GUARD]

    assert [as_the_sources_say_it(error) for error in variants] == read_taxonomy()
    assert tuple(error.name for error in ERRORS[len(variants) :]) == OF_THE_GUARD


def test_names_are_unique() -> None:
    """A name finds one entry."""
    assert len({error.name for error in ERRORS}) == len(ERRORS)


def test_damage_is_critical_and_told_apart_by_its_errno() -> None:
    """Damage is critical and asks for a person and read-only mode, and nothing else is damage."""
    damage = names(error for error in ERRORS if error.corruption)
    asking = [e for e in ERRORS if [str(hint) for hint in e.hints] == ["manual", "read_only"]]
    critical = names(error for error in ERRORS if error.severity is Severity.CRITICAL)

    assert names(e for e in ERRORS if e.errno in (errno.EUCLEAN, errno.EBADMSG)) == damage
    assert names(asking) == damage
    assert [name for name in critical if name != "ReadOnlyFilesystem"] == damage
    assert "ReadOnlyFilesystem" in critical


def test_what_upstream_calls_damage_is_damage() -> None:
    """No correction of upstream makes corruption look harmless."""
    called = [error for error in ERRORS if error.upstream is not None and error.upstream.corruption]

    assert names(error for error in called if not error.corruption) == []


def test_only_answers_are_low() -> None:
    """What is low is nothing that the guard would count as a failure."""
    low = [error for error in ERRORS if error.severity is Severity.LOW]
    counted = [e for e in low if classify_errno(e.errno, "getattr").counts_as_failure]

    # No system call below ends with ECANCELED: somebody called the operation off.
    assert [error.name for error in counted] == ["OperationCancelled"]


def test_only_lack_of_memory_asks_for_something_before_a_retry() -> None:
    """Elsewhere `retry` stands first, which makes the error retryable; no hint is given twice."""
    kinds = {error.name: [hint.kind for hint in error.hints] for error in ERRORS}

    waiting = [e for e in ERRORS if HintKind.RETRY in kinds[e.name] and not e.retryable]
    assert {error.errno for error in waiting} == {errno.ENOMEM}
    assert [name for name, own in kinds.items() if len(set(own)) != len(own)] == []


@pytest.mark.parametrize(
    "name",
    [
        "LockConflict",
        "WouldBlock",
        "Timeout",
        "CacheLocked",
        "SearchError.SearchTimeout",
        "TransactionError.TransactionTimeout",
    ],
)
def test_what_upstream_hints_to_retry_and_then_refuses_is_retryable(name: str) -> None:
    """The six errors that pass by themselves, which upstream gives up on at once."""
    error = entry(name)

    assert error.upstream is not None
    assert (error.retryable, error.upstream.retryable) == (True, False)


def test_a_failed_flush_is_never_retried() -> None:
    """The kernel reports a lost write once; a second fsync would turn loss into success."""
    assert [str(hint) for hint in entry("IoError.FlushError").hints] == ["manual"]


def test_a_rejected_call_is_busy_and_not_retried() -> None:
    """An open breaker answers EBUSY, under its own code, and nothing retries against it."""
    error = entry("CircuitBreakerOpen")

    assert (error.errno, error.code, error.retryable) == (errno.EBUSY, -1000, False)
    assert error.format("Storage") == "Circuit breaker open for Storage operations"


def test_a_read_error_is_what_the_log_format_shows() -> None:
    """A read that met EIO: errno, severity, hints in order, message without family."""
    error = error_for_errno(errno.EIO, "read")

    assert (error.name, error.errno, str(error.severity)) == ("IoError.ReadError", 5, "high")
    assert ",".join(map(str, error.hints)) == "retry:500,invalidate_cache,use_fallback"
    assert error.describe(errno.EIO) == "read operation failed"
    assert error.message == "I/O error: read operation failed"
    assert error.hint_flags == 0x01 | 0x02 | 0x04


def test_an_unknown_name_suggests_the_near_ones() -> None:
    """A mistyped error is NotFound, with the names it may have meant."""
    with pytest.raises(NotFound) as caught:
        entry("IoError.ReadErr")

    assert caught.value.message == "VexFS has no error called 'IoError.ReadErr'"
    assert caught.value.hint is not None and "IoError.ReadError" in caught.value.hint


# --- errno to error


@pytest.mark.parametrize(
    ("number", "call", "name"),
    [
        (errno.EIO, "read", "IoError.ReadError"),
        (errno.EIO, "write", "IoError.WriteError"),
        (errno.EIO, "fsync", "IoError.FlushError"),
        (errno.EIO, "flush", "IoError.FlushError"),
        (errno.EIO, "fsyncdir", "IoError.FlushError"),
        (errno.EIO, "syncfs", "IoError.FlushError"),
        (errno.EIO, "lseek", "IoError.SeekError"),
        (errno.EIO, "getattr", "IoError.DeviceError"),
        (errno.ENODATA, "read", "IoError.ReadError"),
        (errno.ENODATA, "getxattr", "EntryNotFound"),
        (errno.EREMOTEIO, "write", "IoError.WriteError"),
        (errno.EILSEQ, "read", "IoError.ReadError"),
        (errno.ENODEV, "read", "IoError.DeviceError"),
        (errno.ENXIO, "read", "IoError.DeviceError"),
        (errno.ENXIO, "lseek", "IoError.InvalidOffset"),
        (errno.ENOLINK, "read", "IoError.ConnectionLost"),
        (errno.ETIMEDOUT, "read", "IoError.TimeoutError"),
        (errno.EUCLEAN, "lookup", "CorruptedData"),
        (errno.EBADMSG, "read", "ChecksumMismatch"),
        (errno.ENOSPC, "write", "OutOfSpace"),
        (errno.ENOMEM, "read", "OutOfMemory"),
        (errno.EMFILE, "open", "TooManyOpenFiles"),
        (errno.ENFILE, "open", "TooManyOpenFiles"),
        (errno.EBUSY, "rmdir", "ResourceBusy"),
        (errno.ETXTBSY, "open", "ResourceBusy"),
        (errno.EAGAIN, "read", "WouldBlock"),
        (errno.EDEADLK, "write", "TransactionError.DeadlockDetected"),
        (errno.EROFS, "write", "ReadOnlyFilesystem"),
        (errno.ENOENT, "lookup", "NotFound"),
        (errno.EBADE, "write", "Other"),
        (errno.ESTALE, "lookup", "Other"),
        (524, "read", "Other"),
    ],
)
def test_an_errno_below_becomes_an_error(number: int, call: str, name: str) -> None:
    """Each errno a system call below can end with has its error, by the call where that matters."""
    assert error_for_errno(number, call).name == name


@given(number=st.integers(-5000, 5000), call=st.sampled_from(CALLS))
def test_the_error_chosen_fits_the_class_of_its_errno(number: int, call: str) -> None:
    """Damage is damage in both views; what the guard retries, the error says to retry."""
    error, kind = error_for_errno(number, call), classify_errno(number, call)

    assert error.corruption == (kind is ErrnoClass.CORRUPTION)
    if kind.counts_as_failure:
        assert error.severity >= Severity.MEDIUM
        assert error.retryable == kind.retryable or error.name == "IoError.FlushError"


@given(number=st.sampled_from(sorted(errno.errorcode)), call=st.sampled_from(CALLS))
def test_the_error_chosen_is_among_those_that_could_be_meant(number: int, call: str) -> None:
    """The way back from an errno never misses the error that the driver reports for it."""
    assert error_for_errno(number, call) in errors_for_errno(number)


def test_an_errno_with_an_error_of_upstream_only_may_be_other() -> None:
    """ECANCELED from below is Other; in a kernel module's answer it is what upstream maps to it."""
    assert names(errors_for_errno(errno.ECANCELED)) == [
        "TransactionError.TransactionAborted",
        "Other",
        "OperationCancelled",
    ]


def test_every_error_is_explained_in_sentences() -> None:
    """What happened, impact, what to do, done when: whole sentences with whole commands."""
    texts = [
        text
        for error in ERRORS
        for text in (error.meaning, error.impact, error.what_you_do, error.done_when)
    ]
    texts += [error.by_itself for error in ERRORS if error.by_itself]

    assert [text for text in texts if not SENTENCE.fullmatch(text)] == []
    assert [text for text in texts if text.count("`") % 2 != 0] == []
    assert [text for text in texts if "{" in text.replace("{}", "")] == []


def test_every_error_names_the_command_that_proves_it_is_over() -> None:
    """A command in backquotes: one of vexfsctl's, or a program that every system has."""
    proofs = {error.name: COMMAND.findall(error.done_when) for error in ERRORS}
    known = {("vexfsctl", command.name) for command in COMMANDS}

    assert [name for name, commands in proofs.items() if not commands] == []
    assert [
        (name, command)
        for name, commands in proofs.items()
        for command in commands
        if tuple(command.split()[:2]) not in known and command.split()[0] not in SYSTEM_PROGRAMS
    ] == []


def test_an_answer_is_proved_by_more_than_the_log() -> None:
    """What is never recorded is not over because no record of it is found."""
    proofs = {name: COMMAND.findall(entry(name).done_when) for name in ANSWERED - REPORTED}

    assert [
        name
        for name, commands in proofs.items()
        if all(command.startswith("vexfsctl errors") for command in commands)
    ] == []


def test_advice_is_given_for_the_errors_that_there_are() -> None:
    """No advice is left over from an error that was renamed."""
    assert set(ADVICE) == {error.name for error in ERRORS}


def test_second_names_of_one_thing_have_one_advice() -> None:
    """A full device is told in the same words, whatever the build calls it."""
    full = [entry(name) for name in ("NoSpace", "NoSpaceLeft", "DeviceFull", "OutOfSpace")]

    assert len({(error.meaning, error.impact, error.what_you_do) for error in full}) == 1


def test_what_the_driver_reports_and_answers_is_what_it_makes_of_errnos() -> None:
    """REPORTED and ANSWERED are what errnos of calls turn into, with the outcomes of the guard."""
    chosen = {
        (error_for_errno(number, call).name, classify_errno(number, call).counts_as_failure)
        for number in errno.errorcode
        for call in CALLS
    }

    failures = {name for name, failure in chosen if failure}
    assert failures | {"Timeout", "CircuitBreakerOpen"} == REPORTED
    assert {name for name, failure in chosen if not failure} == ANSWERED


def test_an_errno_without_an_error_is_named_by_the_system() -> None:
    """`Other` reports the system's own words for an errno that VexFS has none for."""
    assert entry("Other").describe(errno.ESTALE) == os.strerror(errno.ESTALE)
    assert names(errors_for_errno(errno.ESTALE)) == ["Other"]


def test_a_full_device_is_ambiguous() -> None:
    """ENOSPC is one of nine errors; all are returned."""
    assert names(errors_for_errno(errno.ENOSPC)) == [
        "StorageError.AllocationFailed",
        "StorageError.FragmentationError",
        "VectorError.NoSpace",
        "OutOfSpace",
        "IndexError.IndexFull",
        "JournalError.JournalFull",
        "NoSpace",
        "DeviceFull",
        "NoSpaceLeft",
    ]


# --- code to error


@pytest.mark.parametrize(
    ("code", "name"),
    [(-1000, "CircuitBreakerOpen"), (-1001, "RetryExhausted"), (-1002, "FallbackFailed")],
)
def test_the_codes_of_the_guard_are_unambiguous(code: int, name: str) -> None:
    """-1000 to -1002 stand for one thing each."""
    assert names(errors_for_code(code)) == [name]


def test_recovery_needed_is_also_what_needs_fsck() -> None:
    """-1004 is the code for a filesystem that must be checked."""
    assert names(errors_for_code(-1004)) == ["NeedsFsck", "RecoveryNeeded"]


def test_minus_one_is_nearly_everything() -> None:
    """Upstream returns -1 for most of its errors, so nothing can be concluded from it."""
    meant = names(errors_for_code(-1))

    assert {"OutOfSpace", "PermissionDenied", "CorruptedData", "NotFound"} <= set(meant)
    assert VexfsCode["PERMISSION"] is VexfsCode["GENERIC"]
    assert len(meant) > len(ERRORS) * 3 // 4


def test_an_errno_outside_the_header_is_found_by_the_map_that_returns_it() -> None:
    """-39 has no name in vexfs_ffi.h; one of upstream's maps makes it of DirectoryNotEmpty."""
    assert names(errors_for_code(-39)) == ["DirectoryNotEmpty"]


@given(code=st.integers().filter(lambda code: code >= 0 or code < -1004))
def test_a_number_vexfs_never_returns_means_nothing(code: int) -> None:
    """Success and foreign numbers are no error."""
    assert errors_for_code(code) == ()


# --- message to error


@given(
    error=st.sampled_from([error for error in ERRORS if error.name != "Other"]),
    inner=st.from_regex(r"[0-9A-Za-z.-]{1,12}", fullmatch=True),
    last=st.text(max_size=80),
)
def test_every_message_is_read_back(error: ErrorEntry, inner: str, last: str) -> None:
    """What an error displays is read as that error and its payload, without context."""
    payload = payload_of(error, inner, last)

    assert MessageMatch(error, payload) in parse_error_message(error.format(*payload))


@given(
    error=st.sampled_from([error for error in ERRORS if error.name != "Other"]),
    context=st.from_regex(r"[a-z_ ]{1,20}", fullmatch=True),
    inner=st.from_regex(r"[0-9]{1,5}", fullmatch=True),
    last=st.text(max_size=80),
)
def test_a_message_with_context_is_still_read(
    error: ErrorEntry, context: str, inner: str, last: str
) -> None:
    """`with_context` makes an Other of an error; both readings are given, the Other last."""
    payload = payload_of(error, inner, last)
    text = f"{context}: {error.format(*payload)}"

    found = parse_error_message(text)

    assert MessageMatch(error, payload, context) in found
    assert found[-1] == MessageMatch(entry("Other"), (text,))


@given(text=st.text())
def test_any_text_is_some_error(text: str) -> None:
    """Text that is no known message is an Other that carries it whole; nothing raises."""
    found = parse_error_message(text)

    assert found
    assume(all(match.context is not None or match.error.name == "Other" for match in found))
    assert found[-1].error.format(*found[-1].payload) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Resource busy", [("ResourceBusy", (), None), ("Busy", (), None)]),
        (
            "No space left on device",
            [("OutOfSpace", (), None), ("NoSpaceLeft", (), None)],
        ),
        ("Is a directory", [("IsADirectory", (), None), ("IsDirectory", (), None)]),
        ("I/O error", [("IOError", (), None)]),
        ("I/O error: read operation failed", [("IoError.ReadError", (), None)]),
        ("Not a directory", [("NotDirectory", (), None)]),
        ("Not a directory: inode 12", [("NotADirectory", ("12",), None)]),
        ("Internal: lost", [("Internal", ("lost",), None)]),
        ("Internal error: lost", [("InternalError", ("lost",), None)]),
        ("Circuit breaker open - operation blocked", [("CircuitBreakerOpen", (), None)]),
        ("FFI operation timed out: fsync", [("Timeout", ("fsync",), None)]),
        (
            "Vector error: dimension mismatch: expected 3, found 4",
            [("VectorError.DimensionMismatch", ("3", "4"), None)],
        ),
        (
            "VexFS error in FFI: Inode 5 not found",
            [
                ("InodeNotFound", ("5",), "VexFS error in FFI"),
                ("Other", ("VexFS error in FFI: Inode 5 not found",), None),
            ],
        ),
        ("I/O error: never heard of", [("Other", ("I/O error: never heard of",), None)]),
        ("", [("Other", ("",), None)]),
    ],
)
def test_colliding_and_nested_messages(
    text: str, expected: list[tuple[str, tuple[str, ...], str | None]]
) -> None:
    """Messages that several errors share, that begin like another, or that are wrapped."""
    assert readings(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Inode " * 20_000 + ": " * 20_000,
        "Vector error: dimension mismatch: expected " + "1,found" * 20_000,
        ": " * 20_000 + "Internal",
        "block " * 20_000,
    ],
    ids=["many-starts", "one-long-word", "many-contexts", "many-templates"],
)
def test_hostile_text_is_read_in_reasonable_time(text: str) -> None:
    """Text made to backtrack is an Other like any other; quadratic reading would not end here."""
    assert readings(text) == [("Other", (text,), None)]
