"""The text of an archive that a program unpacks, zstd(1) or lz4(1), as this Python cannot.

Bounded as in `archives`. The program is fed and read by turns, so that it never waits for us.
"""

import os
import select
from collections.abc import Iterator
from contextlib import closing

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.archives import Counted, refuse_bomb
from vexfsctl.logs.files.child import SourceChild

_PIECE = 1 << 16
_SILENCE_MS = 30_000
"""The program only computes: so long it never takes for a piece."""
_MEMORY = {"zstd": ("--memory=128MB",), "lz4": ()}
"""Most memory that a window may take; lz4 has windows of 64 KiB."""


def unpack(name: str, start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of an archive of the program *name*; LogUnreadable where it is damaged.

    *start* is what was read of *chunks* before.
    """
    archive = Counted(start, chunks)
    with closing(_Program(name, start)) as program:
        given = 0
        for text in program.run(archive):
            given += len(text)
            refuse_bomb(name, given, archive.taken)
            yield text
        if complaint := program.complaint():
            raise LogUnreadable(f"its {name} data is damaged ({complaint})")


class _Program:
    def __init__(self, name: str, start: bytes) -> None:
        entrance, feed = os.pipe()
        self._feed: int | None = feed
        self._pending = start
        os.set_blocking(feed, False)
        argv = [name, "-dcq", *_MEMORY[name]]
        otherwise = (
            f"install the Debian package `{name}`, or elsewhere: {name} -dc FILE | vexfsctl … "
            "--log -"
        )
        try:
            self._child = SourceChild(argv, silence_s=None, otherwise=otherwise, stdin=entrance)
        except LogUnreadable:
            self._end_feed()
            raise
        finally:
            os.close(entrance)

    def run(self, archive: Counted) -> Iterator[bytes]:
        """Yield what it prints while it is fed."""
        poll = select.poll()
        poll.register(self._child.output, select.POLLIN)
        if self._feed is not None:
            poll.register(self._feed, select.POLLOUT)
        while True:
            ready = dict(poll.poll(_SILENCE_MS))
            if self._child.output in ready:
                text = os.read(self._child.output, _PIECE)
                if not text:
                    return
                yield text
            elif self._feed in ready:
                self._feed_piece(archive, poll)
            elif not ready:
                raise LogUnreadable("the program that unpacks it does not answer")

    def complaint(self) -> str:
        """Return the last line of what it said of trouble."""
        return self._child.complaint().rpartition("\n")[2].rpartition(": ")[2]

    def close(self) -> None:
        """End it."""
        self._end_feed()
        self._child.close()

    def _feed_piece(self, archive: Counted, poll: select.poll) -> None:
        assert self._feed is not None
        self._pending = self._pending or archive.next()
        try:
            sent = os.write(self._feed, self._pending[:_PIECE]) if self._pending else 0
        except BlockingIOError:
            return
        except BrokenPipeError:
            sent = 0
        self._pending = self._pending[sent:]
        if not sent:
            poll.unregister(self._feed)
            self._end_feed()

    def _end_feed(self) -> None:
        if self._feed is not None:
            os.close(self._feed)
            self._feed = None
