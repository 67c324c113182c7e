"""Bytes of a file or pipe, with a deadline that holds even if the device below is stuck (`child`).

The LogUnreadable raised here gives the reason; a caller that knows the source's name puts it in
front.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.child import ReadingChild, read_descriptor
from vexfsctl.logs.files.names import hint_for_missing
from vexfsctl.system.access import access_hint

if TYPE_CHECKING:
    from vexfsctl.logs.files.open_file import OpenFile

IS_DIRECTORY = os.strerror(errno.EISDIR)
"""The reason why a directory cannot be read."""
NOT_THERE = os.strerror(errno.ENOENT)
"""The reason why what does not exist cannot be read."""
_DENIED = os.strerror(errno.EACCES)


class FileStream:
    """What a file holds, from its beginning. Iterate over it once, and close it."""

    def __init__(self, path: Path, silence_s: float) -> None:
        """No byte for *silence_s* seconds counts as no answer."""
        self._path = path
        self._silence_s = silence_s
        self._child: ReadingChild | None = None
        self._given = 0
        """Bytes that were yielded so far."""

    def open(self) -> int:
        """Begin to open it; return a descriptor that is readable once it is open, or cannot be.

        Raises LogUnreadable with the reason if that cannot be begun.
        """
        if self._child is None:
            self._child = ReadingChild(f"if={self._path}", silence_s=self._silence_s)
        return self._child.output

    def __iter__(self) -> Iterator[bytes]:
        """Yield it in chunks; raise LogUnreadable with the reason, also in the middle."""
        self.open()
        assert self._child is not None
        try:
            for chunk in self._child:
                self._given += len(chunk)
                yield chunk
        except LogUnreadable as failure:
            failure.hint = hint_for(failure.message, self._path)
            raise

    def take_over(self, taken: int) -> "OpenFile | None":
        """Return the file, to be read from anywhere, and yield no more of it.

        None if it cannot be read so without waiting, or if the *taken* bytes of text that were read
        so far are not those of the file.
        """
        # Deferred: most files are small.
        from vexfsctl.logs.files.open_file import OpenFile

        child = self._child
        if child is None or child.pid is None or taken != self._given:
            return None
        return OpenFile.of_process(child.pid, self._silence_s)

    def close(self) -> None:
        """Read no more."""
        if self._child is not None:
            self._child.close()


def read_stream(stream: BinaryIO, silence_s: float) -> Iterator[bytes]:
    """Yield what comes from an open stream until its end; raise as `FileStream` does.

    A terminal has no deadline: a person is pasting.
    """
    try:
        descriptor = stream.fileno()
    except OSError:
        yield stream.read()
        return
    yield from read_descriptor(descriptor, None if stream.isatty() else silence_s)


def hint_for(reason: str, path: Path) -> str | None:
    """Return what to do where *path* cannot be read for that *reason*; None: nothing is known."""
    if reason == _DENIED:
        return access_hint(path, os.R_OK)
    if reason == NOT_THERE:
        # Deferred: mostly a source exists.
        from vexfsctl.logs.files.listing import names_in

        return hint_for_missing(str(path), names_in(path.parent))
    return None
