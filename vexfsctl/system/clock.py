"""The real clock."""

import threading
import time


class MonotonicClock:
    """A `vexfsctl.model.clock.Clock` on CLOCK_MONOTONIC, unaffected by time changes and suspend."""

    now_ns = staticmethod(time.monotonic_ns)

    def __init__(self) -> None:
        self._interrupted = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Return *seconds* later, or as soon as the clock is interrupted."""
        self._interrupted.wait(seconds)

    def interrupt(self) -> None:
        """End every present and future sleep: what was waited for no longer matters."""
        self._interrupted.set()
