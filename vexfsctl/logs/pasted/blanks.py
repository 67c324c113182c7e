"""The blanks that web pages and mailers put in place of the kernel's."""

_UNBREAKABLE = "\u00a0".encode()


def plain_blanks(text: bytes) -> bytes:
    """Return *text* with plain blanks for those that no line is broken at."""
    return text.replace(_UNBREAKABLE, b" ") if _UNBREAKABLE in text else text
