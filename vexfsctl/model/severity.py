"""How bad an error is."""

from enum import IntEnum


class Severity(IntEnum):
    """Severity of an error; the numbers are `VEXFS_SEVERITY_*` of vexfs_ffi.h."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    CRITICAL = 3

    def __str__(self) -> str:
        """Lower-case word, as in logs, JSON and tables."""
        return self.name.lower()

    @property
    def log_level(self) -> int:
        """syslog level its records carry: low→debug, medium→info, high→warning, critical→err."""
        return (7, 6, 4, 3)[self]

    @classmethod
    def from_word(cls, word: str) -> "Severity":
        """Return the severity called *word*; raise ValueError if there is none."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"not a severity: {word!r}") from None
