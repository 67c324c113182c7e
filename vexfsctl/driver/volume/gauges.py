"""What a volume uses, as the operating system measures it."""

import os
import threading
from collections.abc import Callable
from functools import partial

from vexfsctl.driver.passthrough.nodes.descriptors import Descriptor
from vexfsctl.exceptions import DeadlineExceeded
from vexfsctl.system.bounded import run_bounded

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_BOUND_S = 0.5


class Gauges:
    """Memory of this process, and free space: *ask_free* may wait for its device; None: unknown."""

    def __init__(self, ask_free: Callable[[], int] | None = None) -> None:
        self._ask_free = ask_free
        # Opened once: memory is also to be known when no descriptor is to be had.
        self._statm = Descriptor(os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC))
        self._asking = threading.Lock()

    @property
    def memory_bytes(self) -> int:
        """Resident memory (proc_pid_statm(5)); it asks no device."""
        return int(os.pread(self._statm.number, 256, 0).split()[1]) * _PAGE_BYTES

    @property
    def free_bytes(self) -> int | None:
        """Free space; None if the device below does not answer in half a second, or fails.

        Then a thread is left behind, one at most: until it returns nobody else asks.
        """
        ask = self._ask_free
        if ask is None or not self._asking.acquire(timeout=_BOUND_S):
            return None
        try:
            return run_bounded(partial(self._ask, ask), _BOUND_S, what="statfs")
        except RuntimeError:  # no thread to be had: nobody asks
            self._asking.release()
        except (OSError, DeadlineExceeded):
            pass
        return None

    def _ask(self, ask: Callable[[], int]) -> int:
        try:
            return ask()
        finally:
            self._asking.release()
