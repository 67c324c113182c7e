"""What earlier VexFS builds call the things that have words here: Rust variants, C constants.

From vexfs_ffi.h, shared/error_handling.rs (hints) and shared/system_hang_prevention.rs (levels).
"""

from vexfsctl.model.hints import HintKind
from vexfsctl.model.volume import DegradationLevel

HINT_NAMES = {
    HintKind.RETRY: ("RetryAfterDelay", "VEXFS_RECOVERY_RETRY"),
    HintKind.USE_FALLBACK: ("UseFallback", "VEXFS_RECOVERY_FALLBACK"),
    HintKind.INVALIDATE_CACHE: ("InvalidateCache", "VEXFS_RECOVERY_CACHE_INVALIDATE"),
    HintKind.REDUCE_SCOPE: ("ReduceScope", "VEXFS_RECOVERY_REDUCE_SCOPE"),
    HintKind.READ_ONLY: ("ReadOnlyMode", "VEXFS_RECOVERY_READ_ONLY"),
    HintKind.RESTART: ("RestartComponent", "VEXFS_RECOVERY_RESTART"),
    HintKind.MANUAL: ("ManualIntervention", "VEXFS_RECOVERY_MANUAL"),
}

DEGRADATION_NAMES = {
    DegradationLevel.NORMAL: ("Normal",),
    DegradationLevel.LIGHT: ("LightDegradation",),
    DegradationLevel.MODERATE: ("ModerateDegradation",),
    DegradationLevel.HEAVY: ("HeavyDegradation",),
    DegradationLevel.READ_ONLY: ("ReadOnlyMode",),
    DegradationLevel.EMERGENCY: ("EmergencyMode",),
}

KERNEL_INTERNAL_ERRNOS = {
    512: "ERESTARTSYS",
    513: "ERESTARTNOINTR",
    514: "ERESTARTNOHAND",
    515: "ENOIOCTLCMD",
    516: "ERESTART_RESTARTBLOCK",
    517: "EPROBE_DEFER",
    518: "EOPENSTALE",
    519: "ENOPARAM",
    521: "EBADHANDLE",
    522: "ENOTSYNC",
    523: "EBADCOOKIE",
    524: "ENOTSUPP",
    525: "ETOOSMALL",
    526: "ESERVERFAULT",
    527: "EBADTYPE",
    528: "EJUKEBOX",
    529: "EIOCBQUEUED",
    530: "ERECALLCONFLICT",
    531: "ENOGRACE",
}
"""Numbers that never leave a healthy kernel (include/linux/errno.h)."""
