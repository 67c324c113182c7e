"""`examples/config.toml`: every setting of the configuration file, as a file to begin with."""

import json
from collections.abc import Iterator
from textwrap import wrap

from vexfsctl.config.configuration import Configuration
from vexfsctl.config.declaration import (
    PER_OPERATION,
    TABLES,
    AttributeKey,
    FieldKey,
    Key,
    TableOf,
)
from vexfsctl.config.reading import STANDARD_FILE
from vexfsctl.config.types import Duration
from vexfsctl.model.operations import OperationType
from vexfsctl.model.units import format_duration
from vexfsctl.sysfs.attributes import find_attribute

_WIDTH = 78
_HEAD = (
    f"All settings of {STANDARD_FILE}, with their defaults; see vexfsctl.toml(5). To change one,"
    " remove the # before its name."
)
_OPERATION = OperationType.STORAGE
"""Whose defaults are shown, and whose table."""


def example_files() -> dict[str, str]:
    """Return the example by the path it is checked in under."""
    return {"examples/config.toml": "\n".join(_lines()) + "\n"}


def _lines() -> Iterator[str]:
    yield from _comment(_HEAD)
    for name, table in TABLES.items():
        yield ""
        yield from _table(name, table)


def _table(name: str, table: TableOf) -> Iterator[str]:
    yield from _comment(table.meaning)
    yield f"[{name}]"
    for key_name, key in table.keys.items():
        yield ""
        yield from _comment(key.meaning)
        yield from _comment(f"{key.type.name}; default: {key.default}")
        yield f"#{key_name} = {_default(key)}"
    if table.per_operation:
        key_name, key = next(iter(table.keys.items()))
        yield ""
        yield from _comment(PER_OPERATION)
        yield f"#[{name}.{_OPERATION}]"
        yield f"#{key_name} = {_default(key)}"


def _default(key: Key) -> str:
    """Return the default as TOML; for a template that of `_OPERATION`."""
    match key:
        case AttributeKey():
            return str(find_attribute(key.attribute.of(_OPERATION).path).default)
        case FieldKey(type=Duration()):
            return f'"{format_duration(getattr(Configuration(), key.field))}"'
        case FieldKey():
            # Text, truth and empty lists are written as in JSON.
            return json.dumps(getattr(Configuration(), key.field))
    raise TypeError(key)


def _comment(text: str) -> Iterator[str]:
    return (f"# {line}" for line in wrap(text, _WIDTH, break_on_hyphens=False))
