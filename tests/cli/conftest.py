"""Fixtures of the commands' tests."""

import time
from collections.abc import Iterator

import pytest

from tests.support.clock import VirtualClock
from tests.support.live import LiveTree, LiveVolume
from tests.support.program import Program
from tests.support.tree import FakeTree


@pytest.fixture
def live(tree: FakeTree, clock: VirtualClock, vexfsctl: Program) -> LiveVolume:
    """Volume `loop0` with a real engine behind it, for commands that change something."""
    volume = LiveVolume(tree, clock)
    vexfsctl.open_tree = LiveTree.opener(volume)
    return volume


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC, whatever it is on this machine."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
