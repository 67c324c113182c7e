"""Who makes decisions: the person at a terminal, a test, a fleet."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vexfsctl.recovery.device.target import Progress
    from vexfsctl.recovery.ledger.entries import Who


class Operator(Protocol):
    """Answers questions and receives messages; a use case talks to nobody else."""

    @property
    def interactive(self) -> bool:
        """Whether there is anyone to ask."""
        ...

    @property
    def who(self) -> "Who":
        """The operator's identity, for the ledger."""
        ...

    def ask(self, question: str) -> bool:
        """Return whether the answer to *question* is yes; call it only when `interactive`."""
        ...

    def tell(self, text: str) -> None:
        """Show a message that must not be missed."""
        ...

    def note(self, text: str) -> None:
        """Show a note, which may be left out."""
        ...

    def progress(self) -> "AbstractContextManager[Progress]":
        """Yield the progress display of long work, until the block ends."""
        ...
