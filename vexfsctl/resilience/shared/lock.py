"""The lock of a breaker file: flock(2) on an open description of one's own.

Threads, and children that share a descriptor, do not exclude each other; so every holder has a
description, taken from a few that are kept. What holds the lock is an object of its frame: it ends
with the frame, whatever ends that.
"""

import contextlib
import os
from _thread import get_ident
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from time import monotonic, monotonic_ns, sleep
from weakref import ReferenceType, ref

from vexfsctl.resilience.forking import renew_after_fork
from vexfsctl.resilience.shared.layout import WORD

WAIT_S = 0.05
"""How long anybody waits for a lock: its holder may be stopped."""
_SPINS = 6
"""How often to look without a pause: a holder that runs needs 10 µs, the shortest pause 150."""
_LEAST_TRIES = 40
"""How often to look at least, however long that takes."""
_SHORTEST_S, _LONGEST_S = 0.0001, 0.0005
_LONG_S = 0.005
_JUST_NOW_NS = 2_000_000
_TRY = LOCK_EX | LOCK_NB
_CLOSED = -1


def give_way(waited_ns: int) -> None:
    """Pause, if just now somebody waited long: a lock has no queue, and who fails in a loop would
    have it again and again.
    """
    if abs(monotonic_ns() - waited_ns) < _JUST_NOW_NS:
        sleep(_LONGEST_S)


class Description:
    """An open file description; closed, and what it locks free, when nobody refers to it."""

    __slots__ = ("__weakref__", "descriptor")

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close(self) -> None:
        """Close it now."""
        descriptor, self.descriptor = self.descriptor, _CLOSED
        with contextlib.suppress(OSError):
            os.close(descriptor)

    __del__ = close


class Lock:
    """The lock of the file that is open as *descriptor*."""

    __slots__ = ("__weakref__", "_descriptor", "_held", "_idle", "_taken", "_waited_at")

    def __init__(self, descriptor: int, waited_at: int) -> None:
        self._descriptor = descriptor
        self._waited_at = waited_at
        """Where in the file it is said that somebody waits long."""
        self._idle: list[Description] = []
        self._taken: dict[ReferenceType[Description], None] = {}
        """What threads of this process lock, or try to."""
        self._held: tuple[int, ReferenceType[Description]] | None = None
        """Which thread of this process holds it."""
        renew_after_fork(self)

    def acquire(self, wait_s: float = WAIT_S) -> Description | None:
        """Lock; None if somebody else has it for longer than *wait_s*, or no file can be opened.

        None at once where a signal handler or a finaliser comes in the middle of a holder's work.
        """
        held = self._held
        if held is not None and held[0] == get_ident() and held[1]() is not None:
            return None
        try:
            description = self._idle.pop()
        except IndexError:
            try:
                description = self._open()
            except OSError:
                return None
        self._taken[ref(description)] = None
        try:
            flock(description.descriptor, _TRY)
        except OSError:
            if not self._wait(description.descriptor, wait_s):
                self._put_back(description)
                return None
        self._held = (get_ident(), ref(description))
        return description

    def release(self, description: Description) -> None:
        """Unlock what `acquire` returned."""
        self._held = None
        if description.descriptor != _CLOSED:
            flock(description.descriptor, LOCK_UN)
        self._put_back(description)

    def _wait(self, descriptor: int, wait_s: float) -> bool:
        began, pause_s, tries = monotonic(), _SHORTEST_S, 0
        # On a busy host the time may pass while we wait for a processor, and nobody is stopped.
        while (now := monotonic()) < began + wait_s or (wait_s and tries < _LEAST_TRIES):
            if tries < _SPINS:
                os.sched_yield()
            else:
                sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_S)
            tries += 1
            with contextlib.suppress(OSError):
                flock(descriptor, _TRY)
                return True
            if now > began + _LONG_S:
                with contextlib.suppress(OSError):
                    os.pwrite(self._descriptor, WORD.pack(monotonic_ns()), self._waited_at)
        return False

    def _put_back(self, description: Description) -> None:
        self._taken.pop(ref(description), None)
        self._idle.append(description)

    def _open(self) -> Description:
        # Not the path, which may lead to another file by now.
        path = f"/proc/self/fd/{self._descriptor}"
        return Description(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY))

    def _start_after_fork(self) -> None:
        # A child would keep the lock of a parent that is killed: the description lives on.
        self._idle = []
        taken, self._taken, self._held = self._taken, {}, None
        for reference in taken:
            description = reference()
            if description is not None:
                description.close()
