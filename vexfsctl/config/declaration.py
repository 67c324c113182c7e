"""The declaration of the configuration file: its tables, their keys, and what each key sets.

The reader and the manual page vexfsctl.toml(5) are made from it. Settings of volumes are those of
the attribute table, with its ranges and defaults; all others are fields of `Configuration`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vexfsctl.config.configuration import Configuration
from vexfsctl.config.types import (
    Boolean,
    Choice,
    Directory,
    Duration,
    Integer,
    ListOf,
    LogName,
    SettingType,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.units import format_duration
from vexfsctl.render.choices import ColourChoice, OutputFormat
from vexfsctl.sysfs.attributes import (
    BREAKER_KEYS,
    RESOURCE_KEYS,
    RETRY_KEYS,
    Attribute,
    find_attribute,
)
from vexfsctl.sysfs.values import Number


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table."""

    type: SettingType
    meaning: str
    """A sentence, with its full stop."""
    default: str
    """What applies without the key, in the words of the manual page."""


@dataclass(frozen=True, slots=True)
class AttributeKey(Key):
    """A key that sets the value an attribute has when a volume is mounted."""

    attribute: Attribute
    """In [breaker] it is a template for every operation type."""

    def paths(self, operation: OperationType | None) -> tuple[str, ...]:
        """Return the paths it sets; for a template those of *operation*, or of all types."""
        operations = OperationType if operation is None else (operation,)
        return tuple(dict.fromkeys(self.attribute.of(each).path for each in operations))


@dataclass(frozen=True, slots=True)
class FieldKey(Key):
    """A key that fills a field of `Configuration`."""

    field: str


@dataclass(frozen=True, slots=True)
class TableOf:
    """One table of the file."""

    meaning: str
    keys: Mapping[str, Key]
    per_operation: bool = False
    """Whether it may hold tables of the same keys, named after operation types."""


def _attribute_key(attribute: Attribute, default: str) -> AttributeKey:
    number = attribute.type
    assert isinstance(number, Number)
    return AttributeKey(Integer(number), attribute.meaning, default, attribute)


def _breaker_default(template: Attribute) -> str:
    defaults = {
        operation: find_attribute(template.of(operation).path).default
        for operation in OperationType
    }
    usual = defaults[OperationType.STORAGE]
    others = [f"{value} for {name}" for name, value in defaults.items() if value != usual]
    return ", ".join([str(usual), *others])


PER_OPERATION = (
    "A table [breaker.op] holds the same keys for one operation type; op is one of"
    f" {', '.join(OperationType)}. It overrides [breaker], wherever it stands in the file."
)
"""About the inner tables of a `per_operation` table."""

_NOTHING = Configuration()

TABLES: Mapping[str, TableOf] = {
    "breaker": TableOf(
        "Circuit breaker and deadline of every operation type, for volumes that vexfsctl mount and"
        " vexfsctl lab start.",
        {
            name: _attribute_key(template, _breaker_default(template))
            for name, template in BREAKER_KEYS.items()
        },
        per_operation=True,
    ),
    "retry": TableOf(
        "How calls of those volumes are retried.",
        {
            name: _attribute_key(attribute, str(attribute.default))
            for name, attribute in RETRY_KEYS.items()
        },
    ),
    "resources": TableOf(
        "What those volumes may use.",
        {
            name: _attribute_key(attribute, str(attribute.default))
            for name, attribute in RESOURCE_KEYS.items()
        },
    ),
    "windows": TableOf(
        "How far back a verdict looks.",
        {
            "status": FieldKey(
                Duration(),
                "How far back errors count in vexfsctl status without --window.",
                format_duration(_NOTHING.status_window_ms),
                "status_window_ms",
            ),
            "check": FieldKey(
                Duration(),
                "How far back errors count in vexfsctl check without --window.",
                format_duration(_NOTHING.check_window_ms),
                "check_window_ms",
            ),
        },
    ),
    "sources": TableOf(
        "What commands read.",
        {
            "sysfs_roots": FieldKey(
                ListOf(Directory()), "As --sysfs-root.", "the standard roots", "roots"
            ),
            "logs": FieldKey(
                ListOf(LogName()), "As --log.", "where the volumes write their records", "logs"
            ),
            "timeout": FieldKey(
                Duration(),
                "How long one source may take to answer. How long a waiting verb waits is set by"
                " --timeout alone.",
                format_duration(_NOTHING.source_timeout_ms),
                "source_timeout_ms",
            ),
        },
    ),
    "output": TableOf(
        "How answers are shown.",
        {
            "format": FieldKey(Choice(OutputFormat), "As --format.", _NOTHING.output, "output"),
            "color": FieldKey(Choice(ColourChoice), "As --color.", _NOTHING.color, "color"),
            "pager": FieldKey(
                Boolean(), "Whether a long answer on a terminal is paged.", "true", "pager"
            ),
            "quiet": FieldKey(Boolean(), "As --quiet.", "false", "quiet"),
            "verbose": FieldKey(Boolean(), "As --verbose.", "false", "verbose"),
        },
    ),
}
