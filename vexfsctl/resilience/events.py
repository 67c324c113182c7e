"""What listeners are told."""

from collections.abc import Callable
from typing import NamedTuple

from vexfsctl.resilience.states import BreakerState


class Transition(NamedTuple):
    """A breaker changed its state."""

    breaker: str | None
    before: BreakerState
    after: BreakerState
    generation: int
    trips: int
    by: str
    """`outcome`, `timer` or `operator`."""
    rule: str | None = None
    """The trip rule that fired."""
    cause: str | None = None
    """Type and text of the failure that opened it."""
    reason: str | None = None
    author: str | None = None
    shadow: bool = False
    """While metrics-only: what it would have done; the breaker itself did not change."""


Listener = Callable[[Transition], object]
