"""Types of attribute values: how each is written as text, and read back.

Every type reads text in two ways. `parse` is for the side that is written to: it accepts exactly
what the specification allows and raises ValueRefused (EINVAL malformed, ERANGE out of range).
`interpret` is for the reader of a provider that may be newer: an unknown word is returned as a
string, and only text without any meaning raises ValueError. Text comes without its final newline;
bytes that are not UTF-8 are surrogates (`surrogateescape`), as in Python's file names.
"""

import re
from collections.abc import Iterable
from errno import ERANGE
from typing import Any, Protocol

from vexfsctl.exceptions import ValueRefused
from vexfsctl.model.correlation import CorrelationId

U32_MAX = (1 << 32) - 1
U64_MAX = (1 << 64) - 1


class ValueType(Protocol):
    """The type of an attribute. Values are `Any`: the table pairs them with paths."""

    @property
    def name(self) -> str:
        """What the manual page calls it."""
        ...

    def parse(self, text: str) -> Any:
        """Return the value of what a writer wrote; raise ValueRefused."""
        ...

    def interpret(self, text: str) -> Any:
        """Return what a provider most likely means; raise ValueError if that is unclear."""
        ...

    def format(self, value: Any) -> str:
        """Return the text of *value*, without newline."""
        ...


class Number:
    """An unsigned integer, *low* to *high*; *unit* is what it counts."""

    def __init__(self, unit: str, low: int = 0, high: int = U64_MAX) -> None:
        self.unit = unit
        self.low = low
        self.high = high

    @property
    def name(self) -> str:
        """Unit, and the range where it is narrower than that of the integer."""
        narrow = self.low > 0 or self.high not in (U32_MAX, U64_MAX)
        return f"{self.unit}, {self.low} to {self.high}" if narrow else self.unit

    def parse(self, text: str) -> int:
        """Return the number; EINVAL for anything but decimal digits, ERANGE outside."""
        return parse_number(text, self.low, self.high)

    def interpret(self, text: str) -> int:
        """Return the number even if it is out of range; ValueError if it is not a number."""
        if not (text.isascii() and text.isdecimal() and len(text) <= 20):
            raise ValueError(f"not a number: {shown(text)}")
        return int(text)

    def format(self, value: int) -> str:
        """Return decimal digits."""
        return str(value)


class Word:
    """One of a closed set of words; *members* are enum members whose `str` is the word."""

    def __init__(self, members: Iterable[Any]) -> None:
        self._by_word = {str(member): member for member in members}

    @property
    def words(self) -> tuple[str, ...]:
        """The words, in the order of the set."""
        return tuple(self._by_word)

    @property
    def name(self) -> str:
        """The words as alternatives."""
        return " | ".join(self._by_word)

    def parse(self, text: str) -> Any:
        """Return the member; EINVAL for an unknown word."""
        if text not in self._by_word:
            raise ValueRefused(f"{shown(text)} is not one of {', '.join(self._by_word)}")
        return self._by_word[text]

    def interpret(self, text: str) -> Any:
        """Return the member, or an unknown word as a string; ValueError if it is not a word."""
        if text not in self._by_word and not _WORD.fullmatch(text):
            raise ValueError(f"not a word: {shown(text)}")
        return self._by_word.get(text, text)

    def format(self, value: Any) -> str:
        """Return the word."""
        return str(value)


class Text:
    """Free text of one line or, for a list, of several; *pattern* is what it must look like."""

    def __init__(self, name: str, pattern: str = r"[^\0]+") -> None:
        self.name = name
        self.pattern = pattern

    def parse(self, text: str) -> str:
        """Return the text; EINVAL if it does not match the pattern."""
        if not re.fullmatch(self.pattern, text, re.DOTALL):
            raise ValueRefused(f"{shown(text)} is not a {self.name}")
        return text

    def interpret(self, text: str) -> str:
        """Return the text, stray bytes as `\\xNN`; ValueError if it does not match the pattern."""
        text = _printable(text)
        if not re.fullmatch(self.pattern, text, re.DOTALL):
            raise ValueError(f"not a {self.name}: {shown(text)}")
        return text

    def format(self, value: str) -> str:
        """Return the text itself."""
        return value


class EscapedPath:
    r"""An absolute path with its white space and backslashes as octal (`\040`), as in mountinfo.

    *words* may stand in its place and are not escaped.
    """

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self.words = words

    @property
    def name(self) -> str:
        """The words and `path` as alternatives."""
        return " | ".join((*self.words, "path"))

    def parse(self, text: str) -> str:
        """Return word or path; EINVAL unless it is one."""
        try:
            return self.interpret(text)
        except ValueError as cause:
            raise ValueRefused(str(cause)) from cause

    def interpret(self, text: str) -> str:
        """Return word or path; ValueError unless it is one."""
        if text in self.words:
            return text
        if not text.startswith("/") or "\0" in text:
            raise ValueError(f"not an absolute path: {shown(text)}")
        return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)

    def format(self, value: str) -> str:
        """Return a path escaped."""
        return _TO_ESCAPE.sub(lambda match: f"\\{ord(match[0]):03o}", value)


class Id:
    """A correlation id."""

    name = "correlation id"

    def parse(self, text: str) -> CorrelationId:
        """Return the id; EINVAL if *text* is not one."""
        try:
            return CorrelationId.parse(text)
        except ValueError as cause:
            raise ValueRefused(f"{shown(text)} is not a correlation id") from cause

    def interpret(self, text: str) -> CorrelationId:
        """Return the id; ValueError if *text* is not one."""
        return CorrelationId.parse(text)

    def format(self, value: CorrelationId) -> str:
        """Return the full written form."""
        return str(value)


class OrNone:
    """Another type, or `-` for None: the provider has nothing to say there."""

    def __init__(self, type_: ValueType) -> None:
        self.type = type_

    @property
    def name(self) -> str:
        """The other type's name, or `-`."""
        return f"{self.type.name} or -"

    def parse(self, text: str) -> Any:
        """Return None for `-`, else as the other type."""
        return None if text == "-" else self.type.parse(text)

    def interpret(self, text: str) -> Any:
        """Return None for `-`, else as the other type."""
        return None if text == "-" else self.type.interpret(text)

    def format(self, value: Any) -> str:
        """Return `-` for None, else as the other type."""
        return "-" if value is None else self.type.format(value)


def parse_number(text: str, low: int, high: int) -> int:
    """Read decimal digits; raise ValueRefused: EINVAL for other text, ERANGE if out of range."""
    if not (text.isascii() and text.isdecimal()):
        raise ValueRefused(f"not a number: {text[:60]!a}")
    # More digits than any limit has: int() of a whole page of them would cost, or fail.
    if len(text.lstrip("0")) > 20 or not low <= int(text) <= high:
        raise ValueRefused(f"{text[:60]} is outside of {low} to {high}", errno=ERANGE)
    return int(text)


def shown(text: str) -> str:
    """Return *text* quoted and escaped, cut to what fits a message."""
    return ascii(text if len(text) <= 60 else text[:59] + "…")


_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OCTAL = re.compile(r"\\([01][0-7]{2})")
_TO_ESCAPE = re.compile(r"[ \t\n\\]")


def _printable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
