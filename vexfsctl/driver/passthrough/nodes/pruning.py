"""Asking the kernel to forget nodes while each of them costs a descriptor."""

import contextlib
import threading

from vexfsctl.driver.fuse import Connection
from vexfsctl.driver.passthrough.nodes.inodes import InodeTable


class Pruning:
    """Asks for the pinned nodes of a table, in a thread of its own that holds no lock.

    A handler must not ask: it owes the kernel an answer, and may hold what the kernel waits for.
    """

    def __init__(self, connection: Connection, inodes: InodeTable) -> None:
        self._connection = connection
        self._inodes = inodes
        self._asking = threading.Lock()

    def start(self) -> None:
        """Ask, unless that is already under way; returns at once."""
        if self._asking.acquire(blocking=False):
            try:
                threading.Thread(target=self._ask, name="prune", daemon=True).start()
            except RuntimeError:  # no thread to be had; the next pinned node tries again
                self._asking.release()

    def _ask(self) -> None:
        try:
            with contextlib.suppress(OSError):
                self._connection.notify_prune(self._inodes.pinned())
        finally:
            self._asking.release()
