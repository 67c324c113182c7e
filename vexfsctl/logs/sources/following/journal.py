"""Systemd journals that are followed."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.sources.following.stream import FollowedStream
from vexfsctl.logs.sources.journal import as_journal, failure_of, follow_journal
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch


class FollowedJournal:
    """A systemd journal that grows."""

    ended = False

    def __init__(self, name: str, text: LiveText, *, every_record: bool) -> None:
        """Start journalctl; raise LogUnreadable. *name* is as for `read_journal`."""
        self.name = name
        self.text = text
        self._child = follow_journal(as_journal(name), every_record=every_record)
        # The stream closes what is its own.
        self._stream = FollowedStream(name, os.dup(self._child.output), text)

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what has come; raise LogUnreadable when journalctl has ended."""
        yield from self._stream.drain(most)
        if self._stream.ended:
            reason = failure_of(self._child.complaint() or "it ended", as_journal(self.name))
            raise LogUnreadable(f"cannot follow {self.name}: {reason.message}", hint=reason.hint)

    def fileno(self) -> int | None:
        """Return the descriptor that is readable when there is more."""
        return self._stream.fileno()

    def close(self) -> None:
        """End journalctl."""
        self._stream.close()
        self._child.close()
