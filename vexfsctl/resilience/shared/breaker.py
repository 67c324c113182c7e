"""`CircuitBreaker(…, shared=path)`: the breaker whose state is in a file.

The file is the truth, the eras here follow it. A call that goes well reads the state word, and that
is all; a failure, a place in half-open and a change of state are written under the lock of the
file. Who cannot have that goes on without: the call is made, and what it would have recorded is
counted as unrecorded.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from vexfsctl.resilience import activity, machine
from vexfsctl.resilience.breaker import _UNJUDGED, CircuitBreaker, Status
from vexfsctl.resilience.clock import MONOTONIC, NS, Timepiece, nanoseconds
from vexfsctl.resilience.evidence import Attempt, Evidence
from vexfsctl.resilience.exceptions import BreakerOpen, SharedFileUnusable, described
from vexfsctl.resilience.machine import Era, Permit
from vexfsctl.resilience.outcomes import Outcome, Verdict
from vexfsctl.resilience.settings import BreakerSettings
from vexfsctl.resilience.shared.eras import SharedEra, check_settings, era_of, record_of
from vexfsctl.resilience.shared.file import OpenFile, SharedFile, Snapshot, Torn
from vexfsctl.resilience.shared.holders import ThisProcess, is_dead, on_host
from vexfsctl.resilience.shared.layout import Lease, Record
from vexfsctl.resilience.shared.lock import WAIT_S
from vexfsctl.resilience.states import BreakerAction, BreakerState

Shared = str | os.PathLike[str] | SharedFile

_T = TypeVar("_T")
_CLOSED = BreakerState.CLOSED
_COMMAND_WAIT_S = 0.5
"""How long a command waits for the lock, which nobody calls for its speed."""


class _Held(NamedTuple):
    """The file while its lock is held, and what it has then."""

    file: OpenFile
    era: SharedEra
    failures: int
    """Failures ever."""


class SharedBreaker(CircuitBreaker):
    """A breaker that all processes share which name the same file."""

    __slots__ = ("_evidence", "_file", "_open", "_owed", "_passing", "_process")

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
        self._owed: list[None] = []
        """One for each outcome that was not recorded, until the file has been told."""
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
        dates = self._dates(seen, settings.failures or 0)
        within_ns, now_ns = nanoseconds(settings.within), self._now_ns()
        return status._replace(
            failures=sum(now_ns - at < within_ns for at in dates),
            last_failure_ns=self._dates(seen, 1, everything=True)[0] if seen.failures else None,
        )

    def would_admit(self) -> bool:
        """Whether `acquire` would give leave now; counts nothing."""
        era = self._look()
        if era.trial is None or not isinstance(era, SharedEra):
            return not era.refuses
        return len(self._living(era.seen.record, self._now_ns())) < era.settings.places

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
        if not failed and not isinstance(permit, _Place):
            return
        date_ns = now_ns if at_ns is None else at_ns
        attempt = Attempt(outcome, date_ns, duration_ns, False, at_ns is not None, context)
        if isinstance(permit, _Place):
            self._write(lambda held: self._settle_place(held, permit, attempt, cause))
        elif permit is not _UNJUDGED:
            self._write(lambda held: self._add_failure(held, permit, attempt, cause))

    def _admit(self) -> Permit:
        word, permit = self._passing
        if self._open.word() == word:
            return permit
        if not activity.active:
            return _UNJUDGED
        try:
            return self._admit_by_file()
        except SharedFileUnusable as cause:
            self._owe(str(cause))
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
        place = _Place(era.generation, self)
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
        written = self._write(lambda held: self._swap(held, era, after), wait_s=_COMMAND_WAIT_S)
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

    def _write(self, work: Callable[[_Held], _T], wait_s: float = WAIT_S) -> _T | None:
        """Return what *work* returns, done with the lock held; None if it cannot be had."""
        try:
            file = self._file.present()
        except SharedFileUnusable as cause:
            self._owe(str(cause))
            return None
        held = file.lock.acquire(wait_s)
        if held is None:
            self._owe()
            return None
        try:
            era = self._era.latest()
            word, failures = file.words()
            if not isinstance(era, SharedEra) or word != era.seen.word:
                era = self._follow(file, file.read())
            if self._owed:
                count = len(self._owed)
                file.add_unrecorded(count)
                del self._owed[:count]
            done = work(_Held(file, era, failures))
        except Torn:
            self._file.drop_torn(file)
            self._owe()
            return None
        except OSError as cause:
            self._owe(f"{self._file.path}: {cause.strerror}")
            return None
        finally:
            file.lock.release(held)
        if self._reported.next:
            self._tell_listeners()
        return done

    def _owe(self, why: str | None = None) -> None:
        if why is not None:
            self._file.say(why)
        self._meter.count("unrecorded")
        self._owed.append(None)

    def _swap(self, held: _Held, era: Era, after: Era) -> bool:
        if held.era is not era:
            return False
        self._replace(held, record_of(after, held.era.seen.record, held.failures))
        return True

    def _replace(self, held: _Held, record: Record) -> None:
        held.file.replace(held.era.seen.word, record)
        self._follow(held.file, held.file.read())

    def _add_failure(
        self,
        held: _Held,
        permit: Permit,
        attempt: Attempt,
        cause: BaseException | None,
    ) -> None:
        now, failures = held.era, held.failures
        if now.state is not _CLOSED or permit.generation != now.generation:
            return
        settings, record = now.settings, now.seen.record
        limit = settings.failures or 0
        if attempt.dated_back:
            latest = held.file.dates(failures, min(failures - record.first, 1))
            attempt = attempt._replace(dated_back=bool(latest) and attempt.now_ns < latest[0])
        number = held.file.add_failure(attempt.now_ns, failures)
        rule = "at_once" if attempt.outcome.trip else None
        if number - record.first >= limit:
            within_ns = nanoseconds(settings.within)
            # The limit-th from the newest is the oldest, unless dates were handed in.
            if attempt.now_ns - held.file.dates(number - limit + 1, 1)[0] < within_ns and (
                attempt.now_ns - min(held.file.dates(number, limit)) < within_ns
            ):
                rule = "failures"
        after = machine.after_failure(now, attempt, rule, self._open_ns, cause)
        if after is not None:
            self._replace(held, record_of(after, record, number))

    def _take_place(self, held: _Held, place: "_Place", now_ns: int) -> "Permit | None":
        now = held.era
        if now.trial is None:
            return _UNJUDGED if not now.refuses else _REFUSED
        record = now.seen.record
        leases = tuple(each for each in record.leases if now_ns < each.due_ns)
        if len(leases) >= now.settings.places:
            leases = self._living(record, now_ns)
        if len(leases) >= now.settings.places:
            return _REFUSED
        due_ns = now_ns + nanoseconds(now.settings.lease)
        place.generation = now.generation
        lease = Lease(place.token, self._process.holder, due_ns)
        changed = record._replace(sequence=record.sequence + 1, leases=(*leases, lease))
        self._replace(held, changed)
        place.taken = True
        return place

    def _settle_place(
        self,
        held: _Held,
        place: "_Place",
        attempt: Attempt,
        cause: BaseException | None,
    ) -> None:
        place.taken = False
        now, failures = held.era, held.failures
        record = now.seen.record
        leases = tuple(each for each in record.leases if each.token != place.token)
        own = [each for each in record.leases if each.token == place.token]
        if now.trial is None or not own:
            return
        after = None
        if attempt.outcome.verdict is Verdict.FAILURE and attempt.now_ns < own[0].due_ns:
            failures = held.file.add_failure(attempt.now_ns, failures)
            after = machine.after_failure(now, attempt, None, self._open_ns, cause)
        elif attempt.outcome.verdict is Verdict.SUCCESS and attempt.now_ns < own[0].due_ns:
            now.trial.successes.add()
            after = machine.after_success(now, attempt)
        changed = record._replace(
            sequence=record.sequence + 1, leases=leases, successes=now.trial.successes.value
        )
        if after is not None:
            changed = record_of(after, record, failures)
        self._replace(held, changed)

    def _give_back(self, place: "_Place") -> None:
        """Free the place of an attempt that is gone."""
        ignored = Attempt(Outcome(Verdict.IGNORED), self._now_ns(), 0, slow=False)
        self._write(lambda held: self._settle_place(held, place, ignored, None), 0)

    def _living(self, record: Record, now_ns: int) -> tuple[Lease, ...]:
        """Return the leases that are not over, of processes that may run."""
        own = self._process.holder
        return tuple(
            each
            for each in record.leases
            if now_ns < each.due_ns and not is_dead(each.holder, own.namespaces)
        )

    def _dates(self, seen: Snapshot, most: int, *, everything: bool = False) -> list[int]:
        first = 0 if everything else seen.record.first
        try:
            return self._open.dates(seen.failures, min(most, seen.failures - first))
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

    def _show(self, held: _Held, shown: dict[str, Any]) -> None:
        record = held.era.seen.record
        self._replace(held, record._replace(sequence=record.sequence + 1, **shown))


class _Place(Permit):
    """Leave for an attempt in half-open: its place is free when it is settled, or gone."""

    __slots__ = ("_breaker", "_pid", "taken", "token")

    def __init__(self, generation: int, breaker: SharedBreaker) -> None:
        super().__init__(generation, watched=True)
        self.token = int.from_bytes(os.urandom(8))
        self.taken = False
        self._pid = os.getpid()
        self._breaker = breaker

    def __del__(self) -> None:
        # Not in a child, which has a copy of it.
        if self.taken and self._pid == os.getpid():
            self._breaker._give_back(self)


_REFUSED = Permit(0, watched=False)
"""What stands for no place."""
