"""Waiting for what another process or thread does, however busy the machine."""

import time
from collections.abc import Callable

from tests.support.program import BOUND_S


def wait_until(condition: Callable[[], bool], *, every_s: float = 0.02) -> None:
    """Wait for what happens elsewhere; fail if it does not come.

    *every_s*: how often to look, where looking costs.
    """
    deadline = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for never came"
        time.sleep(every_s)
