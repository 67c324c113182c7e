"""What mailers do to the text of a line: blanks that do not break, quoted-printable (RFC 2045)."""

import re
from functools import cache

_UNBREAKABLE = "\u00a0"
_BLANK = "=20"
"""A blank at the end of a line."""
_EQUALS = "=3D"


def as_sent(text: str) -> str:
    """Return *text* as it was before a mailer encoded it, without blanks at its end."""
    if _EQUALS in text or _BLANK in text:
        text = _encoded().sub(_decoded, text)
    return text.replace(_UNBREAKABLE, " ").rstrip()


def _decoded(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


@cache
def _encoded() -> re.Pattern[str]:
    # What can be shown.
    return re.compile("=([2-6][0-9A-F]|7[0-9A-E])")
