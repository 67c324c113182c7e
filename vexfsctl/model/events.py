"""What happened: one frozen value for each record of vexfs-log(5).

The engine reports these to its log, which turns them into lines, and the log
reader turns lines back into them; `logs.grammar` alone knows the wording. Fields stand in the
order in which the record lists its keys; None means that the record does not carry the key.
"""

from dataclasses import field
from enum import StrEnum

from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.device_names import is_bio_based
from vexfsctl.model.hints import RecoveryHint
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.value import quick_value

Extra = tuple[tuple[str, str], ...]
"""Keys of a record that this version does not know, in their order: kept, never dropped."""


@quick_value(kw_only=True)
class Event:
    """What every record carries."""

    volume: str
    extra: Extra = field(default=())


@quick_value(kw_only=True)
class CallEvent(Event):
    """A step of one guarded call, or of an operator: carries the id that joins its records."""

    id: CorrelationId
    operation: OperationType
    call: str
    """The FUSE request in lower case: `read`, `fsync`, `statfs`."""
    parent: CorrelationId | None = None


@quick_value(kw_only=True)
class ErrorReported(CallEvent):
    """`error`: one failed attempt."""

    error: str
    """Catalogue name, `IoError.ReadError`."""
    errno: int
    """Positive errno."""
    severity: Severity
    attempt: int
    max_attempts: int
    inode: int | None = None
    offset: int | None = None
    length: int | None = None
    hints: tuple[RecoveryHint, ...] = ()
    stack: str | None = None
    message: str


@quick_value(kw_only=True)
class RetryScheduled(CallEvent):
    """`retry`: attempt number *attempt* follows after the delay."""

    attempt: int
    max_attempts: int
    delay_ms: int


@quick_value(kw_only=True)
class CallRecovered(CallEvent):
    """`recovered`: a call that succeeded after at least one failed attempt."""

    attempts: int
    duration_us: int
    inode: int | None = None


@quick_value(kw_only=True)
class CallFailed(CallEvent):
    """`failed`: a call that gave its caller an error."""

    error: str
    errno: int
    attempts: int
    duration_us: int
    inode: int | None = None


@quick_value(kw_only=True)
class FallbackUsed(CallEvent):
    """`fallback`: what was served instead (`last_good`), and whether that worked."""

    via: str
    result: str
    """`ok`, or the name of the errno the fallback itself met."""


@quick_value(kw_only=True)
class CallTimedOut(CallEvent):
    """`timeout`: a call that was still running at its deadline and was abandoned."""

    limit_ms: int
    inode: int | None = None


@quick_value(kw_only=True)
class CallRejected(CallEvent):
    """`rejected`: a call that an open breaker refused, or for which no place came free in time."""

    retry_after_ms: int
    """0 if that is not known, or no breaker refused it."""
    limit: str | None = None
    """What left no place: `max_operations`, `max_concurrent`, `degradation`; None: the breaker."""


@quick_value(kw_only=True)
class BreakerChanged(Event):
    """`breaker`: one state change; the id is that of the error or operator record behind it."""

    id: CorrelationId | None
    """None when a timer did it."""
    operation: OperationType
    before: BreakerState
    after: BreakerState
    generation: int
    failures: int | None = None
    failure_threshold: int | None = None
    window_ms: int | None = None
    rule: str | None = None
    """`failure_rate` or `slow_rate` where that opened it; None where the failures did."""
    trips: int
    by: str | None = None
    """`timer` or `operator`; None when a call's outcome did it."""


@quick_value(kw_only=True)
class OperatorActed(Event):
    """`operator`: one accepted command, whether it changed anything or not."""

    id: CorrelationId
    operation: OperationType | None = None
    """None for a command on the whole volume (`access_mode`)."""
    action: str
    before: str
    after: str
    uid: int
    pid: int
    reason: str | None = None


@quick_value(kw_only=True)
class RecoveryStepTaken(Event):
    """`recovery`: one step of a recovery plan, or of the driver's own shutdown."""

    id: CorrelationId
    operation: OperationType | None = None
    step: str
    result: str
    duration_us: int
    message: str | None = None


@quick_value(kw_only=True)
class StateChanged(Event):
    """`state`: the provider moved from one state to another."""

    epoch: int
    before: str
    after: str
    driver: str
    version: str
    device: str | None = None
    """Kernel name of the block device that the volume lies on: `vda1`, `loop0`. The writer of the
    log chose it: check it before looking for it."""


