"""A volume as its attribute tree shows it: one directory under a root, read in one pass."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path

from vexfsctl.model.breaker import BreakerStatus
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType


class ModuleState(StrEnum):
    """State of the provider of a volume, in upstream's order (0 to 4)."""

    UNINITIALIZED = "uninitialized"
    INITIALIZING = "initializing"
    INITIALIZED = "initialized"
    ERROR = "error"
    SHUTTING_DOWN = "shutting_down"


class DegradationLevel(IntEnum):
    """The engine's judgement of how much service a volume can give, in upstream's order."""

    NORMAL = 0
    LIGHT = 1
    MODERATE = 2
    HEAVY = 3
    READ_ONLY = 4
    EMERGENCY = 5

    def __str__(self) -> str:
        """Lower-case word, as in the attribute tree and the log."""
        return self.name.lower()

    @property
    def refuses_writes(self) -> bool:
        """Whether writes fail with EROFS at this level."""
        return self >= DegradationLevel.READ_ONLY


class AccessMode(StrEnum):
    """The operator's switch; independent of degradation."""

    READ_WRITE = "rw"
    READ_ONLY = "ro"


class Presence(StrEnum):
    """What a reader found of a volume; not the same as the provider's `state`."""

    PRESENT = "present"
    BUSY = "busy"
    """It answered late, or not yet, while its server or its reader got on or had no processor."""
    STALE = "stale"
    """Its provider was killed, but the mount is left (ENOTCONN)."""
    UNRESPONSIVE = "unresponsive"
    """No answer, and no sign that the host is only busy."""
    UNREADABLE = "unreadable"
    """No permission, or a tree of a version we do not know."""
    VANISHED = "vanished"
    """It went away while it was being read."""


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """How often an operation is tried, and at what intervals; ranges are in the attribute table."""

    max_attempts: int = 3
    """Total tries, the first included."""
    base_delay_ms: int = 100
    max_delay_ms: int = 5_000
    backoff_multiplier_pct: int = 200
    jitter_pct: int = 10


@dataclass(frozen=True, slots=True)
class ResourceSettings:
    """What may be used up; 0 means that there is no limit."""

    memory_limit_bytes: int = 0
    """Of the provider's own memory."""
    reserve_bytes: int = 0
    """Free space that writes leave."""
    max_operations: int = 0
    """Application calls that run at once."""
    lock_timeout_ms: int = 0
    """How long a call waits for a lock of the provider's own."""


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """What is used, and the limits, of which 0 is none. None: the provider does not say."""

    memory_bytes: int | None
    """Resident memory of the provider."""
    memory_limit_bytes: int | None
    free_bytes: int | None
    """What ordinary users can still store on the filesystem below."""
    reserve_bytes: int | None
    active_operations: int | None
    """Application calls that have begun and not returned: also those that hang, or wait."""
    max_operations: int | None
    lock_timeout_ms: int | None


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Errors a volume has reported in this epoch."""

    total: int
    low: int
    medium: int
    high: int
    critical: int
    logged: int
    """Error records that have been written."""
    suppressed: int
    """Error records the log's rate limit left out."""
    last_id: CorrelationId | None
    last_time_ns: int
    """CLOCK_MONOTONIC nanoseconds, 0 = never."""
    lost: int = 0
    """Error records that could not be written, or found no room; 0 from a provider without one."""

    @property
    def queued(self) -> int:
        """Error records still to be written: total = logged + suppressed + lost + queued."""
        # Not negative, though the counters are read one after the other while they grow.
        return max(0, self.total - self.logged - self.suppressed - self.lost)


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """Counters of one operation type and its breaker. Counters only grow within one epoch."""

    calls: int
    failures: int
    rejected: int
    retries: int
    retry_successes: int
    fallbacks: int
    fallback_failures: int
    timeouts: int
    in_flight: int
    overdue: int
    latency_ns_total: int
    latency_ns_max: int
    timeout_ms: int
    breaker: BreakerStatus
    would_reject: int = 0
    """Calls that metrics_only let pass and an open breaker would have refused."""
    latency_ns_p50: int | None = None
    """Within this time half of the completed calls ended; to within 1 %. None: nobody measures."""
    latency_ns_p99: int | None = None
    """Likewise, 99 % of them."""
    max_concurrent: int | None = None
    """Calls at once, 0 for any number. None: the provider knows no such limit."""


@dataclass(frozen=True, slots=True)
class VolumeStatus:
    """What the attribute tree of a present volume says, as of one pass over it.

    The pass may have left out operations, and with them `errors`, `retry` and `resources`.
    """

    abi_version: int
    driver: str
    version: str
    uuid: str | None
    device: str | None
    """`major:minor` of the backing block device."""
    mountpoint: str | None
    log: str
    """`kmsg`, or the path of the file that holds its records."""
    epoch: int
    state: ModuleState | str
    degradation: DegradationLevel | str
    access_mode: AccessMode | str
    errors: ErrorCounts | None
    """None if it was not read, or if a counter is missing or not understood."""
    retry: RetrySettings | None
    """None for the same reasons."""
    resources: ResourceStatus | None
    """Likewise."""
    operations: dict[OperationType, OperationStatus]
    """Those that were read, except any with a number that is missing or not understood."""

    @property
    def writes_from_user_space(self) -> bool:
        """Whether its records are those of a program, whatever log they are in."""
        return self.driver != "kernel"

    @property
    def may_be_dropped(self) -> bool:
        """Whether a logger may drop its records: what user space writes to the kernel log."""
        return self.writes_from_user_space and self.log == "kmsg"


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume as found: where, whether it answers, and if it did, its status."""

    name: str
    root: Path
    presence: Presence
    status: VolumeStatus | None = None
    """None unless it answered: present, or busy."""
    detail: str | None = None
    """Why it is not present, or which attributes are missing or not understood."""
    hint: str | None = None
    """The next step, if there is one."""
    abandoned: bool = False
    """Whether its server is gone or the CPU clock of that stands: only umount --force helps."""


def release_command(volume: str) -> str:
    """Return the command that lets *volume* be written again, by whatever that was stopped."""
    return f"vexfsctl volume set {volume} access_mode=rw"


def clear_command(volume: str) -> str:
    """Return the command that clears away what a dead or stuck provider of *volume* left behind."""
    return f"vexfsctl umount --force {volume}"
