"""One line for each foreign call that failed, as the kernel module writes it, with an id.

The number counts the calls of one function, the correlation id is the one of all records of the
call. `vexfsctl.logs.upstream` reads these lines. They are limited as records are: so many failing
calls in an interval, then how many were left out.
"""

import threading
from collections.abc import Callable

from vexfsctl.catalogue.entry import VexfsCode
from vexfsctl.guard.ratelimit import LogRateLimit
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.resilience.forking import renew_after_fork


class CallLines:
    """Writes lines with *write*, if there is one."""

    def __init__(self, write: Callable[[str], object] | None, now_ns: Callable[[], int]) -> None:
        self._write = write
        self._now_ns = now_ns
        self._limit = LogRateLimit()
        self._start_after_fork()
        renew_after_fork(self)

    def _start_after_fork(self) -> None:
        self._lock = threading.Lock()

    def failed(
        self, call: str, number: int, of: CorrelationId, outcome: str, *, served: bool
    ) -> None:
        """Write that call *number* of the function *call* had *outcome*; *served*: by a fallback.

        *of* is its correlation id, or that of what it belongs to.
        """
        if self._write is None:
            return
        now_ns = self._now_ns()
        self._tell_left_out(now_ns)
        with self._lock:
            admitted = self._limit.admit(now_ns)
        if admitted:
            using = ", using fallback" if served else ""
            self._put(f"VexFS: [CALL-{number}] [{of}] FFI call {call} {outcome}{using}")

    def flush(self) -> None:
        """Write how many were left out so far, if any were."""
        self._tell_left_out(None)

    def _tell_left_out(self, now_ns: int | None) -> None:
        with self._lock:
            left_out = self._limit.take_suppressed(now_ns)
        if left_out is not None:
            within = f"within {left_out.interval_ms} ms"
            self._put(f"VexFS: {left_out.calls} failed FFI calls not logged {within}")

    def _put(self, line: str) -> None:
        if self._write is None:
            return
        try:
            self._write(line)
        except Exception as bug:  # noqa: BLE001 - of the log, and not of the call
            report_unraisable(bug)


def outcome_of(code: int, rate_pct: int) -> str:
    """Return how a line says what became of a call, which failed with *code*."""
    match code:
        case VexfsCode.CIRCUIT_BREAKER:
            return "blocked by circuit breaker"
        case VexfsCode.TIMEOUT:
            return f"timed out: {code}"
    return f"failed: {code} (failure rate: {rate_pct}%)"


def report_unraisable(error: BaseException) -> None:
    """Tell of an exception that no caller is there for, as Python does: `sys.unraisablehook`."""
    # Only the interpreter can make what the hook is given: it does so for a finaliser that raises.
    _WithoutCaller(error)


class _WithoutCaller:
    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __del__(self) -> None:
        raise self._error
