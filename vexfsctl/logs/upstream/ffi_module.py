"""Load, memory, mount and unload of the kernel module with a Rust part, and of its SAFE variant.

Sources: kernel/src/vexfs_module_entry_safe_ffi.c and vexfs_module_entry_safe.c of 3806589; what
their code can and cannot print is in the reference of upstream facts.
"""

from vexfsctl.logs.upstream.form import Form, about
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind

_ERROR = Significance.ERROR
_NOISE = Significance.NOISE
_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity

_POOLS = "expected at every unload: the module looks for leaks before it gives back its own pools"
_SKIPPED = "misleading: the call was skipped, since the module is not in state initialized then"
_DISCARDED = "this build discards what is written and says it was stored"

_LOAD = (
    Form(
        "ffi_loading",
        "VexFS: Initializing SAFE FFI module v{w:1.0.0} with memory management",
        kind=UpstreamKind.MODULE_LOADED,
    ),
    Form(
        "ffi_state_unset",
        "VexFS: Failed to set initializing state",
        _ERROR,
        severity=_CRITICAL,
        error="InitializationFailed",
        note="the module does not load",
    ),
    Form(
        "ffi_inode_pool_failed",
        "VexFS: Failed to create inode memory pool",
        _ERROR,
        severity=_MEDIUM,
        error="OutOfMemory",
        note="loading goes on without the pool",
    ),
    Form("ffi_inode_pool", "VexFS: Inode memory pool created with {d:1024} blocks"),
    Form(
        "ffi_dentry_pool_failed",
        "VexFS: Failed to create dentry memory pool",
        _ERROR,
        severity=_MEDIUM,
        error="OutOfMemory",
        note="loading goes on without the pool",
    ),
    Form("ffi_dentry_pool", "VexFS: Dentry memory pool created with {d:1024} blocks"),
    Form(
        "ffi_rust_failed",
        "VexFS: Rust initialization failed: {code:-12}",
        _ERROR,
        severity=_CRITICAL,
        error="InitializationFailed",
        note="the module stays loaded without its Rust part: writes are acknowledged, not stored",
    ),
    Form(
        "ffi_limited",
        "VexFS: Continuing with limited functionality (no Rust FFI)",
        _ERROR,
        severity=_CRITICAL,
        error="InitializationFailed",
        note="every call into the Rust part is skipped",
    ),
    Form("ffi_rust_ready", "VexFS: Rust FFI initialization successful"),
    Form(
        "ffi_hang_prevention_failed",
        "VexFS: Hang prevention initialization failed: {code:-12},"
        " continuing without hang prevention",
        _ERROR,
        severity=_MEDIUM,
    ),
    Form(
        "ffi_hang_prevention_claimed",
        "VexFS: Hang prevention system initialized",
        _NOISE,
        note=_SKIPPED,
    ),
    Form(
        "ffi_unregistered_type",
        "VexFS: Failed to register filesystem: {code:-16}",
        _ERROR,
        severity=_CRITICAL,
        note="the module does not load",
    ),
    Form("ffi_loaded", "VexFS: SAFE FFI module loaded successfully"),
    Form("ffi_registered", "VexFS: Filesystem registered as '{w:vexfs}'"),
    Form("ffi_integration", "VexFS: Rust FFI integration enabled with safety mechanisms"),
    Form("ffi_degradation_ready", "VexFS: Error handling and graceful degradation active"),
    Form("ffi_memory_ready", "VexFS: Memory management and leak detection enabled"),
    Form("ffi_memory_limit", "VexFS: Memory limit: {d:256} MB, tracking enabled: {w:yes}"),
    Form(
        "safe_loading",
        "VexFS: Initializing SAFE module v{w:0.1.0-safe}",
        kind=UpstreamKind.MODULE_LOADED,
    ),
    Form("safe_disabled", "VexFS: SAFE MODE - Rust FFI disabled"),
    Form("safe_skipping", "VexFS: Skipping Rust FFI calls (SAFE MODE)"),
    Form(
        "safe_limited",
        "VexFS: This is a SAFE testing version - limited functionality",
        note=_DISCARDED,
    ),
    Form("safe_loaded", "VexFS: SAFE module loaded successfully"),
    Form(
        "safe_unloaded",
        "VexFS: SAFE module unloaded successfully",
        kind=UpstreamKind.MODULE_UNLOADED,
    ),
    Form("safe_unloading", "VexFS: Unloading SAFE module"),
)

