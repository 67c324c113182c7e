"""A fake root of attribute trees: plain files made from the attribute table."""

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from vexfsctl.model.volume import ModuleState
from vexfsctl.sysfs.attributes import Attribute, attributes, find_attribute
from vexfsctl.sysfs.server import format_server, server_file
from vexfsctl.system.processes import Process

IDENTITY: dict[str, Any] = {
    "driver": "fuse",
    "version": "0.1.0",
    "uuid": "0b5d7a64-2f0e-4f6a-9c2e-5d2c1f3a7b90",
    "device": "7:0",
    "mountpoint": "/mnt/vexfs",
    "log": "kmsg",
    "epoch": 8_172_635_412,
    "state": ModuleState.INITIALIZED,
    "resources/memory_bytes": 48 << 20,
    "resources/free_bytes": 1 << 30,
}
"""What a fake volume says where the table has no default."""


class FakeTree:
    """A directory of volumes whose attributes are files that a test may write as it likes.

    Without a provider behind it, a write by the program under test changes the file and nothing
    else: a command written to `breaker/control` moves no breaker.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def add(self, volume: str) -> Path:
        """Make a healthy volume, just mounted, and return its directory."""
        directory = self.root / volume
        for attribute, content in _healthy_volume().items():
            path = directory / attribute.path
            if not path.parent.exists():
                path.parent.mkdir(parents=True)
            path.write_bytes(content)
            path.chmod(attribute.access.value)
        return directory

    def remove(self, volume: str) -> None:
        """Take a volume away."""
        shutil.rmtree(self.root / volume)

    def write(self, path: str, value: Any) -> None:
        """Set `volume/attribute`; a string is taken as it stands, even if it means nothing."""
        volume, _, name = path.partition("/")
        if not isinstance(value, str):
            value = find_attribute(name).type.format(value)
        self.write_bytes(path, f"{value}\n".encode())
        assert (self.root / volume).is_dir(), f"no volume {volume}"

    def write_bytes(self, path: str, content: bytes) -> None:
        """Set the whole content of `volume/attribute`, newline included."""
        file = self.root / path
        assert file.exists(), f"no attribute {path}"
        file.chmod(0o644)
        file.write_bytes(content)
        file.chmod(find_attribute(path.partition("/")[2]).access.value)

    def read(self, path: str) -> str:
        """Return the text of `volume/attribute` without its newline, be it only to be written."""
        file = self.root / path
        access = file.stat().st_mode
        file.chmod(0o644)
        text = file.read_text()
        file.chmod(access)
        return text.removesuffix("\n")

    def hang(self, path: str) -> Path:
        """Make `volume/attribute` one whose readers and writers wait for ever; return its file."""
        file = self.root / path
        file.unlink()
        os.mkfifo(file)
        return file

    def name_driver(self, process: Process, volume: str = "loop0") -> None:
        """Let the file beside *volume* say that *process* serves it."""
        server_file(self.root / volume).write_text(format_server(process))


@cache
def _healthy_volume() -> dict[Attribute, bytes]:
    return {attribute: _initial_content(attribute) for attribute in attributes()}


def _initial_content(attribute: Attribute) -> bytes:
    if not attribute.readable:
        return b""
    value = IDENTITY.get(attribute.path, attribute.default)
    return attribute.type.format(value).encode() + b"\n"
