"""The Rust error-handling engine, in userspace or in a kernel where it can write to the log.

Sources: rust/src/ffi/error_handling.rs and ffi/kernel.rs. One failure has two ids, that of the call
and that of the error inside it; a fallback is logged under a third one that nothing links to them.
Ids count from 1 in every process.
"""

from vexfsctl.logs.upstream.form import Form
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind

_ERROR = Significance.ERROR

_LOOKUP = (
    "expected: a file that is not there; but five in a row open the breaker of the directory"
    " operations"
)
_THIRD_ID = "logged under a third id, that of the fallback itself"
_INNER = (
    "[{alias:CORR-0000000000000003}] {message:I/O error: read operation failed}"
    " in {call:read_file}: "
)
_END = "(severity: {severity:High}, retries: {d:0})"
_FAILED = "VexFS FFI{token: WARNING}: [{id:CORR-0000000000000002}] {call:read_file} failed: "

FORMS = (
    Form(
        "engine_blocked",
        _FAILED + "{message=Circuit breaker open - operation blocked}",
        Significance.BLOCKED,
        UpstreamKind.CALL_BLOCKED,
        error="CircuitBreakerOpen",
    ),
    *(
        Form(
            name,
            "VexFS FFI{token: DEBUG}: [{id:CORR-0000000000000004}] {w=lookup_inode} failed:"
            f" [{{alias:CORR-0000000000000005}}] {{message={message}}} in {{call=lookup_inode}}:"
            " FFI operation type: {type:Directory} (severity: {severity:Low}, retries: {d:0})",
            Significance.NOISE,
            UpstreamKind.CALL_FAILED,
            note=_LOOKUP,
        )
        for name, message in (
            ("engine_lookup_missed", "Not found"),
            ("engine_lookup_no_file", "File not found"),
        )
    ),
    Form(
        "engine_call_failed",
        "VexFS FFI{token: WARNING}: [{id:CORR-0000000000000002}] {w:read_file} failed: "
        + _INNER
        + "FFI operation type: {type:File} "
        + _END,
        _ERROR,
        UpstreamKind.CALL_FAILED,
    ),
    Form(
        "engine_call_failed_within",
        "VexFS FFI{token: WARNING}: [{id:CORR-0000000000000002}] {w:read_file} failed: "
        + _INNER
        + "{t:reading the block} "
        + _END,
        _ERROR,
        UpstreamKind.CALL_FAILED,
    ),
    Form(
        "engine_call_failed_plainly",
        _FAILED + "{message:I/O error: read operation failed}",
        _ERROR,
        UpstreamKind.CALL_FAILED,
    ),
    Form(
        "engine_fallback",
        "VexFS FFI{token: INFO}: [{id:CORR-0000000000000015}] {call:write_inode}:"
        " Using fallback operation due to primary failure",
        kind=UpstreamKind.FALLBACK_USED,
        note=_THIRD_ID,
    ),
    Form(
        "engine_call_succeeded",
        "VexFS FFI{token: DEBUG}: [{id:CORR-0000000000000001}] {call:read_file} succeeded",
        kind=UpstreamKind.CALL_SUCCEEDED,
    ),
    Form(
        "engine_note",
        "VexFS FFI{token: INFO}: [{id:CORR-0000000000000016}] {call:sync_fs}: {t:done}",
    ),
    Form(
        "rust_handler_failed",
        "VexFS: Failed to initialize FFI error handler: {message:File already exists}",
        _ERROR,
        severity=Severity.HIGH,
        note="a second initialisation in the same process fails like this",
    ),
    *(
        Form(
            name,
            f"VexFS: [{{id:CORR-0000000000000001}}] {text}",
            kind=kind,
        )
        for name, text, kind in (
            (
                "rust_userspace_ready",
                "Userspace components initialized successfully",
                UpstreamKind.MODULE_LOADED,
            ),
            (
                "rust_userspace_cleaning",
                "Starting userspace components cleanup",
                UpstreamKind.MESSAGE,
            ),
            (
                "rust_userspace_cleaned",
                "Userspace components cleanup completed",
                UpstreamKind.MODULE_UNLOADED,
            ),
            (
                "rust_userspace_done",
                "userspace components cleanup completed",
                UpstreamKind.MODULE_UNLOADED,
            ),
            (
                "rust_kernel_ready",
                "VexFS Rust components initialized successfully",
                UpstreamKind.MESSAGE,
            ),
            (
                "rust_kernel_cleaning",
                "Starting VexFS Rust components cleanup",
                UpstreamKind.MESSAGE,
            ),
            (
                "rust_kernel_cleaned",
                "VexFS Rust components cleanup completed",
                UpstreamKind.MESSAGE,
            ),
        )
    ),
    Form(
        "rust_component_failed",
        "VexFS: [{id:CORR-0000000000000001}] [{alias:CORR-0000000000000003}]"
        " {message:Out of memory} in {call:vexfs_rust_init}:"
        " {t:Failed to initialize userspace components} " + _END,
        _ERROR,
    ),
    Form(
        "rust_component_failed_once",
        "VexFS: [{id:CORR-0000000000000001}] {message:Out of memory} in {call:vexfs_rust_init}:"
        " {t:Failed to initialize userspace components} " + _END,
        _ERROR,
    ),
    Form(
        "engine_error",
        "[{id:CORR-0000000000000003}] {message:I/O error: read operation failed}"
        " in {call:read_file}: FFI operation type: {type:File} " + _END,
        _ERROR,
    ),
    Form(
        "engine_error_within",
        "[{id:CORR-0000000000000003}] {message:I/O error: read operation failed}"
        " in {call:read_file}: {t:reading the block} " + _END,
        _ERROR,
    ),
    Form("rust_initialising", "VexFS: Initializing Rust components in userspace"),
    Form("rust_testing_search", "VexFS: Testing vector search operations"),
    Form("rust_testing_storage", "VexFS: Testing vector storage operations"),
    Form("rust_allocated", "VexFS: Allocated {size:4096} bytes at {w:0x7f00}"),
    Form(
        "rust_ioctl_unknown",
        "VexFS: Unknown IOCTL command received: {x:0x5610}",
        _ERROR,
        severity=Severity.LOW,
        error="UnsupportedOperation",
    ),
    Form("rust_ioctl_status", "VexFS: VEXFS_IOCTL_GET_STATUS received."),
    Form(
        "engine_breaker_statistics",
        "CircuitBreakerStats { state: {w:Open}, failure_count: {d:5}, success_count: {d:0},"
        " last_failure_time: {d:1795448705229} }",
        bare=True,
    ),
    Form(
        "engine_statistics",
        "FfiErrorStatsSnapshot { total_calls: {d:12}, total_failures: {d:10},"
        " circuit_breaker_trips: {d:1}, successful_retries: {d:0}, fallback_activations: {d:1},"
        " timeout_occurrences: {d:0} }",
        bare=True,
        note="blocked calls are counted as trips; retries and timeouts are never counted",
    ),
)
"""In the order tried: special cases before the general ones."""
