"""What lines of earlier VexFS builds mean: the facts that change what a reader may conclude."""

import pytest

from vexfsctl.logs.upstream import parse_upstream_text
from vexfsctl.logs.upstream.last_resort import parse_unlisted
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind

CALL = "VexFS: [CALL-3] "


def read(text: str) -> UpstreamEvent:
    """Return the event of *text*, which some form knows."""
    event = parse_upstream_text(text, bare=True)
    assert event is not None, text
    return event


def corr(number: int) -> str:
    """Return the written form of an id of the userspace engine."""
    return str(CorrelationId(number))


@pytest.mark.parametrize(
    ("text", "kind", "significance"),
    [
        ("Starting FFI call read_file", UpstreamKind.CALL_STARTED, Significance.ROUTINE),
        ("FFI call read_file succeeded", UpstreamKind.CALL_SUCCEEDED, Significance.ROUTINE),
        (
            "FFI call read_file blocked by circuit breaker, using fallback",
            UpstreamKind.CALL_BLOCKED,
            Significance.BLOCKED,
        ),
        (
            "FFI call read_file timed out: -110, using fallback",
            UpstreamKind.CALL_TIMED_OUT,
            Significance.TIMEOUT,
        ),
        (
            "FFI call read_file failed: -5 (failure rate: 50%), using fallback",
            UpstreamKind.CALL_FAILED,
            Significance.ERROR,
        ),
        (
            "Module not initialized, skipping FFI call read_file",
            UpstreamKind.CALL_SKIPPED,
            Significance.ROUTINE,
        ),
    ],
)
def test_call_tracking(text: str, kind: UpstreamKind, significance: Significance) -> None:
    """Every line about a call names it, its number and its inferred operation type."""
    event = read(CALL + text)

    assert (event.kind, event.significance) == (kind, significance)
    assert (event.call, event.number, event.operation) == ("read_file", 3, OperationType.FILE)


def test_a_failed_call_has_errno_error_severity_and_rate() -> None:
    """-5 of a read is a read error, as bad as the catalogue says."""
    event = read(CALL + "FFI call read_file failed: -5 (failure rate: 50%), using fallback")

    assert (event.errno, event.error) == (5, "IoError.ReadError")
    assert (event.severity, event.rate_pct) == (Severity.HIGH, 50)


@pytest.mark.parametrize(("code", "errno"), [("-1", None), ("3", None), ("-28", 28)])
def test_a_number_that_is_no_errno_is_not_taken_for_one(code: str, errno: int | None) -> None:
    """-1 is generic, EPERM or unmapped, and a positive number a count."""
    event = read(CALL + f"FFI call open_file failed: {code} (failure rate: 9%), using fallback")

    assert event.errno == errno
    assert (event.error is None) == (errno is None)


def test_codes_of_vexfs_itself_are_known() -> None:
    """-1000 and its neighbours have no errno and a name of the catalogue."""
    event = read(CALL + "FFI call open_file failed: -1001 (failure rate: 9%), using fallback")

    assert (event.errno, event.error) == (None, "RetryExhausted")


@pytest.mark.parametrize(
    "text",
    [
        CALL + "FFI call lookup_inode failed: -1 (failure rate: 100%), using fallback",
        CALL + "FFI call lookup_inode failed: -2 (failure rate: 100%), using fallback",
        CALL + "FFI call init_inode failed: -22 (failure rate: 100%), using fallback",
        "VexFS: Memory leak detected: 416 bytes at (____ptrval____) from memory_pool_block"
        " (age: 95 jiffies)",
        "VexFS: Memory leak detected: 8192 bytes at 00000000c0ffee00 from memory_pool"
        " (age: 95 jiffies)",
        "VexFS: Total memory leaks detected: 100",
        "VexFS: Invalid state transition 3 -> 2",
        "VexFS: Hang prevention system initialized",
        f"VexFS FFI DEBUG: [{corr(4)}] lookup_inode failed: [{corr(5)}] Not found in lookup_inode:"
        " FFI operation type: Directory (severity: Low, retries: 0)",
    ],
)
def test_expected_noise_is_told_with_the_reason(text: str) -> None:
    """It looks like trouble and is none: it stays in the log and out of every verdict."""
    event = read(text)

    assert event.significance is Significance.NOISE
    assert event.severity is None
    assert event.note is not None


