"""The `vexfs` macro family of the Rust part: `vexfs: …` in a kernel, `vexfs warning: …` outside.

Sources: rust/src/shared/macros.rs and the modules that use it: system_hang_prevention.rs,
kernel_error_handling.rs, the vector handlers. The word before the colon is the macro's; a line
gives its severity nowhere else.
"""

from vexfsctl.logs.upstream.form import Form
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind

_ERROR = Significance.ERROR
_BLOCKED = Significance.BLOCKED
_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity

_P = "vexfs{macro: warning}: "
_NOT_CANCELLED = "the operation is not cancelled by it, and may still be running"

_WATCHDOGS = (
    Form(
        "watchdog_expired",
        _P + "Watchdog timer {number:2} expired for {op:FFICall} after {d:1} seconds",
        Significance.TIMEOUT,
        UpstreamKind.WATCHDOG,
        severity=_HIGH,
        error="Timeout",
        note=_NOT_CANCELLED,
    ),
    Form(
        "watchdog_expired_for",
        _P + "Watchdog {number:2} expired for operation {op:FileRead}",
        Significance.TIMEOUT,
        UpstreamKind.WATCHDOG,
        severity=_HIGH,
        error="Timeout",
        note=_NOT_CANCELLED,
    ),
    Form(
        "watchdog_removed",
        _P + "Removed expired watchdog timer {number:2}",
        kind=UpstreamKind.WATCHDOG,
        note=_NOT_CANCELLED,
    ),
    Form(
        "watchdog_started",
        _P + "Started watchdog {number:1} for {op:FileRead} with timeout {t:30s}",
        kind=UpstreamKind.WATCHDOG,
    ),
    Form(
        "watchdog_timer_cancelled",
        _P + "Watchdog timer {number:1} cancelled for {op:FileRead}",
        kind=UpstreamKind.WATCHDOG,
    ),
    Form(
        "watchdog_cancelled",
        _P + "Cancelled watchdog {number:1}",
        kind=UpstreamKind.WATCHDOG,
    ),
    Form(
        "watchdog_cancelled_in_kernel",
        _P + "Cancelled watchdog {number:1} (kernel mode)",
        kind=UpstreamKind.WATCHDOG,
    ),
)

_DEGRADATION = (
    Form(
        "memory_high",
        _P + "Memory usage high: {d:230686720} bytes ({d:85}% of limit)",
        _ERROR,
        severity=_MEDIUM,
        error="ResourceLimit",
        note="the limit is 256 MiB of the engine's own",
    ),
    Form(
        "cpu_high",
        _P + "CPU usage high: {d:91}%",
        _ERROR,
        severity=_LOW,
        error="ResourceLimit",
    ),
    Form(
        "degradation_ended",
        _P + "System degradation level changed from {before_level:HeavyDegradation}"
        " to {after_level=Normal}",
        kind=UpstreamKind.DEGRADATION,
    ),
    *(
        Form(
            f"degradation_{word}",
            _P + "System degradation level changed from {before_level:Normal}"
            f" to {{after_level={level}}}",
            _ERROR,
            UpstreamKind.DEGRADATION,
            severity=severity,
        )
        for word, level, severity in (
            ("light", "LightDegradation", _LOW),
            ("moderate", "ModerateDegradation", _MEDIUM),
            ("heavy", "HeavyDegradation", _HIGH),
            ("read_only", "ReadOnlyMode", _CRITICAL),
            ("emergency", "EmergencyMode", _CRITICAL),
        )
    ),
    Form(
        "degradation",
        _P + "System degradation level changed from {before_level:Normal} to {after_level:Other}",
        _ERROR,
        UpstreamKind.DEGRADATION,
    ),
    Form(
        "read_only_for_resources",
        _P + "System entering read-only mode due to resource pressure",
        _ERROR,
        severity=_CRITICAL,
        error="ReadOnlyFilesystem",
        note="also logged on entering emergency mode",
    ),
    Form(
        "write_denied",
        _P + "Write operation {op:FileWrite} denied due to degradation level"
        " {before_level:EmergencyMode}",
        _BLOCKED,
        UpstreamKind.CALL_BLOCKED,
        severity=_HIGH,
        error="ReadOnlyFilesystem",
        note="the caller gets EBUSY for it",
    ),
    Form(
        "operation_denied",
        _P + "Operation {op:FileRead} denied: too many active operations ({d:100}/{d:100})",
        _BLOCKED,
        UpstreamKind.CALL_BLOCKED,
        severity=_HIGH,
        error="Busy",
    ),
)

