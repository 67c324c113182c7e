"""Standard input and named pipes that are followed."""

import select
from collections.abc import Iterator
from os import close
from typing import TYPE_CHECKING

from vexfsctl.logs.sources.following.descriptors import read
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch


class FollowedStream:
    """Standard input or a named pipe, until its writers have gone."""

    def __init__(self, name: str, descriptor: int, text: LiveText) -> None:
        """*descriptor* is owned by it from now on."""
        self.name = name
        self.text = text
        self.ended = False
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what has come; raise LogUnreadable."""
        taken = 0
        while not self.ended and (more := self._poll.poll(0)) and taken < most:
            chunk = read(self.name, self._descriptor)
            taken += len(chunk)
            self.ended = not chunk
            yield from self.text.take(chunk)
        if self.ended:
            yield from self.text.finish()
        elif not more:
            yield from self.text.settle()

    def fileno(self) -> int | None:
        """Return the descriptor while something can come."""
        return None if self.ended else self._descriptor

    def close(self) -> None:
        """Close the descriptor."""
        close(self._descriptor)
