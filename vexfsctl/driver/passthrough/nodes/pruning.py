"""Asking the kernel to forget nodes: those that cost a descriptor, or all while memory is short."""

import contextlib
import threading
from collections.abc import Callable, Sequence

from vexfsctl.driver.fuse import Connection
from vexfsctl.driver.passthrough.nodes.inodes import InodeTable


class Pruning:
    """Asks for nodes of a table, in a thread of its own that holds no lock.

    A handler must not ask: it owes the kernel an answer, and may hold what the kernel waits for.
    """

    def __init__(self, connection: Connection, inodes: InodeTable) -> None:
        self._connection = connection
        self._inodes = inodes
        self._asking = threading.Lock()

    def of_pinned(self) -> None:
        """Ask for those that are pinned; returns at once."""
        self._start(self._inodes.pinned)

    def of_all(self) -> None:
        """Ask for all; returns at once. What is in use stays."""
        self._start(self._inodes.newest_first)

    def _start(self, nodeids: Callable[[], Sequence[int]]) -> None:
        """Ask, unless that is already under way."""
        if self._asking.acquire(blocking=False):
            try:
                threading.Thread(
                    target=self._ask, args=(nodeids,), name="prune", daemon=True
                ).start()
            except RuntimeError:  # no thread to be had; the next one who wants it tries again
                self._asking.release()

    def _ask(self, nodeids: Callable[[], Sequence[int]]) -> None:
        try:
            with contextlib.suppress(OSError):
                self._connection.notify_prune(nodeids())
        finally:
            self._asking.release()
