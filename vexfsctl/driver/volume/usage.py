"""Watches what a volume uses, while its level may change because of that.

The guard asks for it when calls come, a few times a second at most and only if something is
limited. Then this looks on by itself until the level is normal, and sleeps again. Memory is given
back before it can count: the kernel is asked to forget what nobody uses, a moment later what that
left free goes back to the system, and only what remains is judged.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from vexfsctl.guard.gate import LOOK_NS
from vexfsctl.guard.guard import Guard
from vexfsctl.model.clock import Clock
from vexfsctl.model.degradation import Usage

GIVE_BACK_PCT = 60
"""Above this percentage of its limit memory is given back: some time before a level begins."""
_SOONEST_NS, _LATEST_NS = 1_000_000_000, 32_000_000_000
"""How soon it is tried again; later each time while it does not help."""


class Measured(Protocol):
    """What is used; `gauges.Gauges`."""

    @property
    def memory_bytes(self) -> int:
        """Memory of this process."""
        ...

    @property
    def free_bytes(self) -> int | None:
        """Free space; None if it cannot be known."""
        ...


class Caches(Protocol):
    """What memory can be given back from; `driver.passthrough.Passthrough`."""

    def forget_idle(self) -> None:
        """Have what nobody uses forgotten; returns at once."""
        ...

    def shrink(self) -> None:
        """Give back what is free."""
        ...


class UsageWatch:
    """A thread that measures, and has the guard judge it. Start it once."""

    def __init__(
        self,
        guard: Guard,
        measured: Measured,
        caches: Caches,
        clock: Clock,
        *,
        on_crash: Callable[[BaseException], None],
    ) -> None:
        self._guard = guard
        self._measured = measured
        self._caches = caches
        self._now_ns = clock.now_ns
        self._on_crash = on_crash
        self._asked = threading.Event()
        self._closed = False
        self._forgetting = False
        """Whether something was asked to be forgotten at the last look."""
        self._due_ns, self._wait_ns = 0, _SOONEST_NS
        guard.on_use = self._asked.set

    def start(self) -> None:
        """Begin to watch, in a daemon thread."""
        threading.Thread(target=self._run, name="usage", daemon=True).start()

    def close(self) -> None:
        """End the thread, unless it waits for a device."""
        self._closed = True
        self._asked.set()

    def look(self) -> bool:
        """Measure what is limited and judge it; return whether to look again soon."""
        limits = self._guard.resources
        memory_bytes = free_bytes = None
        if limits.memory_limit_bytes:
            self._relieve(limits.memory_limit_bytes)
            memory_bytes = self._measured.memory_bytes
        if limits.reserve_bytes:
            free_bytes = self._measured.free_bytes
        again = self._guard.look(memory_bytes, free_bytes, self._now_ns())
        return again or self._forgetting

    def _relieve(self, limit_bytes: int) -> None:
        """Give memory back if that is due, in two steps, one a look."""
        if self._forgetting:
            self._caches.shrink()
            self._forgetting = False
        elif not Usage(self._measured.memory_bytes, limit_bytes).exceeds(GIVE_BACK_PCT):
            self._due_ns, self._wait_ns = 0, _SOONEST_NS
        elif self._now_ns() >= self._due_ns:
            self._caches.forget_idle()
            self._forgetting = True
            self._due_ns = self._now_ns() + self._wait_ns
            self._wait_ns = min(2 * self._wait_ns, _LATEST_NS)

    def _run(self) -> None:
        again = False
        while True:
            asked = self._asked.wait(LOOK_NS / 1e9 if again else None)
            if self._closed:
                return
            self._asked.clear()
            try:
                # Once more after the last call: it has used nothing yet when it has this look.
                again = self.look() or asked
            except Exception as bug:  # noqa: BLE001 - without this thread no level ends
                again = False
                self._on_crash(bug)
