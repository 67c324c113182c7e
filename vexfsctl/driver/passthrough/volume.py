"""Requests about the volume as a whole: its statistics, and writing all of it out."""

import os
from pathlib import Path

from vexfsctl.driver import system_calls
from vexfsctl.driver.fuse import replies, requests
from vexfsctl.driver.passthrough.backing import DONE, Answer, Backing, Handler
from vexfsctl.driver.passthrough.inodes import Descriptor


class Volume:
    """Handlers of requests about the volume, one for each shape."""

    def __init__(self, backing: Backing, source: Path) -> None:
        self._backing = backing
        # syncfs(2) takes no O_PATH, and reports what failed since this was opened.
        number = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._directory = Descriptor(number)
        self._last_good: dict[int, os.statvfs_result] = {}
        self.handlers: dict[type, Handler] = {
            requests.StatFs: self._statistics,
            requests.SyncFs: self._sync,
        }

    def last_statistics(self, request: requests.StatFs, cause: OSError) -> Answer:
        """Answer with what the last good statfs of this device said; raise *cause* if none did."""
        last = self._last_good.get(self._device(request))
        if last is None:
            raise cause
        return Answer((replies.encode_statfs(last),))

    def sync(self) -> None:
        """Write out the filesystem the volume is on; raises OSError."""
        system_calls.syncfs(self._directory.number)

    def close(self) -> None:
        """Let go of the source directory."""
        self._directory.close()

    def _statistics(self, request: requests.StatFs) -> Answer:
        inode = self._backing.inodes.get(request.header.nodeid)
        statistics = os.fstatvfs(inode.number)
        self._last_good[self._device(request)] = statistics
        return Answer((replies.encode_statfs(statistics),))

    def _sync(self, _request: requests.SyncFs) -> Answer:
        self.sync()
        return DONE

    def _device(self, request: requests.StatFs) -> int:
        return self._backing.inodes.get(request.header.nodeid).key[0]
