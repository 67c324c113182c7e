"""Every setting with the value in force, and what gave it that value."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from vexfsctl.config.configuration import Configuration
from vexfsctl.config.declaration import TABLES, AttributeKey, FieldKey, Key
from vexfsctl.config.types import Duration, ListOf, SettingType
from vexfsctl.model.operations import OperationType
from vexfsctl.model.units import format_duration, parse_duration
from vexfsctl.sysfs.attributes import find_attribute


class Origin(StrEnum):
    """What gave a setting its value: each overrides those before it."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    OPTION = "option"


class Source(NamedTuple):
    """Where a value came from."""

    origin: Origin = Origin.DEFAULT
    where: str | None = None
    """`FILE:LINE`, the variable, or the option; None for a default."""


class Override(NamedTuple):
    """The value that an option or a variable gives to a field of `Configuration`."""

    value: Any
    source: Source


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force."""

    name: str
    """As the file has it: `breaker.storage.timeout_ms`."""
    value: bool | int | str | tuple[str, ...]
    """As the file would have it."""
    type: str
    """Which values it takes, in the words of vexfsctl.toml(5)."""
    origin: Origin
    where: str | None
    unset: str | None = None
    """What an empty list stands for."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What the settings are taken from."""

    configuration: Configuration
    lines: Mapping[str, int | None]
    """Of the settings in the file, by field or attribute."""
    overrides: Mapping[str, Override]
    """By field."""

    def settings(self) -> tuple[Setting, ...]:
        """Return every setting, in the order of the manual page.

        A key of [breaker] has the value of most operation types; those with another follow it.
        """
        return tuple(
            setting
            for table, declared in TABLES.items()
            for name, key in declared.keys.items()
            for setting in self._settings_of(table, name, key)
        )

    def _settings_of(self, table: str, name: str, key: Key) -> Iterator[Setting]:
        match key:
            case FieldKey(field=field):
                yield _setting(f"{table}.{name}", key, *self._of_field(field))
            case AttributeKey() if TABLES[table].per_operation:
                found = {each: self._of_attribute(key, each) for each in OperationType}
                # Of several as common, the first.
                [(usual, _)] = Counter(found.values()).most_common(1)
                yield _setting(f"{table}.{name}", key, *usual)
                for operation, other in found.items():
                    if other != usual:
                        yield _setting(f"{table}.{operation}.{name}", key, *other)
            case AttributeKey():
                yield _setting(f"{table}.{name}", key, *self._of_attribute(key, None))

    def _of_field(self, field: str) -> tuple[Any, Source]:
        override = self.overrides.get(field)
        return override or (getattr(self.configuration, field), self._source(field))

    def _of_attribute(
        self, key: AttributeKey, operation: OperationType | None
    ) -> tuple[Any, Source]:
        [path] = key.paths(operation)
        value = self.configuration.attributes.get(path, find_attribute(path).default)
        return value, self._source(path)

    def _source(self, name: str) -> Source:
        if name not in self.lines:
            return Source()
        line = self.lines[name]
        place = "" if line is None else f":{line}"
        return Source(Origin.FILE, f"{self.configuration.file}{place}")


def _setting(name: str, key: Key, value: Any, source: Source) -> Setting:
    unset = key.default if value == () else None
    return Setting(name, _written(key.type, value), key.type.name, *source, unset)


def _written(type_: SettingType, value: Any) -> bool | int | str | tuple[str, ...]:
    """Return *value* as the file has it."""
    match type_:
        case Duration():
            rounded = format_duration(value)
            return rounded if parse_duration(rounded) == value else f"{value}ms"
        case ListOf():
            return tuple(map(str, value))
        case _:
            return value if isinstance(value, bool | int) else str(value)
