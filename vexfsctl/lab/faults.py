"""Faults of a lab: which bytes of its device fail, how, and how often."""

import os
from collections.abc import Callable
from dataclasses import dataclass
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
from vexfsctl.lab.layout import Layout
from vexfsctl.sysfs.children import NO_ANSWER, run_in_children
from vexfsctl.sysfs.files import read_one, write_one

_SERVER_ANSWER_S = 3.0
_DEVICE_ANSWER_S = 5.0
"""For what writes a file out or looks for it on a device whose faults may delay it."""

Range = tuple[int | None, int | None]
"""Offset and length in bytes of the image; None: from the start, to the end."""


@dataclass(frozen=True, slots=True)
class FaultRequest:
    """What is to fail: a range of the image, or of a file of the volume."""

    kind: str
    path: Path | None = None
    offset: int | None = None
    """Bytes, from the start of the file, or of the image without *path*."""
    length: int | None = None
    errno: str | None = None
    """Name of the errno; None with a delay means that the request succeeds, late."""
    count: int | None = None
    """How many requests meet it; None: until it is cleared."""
    delay_ms: int | None = None


def inject(layout: Layout, request: FaultRequest) -> tuple[str, ...]:
    """Make *request* true and return the faults that were set, one for each piece on the disk.

    For a file the cached pages are dropped, so that the next read asks the device. Raises
    NotFound for a lab or a file that is not there, InvalidInput for what makes no sense, LabFailed
    and DeadlineExceeded when image server or device do not do their part.
    """
    _check_up(layout)
    _check_range(layout, request)
    commands = _commands(request, [(request.offset, request.length)])
    if request.path is not None:
        # Looking at the file may wait for the device, in the kernel.
        ranges = _in_child(partial(_ranges_of_file, layout, request), _DEVICE_ANSWER_S)
        commands = _commands(request, ranges)
    for command in commands:
        _control(layout, command)
    if request.path is not None and request.kind == "read":
        # After the fault is set: until then others may read it in again.
        _in_child(partial(_drop_page_cache, layout, request.path), _DEVICE_ANSWER_S)
    return commands


def active_faults(layout: Layout) -> tuple[str, ...]:
    """Return the faults in force, one line each, with what is left of their counts."""
    _check_up(layout)
    answer = _ask(layout, lambda: read_one(layout.faults / "active"))
    if not isinstance(answer, bytes):
        raise LabFailed(f"cannot list the faults of lab {layout.name}: {_reason(answer)}")
    return tuple(answer.decode().splitlines())


def clear(layout: Layout) -> None:
    """Remove all faults; delayed requests go on at once."""
    _check_up(layout)
    _control(layout, "clear")


def _check_up(layout: Layout) -> None:
    name = layout.name
    if not layout.directory.exists():
        raise NotFound(f"there is no lab {name}", hint=f"vexfsctl lab up --name {name}")
    if not layout.image_file.exists():
        raise LabFailed(f"lab {name} is not whole", hint=f"vexfsctl lab down --name {name}")


def _check_range(layout: Layout, request: FaultRequest) -> None:
    size = layout.image_file.stat().st_size
    if request.kind == "fsync" and (request.path, request.offset, request.length) != (None,) * 3:
        raise InvalidInput("an fsync is of the whole device: no --path, --offset or --length")
    if request.path is None and (request.offset or 0) >= size:
        raise InvalidInput(f"offset {request.offset} is beyond the device's {size} bytes")


def _ranges_of_file(layout: Layout, request: FaultRequest) -> list[Range]:
    assert request.path is not None
    file = _backing_file(layout, request.path)
    extents = file_extents(file, request.offset or 0, request.length)
    # What was allocated but never written reads as zeros without asking the device.
    written = [extent for extent in extents if not extent.flags & ExtentFlag.UNWRITTEN]
    if not written:
        raise InvalidInput(
            f"{request.path} has no data on the device in that range",
            hint="write to it and sync it first",
        )
    return [(extent.physical, extent.length) for extent in written]


def _drop_page_cache(layout: Layout, path: Path) -> None:
    drop_page_cache(_backing_file(layout, path))


def _backing_file(layout: Layout, path: Path) -> Path:
    """Return where the file of the volume at *path* (absolute, or from the volume's root) lies."""
    inside = layout.mountpoint / path
    for root in (layout.mountpoint, layout.backing):
        if inside.is_relative_to(root):
            file = (layout.backing / inside.relative_to(root)).resolve()
            if not file.is_relative_to(layout.backing):
                break
            if not file.is_file():
                raise NotFound(f"there is no file {inside}")
            return file
    raise InvalidInput(
        f"{path} is not in the volume of lab {layout.name}",
        hint=f"give a path below {layout.mountpoint}, or from there on",
    )


def _commands(request: FaultRequest, ranges: list[Range]) -> tuple[str, ...]:
    return tuple(_command(request, offset, length) for offset, length in ranges)


def _command(request: FaultRequest, offset: int | None, length: int | None) -> str:
    """Return the line for the image server, checked by its own rules."""
    words = {
        "offset": offset,
        "length": length,
        "errno": request.errno,
        "count": request.count,
        "delay_ms": request.delay_ms,
    }
    given = (f"{key}={value}" for key, value in words.items() if value is not None)
    command = " ".join((request.kind, *given))
    try:
        parse_fault(command)
    except ValueRefused as cause:
        raise InvalidInput(cause.message, hint=cause.hint) from cause
    return command


def _control(layout: Layout, command: str) -> None:
    answer = _ask(layout, lambda: write_one(layout.faults / "control", command.encode()))
    if answer:
        raise LabFailed(f"cannot set {command!r} in lab {layout.name}: {_reason(answer)}")


def _ask(layout: Layout, task: Callable[[], bytes | int]) -> bytes | int:
    """Run *task* against the image server, which may be stopped or dead."""
    (answer,) = run_in_children([task], _SERVER_ANSWER_S)
    if isinstance(answer, bytes | int):
        return answer
    raise LabFailed(
        f"the image server of lab {layout.name} does not answer",
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
