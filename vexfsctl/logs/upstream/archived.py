"""The archived kernel modules of version 2 (`vexfs_v2`, `vexfs_v2_phase3`): what they diagnose.

Sources: kernel_module/archive/old_versions of 29351b8. They have 462 messages; those that report
trouble are listed, and the rest are recognised by the prefixes of these builds (`last_resort`).
"""

from vexfsctl.logs.upstream.form import Form, about
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind

_ERROR = Significance.ERROR
_DAMAGED = Significance.CORRUPTION
_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity

_SUPERBLOCK = about(
    OperationType.SUPERBLOCK,
    Form(
        "v2_magic_wrong",
        "VexFS: Invalid magic number: {x:0x0} (expected {x:0x56455846})",
        _ERROR,
        severity=_CRITICAL,
        error="InvalidMagic",
    ),
    Form(
        "v2_block_size_wrong",
        "VexFS: Invalid block size: {d:0}",
        _ERROR,
        severity=_CRITICAL,
        error="InvalidSuperblock",
    ),
    Form(
        "v2_checksum_wrong",
        "VexFS: Superblock checksum mismatch: stored={x:0x1}, calculated={x:0x2}",
        _DAMAGED,
        error="ChecksumMismatch",
    ),
    Form(
        "v2_superblock_unreadable",
        "VexFS: Cannot read superblock from block {block:0}",
        _ERROR,
        severity=_CRITICAL,
        error="IoError.ReadError",
    ),
    Form(
        "v2_superblock_invalid",
        "VexFS: Superblock validation failed",
        _DAMAGED,
        error="InvalidSuperblock",
    ),
    Form(
        "v2_superblock_unwritten",
        "VexFS: No superblock buffer to write",
        _ERROR,
        severity=_HIGH,
    ),
    Form(
        "v2_version",
        "VexFS: Version mismatch: {x:0x1} (expected {x:0x20000})",
        _ERROR,
        severity=_MEDIUM,
        error="VersionMismatch",
    ),
    Form(
        "v2_state_flags",
        "VexFS: Unknown filesystem state flags: {x:0x8}",
        _ERROR,
        severity=_MEDIUM,
        error="InvalidSuperblock",
    ),
    Form("v2_blocks", "VexFS: Block size: {d:4096}, Blocks: {d:2048}, Free: {d:1024}"),
    Form("v2_inodes", "VexFS: Inodes: {d:1024}, Free: {d:1000}"),
    Form("v2_superblock_written", "VexFS: Superblock written successfully"),
    Form(
        "v2_option_unknown",
        "VexFS v2.0: Unknown mount option: {t:x=1}",
        _ERROR,
        severity=_LOW,
        error="InvalidArgument",
    ),
    Form(
        "v2_options_unparsed",
        "VexFS v2.0: Failed to parse mount options",
        _ERROR,
        severity=_MEDIUM,
        error="InvalidArgument",
    ),
    Form(
        "v2_option_wrong",
        "VexFS v2.0: Mount option error - {t:a}={t:b}: {t:c}",
        _ERROR,
        severity=_MEDIUM,
        error="InvalidArgument",
    ),
    Form(
        "v2_unmounting",
        "VexFS v2.0: unmounting, vector ops: {d:7}, SIMD ops: {d:7}",
        kind=UpstreamKind.UNMOUNTED,
    ),
    Form("v2_mounted", "VexFS v2.0: mounted successfully!{t: 🚀}", kind=UpstreamKind.MOUNTED),
)

