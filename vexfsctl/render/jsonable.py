"""Values into what `json` can write: the one place that decides how a type looks in JSON."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path

from vexfsctl.model.correlation import CorrelationId

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def jsonable(value: object) -> Json:
    """Return *value* as JSON sees it; raise TypeError for a type nobody decided on.

    Dataclasses become objects with their field names, enums their lower-case words, correlation
    ids `CORR-…`, paths strings, times RFC 3339 UTC; integers stay integers.
    """
    if value is None or type(value) is str or type(value) is int:
        return value
    # Enums and correlation ids are strings or numbers too, so they come first.
    if isinstance(value, Enum | CorrelationId | Path):
        return str(value)
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return format_time(value)
    return _jsonable_composite(value)


def format_time(moment: datetime) -> str:
    """Write an aware *moment* as RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _jsonable_composite(value: object) -> Json:
    kind: type = type(value)
    names = _field_names(kind)
    if names is not None:
        return {name: jsonable(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [jsonable(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


@cache
def _field_names(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a dataclass; None for another type."""
    return tuple(item.name for item in fields(kind)) if is_dataclass(kind) else None
