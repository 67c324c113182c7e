"""Faults of a lab: which bytes of its device, or which calls of its driver fail, and how often.

A device fails sectors; those of a file are looked up when the fault is set. A driver fails calls,
and knows the file by its path.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from errno import ECONNABORTED, ENODEV, ENOTCONN
from functools import partial
from pathlib import Path
from typing import Any

from vexfsctl.devices.extents import ExtentFlag, drop_page_cache, file_extents
from vexfsctl.driver.faults import parse_fault
from vexfsctl.exceptions import (
    DeadlineExceeded,
    InvalidInput,
    LabFailed,
    NotFound,
    ValueRefused,
    VexfsctlException,
    exception_of,
)
from vexfsctl.lab.layout import LabKind, Layout, require_own
from vexfsctl.logs.logfmt import format_pairs
from vexfsctl.sysfs.attributes import INJECT_ACTIVE, INJECT_CONTROL
from vexfsctl.sysfs.files import read_one, write_one
from vexfsctl.system.children import NO_ANSWER, run_in_children

_SERVER_ANSWER_S = 3.0
_DEVICE_ANSWER_S = 5.0
"""For writing out or locating a file on a device whose faults may delay that."""

_Found = tuple[int | None, int | None, str | None]
"""The fields of a `Spot`, as a child can return them."""
_GONE = (ENOTCONN, ECONNABORTED, ENODEV)
_DEVICE_KINDS = ("read", "write", "fsync")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where requests fail; None: anywhere, from the start, to the end."""

    offset: int | None = None
    """Bytes, from the start of the file at *path*, or of the image without it."""
    length: int | None = None
    path: str | None = None
    """Relative to the root of the volume."""


@dataclass(frozen=True, slots=True)
class FaultRequest:
    """What should fail: a range of the image, or of a file of the volume."""

    kind: str
    """`read`, `write` or `fsync`; in a plain lab any call of the driver."""
    path: Path | None = None
    offset: int | None = None
    """Bytes, from the start of the file, or of the image without *path*."""
    length: int | None = None
    errno: str | None = None
    """Name of the errno; None with a delay means that the request succeeds, late."""
    count: int | None = None
    """How many requests it affects; None: all, until it is cleared."""
    delay_ms: int | None = None


def inject(layout: Layout, request: FaultRequest) -> tuple[str, ...]:
    """Inject *request* and return the faults that were set, one for each piece on the disk.

    For a file on a device the cached pages are dropped, so that the next read asks the device.
    Raises NotFound for a lab or a file that does not exist, InvalidInput for an invalid request,
    LabFailed and DeadlineExceeded if driver, image server or device do not do their part.
    """
    _check_up(layout)
    plain = layout.kind is LabKind.PLAIN
    if not plain:
        _check_for_device(layout, request)
    commands = _commands(request, [Spot(request.offset, request.length)])
    if request.path is not None:
        # Looking at the file may wait for the device, in the kernel.
        find = _path_of_file if plain else _ranges_of_file
        found = _in_child(partial(find, layout, request), _DEVICE_ANSWER_S)
        commands = _commands(request, [Spot(*each) for each in found])
    for command in commands:
        _control(layout, command)
    if request.path is not None and request.kind == "read" and not plain:
        # After the fault is set: before that, others may read it in again.
        _in_child(partial(_drop_page_cache, layout, request.path), _DEVICE_ANSWER_S)
    return commands


def active_faults(layout: Layout) -> tuple[str, ...]:
    """Return the active faults, one line each, with their remaining counts."""
    _check_up(layout)
    answer = _ask(layout, lambda: read_one(layout.faults / INJECT_ACTIVE.name))
    if not isinstance(answer, bytes):
        raise LabFailed(f"cannot list the faults of lab {layout.name}: {_reason(answer)}")
    return tuple(answer.decode().splitlines())


def clear(layout: Layout) -> None:
    """Remove all faults; delayed requests continue at once."""
    _check_up(layout)
    _control(layout, "clear")


def _check_up(layout: Layout) -> None:
    name = layout.name
    if not layout.directory.exists():
        raise NotFound(f"there is no lab {name!r}", hint=f"vexfsctl lab up --name {name}")
    require_own(layout)
    needed = layout.backing if layout.kind is LabKind.PLAIN else layout.image_file
    if not needed.exists():
        raise LabFailed(f"lab {name} is incomplete", hint=f"vexfsctl lab down --name {name}")


