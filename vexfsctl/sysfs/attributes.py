"""The attribute table, version 1: the one declaration of what a volume's directory holds.

Reader, writer, the userspace driver's tree, the manual page vexfs-sysfs(5) and the trees of the
tests are made from it. It holds only what a provider of this version has. Ranges: thresholds 1 to
1000000, times 1 ms to one day, jitter 0 to 100 percent, multiplier 100 (no growth) to 1000 percent.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, StrEnum
from functools import cache
from typing import Any, NamedTuple

from vexfsctl.exceptions import AttributeMissing
from vexfsctl.model.breaker import BreakerAction, BreakerSettings, BreakerState
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ModuleState,
    ResourceSettings,
    RetrySettings,
)
from vexfsctl.sysfs.control import BreakerControl, Reason
from vexfsctl.sysfs.values import (
    U32_MAX,
    EscapedPath,
    Id,
    Number,
    OrNone,
    Text,
    ValueType,
    Word,
)

ABI_VERSION = 1
PAGE_SIZE = 4096
"""Size that every attribute shows; a write of that size or more is EINVAL."""


class Access(Enum):
    """Who may do what; the value is the permission bits, the owner is root or the driver's user."""

    READ_ONLY = 0o444
    READ_WRITE = 0o644
    WRITE_ONLY = 0o200

    def __str__(self) -> str:
        """Short form of the specification: ro, rw, wo."""
        return {0o444: "ro", 0o644: "rw", 0o200: "wo"}[self.value]


class Directory(StrEnum):
    """A directory of the tree, relative to the volume's own, which is the first.

    In that of an operation type, `<op>` stands for the type.
    """

    VOLUME = ""
    ERRORS = "errors"
    RETRY = "retry"
    RESOURCES = "resources"
    OPERATION = "operations/<op>"
    BREAKER = "operations/<op>/breaker"
    INJECT = "inject"

    def of(self, operation: OperationType) -> str:
        """Return the directory of one operation type."""
        return self.replace("<op>", operation)


_REQUIRED = object()


class Attribute(NamedTuple):
    """One file of a volume's directory."""

    path: str
    """Relative to the volume's directory; in a template, `<op>` stands for the operation type."""
    directory: Directory
    """The directory it is in; for an attribute of one operation type, the template's."""
    access: Access
    type: ValueType
    meaning: str
    default: Any = None
    """Value at mount, if the specification gives one."""
    pollable: bool = False
    """Whether poll(2) wakes with POLLPRI when the value changes."""
    absent: Any = _REQUIRED
    """What stands for it where a provider lacks it, if that is allowed; None: nothing is known."""
    operation: OperationType | None = None
    """The operation type it belongs to; None for the volume's own."""

    @property
    def name(self) -> str:
        """Last component of the path."""
        return self.path.rpartition("/")[2]

    @property
    def optional(self) -> bool:
        """Whether a provider may lack it."""
        return self.absent is not _REQUIRED

    @property
    def readable(self) -> bool:
        """Whether it can be read at all."""
        return self.access is not Access.WRITE_ONLY

    @property
    def writable(self) -> bool:
        """Whether it can be written at all."""
        return self.access is not Access.READ_ONLY

    def of(self, operation: OperationType) -> "Attribute":
        """Return the attribute of one operation type that this template stands for."""
        path = self.path.replace("<op>", operation)
        return self._replace(path=path, operation=operation)