_LOCKS = (
    Form(
        "lock_refused",
        _P + "Deadlock prevention: refusing lock {d:12} for task {d:7}: {debug:Busy}",
        _BLOCKED,
        severity=_MEDIUM,
        note="a task may hold ten locks",
    ),
    Form(
        "lock_not_owned",
        _P + "Task {d:7} attempted to release lock {d:12} not owned by it",
        _ERROR,
        severity=_MEDIUM,
        error="LockError",
    ),
    Form(
        "deadlock",
        _P + "Deadlock detected involving {d:2} tasks, victim: {d:7}",
        _ERROR,
        severity=_CRITICAL,
        error="TransactionError.DeadlockDetected",
    ),
    Form("lock_acquired", _P + "Acquired lock {d:12} for task {d:7} ({w:Read})"),
    Form("lock_released", _P + "Released lock {d:12} by task {d:7}"),
    Form("lock_released_in_kernel", _P + "Released lock {d:12} by task {d:7} (kernel mode)"),
)

_PANICS = (
    Form(
        "panic",
        _P + "Panic in operation {op:Journal}: {t:boom}",
        _ERROR,
        severity=_CRITICAL,
        error="InternalError",
    ),
    Form(
        "panic_continued",
        _P + "Continuing with degradation level {after_level:LightDegradation}",
        _ERROR,
        severity=_HIGH,
    ),
    *(
        Form(name, _P + text, _ERROR, severity=_CRITICAL, error=error)
        for name, text, error in (
            (
                "panic_read_only",
                "Switched to read-only mode due to panic",
                "ReadOnlyFilesystem",
            ),
            ("panic_shutdown", "Initiating graceful shutdown due to panic", None),
            ("panic_emergency", "Emergency shutdown initiated due to panic", None),
        )
    ),
    *(
        Form(name, _P + text)
        for name, text in (
            ("monitoring_starting", "Starting hang prevention monitoring system"),
            ("monitoring_started", "Hang prevention monitoring started successfully"),
            ("monitoring_stopping", "Stopping hang prevention monitoring system"),
            ("monitoring_stopped", "Hang prevention monitoring stopped"),
            ("hang_prevention_ready", "Hang prevention system initialized"),
            ("hang_prevention_shutdown", "Hang prevention system shutdown"),
            ("health_well", "HEALTHY: System operating normally"),
        )
    ),
    *(
        Form(name, _P + text, _ERROR, severity=severity)
        for name, text, severity in (
            ("health_emergency", "EMERGENCY: System in emergency mode", _CRITICAL),
            ("health_shutdown", "SHUTDOWN: System is shutting down", _HIGH),
            ("health_light", "WARNING: Light performance degradation", _LOW),
            ("health_moderate", "WARNING: Moderate performance degradation", _MEDIUM),
            ("health_heavy", "CRITICAL: Heavy performance degradation", _HIGH),
            ("health_read_only", "CRITICAL: System in read-only mode", _CRITICAL),
        )
    ),
)

