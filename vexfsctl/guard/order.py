"""Listeners are told in the order in which things happened, while no lock is held."""

from collections import deque
from collections.abc import Callable

from vexfsctl.resilience.places import Places


class InOrder:
    """A queue of calls, made one after another by whoever comes first.

    Nobody waits: who finds another at it, or comes from within such a call, leaves its own to him.
    """

    def __init__(self) -> None:
        self._calls: deque[Callable[[], object]] = deque()
        self._turn = Places()

    def add(self, call: Callable[[], object]) -> None:
        """Have *call* made after those that were added before: by the next `run`."""
        self._calls.append(call)

    def run(self) -> None:
        """Make all calls that have been added, unless somebody is at it."""
        caller = _Caller()
        # Once more after one's turn: what came just before its end was left to us.
        while self._calls:
            if self._turn.take(caller, 1):
                try:
                    while self._calls:
                        self._calls.popleft()()
                finally:
                    self._turn.give_back(caller)
            elif self._turn.taken():
                # Two that refuse each other the turn both look again: the last sees it free.
                return


class _Caller:
    """Who makes the calls; its turn ends with it."""

    __slots__ = ("__weakref__",)
