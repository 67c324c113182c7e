"""A file that is followed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vexfsctl.logs.files.listing import Identity
from vexfsctl.logs.sources.following.descriptors import open_file, read
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch

_TAIL = 64
"""Bytes before the place reached by which a file is known to be the same still."""


class FollowedFile:
    """A file that grows, is rotated, or is rewritten."""

    ended = False

    def __init__(self, name: str, descriptor: int, text: LiveText, silence_s: float) -> None:
        """*descriptor* is owned by it from now on."""
        self.name = name
        """Its path, under which its successor will be, too. May be set to that of another one."""
        self.text = text
        self._descriptor = descriptor
        self._silence_s = silence_s
        self._tail = b""
        self._behind = False

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what was added since the last time; raise LogUnreadable."""
        if self._is_rewritten():
            yield from self.text.finish()
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            self._tail = b""
        while self._is_replaced():
            # Only now, when nothing more is written to the old file.
            yield from self._drain_descriptor(most)
            if self._behind:
                return
            successor = open_file(self.name, self._silence_s)
            if successor is None:
                # It was moved away, too: the next look will find what comes after it.
                break
            yield from self.text.finish()
            os.close(self._descriptor)
            self._descriptor, self._tail = successor, b""
        yield from self._drain_descriptor(most)
        if not self._behind:
            yield from self.text.settle()

    def fileno(self) -> int | None:
        """Return None, as a file is readable at its end too, unless that is not reached yet."""
        return self._descriptor if self._behind else None

    def is_file(self, identity: Identity) -> bool:
        """Whether it is that file which is read at present."""
        found = os.fstat(self._descriptor)
        return (found.st_dev, found.st_ino) == identity[:2]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _drain_descriptor(self, most: float) -> "Iterator[LogRecord | Stretch]":
        taken, self._behind = 0, False
        while not self._behind and (chunk := read(self.name, self._descriptor)):
            taken += len(chunk)
            self._tail, self._behind = chunk[-_TAIL:], taken >= most
            yield from self.text.take(chunk)

    def _is_rewritten(self) -> bool:
        """Whether it was truncated; it may be longer again than it was.

        If not, it is read on from where it was.
        """
        if not self._tail:
            return False
        os.lseek(self._descriptor, -len(self._tail), os.SEEK_CUR)
        return read(self.name, self._descriptor, len(self._tail)) != self._tail

    def _is_replaced(self) -> bool:
        """Whether its name is now that of another file."""
        try:
            named = Path(self.name).stat()
        except OSError:
            # Moved away and its successor not there yet: the next look will find it.
            return False
        # Log daemons write to the old file until they open the new one.
        return bool(named.st_size) and not os.path.samestat(named, os.fstat(self._descriptor))
