"""What the userspace daemons say: FUSE daemons, panic handler, monitoring, VexGraph, journalling.

Sources: rust/src/{fuse_impl,fuse_error_handling,panic_handler,monitoring}.rs, bin/*.rs and
cross_layer_*.rs of 29351b8. Much of it has no prefix: such forms are `bare`.
"""

from vexfsctl.logs.upstream.form import Form
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind

_ERROR = Significance.ERROR
_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity
_SUPERBLOCK, _VECTOR = OperationType.SUPERBLOCK, OperationType.VECTOR

_POISONED = "a thread panicked while it held the lock: what it guards may be inconsistent"
_PANIC = "five panics end the process"
_BLOCKING = "logged after the volume was unmounted again, since mounting blocks until then"

_LOCKS = (
    *(
        Form(name, text, _ERROR, severity=_HIGH, error="LockError", note=_POISONED)
        for name, text in (
            ("mutex_poisoned", "VexFS: Poisoned mutex in {t:get_next_ino}: recovering"),
            (
                "read_lock_poisoned",
                "VexFS: Poisoned RwLock (read) in {t:get_next_ino}: recovering",
            ),
            (
                "write_lock_poisoned",
                "VexFS: Poisoned RwLock (write) in {t:get_next_ino}: recovering",
            ),
        )
    ),
    Form(
        "mutex_recovering",
        "Recovering poisoned mutex: {t:inodes}",
        _ERROR,
        severity=_HIGH,
        error="LockError",
        note=_POISONED,
        bare=True,
    ),
)

_ERRORS = (
    Form("daemon_error_in", "VexFS Error in {w:get_next_ino}: {message:Lock error}", _ERROR),
    Form("daemon_error", "VexFS Error: {message:Lock error} in {w:get_next_ino}", _ERROR),
    Form("daemon_error_plain", "VexFS Error: {message:Lock error}", _ERROR),
    Form("fuse_error", 'VexFSFuse Error: {debug:InvalidVector("x")}', _ERROR),
    *(
        Form(name, text, _ERROR, severity=_MEDIUM, operation=_VECTOR, error=error, bare=True)
        for name, text, error in (
            ("search_failed", "Search failed: {t:x}", "VectorError.SearchError"),
            ("global_search_failed", "Global search failed: {t:x}", "VectorError.SearchError"),
            ("bridge_search_failed", "Bridge search failed: {t:x}", "VectorError.SearchError"),
            ("vector_unstored", "Failed to store vector: {t:x}", "VectorError.IoError"),
            (
                "vector_unparsed",
                "Failed to parse vector for file {t:a b}: {t:x}",
                "VectorError.DeserializationError",
            ),
            (
                "bridge_locked",
                "Failed to acquire bridge lock, falling back to simple filtering",
                "LockError",
            ),
        )
    ),
)

_PROGRESS = (
    *(
        Form(name, f"VexFSFuse: {text}", operation=_VECTOR)
        for name, text in (
            (
                "fuse_initialising",
                "Initializing with optimized vector storage and HNSW bridge...",
            ),
            ("fuse_bridging", "Creating Storage-HNSW Bridge..."),
            (
                "fuse_ready",
                "Enhanced initialization complete with HNSW graph, vector metrics,"
                " and Storage-HNSW Bridge",
            ),
            ("fuse_synchronised", "Bridge synchronization completed successfully"),
            ("fuse_lazy_sync", "Triggering lazy sync for {d:3} pending operations"),
            ("fuse_batch_sync", "Performing batch sync for {d:3} operations"),
        )
    ),
    Form(
        "daemon_banner",
        "VexFS {w:Monitored} FUSE Implementation v{w:0.0.4-alpha}",
        kind=UpstreamKind.MODULE_LOADED,
    ),
    Form("daemon_integrated", "VexFS Integrated v{w:0.0.4-alpha}", kind=UpstreamKind.MODULE_LOADED),
    Form("daemon_starting", "🚀 Starting VexFS FUSE filesystem"),
    Form("daemon_mounting", "Mounting VexFS...", operation=_SUPERBLOCK),
    Form(
        "daemon_mounted",
        "✅ VexFS mounted successfully at {t:/mnt}",
        operation=_SUPERBLOCK,
        note=_BLOCKING,
    ),
    Form(
        "daemon_unmounted",
        "VexFS unmounted successfully",
        kind=UpstreamKind.UNMOUNTED,
        operation=_SUPERBLOCK,
    ),
    *(
        Form(name, text, _ERROR, severity=_CRITICAL, operation=_SUPERBLOCK, bare=bare)
        for name, text, bare in (
            ("daemon_mount_failed", "Failed to mount VexFS: {message:Out of memory}", False),
            (
                "daemon_mount_failed_marked",
                "❌ Failed to mount VexFS: {message:Out of memory}",
                False,
            ),
            ("daemon_creation_failed", "Error creating VexFS: {message:Out of memory}", False),
            ("daemon_no_mount_point", "Error: Mount point {t:/mnt} does not exist", True),
            (
                "daemon_integration_failed",
                "Failed to create integrated filesystem: {message:Out of memory}",
                True,
            ),
        )
    ),
    Form(
        "health_server_failed",
        "Failed to start health server: {t:in use}",
        _ERROR,
        severity=_LOW,
        bare=True,
    ),
    Form("health_server", "Health check server listening on port {d:8080}", bare=True),
    *(
        Form(name, text, bare=True)
        for name, text in (
            ("statistics", "Final Statistics:"),
            ("statistics_operations", "  Total operations: {d:12}"),
            ("statistics_rate", "  Success rate: {f:99.50}%"),
            ("statistics_average", "  Average latency: {f:0.25}ms"),
            ("statistics_p99", "  P99 latency: {f:3}ms"),
            ("statistics_graph", "Graph Statistics:"),
            ("statistics_nodes", "  Total nodes: {d:12}"),
            ("statistics_edges", "  Total edges: {d:12}"),
            ("statistics_files", "  File mappings: {d:12}"),
        )
    ),
)