@pytest.mark.parametrize(
    "text",
    [
        CALL + "FFI call lookup_inode failed: -5 (failure rate: 2%), using fallback",
        CALL + "FFI call init_inode failed: -12 (failure rate: 2%), using fallback",
        CALL + "FFI call open_file failed: -1 (failure rate: 100%), using fallback",
        "VexFS: Memory leak detected: 416 bytes at 00000000c0ffee00 from vexfs_alloc_inode"
        " (age: 95 jiffies)",
        "VexFS: Total memory leaks detected: 7",
        "VexFS: Invalid state transition 2 -> 1",
    ],
)
def test_what_only_resembles_noise_is_trouble(text: str) -> None:
    """The same lines with another code, call or source."""
    assert read(text).significance is Significance.ERROR


def test_data_acknowledged_and_lost_is_told_with_its_size() -> None:
    """A positive number in `write failed` counts the bytes the module pretends to have stored."""
    lost = read("VexFS: Rust file write failed: 4096, using fallback")
    failed = read("VexFS: Rust file write failed: -28, using fallback")
    discarded = read("VexFS: Writing to file (SAFE MODE - accept but don't store)")

    assert (lost.significance, lost.size, lost.errno) == (Significance.DATA_LOSS, 4096, None)
    assert lost.severity is Severity.CRITICAL
    assert (failed.significance, failed.size, failed.errno) == (Significance.ERROR, None, 28)
    assert discarded.significance is Significance.DATA_LOSS


@pytest.mark.parametrize(
    ("text", "before", "after", "severity"),
    [
        ("VexFS: State transition 0 -> 1", "uninitialized", "initializing", None),
        ("VexFS: State transition 1 -> 2", "initializing", "initialized", None),
        ("VexFS: State transition 1 -> 3", "initializing", "error", Severity.CRITICAL),
        ("VexFS: State transition 2 -> 3", "initialized", "error", Severity.CRITICAL),
        ("VexFS: State transition 3 -> 4", "error", "shutting_down", None),
        ("VexFS: State transition 4 -> 9", "shutting_down", "9", None),
    ],
)
def test_states_are_told_in_our_words(
    text: str, before: str, after: str, severity: Severity | None
) -> None:
    """The numbers are those of the module's enum; one it does not have stays a number."""
    event = read(text)

    assert event.kind is UpstreamKind.MODULE_STATE
    assert (event.before, event.after, event.severity) == (before, after, severity)


@pytest.mark.parametrize(
    ("levels", "before", "after", "severity"),
    [
        ("Normal to LightDegradation", "normal", "light", Severity.LOW),
        ("Normal to ModerateDegradation", "normal", "moderate", Severity.MEDIUM),
        ("ModerateDegradation to ReadOnlyMode", "moderate", "read_only", Severity.CRITICAL),
        ("ReadOnlyMode to EmergencyMode", "read_only", "emergency", Severity.CRITICAL),
        ("HeavyDegradation to Normal", "heavy", "normal", None),
    ],
)
def test_degradation_is_told_in_our_words(
    levels: str, before: str, after: str, severity: Severity | None
) -> None:
    """The worse the level, the worse the line; back to normal is no trouble."""
    event = read(f"vexfs info: System degradation level changed from {levels}")

    assert event.kind is UpstreamKind.DEGRADATION
    assert (event.before, event.after, event.severity) == (before, after, severity)


def test_the_userspace_engine_gives_one_failure_two_ids() -> None:
    """The outer one names the call, the inner one the error; severity and type are in the text."""
    event = read(
        f"VexFS FFI WARNING: [{corr(2)}] read_block failed: [{corr(3)}] I/O error: read operation"
        " failed in read_block: FFI operation type: Storage (severity: High, retries: 2)"
    )

    assert event == UpstreamEvent(
        form="engine_call_failed",
        kind=UpstreamKind.CALL_FAILED,
        significance=Significance.ERROR,
        severity=Severity.HIGH,
        operation=OperationType.STORAGE,
        call="read_block",
        id=CorrelationId(2),
        alias=CorrelationId(3),
        error="IoError.ReadError",
    )


