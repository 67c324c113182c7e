"""Volumes as a reader finds them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.analysis.records import EPOCH
from vexfsctl.model.breaker import BreakerSettings, BreakerState, BreakerStatus
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ErrorCounts,
    ModuleState,
    OperationStatus,
    Presence,
    ResourceStatus,
    RetrySettings,
    Volume,
    VolumeStatus,
)

BREAKER = BreakerStatus(
    state=BreakerState.CLOSED,
    generation=1,
    failures=0,
    successes=0,
    trips=0,
    opened_ns=0,
    last_failure_ns=0,
    retry_after_ms=0,
    last_error_id=None,
    settings=BreakerSettings(),
)
"""Closed, and nothing ever happened."""
OPERATION = OperationStatus(
    calls=0,
    failures=0,
    rejected=0,
    retries=0,
    retry_successes=0,
    fallbacks=0,
    fallback_failures=0,
    timeouts=0,
    in_flight=0,
    overdue=0,
    latency_ns_total=0,
    latency_ns_max=0,
    timeout_ms=5_000,
    breaker=BREAKER,
)
"""Nobody called it yet."""
_STATUS = VolumeStatus(
    abi_version=1,
    driver="fuse",
    version="0.1.0",
    uuid=None,
    device="7:0",
    mountpoint="/mnt/vexfs",
    log="kmsg",
    epoch=EPOCH,
    state=ModuleState.INITIALIZED,
    degradation=DegradationLevel.NORMAL,
    access_mode=AccessMode.READ_WRITE,
    errors=ErrorCounts(0, 0, 0, 0, 0, 0, 0, None, 0),
    retry=RetrySettings(),
    resources=ResourceStatus(48 << 20, 0, 1 << 30, 0, 0, 0, 0),
    operations=dict.fromkeys(OperationType, OPERATION),
)


def healthy_volume(name: str = "loop0") -> Volume:
    """Return a volume with nothing wrong, as just mounted."""
    return Volume(name, Path("/run/vexfs"), Presence.PRESENT, _STATUS)


def with_status(volume: Volume, **changes: Any) -> Volume:
    """Return *volume* with other attributes of its own."""
    assert volume.status is not None
    return replace(volume, status=replace(volume.status, **changes))


def with_operation(volume: Volume, operation: OperationType, **changes: Any) -> Volume:
    """Return *volume* with other attributes of one operation."""
    assert volume.status is not None
    operations = dict(volume.status.operations)
    operations[operation] = replace(operations[operation], **changes)
    return with_status(volume, operations=operations)


def with_breaker(volume: Volume, operation: OperationType, **changes: Any) -> Volume:
    """Return *volume* with another breaker of one operation."""
    return with_operation(volume, operation, breaker=replace(BREAKER, **changes))
