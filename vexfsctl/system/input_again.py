"""Whether a command that is tried again can read the same standard input again."""

import fcntl
import os
import select
import stat
import termios


class InputAgain:
    """What descriptor 0 is when the first attempt begins."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._offset: int | None = None
        self.possible = self._look()
        """Whether each attempt can read the same."""

    def rewind(self) -> None:
        """Go back to where the first attempt began."""
        if self._offset is not None:
            os.lseek(self._descriptor, self._offset, os.SEEK_SET)

    def _look(self) -> bool:
        try:
            status = os.fstat(self._descriptor)
        except OSError:
            return True  # closed
        if stat.S_ISREG(status.st_mode) or stat.S_ISBLK(status.st_mode):
            self._offset = os.lseek(self._descriptor, 0, os.SEEK_CUR)
            return True
        if stat.S_ISCHR(status.st_mode):
            # A person at a terminal can be asked again.
            null = os.stat(os.devnull).st_rdev
            return status.st_rdev == null or os.isatty(self._descriptor)
        return self._is_at_its_end()

    def _is_at_its_end(self) -> bool:
        """Whether a pipe has nothing, and nobody to write more: cron gives its jobs such a one."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        if not any(events & select.POLLHUP for _, events in poll.poll(0)):
            return False
        try:
            waiting = fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(4))
        except OSError:
            return False
        return waiting == bytes(4)
