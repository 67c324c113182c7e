"""Work that may get stuck in the kernel, abandoned after a while.

In a thread, because it needs files that this process has open. The thread is left behind. A process
with such a thread can still end (`os._exit`), though a zombie remains until the thread returns.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from vexfsctl.exceptions import DeadlineExceeded

T = TypeVar("T")


def run_bounded(action: Callable[[], T], seconds: float, *, what: str) -> T:
    """Return what *action* returns, or raise what it raises; DeadlineExceeded after *seconds*."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(action())
        except BaseException as failure:  # noqa: BLE001 - raised where it is waited for
            failures.append(failure)

    worker = threading.Thread(target=run, name=what, daemon=True)
    worker.start()
    worker.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise DeadlineExceeded(
            f"{what} did not end within {seconds:g} s",
            hint="the device below does not answer: see `dmesg`",
        )
    return results[0]
