"""Turns what was read of a volume's directory into a `Volume`. Pure.

A word this version does not know is kept as the string it is. A number that is missing or not
understood is never guessed: the operation it belongs to is left out, `errors`, `retry` or
`resources` is None, and `detail` says why. What was not read is left out as well, without a
complaint.
"""

import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from errno import ENOENT
from pathlib import Path
from typing import Any, TypeVar

from vexfsctl.exceptions import ValueRefused
from vexfsctl.model.breaker import BreakerSettings, BreakerStatus
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    ErrorCounts,
    OperationStatus,
    Presence,
    ResourceStatus,
    RetrySettings,
    Volume,
    VolumeStatus,
)
from vexfsctl.sysfs.attributes import (
    ABI_VERSION,
    EPOCH,
    PAGE_SIZE,
    TREE_VERSION,
    VOLUME_ATTRIBUTES,
    Attribute,
    Directory,
    attributes,
)
from vexfsctl.sysfs.values import Number, OrNone

UNKNOWN = "?"
"""Stands for a word that could not be read."""
_TOLD = 5
_OWN = [a.path for a in VOLUME_ATTRIBUTES if a.directory is Directory.VOLUME]
_T = TypeVar("_T")


def interpret_volume(name: str, root: Path, contents: Mapping[str, bytes | int]) -> Volume:
    """Return the volume whose attributes have *contents* (bytes, or the errno of reading them).

    All attributes of the volume's own directory must be among them.
    """
    values: dict[str, Any] = {}
    complaints: list[str] = []
    for attribute in attributes():
        if attribute.path in contents:
            _interpret(attribute, contents[attribute.path], values, complaints)
    version = values.get(TREE_VERSION.path)
    if version != ABI_VERSION or EPOCH.path not in values:
        return _not_a_tree(name, root, version, complaints)
    return Volume(name, root, Presence.PRESENT, _status(values), detail=_detail(complaints))


def interpret_content(attribute: Attribute, content: bytes) -> Any:
    """Return the value that *content* of *attribute* means; raise ValueError if it means none."""
    if len(content) >= PAGE_SIZE:
        raise ValueError("longer than a page")
    return attribute.type.interpret(_text(content))


def _interpret(
    attribute: Attribute, content: bytes | int, values: dict[str, Any], complaints: list[str]
) -> None:
    if attribute.optional and content == ENOENT:
        values[attribute.path] = attribute.absent
        return
    if not isinstance(attribute.type, Number):
        values[attribute.path] = None if isinstance(attribute.type, OrNone) else UNKNOWN
    if isinstance(content, int):
        complaints.append(f"{attribute.path}: {os.strerror(content)}")
        return
    try:
        values[attribute.path] = interpret_content(attribute, content)
        attribute.type.parse(_text(content))
    except (ValueError, ValueRefused) as cause:
        complaints.append(f"{attribute.path}: {cause}")


def _text(content: bytes) -> str:
    return content.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def _not_a_tree(name: str, root: Path, version: Any, complaints: list[str]) -> Volume:
    if isinstance(version, int) and version != ABI_VERSION:
        detail = f"its tree has version {version}; this vexfsctl reads version {ABI_VERSION}"
        return Volume(name, root, Presence.UNREADABLE, detail=detail, hint="update vexfsctl")
    return Volume(name, root, Presence.UNREADABLE, detail=_detail(complaints))


def _detail(complaints: list[str]) -> str | None:
    if not complaints:
        return None
    more = f"; and {len(complaints) - _TOLD} more" if len(complaints) > _TOLD else ""
    return "; ".join(complaints[:_TOLD]) + more


def _status(values: Mapping[str, Any]) -> VolumeStatus:
    own = {name: values[name] for name in _OWN}
    operations = {operation: _operation(operation, values) for operation in OperationType}
    return VolumeStatus(
        **own,
        errors=_build(ErrorCounts, Directory.ERRORS, values),
        retry=_build(RetrySettings, Directory.RETRY, values),
        resources=_build(ResourceStatus, Directory.RESOURCES, values),
        operations={name: status for name, status in operations.items() if status is not None},
    )


def _operation(operation: OperationType, values: Mapping[str, Any]) -> OperationStatus | None:
    directory = Directory.BREAKER.of(operation)
    settings = _build(BreakerSettings, directory, values)
    breaker = _build(BreakerStatus, directory, values, settings=settings)
    if settings is None or breaker is None:
        return None
    return _build(OperationStatus, Directory.OPERATION.of(operation), values, breaker=breaker)


def _build(kind: type[_T], directory: str, values: Mapping[str, Any], **others: Any) -> _T | None:
    """Make a *kind* of the values in *directory* named like its fields; None if one is missing."""
    assert is_dataclass(kind)
    names = [field.name for field in fields(kind) if field.name not in others]
    try:
        return kind(**{name: values[f"{directory}/{name}"] for name in names}, **others)
    except KeyError:
        return None
