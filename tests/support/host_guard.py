"""Keeps tests off the host: an audit hook that fails a test which opens what is real.

Only tests marked `privileged` may. An audit hook sees every open of this process whatever library
makes it, and cannot be taken out again, hence the switch.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_HOST = re.compile(
    r"/dev/(kmsg|fuse|loop.*)|/sys/fs/(vexfs|fuse)(/.*)?|/run/vexfs(/.*)?"
    r"|/etc/vexfsctl(/.*)?|/var/log/vexfs(/.*)?|/var/lib/vexfsctl(/.*)?|/run/user/\d+/vexfs(/.*)?"
)
_PROGRAMS = re.compile(
    r"((/usr)?/s?bin/)?(losetup|u?mount|fusermount3|dmesg|journalctl|mkfs\..*|blockdev)"
)
"""The system's own; a test may put fakes of them elsewhere."""
_WATCHED = {"open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename"}

_guarding = False


def install() -> None:
    """Add the hook to this interpreter, switched off."""
    sys.addaudithook(_watch)


@contextmanager
def guarded() -> Iterator[None]:
    """Fail whoever opens a thing of the host's within the block."""
    global _guarding
    _guarding = True
    try:
        yield
    finally:
        _guarding = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guarding:
        return
    if event == "subprocess.Popen":
        touched = bool(_PROGRAMS.fullmatch(os.fsdecode(arguments[0])))
    elif event in _WATCHED and isinstance(arguments[0], (str, bytes)):
        touched = bool(_HOST.fullmatch(os.path.normpath(os.fsdecode(arguments[0]))))
    else:
        return
    if touched:
        # Failed is a BaseException: no `except OSError` of the program can hide it.
        name = os.fsdecode(arguments[0])
        pytest.fail(f"a test not marked privileged touched the host: {event} {name}")