_ERRORS = (
    Form(
        "kernel_allocation_failed",
        _P + "Memory allocation failed in {t:vector store}",
        _ERROR,
        severity=_HIGH,
        error="OutOfMemory",
    ),
    Form(
        "kernel_argument_invalid",
        _P + "Invalid argument in {t:ioctl}: {t:null}",
        _ERROR,
        severity=_MEDIUM,
        error="InvalidArgument",
    ),
    Form(
        "kernel_io_error",
        _P + "I/O error in {t:read}: {t:sector}",
        _ERROR,
        severity=_HIGH,
        error="IOError",
    ),
    Form(
        "kernel_permission",
        _P + "Permission denied in {t:open}",
        _ERROR,
        severity=_LOW,
        error="PermissionDenied",
    ),
    Form(
        "kernel_not_found",
        _P + "Resource not found in {t:lookup}",
        Significance.NOISE,
        note="expected: something asked for is not there",
    ),
    Form(
        "kernel_fatal",
        _P + "CRITICAL ERROR in {t:init}: {debug:OutOfMemory}",
        _ERROR,
        severity=_CRITICAL,
        note="a kernel build stops there for good, and userspace panics",
    ),
    Form("kernel_error_in", _P + "Kernel error in {t:read}: {t:sector}", _ERROR, severity=_HIGH),
    Form("kernel_error_code", _P + "Kernel error {code:-5} in {t:read}: {t:sector}", _ERROR),
    Form("kernel_error", _P + "Error in {t:read}: {debug:IoError(ReadError)}", _ERROR),
    Form(
        "kernel_null_pointer",
        _P + "Null user pointer validation failed",
        _ERROR,
        severity=_MEDIUM,
        error="InvalidArgument",
    ),
    Form(
        "kernel_zero_size",
        _P + "Zero size validation failed",
        _ERROR,
        severity=_MEDIUM,
        error="InvalidArgument",
    ),
    Form(
        "kernel_too_large",
        _P + "Allocation size too large: {d:8388608} bytes",
        _ERROR,
        severity=_MEDIUM,
        error="OutOfMemory",
        note="the limit is 4 MiB",
    ),
    Form("kernel_cleanup", _P + "Performing error cleanup in {t:read}"),
    Form(
        "assertion",
        _P + "Assertion failed: {t:x > 0}",
        _ERROR,
        severity=_CRITICAL,
        error="InternalError",
    ),
    Form(
        "checksum",
        _P + "Checksum mismatch: calculated {x:0x00000001}, expected {x:0x00000002}",
        Significance.CORRUPTION,
        error="ChecksumMismatch",
    ),
    Form("operation_failed", _P + "Filesystem operation failed: {debug:OutOfSpace}", _ERROR),
    Form("shared_domain", _P + "Initializing VexFS Shared Domain v{w:0.1.0}"),
)

_VECTORS = (
    *(
        Form(name, _P + text, _ERROR, severity=_MEDIUM, operation=OperationType.VECTOR, error=error)
        for name, text, error in (
            ("vector_null", "Null user pointer in {w:copy_vector_from_user}", "InvalidArgument"),
            ("vector_dimensions", "Invalid dimensions: {d:0}", "VectorError.InvalidDimensions"),
            (
                "vector_too_large",
                "Vector data too large: {d:99999} bytes",
                "VectorError.VectorTooLarge",
            ),
            ("vector_copy_in", "copy_from_user failed", "VectorError.IoError"),
            ("vector_results_too_large", "Results too large: {d:99999} bytes", "OutOfRange"),
            ("vector_copy_out", "copy_to_user failed", "VectorError.IoError"),
            ("vector_buffer_small", "Buffer too small: {d:1} < {d:2}", "IoError.BufferTooSmall"),
            ("ioctl_invalid", "Invalid kernel ioctl command: {x:0x1}", "UnsupportedOperation"),
            (
                "ioctl_null",
                "Null argument pointer in kernel search ioctl",
                "InvalidArgument",
            ),
            ("kernel_operation_failed", "Failed kernel operation {d:3}: {t:reason}", None),
            (
                "kernel_operation_cancelled",
                "Cancelling active operation {d:3} during cleanup",
                "OperationCancelled",
            ),
        )
    ),
    *(
        Form(
            name,
            _P + text,
            Significance.NOISE,
            operation=OperationType.VECTOR,
            note="expected: the file has no vector",
        )
        for name, text in (
            ("embedding_missing", "Embedding not found for inode {inode:12}"),
            ("embedding_not_updated", "Embedding not found for update: {d:12}"),
            ("embedding_not_deleted", "Embedding not found for deletion: {d:12}"),
        )
    ),
)

FORMS = (*_WATCHDOGS, *_DEGRADATION, *_LOCKS, *_PANICS, *_ERRORS, *_VECTORS)
"""In the order tried. Text that older code passes to these macros, `vexfs info: VexFS: …`, is read
by the forms of that code."""
