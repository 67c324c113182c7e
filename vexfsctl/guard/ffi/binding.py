"""A foreign function under the guard: its calls judged, numbered, left behind, served.

All that a call which goes well pays for is in `guarded` and `attempt`, where each name of the
function around costs as much as a comparison; the rest is found out when it has failed.
"""

from collections.abc import Callable
from dataclasses import replace
from errno import EBUSY, ETIMEDOUT
from functools import partial, wraps
from threading import get_ident
from types import FrameType
from typing import Any

from vexfsctl.catalogue.entry import ErrorEntry, VexfsCode
from vexfsctl.catalogue.lookup import BREAKER_OPEN, TIMEOUT, entry, error_for_errno
from vexfsctl.guard.call import Call, CallAbandoned, CallRejected, Terms, no_terms
from vexfsctl.guard.errors import EnhancedError, carrying, errno_of, error_of, exception_of
from vexfsctl.guard.execution import arose_in
from vexfsctl.guard.ffi.callbacks import CALLBACKS, enclosing
from vexfsctl.guard.ffi.codes import given_error, note_fallback_error
from vexfsctl.guard.ffi.declaration import Declaration
from vexfsctl.guard.ffi.functions import ForeignFunction, Result, with_keywords
from vexfsctl.guard.ffi.returns import Judgement, judgement
from vexfsctl.guard.ffi.site import Site
from vexfsctl.guard.guard import Guard
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.resilience import Deadline, DeadlineExceeded, NoTimeLeft, NoWorker, compose
from vexfsctl.resilience.fallback import Fallback
from vexfsctl.resilience.workers import Workers

_Parent = Callable[[], CorrelationId]

_NO_WORKER = entry("ResourceBusy")


