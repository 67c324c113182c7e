"""Who decides: the person at a terminal, a test, a fleet."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vexfsctl.recovery.device.target import Progress
    from vexfsctl.recovery.ledger.entries import Who


class Operator(Protocol):
    """Is asked, and told what happens; a use case talks to nobody else."""

    @property
    def interactive(self) -> bool:
        """Whether there is anybody to ask."""
        ...

    @property
    def who(self) -> "Who":
        """Who it is, for the ledger."""
        ...

    def ask(self, question: str) -> bool:
        """Return whether the answer to *question* is yes; only when `interactive`."""
        ...

    def tell(self, text: str) -> None:
        """Tell something that must not be missed."""
        ...

    def note(self, text: str) -> None:
        """Tell something worth knowing, which may be left out."""
        ...

    def progress(self) -> "AbstractContextManager[Progress]":
        """Yield what is to be told how far long work is, until the block ends."""
        ...
