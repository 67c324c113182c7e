"""The live engine as attributes: what is read from a guard, and what a write does to it.

The table in `vexfsctl.sysfs.attributes` lists the attributes and their text; this module only says
where a value comes from and where it goes. Knows nothing about FUSE; `tree` serves it.
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from vexfsctl.driver.volume.facts import VolumeFacts
from vexfsctl.driver.volume.gauges import Gauges
from vexfsctl.exceptions import PermissionRefused, ProviderFailed, ValueRefused
from vexfsctl.guard.guard import Guard
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import ModuleState
from vexfsctl.sysfs.attributes import (
    ABI_VERSION,
    ACCESS_MODE,
    ACTIVE_OPERATIONS,
    BREAKER_CONTROL,
    BREAKER_STATE,
    DEGRADATION,
    INJECT_ACTIVE,
    INJECT_ATTRIBUTES,
    INJECT_CONTROL,
    MAX_CONCURRENT,
    PAGE_SIZE,
    STATE,
    TREE_VERSION,
    Attribute,
    Directory,
    attributes,
)


class Injector(Protocol):
    """What is behind `inject/*`."""

    def active(self) -> str:
        """Return the active faults, one line each."""
        ...

    def command(self, text: str) -> None:
        """Execute one command; raise ValueRefused."""
        ...


class AttributeSource:
    """Attributes of one volume by path. Thread-safe.

    Without *faults* (not mounted with `--allow-inject`) there is no `inject`.
    """

    def __init__(
        self,
        guard: Guard,
        facts: VolumeFacts,
        *,
        gauges: Gauges | None = None,
        faults: Injector | None = None,
    ) -> None:
        self._guard = guard
        self._facts = facts
        self._gauges = gauges or Gauges()
        self._faults = faults
        present = attributes() + (() if faults is None else INJECT_ATTRIBUTES)
        self._attributes = {attribute.path: attribute for attribute in present}
        # Settings are replaced whole: two writers at once must not undo each other.
        self._setting = threading.Lock()

    @property
    def modes(self) -> Mapping[str, int]:
        """Permission bits of every attribute by its path."""
        return {path: attribute.access.value for path, attribute in self._attributes.items()}

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call *callback* with the path of a pollable attribute whenever its value changes."""

        def tell(changed: OperationType | None) -> None:
            attribute = DEGRADATION if changed is None else BREAKER_STATE.of(changed)
            callback(attribute.path)

        self._guard.subscribe(tell)
        self._facts.subscribe(lambda: callback(STATE.path))

    def preset(self, settings: Mapping[str, int]) -> None:
        """Apply *settings*, values by path, before the volume serves anybody.

        They are its initial values: no operator asked for them, so no record is written.
        """
        for path, value in settings.items():
            self._apply(self._attributes[path], value, uid=os.geteuid(), pid=os.getpid())

    def read(self, path: str) -> bytes:
        """Return the present text of the attribute at *path* with newline; less than a page."""
        attribute = self._attributes[path]
        if attribute is INJECT_ACTIVE:
            assert self._faults is not None
            return _page(self._faults.active())
        return _page(attribute.type.format(self._value(attribute)) + "\n")

    def write(self, path: str, data: bytes, uid: int, pid: int) -> None:
        """Set the attribute at *path* to *data*, on behalf of a process.

        Raises a WriteRefused subclass, with nothing changed. A command acts before this returns.
        """
        attribute = self._attributes[path]
        if not attribute.writable:
            raise PermissionRefused(f"{path} can only be read")
        if len(data) >= PAGE_SIZE:
            raise ValueRefused("a write must be shorter than a page")
        if self._facts.state is ModuleState.ERROR:
            raise ProviderFailed(f"{self._facts.name} is in state error")
        value = attribute.type.parse(data.removesuffix(b"\n").decode("utf-8", "surrogateescape"))
        self._apply(attribute, value, uid, pid)

    def _value(self, attribute: Attribute) -> Any:
        if attribute.operation is not None:
            return self._operation_value(attribute, attribute.operation)
        match attribute.directory:
            case Directory.ERRORS:
                return self._guard.error_value(attribute.name)
            case Directory.RETRY:
                return getattr(self._guard.retry, attribute.name)
            case Directory.RESOURCES:
                return self._resource_value(attribute)
            case _:
                return self._own_value(attribute)

    def _own_value(self, attribute: Attribute) -> Any:
        if attribute is TREE_VERSION:
            return ABI_VERSION
        of_guard = attribute is DEGRADATION or attribute is ACCESS_MODE
        return getattr(self._guard if of_guard else self._facts, attribute.name)

    def _resource_value(self, attribute: Attribute) -> Any:
        if attribute.writable:
            return getattr(self._guard.resources, attribute.name)
        of_guard = attribute is ACTIVE_OPERATIONS
        return getattr(self._guard if of_guard else self._gauges, attribute.name)

    def _operation_value(self, attribute: Attribute, operation: OperationType) -> Any:
        guarded = self._guard.operations[operation]
        if attribute.directory is Directory.BREAKER:
            if attribute.writable:
                return getattr(guarded.breaker_settings, attribute.name)
            return self._guard.breaker_value(operation, attribute.name)
        if attribute.name == MAX_CONCURRENT.name:
            return self._guard.max_concurrent(operation)
        return guarded.value(attribute.name)

    def _apply(self, attribute: Attribute, value: Any, uid: int, pid: int) -> None:
        if attribute.operation is not None:
            self._apply_to_operation(attribute, attribute.operation, value, uid, pid)
        elif attribute is ACCESS_MODE:
            self._guard.set_access_mode(value, uid=uid, pid=pid)
        elif attribute is INJECT_CONTROL:
            assert self._faults is not None
            self._faults.command(value)
        elif attribute.directory is Directory.RESOURCES:
            with self._setting:
                self._guard.resources = replace(self._guard.resources, **{attribute.name: value})
        else:
            with self._setting:
                self._guard.retry = replace(self._guard.retry, **{attribute.name: value})

    def _apply_to_operation(
        self, attribute: Attribute, operation: OperationType, value: Any, uid: int, pid: int
    ) -> None:
        guarded = self._guard.operations[operation]
        if attribute.name == MAX_CONCURRENT.name:
            self._guard.limit_concurrent(operation, value)
        elif attribute.directory is not Directory.BREAKER:
            guarded.timeout_ms = value
        elif attribute.name == BREAKER_CONTROL.name:
            self._guard.command_breaker(operation, value, uid=uid, pid=pid)
        else:
            with self._setting:
                settings = replace(guarded.breaker_settings, **{attribute.name: value})
                self._guard.set_breaker(operation, settings)


def _page(text: str) -> bytes:
    """Return as many whole lines of *text* as fit an attribute; of a single line, its beginning."""
    data = text.encode("utf-8", "surrogateescape")
    if len(data) < PAGE_SIZE:
        return data
    end = data.rfind(b"\n", 0, PAGE_SIZE - 1)
    return data[: end + 1] if end >= 0 else data[: PAGE_SIZE - 2] + b"\n"
