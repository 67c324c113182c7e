"""The boundary to a shared library: every call through it is guarded, and comes back whole.

Guarding is `vexfsctl.guard`'s: breaker of the operation type, counters, records, correlation ids,
fallback. What is done here is foreign: what results mean, errno, callbacks, calls that cannot be
interrupted.
"""

import re
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, overload

from vexfsctl.guard.call import Call
from vexfsctl.guard.ffi.binding import Binding
from vexfsctl.guard.ffi.callbacks import CALLBACKS, CODE, enclosing
from vexfsctl.guard.ffi.components import Component, Components
from vexfsctl.guard.ffi.declaration import Declaration
from vexfsctl.guard.ffi.functions import ForeignFunction, Result, describe
from vexfsctl.guard.ffi.lines import CallLines
from vexfsctl.guard.ffi.site import Site
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.resilience.workers import Workers
from vexfsctl.system.clock import MonotonicClock

F = TypeVar("F", bound=Callable[..., Any])

_NO_WORD = re.compile(r"\W", re.ASCII)
_LONGEST_NAME = 64
"""Characters: what reads the lines takes no more, and no others than those of a word."""
_MOST_REMEMBERED = 1024
"""Functions that a plain call finds bound."""


class Boundary:
    """Calls functions of shared libraries: given one it calls it, given none it is a decorator.

        boundary(libc.fsync, fd)
        pread = boundary(operation="storage", deadline=2.0)(libc.pread)
        with boundary(operation="storage") as call: call(libc.fsync, fd)

    Raises OSError of the class that Python has for the errno, with an EnhancedError that `error_of`
    returns; CallRejected (EBUSY) from an open breaker. Keywords are those of `Declaration`.
    """

    def __init__(
        self,
        name: str = "ffi",
        *,
        guard: Guard | None = None,
        log: Callable[[str], object] | None = None,
        workers: Workers | None = None,
        clock: Clock | None = None,
    ) -> None:
        """*guard*: that of a volume, to share its breakers and records; else one of its own.

        *log* gets a line for each failing call, as the kernel module writes them. *workers* run
        calls with a deadline. *clock* is that of *guard*.
        """
        clock = clock or MonotonicClock()
        self._clock = clock
        self._ids = CorrelationSource()
        self.guard = guard or Guard(name, clock=clock, log=ImmediateLog(_ignore), ids=self._ids)
        self.workers = workers or Workers()
        self._lines = CallLines(log, clock.now_ns)
        CALLBACKS.watch(self.guard)
        self._sites: dict[str, Site] = {}
        self._remembered: dict[int, _Remembered] = {}
        self._declaration = Declaration()

    @property
    def sites(self) -> Mapping[str, Site]:
        """The calls of each function so far, by its name."""
        return MappingProxyType(self._sites)

    @property
    def running(self) -> Call | None:
        """The guarded call that a callback asks from within, or a decorated function."""
        return enclosing(sys._getframe(1))

    @overload
    def __call__(self, /, **declared: Any) -> "Guarding": ...
    @overload
    def __call__(self, function: Callable[..., Any], /, *args: Any, **declared: Any) -> Any: ...
    def __call__(
        self, function: Callable[..., Any] | None = None, /, *args: Any, **declared: Any
    ) -> Any:
        """Call *function* with *args*; without one, return what guards functions."""
        if function is None:
            return Guarding(self, self._declaration.but(**declared))
        if declared:
            return self.bind(function, **declared)(*args)
        # By identity, which holds for as long as it is remembered: those of ctypes have no hash.
        known = self._remembered.get(id(function))
        if known is None or not known.still_fits():
            known = self._remember(function)
        return known.bound(*args)

    def bind(
        self,
        function: Callable[..., Any],
        parent: Callable[[], CorrelationId] | None = None,
        /,
        **declared: Any,
    ) -> Callable[..., Any]:
        """Return *function*, guarded: the quickest way. Its calls belong to *parent*."""
        return self._bind(function, self._declaration.but(**declared), parent)

    def callback(self, function: F, /, *, answer: object = CODE) -> F:
        """Return *function* as one for ctypes or cffi to make a callback of.

        Where it raises, C gets *answer*, unless given the code of the exception: give one to a
        callback that returns something else than an int, None to one that returns nothing.
        """
        return CALLBACKS.guard(function, answer)

    def components(self, *components: Component, deadline: float | None = 5.0) -> Components:
        """Return the parts of a library to start and stop together, under one correlation id."""
        return Components(self.scope(deadline=deadline), self.guard, components)

    def scope(self, **declared: Any) -> "Scope":
        """Return what calls functions under one correlation id."""
        return Scope(self, self._declaration.but(**declared))

    def flush(self) -> None:
        """Write how many failing calls have no line so far."""
        self._lines.flush()
        self.guard.flush()

    def _bind(
        self,
        function: Callable[..., Any],
        how: Declaration,
        parent: Callable[[], CorrelationId] | None = None,
    ) -> Callable[..., Any]:
        return self._bind_foreign(describe(function), how, parent)

    def _bind_foreign(
        self,
        foreign: ForeignFunction,
        how: Declaration,
        parent: Callable[[], CorrelationId] | None = None,
    ) -> Callable[..., Any]:
        if foreign.holds_interpreter and how.deadline is not None:
            raise ValueError(f"{foreign.name} keeps the interpreter: no thread could leave it")
        name = _NO_WORD.sub("_", how.name or foreign.name)[:_LONGEST_NAME]
        site = self._sites.get(name)
        if site is None:
            site = self._sites.setdefault(name, Site(name, self._lines))
        binding = Binding(site, self.guard, self.workers, clock=self._clock, ids=self._ids)
        return binding.bind(foreign, how, parent)

    def _remember(self, function: Any) -> "_Remembered":
        foreign = describe(function)
        known = _Remembered(function, self._bind_foreign(foreign, self._declaration))
        # A Python function may be made for one call, and hold on to much.
        if foreign.result is not Result.OBJECT:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[id(function)] = known
        return known


