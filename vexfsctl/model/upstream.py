"""What VexFS builds other than our provider write into a log: prose, each line with its worth.

The forms are in `logs.upstream`. Their kernel level says nothing (traces are printed at ALERT,
high severity at WARNING), so what a line is worth is declared with its form.
"""

from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity


class Significance(StrEnum):
    """What a line is worth as evidence."""

    ROUTINE = "routine"
    """It went well, or only tells how far it got."""
    NOISE = "noise"
    """It looks like trouble and is known to be none; the event's note says why."""
    ERROR = "error"
    """Something failed."""
    BLOCKED = "blocked"
    """A breaker or the degradation level refused a call."""
    TIMEOUT = "timeout"
    """Something ran past its deadline."""
    CORRUPTION = "corruption"
    """Stored structures or data are damaged."""
    DATA_LOSS = "data_loss"
    """Data was acknowledged to the application and is not stored."""

    @property
    def is_trouble(self) -> bool:
        """Whether it tells that something is wrong."""
        return self not in (Significance.ROUTINE, Significance.NOISE)


class UpstreamKind(StrEnum):
    """What a line tells of, as far as conclusions depend on it."""

    CALL_STARTED = "call_started"
    CALL_SUCCEEDED = "call_succeeded"
    CALL_FAILED = "call_failed"
    CALL_BLOCKED = "call_blocked"
    CALL_TIMED_OUT = "call_timed_out"
    CALL_SKIPPED = "call_skipped"
    """The module was not initialised, and its own answer was given instead."""
    FALLBACK_USED = "fallback_used"
    MODULE_LOADED = "module_loaded"
    """The first line of a load: numbers of calls count from 1 again."""
    MODULE_UNLOADED = "module_unloaded"
    MODULE_STATE = "module_state"
    DEGRADATION = "degradation"
    WATCHDOG = "watchdog"
    MOUNTED = "mounted"
    UNMOUNTED = "unmounted"
    MESSAGE = "message"
    """Anything else; its significance says all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamEvent:
    """One line of such a build; None where the line does not say."""

    form: str
    """Name of the form it has: `ffi_call_failed`."""
    kind: UpstreamKind
    significance: Significance
    severity: Severity | None = None
    """By the form or the text, never by the kernel level; None unless it tells of trouble."""
    operation: OperationType | None = None
    """Inferred from the call where the build has no operation types of its own."""
    call: str | None = None
    """Call site or operation as the line names it: `lookup_inode`, `read_block`."""
    number: int | None = None
    """N of `[CALL-N]`, which counts per call and module load; of a watchdog, that of its timer."""
    id: CorrelationId | None = None
    alias: CorrelationId | None = None
    """Second id of the same failure: the inner one, where the line has two."""
    error: str | None = None
    """Catalogue name, the likeliest where the message fits several."""
    errno: int | None = None
    """Positive; None too where the number is no errno (-1, a byte count)."""
    device: str | None = None
    """Kernel name, `loop0`."""
    inode: int | None = None
    block: int | None = None
    size: int | None = None
    """Bytes: of data lost, of memory leaked."""
    rate_pct: int | None = None
    """Failure rate of the call site since module load, 0 to 100, as the line gives it."""
    before: str | None = None
    """State or degradation level left, in our words (`initialized`, `read_only`)."""
    after: str | None = None
    note: str | None = None
    """Why it is worth what it is worth, where that is not plain from the text."""
