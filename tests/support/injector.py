"""Interrupts code at a chosen point, to see what it leaves behind.

A signal handler that raises does so where CPython looks for signals: after a call, at the entry of
a function, at a backward jump. A tracer can raise there, and unlike a real signal at each of them
in turn.
"""

import dis
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any


class Interrupt(BaseException):
    """What is raised."""


class Points(Enum):
    """Where."""

    SIGNALS = "where CPython looks for signals"
    LINES = "at every line"


_LOOKS = ("CALL", "CALL_FUNCTION_EX", "RESUME", "JUMP_BACKWARD", "CALL_KW")


def interruptions(
    scenario: Callable[[], object], code: Path, points: Points, *, step: int = 1
) -> Iterator[int]:
    """Run *scenario* again and again, each time interrupted at the next point in files of *code*.

    Or with *step* at each so many-th.

    Yields the number of the point after each run, when the frames that were interrupted are gone;
    ends with the first run that came through.
    """
    number = 0
    while _interrupt(scenario, code, points, number):
        gc.collect(1)  # frames and their tracer refer to each other, and are young
        yield number
        number += step


def _interrupt(scenario: Callable[[], object], code: Path, points: Points, number: int) -> bool:
    tracer = _Tracer(str(code), points, number)
    ended: list[type[BaseException] | None] = []

    def run() -> None:
        sys.settrace(tracer.enter)
        try:
            scenario()
        except BaseException as error:  # noqa: BLE001 - for the caller to judge
            ended.append(type(error))
        else:
            ended.append(None)
        finally:
            sys.settrace(None)

    # A thread of its own: raised between two instructions of a clean-up, where no signal can
    # strike, an exception is left behind in the interpreter's state of the thread.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    tracer.forget()
    assert ended == [Interrupt if tracer.raised else None]
    return tracer.raised


class _Tracer:
    def __init__(self, code: str, points: Points, number: int) -> None:
        self._code = code
        self._left = number
        self._points = points
        self._last: dict[FrameType, str] = {}
        self.raised = False

    def forget(self) -> None:
        """Let go of the frames."""
        self._last.clear()

    def enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Trace the frames of interest."""
        if not frame.f_code.co_filename.startswith(self._code):
            return None
        frame.f_trace = self._step  # Python 3.13 heeds the next line only then
        frame.f_trace_opcodes = self._points is Points.SIGNALS
        return self._step

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "opcode":
            before = self._last.get(frame)
            self._last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if before in _LOOKS:
                self._count()
        elif event == "line" and self._points is Points.LINES:
            self._count()
        elif event in ("return", "exception"):
            # After a call that raised, CPython does not look.
            self._last.pop(frame, None)
        return self._step

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0 and not self.raised:
            self.raised = True
            raise Interrupt
