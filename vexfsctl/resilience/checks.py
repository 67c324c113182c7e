"""Checks of settings; each raises with a message that names the field."""

from collections.abc import Callable, Iterable, Mapping
from math import inf
from sys import maxsize


def whole(name: str, value: object, *, least: int = 1, optional: bool = False) -> None:
    """Check for an int of at least *least*."""
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    if value > maxsize:
        raise ValueError(f"{name} must be at most {maxsize}")


def seconds(name: str, value: object, *, zero: bool = False, optional: bool = False) -> None:
    """Check for a finite number of seconds, above 0 or with *zero* from 0."""
    if value is None and optional:
        return
    number = _number(name, value)
    if not 0 <= number < inf or (number == 0 and not zero):
        least = "at least 0" if zero else "greater than 0"
        raise ValueError(f"{name} must be a number of seconds {least}, not {value!r}")


def fraction(name: str, value: object, *, zero: bool = True, optional: bool = False) -> None:
    """Check for a number from 0 to 1, or without *zero* above 0."""
    if value is None and optional:
        return
    number = _number(name, value)
    if not 0 <= number <= 1 or (number == 0 and not zero):
        raise ValueError(f"{name} must be a share from 0 to 1, not {value!r}")


def factor(name: str, value: object, *, least: float = 1) -> None:
    """Check for a finite number of at least *least*."""
    if not least <= _number(name, value) < inf:
        raise ValueError(f"{name} must be a finite number of at least {least}, not {value!r}")


def exceptions(name: str, value: object) -> None:
    """Check for an exception type, a tuple of them, or a function."""
    if callable(value) and not isinstance(value, type):
        return
    types = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(each, type) and issubclass(each, BaseException) for each in types):
        raise TypeError(
            f"{name} must be an exception type, a tuple of them or a function, not {value!r}"
        )


def function(name: str, value: object, *, optional: bool = True) -> Callable[..., object] | None:
    """Check for something that can be called, and return it."""
    if value is None and optional:
        return None
    if not callable(value):
        raise TypeError(f"{name} must be callable, not {value!r}")
    return value


def flag(name: str, value: object) -> None:
    """Check for True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {value!r}")


def one_of(name: str, value: object, choices: Iterable[str]) -> None:
    """Check for one of some words."""
    choices = list(choices)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")


def instance(name: str, value: object, kind: type, *, optional: bool = False) -> None:
    """Check for an instance of *kind*."""
    if not isinstance(value, kind) and not (value is None and optional):
        raise TypeError(f"{name} must be a {kind.__name__}, not {value!r}")


def by_name(name: str, value: object) -> Mapping[str, object]:
    """Check for a mapping from names, and return it."""
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"{name} must be a mapping from names, not {value!r}")
    return value


def clock(name: str, value: object, *, waits: bool = False) -> None:
    """Check for a `Timepiece`, or where it *waits* for a `Clock`."""
    methods = ("now_ns", "sleep", "sleep_async") if waits else ("now_ns",)
    if not all(hasattr(value, method) for method in methods):
        raise TypeError(f"{name} must have {', '.join(methods)}, not {value!r}")


def _number(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, not {value!r}")
    try:
        return float(value)
    except OverflowError:
        return inf
