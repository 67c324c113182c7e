"""The parts of a library that are started and stopped together, all under one correlation id.

A part that does not start is done without, unless the others need it: what it does is refused by
the breaker of its operation type, so that its callers get their fallback at once. Clean-up syncs
what is stored before it stops anything, and leaves no step out because another failed.
"""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from vexfsctl.guard.guard import Guard
from vexfsctl.model.breaker import BreakerAction, BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType

_Function = Callable[[], Any]
_JUDGED = (BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN)
"""States that a breaker comes to by itself."""


class Component(NamedTuple):
    """One part; its functions take no arguments, and say by a code whether they failed."""

    name: str
    start: _Function
    stop: _Function | None = None
    sync: _Function | None = None
    """Writes out what it has not stored yet."""
    operation: OperationType | None = None
    """What needs it: its breaker refuses calls if the part does not start."""
    required: bool = False
    """Whether nothing can start without it."""


class _Calls(Protocol):
    """A `Scope`."""

    id: CorrelationId

    def __call__(self, function: _Function, /, **declared: Any) -> Any: ...


class Components:
    """Starts them in a `with` block, and cleans up at its end. For one thread."""

    def __init__(self, call: _Calls, guard: Guard, components: tuple[Component, ...]) -> None:
        self._call = call
        self._guard = guard
        self._components = components
        self._running: list[Component] = []
        self.id = call.id
        """The id of everything that initialisation and clean-up do."""
        self.failed: dict[str, Exception] = {}
        """The parts that it does without, and why."""

    def start(self) -> Self:
        """Start all, in order; raise what a required one raised, after stopping the others."""
        for component in self._components:
            try:
                self._call(component.start, operation=OperationType.SUPERBLOCK)
            except Exception as error:
                if component.required:
                    self._clean_up(error)
                    raise
                self._do_without(component, error)
            except BaseException as interrupt:
                self._clean_up(interrupt)
                raise
            else:
                self._running.append(component)
        return self

    def stop(self) -> None:
        """Sync, then stop in reverse order; raise the first failure, the others noted on it."""
        failures = list(self._failures())
        if failures:
            first, *others = failures
            for other in others:
                first.add_note(f"clean-up failed further: {other}")
            raise first

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.stop()
        else:
            self._clean_up(error)

    def _clean_up(self, error: BaseException) -> None:
        """Stop because of *error*, which is to be raised whatever fails here."""
        for failure in self._failures():
            error.add_note(f"clean-up failed: {failure}")

    def _failures(self) -> Iterator[Exception]:
        """Carry out every step of the clean-up, once; yield what failed."""
        running, self._running = self._running, []
        syncs = [component.sync for component in running if component.sync is not None]
        stops = [component.stop for component in reversed(running) if component.stop is not None]
        for step, operation in (
            *((sync, OperationType.SYNC) for sync in syncs),
            *((stop, OperationType.SUPERBLOCK) for stop in stops),
        ):
            try:
                # An open breaker is no reason to lose what is not stored yet.
                self._call(step, operation=operation, unconditional=True)
            except Exception as failure:  # noqa: BLE001 - the other steps must not suffer
                yield failure
        self._give_back()

    def _do_without(self, component: Component, error: Exception) -> None:
        self.failed[component.name] = error
        if component.operation is not None:
            breaker = self._guard.operations[component.operation].breaker
            # What an operator has set stays.
            if breaker.state in _JUDGED:
                reason = f"{component.name} did not start"
                breaker.command(BreakerAction.TRIP, reason=reason, context=self.id)

    def _give_back(self) -> None:
        """Close the breakers that were opened because a part did not start."""
        for component in self._components:
            if component.name in self.failed and component.operation is not None:
                breaker = self._guard.operations[component.operation].breaker
                if breaker.status().reason == f"{component.name} did not start":
                    breaker.command(BreakerAction.RESET, context=self.id)
