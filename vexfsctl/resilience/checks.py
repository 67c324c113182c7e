"""Checks of settings; each raises with a message that names the field."""

from collections.abc import Callable
from math import isfinite


def whole(name: str, value: object, *, least: int = 1, optional: bool = False) -> None:
    """Check for an int of at least *least*."""
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")


def seconds(name: str, value: object, *, zero: bool = False, optional: bool = False) -> None:
    """Check for a finite number of seconds, above 0 or with *zero* from 0."""
    if value is None and optional:
        return
    _number(name, value)
    assert isinstance(value, int | float)
    if not isfinite(value) or value < 0 or (value == 0 and not zero):
        least = "at least 0" if zero else "greater than 0"
        raise ValueError(f"{name} must be a number of seconds {least}, not {value!r}")


def fraction(name: str, value: object, *, zero: bool = True, optional: bool = False) -> None:
    """Check for a number from 0 to 1, or without *zero* above 0."""
    if value is None and optional:
        return
    _number(name, value)
    assert isinstance(value, int | float)
    if not 0 <= value <= 1 or (value == 0 and not zero):
        raise ValueError(f"{name} must be a share from 0 to 1, not {value!r}")


def factor(name: str, value: object) -> None:
    """Check for a finite number of at least 1."""
    _number(name, value)
    assert isinstance(value, int | float)
    if not isfinite(value) or value < 1:
        raise ValueError(f"{name} must be at least 1, not {value!r}")


def exception_types(name: str, value: object) -> None:
    """Check for an exception type or a tuple of them."""
    types = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(each, type) and issubclass(each, BaseException) for each in types):
        raise TypeError(f"{name} must be an exception type or a tuple of them, not {value!r}")


def function(name: str, value: object, *, optional: bool = True) -> Callable[..., object] | None:
    """Check for something that can be called, and return it."""
    if value is None and optional:
        return None
    if not callable(value):
        raise TypeError(f"{name} must be callable, not {value!r}")
    return value


def _number(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, not {value!r}")