_MEMORY = (
    Form(
        "ffi_allocation_twice",
        "VexFS: Duplicate allocation tracking for {w:00000000c0ffee00}",
        _ERROR,
        severity=_MEDIUM,
        note="a mistake of the module's own book-keeping",
    ),
    Form(
        "ffi_free_untracked",
        "VexFS: Deallocation of untracked pointer {w:00000000c0ffee00}",
        _ERROR,
        severity=_HIGH,
        note="freed twice, or never tracked",
    ),
    Form(
        "ffi_memory_exceeded",
        "VexFS: Memory limit exceeded at {t:pool_fallback}",
        _ERROR,
        severity=_HIGH,
        error="OutOfMemory",
        note="the module allows itself 256 MiB",
    ),
    Form(
        "ffi_pool_leak",
        "VexFS: Memory leak detected: {size:416} bytes at {t:(____ptrval____)} from"
        " {pool:memory_pool_block} (age: {d:95} jiffies)",
        _NOISE,
        note=_POOLS,
    ),
    Form(
        "ffi_leak",
        "VexFS: Memory leak detected: {size:512} bytes at {t:00000000c0ffee00} from"
        " {t:vexfs_alloc_inode} (age: {d:95} jiffies)",
        _ERROR,
        severity=_MEDIUM,
    ),
    Form("ffi_pool_leaks", "VexFS: Total memory leaks detected: {d=100}", _NOISE, note=_POOLS),
    Form(
        "ffi_leaks",
        "VexFS: Total memory leaks detected: {d:3}",
        _ERROR,
        severity=_MEDIUM,
        note="up to 100 are counted; those of the module's own pools among them are not leaks",
    ),
    Form("ffi_memory_statistics", "VexFS: Memory statistics at exit:"),
    Form("ffi_total_allocated", "  Total allocated: {d:860240} bytes"),
    Form("ffi_total_freed", "  Total freed: {d:0} bytes"),
    Form("ffi_current_usage", "  Current usage: {d:860240} bytes"),
    Form("ffi_peak_usage", "  Peak usage: {d:860240} bytes"),
    Form("ffi_active_allocations", "  Active allocations: {d:2052}"),
    Form("ffi_allocation_failures", "  Allocation failures: {d=0}"),
    Form(
        "ffi_allocations_failed",
        "  Allocation failures: {d:7}",
        _ERROR,
        severity=_MEDIUM,
        error="OutOfMemory",
        note="since the module was loaded",
    ),
    Form("ffi_detected_leaks", "  Detected leaks: {d:100}"),
)

_MOUNT = about(
    OperationType.SUPERBLOCK,
    Form(
        "ffi_mounting",
        "VexFS: Mounting filesystem on device {device:/dev/loop0} ({variant:SAFE FFI})",
    ),
    Form(
        "ffi_unmounting",
        "VexFS: Unmounting filesystem ({variant:SAFE FFI})",
        kind=UpstreamKind.UNMOUNTED,
    ),
    Form(
        "ffi_filling_superblock",
        "VexFS: Filling superblock ({variant:SAFE FFI})",
        note="if nothing follows it, the mount hangs",
    ),
    Form(
        "ffi_superblock_failed",
        "VexFS: Rust superblock initialization failed: {code:-22},"
        " continuing with basic functionality",
        _ERROR,
        severity=_HIGH,
    ),
    Form(
        "ffi_root_inode_failed",
        "VexFS: Failed to allocate root inode",
        _ERROR,
        severity=_CRITICAL,
        error="OutOfMemory",
        note="the mount fails",
    ),
    Form(
        "ffi_root_dentry_failed",
        "VexFS: Failed to create root dentry",
        _ERROR,
        severity=_CRITICAL,
        error="OutOfMemory",
        note="the mount fails",
    ),
    Form(
        "ffi_mounted",
        "VexFS: Superblock initialized successfully ({variant:SAFE FFI})",
        kind=UpstreamKind.MOUNTED,
        note="logged even if the Rust part failed",
    ),
    Form(
        "ffi_statfs_invented",
        "VexFS: Using fallback statfs values",
        note="what df shows then is invented: 1000 blocks, 500 free",
    ),
    Form("ffi_put_super", "VexFS: Put superblock called ({variant:SAFE FFI})"),
)

_UNLOAD = (
    Form("ffi_unloading", "VexFS: Unloading SAFE FFI module with memory cleanup"),
    Form(
        "ffi_mounts_left",
        "VexFS: {d:1} active mounts during module unload",
        _ERROR,
        severity=_MEDIUM,
        note="mounts that failed early are counted too, and stay counted",
    ),
    Form("ffi_unregistered", "VexFS: Filesystem unregistered"),
    Form(
        "ffi_hang_prevention_shutdown",
        "VexFS: Hang prevention system shutdown",
        _NOISE,
        note=_SKIPPED,
    ),
    Form("ffi_rust_cleaned", "VexFS: Rust components cleaned up"),
    Form("ffi_cleanup_skipped", "VexFS: Skipping Rust cleanup (was in error state)"),
    Form("ffi_inode_pool_gone", "VexFS: Inode memory pool destroyed"),
    Form("ffi_dentry_pool_gone", "VexFS: Dentry memory pool destroyed"),
    Form("ffi_tracking_gone", "VexFS: Memory tracking structures cleaned up"),
    Form(
        "ffi_unloaded",
        "VexFS: SAFE FFI module unloaded successfully",
        kind=UpstreamKind.MODULE_UNLOADED,
    ),
)

FORMS = (*_LOAD, *_MEMORY, *_MOUNT, *_UNLOAD)
"""In the order tried."""
