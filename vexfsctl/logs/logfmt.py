r"""Key=value pairs as in logfmt, with the quoting and the size limit of vexfs-log(5).

A value with a space, a quote, `=` or a non-printing character stands in double quotes, where `\"`
`\\` and `\xNN` (one byte) are escapes. An empty value is written `""`. Escaped bytes that are not
UTF-8 are read as the text `\xNN`, so that every value can be printed as JSON. Nothing here knows
which keys exist.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable

ELLIPSIS = "…"
ELLIPSIS_SIZE = 12
"""`kernel_size` of `…`: the least that `cut_value` leaves."""

_PLAIN = bytes(byte for byte in range(0x20, 0x7F) if byte != 0x5C)
_PAIR = re.compile(r' ?(?P<key>[^\s="]+)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^ "]*))(?= |$)')
_ESCAPE = re.compile(rb'\\(?:x([0-9a-fA-F]{2})|(["\\]))')

Pairs = list[tuple[str, str]]


def format_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Write pairs in their order, one space between them."""
    return " ".join(f"{key}={format_value(value)}" for key, value in pairs)


def format_value(value: str) -> str:
    """Write one value, in quotes where it needs them."""
    if value and value.isprintable() and not any(mark in value for mark in ' "='):
        return value
    return f'"{"".join(map(_escape, value))}"'


def parse_pairs(text: str, *, stray: str = "backslashreplace") -> Pairs:
    """Read what `format_pairs` writes; raise ValueError if it is torn or not a pair.

    *stray* says how to read escaped bytes that are not UTF-8, as bytes.decode does.
    """
    pairs: Pairs = []
    end = 0
    while end < len(text):
        match = _PAIR.match(text, end)
        if match is None:
            raise ValueError(f"no key=value at {text[end : end + 40]!r}")
        quoted = match["quoted"]
        pairs.append((match["key"], match["bare"] if quoted is None else _unescape(quoted, stray)))
        end = match.end()
    return pairs


def kernel_size(text: str) -> int:
    r"""Return the bytes /dev/kmsg hands back for *text*: four (`\xNN`) for what it escapes."""
    raw = _to_bytes(text)
    return len(raw) + 3 * len(raw.translate(None, _PLAIN))


def written_size(value: str) -> int:
    """Return the `kernel_size` that *value* has when written, quotes included."""
    return kernel_size(format_value(value))


def cut_value(value: str, room: int) -> str:
    """Return the longest start of *value* that with `…` takes at most *room* bytes when written."""
    starts = range(min(len(value), max(room, 0)))
    fitting = bisect_right(starts, room, key=lambda n: written_size(value[:n] + ELLIPSIS))
    return value[: max(fitting - 1, 0)] + ELLIPSIS


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in _to_bytes(character))


def _unescape(quoted: str, stray: str) -> str:
    if "\\" not in quoted:
        return quoted
    return _ESCAPE.sub(_escaped_byte, _to_bytes(quoted)).decode(errors=stray)


def _escaped_byte(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else match[2]


def _to_bytes(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        # Half a UTF-16 pair, as JSON can spell it, has no bytes at all.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