@quick_value(kw_only=True)
class DegradationChanged(Event):
    """`degradation`: the engine changed its judgement."""

    before: str
    after: str
    cause: CorrelationId | None = None
    resource: str | None = None
    """What is short, or is not any more: `memory`, `operations`, `space`."""
    used_pct: int | None = None
    """How much of its limit is used."""


@quick_value(kw_only=True)
class RecordsSuppressed(Event):
    """`suppressed`: what the rate limit left out during the interval."""

    calls: int
    """Application calls not logged; a nested call counts as part of its caller."""
    errors: int
    """Their error records."""
    interval_ms: int


_ABOVE_DISKS = frozenset({"filesystem", "hung_task", "stall"})
"""Kinds of evidence about what lies on devices, or waits for them."""


class EvidenceSignificance(StrEnum):
    """What a line of the kernel about a device tells of."""

    TROUBLE = "trouble"
    """Something is wrong."""
    REPAIR = "repair"
    """Something was wrong and has been mended."""
    ROUTINE = "routine"
    """Nothing is wrong."""


@quick_value(kw_only=True)
class KernelEvidence:
    """A line of the rest of the kernel about a device: evidence, never a VexFS error."""

    kind: str
    """`block`, `buffer`, `filesystem`, `scsi`, `ata`, `nvme`, `md`, `device_mapper`, `loop`,
    `fuse`, `nfs`, `smb`, `network_filesystem`, `zfs`, `cluster`, `capacity`, `swap`, `memory`,
    `hung_task`, `stall`, `oom_kill`, `kernel_bug`, `mce`, `edac`, `aer`, `iscsi`, `fc`, `sas`,
    `hba`, `suppressed` …"""
    device: str | None = None
    """Kernel name, `loop0`; where the text has none, what the record's metadata has: `7:0`.

    For what is no block device, its name in sysfs: `3:0:0:0`, `host6`, `nvme0`, `1-2`; of libata,
    which has other names there, that of its lines: `ata2`, `ata2.00`. Else what the kernel
    prints: a server, a session, a PCI address."""
    sector: int | None = None
    """In 512-byte units; the start of the request, not of the bad block."""
    direction: str | None = None
    """`read`, `write`, `flush`, `discard` …; None if the line does not say."""
    errno: int | None = None
    """What the line says, or what the block layer makes of it (Linux 6.12)."""
    lost: int | None = None
    """Lines the kernel's own rate limit left out (`N callbacks suppressed`)."""
    significance: EvidenceSignificance = EvidenceSignificance.TROUBLE
    member: str | None = None
    """The disk that the line is about, where *device* is the array or pool that it is part of."""
    task: str | None = None
    """The task that waits or is stuck, by name and process number: `fio:4242`."""
    sector_on_member: bool = False
    """Whether *sector* counts on *member*, not on *device*."""
    lba: int | None = None
    """What a command calls its first block: in blocks of the device's own size, which the line does
    not say. It is no sector until that is known."""
    block_bytes: int | None = None
    """The size of such a block, on the line of a device's discovery that says it."""
    general: bool = False
    """Whether no form of this line is known: it was read by its words and numbers alone."""

    @property
    def devices(self) -> tuple[str, ...]:
        """All that it names: what it is about, and the member of that."""
        if self.member is None:
            return () if self.device is None else (self.device,)
        return (self.member,) if self.device is None else (self.device, self.member)

    @property
    def tells_cause(self) -> bool:
        """Whether it tells of trouble of what it names itself.

        A filesystem, a task, device mapper or md mostly has it because something below has.
        """
        if not self.is_trouble or self.kind in _ABOVE_DISKS:
            return False
        # Of nothing, all are.
        return not all(map(is_bio_based, self.devices))

    @property
    def sector_device(self) -> str | None:
        """The device that *sector* counts on."""
        return self.member if self.sector_on_member else self.device

    @property
    def tells_of_blocks(self) -> bool:
        """Whether it speaks of blocks of the device's own size."""
        return self.lba is not None or self.block_bytes is not None

    @property
    def is_trouble(self) -> bool:
        """Whether something is wrong."""
        return self.significance is EvidenceSignificance.TROUBLE