@pytest.mark.parametrize(
    ("text", "form", "severity", "error"),
    [
        (f"VexFS FFI: [{corr(1)}] read_file succeeded", "engine_call_succeeded", None, None),
        (
            f"VexFS FFI ERR: [{corr(6)}] verify_block failed: [{corr(7)}] Checksum verification"
            " failed in verify_block: FFI operation type: Storage"
            " (severity: Critical, retries: 0)",
            "engine_call_failed",
            Severity.CRITICAL,
            "ChecksumMismatch",
        ),
        (
            f"VexFS FFI INFO: [{corr(8)}] sync_fs failed: [{corr(9)}] Resource busy in sync_fs:"
            " FFI operation type: Sync (severity: Medium, retries: 0)",
            "engine_call_failed",
            Severity.MEDIUM,
            "ResourceBusy",
        ),
        (
            f"VexFS FFI WARNING: [{corr(0x14)}] write_inode failed: Circuit breaker open -"
            " operation blocked",
            "engine_blocked",
            Severity.HIGH,
            "CircuitBreakerOpen",
        ),
        (
            f"VexFS FFI INFO: [{corr(0x15)}] write_inode: Using fallback operation due to primary"
            " failure",
            "engine_fallback",
            None,
            None,
        ),
        ("vexfs warning: Watchdog timer 2 expired for FFICall after 1 seconds",
         "watchdog_expired", Severity.HIGH, "Timeout"),
        ("vexfs warning: Write operation FileWrite denied due to degradation level EmergencyMode",
         "write_denied", Severity.HIGH, "ReadOnlyFilesystem"),
        ("vexfs warning: Deadlock prevention: refusing lock 12 for task 7: Busy",
         "lock_refused", Severity.MEDIUM, "Busy"),
        ("vexfs error: Panic in operation Journal: boom",
         "panic", Severity.CRITICAL, "InternalError"),
        ("vexfs info: VexFS: Failed to create root dentry",
         "ffi_root_dentry_failed", Severity.CRITICAL, "OutOfMemory"),
    ],
)  # fmt: skip
def test_lines_that_a_built_engine_printed(
    text: str, form: str, severity: Severity | None, error: str | None
) -> None:
    """Golden lines of the upstream code, built and run."""
    event = read(text)
    assert (event.form, event.severity, event.error) == (form, severity, error)


@pytest.mark.parametrize(
    ("text", "significance", "facts"),
    [
        (
            "VexFS: Trying to free already free block 67",
            Significance.CORRUPTION,
            {"block": 67, "operation": OperationType.STORAGE},
        ),
        (
            "VexFS: Inode 12 has invalid mode (0)",
            Significance.CORRUPTION,
            {"inode": 12, "operation": OperationType.INODE},
        ),
        (
            "VexFS: Invalid directory entry record length",
            Significance.CORRUPTION,
            {"operation": OperationType.DIRECTORY},
        ),
        (
            "VexFS: Superblock checksum mismatch: stored=0x1, calculated=0x2",
            Significance.CORRUPTION,
            {"error": "ChecksumMismatch"},
        ),
        (
            f"VexFS FFI ERR: [{corr(6)}] verify_block failed: [{corr(7)}] Checksum verification"
            " failed in verify_block: FFI operation type: Storage"
            " (severity: Critical, retries: 0)",
            Significance.CORRUPTION,
            {"error": "ChecksumMismatch", "severity": Severity.CRITICAL},
        ),
        (
            "VexFS: Invalid magic number: 0xdeadbeef",
            Significance.ERROR,
            {"error": "InvalidMagic", "severity": Severity.CRITICAL},
        ),
        (
            "VexFS: Failed to read directory block 66 for inode 1",
            Significance.ERROR,
            {"block": 66, "inode": 1, "error": "IoError.ReadError"},
        ),
        (
            "VexFS: Failed to allocate block: -28",
            Significance.ERROR,
            {"errno": 28, "error": "OutOfSpace"},
        ),
        (
            "vexfs_write_end: completed, returning -5",
            Significance.ERROR,
            {"errno": 5, "call": "write_file"},
        ),
        ("vexfs_write_end: completed, returning 4096", Significance.ROUTINE, {"errno": None}),
        (
            "VexFS: Mounting filesystem on device /dev/loop0 (SAFE FFI)",
            Significance.ROUTINE,
            {"device": "loop0"},
        ),
    ],
)
def test_mount_io_and_corruption_lines(
    text: str, significance: Significance, facts: dict[str, object]
) -> None:
    """Device, block, inode, errno and what is damaged, where the line says."""
    event = read(text)

    assert event.significance is significance
    assert {name: getattr(event, name) for name in facts} == facts


def test_a_name_with_spaces_and_parentheses_is_a_name() -> None:
    """Files may be called anything."""
    assert read("VexFS: Looking up a (SAFE FFI) b (SAFE FFI)").form == "ffi_looking_up"
    assert read("VexFS: Found inode 12 for inode 13 for x").inode == 12


def test_a_number_below_zero_is_no_error_by_itself() -> None:
    """A line of unknown wording without a word of trouble is routine, whatever it counts."""
    event = parse_unlisted("VexFS: balance=-3 kept")

    assert event is not None
    assert (event.form, event.significance, event.error) == ("unlisted", Significance.ROUTINE, None)
