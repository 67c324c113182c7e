"""Recovery hints: what an error suggests doing about it."""

import re
from dataclasses import dataclass
from enum import StrEnum

_DELAY = re.compile(r"[0-9]{1,9}")


class HintKind(StrEnum):
    """The seven hints, as the log writes them."""

    RETRY = "retry"
    USE_FALLBACK = "use_fallback"
    INVALIDATE_CACHE = "invalidate_cache"
    REDUCE_SCOPE = "reduce_scope"
    READ_ONLY = "read_only"
    RESTART = "restart"
    MANUAL = "manual"

    @property
    def flag(self) -> int:
        """Bit of the hint in a flag word (`VEXFS_RECOVERY_*` of vexfs_ffi.h), 0x01 to 0x40."""
        return 1 << list(HintKind).index(self)


@dataclass(frozen=True, slots=True)
class RecoveryHint:
    """One hint; only `retry` carries a delay."""

    kind: HintKind
    delay_ms: int | None = None

    def __str__(self) -> str:
        """Render as the log does: `retry:500`, `read_only`."""
        return self.kind if self.delay_ms is None else f"{self.kind}:{self.delay_ms}"

    @classmethod
    def from_word(cls, word: str) -> "RecoveryHint":
        """Read what `str` writes; raise ValueError for anything else."""
        name, colon, delay = word.partition(":")
        kind = HintKind(name)
        if bool(colon) != (kind is HintKind.RETRY) or (colon and not _DELAY.fullmatch(delay)):
            raise ValueError(f"not a hint: {word!r}")
        return cls(kind, int(delay) if colon else None)


def hints_from_flags(flags: int) -> tuple[HintKind, ...]:
    """Return the hints of a flag word in bit order; raise ValueError for bits without a meaning."""
    if flags & ~0x7F:
        raise ValueError(f"flag word {flags:#x} has bits beyond 0x7f")
    return tuple(kind for kind in HintKind if flags & kind.flag)
