"""What VexFS builds other than our provider write into a log: prose, and how much it matters.

The forms are in `logs.upstream`. Their kernel level says nothing (traces are printed at ALERT, high
severity at WARNING), so how much a line matters is declared with its form.
"""

from enum import StrEnum

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.value import quick_value


class Significance(StrEnum):
    """How much a line matters as evidence."""

    ROUTINE = "routine"
    """It reports success or progress."""
    NOISE = "noise"
    """It looks like trouble but is known to be harmless; the event's note says why."""
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
        """Whether it says that something is wrong."""
        return self not in (Significance.ROUTINE, Significance.NOISE)


class UpstreamKind(StrEnum):
    """What a line is about, as far as conclusions depend on it."""

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


KERNEL_FORMS = frozenset(
    {
        "kernel_unsigned",
        "kernel_tainted",
        "kernel_refused_module",
        "kernel_mount_option",
        "kernel_code_at",
        "kernel_bug",
        "kernel_warning",
        "kernel_busy_inodes",
        "kernel_cache_leak",
        "kernel_segfault",
        "kernel_trace",
        "kernel_modules",
        "kernel_process",
        "kernel_mention",
    }
)
"""Forms of lines that the kernel wrote about a module (`logs.kernel.mentions` has them), or that
have the name in them."""

HEARSAY = frozenset({"kernel_segfault", "kernel_process", "kernel_mention"})
"""Those of them that have the name of VexFS where any user may have put it: the name of a process,
a file, a device, a label."""


@quick_value(kw_only=True)
class UpstreamEvent:
    """One line of such a build; fields are None if the line does not say."""

    form: str
    """Name of the form it has: `ffi_call_failed`."""
    kind: UpstreamKind
    significance: Significance
    severity: Severity | None = None
    """By the form or the text, never by the kernel level; None unless it reports trouble."""
    operation: OperationType | None = None
    """Inferred from the call where the build has no operation types of its own."""
    call: str | None = None
    """Call site or operation as the line names it: `lookup_inode`, `read_block`."""
    number: int | None = None
    """N of `[CALL-N]`, which counts per call and module load; for a watchdog, its timer's."""
    id: CorrelationId | None = None
    alias: CorrelationId | None = None
    """Second id of the same failure: the inner one, where the line has two."""
    error: str | None = None
    """Catalogue name, the likeliest if the message fits several."""
    errno: int | None = None
    """Positive; also None if the number is not an errno (-1, a byte count)."""
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
    """Why it has that significance, if the text does not make it plain."""

    @property
    def by_kernel(self) -> bool:
        """Whether the kernel wrote it about a VexFS module, whichever that is."""
        return self.form in KERNEL_FORMS

    @property
    def hearsay(self) -> bool:
        """Whether it shows only that somebody calls something VexFS: no evidence of one."""
        return self.form in HEARSAY
