"""The calls of one function: their numbers, their failures, the lines that tell of them."""

from operator import length_hint
from sys import maxsize

from vexfsctl.guard.call import CallRejected
from vexfsctl.guard.errors import error_of
from vexfsctl.guard.ffi.lines import CallLines, outcome_of
from vexfsctl.model.errnos import classify_errno
from vexfsctl.resilience.counters import Counter


class Site:
    """Counts the calls of one function from 1, as each call site of the kernel module does."""

    def __init__(self, name: str, lines: CallLines) -> None:
        self.name = name
        self._lines = lines
        # As `resilience.counters` counts: in C, and it can be read.
        self._numbers = iter(range(1, maxsize))
        self.next_number = self._numbers.__next__
        """Returns the N of the `[CALL-N]` that begins."""
        self._failures = Counter()

    @property
    def calls(self) -> int:
        """Calls begun, those that a breaker refused included."""
        return maxsize - 1 - length_hint(self._numbers)

    @property
    def failures(self) -> int:
        """Those that failed, whatever served them in the end; an answer such as ENOENT has not."""
        return self._failures.value

    @property
    def failure_rate_pct(self) -> int:
        """Share of `failures` in `calls`, 0 to 100."""
        return 100 * self.failures // max(1, self.calls)

    def count(self, number: int, error: OSError, *, served: bool) -> None:
        """Count call *number*, which ended in *error*; *served*: for its caller, by a fallback."""
        known = error_of(error)
        if known is None or not _is_failure(known.errno, self.name):
            return
        if not isinstance(error, CallRejected):
            self._failures.add()
        outcome = outcome_of(known.code or -known.errno, self.failure_rate_pct)
        self._lines.failed(self.name, number, known.parent or known.id, outcome, served=served)


def _is_failure(errno: int, call: str) -> bool:
    return classify_errno(errno, call).counts_as_failure