_LOCKS = (
    *about(
        OperationType.VECTOR,
        Form(
            "v2_read_lock_timeout",
            "VexFS: Read lock timeout for vector {d:7}",
            Significance.TIMEOUT,
            severity=_HIGH,
            error="LockConflict",
        ),
        Form(
            "v2_write_lock_timeout",
            "VexFS: Write lock timeout for vector {d:7}",
            Significance.TIMEOUT,
            severity=_HIGH,
            error="LockConflict",
        ),
        Form(
            "v2_retries_exhausted",
            "VexFS: Lock-free operation {d:7} exceeded retry limit ({d:100})",
            _ERROR,
            severity=_MEDIUM,
            error="RetryExhausted",
        ),
        Form(
            "v2_index_interrupted",
            "VexFS: Index update interrupted for index {d:7}",
            _ERROR,
            severity=_MEDIUM,
            error="IoError.InterruptedError",
        ),
    ),
    *(
        Form(name, text, _ERROR, severity=severity, error="TransactionError.DeadlockDetected")
        for name, text, severity in (
            (
                "v2_deadlock_possible",
                "VexFS: Potential deadlock detected: {w:0x1} -> {w:0x2}",
                _HIGH,
            ),
            ("v2_deadlock", "VexFS: Deadlock cycle detected (length: {d:2})", _CRITICAL),
            (
                "v2_deadlocks_found",
                "VexFS: Periodic check detected {d:1} deadlock cycles",
                _CRITICAL,
            ),
        )
    ),
    Form(
        "v2_lock_order",
        "VexFS: Invalid lock ordering detected: {d:2} -> {d:1}",
        _ERROR,
        severity=_HIGH,
        error="LockError",
    ),
    Form("v2_deadlocks_resolving", "VexFS: Resolving {d:1} deadlock cycles"),
    Form("v2_deadlock_totals", "VexFS: Total deadlocks detected: {d:1}, prevented: {d:1}"),
    Form("v2_deadlock_broken", "VexFS: Broke deadlock edge: {w:0x1} -> {w:0x2}"),
    Form("v2_deadlocks_resolved", "VexFS: Resolved {d:1} deadlock cycles"),
)

_OPERATIONS = (
    Form(
        "v2_allocation_failed",
        "VexFS: Memory allocation failed: size={size:4096}, flags={x:0xcc0}",
        _ERROR,
        severity=_HIGH,
        error="OutOfMemory",
    ),
    Form(
        "v2_slow",
        "VexFS: Performance regression detected! Current: {d:1} ops/sec, Target: {d:2} ops/sec",
        _ERROR,
        severity=_LOW,
    ),
    Form(
        "v2_transfer_failed",
        "VexFS v2.0: Transfer error - {t:read} failed with error {code:-5}"
        " (offset={d:0}, count={size:4096})",
        _ERROR,
        severity=_HIGH,
        operation=OperationType.FILE,
    ),
    Form(
        "v2_ioctl_failed",
        "VexFS: ioctl {w:ADD} ({t:add a vector}) failed with error {code:-22} (file: {w:0x1})",
        _ERROR,
        severity=_MEDIUM,
        operation=OperationType.VECTOR,
    ),
    Form(
        "v2_security",
        "VexFS: Security validation failed for cmd {x:0x1}: {code:-13}",
        _ERROR,
        severity=_MEDIUM,
    ),
    *(
        Form(
            name,
            text,
            _ERROR,
            severity=_LOW,
            operation=OperationType.VECTOR,
            error="VectorError.InvalidComponent",
        )
        for name, text in (
            ("v2_nan", "VexFS: NaN value detected at dimension {d:3}"),
            ("v2_infinity", "VexFS: Infinity value detected at dimension {d:3}"),
        )
    ),
    *(
        Form(name, text, _ERROR, severity=_HIGH, operation=OperationType.FILE, error=error)
        for name, text, error in (
            ("v2_read_failed", "VexFS: Failed to read file data: {code:-5}", "IoError.ReadError"),
            (
                "v2_write_failed",
                "VexFS: Failed to write file data: {code:-5}",
                "IoError.WriteError",
            ),
        )
    ),
    Form(
        "v2_capability",
        "VexFS v2.0: Capability warning - {t:simd}: {t:none}",
        _ERROR,
        severity=_LOW,
    ),
    Form("v2_error", "VexFS v2.0: Error: {t:x}", _ERROR, severity=_HIGH),
    Form("v2_warning", "VexFS v2.0: Warning: {t:x}", _ERROR, severity=_LOW),
    Form(
        "v2_metadata",
        "VexFS MONITORING: metadata operation called - latency: {d:900} ns, success: {d:1}",
    ),
    Form("v2_memory_statistics", "VexFS Memory Manager Statistics:"),
)

FORMS = (*_SUPERBLOCK, *_LOCKS, *_OPERATIONS)
"""In the order tried."""