class Guarding:
    """Guards functions as declared: a decorator, and a context manager for a `Scope`."""

    def __init__(self, boundary: Boundary, how: Declaration) -> None:
        self._boundary = boundary
        self._how = how

    def __call__(self, function: Callable[..., Any], /) -> Callable[..., Any]:
        """Return *function*, guarded."""
        return self._boundary._bind(function, self._how)

    def __enter__(self) -> "Scope":
        return Scope(self._boundary, self._how)

    def __exit__(self, *_: object) -> None:
        return None


class Scope:
    """Calls functions, as declared, all under one correlation id."""

    def __init__(self, boundary: Boundary, how: Declaration) -> None:
        self._boundary = boundary
        self._how = how
        caller = enclosing(sys._getframe(1))
        self.id = boundary._ids.draw() if caller is None else caller.id
        """A new one, or that of the guarded call that it is made in."""

    def __call__(self, function: Callable[..., Any], /, *args: Any, **declared: Any) -> Any:
        """Call *function* with *args*; *declared* goes before what the block declares."""
        how = self._how.but(**declared)
        return self._boundary._bind(function, how, self._tell_id)(*args)

    def _tell_id(self) -> CorrelationId:
        return self.id


class _Remembered:
    """A function that was called, bound; those of ctypes may be given other types later."""

    __slots__ = ("_argtypes", "_function", "_restype", "bound")

    def __init__(self, function: Any, bound: Callable[..., Any]) -> None:
        self.bound = bound
        self._function = function
        self._restype = getattr(function, "restype", _UNTYPED)
        self._argtypes = getattr(function, "argtypes", None)

    def still_fits(self) -> bool:
        """Whether the function has the types that it was bound with."""
        if self._restype is _UNTYPED:
            return True
        function = self._function
        return function.restype is self._restype and function.argtypes is self._argtypes


_UNTYPED = object()


def _ignore(_: object) -> None:
    return None


safe_ffi_call = Boundary()
"""The boundary of this process, for programs that need no other."""
