"""What every source that is followed can do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from vexfsctl.logs.sources.live import LiveText
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch


class LiveSource(Protocol):
    """A source that is read as it grows."""

    name: str

    @property
    def text(self) -> LiveText:
        """What its bytes say."""
        ...

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what has come since the last time, never wait; raise LogUnreadable.

        After about *most* bytes the rest is left for the next time.
        """
        ...

    def fileno(self) -> int | None:
        """Return a descriptor that is readable when there is more; None if there is none."""
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing can come any more."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...
