"""`CircuitBreaker(…, shared=path)`: the breaker whose state is in a file.

The file is the truth, the eras here follow it. A call that goes well reads the state word, and that
is all; a failure, a place in half-open and a change of state are written under the lock of the
file. Who cannot have that goes on without: the call is made, and its failure is recorded later, if
it still counts then.
"""

import atexit
import os
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from weakref import ReferenceType, ref

from vexfsctl.resilience import activity, machine
from vexfsctl.resilience.breaker import _UNJUDGED, CircuitBreaker, Status
from vexfsctl.resilience.clock import MONOTONIC, NS, Timepiece, nanoseconds
from vexfsctl.resilience.evidence import Attempt, Evidence
from vexfsctl.resilience.exceptions import BreakerOpen, SharedFileUnusable, described
from vexfsctl.resilience.machine import Era, Permit
from vexfsctl.resilience.outcomes import IGNORED, Outcome, Verdict
from vexfsctl.resilience.settings import BreakerSettings
from vexfsctl.resilience.shared.eras import (
    Held,
    SharedEra,
    check_settings,
    era_of,
    record_of,
)
from vexfsctl.resilience.shared.failures import (
    NOTHING,
    Debt,
    after_failure,
    with_late_failures,
)
from vexfsctl.resilience.shared.file import SharedFile
from vexfsctl.resilience.shared.holders import ThisProcess, on_host
from vexfsctl.resilience.shared.layout import Record
from vexfsctl.resilience.shared.lock import WAIT_S, give_way
from vexfsctl.resilience.shared.open_file import OpenFile, Snapshot, Torn
from vexfsctl.resilience.shared.places import Place, after_place, living, with_place
from vexfsctl.resilience.states import BreakerAction, BreakerState

Shared = str | os.PathLike[str] | SharedFile

_T = TypeVar("_T")
_CLOSED = BreakerState.CLOSED
_MEANWHILE = "failures are recorded when it is free, if they still count"
_TRIES = 3
_COMMAND_WAIT_S = 0.5
"""How long a command waits for the lock, which nobody calls for its speed."""


