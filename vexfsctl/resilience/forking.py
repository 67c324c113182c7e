"""What a forked child must not share with its parent: one hook for the whole library.

A child has the memory of its parent and none of its other threads. State, windows and settings are
good there; places, calls in flight, waiters and workers belong to threads that do not exist.
"""

import os
from typing import Protocol
from weakref import ReferenceType, ref


class Forked(Protocol):
    """Something with parts that belong to the threads of this process."""

    def _start_after_fork(self) -> None:
        """Make those parts anew; called in the child, which has one thread then."""
        ...


_everything: dict[ReferenceType[Forked], None] = {}
_forget = _everything.pop


def renew_after_fork(each: Forked) -> None:
    """Have `_start_after_fork` of *each* called in every child, as long as it lives."""
    _everything[ref(each, _forget)] = None


def _start_after_fork() -> None:
    for reference in list(_everything):
        each = reference()
        if each is not None:
            each._start_after_fork()


os.register_at_fork(after_in_child=_start_after_fork)
