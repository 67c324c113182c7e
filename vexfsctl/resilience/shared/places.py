"""The places of half-open, which are leases of processes: taken, settled, and lost by the dead."""

import os
from collections.abc import Callable

from vexfsctl.resilience import machine
from vexfsctl.resilience.clock import nanoseconds
from vexfsctl.resilience.evidence import Attempt
from vexfsctl.resilience.machine import OpenTime, Permit
from vexfsctl.resilience.outcomes import Verdict
from vexfsctl.resilience.shared.eras import Held, record_of
from vexfsctl.resilience.shared.holders import is_dead
from vexfsctl.resilience.shared.layout import Holder, Lease, Record


class Place(Permit):
    """Leave for an attempt in half-open: its place is free when it is settled, or gone."""

    __slots__ = ("_give_back", "_pid", "taken", "token")

    def __init__(self, generation: int, give_back: "Callable[[Place], object]") -> None:
        super().__init__(generation, watched=True)
        self.token = int.from_bytes(os.urandom(8))
        self.taken = False
        self._pid = os.getpid()
        self._give_back = give_back

    @property
    def is_ours(self) -> bool:
        """Whether this process took it: a child has a copy of what its parent holds."""
        return self._pid == os.getpid()

    def __del__(self) -> None:
        if self.taken and self.is_ours:
            self._give_back(self)


def living(record: Record, now_ns: int, holder: Holder) -> tuple[Lease, ...]:
    """Return the leases that are not over, of processes that may run, as *holder* sees it."""
    return tuple(
        each
        for each in record.leases
        if now_ns < each.due_ns and not is_dead(each.holder, holder.namespaces)
    )


def with_place(held: Held, place: Place, now_ns: int, holder: Holder) -> Record | None:
    """Return the record in which *holder* has *place*; None if all are taken."""
    record, settings = held.era.seen.record, held.era.settings
    leases = tuple(each for each in record.leases if now_ns < each.due_ns)
    if len(leases) >= settings.places:
        # Asked only now: it takes a look at each of them.
        leases = living(record, now_ns, holder)
    if len(leases) >= settings.places:
        return None
    lease = Lease(place.token, holder, now_ns + nanoseconds(settings.lease))
    return record._replace(sequence=record.sequence + 1, leases=(*leases, lease))


def after_place(
    held: Held, place: Place, attempt: Attempt, open_ns: OpenTime, cause: BaseException | None
) -> Record | None:
    """Return the record that follows when *attempt* ends in *place*; None if that is gone."""
    era, record, failures = held.era, held.era.seen.record, held.failures
    own = next((each for each in record.leases if each.token == place.token), None)
    if era.trial is None or own is None:
        return None
    after = None
    if attempt.now_ns >= own.due_ns:
        pass  # too late to say anything
    elif attempt.failed:
        failures = held.file.add_failure(attempt.now_ns, failures)
        after = machine.after_failure(era, attempt, None, open_ns, cause)
    elif attempt.outcome.verdict is Verdict.SUCCESS:
        era.trial.successes.add()
        after = machine.after_success(era, attempt)
    if after is not None:
        return record_of(after, record, failures)
    return record._replace(
        sequence=record.sequence + 1,
        leases=tuple(each for each in record.leases if each is not own),
        successes=era.trial.successes.value,
    )
