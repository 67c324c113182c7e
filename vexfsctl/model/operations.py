"""The seven operation types, each guarded by a breaker of its own."""

from enum import StrEnum

VECTOR_PREFIX = b"user.vexfs."
"""Extended attributes of this prefix are the vectors of a file."""


class OperationType(StrEnum):
    """What an operation works on. The order is that of VexFS's `FfiOperationType` (0 to 6)."""

    SUPERBLOCK = "superblock"
    INODE = "inode"
    FILE = "file"
    DIRECTORY = "directory"
    VECTOR = "vector"
    STORAGE = "storage"
    SYNC = "sync"

    @property
    def default_timeout_ms(self) -> int:
        """Deadline of one call, its retries included, unless an operator sets another."""
        return 60_000 if self is OperationType.SUPERBLOCK else 5_000
