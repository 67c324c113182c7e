"""Calls of the kernel module into its Rust part, and its state (vexfs_module_entry_safe_ffi.c).

`vexfsctl.guard.ffi` writes lines of the same wording about calls of any library, with a correlation
id as well: they say so too where nothing served the call.

Numbers in `[CALL-N]` count per call site from 1 at every module load. The module answers a failed
call itself, mostly with success (`FFI_CALL_SAFE` and the fallback value it is given).
"""

from vexfsctl.logs.upstream.form import Form
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind

_ERROR = Significance.ERROR
_NOISE = Significance.NOISE
_CRITICAL = Severity.CRITICAL

_ANSWERED = "the module gave an answer of its own, which for most calls is success"
_NOT_STORED = "the module answers such a write with success, and nothing is stored"
_NOT_SYNCED = "the module answers with success, whether or not the data is on the device"
_LOOKUP = (
    "expected: every lookup of a name that is not there is logged as a failure, at a rate of 100 %"
)
_NO_INODE_YET = (
    "expected: each new inode is first initialised without a number, which the Rust part refuses"
)
_UNINITIALISED = "the module is not in state initialized: it gave an answer of its own"

_OURS = "VexFS: [CALL-{number:3}] [{id:CORR-4F1C93A20000002A}] FFI call {call:read_file}"

FORMS = (
    Form(
        "ffi_call_started",
        "VexFS: [CALL-{number:3}] Starting FFI call {call:read_file}",
        kind=UpstreamKind.CALL_STARTED,
    ),
    Form(
        "ffi_call_succeeded",
        "VexFS: [CALL-{number:3}] FFI call {call:read_file} succeeded",
        kind=UpstreamKind.CALL_SUCCEEDED,
    ),
    Form(
        "ffi_call_blocked",
        "VexFS: [CALL-{number:3}] FFI call {call:read_file} blocked by circuit breaker,"
        " using fallback",
        Significance.BLOCKED,
        UpstreamKind.CALL_BLOCKED,
        severity=Severity.HIGH,
        error="CircuitBreakerOpen",
        note=_ANSWERED,
    ),
    Form(
        "ffi_call_timed_out",
        "VexFS: [CALL-{number:3}] FFI call {call:read_file} timed out: {code:-110}, using fallback",
        Significance.TIMEOUT,
        UpstreamKind.CALL_TIMED_OUT,
        severity=Severity.HIGH,
        error="Timeout",
        note=_ANSWERED,
    ),
    Form(
        "ffi_lookup_missed",
        "VexFS: [CALL-{number:3}] FFI call {call=lookup_inode} failed: {code=-1}"
        " (failure rate: {rate:100}%), using fallback",
        _NOISE,
        UpstreamKind.CALL_FAILED,
        note=_LOOKUP,
    ),
    Form(
        "ffi_lookup_not_found",
        "VexFS: [CALL-{number:3}] FFI call {call=lookup_inode} failed: {code=-2}"
        " (failure rate: {rate:100}%), using fallback",
        _NOISE,
        UpstreamKind.CALL_FAILED,
        note=_LOOKUP,
    ),
    Form(
        "ffi_inode_unnumbered",
        "VexFS: [CALL-{number:3}] FFI call {call=init_inode} failed: {code=-22}"
        " (failure rate: {rate:100}%), using fallback",
        _NOISE,
        UpstreamKind.CALL_FAILED,
        note=_NO_INODE_YET,
    ),
    *(
        Form(
            f"ffi_{call}_failed",
            f"VexFS: [CALL-{{number:3}}] FFI call {{call={call}}} failed: {{code:-5}}"
            " (failure rate: {rate:50}%), using fallback",
            _ERROR,
            UpstreamKind.CALL_FAILED,
            note=note,
        )
        for call, note in (
            ("write_file", _NOT_STORED),
            ("write_inode", _NOT_SYNCED),
            ("fsync_file", _NOT_SYNCED),
            ("sync_fs", _NOT_SYNCED),
        )
    ),
    Form(
        "ffi_call_failed",
        "VexFS: [CALL-{number:3}] FFI call {call:read_file} failed: {code:-5}"
        " (failure rate: {rate:50}%), using fallback",
        _ERROR,
        UpstreamKind.CALL_FAILED,
        note=_ANSWERED,
    ),
    Form(
        "foreign_call_blocked",
        _OURS + " blocked by circuit breaker{served:, using fallback}",
        Significance.BLOCKED,
        UpstreamKind.CALL_BLOCKED,
        severity=Severity.HIGH,
        error="CircuitBreakerOpen",
    ),
    Form(
        "foreign_call_timed_out",
        _OURS + " timed out: {code:-110}{served:, using fallback}",
        Significance.TIMEOUT,
        UpstreamKind.CALL_TIMED_OUT,
        severity=Severity.HIGH,
        error="Timeout",
    ),
    Form(
        "foreign_call_failed",
        _OURS + " failed: {code:-5} (failure rate: {rate:50}%){served:, using fallback}",
        _ERROR,
        UpstreamKind.CALL_FAILED,
    ),
    Form(
        "foreign_calls_left_out",
        "VexFS: {count:12} failed FFI calls not logged within {d:5000} ms",
        _ERROR,
        severity=Severity.MEDIUM,
        note="the limit of lines in an interval left them out",
    ),
    Form(
        "ffi_call_skipped",
        "VexFS: [CALL-{number:3}] Module not initialized, skipping FFI call {call:sync_fs}",
        kind=UpstreamKind.CALL_SKIPPED,
        note=_UNINITIALISED,
    ),
    Form(
        "ffi_void_call_skipped",
        "VexFS: Module not initialized, skipping FFI call {call:destroy_inode}",
        kind=UpstreamKind.CALL_SKIPPED,
        note=_UNINITIALISED,
    ),
    Form(
        "ffi_state_failed",
        "VexFS: State transition {before_state=1} -> {after_state=3}",
        _ERROR,
        UpstreamKind.MODULE_STATE,
        severity=_CRITICAL,
        error="InitializationFailed",
        note="the module stays loaded without its Rust part: calls are skipped",
    ),
    Form(
        "ffi_state_error",
        "VexFS: State transition {before_state:2} -> {after_state=3}",
        _ERROR,
        UpstreamKind.MODULE_STATE,
        severity=_CRITICAL,
    ),
    Form(
        "ffi_state",
        "VexFS: State transition {before_state:1} -> {after_state:2}",
        kind=UpstreamKind.MODULE_STATE,
    ),
    Form(
        "ffi_state_stays_failed",
        "VexFS: Invalid state transition {d=3} -> {d=2}",
        _NOISE,
        after="error",
        kind=UpstreamKind.MODULE_STATE,
        note="expected after a failed initialisation: loading goes on, and the state stays error",
    ),
    Form(
        "ffi_state_refused",
        "VexFS: Invalid state transition {before_state:2} -> {d:1}",
        _ERROR,
        severity=Severity.HIGH,
        note="the module stays in the state it had",
    ),
)
"""In the order tried: special cases before the general ones."""