def _check_for_device(layout: Layout, request: FaultRequest) -> None:
    if request.kind not in _DEVICE_KINDS:
        raise InvalidInput(
            f"a device has no requests of kind {request.kind!a}",
            hint=f"{', '.join(_DEVICE_KINDS)}; other calls fail in a plain lab: lab up --plain",
        )
    size = layout.image_file.stat().st_size
    if request.kind == "fsync" and (request.path, request.offset, request.length) != (None,) * 3:
        raise InvalidInput(
            "an fsync is for the whole device: --path, --offset, --length are invalid"
        )
    if request.path is None and (request.offset or 0) >= size:
        raise InvalidInput(f"offset {request.offset} is beyond the device's {size} bytes")


def _path_of_file(layout: Layout, request: FaultRequest) -> list[_Found]:
    assert request.path is not None
    path = _backing_file(layout, request.path).relative_to(layout.backing)
    return [(request.offset, request.length, str(path))]


def _ranges_of_file(layout: Layout, request: FaultRequest) -> list[_Found]:
    assert request.path is not None
    file = _backing_file(layout, request.path)
    extents = file_extents(file, request.offset or 0, request.length)
    # Extents that were allocated but never written read as zeros without asking the device.
    written = [extent for extent in extents if not extent.flags & ExtentFlag.UNWRITTEN]
    if not written:
        raise InvalidInput(
            f"{request.path} has no data on the device in that range",
            hint="write to it and sync it first",
        )
    return [(extent.physical, extent.length, None) for extent in written]


def _drop_page_cache(layout: Layout, path: Path) -> None:
    drop_page_cache(_backing_file(layout, path))


def _backing_file(layout: Layout, path: Path) -> Path:
    """Return where the volume's file at *path* (absolute, or from the volume's root) lies."""
    inside = layout.mountpoint / path
    for root in (layout.mountpoint, layout.backing):
        if inside.is_relative_to(root):
            file = (layout.backing / inside.relative_to(root)).resolve()
            if not file.is_relative_to(layout.backing):
                break
            if not file.is_file():
                raise NotFound(
                    f"there is no file {inside}",
                    hint="a fault needs an existing file of the volume: write one there first",
                )
            return file
    raise InvalidInput(
        f"{path} is not in the volume of lab {layout.name}",
        hint=f"give a path below {layout.mountpoint}, or relative to it",
    )


def _commands(request: FaultRequest, spots: list[Spot]) -> tuple[str, ...]:
    return tuple(_command(request, spot) for spot in spots)


def _command(request: FaultRequest, spot: Spot) -> str:
    """Return the line for the image server or the driver, checked by their own rules."""
    words = {
        "path": spot.path,
        "offset": spot.offset,
        "length": spot.length,
        "errno": request.errno,
        "count": request.count,
        "delay_ms": request.delay_ms,
    }
    given = format_pairs((key, str(value)) for key, value in words.items() if value is not None)
    command = f"{request.kind} {given}".rstrip()
    try:
        parse_fault(command)
    except ValueRefused as cause:
        raise InvalidInput(cause.message, hint=cause.hint) from cause
    return command


def _control(layout: Layout, command: str) -> None:
    answer = _ask(layout, lambda: write_one(layout.faults / INJECT_CONTROL.name, command.encode()))
    if answer:
        raise LabFailed(
            f"cannot set {command!r} in lab {layout.name}: {_reason(answer)}",
            hint=f"vexfsctl lab down --name {layout.name}" if answer in _GONE else None,
        )


def _ask(layout: Layout, task: Callable[[], bytes | int]) -> bytes | int:
    """Run *task* against the image server or the driver, which may be stopped or dead."""
    (answer,) = run_in_children([task], _SERVER_ANSWER_S)
    if isinstance(answer, bytes | int):
        return answer
    who = "driver" if layout.kind is LabKind.PLAIN else "image server"
    raise LabFailed(
        f"the {who} of lab {layout.name} does not answer",
        hint=f"vexfsctl lab down --name {layout.name}",
    )


def _in_child(task: Callable[[], Any], timeout_s: float) -> Any:
    """Return what *task* returns, or raise what it raises; DeadlineExceeded if neither comes."""
    (answer,) = run_in_children([partial(_told, task)], timeout_s)
    if answer is NO_ANSWER:
        raise DeadlineExceeded(
            f"the device did not answer within {timeout_s:g} s",
            hint="its faults may delay it: vexfsctl lab inject --list, --clear",
        )
    failure, result = answer
    if failure is not None:
        raise exception_of(*failure)
    return result


def _told(task: Callable[[], Any]) -> tuple[tuple[str, str, str | None] | None, Any]:
    try:
        return None, task()
    except VexfsctlException as failure:
        return (failure.code, failure.message, failure.hint), None
    except OSError as cause:
        return (LabFailed.code, f"{cause.filename}: {cause.strerror}", None), None


def _reason(answer: bytes | int) -> str:
    return os.strerror(answer) if isinstance(answer, int) else "no answer"
