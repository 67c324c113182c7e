"""The signs beyond ASCII that our own texts use, and what stands for them elsewhere."""

from functools import cache

STAND_INS = {
    "→": "->",
    "…": "...",
    "—": "--",
    "─": "-",
    "±": "+-",
    "“": '"',
    "”": '"',
    **dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True)),
}
_TRANSLATION = str.maketrans({**STAND_INS})


def takes_all(encoding: str) -> bool:
    """Whether *encoding* has every character."""
    return encoding.lower() in ("utf-8", "utf8")


@cache
def lacks_ours(encoding: str) -> bool:
    """Whether *encoding* lacks a sign that our own texts use."""
    try:
        "".join(STAND_INS).encode(encoding)
    except UnicodeEncodeError:
        return True
    return False


def stand_in(text: str, encoding: str) -> str:
    """Return *text*, which is ours as a whole, in characters that *encoding* has."""
    return text.translate(_TRANSLATION) if lacks_ours(encoding) else text
