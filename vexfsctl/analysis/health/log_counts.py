"""Counts of what is in a log, by the labels of the gauges that show them."""

from collections import Counter

from vexfsctl.analysis.errors.groups import is_error
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.errnos import CORRUPTION_ERRNOS
from vexfsctl.model.events import CallRejected, CallTimedOut, ErrorReported, RecordsSuppressed
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance

_OF_SIGNIFICANCE = {
    Significance.TIMEOUT: "timeouts",
    Significance.BLOCKED: "calls_rejected",
    Significance.CORRUPTION: "corruptions",
    Significance.DATA_LOSS: "data_losses",
    Significance.NOISE: "expected_noise",
}


def count_entry(entry: LogEntry, counts: Counter[str]) -> None:
    """Add what *entry* reports to *counts*, by the labels of gauges."""
    event, upstream = entry.event, entry.upstream
    if isinstance(event, ErrorReported):
        counts[f"errors_{event.severity}"] += 1
        counts["corruptions"] += event.errno in CORRUPTION_ERRNOS
    elif isinstance(event, CallTimedOut):
        counts["timeouts"] += 1
    elif isinstance(event, CallRejected):
        counts["calls_rejected"] += 1
    elif isinstance(event, RecordsSuppressed):
        counts["calls_suppressed"] += event.calls
    elif upstream is not None:
        counts[_OF_SIGNIFICANCE.get(upstream.significance, "")] += 1
        if upstream.significance is Significance.ERROR and is_error(entry):
            counts[f"errors_{upstream.severity or Severity.LOW}"] += 1
