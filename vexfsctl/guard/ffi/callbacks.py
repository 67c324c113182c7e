"""Python functions that C calls back: what they raise crosses C as a code, and comes out whole.

C knows no exceptions: ctypes and cffi print one and give C a 0. Here the exception is kept with the
guarded call that C is in, and C gets the code for it. When that call returns the code, it raises
the very exception. An OSError is C's to handle: nothing is raised if the call succeeds after all.
Any other exception is a bug, or an interrupt, and is raised however the call ends; so is an OSError
of a callback whose answer cannot tell C of it.
"""

import sys
from collections.abc import Callable
from functools import wraps
from threading import RLock, get_ident
from types import FrameType
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

from vexfsctl.guard.call import Call
from vexfsctl.guard.ffi.codes import code_of
from vexfsctl.guard.ffi.lines import report_unraisable
from vexfsctl.guard.ffi.returns import Failed
from vexfsctl.guard.guard import Guard
from vexfsctl.resilience.forking import renew_after_fork
from vexfsctl.system.clock import MonotonicClock

F = TypeVar("F", bound=Callable[..., Any])

CODE = object()
"""What a callback answers when it raises: the code of the exception."""


class Raised(NamedTuple):
    """What a callback raised."""

    error: BaseException
    code: int
    handled_by_c: bool
    """Whether C was told, and may go on as if nothing was."""
    at_ns: int


class Callbacks:
    """What callbacks have raised in calls that are under way, of whichever boundary."""

    def __init__(self) -> None:
        self.raised: dict[Call | None, list[Raised]] = {}
        """By the call that C was in; None: in a thread of C's own. Empty, unless one raised."""
        self.inside: dict[int, FrameType] = {}
        """By thread, the frame of the callback, or decorated function, that it is in."""
        self._guards: WeakSet[Guard] = WeakSet()
        self._now_ns = MonotonicClock.now_ns
        self._lock = RLock()
        """For what belongs to no thread; taken only where a callback has raised."""
        renew_after_fork(self)

    def watch(self, guard: Guard) -> None:
        """Count the calls of *guard* among those under way."""
        self._guards.add(guard)

    def _start_after_fork(self) -> None:
        frame = self.inside.get(get_ident())
        self.inside.clear()
        self._lock = RLock()
        if frame is not None:
            self.inside[get_ident()] = frame

    def guard(self, function: F, answer: object) -> F:
        """Return *function* as one that C may call: where it raises, C gets *answer*."""

        @wraps(function)
        def called_back(*args: Any) -> Any:
            try:
                return entered(*args)
            except BaseException as error:  # noqa: BLE001 - it is raised where C is back
                return self._keep(error, answer, sys._getframe())

        entered = self.entered(function)
        return called_back  # type: ignore[return-value]

    def entered(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function* so that guarded calls which it makes know the call it is part of."""
        inside = self.inside

        @wraps(function, updated=())
        def enter(*args: Any, **kwargs: Any) -> Any:
            thread = get_ident()
            before = inside.get(thread)
            inside[thread] = sys._getframe()
            try:
                return function(*args, **kwargs)
            finally:
                if before is None:
                    inside.pop(thread, None)
                else:
                    inside[thread] = before

        return enter

    def outcome(
        self, call: Call, failed: Failed | None
    ) -> tuple[BaseException | None, BaseException | None]:
        """Return what *call* is to raise because a callback did, and what led to its failure.

        C is back, and *failed* is what it returned, None for a success. Threads of C's own may
        have called back on behalf of any call that was under way.
        """
        own = self.raised.pop(call, [])
        with self._lock:
            strays = self.raised.pop(None, [])
            since = [each for each in strays if each.at_ns >= call.started_ns]
            chosen = _chosen([*since, *own], failed)
            others = self._busy() > 1  # the call that asks is one of those under way
            left = [each for each in strays if each is not chosen]
            if chosen is not None and not chosen.handled_by_c and not others:
                # One bug of this call is told; the rest may follow from it.
                left = [each for each in left if each.at_ns < call.started_ns]
            self._leave(left, others=others)
        led_to_it = own[-1].error if own and failed is not None else None
        return None if chosen is None else chosen.error, led_to_it

    def forget(self, call: Call) -> None:
        """Forget what was raised in *call*, which raises something else."""
        self.raised.pop(call, None)

    def _keep(self, error: BaseException, answer: object, frame: FrameType) -> object:
        code = int(code_of(error))
        told = answer is CODE and isinstance(error, OSError)
        raised = Raised(error, code, told, self._now_ns())
        call = enclosing(frame)
        if call is not None:
            _add(self.raised.setdefault(call, []), [raised])
        else:
            self._leave([raised], others=self._busy() > 0)
        return code if answer is CODE else answer

    def _leave(self, strays: list[Raised], *, others: bool) -> None:
        """Leave what C's own threads raised to *others* under way; without any, tell of bugs."""
        if strays and others:
            with self._lock:
                _add(self.raised.setdefault(None, []), strays)
            return
        for each in strays:
            if not each.handled_by_c:
                report_unraisable(each.error)

    def _busy(self) -> int:
        """Guarded calls that are under way."""
        operations = (each for guard in self._guards for each in guard.operations.values())
        return sum(operation.statistics.running.value for operation in operations)


CALLBACKS = Callbacks()
"""Those of this process: a callback may be given to functions of several libraries."""


def _add(kept: list[Raised], more: list[Raised]) -> None:
    """Keep *more*, but no more altogether than can be of use: C may call back a million times."""
    kept.extend(more)
    del kept[:-_MOST_KEPT]


_MOST_KEPT = 64


def _chosen(candidates: list[Raised], failed: Failed | None) -> Raised | None:
    """Return the one to be raised: a bug before all, else what C was told last and returned."""
    bugs = [each for each in candidates if not each.handled_by_c]
    if bugs:
        # The first: C went on, and what came after may follow from it. But an interrupt counts.
        interrupts = (each for each in bugs if not isinstance(each.error, Exception))
        return next(interrupts, bugs[0])
    if failed is None:
        return None
    fitting = (each for each in reversed(candidates) if failed.code in (None, each.code))
    return next(fitting, None)


def enclosing(frame: FrameType | None) -> Call | None:
    """Return the guarded call that runs *frame*; None if none does.

    Found by walking outwards, when somebody asks: to keep it in a variable of the thread would cost
    every call as much as all that finds out whether it failed.
    """
    while frame is not None:
        if frame.f_code.co_name == "attempt" and frame.f_globals.get("__name__") == _ATTEMPTS:
            call: Call = frame.f_locals["call"]
            return call
        frame = frame.f_back
    return None


_ATTEMPTS = "vexfsctl.guard.ffi.binding"
"""The module whose functions called `attempt` run a `call`."""
