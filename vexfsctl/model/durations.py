"""Durations as people write them: `30`, `500ms`, `15m`, `1h30m`."""

import re

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
# Nine digits: a longer number would overflow a float, and no wait is that long.
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_PART = re.compile(rf"({_NUMBER})\s*(ms|[smhd])")
_WHOLE = re.compile(rf"(?:{_PART.pattern}\s*)+")
_BARE = re.compile(_NUMBER)


def parse_duration(text: str) -> int:
    """Return milliseconds; a bare number is seconds; raise ValueError for anything else."""
    text = text.strip()
    if _BARE.fullmatch(text):
        return round(float(text) * 1_000)
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"no duration: {text!r} (examples: 30, 500ms, 15m, 1h30m)")
    return round(sum(float(number) * _UNITS_MS[unit] for number, unit in _PART.findall(text)))


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
