"""What listeners are told."""

from collections.abc import Callable
from typing import NamedTuple

from vexfsctl.resilience.settings import BreakerSettings
from vexfsctl.resilience.states import BreakerState


class Transition(NamedTuple):
    """A breaker changed its state."""

    breaker: str | None
    before: BreakerState
    after: BreakerState
    generation: int
    trips: int
    at_ns: int
    """When, in nanoseconds of the breaker's clock."""
    by: str
    """`outcome`, `timer` or `operator`."""
    settings: BreakerSettings
    """What the breaker went by."""
    rule: str | None = None
    """The trip rule that fired."""
    cause: str | None = None
    """Type and text of the failure that opened it."""
    reason: str | None = None
    author: str | None = None
    context: object = None
    """What was handed in with the attempt or the command that did it, as it was."""
    shadow: bool = False
    """While metrics-only: what it would have done; the breaker itself did not change."""


Listener = Callable[[Transition], object]
