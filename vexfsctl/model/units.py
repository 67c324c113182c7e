"""Durations and sizes as people write them: `500ms`, `1h30m`; `4096`, `64KiB`, `1M`."""

import re

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
# Nine digits: a longer number would overflow a float, and no wait is that long.
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
# Compiled when first used: every command loads this, and few are given a duration.
_PART = rf"({_NUMBER})\s*(ms|[smhd])"
_WHOLE = rf"(?:{_PART}\s*)+"
_UNITS_BYTES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# ASCII, because IGNORECASE alone takes the Kelvin sign for a K.
_SIZE = r"(?ai)(\d+)\s*([KMGT]?)(?:i?B)?"


def parse_duration(text: str) -> int:
    """Return milliseconds; a bare number is seconds; raise ValueError for anything else."""
    text = text.strip()
    if re.fullmatch(_NUMBER, text):
        return round(float(text) * 1_000)
    if not re.fullmatch(_WHOLE, text):
        raise ValueError(f"not a duration: {text!r} (examples: 30, 500ms, 15m, 1h30m)")
    return round(sum(float(number) * _UNITS_MS[unit] for number, unit in re.findall(_PART, text)))


def format_duration(duration_ms: float) -> str:
    """Return *duration_ms* in its two largest units, as `parse_duration` reads it: `1h30m`."""
    if duration_ms < 1_000:
        return f"{round(duration_ms)}ms"
    seconds = round(duration_ms / 1_000)
    if duration_ms < 10_000 and duration_ms % 1_000:
        return f"{duration_ms / 1_000:.1f}s"
    for unit, size, smaller in (("d", 86_400, "h"), ("h", 3_600, "m"), ("m", 60, "s")):
        if seconds >= size:
            rest = seconds % size // (_UNITS_MS[smaller] // 1_000)
            return f"{seconds // size}{unit}" + (f"{rest}{smaller}" if rest else "")
    return f"{seconds}s"


def parse_size(text: str) -> int:
    """Return bytes; units are powers of 1024 as for losetup and truncate; raise ValueError."""
    match = re.fullmatch(_SIZE, text.strip())
    if match is None:
        raise ValueError(f"not a size: {text!r} (examples: 4096, 64KiB, 1M)")
    return int(match[1]) * _UNITS_BYTES[match[2].upper()]


def format_size(size: int) -> str:
    """Return *size* in the largest unit that divides it: `64KiB`, `1000B`."""
    for unit in ("T", "G", "M", "K"):
        if size and size % _UNITS_BYTES[unit] == 0:
            return f"{size // _UNITS_BYTES[unit]}{unit}iB"
    return f"{size}B"
