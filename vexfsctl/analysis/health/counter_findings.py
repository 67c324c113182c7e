"""What the error counters of a volume show beyond its log."""

from collections.abc import Iterable, Iterator

from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.load_coverage import coverage_of_load
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.volume import VolumeStatus
from vexfsctl.render.words import counted_noun

_FULL = "see whether the disk of the log is full or hangs; errors tells how many are missing"
_LOGGER = "some loggers drop what user space writes to the kernel log: rsyslog's imklog does"


def judge_counters(
    name: str,
    status: VolumeStatus,
    log: Iterable[LogEntry],
    coverage: Coverage,
    *,
    shown: bool,
) -> Iterator[Finding]:
    """Yield what the log does not show of the volume *name*, unless the counters rule it out.

    Call it if the counters have something grave in the window, or cannot be read. *coverage* is
    that of *log*; *shown*: an error of the volume is in it, believed and in the window.
    """
    missing = coverage_of_load(name, status, log, coverage).missing(status.log)
    if status.errors is None:
        if missing is not None:
            message = f"its error counters cannot be read, and the log is not complete: {missing}"
            yield Finding(Verdict.UNKNOWN, "log_incomplete", message, name)
        return
    if status.errors.lost:
        records = counted_noun(status.errors.lost, "error record")
        message = f"{records} could not be written to its log, {status.log}"
        yield Finding(Verdict.WARNING, "records_lost", message, name, hint=_FULL)
        return
    if not shown and not (status.errors.low or status.errors.medium):
        message = "an error of high severity or worse, by the counters"
        yield Finding(Verdict.WARNING, "error_high", message, name)
    elif missing is not None:
        message = f"the log is not complete and the counters do not rule out an error: {missing}"
        yield Finding(Verdict.UNKNOWN, "log_incomplete", message, name)
    elif not shown:
        message = "the counters have an error that the log does not show"
        hint = _LOGGER if status.may_be_dropped else None
        yield Finding(Verdict.UNKNOWN, "log_disagrees", message, name, hint=hint)