_COUNTER = Number("counter")
_GAUGE = Number("gauge")
_U32 = Number("u32", high=U32_MAX)
_U64 = Number("u64")
_NANOSECONDS = Number("ns")
_MILLISECONDS = Number("ms")
_DURATION = Number("ms", 1, 86_400_000)
_DURATION_OR_OFF = Number("ms", 0, 86_400_000)
_THRESHOLD = Number("u32", 1, 1_000_000)
_THRESHOLD_OR_OFF = Number("u32", 0, 1_000_000)
_RATE = Number("percent", 0, 100)
_BYTES = Number("bytes")
_STRING = Text("string", r"[^\0\n]+")
_UUID = OrNone(Text("uuid", r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"))
_DEVICE = OrNone(Text("major:minor", r"[0-9]+:[0-9]+"))
_ID = OrNone(Id())
_RETRY = RetrySettings()
_RESOURCES = ResourceSettings()
_BREAKER = BreakerSettings()


def _ro(
    path: str,
    type_: ValueType,
    meaning: str,
    default: Any = None,
    *,
    pollable: bool = False,
    absent: Any = _REQUIRED,
) -> Attribute:
    directory = _directory_of(path)
    return Attribute(path, directory, Access.READ_ONLY, type_, meaning, default, pollable, absent)


def _rw(
    path: str, type_: ValueType, meaning: str, default: Any, *, absent: Any = _REQUIRED
) -> Attribute:
    directory = _directory_of(path)
    return Attribute(path, directory, Access.READ_WRITE, type_, meaning, default, absent=absent)


def _rule(path: str, type_: ValueType, meaning: str, default: Any) -> Attribute:
    # Who lacks the setting of a rule goes by none: each default turns its rule off.
    return _rw(path, type_, meaning, default, absent=default)


def _wo(path: str, type_: ValueType, meaning: str) -> Attribute:
    return Attribute(path, _directory_of(path), Access.WRITE_ONLY, type_, meaning)


def _directory_of(path: str) -> Directory:
    return Directory(path.rpartition("/")[0])


VOLUME_ATTRIBUTES: tuple[Attribute, ...] = (
    _ro("abi_version", _U32, "Version of this tree.", ABI_VERSION),
    _ro("driver", Word(("kernel", "fuse")), "Who provides this volume."),
    _ro("version", _STRING, "The provider's version."),
    _ro("uuid", _UUID, "UUID of the filesystem."),
    _ro("device", _DEVICE, "Backing block device."),
    _ro("mountpoint", OrNone(EscapedPath()), "Where it is mounted."),
    _ro("log", EscapedPath(("kmsg",)), "Where this provider writes its records."),
    _ro(
        "epoch",
        _U64,
        "Identity of this load: changes at every mount; counters and correlation counters restart "
        "with it.",
    ),
    _ro("state", Word(ModuleState), "State of the provider.", pollable=True),
    _ro(
        "degradation",
        Word(DegradationLevel),
        "How much service the engine judges the volume can give.",
        DegradationLevel.NORMAL,
        pollable=True,
    ),
    _rw(
        "access_mode",
        Word(AccessMode),
        "The operator's switch. Write ro for read-only mode, rw to leave it; rw also ends the hold "
        "that corruption put on degradation.",
        AccessMode.READ_WRITE,
    ),
    _ro("errors/total", _COUNTER, "Errors reported: logged, suppressed, lost, or still queued.", 0),
    _ro("errors/low", _COUNTER, "Errors of low severity.", 0),
    _ro("errors/medium", _COUNTER, "Errors of medium severity.", 0),
    _ro("errors/high", _COUNTER, "Errors of high severity.", 0),
    _ro("errors/critical", _COUNTER, "Errors of critical severity.", 0),
    _ro("errors/logged", _COUNTER, "Error records written to the log.", 0),
    _ro("errors/suppressed", _COUNTER, "Error records left out by the rate limit of the log.", 0),
    _ro(
        "errors/lost",
        _COUNTER,
        "Error records that could not be written, or found no room in the queue.",
        0,
        absent=0,
    ),
    _ro("errors/last_id", _ID, "Correlation id of the most recent error."),
    _ro("errors/last_time_ns", _NANOSECONDS, "Time of the most recent error; 0 = never.", 0),
    _rw("retry/max_attempts", Number("u32", 1, 100), "Total tries.", _RETRY.max_attempts),
    _rw(
        "retry/base_delay_ms",
        _DURATION,
        "Delay before the first retry; at its default, the delay of an error's retry hint counts.",
        _RETRY.base_delay_ms,
    ),
    _rw("retry/max_delay_ms", _DURATION, "Upper limit of every delay.", _RETRY.max_delay_ms),
    _rw(
        "retry/backoff_multiplier_pct",
        Number("percent", 100, 1000),
        "Growth of the delay from one retry to the next; 100 = none.",
        _RETRY.backoff_multiplier_pct,
    ),
    _rw(
        "retry/jitter_pct",
        Number("percent", 0, 100),
        "Random part added to a delay; 0 = none.",
        _RETRY.jitter_pct,
    ),
    _ro("resources/memory_bytes", _BYTES, "Memory that the provider has resident.", absent=None),
    _rw(
        "resources/memory_limit_bytes",
        _BYTES,
        "Limit of that memory; 0 = none. Near it memory is given back, then service degrades.",
        _RESOURCES.memory_limit_bytes,
        absent=None,
    ),
    _ro(
        "resources/free_bytes",
        OrNone(_BYTES),
        "Free space of the filesystem below, for ordinary users; - if that does not answer.",
        absent=None,
    ),
    _rw(
        "resources/reserve_bytes",
        _BYTES,
        "Free space below which calls that need more get ENOSPC; 0 = none. Removing and truncating "
        "files still work.",
        _RESOURCES.reserve_bytes,
        absent=None,
    ),
    _ro(
        "resources/active_operations",
        _GAUGE,
        "Application calls that have not returned; those that hang or wait for a place count.",
        0,
        absent=None,
    ),
    _rw(
        "resources/max_operations",
        _THRESHOLD_OR_OFF,
        "Application calls at once; more wait within their deadline, then get EBUSY; 0 = any "
        "number.",
        _RESOURCES.max_operations,
        absent=None,
    ),
    _rw(
        "resources/lock_timeout_ms",
        _DURATION_OR_OFF,
        "How long a call waits for a lock inside the provider, then gets EBUSY; 0 = no limit. "
        "Locks of applications (flock, fcntl) are not concerned.",
        _RESOURCES.lock_timeout_ms,
        absent=None,
    ),
)

OPERATION_ATTRIBUTES: tuple[Attribute, ...] = (
    _ro("operations/<op>/calls", _COUNTER, "Calls asked for.", 0),
    _ro("operations/<op>/failures", _COUNTER, "Calls that failed, without rejected ones.", 0),
    _ro(
        "operations/<op>/rejected",
        _COUNTER,
        "Calls refused: by the open breaker, or for want of a place.",
        0,
    ),
    _ro("operations/<op>/retries", _COUNTER, "Attempts after the first.", 0),
    _ro("operations/<op>/retry_successes", _COUNTER, "Calls that succeeded on a retry.", 0),
    _ro("operations/<op>/fallbacks", _COUNTER, "Calls answered by their fallback.", 0),
    _ro("operations/<op>/fallback_failures", _COUNTER, "Fallbacks that failed too.", 0),
    _ro("operations/<op>/timeouts", _COUNTER, "Calls abandoned at their deadline.", 0),
    _ro(
        "operations/<op>/would_reject",
        _COUNTER,
        "Calls that metrics_only let pass and an open breaker would have refused.",
        0,
        absent=0,
    ),
    _ro("operations/<op>/in_flight", _GAUGE, "Calls now running, hung ones included.", 0),
    _ro("operations/<op>/overdue", _GAUGE, "Running calls past their deadline.", 0),
    _ro("operations/<op>/latency_ns_total", _NANOSECONDS, "Sum over completed calls.", 0),
    _ro("operations/<op>/latency_ns_max", _NANOSECONDS, "Longest completed call.", 0),
    _ro(
        "operations/<op>/latency_ns_p50",
        _NANOSECONDS,
        "Within this time half of the completed calls ended, to within 1 percent.",
        0,
        absent=None,
    ),
    _ro(
        "operations/<op>/latency_ns_p99",
        _NANOSECONDS,
        "Likewise, 99 of 100 completed calls.",
        0,
        absent=None,
    ),
    _rw("operations/<op>/timeout_ms", _DURATION, "Deadline of one call with its retries.", None),
    _rw(
        "operations/<op>/max_concurrent",
        _THRESHOLD_OR_OFF,
        "Calls at once; more wait within their deadline, then get EBUSY; 0 = any number.",
        0,
        absent=None,
    ),
)

BREAKER_ATTRIBUTES: tuple[Attribute, ...] = (
    _ro(
        "operations/<op>/breaker/state",
        Word(BreakerState),
        "State of the breaker: disabled judges nothing, metrics_only judges but lets all pass.",
        BreakerState.CLOSED,
        pollable=True,
    ),
    _ro(
        "operations/<op>/breaker/until_ms",
        _MILLISECONDS,
        "Time until the state ends by itself; 0 when it will not.",
        0,
        absent=None,
    ),
    _ro(
        "operations/<op>/breaker/reason",
        OrNone(Reason()),
        "Reason that an operator gave for the state.",
        absent=None,
    ),
    _ro(
        "operations/<op>/breaker/author",
        OrNone(Number("uid")),
        "User who put it into the state by a command.",
        absent=None,
    ),
    _ro("operations/<op>/breaker/generation", _U64, "Rises by 1 at every state change.", 1),
    _ro("operations/<op>/breaker/failures", _GAUGE, "Failures inside the current window.", 0),
    _ro("operations/<op>/breaker/successes", _GAUGE, "Successes since half-open.", 0),
    _ro("operations/<op>/breaker/trips", _COUNTER, "Entries into open and forced_open.", 0),
    _ro("operations/<op>/breaker/opened_ns", _NANOSECONDS, "When it last opened; 0 = never.", 0),
    _ro(
        "operations/<op>/breaker/last_failure_ns",
        _NANOSECONDS,
        "Time of the last failure that counted; 0 = never.",
        0,
    ),
    _ro(
        "operations/<op>/breaker/retry_after_ms",
        _MILLISECONDS,
        "Time until half-open; 0 when not open.",
        0,
    ),
    _ro("operations/<op>/breaker/last_error_id", _ID, "Error that last counted against it."),
    _rw(
        "operations/<op>/breaker/failure_threshold",
        _THRESHOLD,
        "Failures inside the window that open the breaker.",
        _BREAKER.failure_threshold,
    ),
    _rw(
        "operations/<op>/breaker/success_threshold",
        _THRESHOLD,
        "Successes in half-open that close it.",
        _BREAKER.success_threshold,
    ),
    _rw(
        "operations/<op>/breaker/timeout_ms",
        _DURATION,
        "How long it stays open before it lets a probe through.",
        _BREAKER.timeout_ms,
    ),
    _rw(
        "operations/<op>/breaker/window_ms",
        _DURATION,
        "Age at which a failure no longer counts.",
        _BREAKER.window_ms,
    ),
    _rw(
        "operations/<op>/breaker/half_open_max_calls",
        _THRESHOLD,
        "Attempts admitted at a time while half-open.",
        _BREAKER.half_open_max_calls,
    ),
    _rule(
        "operations/<op>/breaker/failure_rate_pct",
        _RATE,
        "Share of failed attempts inside the window that opens the breaker; 0 = rule off.",
        _BREAKER.failure_rate_pct,
    ),
    _rule(
        "operations/<op>/breaker/minimum_calls",
        _THRESHOLD,
        "Attempts inside the window below which there is no rate.",
        _BREAKER.minimum_calls,
    ),
    _rule(
        "operations/<op>/breaker/slow_call_ms",
        _DURATION_OR_OFF,
        "Duration from which an attempt is slow; 0 = none is.",
        _BREAKER.slow_call_ms,
    ),
    _rule(
        "operations/<op>/breaker/slow_rate_pct",
        _RATE,
        "Share of slow attempts inside the window that opens the breaker; 0 = rule off.",
        _BREAKER.slow_rate_pct,
    ),
    _rule(
        "operations/<op>/breaker/open_backoff_pct",
        Number("percent", 100, 1000),
        "Growth of the open time when the breaker opens again without having closed; 100 = none.",
        _BREAKER.open_backoff_pct,
    ),
    _rule(
        "operations/<op>/breaker/max_open_ms",
        _DURATION,
        "Limit to which the open time grows; never below timeout_ms.",
        _BREAKER.max_open_ms,
    ),
    _wo(
        "operations/<op>/breaker/control",
        BreakerControl(),
        f'COMMAND [for <ms>] [if-generation <n>] [reason="..."]: {", ".join(BreakerAction)}.',
    ),
)

INJECT_ATTRIBUTES: tuple[Attribute, ...] = (
    _wo("inject/control", Text("command"), "Fault injection: one fault to inject, or clear."),
    _ro("inject/active", Text("list"), "Faults now injected, one a line."),
)
"""Only in a userspace driver mounted with `--allow-inject`."""

_DECLARED = {
    attribute.path: attribute
    for table in (VOLUME_ATTRIBUTES, OPERATION_ATTRIBUTES, BREAKER_ATTRIBUTES, INJECT_ATTRIBUTES)
    for attribute in table
}

# Attributes that code asks for by name. A path that is not declared fails here, at import.
TREE_VERSION = _DECLARED["abi_version"]
EPOCH = _DECLARED["epoch"]
STATE = _DECLARED["state"]
DEGRADATION = _DECLARED["degradation"]
ACCESS_MODE = _DECLARED["access_mode"]
BREAKER_STATE = _DECLARED["operations/<op>/breaker/state"]
BREAKER_GENERATION = _DECLARED["operations/<op>/breaker/generation"]
BREAKER_CONTROL = _DECLARED["operations/<op>/breaker/control"]
ACTIVE_OPERATIONS = _DECLARED["resources/active_operations"]
MAX_CONCURRENT = _DECLARED["operations/<op>/max_concurrent"]
CALL_TIMEOUT = _DECLARED["operations/<op>/timeout_ms"]
INJECT_CONTROL = _DECLARED["inject/control"]
INJECT_ACTIVE = _DECLARED["inject/active"]


@cache
def attributes() -> tuple[Attribute, ...]:
    """Return every attribute that each volume has, in the order of the specification."""
    return VOLUME_ATTRIBUTES + tuple(_of_operations())


def find_attribute(path: str) -> Attribute:
    """Return the attribute at *path* below a volume; raise AttributeMissing if there is none."""
    try:
        return _by_path()[path]
    except KeyError:
        raise AttributeMissing(
            f"no attribute {path!a} in version {ABI_VERSION} of the tree",
            hint="vexfs-sysfs(5) lists them",
        ) from None


def _of_operations() -> Iterator[Attribute]:
    for operation in OperationType:
        for template in OPERATION_ATTRIBUTES + BREAKER_ATTRIBUTES:
            attribute = template.of(operation)
            if template is CALL_TIMEOUT:
                attribute = attribute._replace(default=operation.default_timeout_ms)
            yield attribute


@cache
def _by_path() -> dict[str, Attribute]:
    return {attribute.path: attribute for attribute in attributes() + INJECT_ATTRIBUTES}


VOLUME_KEYS: Mapping[str, Attribute] = {
    attribute.path: attribute
    for attribute in VOLUME_ATTRIBUTES
    if attribute.access is Access.READ_WRITE
}
"""Settings of a volume by their paths in the tree, `retry/max_attempts`."""

RETRY_KEYS: Mapping[str, Attribute] = {
    attribute.name: attribute
    for attribute in VOLUME_KEYS.values()
    if attribute.directory is Directory.RETRY
}
"""Those of them that say how calls are retried, by their names."""

RESOURCE_KEYS: Mapping[str, Attribute] = {
    attribute.name: attribute
    for attribute in VOLUME_KEYS.values()
    if attribute.directory is Directory.RESOURCES
}
"""Those of them that limit what is used, by their names."""

MOUNT_KEYS: Mapping[str, Attribute] = {
    attribute.path: attribute
    for attribute in attributes()
    if attribute.access is Access.READ_WRITE and isinstance(attribute.type, Number)
}
"""Settings that a volume may begin with, by their paths."""

BREAKER_KEYS: Mapping[str, Attribute] = {
    attribute.name: attribute
    for attribute in BREAKER_ATTRIBUTES
    if attribute.access is Access.READ_WRITE
} | {
    # The breaker has a timeout_ms of its own: the operation's deadline gets another name.
    "call_timeout_ms" if attribute is CALL_TIMEOUT else attribute.name: attribute
    for attribute in OPERATION_ATTRIBUTES
    if attribute.access is Access.READ_WRITE
}
"""Settings of an operation, its breaker's, `call_timeout_ms` and `max_concurrent`, as templates."""