_PANICS = (
    Form(
        "panic_detected",
        "=== VexFS PANIC DETECTED ===",
        _ERROR,
        severity=_CRITICAL,
        error="InternalError",
        note=_PANIC,
    ),
    Form("panic_message", "Message: {t:boom}", bare=True),
    Form("panic_location", "Location: {t:src/a.rs}:{d:12}:{d:5}", bare=True),
    Form("panic_count", "Panic count: {d:1}", bare=True),
    Form("panic_end", "===========================", bare=True),
    *(
        Form(name, text, _ERROR, severity=_CRITICAL, error="InternalError", note=_PANIC, bare=True)
        for name, text in (
            ("panics_too_many", "Too many panics ({d:5}), aborting!"),
            ("panic_caught", "Panic caught in {t:readdir}: {t:boom}"),
        )
    ),
    Form(
        "daemon_watchdog",
        "Watchdog timeout! System may be hung.",
        Significance.TIMEOUT,
        UpstreamKind.WATCHDOG,
        severity=_CRITICAL,
        error="Timeout",
        bare=True,
    ),
    Form("recovery_running", "Recovery already in progress, skipping", bare=True),
    Form("recovery_started", "Attempting recovery...", bare=True),
    Form("recovery_ended", "Recovery attempt complete", bare=True),
)

_HEALTH = (
    Form(
        "health_changed",
        "Health status changed: {w:Healthy} -> {w=Healthy}",
        bare=True,
    ),
    Form(
        "health_worse",
        "Health status changed: {w:Healthy} -> {w:Degraded}",
        _ERROR,
        severity=_MEDIUM,
        bare=True,
        note="lookups of files that are not there count as failures in it",
    ),
    *(
        Form(name, text, bare=True)
        for name, text in (
            ("health_operational", "FUSE filesystem is operational"),
            ("health_memory_well", "Memory usage is normal"),
            ("health_performance_well", "Performance is within normal parameters"),
        )
    ),
    *(
        Form(name, text, _ERROR, severity=severity, bare=True)
        for name, text, severity in (
            ("health_unmounted", "FUSE filesystem is not mounted", _HIGH),
            ("health_rate_high", "FUSE error rate is too high: {f:12.5}%", _HIGH),
            ("health_rate_elevated", "FUSE error rate is elevated: {f:6.5}%", _MEDIUM),
            ("health_memory", "Memory usage is elevated: {f:600}MB", _LOW),
            ("health_memory_high", "Memory usage is very high: {f:2000}MB", _MEDIUM),
            ("health_latency", "P99 latency is elevated: {f:600}ms", _LOW),
            ("health_latency_high", "P99 latency is very high: {f:2000}ms", _MEDIUM),
        )
    ),
)

_GRAPH = (
    Form("graph_error", "VexGraph error occurred{t: error=x}", _ERROR, severity=_MEDIUM),
    Form("graph_warning", "VexGraph warning{t: component=x}", _ERROR, severity=_LOW),
    *(
        Form(name, text, _ERROR, severity=severity, error=error, bare=True)
        for name, text, severity, error in (
            ("graph_slow", "Performance threshold exceeded{t: operation=x}", _LOW, None),
            ("graph_cache", "Recovering from cache error for key: {t:k}", _LOW, "CacheError"),
            ("graph_server", "API server error: {t:x}", _MEDIUM, None),
            (
                "layers_deadlock",
                "Processing deadlock detected event: {t:x}",
                _HIGH,
                "TransactionError.DeadlockDetected",
            ),
            (
                "layers_inconsistent",
                "Processing consistency violation event: {t:x}",
                _CRITICAL,
                "CorruptedData",
            ),
            (
                "layers_recovery",
                "Processing recovery required event: {t:x}",
                _HIGH,
                "RecoveryNeeded",
            ),
            (
                "layers_busy",
                "High number of active transactions ({d:200}), potential deadlock risk",
                _LOW,
                "TransactionError.TooManyTransactions",
            ),
            (
                "layers_no_commit",
                "Attempted to commit non-existent transaction: {t:7}",
                _MEDIUM,
                "TransactionError.TransactionNotFound",
            ),
            (
                "layers_no_abort",
                "Attempted to abort non-existent transaction: {t:7}",
                _LOW,
                "TransactionError.TransactionNotFound",
            ),
            (
                "layers_recovery_failed",
                "Recovery check failed: {t:x}",
                _HIGH,
                "JournalError.RecoveryError",
            ),
            (
                "layers_journal_failed",
                "Journal batch flush failed: {t:x}",
                _HIGH,
                "JournalError.WriteAheadLogError",
            ),
            ("layers_metadata_failed", "Metadata cleanup failed: {t:x}", _MEDIUM, None),
            ("layers_task_failed", "Background task failed to complete: {t:x}", _MEDIUM, None),
            ("layers_unsent", "Failed to send {t:shutdown signal}: {t:x}", _LOW, None),
        )
    ),
)

FORMS = (*_LOCKS, *_ERRORS, *_PROGRESS, *_PANICS, *_HEALTH, *_GRAPH)
"""In the order tried."""
