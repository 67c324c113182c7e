"""The form of one entry of the error catalogue; the entries are in `table`."""

import os
from dataclasses import dataclass
from enum import IntEnum

from vexfsctl.model.errnos import CORRUPTION_ERRNOS
from vexfsctl.model.hints import HintKind, RecoveryHint
from vexfsctl.model.severity import Severity


class VexfsCode(IntEnum):
    """Return codes of `vexfs_ffi.h` (`VEXFS_ERROR_*`): negative errnos, and five of its own.

    -1 has two names there, so a bare -1 says nothing: generic, not permitted, or unmapped.
    """

    GENERIC = -1
    PERMISSION = -1
    NOENT = -2
    IO = -5
    AGAIN = -11
    NOMEM = -12
    BUSY = -16
    EXIST = -17
    NOTDIR = -20
    ISDIR = -21
    INVAL = -22
    NOSPC = -28
    TIMEOUT = -110
    CIRCUIT_BREAKER = -1000
    RETRY_EXHAUSTED = -1001
    FALLBACK_FAILED = -1002
    CORRUPTION = -1003
    RECOVERY_NEEDED = -1004


FAMILIES = {
    "IoError": "Input and output",
    "StorageError": "Blocks",
    "VectorError": "Vectors",
    "IndexError": "Index of the vectors",
    "SearchError": "Searches",
    "JournalError": "Journal",
    "TransactionError": "Transactions",
    "": "Without a family",
}
"""What each family of errors is about, in the order of vexfs-errors(7)."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """What the VexFS sources say about an error, kept beside what is right."""

    severity: Severity
    retryable: bool
    corruption: bool
    hints: tuple[RecoveryHint, ...]
    errnos: tuple[int | None, int | None, int | None]
    """Positive errno by upstream's maps A, F, K; None if a map does not know the error.

    A is `to_kernel_errno` (module initialisation), F is `to_ffi_result` (every other call into
    Rust: what a kernel module really sees), K is `to_kernel_error_code` (never called). The
    fourth map exists on paper only and turns all but 22, 12, 5 and 95 into 5.
    """


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One VexFS error: what it is called, how bad it is, what to do about it."""

    name: str
    """`OutOfMemory`; with its family where it is a sub-kind: `IoError.ReadError`."""
    prefix: str
    """What the family puts before the text: `I/O error: `, empty outside families."""
    text: str
    """The error's own message, as `msg` of a log record has it; `{}` stands for a payload."""
    errno: int
    """Positive; what an application that meets it should get."""
    severity: Severity
    hints: tuple[RecoveryHint, ...]
    """In the order in which to try them."""
    code: VexfsCode
    """Number for it in `vexfs_ffi.h`."""
    upstream: Upstream | None
    """None for the codes without a Rust error behind them."""
    meaning: str
    """What happened, in a sentence; what follows is prose too, with commands in backquotes."""
    impact: str
    """What it means for applications and for what is stored."""
    by_itself: str | None
    """What VexFS does by itself beyond what follows from errno and hints."""
    what_you_do: str
    """The next step for the operator of the volume."""
    done_when: str
    """The command whose output proves that it is over, and that output."""

    @property
    def family(self) -> str:
        """The part of the name before the dot; empty outside families."""
        return self.name.rpartition(".")[0]

    @property
    def message(self) -> str:
        """Whole message as VexFS displays it, with `{}` for each payload."""
        return self.prefix + self.text

    @property
    def retryable(self) -> bool:
        """Whether the same attempt may simply be made again: its first hint is `retry`."""
        return bool(self.hints) and self.hints[0].kind is HintKind.RETRY

    @property
    def retry_delay_ms(self) -> int | None:
        """Delay of the `retry` hint; None without one."""
        return next((hint.delay_ms for hint in self.hints if hint.kind is HintKind.RETRY), None)

    @property
    def corruption(self) -> bool:
        """Whether it says that stored data or structures are damaged."""
        return self.errno in CORRUPTION_ERRNOS

    @property
    def hint_flags(self) -> int:
        """The hints as a flag word of `VEXFS_RECOVERY_*`, 0x01 to 0x40."""
        return sum({hint.kind.flag for hint in self.hints})

    def format(self, *payload: object) -> str:
        """Return the whole message with *payload*; raise IndexError if there is too little."""
        return self.message.format(*payload)

    def describe(self, number: int) -> str:
        """Return the text for a log record whose only detail is errno *number*."""
        return self.text.format(*[os.strerror(number)] * self.text.count("{}"))
