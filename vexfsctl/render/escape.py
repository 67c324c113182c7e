"""Foreign text made harmless: what came out of a log or an attribute may hold anything.

A terminal acts on control characters, so none reaches it: they are shown as `\\n`, `\\x1b`,
`\\u202e`. Ordinary text of any language stays as it is.
"""

from collections.abc import Iterable, Sequence
from unicodedata import category

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ZERO_WIDTH_JOINERS = "\u200c\u200d"  # letters of Persian and Hindi words, and of emoji


def escape_text(text: str) -> str:
    """Return *text* on one line with every character that is not for reading written out."""
    if text.isprintable():
        return text
    return "".join(map(_escape_character, text))


def escape_field(text: str) -> str:
    """Like `escape_text`, and reversible: a backslash is doubled. For TSV."""
    return escape_text(text.replace("\\", "\\\\"))


def escape_fields(texts: Sequence[str]) -> Iterable[str]:
    """Do the same for each of *texts*: mostly one look at all of them is enough."""
    joined = "".join(texts)
    plain = joined.isprintable() and "\\" not in joined
    return texts if plain else map(escape_field, texts)


def _escape_character(character: str) -> str:
    if character.isprintable() or character in _ZERO_WIDTH_JOINERS:
        return character
    if character in _SHORT:
        return _SHORT[character]
    # Combining with "Zs": a no-break space is harmless where a line separator is not.
    if category(character) == "Zs":
        return character
    return _escape_number(ord(character))


def _escape_number(number: int) -> str:
    # U+DC80 to U+DCFF stand for bytes that were not UTF-8 (PEP 383): show the byte.
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