class SharedBreaker(CircuitBreaker):
    """A breaker that all processes share which name the same file."""

    __slots__ = ("_evidence", "_file", "_open", "_owed", "_passing", "_pays_at_exit", "_process")

    def __init__(
        self,
        name: str | None = None,
        settings: BreakerSettings | None = None,
        *,
        shared: Shared,
        clock: Timepiece = MONOTONIC,
        **others: Any,
    ) -> None:
        self._file = shared if isinstance(shared, SharedFile) else SharedFile(shared)
        self._process = ThisProcess()
        self._owed: list[Debt] = []
        """What was not recorded, until the file has been told."""
        self._pays_at_exit = False
        super().__init__(name or self._file.path.name, settings, clock=on_host(clock), **others)
        self._use(self._era.settings)

    @property
    def path(self) -> "os.PathLike[str]":
        """Where its file is."""
        return self._file.path

    # Looking at it

    def status(self) -> Status:
        """Return everything about it as of now."""
        status = super().status()
        try:
            _, seen = self._file.read()
        except SharedFileUnusable:
            return status
        settings = status.settings
        within_ns, now_ns = nanoseconds(settings.within), self._now_ns()
        counting = self._dates(seen, min(settings.failures or 0, seen.failures - seen.record.first))
        return status._replace(
            failures=sum(now_ns - at < within_ns for at in counting),
            last_failure_ns=max(self._dates(seen, min(1, seen.failures)), default=None),
        )

    def would_admit(self) -> bool:
        """Whether `acquire` would give leave now; counts nothing."""
        era = self._look()
        if era.trial is None or not isinstance(era, SharedEra):
            return not era.refuses
        holders = living(era.seen.record, self._now_ns(), self._process.holder)
        return len(holders) < era.settings.places

    def command(
        self,
        action: BreakerAction,
        for_: float | None = None,
        **others: Any,
    ) -> BreakerState:
        """Carry out *action*; otherwise as for any breaker.

        Raises ValueError for `observe`, SharedFileUnusable if the file cannot be written.
        """
        if action is BreakerAction.OBSERVE:
            raise ValueError("a shared breaker cannot observe")
        return super().command(action, for_, **others)

    def configure(self, **changes: Any) -> None:
        """Change the settings that this process goes by."""
        self._use(self._era.latest().settings.changed(**changes))

    # Attempts

    def settle(
        self,
        permit: Permit,
        outcome: Outcome,
        *,
        began_ns: int | None = None,
        at_ns: int | None = None,
        cause: BaseException | None = None,
        context: object = None,
    ) -> None:
        """Take in how the attempt of *permit* ended; nothing, if its era is over."""
        if not activity.active:
            return
        now_ns = self._now_ns()
        duration_ns = 0 if began_ns is None else max(0, now_ns - began_ns)
        if began_ns is not None:
            self._time(duration_ns)
        failed = outcome.verdict is Verdict.FAILURE
        if not failed and not isinstance(permit, Place):
            return

        def ended() -> Attempt:
            # Dated with the lock held: so dates are in order, but for those that were handed in.
            date_ns = self._now_ns() if at_ns is None else at_ns
            return Attempt(outcome, date_ns, duration_ns, False, at_ns is not None, context)

        if isinstance(permit, Place):
            if permit.is_ours:
                self._write(lambda held: self._settle_place(held, permit, ended(), cause))
        elif permit is not _UNJUDGED:
            debt = Debt(permit.generation, now_ns if at_ns is None else at_ns)
            self._write(lambda held: self._add_failure(held, permit, ended(), cause), owing=debt)

    def _admit(self) -> Permit:
        if self._owed:
            self.pay(0)
        word, permit = self._passing
        if self._open.word() == word:
            return permit
        if not activity.active:
            return _UNJUDGED
        try:
            return self._admit_by_file()
        except SharedFileUnusable as cause:
            self._owe(str(cause), NOTHING)
            return _UNJUDGED

    def _admit_by_file(self) -> Permit:
        now_ns = self._now_ns()
        era = self._look_at(now_ns)
        left_ns = None if era.until_ns is None else era.until_ns - now_ns
        if left_ns is not None and left_ns <= 0:
            # It should have changed, and the lock could not be had: a stopped holder stops nobody.
            return _UNJUDGED
        if era.refuses:
            self._meter.count("rejected_open")
            left = None if left_ns is None else left_ns / NS
            raise BreakerOpen(self.name, era.state, left, era.cause)
        if era.trial is None:
            return Permit(era.generation, watched=self._passing[1].watched)
        place = Place(era.generation, self._give_back)
        granted = self._write(lambda held: self._take_place(held, place, now_ns))
        if granted is None:
            return _UNJUDGED
        if granted is not _REFUSED:
            return granted
        self._meter.count("rejected_half_open")
        raise BreakerOpen(self.name, era.state, None, era.cause)

    # Following the file

    def _look(self) -> Era:
        return self._look_at(self._now_ns())

    def _look_at(self, now_ns: int) -> Era:
        """Return what the file has, after what time has done up to *now_ns*."""
        era = self._era.latest()
        try:
            file = self._file.present()
            if not isinstance(era, SharedEra) or file.word() != era.seen.word:
                era = self._follow(*self._file.read())
        except SharedFileUnusable as cause:
            self._file.say(str(cause))
            return era
        while (after := machine.after_time(era, now_ns, self._open_ns)) is not None:
            if self._write(partial(self._swap, era=era, after=after)) is None:
                break
            era = self._era.latest()
        self._tell_listeners()
        return era

    def _follow(self, file: OpenFile, seen: Snapshot) -> SharedEra:
        """Return the era that *seen* shows, published as the successor of the one before."""
        sequence = seen.record.sequence
        self._file.sequence = max(self._file.sequence, sequence + 1)
        while True:
            latest = self._era.latest()
            if isinstance(latest, SharedEra) and latest.seen.record.sequence >= sequence:
                era = latest
                break
            era = era_of(seen, latest.settings, self._evidence)
            if latest.publish(era):
                break
        self._era, self._open = era, file
        if era.until_ns is None and not era.refuses and era.trial is None:
            watched = era.state is _CLOSED and era.settings.classify is not None
            self._passing = (era.seen.word, Permit(era.generation, watched=watched))
        return era

    def _publish(self, era: Era, after: Era) -> bool:
        """Write *after* in the place of *era*; False if the file is past that already."""
        written = self._write(
            lambda held: self._swap(held, era, after), _COMMAND_WAIT_S, owing=None
        )
        if written is None:
            raise SharedFileUnusable(
                f"{self._file.path} of {described(self.name)} stays locked by another process"
            )
        return written

    def _start_after_fork(self) -> None:
        self._process.forget()
        self._owed = []
        era = self._era.latest()
        if isinstance(era, SharedEra):
            era = era_of(era.seen, era.settings, self._evidence)
        self._era = self._reported = era
        self._turn = type(self._turn)()
        self._meter.start_after_fork()

    # Writing, each with the lock of the file held; `_write` takes it

    def _write(
        self,
        work: Callable[[Held], _T],
        wait_s: float = WAIT_S,
        *,
        owing: Debt | None = NOTHING,
    ) -> _T | None:
        """Return what *work* returns, done with the lock held; None if it cannot be had.

        Then the file is *owing* what was to be recorded, if anything was.
        """
        # Again where the file turns out to be torn: another takes its place.
        for _ in range(_TRIES):
            file = None
            try:
                file = self._file.present()
                description = file.lock.acquire(wait_s)
                if description is None:
                    break
                try:
                    held = self._held(file)
                    done = work(held)
                finally:
                    file.lock.release(description)
            except Torn:
                if file is not None:
                    self._file.drop_torn(file)
                continue
            except (SharedFileUnusable, OSError) as cause:
                self._owe(str(cause), owing)
                return None
            if held.waited_ns:
                give_way(held.waited_ns)
            if self._reported.next:
                self._tell_listeners()
            return done
        self._owe(f"{self._file.path} stays locked: {_MEANWHILE}", owing)
        return None

    def _held(self, file: OpenFile) -> Held:
        """Return what *file* has, whose lock is held, and pay what is owed to it."""
        era = self._era.latest()
        word, failures, waited_ns = file.words()
        if not isinstance(era, SharedEra) or word != era.seen.word:
            era = self._follow(file, file.read())
        held = Held(file, era, failures, waited_ns)
        return self._pay(held) if self._owed else held

    def _owe(self, why: str, debt: Debt | None) -> None:
        if debt is None:
            return
        self._file.say(why)
        self._meter.count("unrecorded")
        self._owed.append(debt)
        if not self._pays_at_exit:
            self._pays_at_exit = True
            atexit.register(_pay_at_exit, ref(self))

    def pay(self, wait_s: float = WAIT_S) -> None:
        """Record now what could not be recorded when it happened, if the file is free."""
        if self._owed:
            self._write(lambda _: None, wait_s, owing=None)

    def _pay(self, held: Held) -> Held:
        """Record what could not be recorded when it happened, or that it was not."""
        owed = self._owed.copy()
        del self._owed[: len(owed)]
        paid = with_late_failures(held, owed)
        for _ in range(paid.failures - held.failures):
            self._meter.count("recorded_late")
        return paid

    def _swap(self, held: Held, era: Era, after: Era) -> bool:
        if held.era is not era:
            return False
        self._replace(held, record_of(after, held.era.seen.record, held.failures))
        return True

    def _replace(self, held: Held, record: Record) -> None:
        held.file.replace(held.era.seen.word, record)
        self._follow(held.file, held.file.read())

    def _add_failure(
        self, held: Held, permit: Permit, attempt: Attempt, cause: BaseException | None
    ) -> None:
        if held.era.state is not _CLOSED or permit.generation != held.era.generation:
            return
        record = after_failure(held, attempt, self._open_ns, cause)
        if record is not None:
            self._replace(held, record)

    def _take_place(self, held: Held, place: Place, now_ns: int) -> Permit:
        if held.era.trial is None:
            return _REFUSED if held.era.refuses else _UNJUDGED
        record = with_place(held, place, now_ns, self._process.holder)
        if record is None:
            return _REFUSED
        place.generation = held.era.generation
        self._replace(held, record)
        place.taken = True
        return place

    def _settle_place(
        self, held: Held, place: Place, attempt: Attempt, cause: BaseException | None
    ) -> None:
        place.taken = False
        record = after_place(held, place, attempt, self._open_ns, cause)
        if record is not None:
            self._replace(held, record)

    def _give_back(self, place: Place) -> None:
        """Free the place of an attempt that is gone."""
        ignored = Attempt(IGNORED, self._now_ns(), 0, slow=False)
        self._write(lambda held: self._settle_place(held, place, ignored, None), 0)

    def _dates(self, seen: Snapshot, count: int) -> list[int]:
        try:
            return self._open.dates(seen.failures, count)
        except Torn:
            return []

    def _use(self, settings: BreakerSettings) -> None:
        """Go by *settings*, and have readers of the file told of them."""
        check_settings(settings)
        shown: dict[str, Any] = {
            "limit": settings.failures,
            "within_ns": nanoseconds(settings.within),
            "open_ns": nanoseconds(settings.open_time(0, float)),
        }
        self._evidence = Evidence(settings)
        self._file.record = self._file.record._replace(**shown)
        file, seen = self._file.read()
        era = era_of(seen, settings, self._evidence)
        self._passing = (b"", _UNJUDGED)
        while not (latest := self._era.latest()).publish(era):
            pass
        self._era = latest.next[None]
        self._follow(file, seen)
        if not isinstance(self._reported, SharedEra):
            self._reported = self._era
        if any(getattr(seen.record, name) != value for name, value in shown.items()):
            self._write(lambda held: self._show(held, shown))

    def _show(self, held: Held, shown: dict[str, Any]) -> None:
        record = held.era.seen.record
        self._replace(held, record._replace(sequence=record.sequence + 1, **shown))


def _pay_at_exit(breaker: "ReferenceType[SharedBreaker]") -> None:
    debtor = breaker()
    if debtor is not None:
        debtor.pay()


_REFUSED = Permit(0, watched=False)
"""What stands for no place."""
