"""The processes of a lab, found by what they were started with."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vexfsctl.lab.layout import Layout
from vexfsctl.lab.processes import SERVER_MODULE, drivers, image_servers

LAYOUT = Layout(f"test-{os.getpid()}", Path("/nowhere"))
"""Another one where tests run side by side."""


def waiting(*words: str) -> "subprocess.Popen[bytes]":
    """Start a process that waits, with *words* on its command line."""
    return subprocess.Popen([sys.executable, "-c", "input()", *words], stdin=subprocess.PIPE)


@pytest.fixture
def server() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that looks like the image server of LAYOUT."""
    process = waiting("-m", SERVER_MODULE, str(LAYOUT.image_file))
    yield process
    process.communicate()


def test_a_server_is_found_by_its_image(server: "subprocess.Popen[bytes]") -> None:
    """Its lab's alone, and it is no driver."""
    assert [found.process.pid for found in image_servers(LAYOUT)] == [server.pid]
    assert image_servers(Layout(f"{LAYOUT.name}2", LAYOUT.runtime)) == ()
    assert drivers(LAYOUT) == ()


def test_one_that_only_names_the_image_is_not_ours() -> None:
    """An editor or a copy that has the file on its command line is left alone."""
    process = waiting(str(LAYOUT.image_file))
    try:
        assert image_servers(LAYOUT) == ()
    finally:
        process.communicate()


def test_a_zombie_has_ended(server: "subprocess.Popen[bytes]") -> None:
    """Its status may never be asked for; nothing of it runs."""
    (found,) = image_servers(LAYOUT)
    server.kill()

    assert found.wait(30)
