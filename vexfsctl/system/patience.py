"""How long to wait for an answer: one deadline, or three where the silence may only be load.

On a host with more work than processors a healthy process answers late. Who waits looks at the
second half of each deadline: whether the process that asks got on, or waited for a processor
(then it gets answers, or has not even asked), and whether the CPU clock of the one that owes the
answer moved. If neither, the silence is no matter of load.
"""

from typing import NamedTuple

from vexfsctl.system.processor_time import Look, ProcessorDeadline, ProcessorTime

DEADLINES = 3
"""How many of them a silence lasts that may be load."""


class Signs(NamedTuple):
    """What was seen of both sides at the end of a deadline that brought no answer."""

    asking: bool
    """Whether the process that asks got on, or waits for a processor."""
    answering: bool | None
    """Whether the CPU clock of the process that owes the answer moved, or would if it got a
    processor; None if no such process is known."""

    @property
    def standing(self) -> bool:
        """Whether the silence is no matter of load."""
        return not self.asking and self.answering is False


def is_over(signs: Signs, deadlines: int) -> bool:
    """Return whether to wait no longer after *deadlines* without an answer."""
    return signs.standing or deadlines >= DEADLINES


class Patience:
    """The wait for one answer of *seconds*, repeated while its silence may be load."""

    def __init__(
        self, seconds: float, asking: Look, answering: Look | None = None, *, more_s: float = 0
    ) -> None:
        """Begin now. Without *answering*, both sides are one process.

        The answer may take *more_s* seconds of its own accord.
        """
        self.signs: Signs | None = None
        """What was seen at the last deadline; None before the first."""
        self.deadlines = 0
        """How many have passed without the answer."""
        self._seconds, self._more_s = seconds, more_s
        self._asking, self._answering = asking, answering
        self._period = ProcessorDeadline(more_s + seconds / 2, asking)
        self._half: tuple[ProcessorTime | None, ProcessorTime | None] | None = None
        self._over = False

    @property
    def passed_s(self) -> float:
        """Return the seconds that have passed without the answer, in whole deadlines."""
        return self._more_s + self._seconds * self.deadlines

    @property
    def busy(self) -> bool:
        """Whether there was a sign of life at the last deadline."""
        return self.signs is not None and (self.signs.asking or bool(self.signs.answering))

    def left_s(self) -> float:
        """Return how many seconds to wait before asking again; 0 or less: no longer."""
        while not self._over:
            left_s = self._period.left_s()
            if left_s > 0:
                return left_s
            self._end_period()
        return 0

    def _end_period(self) -> None:
        asking = self._asking()
        now = asking, self._answering() if self._answering else asking
        if self._half is None:
            self._half = now
        else:
            self.signs = Signs(bool(_moved(self._half[0], now[0])), _moved(self._half[1], now[1]))
            self.deadlines += 1
            self._over = is_over(self.signs, self.deadlines)
            self._half = None
        waited_ns = asking.waited_ns if asking else 0
        self._period = ProcessorDeadline(self._seconds / 2, self._asking, waited_ns=waited_ns)


def _moved(before: ProcessorTime | None, now: ProcessorTime | None) -> bool | None:
    return None if before is None or now is None else now.moved_since(before)
