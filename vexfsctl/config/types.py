"""Types of settings: which TOML values each accepts.

`accept` returns the value the program works with and raises ValueError in words that follow a
colon: `'ten' is text, not an integer`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from vexfsctl.logs.files.names import JOURNAL, WORDS
from vexfsctl.model.units import parse_duration
from vexfsctl.sysfs.values import Number

_KINDS: Mapping[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number with a fraction",
    str: "text",
    list: "an array",
    dict: "a table",
    date: "a date",
    time: "a time",
}
_LONGEST = 60


class SettingType(Protocol):
    """The type of a setting."""

    @property
    def name(self) -> str:
        """What the manual page calls it."""
        ...

    def accept(self, value: object) -> Any:
        """Return what *value* means; raise ValueError."""
        ...


@dataclass(frozen=True, slots=True)
class Integer:
    """The integers that an attribute takes."""

    number: Number

    @property
    def name(self) -> str:
        """Unit and range of the attribute."""
        return self.number.name

    def accept(self, value: object) -> int:
        """Return the integer; true and false are not integers, although Python says so."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_kind(value, "an integer")
        low, high = self.number.low, self.number.high
        if not low <= value <= high:
            raise ValueError(f"{shown(value)} is out of range ({low} to {high})")
        return value


@dataclass(frozen=True, slots=True)
class Duration:
    """Milliseconds, written as on the command line: "1h30m", or a number of seconds."""

    name: str = "duration"

    def accept(self, value: object) -> int:
        """Return milliseconds, more than zero."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise _wrong_kind(value, 'a duration ("1h30m", or seconds)')
        try:
            duration_ms = parse_duration(str(value))
        except ValueError:
            raise ValueError(
                f"{shown(value)} is not a duration (examples: 30, 500ms, 15m, 1h30m)"
            ) from None
        if duration_ms <= 0:
            raise ValueError("must be greater than 0")
        return duration_ms


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the words of an enum."""

    members: type[StrEnum]

    @property
    def name(self) -> str:
        """The words as alternatives."""
        return " | ".join(self.members)

    def accept(self, value: object) -> StrEnum:
        """Return the member."""
        if not isinstance(value, str):
            raise _wrong_kind(value, "text")
        if value not in list(self.members):
            raise ValueError(f"{shown(value)} is not one of {', '.join(self.members)}")
        return self.members(value)


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    name: str = "true | false"

    def accept(self, value: object) -> bool:
        """Return it."""
        if not isinstance(value, bool):
            raise _wrong_kind(value, "true or false")
        return value


@dataclass(frozen=True, slots=True)
class Directory:
    """An absolute path: the file serves commands started in any directory."""

    name: str = "path"

    def accept(self, value: object) -> Path:
        """Return the path; it need not exist."""
        if not isinstance(value, str):
            raise _wrong_kind(value, "text")
        if not value.startswith("/") or "\0" in value:
            raise ValueError(f"{shown(value)} is not an absolute path")
        return Path(value)


@dataclass(frozen=True, slots=True)
class LogName:
    """A source of records that the file can name: not standard input, which one command owns."""

    name: str = " | ".join((*WORDS, f"{JOURNAL}:path", f"{JOURNAL}@namespace", "path"))

    def accept(self, value: object) -> str:
        """Return it as `--log` takes it."""
        if isinstance(value, str):
            if value in WORDS or value.startswith(f"{JOURNAL}@"):
                return value
            if value.startswith(f"{JOURNAL}:"):
                return f"{JOURNAL}:{Directory().accept(value.removeprefix(f'{JOURNAL}:'))}"
        return str(Directory().accept(value))


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array; the reader checks each item against *item*, to say which one is wrong."""

    item: SettingType

    @property
    def name(self) -> str:
        """What it is an array of."""
        return f"array of {self.item.name}"

    def accept(self, value: object) -> list[object]:
        """Return the items, unchecked."""
        if not isinstance(value, list):
            raise _wrong_kind(value, "an array")
        return value


def shown(value: object) -> str:
    """Return *value* in few ASCII characters, as the file may have it."""
    if isinstance(value, bool):
        return str(value).lower()
    # A number may have more digits than Python is willing to write.
    if isinstance(value, int) and value.bit_length() > 64:
        return "a number that large"
    if isinstance(value, str):
        return ascii(value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…")
    return str(value) if isinstance(value, (int, float)) else kind_of(value)


def kind_of(value: object) -> str:
    """Return what TOML calls a value of that kind, with its article."""
    # Subclasses first: true is an int to Python, and a datetime is a date.
    return next((_KINDS[each] for each in type(value).mro() if each in _KINDS), "a value")


def _wrong_kind(value: object, wanted: str) -> ValueError:
    scalar = isinstance(value, (str, int, float))
    words = f"{shown(value)} is {kind_of(value)}" if scalar else kind_of(value)
    return ValueError(f"{words}, not {wanted}")
