"""Values into what `json` can write: the one place that decides how a type looks in JSON."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from vexfsctl.model.correlation import CorrelationId

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_PLAIN = frozenset((type(None), bool, int, float, str))


def jsonable(value: object) -> Json:
    """Return *value* as JSON sees it; raise TypeError for a type nobody decided on.

    Dataclasses become objects with their field names, enums their lower-case words, correlation
    ids `CORR-…`, paths strings, times RFC 3339 UTC; integers stay integers.
    """
    kind: type = type(value)
    # Most values are of these types, and a log has millions.
    return value if kind in _PLAIN else _form_of(kind)(value)  # type: ignore[return-value]


def format_time(moment: datetime) -> str:
    """Write an aware *moment* as RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def _form_of(kind: type) -> Callable[[Any], Json]:
    """Return what makes JSON of the values of this type; there are few types."""
    # Enums and correlation ids are strings or numbers too, so they come first.
    if issubclass(kind, Enum | CorrelationId | Path):
        return str
    if issubclass(kind, tuple(_PLAIN)):
        return lambda value: value
    if issubclass(kind, datetime):
        return format_time
    if is_dataclass(kind):
        names = tuple(item.name for item in fields(kind))
        return lambda value: {name: jsonable(getattr(value, name)) for name in names}
    if issubclass(kind, Mapping):
        return lambda value: {str(key): jsonable(item) for key, item in value.items()}
    if issubclass(kind, tuple | list):
        return lambda value: [jsonable(item) for item in value]
    raise TypeError(f"no JSON form for {kind.__name__}")
