"""Watches what a volume uses, while its level may change because of that.

The guard asks for it when calls come, a few times a second at most and only if something is
limited. Then this looks on by itself until the level is normal, and sleeps again.
"""

import threading
from collections.abc import Callable

from vexfsctl.driver.volume.gauges import Gauges
from vexfsctl.guard.gate import LOOK_NS
from vexfsctl.guard.guard import Guard
from vexfsctl.model.clock import Clock


class UsageWatch:
    """A thread that measures, and has the guard judge it. Start it once."""

    def __init__(
        self,
        guard: Guard,
        gauges: Gauges,
        clock: Clock,
        *,
        on_crash: Callable[[BaseException], None],
    ) -> None:
        self._guard = guard
        self._gauges = gauges
        self._now_ns = clock.now_ns
        self._on_crash = on_crash
        self._asked = threading.Event()
        self._closed = False
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
        memory_bytes = self._gauges.memory_bytes if limits.memory_limit_bytes else None
        free_bytes = self._gauges.free_bytes if limits.reserve_bytes else None
        return self._guard.look(memory_bytes, free_bytes, self._now_ns())

    def _run(self) -> None:
        again = False
        while True:
            self._asked.wait(LOOK_NS / 1e9 if again else None)
            if self._closed:
                return
            self._asked.clear()
            try:
                again = self.look()
            except Exception as bug:  # noqa: BLE001 - without this thread no level ends
                again = False
                self._on_crash(bug)
