"""Sizes in bytes as people write them: `4096`, `64KiB`, `1MiB`, `1M`."""

import re

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# ASCII, because IGNORECASE alone takes the Kelvin sign for a K.
_SIZE = re.compile(r"(\d+)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE | re.ASCII)


def parse_size(text: str) -> int:
    """Return bytes; units are powers of 1024 as for losetup and truncate; raise ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"no size: {text!r} (examples: 4096, 64KiB, 1M)")
    return int(match[1]) * _UNITS[match[2].upper()]


def format_size(size: int) -> str:
    """Return *size* in the largest unit that divides it: `64KiB`, `1000B`."""
    for unit in ("T", "G", "M", "K"):
        if size and size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}iB"
    return f"{size}B"
