"""Free space that a volume keeps: while there is less, what needs more of it gets ENOSPC.

Free space is asked for ten times a second at most; in between, what calls may take is counted. So
as many calls as are under way may still go below the reserve.
"""

import errno
import os
import stat
import threading
from collections.abc import Callable

from vexfsctl.driver.fuse import requests
from vexfsctl.driver.passthrough.backing import Backing
from vexfsctl.driver.refusals import Refusal
from vexfsctl.driver.requests import data_range
from vexfsctl.model.clock import Clock

_FRESH_NS = 100_000_000
_OF_A_NAME = 4096
_WRITE_FROM_CACHE = 1
_BLOCK = 512  # of st_blocks, whatever the filesystem's own are


class Reserve:
    """Lets calls take space; *free_bytes* returns what there is, raises OSError, may wait."""

    def __init__(self, backing: Backing, free_bytes: Callable[[], int], clock: Clock) -> None:
        self._backing = backing
        self._free_bytes = free_bytes
        self._now_ns = clock.now_ns
        self._lock = threading.Lock()
        self._left = 0
        self._asked_ns = -_FRESH_NS

    def require(self, request: requests.Request, kept: int) -> None:
        """Raise Refusal (ENOSPC) if *request* needs space, and less than *kept* bytes are free.

        What it allocates at once must fit above that; anything else is short enough.

        A filesystem that is mounted inside of the source has its own space, which is not looked at.
        """
        inode = self._backing.inodes.get(request.header.nodeid)
        if inode.mount.device != self._backing.inodes.root.mount.device:
            return
        _, length = data_range(request)
        amount = _OF_A_NAME if length is None else length
        least = amount if isinstance(request, requests.Fallocate) else 0
        if not self._take(amount, least, kept) and self._needs_space(request):
            raise Refusal(errno.ENOSPC, "less is free than reserve_bytes")

    def _take(self, amount: int, least: int, kept: int) -> bool:
        now_ns = self._now_ns()
        with self._lock:
            if now_ns - self._asked_ns < _FRESH_NS and self._left - kept >= least:
                self._left -= amount
                return True
        try:
            # Not under the lock: it may wait for the device.
            free = self._free_bytes()
        except OSError:
            return True  # the call itself will tell
        enough = free - kept >= least
        with self._lock:
            self._left, self._asked_ns = free - (amount if enough else 0), now_ns
        return enough

    def _needs_space(self, request: requests.Request) -> bool:
        """Whether it takes space that its file does not have yet."""
        if not isinstance(request, requests.Write):
            return True
        if request.write_flags & _WRITE_FROM_CACHE:
            # Pages of a mapping: the application was told long ago that they are written.
            return False
        status = os.fstat(self._backing.files.get(request.handle).number)
        if not stat.S_ISREG(status.st_mode) or request.flags & os.O_APPEND:
            return True
        has_holes = status.st_blocks * _BLOCK < status.st_size
        return has_holes or request.offset + len(request.data) > status.st_size