class Binding:
    """Puts functions that are called at one site under a guard."""

    def __init__(
        self, site: Site, guard: Guard, workers: Workers, *, clock: Clock, ids: CorrelationSource
    ) -> None:
        self._site = site
        self._guard = guard
        self._workers = workers
        self._now_ns = clock.now_ns
        self._draw_id = ids.draw

    def bind(
        self, function: ForeignFunction, how: Declaration, parent: _Parent | None = None
    ) -> Callable[..., Any]:
        """Return *function*, guarded as *how* says; its calls belong to *parent*."""
        if function.result is not Result.OBJECT:
            guarded = self._bind(function, function.call, how, parent)
            guarded.__name__ = guarded.__qualname__ = self._site.name
            return guarded
        # Only a Python function takes keywords, and may make guarded calls itself.
        inside = CALLBACKS.entered(function.call)
        if how.fallback is not None:
            alternatives = map(with_keywords, how.fallback.alternatives)
            how = replace(how, fallback=Fallback(*alternatives, on=how.fallback.on))
        apply = self._bind(function, with_keywords(inside), how, parent)

        @wraps(function.call, updated=())
        def applied(*args: Any, **kwargs: Any) -> Any:
            return apply(args, kwargs)

        return applied

    def _bind(  # noqa: C901
        self,
        foreign: ForeignFunction,
        function: Callable[..., Any],
        how: Declaration,
        parent: _Parent | None,
    ) -> Callable[..., Any]:
        run = self._guard.bind(
            how.operation,
            self._site.name,
            repeatable=how.repeatable,
            writes=how.writes,
            via="fallback",
            unconditional=how.unconditional,
        )
        judged = judgement(how.returns, foreign.result, converted=foreign.converted)
        settle = partial(self._settle, judged, foreign.errno.get)
        fails, clear_errno = judged.fails, foreign.errno.set if judged.needs_errno else None
        raised, inside = CALLBACKS.raised, CALLBACKS.inside
        next_number = self._site.next_number
        in_time = None if how.deadline is None else self._in_time(how.deadline)
        plain = how.fallback is None and parent is None
        terms = partial(self._terms, how, parent)

        def guarded(*args: Any) -> Any:
            number = next_number()

            def attempt(call: Call) -> Any:
                try:
                    if clear_errno is not None:
                        clear_errno(0)
                    result = function(*args)
                    if not (fails is not None and fails(result)) and not raised:
                        return result
                except BaseException as error:
                    settle(call, number, args, None, error)
                    raise
                return settle(call, number, args, result)

            about = no_terms
            if inside or not plain:
                about = partial(terms, args, number, inside.get(get_ident()))
            try:
                return run(attempt if in_time is None else partial(in_time, attempt, number), about)
            except CallAbandoned as error:
                # The watch of the guard has ended it.
                if how.fallback is not None:
                    return self._serve(how, how.fallback, args, number, error)
                self._ended(how, number, error)
                raise
            except OSError as error:
                ended = self._ended(how, number, error)
                if ended is error:
                    # A frame of its own traceback must not hold on to it.
                    del ended
                    raise
            try:
                raise ended
            finally:
                del ended

        return guarded

    # What is looked at when it did not simply go well

    def _settle(
        self,
        judged: Judgement,
        get_errno: Callable[[], int],
        call: Call,
        number: int,
        args: tuple[Any, ...],
        result: Any,
        error: BaseException | None = None,
    ) -> Any:
        """Return *result*, or raise what it stands for, or what a callback raised.

        With *error*, which the function raised itself, only see to what that carries.
        """
        errno = get_errno()
        if error is not None:
            CALLBACKS.forget(call)
            self._carry(call, number, error)
            return None
        fails = judged.fails is not None and judged.fails(result)
        failed = judged.read(result, errno) if fails else None
        raised, led_to_it = CALLBACKS.outcome(call, failed)
        try:
            if raised is not None:
                self._carry(call, number, raised)
                raise raised
            if failed is None:
                return result
            raised = given_error(args, failed.code)
            if raised is not None:
                raise raised
            entry, errno = failed.error(self._site.name)
            code = entry.code if failed.code is None else failed.code
            raise self._exception(call, number, entry, errno, code) from led_to_it
        finally:
            del raised, led_to_it

    def _carry(self, call: Call, number: int, error: BaseException) -> None:
        """Have an OSError carry what is known of it, unless it does already."""
        if not isinstance(error, OSError) or isinstance(error, CallRejected | CallAbandoned):
            return
        known = error_of(error)
        if known is None or not arose_in(known, call):
            errno = errno_of(error)
            enhanced = self._guard.enhance(call, error_for_errno(errno, self._site.name), errno)
            carrying(error, replace(enhanced, number=number, code=-errno))

    def _exception(
        self, call: Call, number: int, error: ErrorEntry, errno: int, code: int
    ) -> OSError:
        enhanced = self._guard.enhance(call, error, errno)
        return exception_of(replace(enhanced, number=number, code=code))

    def _in_time(self, seconds: float) -> Callable[[Callable[[Call], Any], int, Call], Any]:
        """Return what runs an attempt in a worker, and leaves it behind after *seconds*."""
        apply = compose(Deadline(seconds, worker=self._workers)).bind(_apply)

        def in_time(attempt: Callable[[Call], Any], number: int, call: Call) -> Any:
            try:
                return apply(attempt, call)
            except (DeadlineExceeded, NoTimeLeft) as late:
                self._guard.operations[call.operation].statistics.count["timeouts"]()
                code = VexfsCode.TIMEOUT
                raise self._exception(call, number, TIMEOUT, ETIMEDOUT, code) from late
            except NoWorker as full:
                raise self._exception(call, number, _NO_WORKER, EBUSY, -EBUSY) from full

        return in_time

    def _terms(
        self,
        how: Declaration,
        parent: _Parent | None,
        args: Any,
        number: int,
        outside: FrameType | None,
    ) -> Terms:
        caller = enclosing(outside) if parent is None else None
        of = parent() if parent is not None else None if caller is None else caller.id
        if how.fallback is None:
            return Terms(parent=of)
        return Terms(partial(self._serve, how, how.fallback, args, number), parent=of)

    def _serve(
        self, how: Declaration, fallback: Fallback, args: Any, number: int, cause: OSError
    ) -> Any:
        """Return what the fallback serves for a call that ended in *cause*."""
        if not fallback.covers(cause):
            raise OSError(cause.errno, "no fallback for that")
        try:
            served = fallback.serve(cause, args, {})
        except OSError as failure:
            note_fallback_error(cause, failure)
            # Not itself: it would take up a traceback again, with frames that know its cause.
            raise OSError(failure.errno, failure.strerror) from None
        self._explain(how, number, cause)
        self._site.count(number, cause, served=True)
        return served

    def _ended(self, how: Declaration, number: int, error: OSError) -> OSError:
        """Count a call that raises *error*, and return what it is to raise instead."""
        cause = error.__cause__
        if isinstance(cause, OSError) and error_of(error) is None and error_of(cause) is not None:
            # The guard gives applications of a volume an errno that FUSE can pass on.
            error = cause
        self._explain(how, number, error)
        self._site.count(number, error, served=False)
        return error

    def _explain(self, how: Declaration, number: int, error: OSError) -> None:
        """Have an exception of the guard itself carry an error, too."""
        if error_of(error) is not None or not isinstance(error, CallRejected | CallAbandoned):
            return
        refused = isinstance(error, CallRejected)
        enhanced = EnhancedError(
            entry=BREAKER_OPEN if refused else TIMEOUT,
            errno=errno_of(error),
            # Without an id the guard has left out its records.
            id=error.id or self._draw_id(),
            operation=how.operation,
            call=self._site.name,
            volume=self._guard.volume,
            attempt=0 if refused else 1,
            time_ns=self._now_ns(),
            number=number,
            code=VexfsCode.CIRCUIT_BREAKER if refused else VexfsCode.TIMEOUT,
        )
        carrying(error, enhanced)


def _apply(attempt: Callable[[Call], Any], call: Call) -> Any:
    return attempt(call)
